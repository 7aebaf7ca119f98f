"""What people say of the past, and ask for from it: verdicts, hand-over notes, clips to look at and to take out.

Each goes to the engine as a word for its audit log, after a sign-in where the site asks for one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from recordings.alarm_history import PastAlarm
from safety.audit import AuditLog
from safety.records import Refusal
from safety.word_records import Access, HandOver, Verdict, Word
from ui.audit_reader import AuditReader
from ui.console_model import ConsoleModel
from ui.dialogs import show
from ui.hand_over import HandOverDialog
from ui.kept_word import KeptWord
from ui.review_page import ReviewPage
from ui.session_corner import SessionCorner
from ui.statistics_model import situation_words
from ui.text import say

if TYPE_CHECKING:
    from recordings.clips import Clip
    from ui.export_dialog import ExportDialog


class PastDesk(QObject):
    """Between the pages and dialogs that look back, and the engine. ``clock`` gives the console's seconds."""

    def __init__(
        self,
        model: ConsoleModel,
        review: ReviewPage,
        session: SessionCorner,
        clock: Callable[[], float],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._model, self._review, self._session, self._clock, self._window = model, review, session, clock, window
        self._reader: AuditReader = review.reader
        self.hand_over: HandOverDialog | None = None
        self.export: ExportDialog | None = None
        review.word.asked.connect(lambda verdict: self._tell(verdict, review.word))
        review.look.connect(self._look)
        review.export.connect(self._show_export)

    def refused(self, refusal: Refusal) -> None:
        """The engine did not take a word."""
        match refusal.command:
            case "Verdict":
                self._review.word.refused(refusal)
            case "Access" if self.export is not None:
                self.export.word.refused(refusal)
            case "HandOver" if self.hand_over is not None:
                self.hand_over.word.refused(refusal)

    def show_hand_over(self) -> None:
        """What shifts told each other, and a note for the next."""
        if self.hand_over is None:
            dialog = HandOverDialog(self._reader, self._model.language, self._window)
            dialog.word.asked.connect(lambda note: self._tell(note, dialog.word))
            dialog.finished.connect(self._hand_over_closed)
            self.hand_over = dialog
            show(dialog)

    def _look(self, alarm: PastAlarm) -> None:
        """The seconds around an alarm, once it is noted who looks."""
        from recordings.clips import AFTER_S, BEFORE_S  # reads video, which a console needs only here

        access = Access(
            time_s=0.0,
            by="",
            id=uuid.uuid4().hex,
            purpose="look",
            from_wall_s=alarm.raised_s - BEFORE_S,
            to_wall_s=alarm.raised_s + AFTER_S,
            alarm=alarm.id,
        )
        if self._model.pulse(self._clock()).live:
            self._tell(access, then=lambda: self._review.load(alarm))
        else:
            self._review.load(alarm, lambda: self._note_without_engine(access))

    def _note_without_engine(self, access: Access) -> None:
        """An engine that is down cannot note it, so the console does. Called in another thread; raises Unavailable."""
        folder = self._reader.log
        if folder is None:
            return
        with AuditLog(folder) as log:
            by = self._model.session.signature
            detail = msgspec.to_builtins(msgspec.structs.replace(access, by=by))
            log.append(time.time(), 0.0, "console", self._model.desk.name, "access", {**detail, "engine": "silent"})

    def _show_export(self, clip: Clip, alarm: PastAlarm) -> None:
        from ui.export_dialog import ExportDialog  # writes video, which a console needs only here

        if self.export is None:
            what = situation_words(alarm.situation, self._model.language)
            dialog = ExportDialog(clip, alarm.id, what, self._reader, self._model.language, self._window)
            dialog.word.asked.connect(lambda access: self._tell(access, dialog.word))
            dialog.finished.connect(self._export_closed)
            self.export = dialog
            show(dialog)

    def _tell(self, word: Word, kept: KeptWord | None = None, then: Callable[[], object] | None = None) -> None:
        """Send it now, or once somebody has signed in."""
        action, target = _called(word)
        what = say(self._model.language, f"command.{action}", target=target)
        if self._session.then(what, lambda: self._tell(word, kept, then)):
            return
        self._model.tell(word)
        if kept is not None:
            kept.went()
        if then is not None:
            then()

    def _hand_over_closed(self) -> None:
        self.hand_over = None

    def _export_closed(self) -> None:
        self.export = None


def _called(word: Word) -> tuple[str, str]:
    """What a word is called where a sign-in is asked for, and what it is about."""
    match word:
        case Verdict():
            return "judge", word.alarm
        case HandOver():
            return "hand_over", ""
        case Access():
            return ("export" if word.purpose == "export" else "look"), word.alarm
