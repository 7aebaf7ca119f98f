"""Where things of the floor plan lie, in metres and in widget pixels; no painting here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from calibration.camera import Camera
from calibration.site import CameraTable, Hoist, Site
from tracking.records import HoistState

Polygon = list[tuple[float, float]]
_BORDER_POINTS = 48
_SCALE_BARS_M = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
ZOOM_MAX = 20.0


@dataclass(frozen=True, slots=True)
class View:
    """From the floor (metres, y up) to the widget (pixels, y down): px = origin + scale·(x, −y)."""

    scale_px_per_m: float
    origin_x_px: float
    origin_y_px: float

    def px(self, x_m: float, y_m: float) -> tuple[float, float]:
        return self.origin_x_px + self.scale_px_per_m * x_m, self.origin_y_px - self.scale_px_per_m * y_m

    def floor(self, x_px: float, y_px: float) -> tuple[float, float]:
        return (x_px - self.origin_x_px) / self.scale_px_per_m, (self.origin_y_px - y_px) / self.scale_px_per_m

    def moved(self, dx_px: float, dy_px: float) -> View:
        return replace(self, origin_x_px=self.origin_x_px + dx_px, origin_y_px=self.origin_y_px + dy_px)

    def zoomed(self, factor: float, x_px: float, y_px: float) -> View:
        """Larger by ``factor`` with the floor point under the given pixel staying where it is."""
        x_m, y_m = self.floor(x_px, y_px)
        scale = self.scale_px_per_m * factor
        return View(scale, x_px - scale * x_m, y_px + scale * y_m)


def fit(site: Site, width_px: float, height_px: float, margin_px: tuple[float, float, float, float]) -> View:
    """The view that shows the whole floor within margins (left, top, right, bottom) in pixels."""
    xs, ys = zip(*site.site.boundary_m, strict=True)
    left, top, right, bottom = margin_px
    free_w, free_h = max(20.0, width_px - left - right), max(20.0, height_px - top - bottom)
    scale = min(free_w / (max(xs) - min(xs)), free_h / (max(ys) - min(ys)))
    mid_x, mid_y = (max(xs) + min(xs)) / 2.0, (max(ys) + min(ys)) / 2.0
    return View(scale, left + free_w / 2.0 - scale * mid_x, top + free_h / 2.0 + scale * mid_y)


def scale_bar_m(scale_px_per_m: float, longest_px: float) -> float:
    """The longest round length whose bar is at most ``longest_px``; the shortest one where none fits."""
    fitting = [length for length in _SCALE_BARS_M if length * scale_px_per_m <= longest_px]
    return fitting[-1] if fitting else _SCALE_BARS_M[0]


def footprint(table: CameraTable, boundary_m: Polygon) -> Polygon:
    """The part of the floor inside a camera's picture, hiding structures left aside; empty where none.

    The picture's border is thrown on the floor. Points above the horizon meet no floor and drop out;
    the polygon closes over the gap, far beyond the boundary that clips it.
    """
    camera = Camera.from_table(table)
    w, h = table.size_px[0] - 1.0, table.size_px[1] - 1.0
    t = np.linspace(0.0, 1.0, _BORDER_POINTS, endpoint=False)
    zero, one = np.zeros_like(t), np.ones_like(t)
    border = np.concatenate(
        [np.column_stack(p) for p in ((t * w, zero), (w * one, t * h), (w * (1 - t), h * one), (zero, h * (1 - t)))]
    )
    plane = camera.on_plane(border)
    points = plane.xy_m[plane.valid]
    if len(points) < 3:
        return []
    shape = shapely.Polygon(points).buffer(0).intersection(shapely.Polygon(boundary_m))
    if shape.geom_type == "MultiPolygon":
        shape = max(shape.geoms, key=lambda part: part.area)
    if shape.geom_type != "Polygon" or shape.is_empty:
        return []
    return [(float(x), float(y)) for x, y in shape.exterior.coords[:-1]]


def girder(hoist: Hoist, state: HoistState) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The two ends of the beam that the trolley hangs from; None where the site does not say.

    A bridge is drawn across the shorter side of its reach, where a girder spans a hall.
    """
    (x0, y0), (x1, y1) = hoist.travel_m
    if hoist.kind == "monorail":
        return (x0, y0), (x1, y1)
    if hoist.kind == "jib":
        reach = float(np.hypot(x1 - x0, y1 - y0))
        dx, dy = state.trolley_x_m - x0, state.trolley_y_m - y0
        length = float(np.hypot(dx, dy))
        if length < 1e-6:
            return None
        return (x0, y0), (x0 + dx / length * reach, y0 + dy / length * reach)
    if abs(x1 - x0) >= abs(y1 - y0):
        return (state.trolley_x_m, y0), (state.trolley_x_m, y1)
    return (x0, state.trolley_y_m), (x1, state.trolley_y_m)


def label_point(polygon_m: Polygon) -> tuple[float, float]:
    """A point well inside a polygon for its name."""
    point = shapely.Polygon(polygon_m).representative_point()
    return float(point.x), float(point.y)


def camera_place(table: CameraTable) -> tuple[tuple[float, float], float]:
    """Floor point under a camera, and where it looks: angle from the x axis, anticlockwise, in rad."""
    camera = Camera.from_table(table)
    forward = camera.rotation[2]
    return (float(camera.centre_m[0]), float(camera.centre_m[1])), float(np.arctan2(forward[1], forward[0]))
