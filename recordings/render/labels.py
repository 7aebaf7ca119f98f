"""Where each thing stands in a picture, and how much of it is seen: the exact boxes that training learns from.

What a box holds, in training and in tests alike: **person** the body with clothes and helmet and the
pendant in its hands, without its cable; **hook** the hook block with its hook and its tag, without ropes
and slings; **load** the load's own body, without slings; **trolley** the unit that hangs on or stands on
the beam, not the beam.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.render.batch import Batch
from recordings.render.floor_light import Filling, ends, filled
from recordings.render.lens import SCALE, Lens
from recordings.render.moving import Part
from tracking.records import Kind

Ids = NDArray[np.uint8]
BoxPx = tuple[float, float, float, float]

_COARSE = 2 * SCALE
_CANVAS_PX = 1400


@dataclass(frozen=True, slots=True)
class Label:
    """One thing in one picture.

    left_px, top_px, width_px, height_px: box of the pixels that show it. full_px: left, top, width
    and height of all of it, were nothing in front, cut at the edge of the picture. visible: share,
    0 to 1, of its outline's area that the picture shows; what lies beyond the edge counts as hidden.
    distance_m: from the camera to its middle.
    """

    kind: Kind
    name: str
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    full_px: BoxPx
    visible: float
    distance_m: float


def labels_of(parts: list[Part], batch: Batch, lens: Lens, drawn: Ids, taken: Ids) -> tuple[Label, ...]:
    """Labels of all parts that show at least one pixel.

    ``drawn`` (lens.drawn_px) and ``taken`` (the camera's picture) hold the number of the part that is
    seen at each pixel, 0 where the hall hides everything.
    """
    out: list[Label] = []
    for k, part in enumerate(parts):
        if part.kind is None:
            continue
        points = batch.points_m[batch.starts[k] : batch.starts[k + 1]]
        drawn_px, depth = lens.project(points)
        if float(depth.min()) < 0.3:
            continue
        full = _full(lens, points, drawn_px)
        seen = None if full is None else _seen(taken, k + 1, full)
        if full is None or seen is None:
            continue
        filling: Filling = "points" if part.fine else "faces"
        share = _share(np.asarray(drawn_px, np.float32), filling, batch.faces_of(k), drawn, k + 1)
        distance = math.dist([float(axis.mean()) for axis in points.T], lens.camera.centre_m)
        out.append(Label(part.kind, part.name, *seen, full, share, distance))
    return tuple(out)


def _full(lens: Lens, points: NDArray[np.float32], drawn_px: NDArray[np.float64]) -> BoxPx | None:
    """The lens bends straight lines so little that the outline's corners are those of the pinhole's."""
    import cv2

    corners = cv2.convexHull(drawn_px.astype(np.float32), returnPoints=False).ravel()
    width, height = lens.size_px
    px = lens.camera.project(points[corners].astype(float))
    with np.errstate(invalid="ignore"):
        low, high = np.nanmin(px, axis=0), np.nanmax(px, axis=0)
    left, top = max(float(low[0]), 0.0), max(float(low[1]), 0.0)
    right, bottom = min(float(high[0]) + 1.0, width), min(float(high[1]) + 1.0, height)
    if not (right > left and bottom > top):
        return None
    return left, top, right - left, bottom - top


def _seen(taken: Ids, number: int, full: BoxPx) -> BoxPx | None:
    """Box of the pixels of one number; looked for where the whole thing lies, and a little beyond."""
    left, top = max(int(full[0]) - 3, 0), max(int(full[1]) - 3, 0)
    part = taken[top : int(full[1] + full[3]) + 4, left : int(full[0] + full[2]) + 4] == number
    rows, cols = np.nonzero(part.any(axis=1))[0], np.nonzero(part.any(axis=0))[0]
    if not len(rows):
        return None
    return (
        float(left + cols[0]),
        float(top + rows[0]),
        float(cols[-1] - cols[0] + 1),
        float(rows[-1] - rows[0] + 1),
    )


def _share(drawn_px: NDArray[np.float32], filling: Filling, faces: NDArray[np.int32], drawn: Ids, number: int) -> float:
    """Seen share of an outline: it is filled on a coarse canvas of its own and compared with what is drawn."""
    import cv2

    (left, top), (right, bottom) = ends(drawn_px)
    cell = _COARSE if min(right - left, bottom - top) > 12 * _COARSE else 1
    while max(right - left, bottom - top) / cell > _CANVAS_PX:
        cell *= 2
    column, row = math.floor(left / cell), math.floor(top / cell)
    size = (math.ceil(right / cell) + 1 - column, math.ceil(bottom / cell) + 1 - row)
    mask = filled(drawn_px / np.float32(cell) - np.array([column, row], np.float32), filling, faces, size)
    rows, cols = np.nonzero(mask)
    if not len(rows):
        return 0.0
    # An outline that is filled reaches half a cell too far, and what is seen of it is widened as much.
    top, first = max(row * cell, 0), max(column * cell, 0)
    own = (drawn[top : (row + size[1]) * cell, first : (column + size[0]) * cell] == number).astype(np.uint8)
    if not own.size:
        return 0.0
    own = np.asarray(cv2.dilate(own, np.ones((cell + 2, cell + 2), np.uint8)), np.uint8)
    v, u = (rows + row) * cell + cell // 2 - top, (cols + column) * cell + cell // 2 - first
    inside = (v >= 0) & (v < own.shape[0]) & (u >= 0) & (u < own.shape[1])
    return float(own[v[inside], u[inside]].sum() / len(rows))
