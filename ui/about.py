"""The about page: what this is, what it is not, and under which licence."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui.dialogs import fit_to_words
from ui.text import Language, say
from ui.theme import sized


class AboutDialog(QDialog):
    """Purpose, limits and licence, in the language of the moment."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(say(language, "about.title"))
        self.setMinimumWidth(540)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 16)
        column.setSpacing(12)
        name = QLabel("Hoistwatch", self)
        name.setFont(sized(20.0, bold=True))
        column.addWidget(name)
        for key in ("about.purpose", "about.limits", "about.licence"):
            label = QLabel(say(language, key, version=product_version()), self)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFont(sized(11.0, bold=key == "about.limits"))
            column.addWidget(label)
        close = QPushButton(say(language, "dialog.close"), self)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)
        fit_to_words(self)


def product_version() -> str:
    """Version of the installed distribution, or of a bare checkout."""
    try:
        return version("hoistwatch")
    except PackageNotFoundError:
        return "0.1.0 (checkout)"
