"""How likely each camera is to find a person standing at a place: in view, hidden, or out of sight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera, Flags
from calibration.coverage import coverage_map
from calibration.site import Site

_CHEST_M = 1.2
_IN_VIEW = 0.85
_BEHIND_SOMEBODY = 0.35
_BODY_WIDTH_OF_HEIGHT = 0.35
_OVERLAP = 0.7


class Visibility:
    """Detection probability by camera and place, for tracks as they stand now.

    Sources that are no cameras of the site (imports, tags) say nothing by silence: probability 0.
    """

    def __init__(self, site: Site) -> None:
        self._map = coverage_map(site, height_m=_CHEST_M) if site.camera else None
        self._index = {c.name: i for i, c in enumerate(site.camera)}
        # Who stands before whom does not hang on the lens's bend: both are bent alike.
        self._pinhole = np.array([Camera.from_table(c).pinhole for c in site.camera]).reshape(-1, 3, 4)
        self._height_m = site.policy.person_height_m

    def knows(self, source: str) -> bool:
        """Whether a source is a camera of the site."""
        return source in self._index

    def detection(self, source: str, position_m: Array) -> Array:
        """(n,) probability that ``source`` finds people at (n, 2), of whom some hide others, in one look."""
        out: Array = self.detections((source,), position_m, position_m)[0]
        return out

    def detections(self, sources: Sequence[str], position_m: Array, bodies_m: Array) -> Array:
        """(sources, n) probability that each source finds people at (n, 2) in one look.

        bodies_m: (m, 2) where people stand who can hide others; somebody who stands at the very
        place is taken for the person asked about.
        """
        out = np.zeros((len(sources), len(position_m)))
        rows = np.array([k for k, name in enumerate(sources) if name in self._index], np.int64)
        if self._map is None or not len(rows) or not len(position_m):
            return out
        cameras = np.array([self._index[sources[k]] for k in rows], np.int64)
        seen = self._seen(cameras, position_m)
        out[rows] = np.where(seen, _IN_VIEW, 0.0)
        if len(bodies_m):
            out[rows] = np.where(seen & self._behind(cameras, position_m, bodies_m), _BEHIND_SOMEBODY, out[rows])
        return out

    def _seen(self, cameras: NDArray[np.int64], position_m: Array) -> Flags:
        assert self._map is not None
        with np.errstate(invalid="ignore"):
            cells = np.floor((position_m - self._map.origin_m) / self._map.cell_m)
        rows, cols = self._map.count.shape
        inside = (cells[:, 0] >= 0) & (cells[:, 0] < cols) & (cells[:, 1] >= 0) & (cells[:, 1] < rows)
        col, row = np.where(inside[:, None], cells, 0.0).astype(np.int64).T
        seen: Flags = self._map.seen_by[cameras[:, None], row, col] & inside
        return seen

    def _behind(self, cameras: NDArray[np.int64], position_m: Array, bodies_m: Array) -> Flags:
        """(cameras, n) whether somebody nearer to the camera stands in front of each person."""
        u, foot, head = self._bodies(cameras, position_m)
        u_of, foot_of, head_of = self._bodies(cameras, bodies_m)
        half = 0.5 * _OVERLAP * _BODY_WIDTH_OF_HEIGHT * (foot - head)
        half_of = 0.5 * _OVERLAP * _BODY_WIDTH_OF_HEIGHT * (foot_of - head_of)
        with np.errstate(invalid="ignore"):
            nearer = (foot_of[:, None] > foot[:, :, None] + 1.0) & (head_of[:, None] < foot[:, :, None])
            aside = np.abs(u[:, :, None] - u_of[:, None]) < half[:, :, None] + half_of[:, None]
        hidden: Flags = np.logical_or.reduce(nearer & aside, axis=2)
        return hidden

    def _bodies(self, cameras: NDArray[np.int64], position_m: Array) -> tuple[Array, Array, Array]:
        """(cameras, n) column and row of the foot and row of the head, in pixels without lens distortion."""
        p = self._pinhole[cameras]
        foot = p[:, :, :2] @ position_m.T + p[:, :, 3:]
        head = foot + self._height_m * p[:, :, 2:3]
        with np.errstate(divide="ignore", invalid="ignore"):
            return foot[:, 0] / foot[:, 2], foot[:, 1] / foot[:, 2], head[:, 1] / head[:, 2]
