"""The hand-over between shifts: what was told before, and a note for the next, kept in the audit log."""

from __future__ import annotations

import datetime as dt
import html

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from safety.word_records import HandOver
from ui.audit_reader import AuditReader
from ui.hues import HUES
from ui.kept_word import KeptWord
from ui.text import Language, say
from ui.theme import sized

SHOWN = 10
LONGEST = 2000


class HandOverDialog(QDialog):
    """Stays open until it is closed, so that the note is seen among the others."""

    def __init__(self, reader: AuditReader, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._reader, self._language = reader, language
        self.word = KeptWord(reader, "handover.saved", language, self)
        self.setWindowTitle(say(language, "handover.title"))
        self.resize(680, 560)
        self.past = QTextBrowser(self)
        self.past.setAccessibleName(say(language, "handover.past"))
        self.text = QPlainTextEdit(self)
        self.text.setPlaceholderText(say(language, "handover.hint"))
        self.text.setTabChangesFocus(True)
        self.text.setMaximumHeight(130)
        self.keep = QPushButton(say(language, "handover.keep"), self)
        self.keep.setObjectName("primary")
        close = QPushButton(say(language, "dialog.close"), self)
        close.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        for key, widget, stretch in (("handover.past", self.past, 1), ("handover.new", self.text, 0)):
            title = QLabel(say(language, key), self)
            title.setFont(sized(11.5, bold=True))
            column.addWidget(title)
            column.addWidget(widget, stretch)
        buttons = QHBoxLayout()
        buttons.addWidget(self.word.feedback, 1)
        buttons.addWidget(close)
        buttons.addWidget(self.keep)
        column.addLayout(buttons)
        self.text.textChanged.connect(self._check)
        self.keep.clicked.connect(self._tell)
        close.clicked.connect(self.reject)
        reader.changed.connect(self._show)
        self.word.kept.connect(self.text.clear)
        self._check()
        self._show()
        reader.read()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _check(self) -> None:
        self.keep.setEnabled(0 < len(self.text.toPlainText().strip()) <= LONGEST)

    def _tell(self) -> None:
        text = self.text.toPlainText().strip()
        note = HandOver(time_s=0.0, by="", text=text)
        self.word.ask(note, lambda history: any(known.text == text for known in history.notes[-SHOWN:]))

    def _show(self) -> None:
        loaded = self._reader.loaded
        if loaded is None:
            self.past.setPlainText(say(self._language, "statistics.reading"))
            return
        if loaded.history is None:
            absent = say(self._language, "statistics.absent", file=loaded.absent)
            self.past.setPlainText(absent if loaded.absent else loaded.fault)
            return
        notes = loaded.history.notes[-SHOWN:]
        if not notes:
            self.past.setPlainText(say(self._language, "handover.none"))
            return
        blocks = []
        for note in reversed(notes):
            when = dt.datetime.fromtimestamp(note.wall_s).strftime("%Y-%m-%d %H:%M")
            head = f'<p style="color:{HUES.soft}; margin-bottom:0">{when} · {html.escape(note.by)}</p>'
            blocks.append(head + f'<p style="margin-top:2px">{html.escape(note.text).replace(chr(10), "<br>")}</p>')
        self.past.setHtml("".join(blocks))
