"""The floor plan: paints the presenter's plan view, zooms, moves, and explains what is under the pointer."""

from __future__ import annotations

import math

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QToolTip, QWidget

from calibration.coverage import CoverageMap
from calibration.site import Site
from ui.console_model import PlanView
from ui.hues import HUES, PAIRS
from ui.plan_geometry import ZOOM_MAX, View, fit
from ui.plan_legend import legend_height, paint_legend
from ui.plan_live import LivePainter
from ui.plan_static import Layers, StaticPlan, paint_scale, sheer
from ui.plan_tips import tip_at
from ui.text import Language, say
from ui.theme import sized

_SCALE_PX = 170.0
"""Room for the scale bar, left of the legend."""
_LEGEND_SHARE = 0.25
"""Of the plan's height, at most."""


class FloorPlan(QWidget):
    """Widget of the floor plan. It shows what ``show_plan`` was last given and holds no other state of the plant."""

    def __init__(self, site: Site, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.site = site
        self._language = language
        self._all_seeing = self._static = StaticPlan(site, None)
        self._blind: frozenset[str] = frozenset()
        self._layers = Layers()
        self._plan = PlanView(None, False, "")
        self._view: View | None = None
        self._background: QPixmap | None = None
        self._drag_from: QPointF | None = None
        self.setMinimumSize(QSize(220, 150))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.retranslate(language)

    def show_plan(self, plan: PlanView) -> None:
        self._plan = plan
        snapshot = plan.snapshot if plan.live else None
        blind = frozenset(c.camera for c in snapshot.cameras if not c.alive) if snapshot is not None else self._blind
        if blind != self._blind:
            self._blind = blind
            self._static = self._all_seeing.seen_without(blind)
            self._stale_background()
        self.update()

    def set_site(self, site: Site) -> None:
        """Another version of the site; its coverage is not known until it is told."""
        self.site = site
        self._all_seeing = self._static = StaticPlan(site, None)
        self._stale_background()

    def set_coverage(self, coverage: CoverageMap) -> None:
        self._all_seeing = StaticPlan(self.site, coverage)
        self._static = self._all_seeing.seen_without(self._blind)
        self._stale_background()

    @property
    def layers(self) -> Layers:
        return self._layers

    def set_layers(self, layers: Layers) -> None:
        self._layers = layers
        self._stale_background()

    def restyle(self) -> None:
        """The colours have changed."""
        self._all_seeing = StaticPlan(self.site, self._all_seeing.coverage)
        self._static = self._all_seeing.seen_without(self._blind)
        self._stale_background()

    def retranslate(self, language: Language) -> None:
        self._language = language
        self.setAccessibleName(say(language, "plan.title"))
        self.setAccessibleDescription(say(language, "plan.help"))
        self._stale_background()

    def fit(self) -> None:
        """Show the whole floor."""
        self._view = None
        self._stale_background()

    def view(self) -> View:
        return self._view or self._whole()

    def _whole(self) -> View:
        bottom = 12.0 + self._footer_px()
        return fit(self.site, self.width(), self.height(), (16.0, 16.0, 16.0, bottom))

    def _footer_px(self) -> float:
        """Height of the strip with scale bar and legend."""
        return 8.0 + (self._legend_px() or 20.0)

    def _legend_px(self) -> float:
        """Height of the legend, 0 where there is none: a plan that is small leaves its room to the floor."""
        if not self._layers.legend:
            return 0.0
        rows = legend_height(_SCALE_PX, self.width(), self.site, self._layers, self._language)
        return rows if rows <= _LEGEND_SHARE * self.height() else 0.0

    def _stale_background(self) -> None:
        self._background = None
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        view = self.view()
        painter.drawPixmap(0, 0, self._painted_background(view))
        if self._plan.snapshot is not None:
            live = LivePainter(painter, view, self.site, self._language, ghost=not self._plan.live)
            live.paint(self._plan.snapshot, self._layers)
        if not self._plan.live:
            self._paint_stale(painter)
        painter.end()

    def _painted_background(self, view: View) -> QPixmap:
        if self._background is not None:
            return self._background
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(QSize(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(HUES.panel))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._static.paint(painter, view, self._layers, self._language)
        footer = self._footer_px()
        painter.fillRect(QRectF(0, self.height() - footer, self.width(), footer), QColor(HUES.panel))
        if self._legend_px():
            left = _SCALE_PX
            paint_legend(painter, left, self.width(), self.height() - 5.0, self.site, self._layers, self._language)
        paint_scale(painter, view, 16.0, self.height() - 12.0)
        painter.setPen(QPen(QColor(HUES.edge), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1), 4, 4)
        painter.end()
        self._background = pixmap
        return pixmap

    def _paint_stale(self, painter: QPainter) -> None:
        """Grey the plan out and say across it that it is not live."""
        painter.fillRect(self.rect(), QBrush(sheer(HUES.page, 150)))
        painter.fillRect(self.rect(), QBrush(sheer(HUES.unseen, 60), Qt.BrushStyle.BDiagPattern))
        font = sized(20.0, bold=True)
        width = QFontMetricsF(font).horizontalAdvance(self._plan.stale)
        if width > self.width() - 60:
            font = sized(max(9.0, 20.0 * (self.width() - 60) / width), bold=True)
        metrics = QFontMetricsF(font)
        box = QRectF(0, 0, metrics.horizontalAdvance(self._plan.stale) + 36, metrics.height() + 18)
        box.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        pair = PAIRS["silent" if self._plan.snapshot is not None else "waiting"]
        painter.setPen(QPen(QColor(HUES.ink), 1.0))
        painter.setBrush(QColor(pair.ground))
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(font)
        painter.setPen(QColor(pair.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._plan.stale)

    # Moving about

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        self._stale_background()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None:
            return
        whole, now = self._whole(), self.view()
        factor = 1.0015 ** event.angleDelta().y()
        scale = min(max(now.scale_px_per_m * factor, whole.scale_px_per_m), whole.scale_px_per_m * ZOOM_MAX)
        at = event.position()
        self._view = now.zoomed(scale / now.scale_px_per_m, at.x(), at.y())
        if scale <= whole.scale_px_per_m * 1.001:
            self._view = None
        self._stale_background()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._drag_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        if event is None or self._drag_from is None:
            return
        step = event.position() - self._drag_from
        self._drag_from = event.position()
        self._view = self.view().moved(step.x(), step.y())
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._stale_background()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        self.fit()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def _show_tip(self, at: QPoint, screen: QPoint) -> None:
        text = tip_at(self._static, self._plan.snapshot, self.view(), (at.x(), at.y()), self._language)
        if text:
            QToolTip.showText(screen, text, self)
        else:
            QToolTip.hideText()
