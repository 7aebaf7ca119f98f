"""A chart of alarms over time: one bar a span, stacked by level, each level with its colour and its hatching."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from safety.records import Level
from ui.hues import HUES
from ui.statistics_model import Bar
from ui.text import Language, word
from ui.theme import level_colour, sized

_STACK = (Level.CAUTION, Level.WARNING, Level.DANGER)
_PATTERN = {
    Level.CAUTION: Qt.BrushStyle.SolidPattern,
    Level.WARNING: Qt.BrushStyle.BDiagPattern,
    Level.DANGER: Qt.BrushStyle.CrossPattern,
}
"""For eyes that cannot tell the colours apart; drawn in ink over the colour."""
_LEFT, _TOP, _BOTTOM, _RIGHT = 44.0, 30.0, 24.0, 8.0


class BarChart(QWidget):
    """Paints the bars; an axis from 0 to a round number, labels as many as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._bars, self._language = "", tuple[Bar, ...](), "en"
        self.setMinimumHeight(130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, title: str, bars: Sequence[Bar], language: Language) -> None:
        self._title, self._bars, self._language = title, tuple(bars), language
        most = max((bar.total for bar in self._bars), default=0)
        self.setAccessibleName(f"{title}: {', '.join(f'{b.label} {b.total}' for b in self._bars if b.total)}")
        self.setToolTip(f"{title} ({most})" if self._bars else "")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._legend(painter)
        plot = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        step = step_of(max((bar.total for bar in self._bars), default=0))
        top = step * max(1, -(-max((bar.total for bar in self._bars), default=0) // step))
        painter.setFont(sized(9.0))
        for value in range(0, top + 1, step):
            y = plot.bottom() - plot.height() * value / top
            painter.setPen(QPen(QColor(HUES.edge), 1.0))
            painter.drawLine(int(plot.left()), int(y), int(plot.right()), int(y))
            painter.setPen(QColor(HUES.soft))
            where = QRectF(0.0, y - 9.0, _LEFT - 6.0, 18.0)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value))
        width = plot.width() / max(1, len(self._bars))
        every = max(1, -(-len(self._bars) * 44 // max(1, int(plot.width()))))
        for k, bar in enumerate(self._bars):
            self._bar(painter, bar, QRectF(plot.left() + k * width, plot.top(), width, plot.height()), top)
            if k % every == 0:
                painter.setPen(QColor(HUES.soft))
                where = QRectF(plot.left() + k * width - 20.0, plot.bottom() + 3.0, width + 40.0, 18.0)
                room = int(max(44.0, every * width - 4.0))
                label = painter.fontMetrics().elidedText(bar.label, Qt.TextElideMode.ElideRight, room)
                painter.drawText(where, Qt.AlignmentFlag.AlignCenter, label)
        painter.end()

    def _bar(self, painter: QPainter, bar: Bar, room: QRectF, top: int) -> None:
        y = room.bottom()
        margin = min(6.0, room.width() * 0.15)
        for level in _STACK:
            height = room.height() * bar.counts.get(level, 0) / top
            if height > 0.0:
                y -= height
                self._block(painter, QRectF(room.left() + margin, y, room.width() - 2 * margin, height), level)

    def _block(self, painter: QPainter, where: QRectF, level: Level) -> None:
        painter.setPen(QPen(QColor(HUES.ink), 0.8))
        painter.setBrush(level_colour(level))
        painter.drawRect(where)
        if _PATTERN[level] is not Qt.BrushStyle.SolidPattern:
            ink = QColor(HUES.ink)
            ink.setAlpha(110)
            painter.fillRect(where, QBrush(ink, _PATTERN[level]))

    def _legend(self, painter: QPainter) -> None:
        painter.setFont(sized(11.5, bold=True))
        painter.setPen(QColor(HUES.ink))
        painter.drawText(QRectF(0.0, 0.0, self.width(), 22.0), Qt.AlignmentFlag.AlignLeft, self._title)
        painter.setFont(sized(9.5))
        x = float(self.width()) - _RIGHT
        language: Language = "ko" if self._language == "ko" else "en"
        for level in _STACK:
            text = word(language, level)
            x -= painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(QColor(HUES.ink))
            painter.drawText(QRectF(x, 2.0, 200.0, 18.0), Qt.AlignmentFlag.AlignLeft, text)
            x -= 20.0
            self._block(painter, QRectF(x, 4.0, 14.0, 14.0), level)
            x -= 18.0


def step_of(most: int) -> int:
    """Between two lines of the axis: 1, 2 or 5 times a power of ten, the least with which there are at most five."""
    return next(k * 10**n for n in range(20) for k in (1, 2, 5) if most <= 5 * k * 10**n)
