"""Boxes that nobody followed explains: which of them are one new person?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Flags, Rows
from tracking.people_filter import invert_2x2


def clusters(position_m: Array, cov_m2: Array, camera: NDArray[np.int64], gate: float) -> list[Rows]:
    """Group left-over observations of different cameras that can be one person.

    Greedy from the most certain one: each cluster takes from every other camera at most the nearest
    observation inside the gate. Returns index arrays, the seed first.
    """
    n = len(camera)
    if n < 2:
        return [np.arange(n)] * n
    distance2 = _mahalanobis2(position_m, cov_m2)
    distance2[camera[:, None] == camera[None]] = np.inf
    order = np.argsort(cov_m2[:, 0, 0] + cov_m2[:, 1, 1], kind="stable")
    nearest: Flags = np.logical_or.reduce(distance2 <= gate, axis=1)
    free = np.ones(n, bool)
    out: list[Rows] = []
    for seed in order.tolist():
        if not free[seed]:
            continue
        free[seed] = False
        members = [seed]
        if nearest[seed]:
            row = np.where(free, distance2[seed], np.inf)
            for other in np.argsort(row, kind="stable").tolist():
                if row[other] > gate:
                    break
                if not (camera[members] == camera[other]).any():
                    members.append(other)
                    free[other] = False
        out.append(np.array(members, np.int64))
    return out


def fuse(position_m: Array, cov_m2: Array) -> tuple[Array, Array]:
    """Mean (2,) and covariance (2, 2) of independent observations (k, 2), (k, 2, 2) of one point."""
    information, _ = invert_2x2(cov_m2)
    cov, _ = invert_2x2(information.sum(axis=0))
    mean: Array = cov @ (information @ position_m[..., None])[..., 0].sum(axis=0)
    return mean, cov


def _mahalanobis2(position_m: Array, cov_m2: Array) -> Array:
    inverse, _ = invert_2x2(cov_m2[:, None] + cov_m2[None])
    off = position_m[:, None] - position_m[None]
    out: Array = (off * (inverse @ off[..., None])[..., 0]).sum(axis=2)
    return out
