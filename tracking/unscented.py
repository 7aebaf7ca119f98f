"""Unscented Kalman steps with all sigma points at once: what filterpy's filter does point by point.

Julier and Uhlmann's transform with van der Merwe's scaled points. The steps equal those of filterpy's
``UnscentedKalmanFilter`` with ``MerweScaledSigmaPoints`` (a property test holds them to 1e-9) in a fraction
of its time, because motion and measurement are asked for all points in one call. ``root`` is the lower
Cholesky factor of a covariance; filterpy's points lie in the same directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array

ALPHA, BETA, KAPPA = 0.5, 2.0, 0.0
"""Weights stay moderate in ten dimensions, so that covariances stay positive."""
_VARIANCE_FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class Weights:
    """Of 2n + 1 sigma points: their spread, and their weights for mean and covariance, each (2n + 1,)."""

    scale: float
    mean: Array
    cov: Array


def weights(n: int) -> Weights:
    """λ = α²(n + κ) − n; the centre weighs λ/(n + λ), and 1 − α² + β more in the covariance, others 1/(2(n + λ))."""
    spread = ALPHA**2 * (n + KAPPA) - n
    mean = np.full(2 * n + 1, 0.5 / (n + spread))
    mean[0] = spread / (n + spread)
    cov = mean.copy()
    cov[0] += 1.0 - ALPHA**2 + BETA
    return Weights(float(np.sqrt(n + spread)), mean, cov)


@dataclass(frozen=True, slots=True)
class Belief:
    """A Gaussian: mean (n,), covariance (n, n), its lower Cholesky factor."""

    mean: Array
    cov: Array
    root: Array


def belief(mean: Array, cov: Array) -> Belief:
    """The Gaussian with its covariance made symmetric, and positive where rounding or a limit left it otherwise."""
    even: Array = (cov + cov.T) / 2
    try:
        return Belief(mean, even, _cholesky(even))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(even)
        # Twice the floor: what is put together again must not fall below it by rounding.
        mended: Array = np.asarray((vectors * np.maximum(values, 2 * _VARIANCE_FLOOR)) @ vectors.T, np.float64)
        return Belief(mean, mended, _cholesky(mended + _VARIANCE_FLOOR * np.eye(len(mended))))


def _cholesky(cov: Array) -> Array:
    lower: Array = np.asarray(np.linalg.cholesky(cov), dtype=np.float64)
    return lower


def sigma_points(of: Belief, by: Weights) -> Array:
    """(2n + 1, n): the mean, then ± the scaled columns of the root."""
    off = by.scale * of.root.T
    points: Array = np.concatenate([of.mean[None], of.mean + off, of.mean - off])
    return points


def predicted(of: Belief, by: Weights, move: Callable[[Array], Array], noise: Array) -> tuple[Array, Array]:
    """Mean and covariance after ``move`` of states (m, n) to (m, n), with process noise (n, n)."""
    moved = move(sigma_points(of, by))
    mean = by.mean @ moved
    off = moved - mean
    cov: Array = (by.cov[:, None] * off).T @ off + noise
    return mean, cov


@dataclass(frozen=True, slots=True)
class Expected:
    """What a sensor without noise would say: mean (k,), covariance (k, k), and that with the state (n, k)."""

    mean: Array
    cov: Array
    cross: Array


def expected(of: Belief, by: Weights, measure: Callable[[Array], Array]) -> Expected:
    """The measurement function of states (m, n) to (m, k) seen through the sigma points."""
    points = sigma_points(of, by)
    seen = measure(points)
    mean = by.mean @ seen
    off = by.cov[:, None] * (seen - mean)
    return Expected(mean, off.T @ (seen - mean), (points - of.mean).T @ off)


def updated(of: Belief, what: Expected, z: Array, noise: Array) -> tuple[Array, Array]:
    """Mean and covariance after a measurement (k,) with noise (k, k): x + K(z − ẑ), P − K S Kᵀ."""
    spread = what.cov + noise
    gain = np.linalg.solve(spread.T, what.cross.T).T
    return of.mean + gain @ (z - what.mean), of.cov - gain @ spread @ gain.T


def distance2(z: Array, noise: Array, mean: Array, cov: Array) -> float:
    """Squared Mahalanobis distance between a measurement (k,) and what was expected of it; inf if undefined."""
    off = z - mean
    spread = cov + noise
    if len(off) == 2:
        a, b, c, d = spread[0, 0], spread[0, 1], spread[1, 0], spread[1, 1]
        determinant = a * d - b * c
        u, v = off
        value = float((d * u * u - (b + c) * u * v + a * v * v) / determinant) if determinant > 0 else np.inf
    else:
        value = float(off @ np.linalg.solve(spread, off)) if np.isfinite(spread).all() else np.inf
    return value if np.isfinite(value) else np.inf
