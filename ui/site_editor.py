"""Drawing and dragging shapes of the floor, on whatever shows the floor: the plan, or a camera's picture."""

from __future__ import annotations

import math
from typing import Protocol

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from ui.hues import HUES
from ui.plan_static import sheer
from ui.site_draft import Point, Ref, points_of
from ui.site_page_model import SitePageModel
from ui.text import Language
from ui.theme import sized

_GRIP_PX = 9.0
_STEP_M, _LONG_STEP_M, _FINE_STEP_M = 0.1, 1.0, 0.01
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class FloorView(Protocol):
    """How the floor is shown in a widget: the plan from above, or a camera's picture."""

    def to_px(self, at_m: Point) -> QPointF | None:
        """Where a floor point is shown, None where it is not."""

    def to_floor(self, at_px: QPointF) -> Point | None:
        """The floor point under a pixel, None where there is none."""

    def edge_px(self, start_m: Point, end_m: Point) -> list[QPointF]:
        """An edge as it is shown, a line through these pixels; empty where it is not."""


class ShapeEditor(QWidget):
    """Selects, drags and reshapes the draft's rows. ``floor`` says where a floor point is in its pixels, and back."""

    edited = pyqtSignal()
    """The draft or the selection has changed."""

    def __init__(self, model: SitePageModel, floor: FloorView, language: Language, parent: QWidget) -> None:
        super().__init__(parent)
        self.model, self.floor, self.language = model, floor, language
        self._drag: tuple[Ref, int | None] | None = None
        self._dragged = False
        self._from_m: Point = (0.0, 0.0)
        self.setMinimumSize(QSize(260, 170))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # Painting

    def paint_shapes(self, painter: QPainter) -> None:
        """Outlines of hoists and of what is wrong, and the grips of what is chosen."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        faulty = self.model.faulty()
        for ref in self.model.draft.refs():
            chosen = ref == self.model.selected
            if chosen or ref in faulty or ref.table == "hoist":
                pen = QPen(QColor(HUES.fault if ref in faulty else HUES.accent), 3.0 if chosen else 1.8)
                pen.setStyle(Qt.PenStyle.DashLine if ref.table == "hoist" else Qt.PenStyle.SolidLine)
                self._paint_outline(painter, ref, pen)
            if ref in faulty:
                self._paint_mark(painter, ref)
        if self.model.selected is not None:
            self._paint_grips(painter, self.model.selected)

    def outline(self, ref: Ref) -> list[Point]:
        """Corners of the drawn outline in metres: a bridge reaches a rectangle, a jib a circle."""
        row = self.model.draft.row(ref)
        if row is None:
            return []
        points = points_of(row)
        if ref.table != "hoist":
            return list(points)
        (x0, y0), (x1, y1) = points
        if row["kind"] == "bridge":
            return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        if row["kind"] == "jib":
            reach = math.hypot(x1 - x0, y1 - y0)
            turns = [2 * math.pi * k / 48 for k in range(48)]
            return [(x0 + reach * math.cos(a), y0 + reach * math.sin(a)) for a in turns]
        return [(x0, y0), (x1, y1)]

    def _paint_outline(self, painter: QPainter, ref: Ref, pen: QPen) -> None:
        corners = self.outline(ref)
        for width, colour in ((pen.widthF() + 2.0, QColor(HUES.halo)), (pen.widthF(), pen.color())):
            under = QPen(pen)
            under.setColor(colour)
            under.setWidthF(width)
            painter.setPen(under)
            for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
                line = self.floor.edge_px(a, b)
                if len(line) > 1:
                    painter.drawPolyline(QPolygonF(line))
        self._paint_name(painter, ref, corners, pen.color())

    def _paint_name(self, painter: QPainter, ref: Ref, corners: list[Point], colour: QColor) -> None:
        row, at = self.model.draft.row(ref), [p for c in corners if (p := self.floor.to_px(c)) is not None]
        if row is None or not at or (ref.table != "hoist" and ref != self.model.selected):
            return
        top = min(at, key=lambda p: p.y())
        painter.setFont(sized(9.0, bold=True))
        metrics = QFontMetricsF(painter.font())
        text = str(row["name"])
        width = metrics.horizontalAdvance(text) + 8
        left = max(2.0, min(top.x() + 6, painter.window().right() - width - 2))
        box = QRectF(left, max(2.0, top.y() - metrics.height() - 9), width, metrics.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(sheer(HUES.panel, 225))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(colour)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mark(self, painter: QPainter, ref: Ref) -> None:
        """A cross at the first corner of what is wrong: red alone would not do."""
        at = next((p for c in self.outline(ref) if (p := self.floor.to_px(c)) is not None), None)
        if at is None:
            return
        for width, colour in ((5.0, HUES.halo), (3.0, HUES.fault)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(at + QPointF(-14, -14), at + QPointF(-4, -4))
            painter.drawLine(at + QPointF(-14, -4), at + QPointF(-4, -14))

    def _paint_grips(self, painter: QPainter, ref: Ref) -> None:
        corners, middles = self._grips(ref)
        painter.setPen(QPen(QColor(HUES.ink), 1.2))
        for _, middle in middles:
            painter.setBrush(QColor(HUES.halo))
            painter.drawRect(QRectF(middle.x() - 3.0, middle.y() - 3.0, 6.0, 6.0))
        for k, corner in corners:
            chosen = k == self.model.corner
            painter.setBrush(QColor(HUES.accent if chosen else HUES.halo))
            size = 7.0 if chosen else 5.5
            painter.drawEllipse(corner, size, size)

    def _grips(self, ref: Ref) -> tuple[list[tuple[int, QPointF]], list[tuple[int, QPointF]]]:
        """Corners, and middles of edges, of a row as they are shown, each with its number."""
        row = self.model.draft.row(ref)
        if row is None:
            return [], []
        points = points_of(row)
        corners = [(k, p) for k, at in enumerate(points) if (p := self.floor.to_px(at)) is not None]
        if "polygon_m" not in row:
            return corners, []
        middles = []
        for k, (x0, y0) in enumerate(points):
            x1, y1 = points[(k + 1) % len(points)]
            if (at_px := self.floor.to_px(((x0 + x1) / 2, (y0 + y1) / 2))) is not None:
                middles.append((k, at_px))
        return corners, middles

    # Mouse

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None:
            return
        at = event.position()
        grip = self._grip_at(at)
        if event.button() == Qt.MouseButton.RightButton:
            if grip is not None and grip[0] == "corner":
                self.model.corner = grip[1]
                self.model.remove_corner()
                self._tell()
            return
        if event.button() == Qt.MouseButton.LeftButton and not self._take_grip(grip):
            self._take_shape(at)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None or self._drag is None:
            return
        at_m = self.floor.to_floor(event.position())
        if at_m is None:
            return
        ref, corner = self._drag
        self.model.changed_in_drag()
        if corner is not None:
            self.model.draft.move_corner(ref, corner, at_m, self._dragged)
        else:
            by_m = at_m[0] - self._from_m[0], at_m[1] - self._from_m[1]
            self.model.draft.move(ref, by_m, self._dragged)
            self._from_m = at_m
        self._dragged = True
        self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        self._drag = None
        self.unsetCursor()

    def _take_grip(self, grip: tuple[str, int] | None) -> bool:
        if grip is None or self.model.selected is None:
            return False
        kind, number = grip
        self._dragged = False
        if kind == "middle":
            self.model.split_edge(number)
            number, self._dragged = number + 1, True
        self.model.corner = number
        self._drag = self.model.selected, number
        self._tell()
        return True

    def _take_shape(self, at: QPointF) -> None:
        ref, at_m = self._shape_at(at), self.floor.to_floor(at)
        self.model.select(ref)
        if ref is not None and at_m is not None:
            self._drag, self._dragged, self._from_m = (ref, None), False, at_m
        elif ref is None:
            self.missed(at)
        self._tell()

    def missed(self, at: QPointF) -> None:
        """The pointer went down where no shape is."""

    def _grip_at(self, at: QPointF) -> tuple[str, int] | None:
        if self.model.selected is None:
            return None
        corners, middles = self._grips(self.model.selected)
        for kind, grips in (("corner", corners), ("middle", middles)):
            near = [(math.dist((p.x(), p.y()), (at.x(), at.y())), k) for k, p in grips]
            if near and min(near)[0] <= _GRIP_PX:
                return kind, min(near)[1]
        return None

    def _shape_at(self, at: QPointF) -> Ref | None:
        """The smallest shape under the pointer; of a hoist only its outline counts, since it spans the hall."""
        found: list[tuple[float, Ref]] = []
        for ref in self.model.draft.refs():
            corners = self.outline(ref)
            line = [
                p for a, b in zip(corners, [*corners[1:], corners[0]], strict=True) for p in self.floor.edge_px(a, b)
            ]
            if len(line) < 2:
                continue
            shape = QPolygonF(line)
            if ref.table == "hoist":
                if any(_distance_px(at, a, b) <= _GRIP_PX for a, b in zip(line[::2], line[1::2], strict=False)):
                    found.append((0.0, ref))
            elif shape.containsPoint(at, Qt.FillRule.OddEvenFill):
                bounds = shape.boundingRect()
                found.append((bounds.width() * bounds.height(), ref))
        return min(found, key=lambda item: item[0])[1] if found else None

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None:
            return
        key = Qt.Key(event.key())
        modifiers = event.modifiers()
        if key in _ARROWS:
            step = _STEP_M
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                step = _LONG_STEP_M
            elif modifiers & Qt.KeyboardModifier.AltModifier:
                step = _FINE_STEP_M
            dx, dy = _ARROWS[key]
            self.model.nudge((step * dx, step * dy))
        elif key == Qt.Key.Key_N:
            self.model.next_corner(-1 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1)
        elif key == Qt.Key.Key_Insert:
            self.model.split_edge()
        elif key == Qt.Key.Key_Delete:
            if self.model.corner is not None:
                self.model.remove_corner()
            else:
                self.model.delete_selected()
        elif key == Qt.Key.Key_Escape:
            self.model.select(self.model.selected if self.model.corner is not None else None)
        else:
            super().keyPressEvent(event)
            return
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.edited.emit()


def _distance_px(at: QPointF, a: QPointF, b: QPointF) -> float:
    """From a point to the line between two."""
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length2 = dx * dx + dy * dy
    t = 0.0 if length2 == 0.0 else min(1.0, max(0.0, ((at.x() - a.x()) * dx + (at.y() - a.y()) * dy) / length2))
    return math.hypot(at.x() - a.x() - t * dx, at.y() - a.y() - t * dy)
