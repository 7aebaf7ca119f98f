"""The legend under the floor plan: only what this site and these layers can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from calibration.site import Site
from ui.hues import HUES
from ui.plan_static import Layers, sheer
from ui.text import Language, say
from ui.theme import sized

_ROW_PX = 19.0
_SWATCH_PX = 24.0
_GAP_PX = 16.0
_SIDE_PX = 16.0
Draw = Callable[[QPainter, QRectF], None]


def _person(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.ink), 2.0))
    middle = box.center()
    painter.drawLine(QPointF(box.left() + 5, middle.y()), QPointF(box.right(), middle.y()))
    painter.setPen(QPen(QColor(HUES.halo), 1.0))
    painter.setBrush(QColor(HUES.ink))
    painter.drawEllipse(QPointF(box.left() + 6, middle.y()), 5, 5)


def _load(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.hoist), 1.6))
    painter.setBrush(sheer(HUES.hoist, 90))
    c = box.center()
    painter.drawEllipse(c, 6.5, 6.5)
    painter.drawLine(c - QPointF(4, 0), c + QPointF(4, 0))
    painter.drawLine(c - QPointF(0, 4), c + QPointF(0, 4))


def _swept(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.soft), 1.4, Qt.PenStyle.DashLine))
    painter.setBrush(sheer(HUES.swept, 60))
    painter.drawRoundedRect(box.adjusted(1, 2, -1, -2), 5, 5)


def _structure(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.ink), 1.0))
    painter.setBrush(QColor(HUES.structure))
    painter.drawRect(box.adjusted(4, 1, -4, -1))


def _seen(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.soft), 0.6))
    third = box.width() / 3
    for i, alpha in enumerate((30, 95, 170)):
        painter.setBrush(sheer(HUES.seen, alpha))
        painter.drawRect(QRectF(box.left() + i * third, box.top() + 1, third, box.height() - 2))


def _unseen(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.soft), 0.6))
    painter.setBrush(QBrush(sheer(HUES.unseen, 170), Qt.BrushStyle.FDiagPattern))
    painter.drawRect(box.adjusted(1, 1, -1, -1))


def _footprint(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(QColor(HUES.camera), 1.4, Qt.PenStyle.DotLine))
    painter.setBrush(sheer(HUES.camera, 16))
    painter.drawRect(box.adjusted(1, 1, -1, -1))


def _entries(site: Site, layers: Layers) -> Iterator[tuple[str, Draw]]:
    yield "legend.person", _person
    if site.hoist:
        yield "legend.load", _load
        if layers.swept:
            yield "legend.swept", _swept
    if site.structure:
        yield "legend.structure", _structure
    if site.camera and layers.coverage:
        yield "legend.seen", _seen
        yield "legend.unseen", _unseen
    if site.camera and layers.footprints:
        yield "legend.footprint", _footprint


def _placed(
    left_px: float, width_px: float, site: Site, layers: Layers, language: Language
) -> Iterator[tuple[float, int, str, Draw]]:
    """Left edge, row, text and drawing of each entry, wrapped to the width."""
    metrics = QFontMetricsF(sized(9.0))
    x, row = left_px, 0
    for key, draw in _entries(site, layers):
        text = say(language, key)
        need = _SWATCH_PX + 5 + metrics.horizontalAdvance(text)
        if x + need > width_px - _SIDE_PX and x > left_px:
            x, row = left_px, row + 1
        yield x, row, text, draw
        x += need + _GAP_PX


def legend_height(left_px: float, width_px: float, site: Site, layers: Layers, language: Language) -> float:
    rows = max(row for _, row, _, _ in _placed(left_px, width_px, site, layers, language)) + 1
    return rows * _ROW_PX


def paint_legend(
    painter: QPainter, left_px: float, width_px: float, bottom_px: float, site: Site, layers: Layers, language: Language
) -> None:
    """Paint the legend between ``left_px`` and ``width_px``, its last row ending at ``bottom_px``."""
    top = bottom_px - legend_height(left_px, width_px, site, layers, language)
    for x, row, text, draw in _placed(left_px, width_px, site, layers, language):
        y = top + row * _ROW_PX
        draw(painter, QRectF(x, y + 2, _SWATCH_PX, _ROW_PX - 5))
        painter.setFont(sized(9.0))
        painter.setPen(QColor(HUES.ink))
        box = QRectF(x + _SWATCH_PX + 5, y, width_px, _ROW_PX)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
