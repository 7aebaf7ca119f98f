"""Interacting multiple models for many people at once: stand, walk, manoeuvre.

State of each person and mode: [x, y, vx, vy] in m and m/s. Arrays carry people first and modes
second, so that one call filters everybody. The algorithm is Blom and Bar-Shalom's (1988); with one
person it equals filterpy's ``IMMEstimator`` over three ``KalmanFilter``s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array
from calibration.policy import Policy

MODES = 3
STAND, WALK, MANOEUVRE = range(MODES)
_STAND_VELOCITY_MPS = 0.05
_FLOOR_PROBABILITY = 1e-6
_HALTED_MPS, _HALT_TIME_S = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Models:
    """Transition (3, 4, 4), noise (3, 4, 4) and mode switching (3, 3) for one time step."""

    transition: Array
    noise: Array
    switching: Array


@dataclass(frozen=True, slots=True)
class Bank:
    """State of n people: mean (n, 3, 4), covariance (n, 3, 4, 4), mode probability (n, 3)."""

    mean: Array
    cov: Array
    probability: Array

    def __len__(self) -> int:
        return len(self.probability)

    @classmethod
    def empty(cls) -> Bank:
        return cls(np.zeros((0, MODES, 4)), np.zeros((0, MODES, 4, 4)), np.zeros((0, MODES)))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Bank:
        return Bank(self.mean[rows], self.cov[rows], self.probability[rows])

    def joined(self, other: Bank) -> Bank:
        return Bank(
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.cov, other.cov]),
            np.concatenate([self.probability, other.probability]),
        )

    def fused(self) -> tuple[Array, Array]:
        """Mean (n, 4) and covariance (n, 4, 4) of the mixture by its first two moments."""
        weight = self.probability[:, None, :]
        mean = (weight @ self.mean)[:, 0]
        off = self.mean - mean[:, None]
        spread = off.transpose(0, 2, 1) @ (self.probability[..., None] * off)
        return mean, (weight @ self.cov.reshape(-1, MODES, 16)).reshape(-1, 4, 4) + spread


def models(policy: Policy, dt_s: float) -> Models:
    """Motion models for a step of ``dt_s`` ≥ 0.

    Stand: velocity forgotten, position wanders with ``stand_drift_mps``² a second. Walk: constant
    velocity with white acceleration noise (Bar-Shalom, Li & Kirubarajan 2001, eq. 6.2.2-4).
    Manoeuvre: velocity as an Ornstein-Uhlenbeck process (Gillespie 1996), whose reach stays bounded.
    Switching: equal rates out of each mode, so that any dt gives a consistent chain.
    """
    return _models(
        policy.stand_drift_mps,
        policy.walk_acceleration_mps2,
        policy.manoeuvre_speed_mps,
        policy.manoeuvre_time_s,
        policy.mode_dwell_s,
        dt_s,
    )


@lru_cache(maxsize=256)
def _models(
    stand_drift_mps: float,
    walk_acceleration_mps2: float,
    manoeuvre_speed_mps: float,
    manoeuvre_time_s: float,
    mode_dwell_s: float,
    dt_s: float,
) -> Models:
    f = np.zeros((MODES, 2, 2))
    q = np.zeros((MODES, 2, 2))
    f[STAND] = [[1.0, 0.0], [0.0, 0.0]]
    q[STAND] = np.diag([stand_drift_mps**2 * dt_s, _STAND_VELOCITY_MPS**2])
    f[WALK] = [[1.0, dt_s], [0.0, 1.0]]
    power = walk_acceleration_mps2**2
    q[WALK] = power * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    tau, var = manoeuvre_time_s, manoeuvre_speed_mps**2
    decay = np.exp(-dt_s / tau)
    f[MANOEUVRE] = [[1.0, tau * (1 - decay)], [0.0, decay]]
    xx = var * tau * (2 * dt_s - tau * (3 - 4 * decay + decay**2))
    q[MANOEUVRE] = [[xx, var * tau * (1 - decay) ** 2], [var * tau * (1 - decay) ** 2, var * (1 - decay**2)]]
    stay = (1 + (MODES - 1) * np.exp(-MODES / (MODES - 1) * dt_s / mode_dwell_s)) / MODES
    switching = np.full((MODES, MODES), (1 - stay) / (MODES - 1))
    np.fill_diagonal(switching, stay)
    step = Models(transition=_both_axes(f), noise=_both_axes(q), switching=switching)
    for shared in (step.transition, step.noise, step.switching):
        shared.flags.writeable = False
    return step


def _both_axes(blocks: Array) -> Array:
    """(m, 2, 2) over (position, velocity) to (m, 4, 4) over (x, y, vx, vy)."""
    out: Array = np.einsum("mij,ab->miajb", blocks, np.eye(2)).reshape(len(blocks), 4, 4)
    return out


def born(policy: Policy, position_m: Array, cov_m2: Array) -> Bank:
    """People first seen at (n, 2) with covariance (n, 2, 2); velocity unknown but walking at most."""
    n = len(position_m)
    mean = np.zeros((n, MODES, 4))
    mean[:, :, :2] = position_m[:, None]
    cov = np.zeros((n, MODES, 4, 4))
    cov[:, :, :2, :2] = cov_m2[:, None]
    for mode, speed in (
        (STAND, _STAND_VELOCITY_MPS),
        (WALK, policy.walk_speed_mps),
        (MANOEUVRE, policy.walk_speed_mps),
    ):
        cov[:, mode, 2, 2] = cov[:, mode, 3, 3] = (speed / 1.5) ** 2 if mode != STAND else speed**2
    return Bank(mean, cov, np.full((n, MODES), 1.0 / MODES))


def predict(bank: Bank, step: Models) -> Bank:
    """Mix the modes, then move each by its model."""
    if not len(bank):
        return bank
    prior = bank.probability @ step.switching
    weight = step.switching[None] * bank.probability[:, :, None] / prior[:, None, :]
    onto = weight.transpose(0, 2, 1)
    mean = onto @ bank.mean
    off = bank.mean[:, None, :, :] - mean[:, :, None, :]
    spread = off.transpose(0, 1, 3, 2) @ (onto[..., None] * off)
    cov = (onto @ bank.cov.reshape(-1, MODES, 16)).reshape(bank.cov.shape) + spread
    f = step.transition
    moved = (f @ mean[..., None])[..., 0]
    grown = f @ cov @ f.transpose(0, 2, 1) + step.noise
    return Bank(moved, grown, prior)


def halted(bank: Bank, dt_s: float) -> Bank:
    """Whoever walks at no speed stands: such a share of WALK becomes STAND, both by their first two moments.

    Constant velocity explains somebody who stands as well as standing does; its probability then means
    nothing, and those who ask who walks would be misled.
    """
    speed2 = (bank.mean[:, WALK, 2:] ** 2).sum(axis=1) + bank.cov[:, WALK, 2, 2] + bank.cov[:, WALK, 3, 3]
    rows = (speed2 < _HALTED_MPS**2).nonzero()[0]
    if not len(rows) or dt_s <= 0.0:
        return bank
    out = Bank(bank.mean.copy(), bank.cov.copy(), bank.probability.copy())
    stand, walk = bank.probability[rows, STAND], bank.probability[rows, WALK]
    moved = walk * (1.0 - np.exp(-dt_s / _HALT_TIME_S))
    share = (moved / np.maximum(stand + moved, _FLOOR_PROBABILITY))[:, None]
    off = bank.mean[rows, WALK] - bank.mean[rows, STAND]
    out.mean[rows, STAND] += share * off
    wide = share[..., None]
    out.cov[rows, STAND] += wide * (bank.cov[rows, WALK] - bank.cov[rows, STAND])
    out.cov[rows, STAND] += wide * (1.0 - wide) * off[:, :, None] * off[:, None, :]
    out.probability[rows, STAND], out.probability[rows, WALK] = stand + moved, walk - moved
    return out


def update(bank: Bank, rows: NDArray[np.int64], position_m: Array, cov_m2: Array) -> Bank:
    """Correct people ``rows`` (k,) with positions (k, 2) and covariances (k, 2, 2); each row once."""
    if not len(rows):
        return bank
    mean, cov = bank.mean[rows], bank.cov[rows]
    innovation = position_m[:, None] - mean[:, :, :2]
    s = cov[:, :, :2, :2] + cov_m2[:, None]
    inverse, determinant = invert_2x2(s)
    gain = cov[:, :, :, :2] @ inverse
    new_mean = mean + (gain @ innovation[..., None])[..., 0]
    # Joseph form keeps the covariance symmetric and positive whatever the rounding.
    keep = np.broadcast_to(np.eye(4), cov.shape).copy()
    keep[..., :2] -= gain
    new_cov = keep @ cov @ keep.swapaxes(-1, -2) + gain @ cov_m2[:, None] @ gain.swapaxes(-1, -2)
    distance2 = (innovation * (inverse @ innovation[..., None])[..., 0]).sum(axis=2)
    log_likelihood = -0.5 * (distance2 + np.log(determinant))
    log_likelihood -= log_likelihood.max(axis=1, keepdims=True)
    probability = bank.probability[rows] * np.exp(log_likelihood)
    probability = np.maximum(probability / probability.sum(axis=1, keepdims=True), _FLOOR_PROBABILITY)
    probability /= probability.sum(axis=1, keepdims=True)
    out = Bank(bank.mean.copy(), bank.cov.copy(), bank.probability.copy())
    out.mean[rows], out.cov[rows], out.probability[rows] = new_mean, new_cov, probability
    return out


def invert_2x2(matrices: Array) -> tuple[Array, Array]:
    """Inverse and determinant of (..., 2, 2) symmetric matrices, in closed form."""
    a, b, d = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    determinant = a * d - b * b
    inverse = np.empty_like(matrices)
    inverse[..., 0, 0], inverse[..., 1, 1] = d / determinant, a / determinant
    inverse[..., 0, 1] = inverse[..., 1, 0] = -b / determinant
    return inverse, determinant
