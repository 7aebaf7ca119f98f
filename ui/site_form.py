"""The fields of the chosen zone, structure or hoist, to be read and changed by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QFocusEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from calibration.site import Hoist, TagTable, Zone
from ui.hues import HUES
from ui.site_draft import Point, Row, points_of
from ui.site_faults import field_words
from ui.site_page_model import SitePageModel
from ui.text import TEXT, Language, say

NUMBERS = {
    "structure": ("height_m",),
    "hoist": (
        "beam_height_m", "hook_height_m", "travel_speed_mps", "hoist_speed_mps", "deceleration_mps2", "load_radius_m",
        "load_height_m", "sling_length_m", "telemetry_sigma_m",
    ),
}  # fmt: skip
"""Fields that hold a number, or two, in the order of the form."""
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "zone": {"kind": get_args(Zone.model_fields["kind"].annotation)},
    "hoist": {
        "kind": get_args(Hoist.model_fields["kind"].annotation),
        "telemetry_point": get_args(Hoist.model_fields["telemetry_point"].annotation),
    },
}
_FAMILIES = get_args(TagTable.model_fields["family"].annotation)
_ROWS_SHOWN = 6


class CornerText(QPlainTextEdit):
    """Corners as lines of ``x, y`` in metres, taken when the focus leaves."""

    left = pyqtSignal()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.left.emit()

    def points(self) -> tuple[Point, ...] | None:
        """What stands there, None where a line is no pair of numbers."""
        out = []
        for line in filter(str.strip, self.toPlainText().splitlines()):
            parts = line.replace(";", ",").split(",") if "," in line or ";" in line else line.split()
            try:
                x, y = (float(part) for part in parts)
            except ValueError:
                return None
            out.append((x, y))
        return tuple(out)


class SiteForm(QScrollArea):
    """Shows one row of the draft, and puts what is entered into it."""

    edited = pyqtSignal()

    def __init__(self, model: SitePageModel, language: Language, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._language = model, language
        self._built: tuple[str, Language] | None = None
        self._show: list[Callable[[Row], None]] = []
        self.fields: dict[str, QWidget] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.refresh()

    def retranslate(self, language: Language) -> None:
        self._language = language
        self.refresh()

    def refresh(self) -> None:
        """Show the chosen row as it is now; what is being typed stays."""
        ref = self._model.selected
        row = self._model.draft.row(ref)
        table = ref.table if ref is not None and row is not None else ""
        if self._built != (table, self._language):
            self._built = (table, self._language)
            self._build(table)
        if row is not None:
            for show in self._show:
                show(row)

    def _build(self, table: str) -> None:
        self._show, self.fields = [], {}
        inner = QWidget(self)
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        if not table:
            hint = QLabel(say(self._language, "site.choose"), inner)
            hint.setObjectName("soft")
            hint.setWordWrap(True)
            column.addWidget(hint)
            column.addStretch(1)
            self.setWidget(inner)
            return
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._add(form, "name", self._text("name", inner))
        for field, values in CHOICES.get(table, {}).items():
            if field == "kind":
                self._add(form, field, self._choice(table, field, values, inner))
        for field in NUMBERS.get(table, ()):
            self._add(form, field, self._numbers(field, inner))
        if table == "structure":
            self._add(form, "platform", self._flag("platform", inner))
        if table == "hoist":
            values = CHOICES["hoist"]["telemetry_point"]
            self._add(form, "telemetry_point", self._choice(table, "telemetry_point", values, inner))
            self._add_tag(form, inner)
        shape = "travel_m" if table == "hoist" else "polygon_m"
        form.addRow(QLabel(field_words(shape, self._language), inner))
        form.addRow(self._corners(shape, inner))
        column.addLayout(form)
        column.addStretch(1)
        self.setWidget(inner)

    def _add(self, form: QFormLayout, field: str, widget: QWidget) -> None:
        label = QLabel(field_words(field, self._language), self)
        label.setBuddy(widget if widget.focusProxy() is None else widget.focusProxy())
        widget.setAccessibleName(label.text())
        form.addRow(label, widget)

    def _put(self, field: str, value: object) -> None:
        self._model.put(field, value)
        self.edited.emit()

    def _text(self, field: str, parent: QWidget) -> QWidget:
        edit = QLineEdit(parent)
        edit.editingFinished.connect(lambda: self._put(field, edit.text().strip()) if edit.isModified() else None)
        self._show.append(lambda row: _show_text(edit, str(row[field])))
        self.fields[field] = edit
        return edit

    def _numbers(self, field: str, parent: QWidget) -> QWidget:
        """One number, or two side by side where the field is a range."""
        ref = self._model.selected
        row = self._model.draft.row(ref)
        count = len(row[field]) if row is not None and isinstance(row[field], tuple | list) else 1
        holder = QWidget(parent)
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        edits = [QLineEdit(holder) for _ in range(count)]

        def put() -> None:
            if any(edit.isModified() for edit in edits):
                values = tuple(_number(edit.text()) for edit in edits)
                self._put(field, values if count > 1 else values[0])

        for k, edit in enumerate(edits):
            edit.editingFinished.connect(put)
            edit.setAccessibleName(field_words(field, self._language))
            line.addWidget(edit)
            self._show.append(
                lambda row, edit=edit, k=k: _show_text(edit, _shown(row[field][k] if count > 1 else row[field]))
            )
            self.fields[f"{field}{k}" if count > 1 else field] = edit
        holder.setFocusProxy(edits[0])
        return holder

    def _choice(self, table: str, field: str, values: tuple[str, ...], parent: QWidget) -> QWidget:
        box = QComboBox(parent)
        for value in values:
            key = next((k for k in (f"zone.{value}", f"site.{field}_{value}") if k in TEXT), "")
            box.addItem(say(self._language, key) if key else value, value)
        box.activated.connect(lambda _: self._put(field, box.currentData()))
        self._show.append(lambda row: box.setCurrentIndex(max(0, box.findData(row[field]))))
        self.fields[field] = box
        return box

    def _flag(self, field: str, parent: QWidget) -> QWidget:
        box = QCheckBox(parent)
        box.clicked.connect(lambda on: self._put(field, bool(on)))
        self._show.append(lambda row: box.setChecked(bool(row[field])))
        self.fields[field] = box
        return box

    def _add_tag(self, form: QFormLayout, parent: QWidget) -> None:
        """The marker on the hook block, or none."""
        has = QCheckBox(parent)
        family = QComboBox(parent)
        family.addItems(list(_FAMILIES))
        number, size = QLineEdit(parent), QLineEdit(parent)

        def put() -> None:
            tag = {"family": family.currentText(), "id": _whole(number.text()), "size_m": _number(size.text())}
            self._put("tag", tag if has.isChecked() else None)

        def show(row: Row) -> None:
            tag = row["tag"] or {"family": _FAMILIES[3], "id": 0, "size_m": 0.2}
            has.setChecked(row["tag"] is not None)
            family.setCurrentText(str(tag["family"]))
            _show_text(number, _shown(tag["id"]))
            _show_text(size, _shown(tag["size_m"]))
            for widget in (family, number, size):
                widget.setEnabled(row["tag"] is not None)

        has.clicked.connect(put)
        family.activated.connect(lambda _: put())
        for edit in (number, size):
            edit.editingFinished.connect(lambda edit=edit: put() if edit.isModified() else None)
        self._show.append(show)
        for field, widget in (("tag", has), ("family", family), ("id", number), ("size_m", size)):
            self._add(form, field, widget)
            self.fields[field] = widget

    def _corners(self, shape: str, parent: QWidget) -> QWidget:
        text = CornerText(parent)
        text.setTabChangesFocus(True)
        text.setAccessibleName(field_words(shape, self._language))
        text.setFixedHeight(text.fontMetrics().lineSpacing() * _ROWS_SHOWN + 16)

        def put() -> None:
            document = text.document()
            if document is None or not document.isModified():
                return
            points = text.points()
            wanted = points is not None and (len(points) == 2 if shape == "travel_m" else len(points) >= 3)
            text.setStyleSheet("" if wanted else f"border: 2px solid {HUES.fault};")
            if wanted and points is not None and self._model.selected is not None:
                document.setModified(False)
                self._model.changed_in_drag()
                self._model.draft.put_points(self._model.selected, points)
                self.edited.emit()

        def show(row: Row) -> None:
            lines = "\n".join(f"{_shown(x)}, {_shown(y)}" for x, y in points_of(row))
            document = text.document()
            if document is not None and not document.isModified() and text.toPlainText() != lines:
                text.setPlainText(lines)
                document.setModified(False)

        text.left.connect(put)
        self._show.append(show)
        self.fields[shape] = text
        return text


def _show_text(edit: QLineEdit, text: str) -> None:
    if not (edit.hasFocus() and edit.isModified()) and edit.text() != text:
        edit.setText(text)
    if not edit.hasFocus() or edit.text() == text:
        edit.setModified(False)


def _shown(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _number(text: str) -> object:
    """A number, or the text as it stands, so that it can be said what is wrong with it."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return text.strip()


def _whole(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text.strip()
