"""How far is a load from something fixed, wherever its hook goes? As wide and turned as it is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon

from calibration.camera import Array
from safety.scene import Scene
from tracking.records import HoistState


@dataclass(frozen=True, slots=True)
class Grown:
    """Something fixed, grown by the load's shape: the hook's distance from it is the load's from the thing."""

    shape: Polygon
    radius_m: float

    def gap_m(self, hook_m: Array) -> Array:
        """Gaps (...) between load and thing for hooks at (..., 2); negative by how deep one lies in the other."""
        at = shapely.points(hook_m)
        out: Array = shapely.distance(self.shape, at)
        inside = np.asarray(shapely.contains(self.shape, at))
        if inside.any():
            out = np.where(inside, -shapely.distance(self.shape.exterior, at), out)
        return out - self.radius_m


def corners_of(state: HoistState) -> Array | None:
    """Corners (4, 2) of the load seen from above, relative to the hook; None where its size or turn is unknown."""
    if state.load_length_m is None or state.load_width_m is None or state.load_yaw_rad is None:
        return None
    if state.carrying == "empty":
        return None
    half = np.array([state.load_length_m, state.load_width_m]) / 2
    cos, sin = math.cos(state.load_yaw_rad), math.sin(state.load_yaw_rad)
    corners = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]) * half
    middle = np.zeros(2)
    if state.load_x_m is not None and state.load_y_m is not None:
        middle = np.array([state.load_x_m - state.x_m, state.load_y_m - state.y_m])
    turned: Array = corners @ np.array([[cos, sin], [-sin, cos]]) + middle
    return turned


def outline_of(scene: Scene, grown_m: float = 0.0) -> Polygon:
    """The load seen from above, where it is now: its box where that is known, else a disc of its radius."""
    at = np.array([scene.state.x_m, scene.state.y_m])
    corners = corners_of(scene.state)
    if corners is None:
        return shapely.Point(at).buffer(scene.body.radius_m + grown_m)
    return Polygon(corners + at).buffer(grown_m)


def grown_by(thing: Polygon, scene: Scene) -> Grown:
    """A thing grown by the load of one scene: the Minkowski sum of its convex hull and the mirrored load."""
    corners = corners_of(scene.state)
    if corners is None:
        return Grown(thing, scene.body.radius_m)
    around = np.asarray(thing.convex_hull.exterior.coords)[:, None] - corners[None]
    return Grown(shapely.convex_hull(shapely.multipoints(around.reshape(-1, 2))), 0.0)
