"""Shapes that carry the same meaning as the colours, for eyes that cannot tell colours apart."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PyQt6.QtWidgets import QWidget

from ui.hues import PAIRS
from ui.theme import sized

_SIDES = {"danger": 8, "warning": 3, "caution": 4}


def draw_symbol(painter: QPainter, rect: QRectF, kind: str, fill: QColor, ink: QColor) -> None:
    """Danger is an octagon, warning a triangle, caution a diamond, each with an exclamation mark;
    clear is a disc with a tick, and silent or waiting a crossed-out disc."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(rect.width(), rect.height())
    centre = rect.center()
    painter.setPen(QPen(ink, max(1.0, side * 0.06)))
    painter.setBrush(fill)
    radius = side * 0.46
    if kind in _SIDES:
        painter.drawPolygon(_regular(centre, radius, _SIDES[kind], kind))
        mark = QRectF(rect)
        if kind == "warning":
            mark.translate(0.0, side * 0.08)
        font = sized(10.0, bold=True)
        font.setPixelSize(max(8, int(side * 0.58)))
        painter.setFont(font)
        painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, "!")
    else:
        painter.drawEllipse(centre, radius, radius)
        pen = QPen(ink, max(1.5, side * 0.1), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if kind == "clear":
            tick = [(-0.22, 0.02), (-0.06, 0.18), (0.24, -0.18)]
            painter.drawPolyline(QPolygonF([centre + QPointF(x * side, y * side) for x, y in tick]))
        else:
            d = radius * 0.7
            painter.drawLine(centre + QPointF(-d, d), centre + QPointF(d, -d))
    painter.restore()


def _regular(centre: QPointF, radius: float, sides: int, kind: str) -> QPolygonF:
    turn = math.pi / 8 if kind == "danger" else -math.pi / 2
    drop = radius * 0.15 if kind == "warning" else 0.0
    angles = [turn + 2 * math.pi * i / sides for i in range(sides)]
    return QPolygonF(
        [QPointF(centre.x() + radius * math.cos(a), centre.y() + drop + radius * math.sin(a)) for a in angles]
    )


def level_icon(kind: str, live: bool = True, size_px: int = 20) -> QIcon:
    """The symbol of a level for table cells, in its own colours or, where it is not live, in grey."""
    scale = 2
    pixmap = QPixmap(size_px * scale, size_px * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    pair = PAIRS[kind if live else "not_live"]
    draw_symbol(painter, QRectF(0, 0, size_px * scale, size_px * scale), kind, QColor(pair.ground), QColor(pair.text))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return QIcon(pixmap)


class Symbol(QWidget):
    """A symbol as a widget of fixed size."""

    def __init__(self, size_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "waiting"
        self._fill = QColor(PAIRS["waiting"].ground)
        self._ink = QColor(PAIRS["waiting"].text)
        self.setFixedSize(QSize(size_px, size_px))

    def show_kind(self, kind: str, fill: str, ink: str) -> None:
        if (kind, fill, ink) != (self._kind, self._fill.name().upper(), self._ink.name().upper()):
            self._kind, self._fill, self._ink = kind, QColor(fill), QColor(ink)
            self.update()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        draw_symbol(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), self._kind, self._fill, self._ink)
        painter.end()
