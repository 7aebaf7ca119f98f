"""How long it takes from a picture to the permit, as a histogram: the last minute as bars, the whole run as a line."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from safety.health_records import Spread, Ways
from safety.latency_bins import EDGES_S
from ui.hues import HUES
from ui.text import Language, milliseconds, say
from ui.theme import sized

_LEFT, _TOP, _BOTTOM, _RIGHT = 40.0, 24.0, 22.0, 8.0
_LABEL_EVERY = 2


class LatencyChart(QWidget):
    """Shares of all samples by time, on a scale on which each step is times 1.4."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways, self._language, self._live = Ways(), "en", True
        self.setMinimumHeight(110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_ways(self, ways: Ways, language: Language, live: bool) -> None:
        if (ways, language, live) != (self._ways, self._language, self._live):
            self._ways, self._language, self._live = ways, language, live
            median = milliseconds(language, ways.minute.p50_s)
            self.setAccessibleName(f"{say(language, 'latency.title')}, {say(language, 'latency.minute')}: {median}")
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        language: Language = "ko" if self._language == "ko" else "en"
        self._legend(painter, language)
        plot = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        first, last = _span(self._ways)
        minute, start = (_shares(s)[first : last + 1] for s in (self._ways.minute, self._ways.start))
        top = max([*minute, *start, 0.1])
        self._axes(painter, plot, top, (first, last), language)
        width = plot.width() / (last - first + 1)
        ink = QColor(HUES.accent if self._live else HUES.ghost)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for k, share in enumerate(minute):
            height = plot.height() * share / top
            painter.drawRect(QRectF(plot.left() + k * width + 1.0, plot.bottom() - height, width - 2.0, height))
        steps: list[QPointF] = []
        for k, share in enumerate(start):
            y = plot.bottom() - plot.height() * share / top
            steps += [QPointF(plot.left() + k * width, y), QPointF(plot.left() + (k + 1) * width, y)]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(HUES.ink), 1.6))
        if start:
            painter.drawPolyline(QPolygonF(steps))
        painter.end()

    def _axes(self, painter: QPainter, plot: QRectF, top: float, span: tuple[int, int], language: Language) -> None:
        painter.setFont(sized(9.0))
        for share in (0.0, top / 2.0, top):
            y = plot.bottom() - plot.height() * share / top
            painter.setPen(QPen(QColor(HUES.edge), 1.0))
            painter.drawLine(int(plot.left()), int(y), int(plot.right()), int(y))
            painter.setPen(QColor(HUES.soft))
            where = QRectF(0.0, y - 9.0, _LEFT - 6.0, 18.0)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.0f} %")
        first, last = span
        width = plot.width() / (last - first + 1)
        for k in range(first, last + 1):
            if k < len(EDGES_S) and k % _LABEL_EVERY == 0:
                x = plot.left() + (k + 1 - first) * width
                where = QRectF(x - 40.0, plot.bottom() + 2.0, 80.0, 18.0)
                if where.right() <= self.width():
                    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, milliseconds(language, EDGES_S[k]))

    def _legend(self, painter: QPainter, language: Language) -> None:
        painter.setFont(sized(11.5, bold=True))
        painter.setPen(QColor(HUES.ink))
        painter.drawText(
            QRectF(0.0, 0.0, self.width(), 20.0), Qt.AlignmentFlag.AlignLeft, say(language, "latency.title")
        )
        painter.setFont(sized(9.5))
        x = float(self.width()) - _RIGHT
        for key in ("latency.start", "latency.minute"):
            text = say(language, key)
            x -= painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(QColor(HUES.ink))
            painter.drawText(QRectF(x, 2.0, 300.0, 18.0), Qt.AlignmentFlag.AlignLeft, text)
            x -= 20.0
            if key == "latency.minute":
                painter.fillRect(QRectF(x, 5.0, 14.0, 12.0), QColor(HUES.accent if self._live else HUES.ghost))
            else:
                painter.setPen(QPen(QColor(HUES.ink), 1.6))
                painter.drawLine(QPointF(x, 11.0), QPointF(x + 14.0, 11.0))
            x -= 16.0


def _shares(spread: Spread) -> list[float]:
    """Part of the samples in each bar; empty without any."""
    return [n / spread.count for n in spread.bars] if spread.count else []


def _span(ways: Ways) -> tuple[int, int]:
    """First and last bar that holds anything, with one beside it on either side; some usual ones before that."""
    used = [k for s in (ways.minute, ways.start) for k, n in enumerate(s.bars) if n]
    if not used:
        return 4, 14
    first, last = max(0, min(used) - 1), min(len(EDGES_S), max(used) + 1)
    return (first, last) if last - first >= 6 else (max(0, first - 3), min(len(EDGES_S), last + 3))
