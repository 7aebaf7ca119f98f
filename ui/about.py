"""The about page: what this is, what it is not, which versions run, and under which licences."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from calibration.product import product_version
from ui.about_facts import SOURCE, Part, as_text, machine, parts
from ui.tables import cell, read_only
from ui.text import Language, say
from ui.theme import sized

COLUMNS = ("package", "version", "declared")
_SIZE_PX = (760, 700)
_TABLE_PX = 220


class AboutDialog(QDialog):
    """Purpose, limits, versions and licences, in the language of the moment. ``facts`` are those of the open site."""

    _read = pyqtSignal(object)

    def __init__(
        self, language: Language, parent: QWidget | None = None, facts: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(parent)
        self._language = language
        self._heads = (*machine(language), *facts)
        self._parts: tuple[Part, ...] = ()
        self.setWindowTitle(say(language, "about.title"))
        self.table = read_only(self, len(COLUMNS), COLUMNS.index("declared"), choice="rows")
        self.table.setHorizontalHeaderLabels([say(language, f"about.{c}") for c in COLUMNS])
        self.table.setAccessibleName(say(language, "about.packages"))
        self.table.setMinimumHeight(_TABLE_PX)
        self.feedback = QLabel(say(language, "about.reading"), self)
        self.feedback.setObjectName("soft")
        self.copy = QPushButton(say(language, "about.copy"), self)
        self.copy.setToolTip(say(language, "about.copy_tip"))
        self.copy.setAutoDefault(False)
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy)
        close = QPushButton(say(language, "dialog.close"), self)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self._lay_out(close)
        self._read.connect(self._show)
        threading.Thread(target=self._look, name="about-parts", daemon=True).start()
        screen = self.screen()
        room = screen.availableGeometry() if screen is not None else self.rect()
        self.resize(min(_SIZE_PX[0], room.width() - 40), min(_SIZE_PX[1], room.height() - 40))
        close.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self, close: QPushButton) -> None:
        page = QWidget(self)
        page.setObjectName("bare")
        column = QVBoxLayout(page)
        column.setSpacing(12)
        name = QLabel(f"Hoistwatch {product_version()}", page)
        name.setFont(sized(20.0, bold=True))
        column.addWidget(name)
        for key in ("purpose", "limits", "licence", "source"):
            column.addWidget(self._words(say(self._language, f"about.{key}", folder=SOURCE), key == "limits"))
        form = QFormLayout()
        form.setVerticalSpacing(2)
        for label, value in self._heads:
            form.addRow(label, self._words(value))
        column.addLayout(form)
        head = QLabel(say(self._language, "about.packages"), page)
        head.setFont(sized(11.5, bold=True))
        column.addWidget(head)
        column.addWidget(self.table, 1)
        # On a small screen, or at twice the size, all of it can be scrolled to.
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        row = QHBoxLayout()
        row.addWidget(self.feedback, 1)
        row.addWidget(self.copy)
        row.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 16, 18, 14)
        whole.addWidget(scroll, 1)
        whole.addLayout(row)

    def _words(self, text: str, bold: bool = False) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFont(sized(11.0, bold=bold))
        return label

    def _look(self) -> None:
        found = parts()
        with suppress(RuntimeError):  # closed meanwhile
            self._read.emit(found)

    def _show(self, found: tuple[Part, ...]) -> None:
        self._parts = found
        self.table.setRowCount(len(found))
        for i, part in enumerate(found):
            licence = part.licence or say(self._language, "about.undeclared")
            for j, text in enumerate((part.name, part.version, licence)):
                self.table.setItem(i, j, cell(text))
        self.feedback.setText(say(self._language, "about.read", n=len(found)))
        self.copy.setEnabled(True)

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(as_text(self._heads, self._parts))
            self.feedback.setText(say(self._language, "about.copied"))
