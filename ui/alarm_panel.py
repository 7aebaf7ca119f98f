"""The alarm list with its buttons, and what became of the last click."""

from __future__ import annotations

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor, QFontMetrics
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from safety.records import AlarmState
from ui.alarm_rows import AlarmRow
from ui.commands import Notice
from ui.hues import HUES, PAIRS
from ui.symbols import level_icon
from ui.tables import read_only
from ui.text import Language, say
from ui.theme import sized, wear

_COLUMNS = ("level", "state", "time", "situation", "hoist", "who", "reason")
_CELL_MARGIN_PX = 24
_ROW_MARGIN_PX = 10
_ID = Qt.ItemDataRole.UserRole


class AlarmPanel(QFrame):
    """Shows rows and emits what the person asks for; it changes no alarm by itself."""

    acknowledge = pyqtSignal(str)
    shelve = pyqtSignal(str)
    unshelve = pyqtSignal(str)

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._language = language
        self._rows: list[AlarmRow] = []
        self._live = False
        self.title = QLabel(self)
        self.title.setFont(sized(13.0, bold=True))
        self.feedback = QLabel(self)
        self.feedback.setFont(sized(10.5))
        self.feedback.setWordWrap(True)
        self.buttons = {n: QPushButton(self) for n in ("acknowledge", "acknowledge_visible", "shelve", "unshelve")}
        self.buttons["acknowledge"].setObjectName("primary")
        self.table = _table(self)
        self.empty = QLabel(self)
        self.empty.setObjectName("soft")
        self.empty.setFont(sized(14.0))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        top = QHBoxLayout()
        top.addWidget(self.title)
        top.addWidget(self.feedback, 1)
        for button in self.buttons.values():
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        columns = self.table.horizontalHeader()
        if columns is not None:
            columns.sectionResized.connect(self._fit_rows)
        self.table.itemSelectionChanged.connect(self._enable)
        self.buttons["acknowledge"].clicked.connect(self.ask_acknowledge)
        self.buttons["acknowledge_visible"].clicked.connect(self.ask_acknowledge_visible)
        self.buttons["shelve"].clicked.connect(self.ask_shelve)
        self.buttons["unshelve"].clicked.connect(self.ask_unshelve)
        self.retranslate(language)

    # What is shown

    def show_alarms(self, rows: list[AlarmRow], live: bool) -> None:
        """Show the rows, most pressing first; where they are not live they turn grey and nothing can be clicked."""
        if rows != self._rows or live != self._live:
            chosen = self.selected()
            self._rows, self._live = rows, live
            self._fill(chosen.id if chosen else "")
        self._enable()

    def show_notice(self, notice: Notice | None, otherwise: str) -> None:
        """Show what became of the last click; where there is nothing to tell, ``otherwise``."""
        self.feedback.setText(notice.text(self._language) if notice else otherwise)
        wear(self.feedback, "error" if notice is not None and notice.failed else "soft")

    def retranslate(self, language: Language) -> None:
        self._language = language
        for name, button in self.buttons.items():
            button.setText(say(language, f"button.{name}"))
            button.setToolTip(say(language, f"tip.{name}"))
        self.table.setHorizontalHeaderLabels([say(language, f"alarms.{c}") for c in _COLUMNS])
        self.table.setAccessibleName(say(language, "alarms.title"))
        self._fill("")

    def _fill(self, chosen: str) -> None:
        table = self.table
        table.blockSignals(True)
        self.title.setText(f"{say(self._language, 'alarms.title')} ({len(self._rows)})")
        # Without live data an empty list would be a claim that nobody can make.
        self.empty.setText(say(self._language, "alarms.none" if self._live else "alarms.unknown"))
        table.setRowCount(len(self._rows))
        for i, row in enumerate(self._rows):
            for j, item in enumerate(_items(row, self._live)):
                table.setItem(i, j, item)
        table.clearSelection()
        for i, row in enumerate(self._rows):
            if row.id == chosen:
                table.selectRow(i)
        table.blockSignals(False)
        table.setVisible(bool(self._rows))
        self.empty.setVisible(not self._rows)
        self._fit_rows()

    def _reason_px(self) -> int:
        """Width that the reasons have, from the others: while a scroll bar comes or goes, the header lags behind."""
        viewport = self.table.viewport()
        others = sum(self.table.columnWidth(j) for j in range(len(_COLUMNS) - 1))
        return max(80, (viewport.width() if viewport is not None else 0) - others - _CELL_MARGIN_PX)

    def _fit_rows(self) -> None:
        """Make each row as high as its wrapped reason needs, so that no word of it is lost."""
        last = len(_COLUMNS) - 1
        for i in range(self.table.rowCount()):
            item = self.table.item(i, last)
            if item is not None:
                room = QRect(0, 0, self._reason_px(), 10_000)
                wrapped = QFontMetrics(item.font()).boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
                self.table.setRowHeight(i, wrapped.height() + _ROW_MARGIN_PX)

    def _enable(self) -> None:
        row = self.selected()
        waiting = [r for r in self._rows if r.can_acknowledge]
        able = {
            "acknowledge": bool(row.can_acknowledge if row else waiting),
            "acknowledge_visible": bool(waiting),
            "shelve": row is not None and row.can_shelve,
            "unshelve": row is not None and row.can_unshelve,
        }
        for name, button in self.buttons.items():
            button.setEnabled(able[name] and self._live)

    # What the person asks for

    def selected(self) -> AlarmRow | None:
        chosen = self.table.selectedItems()
        if not chosen:
            return None
        wanted = chosen[0].data(_ID)
        return next((r for r in self._rows if r.id == wanted), None)

    def ask_acknowledge(self) -> None:
        """The selected alarm, or without a selection the most pressing one that waits."""
        row = self.selected() or next((r for r in self._rows if r.can_acknowledge), None)
        if row is not None and row.can_acknowledge and self._live:
            self.acknowledge.emit(row.id)

    def ask_acknowledge_visible(self) -> None:
        """Only rows inside the list's window: nobody has seen the others."""
        viewport = self.table.viewport()
        if not self._live or viewport is None:
            return
        for i, row in enumerate(self._rows):
            item = self.table.item(i, 0)
            if row.can_acknowledge and item and self.table.visualItemRect(item).intersects(viewport.rect()):
                self.acknowledge.emit(row.id)

    def ask_shelve(self) -> None:
        row = self.selected()
        if row is not None and row.can_shelve and self._live:
            self.shelve.emit(row.id)

    def ask_unshelve(self) -> None:
        row = self.selected()
        if row is not None and row.can_unshelve and self._live:
            self.unshelve.emit(row.id)


def _table(parent: QWidget) -> QTableWidget:
    table = read_only(parent, len(_COLUMNS), len(_COLUMNS) - 1, choice="rows")
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setWordWrap(True)
    # Always there, so that the reasons keep their width when it would come and go.
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    table.setShowGrid(False)
    columns = table.horizontalHeader()
    if columns is not None:
        columns.setHighlightSections(False)
    return table


def _items(row: AlarmRow, live: bool) -> list[QTableWidgetItem]:
    """The cells of one row. The level's cell carries colour, shape and word; what waits is bold."""
    texts = (row.level_text, row.state_text, row.time_text, row.situation, row.hoist, row.who, row.reason)
    waiting = row.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)
    out = []
    for i, text in enumerate(texts):
        item = QTableWidgetItem(text)
        item.setData(_ID, row.id)
        item.setToolTip(row.reason)
        item.setFont(sized(10.5, bold=waiting or i == 0))
        if not live or row.state is AlarmState.SHELVED:
            item.setForeground(QBrush(QColor(HUES.ghost)))
        elif i == 0 and row.active:
            pair = PAIRS[row.level.value]
            item.setBackground(QBrush(QColor(pair.ground)))
            item.setForeground(QBrush(QColor(pair.text)))
        if i == 0:
            item.setIcon(level_icon(row.level.value, live))
        out.append(item)
    return out
