"""Which observation belongs to which track: gate, global assignment, and clusters of the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from calibration.camera import Array
from tracking.people_filter import invert_2x2

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
_FORBIDDEN = 1e9


def gate_of(probability: float, dimensions: int) -> float:
    """Squared Mahalanobis distance that a true pair exceeds with 1 − ``probability``."""
    return float(chi2.ppf(probability, dimensions))


def mahalanobis2(mean_m: Array, cov_m2: Array, position_m: Array, position_cov_m2: Array) -> tuple[Array, Array]:
    """Squared distances and log determinants, both (tracks, observations), of 2-D positions."""
    s = cov_m2[:, None] + position_cov_m2[None]
    inverse, determinant = invert_2x2(s)
    off = position_m[None] - mean_m[:, None]
    return np.einsum("noi,noij,noj->no", off, inverse, off), np.log(determinant)


def assign(distance2: Array, log_det: Array, gate: float) -> Pairs:
    """Least total negative log likelihood over one camera's frame; pairs beyond the gate never match.

    A camera sees a person once, so with all tracks predicted to one time the problem over all
    cameras falls into one such block a camera, and solving the blocks solves the whole.
    """
    if not distance2.size:
        none = np.zeros(0, np.int64)
        return none, none
    cost = distance2 + log_det
    cost = cost - cost.min()
    cost[distance2 > gate] = _FORBIDDEN
    rows, cols = linear_sum_assignment(cost)
    keep = cost[rows, cols] < _FORBIDDEN
    return rows[keep].astype(np.int64), cols[keep].astype(np.int64)


def clusters(position_m: Array, cov_m2: Array, camera: NDArray[np.int64], gate: float) -> list[NDArray[np.int64]]:
    """Group left-over observations of different cameras that can be one person.

    Greedy from the most certain one: each cluster takes from every other camera at most the nearest
    observation inside the gate. Returns index arrays, the seed first.
    """
    order = np.argsort(np.trace(cov_m2, axis1=1, axis2=2), kind="stable")
    free = np.ones(len(order), bool)
    out: list[NDArray[np.int64]] = []
    for seed in order:
        if not free[seed]:
            continue
        free[seed] = False
        members = [int(seed)]
        distance2, _ = mahalanobis2(position_m[[seed]], cov_m2[[seed]], position_m, cov_m2)
        near = free & (distance2[0] <= gate) & (camera != camera[seed])
        for other in np.unique(camera[near]):
            candidates = np.flatnonzero(near & (camera == other))
            best = int(candidates[np.argmin(distance2[0][candidates])])
            members.append(best)
            free[best] = False
        out.append(np.array(members, np.int64))
    return out


def fuse(position_m: Array, cov_m2: Array) -> tuple[Array, Array]:
    """Mean (2,) and covariance (2, 2) of independent observations (k, 2), (k, 2, 2) of one point."""
    information = np.linalg.inv(cov_m2)
    cov = np.linalg.inv(information.sum(axis=0))
    mean: Array = cov @ np.einsum("kij,kj->i", information, position_m)
    return mean, cov
