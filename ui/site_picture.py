"""A camera's picture on which a site is edited: shapes of the floor as that camera sees them, corners dragged on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from calibration.camera import Array, Camera
from calibration.site import CameraTable
from safety.records import Picture
from ui.hues import HUES, PAIRS, WHITE, YELLOW
from ui.plan_static import zone_colour
from ui.site_draft import Point, points_of
from ui.site_editor import ShapeEditor
from ui.site_page_model import SitePageModel
from ui.text import Language, say
from ui.theme import sized

_STEP_M = 0.25
"""Edges are drawn in pieces this long, so that they bend as the lens bends them."""


class CameraFloor:
    """The floor as a camera sees it, its picture as large as the widget's ``size`` lets it be."""

    def __init__(self, camera: Camera, size: Callable[[], QSize]) -> None:
        self.camera, self._size = camera, size

    def to_px(self, at_m: Point) -> QPointF | None:
        (px,) = self._px(np.array([[*at_m, 0.0]]))
        return px

    def to_floor(self, at_px: QPointF) -> Point | None:
        frame = self.frame()
        if not frame.contains(at_px):
            return None
        scale = self.camera.size_px[0] / frame.width()
        at = np.array([[(at_px.x() - frame.left()) * scale, (at_px.y() - frame.top()) * scale]])
        x, y = self.camera.points_on_plane(at)[0]
        if not np.isfinite([x, y]).all() or np.hypot(*(np.array([x, y]) - self.camera.centre_m[:2])) > 200.0:
            return None
        return float(x), float(y)

    def edge_px(self, start_m: Point, end_m: Point) -> list[QPointF]:
        return self.line_px((*start_m, 0.0), (*end_m, 0.0))

    def line_px(self, start_m: tuple[float, float, float], end_m: tuple[float, float, float]) -> list[QPointF]:
        """A line of the hall as the camera sees it; only its longest stretch in the picture."""
        start, end = np.array(start_m), np.array(end_m)
        number = min(400, max(2, int(np.ceil(np.linalg.norm(end - start) / _STEP_M)) + 1))
        seen = self._px(start + np.linspace(0.0, 1.0, number)[:, None] * (end - start))
        best: list[QPointF] = []
        run: list[QPointF] = []
        for px in [*seen, None]:
            if px is not None:
                run.append(px)
                continue
            best, run = (run if len(run) > len(best) else best), []
        return best

    def _px(self, points_m: Array) -> list[QPointF | None]:
        frame = self.frame()
        scale = frame.width() / self.camera.size_px[0]
        seen, px = self.camera.visible(points_m), self.camera.project(points_m)
        return [
            QPointF(frame.left() + u * scale, frame.top() + v * scale) if inside else None
            for inside, (u, v) in zip(seen.tolist(), px.tolist(), strict=True)
        ]

    def frame(self) -> QRectF:
        """Where the picture lies in the widget."""
        w, h = self.camera.size_px
        size = self._size()
        scale = min(size.width() / w, size.height() / h)
        return QRectF((size.width() - w * scale) / 2, (size.height() - h * scale) / 2, w * scale, h * scale)


class SitePicture(ShapeEditor):
    """One camera. Corners drawn here lie where the ray through their pixel meets the floor."""

    def __init__(self, table: CameraTable, model: SitePageModel, language: Language, parent: QWidget) -> None:
        self.camera = Camera.from_table(table)
        self.seen = CameraFloor(self.camera, self.size)
        super().__init__(model, self.seen, language, parent)
        self._image = QImage()
        self._picture: Picture | None = None
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self.language = language
        self.setAccessibleName(say(language, "site.camera", name=self.camera.name))
        self.setAccessibleDescription(say(language, "site.help"))
        self.update()

    def show_picture(self, picture: Picture | None) -> None:
        """Show the newest picture; the one of before stays while there is none. A drag has its picture stand still."""
        if picture is None or picture is self._picture or self._drag is not None:
            return
        image = QImage.fromData(picture.jpeg)
        if not image.isNull():
            self._image, self._picture = image, picture
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(PAIRS["tile"].ground))
        frame = self.seen.frame()
        if not self._image.isNull():
            painter.drawImage(frame, self._image)
        else:
            painter.setFont(sized(14.0, bold=True))
            painter.setPen(QColor(YELLOW))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, say(self.language, "site.no_picture"))
        painter.setClipRect(frame)
        for zone in self.model.draft.rows["zone"]:
            self._paint(painter, points_of(zone), QPen(zone_colour(str(zone["kind"])), 2.0, Qt.PenStyle.DashLine))
        for row in self.model.draft.rows["structure"]:
            pen = QPen(QColor(HUES.structure).darker(150), 2.0)
            self._paint(painter, points_of(row), pen)
            if isinstance(row["height_m"], int | float):
                self._paint_upright(painter, points_of(row), float(row["height_m"]), pen)
        self.paint_shapes(painter)
        painter.end()

    def _paint(self, painter: QPainter, corners: tuple[Point, ...], pen: QPen) -> None:
        lines = [self.seen.edge_px(a, b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
        self._strokes(painter, lines, pen)

    def _paint_upright(self, painter: QPainter, corners: tuple[Point, ...], height_m: float, pen: QPen) -> None:
        """Edges and top of a structure, thinner than its foot."""
        tops = [(x, y, height_m) for x, y in corners]
        lines = [self.seen.line_px(a, b) for a, b in zip(tops, [*tops[1:], tops[0]], strict=True)]
        lines += [self.seen.line_px((x, y, 0.0), (x, y, height_m)) for x, y in corners]
        thin = QPen(pen)
        thin.setWidthF(1.3)
        self._strokes(painter, lines, thin)

    def _strokes(self, painter: QPainter, lines: list[list[QPointF]], pen: QPen) -> None:
        # Light under dark shows on any picture.
        under = QPen(QColor(WHITE), pen.widthF() + 1.2)
        for stroke in (under, pen):
            painter.setPen(stroke)
            for line in lines:
                if len(line) > 1:
                    painter.drawPolyline(QPolygonF(line))
