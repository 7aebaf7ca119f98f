"""A word for the audit log, sent from a page: the page says beside its buttons whether the log shows it by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLabel, QWidget

from recordings.alarm_history import History
from safety.records import Refusal
from safety.word_records import Word
from ui.audit_reader import AuditReader
from ui.text import Language, refusal_words, say
from ui.theme import wear

_SHOWN_AFTER_MS = 1200
"""After something was sent, the audit log is read again: by then it shows it, or it was not taken."""


class KeptWord(QObject):
    """One word at a time. ``asked`` carries it to whoever sends it, after a sign-in perhaps; ``kept`` is emitted when
    the log shows it, ``lost`` when it does not or the engine refuses; ``feedback`` is the label to put on the page.
    """

    asked = pyqtSignal(object)
    kept = pyqtSignal()
    lost = pyqtSignal()

    def __init__(self, reader: AuditReader, saved: str, language: Language, parent: QWidget) -> None:
        """``saved``: key of the text that tells of success."""
        super().__init__(parent)
        self._reader, self._saved = reader, saved
        self.language = language
        self._shows: Callable[[History], bool] | None = None
        self._due: int | None = None
        """The reading of the log that must show what was sent."""
        self.feedback = QLabel(parent)
        self.feedback.setWordWrap(True)
        reader.changed.connect(self._read)

    def ask(self, word: Word, shows: Callable[[History], bool]) -> None:
        """Have a word sent; ``shows`` tells whether a log holds it."""
        self._shows, self._due = shows, None
        self.feedback.clear()
        self.asked.emit(word)

    def went(self) -> None:
        """It is on its way to the engine."""
        self._tell("soft", "review.sent")
        QTimer.singleShot(_SHOWN_AFTER_MS, self._look)

    def refused(self, refusal: Refusal) -> None:
        """The engine did not take it."""
        self._shows = None
        self._tell("error", "review.unsaved", why=refusal_words(self.language, refusal.code, refusal.reason))
        self.lost.emit()

    def forget(self) -> None:
        """The person turned to something else."""
        self._shows = None
        self.feedback.clear()

    def _look(self) -> None:
        self._due = self._reader.read()

    def _read(self) -> None:
        if self._shows is None or self._due is None or self._reader.finished < self._due:
            return
        history = self._reader.loaded.history if self._reader.loaded is not None else None
        kept = history is not None and self._shows(history)
        self._shows = None
        if kept:
            self._tell("calm", self._saved)
            self.kept.emit()
        else:
            self._tell("error", "review.unsaved", why=say(self.language, "review.no_answer"))
            self.lost.emit()

    def _tell(self, pair: Literal["error", "calm", "soft"], key: str, **values: str) -> None:
        self.feedback.setText(say(self.language, key, **values))
        wear(self.feedback, pair)
