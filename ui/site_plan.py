"""The floor plan on which a site is edited: to scale, with everything that stands on it."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
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


class SitePlan(ShapeEditor):
    """Wheel zooms, dragging beside every shape moves the plan."""

    def __init__(self, model: SitePageModel, language: Language, parent: QWidget) -> None:
        super().__init__(model, language, parent)
        self._static = StaticPlan(model.draft.base, None)
        self._view: View | None = None
        self._pan_from: QPointF | None = None
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        self.language = language
        self.setAccessibleName(say(language, "site.plan"))
        self.setAccessibleDescription(say(language, "site.help"))
        self.update()

    def view(self) -> View:
        return self._view or self._whole()

    def _whole(self) -> View:
        return fit(self.model.draft.base, self.width(), self.height(), (24.0, 24.0, 24.0, 40.0))

    def to_px(self, at_m: Point) -> QPointF | None:
        return QPointF(*self.view().px(*at_m))

    def to_floor(self, at_px: QPointF) -> Point | None:
        return self.view().floor(at_px.x(), at_px.y())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(HUES.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = self.view()
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
        self._view = self.view().moved(step.x(), step.y())
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        self._pan_from = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the whole floor."""
        self._view = None
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None:
            self.zoom(1.0015 ** event.angleDelta().y(), event.position())
            event.accept()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge around a pixel, by default the middle."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        whole, now = self._whole(), self.view()
        scale = min(max(now.scale_px_per_m * factor, whole.scale_px_per_m), whole.scale_px_per_m * ZOOM_MAX)
        self._view = now.zoomed(scale / now.scale_px_per_m, at.x(), at.y())
        if scale <= whole.scale_px_per_m * 1.001:
            self._view = None
        self.update()
