"""How often does a source that measures in metres find somebody who is there? Learned, place by place.

Of a camera the site says where it looks. Of a tag system, a radar or an import nobody says it, but who
is followed shows it: a source that finds nearly everybody somewhere speaks against somebody whom it
does not find there; a source that finds some, or none yet, says little by silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags, Rows
from calibration.site import PolygonM

_CELL_M = 4.0
_MOST = 0.9
"""No source is so sure that its silence says more."""
_UNHEARD_LOOKS = 20.0
"""Looks at people, in vain, that a source is taken to have had before its first one."""
_FLOOR_LOOKS = 4.0
"""So many looks at one place weigh as much as what is known of the whole floor."""
_REMEMBERED_LOOKS = 200.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Square places on a floor; the last cell stands for the whole of it."""

    origin_m: tuple[float, float]
    cols: int
    rows: int

    @classmethod
    def over(cls, boundary_m: PolygonM) -> Grid:
        corners = np.asarray(boundary_m)
        low, size = corners.min(axis=0), np.ptp(corners, axis=0)
        cols, rows = (max(1, int(np.ceil(s / _CELL_M))) for s in size)
        return cls((float(low[0]), float(low[1])), cols, rows)

    @property
    def cells(self) -> int:
        return self.cols * self.rows + 1

    def cell_of(self, place_m: Array) -> Rows:
        """(n,) cell of each place (n, 2), of the nearest one where it is off the floor."""
        at = np.nan_to_num((place_m - self.origin_m) / _CELL_M).astype(np.int64)
        col, row = np.clip(at, 0, (self.cols - 1, self.rows - 1)).T
        out: Rows = row * self.cols + col
        return out


@dataclass(frozen=True, slots=True)
class HitRates:
    """``found`` and ``looked`` (sources, cells): how often each looked at somebody, and found them."""

    found: Array
    looked: Array

    @classmethod
    def none(cls, cells: int) -> HitRates:
        """No source yet."""
        return cls(np.zeros((0, cells)), np.zeros((0, cells)))

    def with_sources(self, more: int) -> HitRates:
        nothing = np.zeros((more, self.found.shape[1]))
        return HitRates(np.concatenate([self.found, nothing]), np.concatenate([self.looked, nothing]))

    def rate(self, source: Rows, cell: Rows) -> Array:
        """(sources, n) how probably each of ``source`` finds somebody at ``cell`` (n,) in one look."""
        floor = self.found[source, -1:] / (self.looked[source, -1:] + _UNHEARD_LOOKS)
        at = source[:, None], cell[None]
        here = (self.found[at] + _FLOOR_LOOKS * floor) / (self.looked[at] + _FLOOR_LOOKS)
        return np.minimum(here, _MOST)

    def counted(self, source: Rows, cell: Rows, hit: Flags) -> HitRates:
        """After a look of each of ``source`` at people in ``cell`` (n,), of whom it found ``hit`` (sources, n)."""
        if not len(cell) or not len(source):
            return self
        cells = self.found.shape[1]
        found, looked = self.found.copy(), self.looked.copy()
        here = np.bincount(cell, minlength=cells).astype(np.float64)
        here[-1] = len(cell)
        for k, row in enumerate(source.tolist()):
            got = np.bincount(cell, hit[k], minlength=cells)
            got[-1] = hit[k].sum()
            found[row] += got
            looked[row] += here
        forget = np.where(looked > _REMEMBERED_LOOKS, 0.5, 1.0)
        return HitRates(found * forget, looked * forget)
