"""Questions before edits of a site are lost, and before a former version takes the place of the one that runs."""

from __future__ import annotations

from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from safety.site_records import COMMENT_MAX
from ui.dialogs import fit_to_words
from ui.text import Language, say
from ui.theme import sized


class _Question(QDialog):
    """A sentence, and two buttons of which the harmless one is the default."""

    def __init__(self, title: str, words: str, confirm: str, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(520)
        text = QLabel(words, self)
        text.setWordWrap(True)
        text.setFont(sized(12.0))
        cancel = QPushButton(say(language, "dialog.cancel"), self)
        cancel.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.confirm = QPushButton(confirm, self)
        self.confirm.setAutoDefault(False)
        self.confirm.clicked.connect(self.accept)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(14)
        self.column.setContentsMargins(20, 18, 20, 14)
        self.column.addWidget(text)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.confirm)
        self.column.addLayout(row)


class LeaveDialog(_Question):
    """Accepted where the edits may be lost."""

    def __init__(self, edits: int, language: Language, parent: QWidget | None) -> None:
        words = say(language, "site.leave", n=edits)
        super().__init__(say(language, "site.leave_title"), words, say(language, "site.leave_yes"), language, parent)
        fit_to_words(self)


class BackDialog(_Question):
    """Accepted where the engine is to take a former version; ``comment`` says why."""

    def __init__(self, n: int, edits: int, language: Language, parent: QWidget | None) -> None:
        words = say(language, "site.back_text", n=n)
        if edits:
            words += " " + say(language, "site.back_edits")
        title = say(language, "site.back_title", n=n)
        super().__init__(title, words, say(language, "site.go_back"), language, parent)
        self.comment = QLineEdit(say(language, "site.went_back", n=n), self)
        self.comment.setMaxLength(COMMENT_MAX)
        self.comment.setAccessibleName(say(language, "site.comment"))
        self.column.insertWidget(1, self.comment)
        fit_to_words(self)
