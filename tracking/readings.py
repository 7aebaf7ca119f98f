"""All that several sources saw of people at one instant, as one table of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags, Rows
from tracking.observe import PersonFrame

_SURELY = 1e-300


@dataclass(frozen=True, slots=True)
class Readings:
    """m boxes or points. ``camera`` (m,) is the row of each in ``sources``.

    ``foot`` and ``head`` are (5, m): x, y and the covariance's xx, xy, yy (head: of a body of the assumed
    height, by pixel noise alone); ``slope`` (2, m) moves the head by height. ``log_foot``, ``log_head``
    (m,): prior of either reading. ``tall_m``, ``tall_var_m2`` (m,): body height by the foot, NaN if unknown.
    ``clear`` (m,): the box shows a whole body. ``colour`` (m, 6): clothes, NaN if unknown.
    """

    sources: tuple[str, ...]
    camera: Rows
    position_m: Array
    cov_m2: Array
    height_m: Array
    floor_m: Array
    top_m: Array
    foot: Array
    head: Array
    slope: Array
    log_foot: Array
    log_head: Array
    tall_m: Array
    tall_var_m2: Array
    clear: Flags
    colour: Array

    def __len__(self) -> int:
        return len(self.camera)


def readings_of(frames: Sequence[PersonFrame]) -> Readings:
    """One table of the frames of one instant, each of another source, in their order."""
    hidden = np.concatenate([f.hidden for f in frames])
    return Readings(
        sources=tuple(f.source for f in frames),
        camera=np.repeat(np.arange(len(frames)), [len(f) for f in frames]),
        position_m=np.concatenate([f.position_m for f in frames]),
        cov_m2=np.concatenate([f.cov_m2 for f in frames]),
        height_m=np.concatenate([f.height_m for f in frames]),
        floor_m=np.concatenate([f.floor_m for f in frames]),
        top_m=np.concatenate([f.top_m for f in frames]),
        foot=_columns([f.foot_m for f in frames], [f.foot_cov_m2 for f in frames]),
        head=_columns([f.head_m for f in frames], [f.head_cov_m2 for f in frames]),
        slope=np.concatenate([f.head_slope for f in frames]).T.copy(),
        log_foot=np.log(np.maximum(1.0 - hidden, _SURELY)),
        log_head=np.log(np.maximum(hidden, _SURELY)),
        tall_m=np.concatenate([f.tall_m for f in frames]),
        tall_var_m2=np.concatenate([f.tall_sigma_m for f in frames]) ** 2,
        clear=np.concatenate([f.clear for f in frames]),
        colour=np.concatenate([f.colour for f in frames]),
    )


def columns(mean: Array, cov: Array) -> Array:
    """(n, 2) and (n, 2, 2) as (5, n): x, y, xx, xy, yy."""
    out = np.empty((5, len(mean)))
    out[:2] = mean.T
    out[2], out[3], out[4] = cov[:, 0, 0], cov[:, 0, 1], cov[:, 1, 1]
    return out


def _columns(means: list[Array], covs: list[Array]) -> Array:
    return columns(np.concatenate(means), np.concatenate(covs))
