"""Dialogs that stand before an output is taken away from the system, or moved for a test."""

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

from safety.output_desk import REASON_MAX, REASON_MIN
from ui.dialogs import buttons_row, fit_to_words
from ui.text import Language, duration, say
from ui.theme import sized, wear

_MINUTES_FROM_S = 120.0


class BypassDialog(QDialog):
    """Asks for how long and why. ``chosen`` carries seconds and reason. Cancel is the default button."""

    chosen = pyqtSignal(float, str)

    def __init__(self, output: str, permit: bool, limit_s: float, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._unit_s = 60.0 if limit_s >= _MINUTES_FROM_S else 1.0
        self.setWindowTitle(say(language, "bypass.title", output=output))
        self.setMinimumWidth(560)
        heading = QLabel(say(language, "bypass.permit" if permit else "bypass.other"), self)
        heading.setFont(sized(13.0, bold=True))
        heading.setWordWrap(True)
        if permit:
            wear(heading, "error")
        rules = QLabel(say(language, "bypass.rules"), self)
        rules.setWordWrap(True)
        most = max(1, int(limit_s // self._unit_s))
        self.time = QSpinBox(self)
        self.time.setRange(1, most)
        self.time.setValue(min(5 if self._unit_s > 1.0 else 30, most))
        self.time.setSuffix(say(language, "unit.minutes" if self._unit_s > 1.0 else "unit.seconds"))
        hint = QLabel(say(language, "shelve.hint", limit=duration(language, limit_s)), self)
        hint.setObjectName("soft")
        self.reason = QLineEdit(self)
        self.reason.setMaxLength(REASON_MAX)
        self.reason.textChanged.connect(self._check)
        times = QHBoxLayout()
        times.addWidget(self.time)
        times.addWidget(hint, 1)
        form = QFormLayout()
        form.addRow(say(language, "shelve.time"), times)
        form.addRow(say(language, "shelve.reason"), self.reason)
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(say(language, "dialog.bypass"), self)
        self.confirm.setAutoDefault(False)
        self.confirm.clicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(heading)
        column.addWidget(rules)
        column.addLayout(form)
        column.addLayout(buttons_row(cancel, self.confirm))
        self._check()
        fit_to_words(self)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _check(self) -> None:
        self.confirm.setEnabled(len(self.reason.text().strip()) >= REASON_MIN)

    def _choose(self) -> None:
        self.chosen.emit(self.time.value() * self._unit_s, self.reason.text().strip())
        self.accept()


class ProofDialog(QDialog):
    """Asks whether a node's outputs may be moved now. Cancel is the default button."""

    def __init__(self, node: str, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(say(language, "prove.title", node=node))
        self.setMinimumWidth(560)
        text = QLabel(say(language, "prove.text", node=node), self)
        text.setWordWrap(True)
        text.setFont(sized(12.0))
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(say(language, "dialog.prove"), self)
        self.confirm.setAutoDefault(False)
        self.confirm.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(text)
        column.addLayout(buttons_row(cancel, self.confirm))
        fit_to_words(self)
