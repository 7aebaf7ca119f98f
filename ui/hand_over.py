"""The hand-over between shifts: what was told before, and a note for the next, kept in the audit log."""

from __future__ import annotations

import datetime as dt
import html

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
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

from safety.records import HandOver, Refusal
from ui.audit_reader import AuditReader
from ui.text import Language, say
from ui.theme import PAIRS, SOFT, sized

SHOWN = 10
LONGEST = 2000
_SHOWN_AFTER_MS = 1200
"""After a note was sent, the audit log is read again: by then it shows it, or it was not taken."""


class HandOverDialog(QDialog):
    """``told`` carries the note. Stays open until it is closed, so that the note is seen among the others."""

    told = pyqtSignal(object)

    def __init__(self, reader: AuditReader, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._reader, self._language = reader, language
        self._sent = ""
        self._due: int | None = None
        """The reading of the log that must show what was sent."""
        self.setWindowTitle(say(language, "handover.title"))
        self.resize(680, 560)
        self.past = QTextBrowser(self)
        self.past.setAccessibleName(say(language, "handover.past"))
        self.text = QPlainTextEdit(self)
        self.text.setPlaceholderText(say(language, "handover.hint"))
        self.text.setTabChangesFocus(True)
        self.text.setMaximumHeight(130)
        self.feedback = QLabel(self)
        self.feedback.setWordWrap(True)
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
        buttons.addWidget(self.feedback, 1)
        buttons.addWidget(close)
        buttons.addWidget(self.keep)
        column.addLayout(buttons)
        self.text.textChanged.connect(self._check)
        self.keep.clicked.connect(self._tell)
        close.clicked.connect(self.reject)
        reader.changed.connect(self._read)
        self._check()
        self._show()
        reader.read()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def refused(self, refusal: Refusal) -> None:
        """The engine did not take the note."""
        coded = refusal.code in ("sign_in", "role", "late")
        why = say(self._language, f"refused.{refusal.code}") if coded else refusal.reason
        self._sent = ""
        self._say("review.unsaved", "error", why=why)

    def _check(self) -> None:
        self.keep.setEnabled(0 < len(self.text.toPlainText().strip()) <= LONGEST)

    def _tell(self) -> None:
        self._sent = self.text.toPlainText().strip()
        self._say("review.sent", "soft")
        self.told.emit(HandOver(time_s=0.0, by="", text=self._sent))
        self._due = None
        QTimer.singleShot(_SHOWN_AFTER_MS, self._look)

    def _look(self) -> None:
        self._due = self._reader.read()

    def _read(self) -> None:
        self._show()
        if not self._sent or self._due is None or self._reader.finished < self._due:
            return
        history = self._reader.loaded.history if self._reader.loaded is not None else None
        kept = history is not None and any(note.text == self._sent for note in history.notes[-SHOWN:])
        self._sent = ""
        if kept:
            self.text.clear()
            self._say("handover.saved", "calm")
        else:
            self._say("review.unsaved", "error", why=say(self._language, "review.no_answer"))

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
            head = f'<p style="color:{SOFT}; margin-bottom:0">{when} · {html.escape(note.by)}</p>'
            blocks.append(head + f'<p style="margin-top:2px">{html.escape(note.text).replace(chr(10), "<br>")}</p>')
        self.past.setHtml("".join(blocks))

    def _say(self, key: str, ink: str, **values: str) -> None:
        colour = {"error": PAIRS["error"].text, "calm": PAIRS["calm"].text}.get(ink, PAIRS["soft"].text)
        self.feedback.setText(say(self._language, key, **values))
        self.feedback.setStyleSheet(f"color: {colour};")
