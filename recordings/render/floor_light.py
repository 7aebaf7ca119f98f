"""Light on the floor as a grid over the hall, and how much of it moving things take away.

Each thing's corners are projected from a lamp onto the floor and filled in; the edge is blurred by how
high it stands. Only the lamps that matter most at a thing cast its shadow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recordings.plant.scenario import Scenario
from recordings.render.batch import Batch
from recordings.render.light import Lights, diffuse, lamp_light, sunlit

CELL_M = 0.06
_CASTING = 4
_UP = np.array([[0.0, 0.0, 1.0]], np.float32)
Floats = NDArray[np.float32]
Filling = Literal["points", "hull", "faces"]
_CONTACT_M = 0.35


class FloorLight:
    """Attributes: light (gh, gw, 3) on the empty floor, row along y and column along x, ``CELL_M`` a cell."""

    def __init__(self, scenario: Scenario, lights: Lights) -> None:
        x, y, _ = lights.room.size_m
        self._lights = lights
        self._shape = (int(y / CELL_M) + 1, int(x / CELL_M) + 1)
        cols, rows = np.meshgrid(np.arange(self._shape[1]), np.arange(self._shape[0]))
        self._points = np.stack([cols * CELL_M, rows * CELL_M, np.zeros(self._shape)], axis=-1).astype(np.float32)
        flat = self._points.reshape(-1, 3)
        up = np.broadcast_to(_UP, flat.shape)
        still = self._contact(scenario)
        total = diffuse(lights, up).reshape(*self._shape, 3) * still[..., None]
        self._by_lamp: list[Floats] = []
        for lamp in range(len(lights.lamps_m)):
            open_share = 1.0 - self._hidden_by_structures(scenario, lights.lamps_m[lamp])
            share = lamp_light(lights, lamp, flat, up).reshape(self._shape) * open_share
            total += share[..., None] * lights.power[lamp]
            self._by_lamp.append(np.asarray(share * lights.power[lamp].mean(), np.float32))
        self._sun = np.zeros(self._shape, np.float32)
        if lights.sun_rgb.max() > 0.0:
            bright = _blurred(sunlit(lights, flat).reshape(self._shape).astype(np.float32), 0.08)
            bright *= 1.0 - self._hidden_by_structures(scenario, None)
            total += (bright * max(float(lights.sun[2]), 0.0))[..., None] * lights.sun_rgb
            self._sun = np.asarray(bright * lights.sun[2] * lights.sun_rgb.mean(), np.float32)
        self.light: Floats = np.asarray(total, np.float32)
        self._total = self.light.mean(axis=2) + np.float32(1e-4)
        self._ambient = np.float32(diffuse(lights, _UP).mean())

    def lost(self, batch: Batch, fillings: Sequence[Filling]) -> Floats:
        """(gh, gw) share, 0 to 1, of the floor's light that the things of a batch keep from it."""
        taken = np.zeros(self._shape, np.float32)
        for k, (start, end) in enumerate(zip(batch.starts, batch.starts[1:], strict=False)):
            if end == start:
                continue
            points = batch.points_m[start:end]
            self._take(taken, points, fillings[k], batch.faces_of(k))
        return np.asarray(np.clip(taken / self._total, 0.0, 0.92), np.float32)

    def _take(self, taken: Floats, points: Floats, filling: Filling, faces: NDArray[np.int32]) -> None:
        x, y, z = points.T
        low, high = float(z.min()), float(z.max())
        reach = self._reach(float(x.mean()), float(y.mean()))
        for lamp in np.argsort(-reach)[:_CASTING]:
            at = self._lights.lamps_m[lamp]
            if reach[lamp] < 0.05 * float(self._ambient) or high > at[2] - 0.3:
                continue
            way = at[2] / (at[2] - z)
            shadow = self._filled(at[0] + (x - at[0]) * way, at[1] + (y - at[1]) * way, filling, faces)
            self._add(taken, shadow, 0.03 + 0.05 * low, self._by_lamp[lamp])
        if self._sun.max() > 0.0:
            sun = self._lights.sun
            shadow = self._filled(x - z * (sun[0] / sun[2]), y - z * (sun[1] / sun[2]), filling, faces)
            self._add(taken, shadow, 0.02 + 0.01 * low, self._sun)
        if low < 1.2:  # what stands close over the floor keeps the sky from it
            near = self._filled(x, y, filling, faces)
            self._add(taken, near, 0.09 + 0.3 * low, self._total * np.float32(0.62 * math.exp(-2.5 * low)))

    def _reach(self, x: float, y: float) -> Floats:
        """(k,) light of each lamp on the floor at a place."""
        col = min(max(round(x / CELL_M), 0), self._shape[1] - 1)
        row = min(max(round(y / CELL_M), 0), self._shape[0] - 1)
        return np.array([share[row, col] for share in self._by_lamp], np.float32)

    def _add(self, taken: Floats, shadow: _Shadow | None, blur_m: float, light: Floats) -> None:
        if shadow is None:
            return
        rows, cols, mask = shadow.grown(blur_m, self._shape)
        taken[rows, cols] += mask * light[rows, cols]

    def _filled(self, x: Floats, y: Floats, filling: Filling, faces: NDArray[np.int32]) -> _Shadow | None:
        cells = np.stack([x, y], axis=1) / np.float32(CELL_M)
        (low_x, low_y), (high_x, high_y) = ends(cells)
        left, top = max(math.floor(low_x), 0), max(math.floor(low_y), 0)
        width = min(math.ceil(high_x) + 1, self._shape[1]) - left
        height = min(math.ceil(high_y) + 1, self._shape[0]) - top
        if width < 1 or height < 1:
            return None
        return _Shadow(left, top, filled(cells - np.array([left, top], np.float32), filling, faces, (width, height)))

    def _hidden_by_structures(self, scenario: Scenario, lamp: Floats | None) -> Floats:
        """(gh, gw) share of one lamp, or of the sun, that structures keep from the floor."""
        import cv2
        from shapely import MultiPoint

        out = np.zeros(self._shape, np.float32)
        sun = self._lights.sun
        for structure in scenario.structure:
            base = np.array(structure.polygon_m, np.float32)
            if lamp is None:
                top = base - structure.height_m * sun[:2] / sun[2]
            elif structure.height_m < lamp[2] - 0.4:
                top = lamp[:2] + (base - lamp[:2]) * lamp[2] / (lamp[2] - structure.height_m)
            else:
                top = lamp[:2] + (base - lamp[:2]) * 12.0
            hull = MultiPoint(np.concatenate([base, top])).convex_hull
            corners = np.round(np.clip(np.array(hull.exterior.coords) / CELL_M, -20000, 20000)).astype(np.int32)
            cv2.fillConvexPoly(out, corners, 0.85 if structure.kind in ("rack", "platform") else 1.0)
        return _blurred(out, 0.1)

    def _contact(self, scenario: Scenario) -> Floats:
        """(gh, gw) share of the sky's light that is left beside structures and walls."""
        import cv2

        free = np.full(self._shape, 255, np.uint8)
        free[0] = free[-1] = 0
        free[:, 0] = free[:, -1] = 0
        for structure in scenario.structure:
            cv2.fillPoly(free, [np.round(np.array(structure.polygon_m) / CELL_M).astype(np.int32)], 0)
        distance_m = cv2.distanceTransform(free, cv2.DIST_L2, 5) * CELL_M
        return np.asarray(1.0 - 0.55 * np.exp(-distance_m / _CONTACT_M), np.float32)


class _Shadow:
    """A mask (h, w) whose first cell is at ``column`` and ``row`` of the grid."""

    def __init__(self, column: int, row: int, mask: NDArray[np.uint8]) -> None:
        self._column, self._row, self._mask = column, row, mask

    def grown(self, blur_m: float, shape: tuple[int, int]) -> tuple[slice, slice, Floats]:
        """The part of the grid that it touches once blurred, and the blurred mask there."""
        import cv2

        sigma = max(blur_m / CELL_M, 0.5)
        pad = int(3 * sigma) + 1
        wide = cv2.copyMakeBorder(self._mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        soft = cv2.GaussianBlur(wide.astype(np.float32), (0, 0), sigma)
        row, col = self._row - pad, self._column - pad
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + soft.shape[0], shape[0]), min(col + soft.shape[1], shape[1])
        part = soft[top - row : bottom - row, left - col : right - col]
        return slice(top, bottom), slice(left, right), np.asarray(part, np.float32)


def filled(points: Floats, filling: Filling, faces: NDArray[np.int32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask of 0 and 1, (height, width) for ``size`` (width, height), of a projected thing.

    ``points`` sets the (n, 2) points themselves and closes gaps of one cell, for fine meshes; ``hull``
    fills round them; ``faces`` fills each triangle.
    """
    import cv2

    mask = np.zeros((size[1], size[0]), np.uint8)
    if filling == "points":
        col, row = (np.floor(points[:, k]).astype(np.int32) for k in range(2))
        inside = (col >= 0) & (col < size[0]) & (row >= 0) & (row < size[1])
        mask[row[inside], col[inside]] = 1
        return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    sixteenths = np.round(np.clip(points, -2000, 4000) * 16).astype(np.int32)
    if filling == "hull":
        cv2.fillConvexPoly(mask, cv2.convexHull(sixteenths), 1, lineType=cv2.LINE_8, shift=4)
        return mask
    a, b, c = (sixteenths[faces[:, k]] for k in range(3))
    # Each outline is covered once by the triangles that turn one way; the others are its far side.
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    for triangle in np.stack([a, b, c], axis=1)[turn > 0]:
        cv2.fillConvexPoly(mask, triangle, 1, lineType=cv2.LINE_8, shift=4)
    return mask


def ends(points: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lowest and highest of (n, 2) points; column by column, which numpy does ten times faster."""
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    return (float(x.min()), float(y.min())), (float(x.max()), float(y.max()))


def _blurred(mask: Floats, sigma_m: float) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma_m / CELL_M), np.float32)
