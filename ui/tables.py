"""Tables that are read and not written into, and the choices of a period and a chart."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recordings.shifts import PERIODS, Period
from ui.statistics_model import CHARTS, Chart
from ui.text import Language, say


class PeriodBox(QComboBox):
    """Shift, day, week or month."""

    def __init__(self, chosen: Period, parent: QWidget) -> None:
        super().__init__(parent)
        self.addItems(list(PERIODS))
        self.setCurrentIndex(PERIODS.index(chosen))

    @property
    def period(self) -> Period:
        return PERIODS[max(0, self.currentIndex())]

    def retranslate(self, language: Language) -> None:
        for k, period in enumerate(PERIODS):
            self.setItemText(k, say(language, f"period.{period}"))


class ChartBox(QComboBox):
    """What the chart shows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.addItems(list(CHARTS))

    @property
    def chart(self) -> Chart:
        return CHARTS[max(0, self.currentIndex())]

    def retranslate(self, language: Language) -> None:
        for k, chart in enumerate(CHARTS):
            self.setItemText(k, say(language, f"chart.{chart}"))


def read_only(parent: QWidget, columns: int, stretched: int, choice: Literal["rows", "none"]) -> QTableWidget:
    """A table without numbers at its rows; column ``stretched`` takes the room that the others leave."""
    table = QTableWidget(0, columns, parent)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    if choice == "rows":
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    else:
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    rows, heads = table.verticalHeader(), table.horizontalHeader()
    if rows is not None:
        rows.setVisible(False)
    if heads is not None:
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return table


def cell(text: str, *, right: bool = False) -> QTableWidgetItem:
    """A cell that tells all of its text where it is cut; figures stand to the right."""
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(text)
    return item
