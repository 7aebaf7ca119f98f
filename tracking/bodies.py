"""How an upright body looks in a picture: its lean, and what stands before its feet.

Geometry alone; ``observe`` makes readings of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera, Flags
from calibration.coverage import hidden
from calibration.site import Structure
from tracking.records import Box

EDGE_PX = 3.0
"""A box that ends so near to the picture's edge is cut off by it."""
_COVERED_WIDTH = 0.3


def behind(camera: Camera, floor_m: Array, offset_m: float) -> Array:
    """Floor points (n, 2) moved away from the camera: a box ends at the toes, a body stands behind them."""
    away = floor_m - camera.centre_m[:2]
    distance = np.sqrt((away**2).sum(axis=1, keepdims=True))
    moved: Array = floor_m + offset_m * away / np.maximum(distance, 1e-9)
    return moved


def lean(camera: Camera, px: Array, z_m: Array, tall_m: float, box_px: Array) -> Array:
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


def ends_of(camera: Camera, boxes_px: Array, side_cut: Flags, tall_m: float) -> Array:
    """(2, n, 2) foot and head pixels of upright bodies in boxes (n, 4) left, top, width, height.

    A body leans in the picture away from the middle; where a box is cut at the side, how much is not known.
    """
    left, top, width, height = boxes_px.T
    n, middle = len(boxes_px), left + width / 2
    # Both in one: a lens takes its time for each call, hardly for each point.
    ends = np.array([[middle, top + height], [middle, top]]).transpose(0, 2, 1)
    level = np.repeat([0.0, tall_m], n)
    half = 0.5 * lean(camera, ends.reshape(-1, 2), level, tall_m, np.concatenate([height, height])).reshape(2, n)
    ends[..., 0] += np.where(side_cut, 0.0, half) * [[-1.0], [1.0]]
    return ends


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


def feet_covered(left: Array, top: Array, width: Array, bottom: Array, loads: Sequence[Box] = ()) -> NDArray[np.bool_]:
    """(n,) whether another box or a load, lower in the picture and so nearer, hides the foot of each box."""
    more = np.array([(b.left_px, b.top_px, b.width_px, b.height_px) for b in loads], float).reshape(-1, 4)
    left_all, top_all = np.append(left, more[:, 0]), np.append(top, more[:, 1])
    right_all, bottom_all = np.append(left + width, more[:, 0] + more[:, 2]), np.append(bottom, more[:, 1] + more[:, 3])
    shared = np.minimum((left + width)[:, None], right_all[None]) - np.maximum(left[:, None], left_all[None])
    nearer = (bottom_all[None] > bottom[:, None] + EDGE_PX) & (top_all[None] < bottom[:, None])
    out: NDArray[np.bool_] = np.logical_or.reduce(
        nearer & (shared > _COVERED_WIDTH * width[:, None]), axis=1, initial=False
    )
    return out
