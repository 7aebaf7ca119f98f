"""The dialog in which somebody signs in. It stays open until the engine has let them in, or they give up."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ui.dialogs import fit_to_words
from ui.text import Language, say
from ui.theme import sized, wear

_NAME_LENGTH, _PASSWORD_LENGTH = 32, 128


class SignInDialog(QDialog):
    """Asks for name and password. ``asked`` carries both; ``what`` is the command that waits for it, or empty."""

    asked = pyqtSignal(str, str)

    def __init__(self, language: Language, what: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._checking = say(language, "signin.checking")
        self.setWindowTitle(say(language, "signin.title"))
        self.setMinimumWidth(480)
        text = QLabel(say(language, "signin.first", what=what) if what else say(language, "signin.text"), self)
        text.setWordWrap(True)
        text.setFont(sized(12.0, bold=bool(what)))
        self.user = QLineEdit(self)
        self.user.setMaxLength(_NAME_LENGTH)
        self.password = QLineEdit(self)
        self.password.setMaxLength(_PASSWORD_LENGTH)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.result_line = QLabel(" ", self)
        self.result_line.setWordWrap(True)
        self.result_line.setMinimumHeight(self.result_line.fontMetrics().height() * 2 + 4)
        form = QFormLayout()
        form.addRow(say(language, "signin.user"), self.user)
        form.addRow(say(language, "signin.password"), self.password)
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(say(language, "dialog.sign_in"), self)
        self.confirm.setObjectName("primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self._ask)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.confirm)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(text)
        column.addLayout(form)
        column.addWidget(self.result_line)
        column.addLayout(buttons)
        for line in (self.user, self.password):
            line.textChanged.connect(self._check)
        self._check()
        fit_to_words(self)
        self.user.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_result(self, words: str, checking: bool) -> None:
        """What became of it: nothing, being checked, or why not."""
        if self.result_line.text() != (words or " "):
            self.result_line.setText(words or " ")
            wear(self.result_line, "soft_page" if checking else "error")
            self.result_line.setFont(sized(10.5, bold=not checking))
            if words and not checking:
                self.password.clear()
                self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self._check(checking=checking)

    def _check(self, _text: str = "", checking: bool = False) -> None:
        self.confirm.setEnabled(bool(self.user.text().strip() and self.password.text()) and not checking)

    def _ask(self) -> None:
        self.show_result(self._checking, checking=True)
        self.asked.emit(self.user.text().strip(), self.password.text())
