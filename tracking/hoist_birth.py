"""Where does a hoist hang that is not followed yet? Several cameras together tell, one has to assume a height."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array, Camera
from calibration.site import Hoist
from tracking.hoist_motion import ROPE_MIN_M, reach_point

WINDOW_S = 0.3
PATIENCE_S = 0.5
_RAY_MISS_M = 0.4
_RAY_SIGMA_M = 0.1
_SURE_M = 0.6
_OUTSIDE_REACH_M = 1.0
_BESIDE_REACH_M = 0.3
_HEIGHTS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Trolley above a hook: floor place (2,) and its sigma; height of the hook and its sigma, where known.

    ``cov_m2`` (3, 3) is that of place and height together, where they hang on each other.
    """

    xy_m: Array
    sigma_m: float
    hook: tuple[float, float] | None = None
    cov_m2: Array | None = None


@dataclass(slots=True)
class Rays:
    """Hook pixels of the last moments, the newest of each camera, until they meet in one point.

    ``patience_s``: how long a second camera is waited for.
    """

    patience_s: float = PATIENCE_S
    _newest: dict[str, tuple[float, Array, Array]] = field(default_factory=dict)
    _since_s: float = math.inf

    def copy(self) -> Rays:
        return Rays(self.patience_s, self._newest, self._since_s)

    def add(self, camera: Camera, time_s: float, px: Array, hoist: Hoist) -> Place | None:
        """The hook's place once two cameras agree on it; None before that.

        One camera alone is believed after ``patience_s``, at the middle of the hook's range of heights.
        """
        ray = camera.rays(px[None])[0]
        if not np.isfinite(ray).all():
            return None
        fresh = {name: old for name, old in self._newest.items() if time_s - old[0] <= WINDOW_S}
        self._since_s = min(self._since_s, time_s) if fresh else time_s
        fresh[camera.name] = (time_s, camera.centre_m, ray)
        self._newest = fresh
        place = _meeting([old[1] for old in fresh.values()], [old[2] for old in fresh.values()], hoist)
        if place is None and time_s - self._since_s >= self.patience_s:
            place = _at_height(camera, px, hoist)
        if place is not None:
            self._newest, self._since_s = {}, math.inf
        return place


def _meeting(centres_m: list[Array], rays: list[Array], hoist: Hoist) -> Place | None:
    """The point nearest to all rays: Σ(1 − d·dᵀ)·p = Σ(1 − d·dᵀ)·c, if every ray passes near it."""
    if len(rays) < 2:
        return None
    across = [np.eye(3) - np.outer(d, d) for d in rays]
    total = np.sum(across, axis=0)
    if np.linalg.cond(total) > 1e6:
        return None
    point = np.linalg.solve(total, np.sum([a @ c for a, c in zip(across, centres_m, strict=True)], axis=0))
    miss = [float(np.linalg.norm(a @ (point - c))) for a, c in zip(across, centres_m, strict=True)]
    sigma = _RAY_SIGMA_M * np.sqrt(np.diag(np.linalg.inv(total)))
    outside = math.dist(point[:2], reach_point(float(point[0]), float(point[1]), hoist))
    low, high = hoist.hook_height_m
    if max(miss) > _RAY_MISS_M or sigma.max() > _SURE_M or outside > _OUTSIDE_REACH_M:
        return None
    if not low - _OUTSIDE_REACH_M <= point[2] <= min(high + _OUTSIDE_REACH_M, hoist.beam_height_m - ROPE_MIN_M):
        return None
    return Place(point[:2], float(2 * sigma[:2].max()), (float(point[2]), float(2 * sigma[2])))


def _at_height(camera: Camera, px: Array, hoist: Hoist) -> Place | None:
    """Somewhere on the ray: at those heights of the hook's range at which the trolley could stand above it."""
    low, high = hoist.hook_height_m
    heights = np.linspace(low, high, _HEIGHTS)
    points = camera.points_on_plane(np.tile(px, (_HEIGHTS, 1)), heights)
    possible = []
    for point, z in zip(points, heights, strict=True):
        if np.isfinite(point).all():
            x, y = float(point[0]), float(point[1])
            if math.dist((x, y), reach_point(x, y, hoist)) <= _BESIDE_REACH_M:
                possible.append((x, y, float(z)))
    if not possible:
        return None
    on_ray = np.array(possible)
    middle = on_ray.mean(axis=0)
    off = on_ray - middle
    step = (high - low) / (_HEIGHTS - 1)
    cov = off.T @ off / len(on_ray) + np.diag([_RAY_SIGMA_M**2, _RAY_SIGMA_M**2, step**2 / 12])
    sigma = math.sqrt(float(cov[0, 0] + cov[1, 1]) / 2)
    return Place(middle[:2], sigma, (float(middle[2]), math.sqrt(float(cov[2, 2]))), cov)
