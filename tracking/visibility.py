"""How likely each camera is to find a person standing at a place: in view, hidden, or out of sight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from calibration.coverage import coverage_map
from calibration.site import Site

_CHEST_M = 1.2
_IN_VIEW = 0.85
_BEHIND_SOMEBODY = 0.35
_BODY_WIDTH_OF_HEIGHT = 0.35


class Visibility:
    """Detection probability by camera and place, for tracks as they stand now.

    Sources that are no cameras of the site (imports, tags) say nothing by silence: probability 0.
    """

    def __init__(self, site: Site) -> None:
        self._map = coverage_map(site, height_m=_CHEST_M) if site.camera else None
        self._cameras = {c.name: (i, Camera.from_table(c)) for i, c in enumerate(site.camera)}
        self._height_m = site.policy.person_height_m

    def detection(self, source: str, position_m: Array) -> Array:
        """(n,) probability that ``source`` finds people at floor positions (n, 2) in one look."""
        if source not in self._cameras or self._map is None or not len(position_m):
            return np.zeros(len(position_m))
        index, camera = self._cameras[source]
        seen = self._seen(index, position_m)
        out = np.where(seen, _IN_VIEW, 0.0)
        if seen.sum() > 1:
            out[seen & self._behind(camera, position_m)] = _BEHIND_SOMEBODY
        return out

    def _seen(self, index: int, position_m: Array) -> NDArray[np.bool_]:
        assert self._map is not None
        with np.errstate(invalid="ignore"):
            cells = np.floor((position_m - self._map.origin_m) / self._map.cell_m)
        rows, cols = self._map.count.shape
        inside = (cells[:, 0] >= 0) & (cells[:, 0] < cols) & (cells[:, 1] >= 0) & (cells[:, 1] < rows)
        out = np.zeros(len(position_m), bool)
        col, row = cells[inside].astype(int).T
        out[inside] = self._map.seen_by[index, row, col]
        return out

    def _behind(self, camera: Camera, position_m: Array) -> NDArray[np.bool_]:
        """(n,) whether somebody nearer to the camera stands in front of each person."""
        n = len(position_m)
        points = np.zeros((2 * n, 3))
        points[:n, :2] = points[n:, :2] = position_m
        points[n:, 2] = self._height_m
        px = camera.project(points)
        foot, head = px[:n], px[n:]
        with np.errstate(invalid="ignore"):
            half = 0.5 * _BODY_WIDTH_OF_HEIGHT * (foot[:, 1] - head[:, 1])
            aside = np.abs(foot[:, None, 0] - foot[None, :, 0])
            nearer = (foot[None, :, 1] > foot[:, None, 1] + 1.0) & (head[None, :, 1] < foot[:, None, 1])
            hidden = nearer & (aside < 0.7 * (half[:, None] + half[None]))
        return np.asarray(hidden.any(axis=1), dtype=np.bool_)
