"""On what does somebody stand: the floor, or a platform?

A ray that meets the top of a platform goes no further: whoever's feet are seen there stands on it. Where it
meets the top near its rim, somebody on the floor behind may be meant whose legs the platform hides; a
body of a person's height above the rim tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from shapely import Polygon

from calibration.camera import Array
from calibration.rig import Sees
from calibration.site import PolygonM, Structure

_RIM_M = 0.3
_SHORT_OF_HEIGHT = 0.75
_TALL_OF_HEIGHT = 1.30


def standing_levels(
    camera: Sees, foot_px: Array, head_px: Array, tall_m: float, structures: Sequence[Structure]
) -> Array:
    """(n,) heights of what people stand on, metres: 0, or that of a platform.

    foot_px, head_px: (n, 2) lower and upper ends of bodies. tall_m: how tall a person is taken to be.
    """
    levels = np.zeros(len(foot_px))
    # From low to high: the ray from above meets the highest of platforms one behind the other first.
    for platform in sorted((s for s in structures if s.platform), key=lambda s: s.height_m):
        at = camera.points_on_plane(foot_px, platform.height_m)
        inner, outer = _rims(platform.polygon_m)
        on_top = shapely.contains_xy(inner, at[:, 0], at[:, 1])
        near = shapely.contains_xy(outer, at[:, 0], at[:, 1]) & ~on_top
        if near.any():
            tall = body_height(camera, at, head_px) - platform.height_m
            with np.errstate(invalid="ignore"):
                on_top |= near & (tall > _SHORT_OF_HEIGHT * tall_m) & (tall < _TALL_OF_HEIGHT * tall_m)
        levels[on_top] = platform.height_m
    return levels


@lru_cache(maxsize=256)
def _rims(polygon_m: PolygonM) -> tuple[Polygon, Polygon]:
    """The outline drawn in, and drawn out, by what a foot point may be wrong."""
    outline = Polygon(polygon_m)
    inner, outer = outline.buffer(-_RIM_M), outline.buffer(_RIM_M)
    for shape in (inner, outer):
        shapely.prepare(shape)
    return inner, outer


def body_height(camera: Sees, foot_m: Array, head_px: Array) -> Array:
    """(n,) height above floor points (n, 2) at which the ray of ``head_px`` (n, 2) passes nearest.

    Nearest approach of the ray c + s·d to the vertical through the foot, in the plane: s minimises
    |c_xy + s·d_xy − foot|, height is c_z + s·d_z.
    """
    rays = camera.rays(head_px)
    c = camera.centre_m
    with np.errstate(divide="ignore", invalid="ignore"):
        along = ((foot_m - c[..., :2]) * rays[:, :2]).sum(axis=1) / (rays[:, :2] ** 2).sum(axis=1)
    height: Array = c[..., 2] + along * rays[:, 2]
    return height
