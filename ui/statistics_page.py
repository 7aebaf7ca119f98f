"""The statistics page: alarms of a shift, day, week or month against the limits of ISA-18.2.

Of this hall from its audit log; of all halls of a group from the group's database, where there is one.
"""

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
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calibration.site import Site
from ui.audit_reader import AuditReader
from ui.bar_chart import BarChart
from ui.group_model import COLUMNS, AllHallsView, all_halls_view, heads
from ui.group_reader import GroupReader
from ui.hall_box import HallBox
from ui.heat_map import HeatMap
from ui.hues import PAIRS
from ui.statistics_model import Loaded, StatisticsView, view_of
from ui.tables import ChartBox, PeriodBox, cell, read_only
from ui.text import Language, say
from ui.theme import sized

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
        group: GroupReader | None = None,
        site: Site | None = None,
    ) -> None:
        super().__init__(parent)
        self._group, self._site = group, site
        self.hall = HallBox(self)
        self.hall.setVisible(group is not None)
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
        self.halls = read_only(self, len(COLUMNS), 0, choice="none")
        for table in (self.limits, self.kinds, self.halls):
            table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            rows = table.verticalHeader()
            if rows is not None:
                rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.limits_title, self.kinds_title = QLabel(self), QLabel(self)
        for title in (self.limits_title, self.kinds_title):
            title.setFont(sized(11.5, bold=True))
        self.chart = BarChart(self)
        self.chart_box, self.chart_label = ChartBox(self), QLabel(self)
        self.map = HeatMap(site, self) if site is not None else None
        self._lay_out()
        reader.changed.connect(self.show_view)
        self.period.currentIndexChanged.connect(lambda _: self.show_view())
        self.chart_box.currentIndexChanged.connect(lambda _: self.show_view())
        self.hall.currentIndexChanged.connect(lambda _: self.show_view())
        self.refresh_button.clicked.connect(self._read)
        if group is not None:
            group.changed.connect(self.show_view)
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self._language = language
        self.period.retranslate(language)
        self.hall.retranslate(language)
        self.chart_box.retranslate(language)
        self.chart_label.setText(say(language, "statistics.chart"))
        self.halls.setHorizontalHeaderLabels(heads(language))
        self.period_label.setText(say(language, "statistics.period"))
        self.refresh_button.setText(say(language, "statistics.refresh"))
        self.limits_title.setText(say(language, "statistics.limits"))
        self.kinds_title.setText(say(language, "statistics.kinds"))
        self.limits.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in _LIMITS])
        self.kinds.setHorizontalHeaderLabels([say(language, f"column.{c}") for c in _KINDS])
        self.show_view()

    def show_view(self) -> None:
        """Show the chosen hall and period as the log, or the group's database, was when it was read."""
        if self._group is not None and self._group.loaded is not None:
            self.hall.show_halls(list(self._group.loaded.halls))
        every = self._group is not None and self.hall.all_halls
        self.halls.setVisible(every)
        self._one.setVisible(not every)
        self.more.setVisible(not every)
        self._chosen_chart.setVisible(not every)
        if every and self._group is not None:
            self._show_all(self._all_view(self._group))
            return
        chart, here = self.chart_box.chart, self._group is None or self.hall.hall is None
        zones = tuple(z.name for z in self._site.zone) if self._site is not None and here else ()
        view = view_of(
            self._chosen(), self.period.period, self._wall(), self._hall_starts(), self._language, chart, zones
        )
        self.headline.setText(view.headline)
        self.empty.setText(view.empty)
        self.empty.setVisible(bool(view.empty))
        self._figures.setVisible(not view.empty)
        self.more.setText(view.more)
        self._fill(view)
        self._show_chart(view, chart == "map", here)

    def _show_chart(self, view: StatisticsView, as_map: bool, here: bool) -> None:
        self.chart.setVisible(not as_map)
        self.chart.show_bars(view.chart_title, view.bars, self._language)
        if self.map is None or self._site is None:
            return
        self.map.setVisible(as_map)
        if as_map:
            note = view.map_note if here else say(self._language, "heat.elsewhere")
            self.map.show_spots(self._site, view.spots_m if here else (), note, self._language)

    def take_site(self, site: Site) -> None:
        """Zones and structures are others from now on."""
        if site is not self._site:
            self._site = site
            self.show_view()

    def _show_all(self, view: AllHallsView) -> None:
        self.headline.setText(view.headline)
        self.empty.setText(view.empty)
        self.empty.setVisible(bool(view.empty))
        self._figures.setVisible(not view.empty)
        self.halls.setRowCount(len(view.rows))
        for i, row in enumerate(view.rows):
            for j, word in enumerate(row.words):
                item = cell(word, right=0 < j < len(row.words) - 1)
                if j == len(row.words) - 1:
                    _colour(item, row.kept)
                self.halls.setItem(i, j, item)
        self.chart.setVisible(True)
        if self.map is not None:
            self.map.setVisible(False)
        self.chart.show_bars(view.chart_title, view.bars, self._language)

    def _all_view(self, group: GroupReader) -> AllHallsView:
        loaded, table = group.loaded, group.group.group
        return all_halls_view(
            table.name,
            None if loaded is None else loaded.halls,
            "" if loaded is None else loaded.fault,
            self.period.period,
            self._wall(),
            table.shift_starts,
            self._language,
        )

    def _chosen(self) -> Loaded | None:
        """This hall's log, or what the group's database has of another."""
        if self._group is None or self.hall.hall is None:
            return self._reader.loaded
        loaded = self._group.loaded
        return None if loaded is None else Loaded(loaded.halls.get(self.hall.hall), fault=loaded.fault)

    def _hall_starts(self) -> tuple[str, ...]:
        if self._group is None or self.hall.hall is None:
            return self._starts
        return self._group.group.group.shift_starts

    def _read(self) -> None:
        self._reader.read()
        if self._group is not None:
            self._group.read()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._read()

    def _fill(self, view: StatisticsView) -> None:
        self.limits.setRowCount(len(view.limits))
        for i, (*words, kept) in enumerate(view.limits):
            for j, word in enumerate(words):
                item = cell(word, right=j in (1, 2))
                if j == len(words) - 1:
                    _colour(item, kept)
                self.limits.setItem(i, j, item)
        self.kinds.setRowCount(len(view.kinds))
        for i, kind in enumerate(view.kinds):
            for j, word in enumerate(kind):
                self.kinds.setItem(i, j, cell(word, right=j >= 2))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.hall)
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
        self._one = QWidget(self)
        tables = QHBoxLayout(self._one)
        tables.setContentsMargins(0, 0, 0, 0)
        tables.setSpacing(16)
        tables.addLayout(left, 1)
        tables.addLayout(right, 1)
        self._figures = QWidget(self)
        inner = QVBoxLayout(self._figures)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(self.more)
        inner.addWidget(self._one, 5)
        inner.addWidget(self.halls, 5)
        self._chosen_chart = QWidget(self)
        choice = QHBoxLayout(self._chosen_chart)
        choice.setContentsMargins(0, 0, 0, 0)
        choice.addWidget(self.chart_label)
        choice.addWidget(self.chart_box)
        choice.addStretch(1)
        inner.addWidget(self._chosen_chart)
        inner.addWidget(self.chart, 4)
        if self.map is not None:
            inner.addWidget(self.map, 7)
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


def _colour(item: QTableWidgetItem, kept: bool | None) -> None:
    """The word says it too."""
    if kept is not None:
        pair = PAIRS["calm" if kept else "caution"]
        item.setForeground(QColor(pair.text))
        item.setBackground(QColor(pair.ground))
