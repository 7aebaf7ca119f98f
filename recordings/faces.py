"""Where are heads in a recorded picture, and how are they made unrecognisable?

A head lies in the upper part of a person's box; where the detector missed somebody, at the top of who is followed
there. Where nobody looked at the
picture at all, the whole of it is made coarse.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from safety.records import Snapshot
from tracking.records import Box, Boxes, Person

_Timed = TypeVar("_Timed", Boxes, Snapshot)
Bgr = NDArray[np.uint8]
Rect = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom beyond the last one."""

NEAR_S = 0.6
"""The looks next before and after a picture count for it, no farther away than this."""
_UPRIGHT = 1.7
_HEAD_SHARE, _BENT_SHARE = 0.25, 0.6
"""Upper part of a box: a head is an eighth of a standing body, but anywhere in the upper half of one that bends."""
_WIDER = 0.15
_HEAD_RADIUS_M = 0.25
_HEAD_M, _TALLEST_M = 0.5, 2.0
"""A head reaches so far down from the top of a body, stooping a little; the tallest person of unknown height."""
CELLS = 4
"""What is left of a head: so many cells across. Recognising a face takes some ten times as many."""


def heads_of(camera: Camera, time_s: float, looks: Sequence[Boxes], snapshots: Sequence[Snapshot]) -> list[Rect] | None:
    """Rectangles in the camera's full picture that hold every known head at a time; None where nobody looked.

    Args:
        camera: of the picture.
        time_s: when the picture was taken.
        looks: what was found in this camera's pictures, in the order of their times.
        snapshots: what was decided, in the order of their times.
    """
    near = _nearest(looks, time_s)
    if not near:
        return None
    boxes = [box for look in near for box in look.boxes if box.kind == "person"]
    rects = [head_of_box(box) for box in boxes]
    for snapshot in _nearest(snapshots, time_s):
        rects += [rect for p in snapshot.people if (rect := _of_track(camera, p, time_s, boxes)) is not None]
    width, height = camera.size_px
    clipped = ((max(0, x0), max(0, y0), min(width, x1), min(height, y1)) for x0, y0, x1, y1 in rects)
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in clipped if x0 < x1 and y0 < y1]


def blurred(bgr: Bgr, heads: Sequence[Rect] | None, scale: float = 1.0) -> Bgr:
    """A copy of a picture (height, width, 3), ``scale`` of the full one's size, with the heads unrecognisable.

    Each becomes a few cells across, smoothed; with None the whole picture does, a person being a cell or two.
    """
    out = bgr.copy()
    height, width = out.shape[:2]
    if heads is None:
        return _coarse(out, max(CELLS, width // 40))
    for x0, y0, x1, y1 in heads:
        left, top = max(0, int(x0 * scale)), max(0, int(y0 * scale))
        right, bottom = min(width, int(np.ceil(x1 * scale))), min(height, int(np.ceil(y1 * scale)))
        if left < right and top < bottom:
            out[top:bottom, left:right] = _coarse(out[top:bottom, left:right], CELLS)
    return out


def _coarse(part: Bgr, cells: int) -> Bgr:
    import cv2  # the console asks only where heads are

    height, width = part.shape[:2]
    rows = max(1, round(cells * height / width)) if height < width else max(cells, round(cells * height / width))
    small = cv2.resize(part, (min(cells, width), min(rows, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _nearest(records: Sequence[_Timed], time_s: float) -> list[_Timed]:
    """The next one on each side of a time, as long as they are near."""
    k = bisect.bisect_right([record.time_s for record in records], time_s)
    return [record for record in records[max(0, k - 1) : k + 1] if abs(record.time_s - time_s) <= NEAR_S]


def head_of_box(box: Box) -> Rect:
    """The part of a person's box in which the head is, in pixels of the full picture."""
    upright, lies = box.height_px >= _UPRIGHT * box.width_px, box.height_px < box.width_px
    share = _HEAD_SHARE if upright else 1.0 if lies else _BENT_SHARE
    wider = _WIDER * box.width_px
    return (
        math.floor(box.left_px - wider),
        math.floor(box.top_px - 0.04 * box.height_px),
        math.ceil(box.left_px + box.width_px + wider),
        math.ceil(box.top_px + share * box.height_px),
    )


def _of_track(camera: Camera, person: Person, time_s: float, boxes: Sequence[Box]) -> Rect | None:
    """Around the head of somebody whom no box shows; None where one does, or the camera does not look there."""
    ahead_s = time_s - person.time_s
    x_m, y_m = person.x_m + person.vx_mps * ahead_s, person.y_m + person.vy_mps * ahead_s
    top_m = person.floor_m + (person.height_m or _TALLEST_M)
    head = np.array([(x_m, y_m, top_m - _HEAD_M / 2.0)])
    if not camera.visible(head)[0]:
        return None
    at_x, at_y = camera.project(np.array([(x_m, y_m, person.floor_m + 0.6 * (top_m - person.floor_m))]))[0]
    if any(b.left_px <= at_x <= b.left_px + b.width_px and b.top_px <= at_y <= b.top_px + b.height_px for b in boxes):
        return None
    reach_m = _HEAD_RADIUS_M + 2.0 * person.sigma_m
    corners = np.array(
        [
            (x_m + dx * reach_m, y_m + dy * reach_m, z_m)
            for dx in (-1, 1)
            for dy in (-1, 1)
            for z_m in (top_m - _HEAD_M, top_m + 0.1)
        ]
    )
    pixels = camera.project(corners)
    if not np.isfinite(pixels).all():
        return None
    (x0, y0), (x1, y1) = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0))
    return int(x0), int(y0), int(x1), int(y1)
