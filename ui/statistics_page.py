"""The statistics page: alarms of a shift, day, week or month against the limits of ISA-18.2, from the audit log."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QShowEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui.audit_reader import AuditReader
from ui.bar_chart import BarChart
from ui.statistics_model import StatisticsView, view_of
from ui.tables import PeriodBox, cell, read_only
from ui.text import Language, say
from ui.theme import PAIRS, sized

_LIMITS = ("figure", "value", "limit", "verdict")
_KINDS = ("situation", "hoist", "count", "share", "chatters")


class StatisticsPage(QWidget):
    """Has the log read when it is shown. ``wall`` gives Unix time."""

    def __init__(
        self,
        reader: AuditReader,
        shift_starts: tuple[str, ...],
        wall: Callable[[], float],
        language: Language,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader, self._starts, self._wall, self._language = reader, shift_starts, wall, language
        self.period = PeriodBox("this_shift", self)
        self.refresh_button = QPushButton(self)
        self.period_label = QLabel(self)
        self.headline = QLabel(self)
        self.headline.setFont(sized(11.5, bold=True))
        self.empty = QLabel(self)
        self.empty.setObjectName("soft")
        self.empty.setFont(sized(13.0))
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.more = QLabel(self)
        self.more.setWordWrap(True)
        self.limits, self.kinds = (read_only(self, len(c), 0, choice="none") for c in (_LIMITS, _KINDS))
        for table in (self.limits, self.kinds):
            table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            rows = table.verticalHeader()
            if rows is not None:
                rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.limits_title, self.kinds_title = QLabel(self), QLabel(self)
        for title in (self.limits_title, self.kinds_title):
            title.setFont(sized(11.5, bold=True))
        self.chart = BarChart(self)
        self._lay_out()
        reader.changed.connect(self.show_view)
        self.period.currentIndexChanged.connect(lambda _: self.show_view())
        self.refresh_button.clicked.connect(reader.read)
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self._language = language
        self.period.retranslate(language)
        self.period_label.setText(say(language, "statistics.period"))
        self.refresh_button.setText(say(language, "statistics.refresh"))
        self.limits_title.setText(say(language, "statistics.limits"))
        self.kinds_title.setText(say(language, "statistics.kinds"))
        self.limits.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in _LIMITS])
        self.kinds.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in _KINDS])
        self.show_view()

    def show_view(self) -> None:
        """Show the chosen period as the log was when it was read."""
        view = view_of(self._reader.loaded, self.period.period, self._wall(), self._starts, self._language)
        self.headline.setText(view.headline)
        self.empty.setText(view.empty)
        self.empty.setVisible(bool(view.empty))
        self._figures.setVisible(not view.empty)
        self.more.setText(view.more)
        self._fill(view)
        self.chart.show_bars(view.chart_title, view.bars, self._language)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._reader.read()

    def _fill(self, view: StatisticsView) -> None:
        self.limits.setRowCount(len(view.limits))
        for i, (*words, kept) in enumerate(view.limits):
            for j, word in enumerate(words):
                item = cell(word, right=j in (1, 2))
                if j == len(words) - 1 and kept is not None:
                    pair = PAIRS["calm" if kept else "caution"]
                    item.setForeground(QColor(pair.text))
                    item.setBackground(QColor(pair.ground))
                self.limits.setItem(i, j, item)
        self.kinds.setRowCount(len(view.kinds))
        for i, kind in enumerate(view.kinds):
            for j, word in enumerate(kind):
                self.kinds.setItem(i, j, cell(word, right=j >= 2))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.period_label)
        top.addWidget(self.period)
        top.addWidget(self.refresh_button)
        top.addSpacing(12)
        top.addWidget(self.headline, 1)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.limits_title)
        left.addWidget(self.limits, 1)
        right.addWidget(self.kinds_title)
        right.addWidget(self.kinds, 1)
        tables = QHBoxLayout()
        tables.setSpacing(16)
        tables.addLayout(left, 1)
        tables.addLayout(right, 1)
        self._figures = QWidget(self)
        inner = QVBoxLayout(self._figures)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(self.more)
        inner.addLayout(tables, 5)
        inner.addWidget(self.chart, 3)
        frame = QFrame(self)
        frame.setObjectName("panel")
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 10, 12, 10)
        column.addLayout(top)
        column.addWidget(self.empty, 1)
        column.addWidget(self._figures, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
