"""The review page: past alarms, the seconds around each, why it alarmed, and what a person holds it for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calibration.errors import HoistwatchError
from recordings.alarm_history import PastAlarm
from recordings.shifts import PERIODS, span_of
from safety.records import Refusal, Verdict
from ui.audit_reader import AuditReader
from ui.clip_view import ClipView
from ui.review_model import Moment, ReviewRow, rows_of, why
from ui.text import Language, say
from ui.theme import PAIRS, level_pair, sized

if TYPE_CHECKING:
    from recordings.clips import Clip

COLUMNS = ("raised", "level", "situation", "who", "judged")
JUDGEMENTS = ("true", "near_miss", "nuisance")
_SHOWN_AFTER_MS = 1200
"""After a verdict was sent, the audit log is read again: by then it shows it, or it was not taken."""
_COMMENT_LENGTH = 200


class ReviewPage(QWidget):
    """Past alarms of a period, newest first. ``judge`` is emitted with what the person decided."""

    judge = pyqtSignal(object)
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
        self._moment: Moment | None = None
        self._sent: tuple[PastAlarm, str, str] | None = None
        self._due: int | None = None
        """The reading of the log that must show what was sent."""
        self.view: ClipView | None = None
        self.period = QComboBox(self)
        self.period.addItems(list(PERIODS))
        self.period.setCurrentIndex(PERIODS.index("week"))
        self.title = QLabel(self)
        self.title.setFont(sized(11.5, bold=True))
        self.table = _table(self)
        self.message = QLabel(self)
        self.message.setObjectName("soft")
        self.message.setFont(sized(13.0))
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reason = QLabel(self)
        self.reason.setWordWrap(True)
        self.reason.setFont(sized(11.0, bold=True))
        self.buttons = {name: QPushButton(self) for name in JUDGEMENTS}
        self.comment = QLineEdit(self)
        self.comment.setMaxLength(_COMMENT_LENGTH)
        self.feedback = QLabel(self)
        self._lay_out()
        self._loaded.connect(self._clip_loaded)
        reader.changed.connect(self._log_read)
        self.period.currentIndexChanged.connect(lambda _: self.show_rows())
        self.table.itemSelectionChanged.connect(self._choose)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, verdict=name: self._judge(verdict))
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self._language = language
        for k, period in enumerate(PERIODS):
            self.period.setItemText(k, say(language, f"period.{period}"))
        self.title.setText(say(language, "review.list"))
        self.table.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in COLUMNS])
        for name, button in self.buttons.items():
            button.setText(say(language, f"judge.{name}"))
        self.comment.setPlaceholderText(say(language, "review.comment"))
        if self.view is None:
            self.message.setText(say(language, "review.choose"))
        else:
            self.view.retranslate(language)
        self.show_rows()

    def show_rows(self) -> None:
        """The list of the chosen period as the log was when it was read; the choice stays where it can."""
        span = span_of(PERIODS[max(0, self.period.currentIndex())], self._wall(), self._starts)
        self._rows = rows_of(self.reader.loaded, span, self._language)
        self.table.blockSignals(True)
        self.table.setRowCount(max(1, len(self._rows)))
        self.table.clearSpans()
        for i, row in enumerate(self._rows):
            words = (row.raised, row.level_text, row.situation, row.who, row.verdict)
            for j, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
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

    def refused(self, refusal: Refusal) -> None:
        """The engine did not take a verdict."""
        coded = refusal.code in ("sign_in", "role", "late")
        reason = say(self._language, f"refused.{refusal.code}") if coded else refusal.reason
        self._sent = None
        self._tell("review.unsaved", "error", why=reason)

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
        self._chosen, self._sent = alarm, None
        self.comment.setText(alarm.comment)
        self.feedback.setText("")
        self._drop_view(say(self._language, "review.loading"))
        self._show_chosen()
        folder = self.reader.folder
        if folder is None:
            return
        self._wanted = (alarm.id, alarm.raised_s)
        wanted = self._wanted

        def work() -> None:
            from recordings.clips import load_clip  # brings a video decoder, which a console needs only here

            try:
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
        self._moment = None
        self.message.setText(message)
        self.message.setVisible(bool(message))
        self.reason.setText("")

    def _shown(self, moment: Moment) -> None:
        self._moment = moment
        if self._chosen is not None:
            self.reason.setText(f"{say(self._language, 'review.why')}: {why(moment, self._chosen, self._language)}")

    # Verdicts

    def _judge(self, verdict: str) -> None:
        alarm = self._chosen
        if alarm is None or verdict not in JUDGEMENTS:
            return
        comment = self.comment.text().strip()
        self._sent = (alarm, verdict, comment)
        self._tell("review.sent", "soft")
        told = Verdict(
            time_s=0.0, by="", alarm=alarm.id, raised_wall_s=alarm.raised_s,
            verdict=verdict,  # type: ignore[arg-type]
            comment=comment,
        )  # fmt: skip
        self.judge.emit(told)
        self._due = None
        QTimer.singleShot(_SHOWN_AFTER_MS, self._look)

    def _look(self) -> None:
        self._due = self.reader.read()

    def _log_read(self) -> None:
        self.show_rows()
        if self._sent is None or self._due is None or self.reader.finished < self._due:
            return
        alarm, verdict, comment = self._sent
        now = next((row.alarm for row in self._rows if _same(row.alarm, alarm)), None)
        self._sent = None
        if now is not None and (now.verdict, now.comment) == (verdict, comment):
            self._tell("review.saved", "calm_ink")
        else:
            self._tell("review.unsaved", "error", why=say(self._language, "review.no_answer"))

    def _show_chosen(self) -> None:
        for button in (*self.buttons.values(), self.comment):
            button.setEnabled(self._chosen is not None)
        chosen = next((r.alarm for r in self._rows if self._chosen and _same(r.alarm, self._chosen)), None)
        for name, button in self.buttons.items():
            primary = chosen is not None and chosen.verdict == name
            if button.objectName() != ("primary" if primary else ""):
                button.setObjectName("primary" if primary else "")
                button.setStyleSheet(button.styleSheet())  # Qt looks at the name again

    def _tell(self, key: str, ink: str, **values: str) -> None:
        colour = {"error": PAIRS["error"].text, "calm_ink": PAIRS["calm"].text}.get(ink, PAIRS["soft"].text)
        self.feedback.setText(say(self._language, key, **values))
        self.feedback.setStyleSheet(f"color: {colour};")

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
        shown = QVBoxLayout(right)
        shown.addLayout(self._place, 1)
        shown.addWidget(self.reason)
        shown.addLayout(judged)
        shown.addWidget(self.feedback)
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.setSizes([520, 880])
        whole.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(whole)


def _same(a: PastAlarm, b: PastAlarm) -> bool:
    return (a.id, a.raised_s) == (b.id, b.raised_s)


def _table(parent: QWidget) -> QTableWidget:
    table = QTableWidget(0, len(COLUMNS), parent)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    rows, heads = table.verticalHeader(), table.horizontalHeader()
    if rows is not None:
        rows.setVisible(False)
    if heads is not None:
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    return table
