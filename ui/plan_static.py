"""What stands still on the floor plan: floor, coverage, zones, structures, cameras, legend, scale."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from calibration.coverage import CoverageMap
from calibration.site import Site
from ui.hues import HUES
from ui.plan_geometry import Polygon, View, camera_place, footprint, label_point, scale_bar_m
from ui.text import Language, say
from ui.theme import sized

_SEEN_ALPHA = (0, 20, 56, 100)
_ZONES: dict[str, tuple[int, Qt.BrushStyle]] = {
    "walkway": (120, Qt.BrushStyle.HorPattern),
    "work": (90, Qt.BrushStyle.Dense7Pattern),
    "exclusion": (90, Qt.BrushStyle.BDiagPattern),
    "ignore": (130, Qt.BrushStyle.DiagCrossPattern),
}
"""How strongly a zone is hatched, and how."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Which optional layers are drawn."""

    coverage: bool = True
    footprints: bool = False
    zones: bool = True
    paths: bool = True
    swept: bool = True
    legend: bool = True


def zone_colour(kind: str, alpha: int = 220) -> QColor:
    """The colour of a zone's edge, as strong as on the plan."""
    return sheer(HUES.fault if kind == "exclusion" else HUES.hatch, alpha)


def sheer(hue: str, alpha: int) -> QColor:
    """A colour that lets through what is under it; ``alpha`` 0 to 255."""
    colour = QColor(hue)
    colour.setAlpha(alpha)
    return colour


def shape(view: View, polygon_m: Polygon | tuple[tuple[float, float], ...]) -> QPolygonF:
    return QPolygonF([QPointF(*view.px(x, y)) for x, y in polygon_m])


class StaticPlan:
    """The site's own geometry, worked out once and painted for any view."""

    def __init__(self, site: Site, coverage: CoverageMap | None) -> None:
        self.site = site
        self.coverage = coverage
        self.footprints = {c.name: footprint(c, list(site.site.boundary_m)) for c in site.camera}
        self.places = {c.name: camera_place(c) for c in site.camera}
        self._heat = _heat(coverage) if coverage is not None and site.camera else None

    def seen_without(self, cameras: frozenset[str]) -> StaticPlan:
        """The same plan while these cameras do not see: floor that only they look at is unprotected."""
        return self if self.coverage is None else StaticPlan(self.site, self.coverage.without(cameras))

    def of_site(self, site: Site) -> StaticPlan:
        """The same floor and cameras with other zones and structures, without coverage; costs next to nothing."""
        if site is self.site:
            return self
        other = copy.copy(self)
        other.site, other.coverage, other._heat = site, None, None
        return other

    def paint(self, painter: QPainter, view: View, layers: Layers, language: Language) -> None:
        boundary = shape(view, self.site.site.boundary_m)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(HUES.floor))
        painter.drawPolygon(boundary)
        if layers.coverage and self._heat is not None:
            self._paint_coverage(painter, view)
        if layers.zones:
            self._paint_zones(painter, view)
        if layers.footprints:
            self._paint_footprints(painter, view)
        for structure in self.site.structure:
            painter.setPen(QPen(QColor(HUES.ink), 1.0))
            painter.setBrush(QColor(HUES.structure))
            painter.drawPolygon(shape(view, structure.polygon_m))
        painter.setPen(QPen(QColor(HUES.ink), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(boundary)
        self._paint_cameras(painter, view)
        if layers.zones:
            self._name_zones(painter, view, language)

    def _paint_coverage(self, painter: QPainter, view: View) -> None:
        if self.coverage is None or self._heat is None:
            return
        rows, cols = self.coverage.count.shape
        x0, y0 = self.coverage.origin_m
        left, bottom = view.px(x0, y0)
        side = self.coverage.cell_m * view.scale_px_per_m
        target = QRectF(left, bottom - rows * side, cols * side, rows * side)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.save()
        painter.setClipPath(_path(shape(view, self.site.site.boundary_m)))
        painter.drawImage(target, self._heat[0])
        # The hatch is drawn through a mask of unseen cells, so its lines keep their width at any zoom.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(sheer(HUES.unseen, 120), Qt.BrushStyle.FDiagPattern))
        for row, first, last in self._heat[1]:
            top = bottom - (row + 1) * side
            painter.drawRect(QRectF(left + first * side, top, (last - first) * side, side))
        painter.restore()

    def _paint_zones(self, painter: QPainter, view: View) -> None:
        for zone in self.site.zone:
            alpha, pattern = _ZONES[zone.kind]
            colour = zone_colour(zone.kind, alpha)
            painter.setPen(QPen(zone_colour(zone.kind), 1.2, Qt.PenStyle.DashLine))
            painter.setBrush(QBrush(colour, pattern))
            painter.drawPolygon(shape(view, zone.polygon_m))

    def _name_zones(self, painter: QPainter, view: View, language: Language) -> None:
        painter.setFont(sized(9.0))
        metrics = QFontMetricsF(painter.font())
        for zone in self.site.zone:
            text = f"{zone.name} · {say(language, f'zone.{zone.kind}')}"
            room = shape(view, zone.polygon_m)
            if metrics.horizontalAdvance(text) + 8.0 > room.boundingRect().width():
                text = zone.name
            width, height = metrics.horizontalAdvance(text) + 8.0, metrics.height()
            # In the upper left corner, where people and loads cover it least; in odd shapes well inside.
            box = QRectF(room.boundingRect().left() + 2, room.boundingRect().top() + 2, width, height)
            if not room.containsPoint(box.center(), Qt.FillRule.OddEvenFill):
                box.moveCenter(QPointF(*view.px(*label_point(list(zone.polygon_m)))))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(sheer(HUES.panel, 215))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(QColor(HUES.fault if zone.kind == "exclusion" else HUES.soft))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_footprints(self, painter: QPainter, view: View) -> None:
        painter.setBrush(sheer(HUES.camera, 16))
        painter.setPen(QPen(QColor(HUES.camera), 1.0, Qt.PenStyle.DotLine))
        for polygon in self.footprints.values():
            if polygon:
                painter.drawPolygon(shape(view, polygon))

    def _paint_cameras(self, painter: QPainter, view: View) -> None:
        painter.setFont(sized(9.0, bold=True))
        metrics = QFontMetricsF(painter.font())
        room = painter.viewport()
        for name, (place, heading_rad) in self.places.items():
            x, y = view.px(*place)
            # Cameras often stand outside the floor; their marks stay on the drawing.
            x, y = min(max(x, 12.0), room.width() - 12.0), min(max(y, 12.0), room.height() - 12.0)
            painter.save()
            painter.translate(x, y)
            painter.rotate(-math.degrees(heading_rad))
            painter.setPen(QPen(QColor(HUES.halo), 1.0))
            painter.setBrush(QColor(HUES.camera))
            painter.drawPolygon(QPolygonF([QPointF(2, 0), QPointF(11, -7), QPointF(11, 7)]))
            painter.drawRoundedRect(QRectF(-7, -5, 12, 10), 2, 2)
            painter.restore()
            width = metrics.horizontalAdvance(name) + 8.0
            left = x + 13 if x < room.width() / 2 else x - 13 - width
            box = QRectF(left, y - metrics.height() / 2, width, metrics.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(sheer(HUES.panel, 215))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(QColor(HUES.camera))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)


def paint_scale(painter: QPainter, view: View, left_px: float, bottom_px: float) -> float:
    """A bar of a round length in metres; returns its right end in pixels."""
    length_m = scale_bar_m(view.scale_px_per_m, 110.0)
    width = length_m * view.scale_px_per_m
    painter.setPen(QPen(QColor(HUES.ink), 2.0))
    painter.drawLine(QPointF(left_px, bottom_px), QPointF(left_px + width, bottom_px))
    for x in (left_px, left_px + width):
        painter.drawLine(QPointF(x, bottom_px - 5), QPointF(x, bottom_px + 1))
    painter.setFont(sized(9.0))
    text = f"{length_m:g} m"
    painter.drawText(QPointF(left_px + width + 6, bottom_px + 3), text)
    return left_px + width + 6 + QFontMetricsF(painter.font()).horizontalAdvance(text)


def _path(polygon: QPolygonF) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(polygon)
    path.closeSubpath()
    return path


def _heat(coverage: CoverageMap) -> tuple[QImage, list[tuple[int, int, int]]]:
    """A picture of the count, top row at the largest y, and runs (row, first, end) of unseen cells."""
    count = coverage.count
    rows, cols = count.shape
    pixels = np.zeros((rows, cols, 4), np.uint8)
    alpha = np.take(np.array(_SEEN_ALPHA, np.uint8), np.clip(count, 0, 3))
    seen = QColor(HUES.seen)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = seen.red(), seen.green(), seen.blue()
    pixels[..., 3] = np.where(count > 0, alpha, 0)
    data = np.ascontiguousarray(pixels[::-1]).tobytes()
    image = QImage(data, cols, rows, cols * 4, QImage.Format.Format_RGBA8888).copy()
    runs = []
    for row in range(rows):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (count[row] == 0).astype(np.int8), [0]])))
        runs += [(row, int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return image, runs
