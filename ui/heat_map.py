"""A map of close calls: where on the floor people nearly came to harm, as warmth over the plan and a mark for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from calibration.site import Site
from ui.hues import AMBER, HUES, RED
from ui.plan_geometry import View, fit
from ui.plan_static import Layers, StaticPlan, paint_scale
from ui.text import Language, say
from ui.theme import sized

SPREAD_M = 0.8
"""Standard deviation of the warmth around each: what a person's place is good for, and the space that one takes."""
_CELL_M = 0.2
_FULL = 3.0
"""So many at one spot give the full colour; a single one must not look like a hot spot."""
_LAYERS = Layers(coverage=False, footprints=False)


def warmth(
    points_m: Sequence[tuple[float, float]], low_m: Sequence[float], high_m: Sequence[float]
) -> NDArray[np.float64]:
    """How many lie around each cell, each counted by a Gaussian that is 1 in its middle.

    Args:
        points_m: where they happened.
        low_m: x and y of the map's lower left corner.
        high_m: of its upper right corner.

    Returns:
        (rows, cols), row 0 at the smallest y, cells of 0.2 m.
    """
    cols, rows = (max(1, int(np.ceil((high_m[i] - low_m[i]) / _CELL_M))) for i in (0, 1))
    x = low_m[0] + (np.arange(cols) + 0.5) * _CELL_M
    y = low_m[1] + (np.arange(rows) + 0.5) * _CELL_M
    at = np.asarray(points_m, np.float64).reshape(-1, 2)
    over_x = np.exp(-0.5 * ((x[None, :] - at[:, :1]) / SPREAD_M) ** 2)
    over_y = np.exp(-0.5 * ((y[None, :] - at[:, 1:]) / SPREAD_M) ** 2)
    return np.asarray(over_y.T @ over_x)


class HeatMap(QWidget):
    """The plan with its zones and structures, and what happened on it."""

    def __init__(self, site: Site, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._static = StaticPlan(site, None)
        self._points: tuple[tuple[float, float], ...] = ()
        self._note, self._language = "", "en"
        self._image = QImage()
        self.setMinimumHeight(130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_spots(self, site: Site, points_m: Sequence[tuple[float, float]], note: str, language: Language) -> None:
        """Show these places; ``note`` tells what they are and how many have no place."""
        self._static = self._static.of_site(site)
        self._points, self._note, self._language = tuple(points_m), note, language
        self._image = _picture(self._points, site)
        self.setAccessibleName(note)
        self.setToolTip(note)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        site, language = self._static.site, "ko" if self._language == "ko" else "en"
        side = min(320.0, 0.4 * self.width())
        view = fit(site, self.width() - side, self.height(), (10.0, 8.0, 8.0, 26.0))
        self._static.paint(painter, view, _LAYERS, language)
        self._warm(painter, view, site)
        paint_scale(painter, view, 12.0, self.height() - 8.0)
        painter.setFont(sized(10.5))
        painter.setPen(QColor(HUES.ink))
        words = QRectF(self.width() - side + 8.0, 6.0, side - 12.0, self.height() - 40.0)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self._note)
        self._key(painter, QRectF(words.left(), self.height() - 30.0, min(120.0, 0.4 * side), 12.0), language)
        painter.end()

    def _warm(self, painter: QPainter, view: View, site: Site) -> None:
        xs, ys = zip(*site.site.boundary_m, strict=True)
        upper_left, lower_right = QPointF(*view.px(min(xs), max(ys))), QPointF(*view.px(max(xs), min(ys)))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(upper_left, lower_right), self._image)
        for at_m in self._points:
            at = QPointF(*view.px(*at_m))
            for colour, width in ((HUES.halo, 4.0), (HUES.ink, 1.8)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(at + QPointF(-4.0, -4.0), at + QPointF(4.0, 4.0))
                painter.drawLine(at + QPointF(-4.0, 4.0), at + QPointF(4.0, -4.0))

    def _key(self, painter: QPainter, where: QRectF, language: Language) -> None:
        for k in range(40):
            piece = QRectF(where.left() + k * where.width() / 40, where.top(), where.width() / 40 + 0.6, where.height())
            painter.fillRect(piece, QColor(*_colours(np.array([_FULL * (k + 0.5) / 40]))[0].tolist()))
        painter.setFont(sized(9.0))
        painter.setPen(QColor(HUES.ink))
        text = say(language, "heat.key", most=f"{_FULL:.0f}")
        painter.drawText(where.adjusted(where.width() + 8.0, -4.0, 200.0, 6.0), Qt.AlignmentFlag.AlignLeft, text)


def _picture(points_m: Sequence[tuple[float, float]], site: Site) -> QImage:
    corners = np.asarray(site.site.boundary_m)
    many = warmth(points_m, corners.min(axis=0).tolist(), corners.max(axis=0).tolist())[::-1]
    pixels = np.ascontiguousarray(_colours(many.reshape(-1)).reshape(*many.shape, 4))
    rows, cols = many.shape
    return QImage(pixels.tobytes(), cols, rows, 4 * cols, QImage.Format.Format_RGBA8888).copy()


def _colours(many: NDArray[np.float64]) -> NDArray[np.uint8]:
    """From nothing over amber to red, (n, 4) as red, green, blue, cover; the hotter the darker, for any eye."""
    share = np.clip(many / _FULL, 0.0, 1.0)[:, None]
    cold, hot = (np.array([QColor(c).red(), QColor(c).green(), QColor(c).blue()]) for c in (AMBER, RED))
    cover = 220.0 * share**0.6
    return np.column_stack([cold + share * (hot - cold), cover]).astype(np.uint8)
