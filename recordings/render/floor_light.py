"""Light on the floor as a grid over the hall, and how much of it moving things take away.

Each thing's corners are projected from a lamp onto the floor and filled in; the edge is blurred by how
high it stands. Only the lamps that matter most at a thing cast its shadow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recordings.plant.scenario import Scenario
from recordings.render.batch import Batch
from recordings.render.light import Lights, diffuse, lamp_light, sunlit

CELL_M = 0.06
_CASTING = 3
_UP = np.array([[0.0, 0.0, 1.0]], np.float32)
Floats = NDArray[np.float32]
_TRIANGLES_MOST = 4000
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

    def lost(self, batch: Batch, dense: Sequence[bool]) -> Floats:
        """(gh, gw) share, 0 to 1, of the floor's light that the things of a batch keep from it.

        ``dense`` says of each mesh that its corners lie close enough together to be splatted as points.
        """
        taken = np.zeros(self._shape, np.float32)
        for k, (start, end) in enumerate(zip(batch.starts, batch.starts[1:], strict=False)):
            if end == start:
                continue
            points = batch.points_m[start:end]
            faces = None if dense[k] else _own_faces(batch, start, end)
            taken += self._of(points, faces)
        lost: Floats = np.clip(taken / self._total, 0.0, 0.92)
        return lost

    def _of(self, points: Floats, faces: NDArray[np.int32] | None) -> Floats:
        taken = np.zeros(self._shape, np.float32)
        low = float(points[:, 2].min())
        middle = points.mean(axis=0)
        reach = np.array(
            [
                lamp_light(self._lights, k, (middle * (1, 1, 0))[None].astype(np.float32), _UP)[0]
                * self._lights.power[k].mean()
                for k in range(len(self._by_lamp))
            ]
        )
        for lamp in np.argsort(-reach)[:_CASTING]:
            at = self._lights.lamps_m[lamp]
            above = points[:, 2] < at[2] - 0.3
            if reach[lamp] < 0.03 * float(self._ambient) or not above.all():
                continue
            way = at[2] / (at[2] - points[:, 2])
            shadow = self._filled(at[:2] + (points[:, :2] - at[:2]) * way[:, None], faces)
            self._add(taken, shadow, 0.03 + 0.05 * low, self._by_lamp[lamp])
        if self._sun.max() > 0.0:
            sun = self._lights.sun
            shadow = self._filled(points[:, :2] - points[:, 2:] * sun[:2] / sun[2], faces)
            self._add(taken, shadow, 0.02 + 0.01 * low, self._sun)
        if low < 1.2:  # what stands close over the floor keeps the sky from it
            near = self._filled(points[:, :2], faces)
            self._add(taken, near, 0.12 + 0.3 * low, np.float32(0.75 * np.exp(-2.0 * low)) * self._ambient)
        return taken

    def _add(self, taken: Floats, shadow: _Shadow | None, blur_m: float, light: Floats | np.float32) -> None:
        if shadow is None:
            return
        rows, cols, mask = shadow.grown(blur_m, self._shape)
        part = light if isinstance(light, np.float32) else light[rows, cols]
        taken[rows, cols] += mask * part

    def _filled(self, floor_m: Floats, faces: NDArray[np.int32] | None) -> _Shadow | None:
        cells = floor_m / CELL_M
        low = np.floor(cells.min(axis=0)).astype(int)
        high = np.ceil(cells.max(axis=0)).astype(int) + 1
        low, high = np.maximum(low, (0, 0)), np.minimum(high, (self._shape[1], self._shape[0]))
        if (high - low < 1).any():
            return None
        return _Shadow(
            int(low[0]), int(low[1]), filled(cells - low, faces, (int(high[0] - low[0]), int(high[1] - low[1])))
        )

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


def filled(points: Floats, faces: NDArray[np.int32] | None, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask of 0 and 1, (height, width) for ``size`` (width, height), of projected triangles.

    Without ``faces`` the points themselves are set and gaps of one cell closed.
    """
    import cv2

    mask = np.zeros((size[1], size[0]), np.uint8)
    if faces is not None and len(faces) <= _TRIANGLES_MOST:
        sixteenths = np.round(np.clip(points[faces], -2000, 4000) * 16).astype(np.int32)
        for triangle in sixteenths:
            cv2.fillConvexPoly(mask, triangle, 1, lineType=cv2.LINE_8, shift=4)
        return mask
    cells = np.floor(points).astype(int)
    inside = ((cells >= 0) & (cells < size)).all(axis=1)
    mask[cells[inside, 1], cells[inside, 0]] = 1
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)


def _own_faces(batch: Batch, start: int, end: int) -> NDArray[np.int32]:
    mine = (batch.faces[:, 0] >= start) & (batch.faces[:, 0] < end)
    return batch.faces[mine] - np.int32(start)


def _blurred(mask: Floats, sigma_m: float) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma_m / CELL_M), np.float32)
