"""The floor plan on which a site is edited: to scale, with everything that stands on it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ui.hues import HUES
from ui.plan_geometry import ZOOM_MAX, View, fit
from ui.plan_static import Layers, StaticPlan, paint_scale
from ui.site_draft import Point
from ui.site_editor import ShapeEditor
from ui.site_page_model import SitePageModel
from ui.text import Language, say

_LAYERS = Layers(coverage=False, footprints=False)


class PlanFloor:
    """The floor from above, all of it until somebody zooms or moves. ``size`` is that of the widget."""

    def __init__(self, model: SitePageModel, size: Callable[[], QSize]) -> None:
        self._model, self._size = model, size
        self._view: View | None = None

    def view(self) -> View:
        return self._view or self._whole()

    def _whole(self) -> View:
        size = self._size()
        return fit(self._model.draft.base, size.width(), size.height(), (24.0, 24.0, 24.0, 40.0))

    def to_px(self, at_m: Point) -> QPointF:
        return QPointF(*self.view().px(*at_m))

    def to_floor(self, at_px: QPointF) -> Point:
        return self.view().floor(at_px.x(), at_px.y())

    def edge_px(self, start_m: Point, end_m: Point) -> list[QPointF]:
        return [self.to_px(start_m), self.to_px(end_m)]

    def move(self, step_px: QPointF) -> None:
        self._view = self.view().moved(step_px.x(), step_px.y())

    def zoom(self, factor: float, at_px: QPointF) -> None:
        """Enlarge around a pixel, never below the whole floor."""
        whole, now = self._whole(), self.view()
        scale = min(max(now.scale_px_per_m * factor, whole.scale_px_per_m), whole.scale_px_per_m * ZOOM_MAX)
        self._view = now.zoomed(scale / now.scale_px_per_m, at_px.x(), at_px.y())
        if scale <= whole.scale_px_per_m * 1.001:
            self._view = None

    def show_all(self) -> None:
        self._view = None


class SitePlan(ShapeEditor):
    """Wheel zooms, dragging beside every shape moves the plan."""

    def __init__(self, model: SitePageModel, language: Language, parent: QWidget) -> None:
        self.shown = PlanFloor(model, self.size)
        super().__init__(model, self.shown, language, parent)
        self._static = StaticPlan(model.draft.base, None)
        self._pan_from: QPointF | None = None
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self.language = language
        self.setAccessibleName(say(language, "site.plan"))
        self.setAccessibleDescription(say(language, "site.help"))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(HUES.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = self.shown.view()
        self._static = self._static.of_site(self.model.shown())
        self._static.paint(painter, view, _LAYERS, self.language)
        self.paint_shapes(painter)
        paint_scale(painter, view, 16.0, self.height() - 12.0)
        painter.setPen(QPen(QColor(HUES.edge), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1), 4, 4)
        painter.end()

    def missed(self, at: QPointF) -> None:
        self._pan_from = at

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None or self._pan_from is None:
            super().mouseMoveEvent(event)
            return
        step = event.position() - self._pan_from
        self._pan_from = event.position()
        self.shown.move(step)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        self._pan_from = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the whole floor."""
        self.shown.show_all()
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None:
            self.shown.zoom(1.0015 ** event.angleDelta().y(), event.position())
            self.update()
            event.accept()
