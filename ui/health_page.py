"""The health page: every camera, output, annunciator and process with its state, and how long decisions take."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QResizeEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from safety.health_records import Ways
from safety.self_test_records import SelfTestReport
from ui.commands import Notice
from ui.health_page_model import CAMERAS, OUTPUTS, PARTS, SOUNDS, HealthView, Row
from ui.health_strip import SYMBOLS
from ui.hues import HUES, PAIRS
from ui.latency_chart import LatencyChart
from ui.self_test_words import headline, outcome
from ui.symbols import Symbol, level_icon
from ui.tables import cell, read_only
from ui.text import Language, say
from ui.theme import sized, wear

_STATE = "state"
_NARROW_PX, _TABLE_PX = 1000, 150
_BUTTONS = ("self_test", "self_test_show", "prove", "bypass", "unbypass")


class HealthTable(QWidget):
    """A title, a table whose column of states bears marks, and a sentence in its place where it is empty."""

    def __init__(self, name: str, columns: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._name, self._columns = name, columns
        self._rows: tuple[Row, ...] | None = None
        self._live = True
        self.title, self.none = QLabel(self), QLabel(self)
        self.title.setFont(sized(11.5, bold=True))
        self.none.setObjectName("soft")
        self.none.setWordWrap(True)
        self._state = columns.index(_STATE)
        self.table: QTableWidget = read_only(self, len(columns), self._state, choice="rows")
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.table.verticalHeader()
        if rows is not None:
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            rows.setDefaultSectionSize(26)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.title)
        column.addWidget(self.none)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    def retranslate(self, language: Language) -> None:
        self.title.setText(say(language, f"health.{self._name}"))
        self.none.setText(say(language, f"health.no_{self._name}"))
        self.table.setAccessibleName(self.title.text())
        self.table.setHorizontalHeaderLabels([say(language, f"healthcol.{c}") for c in self._columns])

    def restyle(self) -> None:
        """The colours have changed: the next rows are drawn whatever they are."""
        self._rows = None

    def show_rows(self, rows: tuple[Row, ...], live: bool) -> None:
        """Show the rows; whichever was chosen stays chosen."""
        self.none.setVisible(not rows)
        self.table.setVisible(bool(rows))
        if (rows, live) == (self._rows, self._live):
            return
        before = self._rows or ()
        self._rows, self._live = rows, live
        if self.table.rowCount() != len(rows):
            self.table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            if i >= len(before) or before[i] != row or self.table.item(i, 0) is None:
                self._show(i, row)
            self._paint(i, row, live)

    @property
    def chosen(self) -> Row | None:
        place = self.table.currentRow()
        return self._rows[place] if self._rows and 0 <= place < len(self._rows) else None

    def _show(self, i: int, row: Row) -> None:
        for j, text in enumerate(row.cells):
            item = self.table.item(i, j)
            if item is None:
                item = cell(text)
                self.table.setItem(i, j, item)
            item.setText(text)
            item.setToolTip(f"{text}\n{row.tip}" if row.tip and j == self._state else text)

    def _paint(self, i: int, row: Row, live: bool) -> None:
        for j in range(len(row.cells)):
            item = self.table.item(i, j)
            if item is not None:
                item.setForeground(QColor(PAIRS["panel"].text if live else HUES.ghost))
                if j == self._state:
                    item.setIcon(level_icon(SYMBOLS[row.mark], live, 16))


class HealthPage(QWidget):
    """Shows a ``HealthView``; knows nothing of the bus."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self.head, self.unused, self.alarm, self.figures = (QLabel(self) for _ in range(4))
        self.head.setFont(sized(11.5, bold=True))
        self.unused.setObjectName("soft")
        self.unused.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.alarm.setFont(sized(12.0, bold=True))
        self.alarm.setWordWrap(True)
        wear(self.alarm, "danger")
        self._alarm_bar = _bar(self.alarm, self)
        self.cameras = HealthTable("cameras", CAMERAS, self)
        self.outputs = HealthTable("outputs", OUTPUTS, self)
        self.sounds = HealthTable("sounds", SOUNDS, self)
        self.parts = HealthTable("parts", PARTS, self)
        self.chart = LatencyChart(self)
        self.notice = QLabel(self)
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.tested = QLabel(self)
        self.tested.setVisible(False)
        self.buttons = {name: QPushButton(self) for name in _BUTTONS}
        self.buttons["self_test"].setObjectName("primary")
        self._lay_out()
        self.retranslate(language)

    @property
    def tables(self) -> tuple[HealthTable, ...]:
        return self.cameras, self.outputs, self.sounds, self.parts

    def retranslate(self, language: Language) -> None:
        self._language = language
        for table in self.tables:
            table.retranslate(language)
        for name, button in self.buttons.items():
            button.setText(say(language, f"button.{name}"))
            button.setToolTip(say(language, f"tip.{name}"))

    def restyle(self) -> None:
        """The colours have changed."""
        for table in self.tables:
            table.restyle()

    def show_view(self, view: HealthView) -> None:
        self.head.setText(view.head)
        self.unused.setText(view.unused)
        self.unused.setToolTip(view.unused)
        self.alarm.setText(view.alarm)
        self._alarm_bar.setVisible(bool(view.alarm))
        self.cameras.show_rows(view.cameras, view.live)
        self.outputs.show_rows(view.outputs, view.live)
        self.sounds.show_rows(view.sounds, view.live)
        self.parts.show_rows(view.parts or (), live=True)
        self.chart.show_ways(view.to_permit or Ways(), self._language, view.live)
        self.figures.setText("\n".join(view.latency))

    def show_state(self, live: bool, report: SelfTestReport | None, *, bypassed: bool, bypass_allowed: bool) -> None:
        """What can be asked for now, and how the newest self-test came out."""
        chosen = self.outputs.chosen is not None
        able = {
            "self_test": live and (report is None or report.done),
            "self_test_show": report is not None,
            "prove": live and chosen,
            "bypass": live and chosen and bypass_allowed and not bypassed,
            "unbypass": live and bypassed,
        }
        for name, button in self.buttons.items():
            button.setEnabled(able[name])
        self.buttons["bypass"].setToolTip(say(self._language, "tip.bypass" if bypass_allowed else "tip.bypass_none"))
        self.tested.setVisible(report is not None)
        if report is not None:
            self.tested.setText(say(self._language, "health.tested", result=headline(report, self._language)))
        ink = "panel" if report is None else {"failed": "error", "passed": "calm"}.get(outcome(report), "panel")
        wear(self.tested, ink)

    def show_notice(self, notice: Notice | None) -> None:
        """What became of the last click."""
        text = notice.text(self._language) if notice is not None else ""
        if not text and self.outputs.chosen is None:
            text = say(self._language, "health.choose")
        self.notice.setText(text)
        self.notice.setToolTip(text)
        wear(self.notice, "error" if notice is not None and notice.failed else "soft")

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """One half below the other where they are too narrow side by side; the page can be scrolled."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW_PX
        self._halves.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self.figures.setWordWrap(narrow)
        for table in self.tables:
            table.setMinimumHeight(_TABLE_PX if narrow else 0)

    def _lay_out(self) -> None:
        top, acts = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.head)
        top.addSpacing(12)
        top.addWidget(self.unused, 1)
        for name in ("self_test", "self_test_show"):
            top.addWidget(self.buttons[name])
        for name in ("prove", "bypass", "unbypass"):
            acts.addWidget(self.buttons[name])
        acts.addWidget(self.notice, 1)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.cameras, 5)
        left.addWidget(self.chart, 4)
        left.addWidget(self.figures)
        right.addWidget(self.outputs, 5)
        right.addLayout(acts)
        right.addWidget(self.sounds, 3)
        right.addWidget(self.parts, 4)
        for column in (left, right):
            column.setSpacing(8)
        halves = self._halves = QHBoxLayout()
        halves.setSpacing(16)
        halves.addLayout(left, 5)
        halves.addLayout(right, 8)
        frame = QFrame(self)
        frame.setObjectName("panel")
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 8, 12, 8)
        column.addLayout(top)
        column.addWidget(self.tested)
        column.addWidget(self._alarm_bar)
        column.addLayout(halves, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)


def _bar(words: QLabel, parent: QWidget) -> QFrame:
    """A red bar for what must not be overlooked: symbol, then words. Hidden at first."""
    pair = PAIRS["danger"]
    bar = QFrame(parent)
    wear(bar, "danger", ground=True)
    symbol = Symbol(28, bar)
    symbol.show_kind("danger", pair.text, pair.ground)
    row = QHBoxLayout(bar)
    row.setContentsMargins(10, 4, 10, 4)
    row.setSpacing(10)
    row.addWidget(symbol)
    row.addWidget(words, 1)
    bar.setVisible(False)
    return bar
