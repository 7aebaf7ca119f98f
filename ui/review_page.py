"""The review page: past alarms, the seconds around each, why it alarmed, and what a person holds it for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QShowEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calibration.errors import HoistwatchError
from recordings.alarm_history import PastAlarm
from recordings.shifts import span_of
from safety.word_records import Verdict
from ui.audit_reader import AuditReader
from ui.clip_view import ClipView
from ui.kept_word import KeptWord
from ui.review_model import Moment, ReviewRow, rows_of, why
from ui.tables import PeriodBox, cell, read_only
from ui.text import Language, say
from ui.theme import level_pair, sized

if TYPE_CHECKING:
    from recordings.clips import Clip

COLUMNS = ("raised", "level", "situation", "who", "judged")
JUDGEMENTS = ("true", "near_miss", "nuisance")
_COMMENT_LENGTH = 200


class ReviewPage(QWidget):
    """Past alarms of a period, newest first.

    ``look`` is emitted with the alarm whose clip is wanted, which ``load`` then shows; ``export`` with clip and alarm.
    """

    look = pyqtSignal(object)
    export = pyqtSignal(object, object)
    _loaded = pyqtSignal(object, object)

    def __init__(
        self,
        reader: AuditReader,
        shift_starts: tuple[str, ...],
        wall: Callable[[], float],
        language: Language,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.reader, self._starts, self._wall, self._language = reader, shift_starts, wall, language
        self._rows: list[ReviewRow] = []
        self._chosen: PastAlarm | None = None
        self._wanted: tuple[str, float] | None = None
        self.view: ClipView | None = None
        self.period = PeriodBox("week", self)
        self.title = QLabel(self)
        self.title.setFont(sized(11.5, bold=True))
        self.table = read_only(self, len(COLUMNS), COLUMNS.index("who"), choice="rows")
        self.message = QLabel(self)
        self.message.setObjectName("soft")
        self.message.setFont(sized(13.0))
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reason = QLabel(self)
        self.reason.setWordWrap(True)
        self.reason.setFont(sized(11.0, bold=True))
        self.buttons = {name: QPushButton(self) for name in JUDGEMENTS}
        self.take_out = QPushButton(self)
        self.take_out.setEnabled(False)
        self.comment = QLineEdit(self)
        self.comment.setMaxLength(_COMMENT_LENGTH)
        self.word = KeptWord(reader, "review.saved", language, self)
        self._lay_out()
        self._loaded.connect(self._clip_loaded)
        reader.changed.connect(self.show_rows)
        self.period.currentIndexChanged.connect(lambda _: self.show_rows())
        self.table.itemSelectionChanged.connect(self._choose)
        self.take_out.clicked.connect(self._export)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, verdict=name: self._judge(verdict))
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self._language = self.word.language = language
        self.period.retranslate(language)
        self.title.setText(say(language, "review.list"))
        self.table.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in COLUMNS])
        for name, button in self.buttons.items():
            button.setText(say(language, f"judge.{name}"))
        self.take_out.setText(say(language, "review.export"))
        self.comment.setPlaceholderText(say(language, "review.comment"))
        if self.view is None:
            self.message.setText(say(language, "review.choose"))
        else:
            self.view.retranslate(language)
        self.show_rows()

    def show_rows(self) -> None:
        """The list of the chosen period as the log was when it was read; the choice stays where it can."""
        span = span_of(self.period.period, self._wall(), self._starts)
        self._rows = rows_of(self.reader.loaded, span, self._language)
        self.table.blockSignals(True)
        self.table.setRowCount(max(1, len(self._rows)))
        self.table.clearSpans()
        for i, row in enumerate(self._rows):
            words = (row.raised, row.level_text, row.situation, row.who, row.verdict)
            for j, text in enumerate(words):
                item = cell(text)
                if j == 1:
                    pair = level_pair(row.level)
                    item.setForeground(QColor(pair.text))
                    item.setBackground(QColor(pair.ground))
                self.table.setItem(i, j, item)
            if self._chosen is not None and _same(row.alarm, self._chosen):
                self.table.selectRow(i)
        if not self._rows:
            known = self.reader.loaded is not None
            item = QTableWidgetItem(say(self._language, "review.none" if known else "statistics.reading"))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.table.setItem(0, 0, item)
            self.table.setSpan(0, 0, 1, len(COLUMNS))
        self.table.blockSignals(False)
        self._show_chosen()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.reader.read()

    # Choosing an alarm, and its clip

    def _choose(self) -> None:
        model = self.table.selectionModel()
        rows = [index.row() for index in model.selectedRows()] if model is not None else []
        if not rows or rows[0] >= len(self._rows):
            return
        alarm = self._rows[rows[0]].alarm
        if self._chosen is not None and _same(alarm, self._chosen):
            return
        self._chosen = alarm
        self.comment.setText(alarm.comment)
        self.word.forget()
        self._wanted = None
        self._drop_view(say(self._language, "review.noting"))
        self._show_chosen()
        self.look.emit(alarm)

    def load(self, alarm: PastAlarm, first: Callable[[], None] | None = None) -> None:
        """Show the seconds around an alarm, if it is still the chosen one.

        ``first`` is called before, in the thread that reads; where it raises HoistwatchError, that is shown instead.
        """
        folder = self.reader.folder
        if folder is None or self._chosen is None or not _same(alarm, self._chosen):
            return
        self._drop_view(say(self._language, "review.loading"))
        self._wanted = (alarm.id, alarm.raised_s)
        wanted = self._wanted

        def work() -> None:
            from recordings.clips import load_clip  # brings a video decoder, which a console needs only here

            try:
                if first is not None:
                    first()
                found: Clip | str = load_clip(folder, alarm.raised_s)
            except (HoistwatchError, OSError) as error:
                found = str(error)
            with suppress(RuntimeError):  # the window was closed meanwhile
                self._loaded.emit(wanted, found)

        threading.Thread(target=work, name="review-clip", daemon=True).start()

    def _clip_loaded(self, wanted: tuple[str, float], found: Clip | str) -> None:
        if wanted != self._wanted:
            return  # another one was chosen meanwhile
        if isinstance(found, str):
            self._drop_view(say(self._language, "review.missing", why=found))
            return
        self._drop_view("")
        self.take_out.setEnabled(True)
        self.view = ClipView(found, self._language, self)
        self._place.addWidget(self.view)
        self.view.shown.connect(self._shown)
        self.view.go_to(found.moment_s)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_view(self, message: str) -> None:
        if self.view is not None:
            self._place.removeWidget(self.view)
            self.view.deleteLater()
            self.view = None
        self.take_out.setEnabled(False)
        self.message.setText(message)
        self.message.setVisible(bool(message))
        self.reason.setText("")

    def _shown(self, moment: Moment) -> None:
        if self._chosen is not None:
            self.reason.setText(f"{say(self._language, 'review.why')}: {why(moment, self._chosen, self._language)}")

    # Verdicts

    def _judge(self, verdict: str) -> None:
        alarm = self._chosen
        if alarm is None or verdict not in JUDGEMENTS:
            return
        comment = self.comment.text().strip()
        judged = (verdict, comment)
        told = Verdict(
            time_s=0.0, by="", alarm=alarm.id, raised_wall_s=alarm.raised_s,
            verdict=verdict,  # type: ignore[arg-type]
            comment=comment,
        )  # fmt: skip
        self.word.ask(told, lambda log: any(_same(a, alarm) and (a.verdict, a.comment) == judged for a in log.alarms))

    def _export(self) -> None:
        if self.view is not None and self._chosen is not None:
            self.export.emit(self.view.clip, self._chosen)

    def _show_chosen(self) -> None:
        for button in (*self.buttons.values(), self.comment):
            button.setEnabled(self._chosen is not None)
        chosen = next((r.alarm for r in self._rows if self._chosen and _same(r.alarm, self._chosen)), None)
        for name, button in self.buttons.items():
            primary = chosen is not None and chosen.verdict == name
            if button.objectName() != ("primary" if primary else ""):
                button.setObjectName("primary" if primary else "")
                button.setStyleSheet(button.styleSheet())  # Qt looks at the name again

    def _lay_out(self) -> None:
        left, right = QFrame(self), QFrame(self)
        for frame in (left, right):
            frame.setObjectName("panel")
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.period)
        listed = QVBoxLayout(left)
        listed.addLayout(top)
        listed.addWidget(self.table, 1)
        self._place = QVBoxLayout()
        self._place.addWidget(self.message, 1)
        judged = QHBoxLayout()
        for button in self.buttons.values():
            judged.addWidget(button)
        judged.addWidget(self.comment, 1)
        judged.addWidget(self.take_out)
        shown = QVBoxLayout(right)
        shown.addLayout(self._place, 1)
        shown.addWidget(self.reason)
        shown.addLayout(judged)
        shown.addWidget(self.word.feedback)
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.setSizes([640, 760])
        whole.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(whole)


def _same(a: PastAlarm, b: PastAlarm) -> bool:
    return (a.id, a.raised_s) == (b.id, b.raised_s)
