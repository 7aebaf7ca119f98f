"""How an upright body looks in a picture: its lean, and what stands before its feet.

Geometry alone; ``observe`` makes readings of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera, Rows
from calibration.coverage import hidden
from calibration.rig import Sees
from calibration.site import Structure

EDGE_PX = 3.0
"""A box that ends so near to the picture's edge is cut off by it."""
_COVERED_WIDTH = 0.3


def behind(camera: Sees, floor_m: Array, offset_m: float) -> Array:
    """Floor points (n, 2) moved away from the camera: a box ends at the toes, a body stands behind them."""
    away = floor_m - camera.centre_m[..., :2]
    distance = np.sqrt((away**2).sum(axis=1, keepdims=True))
    moved: Array = floor_m + offset_m * away / np.maximum(distance, 1e-9)
    return moved


def lean(camera: Sees, px: Array, z_m: Array, tall_m: float, box_px: Array) -> Array:
    """(n,) pixels from foot to head sideways of upright bodies, over the part of them that boxes show.

    px: (n, 2) a point of each body, at height ``z_m`` (n,); tall_m: height of the bodies; box_px: (n,)
    heights of their boxes. A box spans foot and head, so its middle lies half of this beside either.
    """
    n = len(px)
    ends = np.zeros((2 * n, 3))
    ends[:n, :2] = ends[n:, :2] = camera.points_on_plane(px, z_m)
    ends[n:, 2] = tall_m
    both = camera.project(ends)
    foot, head = both[:n], both[n:]
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = np.clip(box_px / (foot[:, 1] - head[:, 1]), 0.0, 1.0)
        out = shown * (head[:, 0] - foot[:, 0])
    return np.where(np.isfinite(out), out, 0.0)


def behind_machine(
    camera: Camera, foot_px: Array, sigma_px: Array, structures: tuple[Structure, ...]
) -> NDArray[np.bool_]:
    """(n,) whether boxes end at the edge of a structure: just below it, no floor can be seen."""
    if not structures or not len(foot_px):
        return np.zeros(len(foot_px), np.bool_)
    below = camera.points_on_plane(foot_px + np.column_stack([np.zeros(len(foot_px)), sigma_px]))
    out: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(below), axis=1)
    out[out] = hidden(camera.centre_m, np.column_stack([below[out], np.zeros(out.sum())]), structures)
    return out


def feet_covered(edges: Array, shown_to: Rows, loads: Array, loads_shown_to: Rows) -> NDArray[np.bool_]:
    """(n,) whether another box or a load, lower in the picture and so nearer, hides the foot of each box.

    edges: (4, n) left, top, right and bottom of people's boxes in the picture of camera ``shown_to`` (n,);
    loads likewise.
    """
    left, _, right, bottom = edges
    left_all, top_all, right_all, bottom_all = np.concatenate([edges, loads], axis=1)
    camera = np.concatenate([shown_to, loads_shown_to])
    shared = np.minimum(right[:, None], right_all[None]) - np.maximum(left[:, None], left_all[None])
    nearer = (bottom_all[None] > bottom[:, None] + EDGE_PX) & (top_all[None] < bottom[:, None])
    nearer &= (camera[None] == shown_to[:, None]) & (shared > _COVERED_WIDTH * (right - left)[:, None])
    out: NDArray[np.bool_] = np.logical_or.reduce(nearer, axis=1)
    return out
