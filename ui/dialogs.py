"""Dialogs that stand before a consequential click: shelving an alarm, resetting a relay node."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ui.text import Language, duration, say
from ui.theme import sized

_MINUTES_FROM_S = 120.0
_REASON_LENGTH = 200


class ShelveDialog(QDialog):
    """Asks for how long and why. ``chosen`` carries the alarm, seconds and reason."""

    chosen = pyqtSignal(str, float, str)

    def __init__(self, alarm: str, what: str, limit_s: float, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._alarm = alarm
        self._unit_s = 60.0 if limit_s >= _MINUTES_FROM_S else 1.0
        self.setWindowTitle(say(language, "shelve.title"))
        self.setMinimumWidth(560)
        heading = QLabel(what, self)
        heading.setFont(sized(13.0, bold=True))
        heading.setWordWrap(True)
        text = QLabel(say(language, "shelve.text"), self)
        text.setWordWrap(True)
        most = max(1, int(limit_s // self._unit_s))
        self.time = QSpinBox(self)
        self.time.setRange(1, most)
        self.time.setValue(min(10 if self._unit_s > 1.0 else 30, most))
        self.time.setMinimumSize(110, 30)
        self.time.setSuffix(say(language, "unit.minutes" if self._unit_s > 1.0 else "unit.seconds"))
        hint = QLabel(say(language, "shelve.hint", limit=duration(language, limit_s)), self)
        hint.setObjectName("soft")
        self.reason = QLineEdit(self)
        self.reason.setMaxLength(_REASON_LENGTH)
        self.reason.textChanged.connect(self._check)
        times = QHBoxLayout()
        times.addWidget(self.time)
        times.addWidget(hint, 1)
        form = QFormLayout()
        form.addRow(say(language, "shelve.time"), times)
        form.addRow(say(language, "shelve.reason"), self.reason)
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(say(language, "dialog.shelve"), self)
        self.confirm.setObjectName("primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(heading)
        column.addWidget(text)
        column.addLayout(form)
        column.addLayout(buttons_row(cancel, self.confirm))
        self._check()
        fit_to_words(self)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.reason.text().strip()))

    def _choose(self) -> None:
        self.chosen.emit(self._alarm, self.time.value() * self._unit_s, self.reason.text().strip())
        self.accept()


class ResetDialog(QDialog):
    """Asks whether everybody is clear. ``chosen`` carries the relay node. Cancel is the default button."""

    chosen = pyqtSignal(str)

    def __init__(self, node: str, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(say(language, "reset.title", node=node))
        self.setMinimumWidth(560)
        text = QLabel(say(language, "reset.text", node=node), self)
        text.setWordWrap(True)
        text.setFont(sized(12.0))
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(say(language, "dialog.reset"), self)
        self.confirm.setAutoDefault(False)
        self.confirm.clicked.connect(self.accept)
        self.accepted.connect(lambda: self.chosen.emit(node))
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(text)
        column.addLayout(buttons_row(cancel, self.confirm))
        fit_to_words(self)


def show(dialog: QDialog) -> None:
    """Show a dialog without holding up the screen behind it; it is gone once it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def fit_to_words(dialog: QDialog) -> None:
    """Make a dialog as high as its wrapped words need; Qt alone guesses too low."""
    layout = dialog.layout()
    if layout is not None:
        width = max(dialog.minimumWidth(), layout.minimumSize().width())
        dialog.setMinimumSize(width, layout.totalHeightForWidth(width))
        dialog.resize(dialog.minimumSize())


def buttons_row(cancel: QPushButton, confirm: QPushButton) -> QHBoxLayout:
    """Both at the right, what is consequential last."""
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(cancel)
    row.addWidget(confirm)
    return row
