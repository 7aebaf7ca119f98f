"""How probable it is that the load meets a person, at each time ahead."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from calibration.camera import Array, Rows
from safety.scene import Scene
from safety.stopping import StoppedPaths


def within_probability(offset_m: Array, cov_m2: Array, radius_m: Array | float) -> Array:
    """Probability that a 2-D Gaussian point lies within ``radius_m`` of the origin, from above.

    offset_m (..., 2), cov_m2 (..., 2, 2) broadcast against each other. The disc lies in the square
    around it along the principal axes of the covariance, where the two coordinates are independent,
    and in the strip across the offset: the less probable of the two is taken, never less than the disc.
    """
    a, b, d = cov_m2[..., 0, 0], cov_m2[..., 0, 1], cov_m2[..., 1, 1]
    half, spread = (a + d) / 2, np.hypot((a - d) / 2, b)
    turn = 0.5 * np.arctan2(2 * b, a - d)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = offset_m[..., 0], offset_m[..., 1]
    square = _strip(cos * x + sin * y, half + spread, radius_m) * _strip(cos * y - sin * x, half - spread, radius_m)
    distance2 = x * x + y * y
    along = np.where(distance2 > 1e-18, a * x * x + 2 * b * x * y + d * y * y, a)
    across_offset = _strip(np.sqrt(distance2), along / np.maximum(distance2, 1e-18), radius_m)
    probability: Array = np.minimum(square, np.where(distance2 > 1e-18, across_offset, 1.0))
    return probability


def _strip(middle: Array, variance: Array, radius_m: Array | float) -> Array:
    """Probability that a Gaussian number of that mean and variance lies within ±radius."""
    sigma = np.sqrt(np.maximum(variance, 1e-9))
    inside: Array = ndtr((radius_m - middle) / sigma) - ndtr((-radius_m - middle) / sigma)
    return inside


def contact(scene: Scene, rows: Rows, paths: StoppedPaths, radius_m: float) -> Array:
    """(rows, d, h) probability that the load, on each of d paths, touches each person at each time.

    Spread over a wide area, a person is unlikely to be anywhere, so that the probability falls as a
    track gets worse. Nobody looks safer for that: who is known less well than the load is wide counts
    at least as much as if known so well.
    """
    radii = radius_m + paths.swing_m
    out = mode_mean(scene, rows, radii, paths.sigma_m, paths.offset_m)
    sigma = np.array([scene.people[row].sigma_m for row in rows])
    if (sigma > radius_m).any():
        scale = np.minimum(1.0, (radius_m / np.maximum(sigma, 1e-9)) ** 2)
        out = np.maximum(out, mode_mean(scene, rows, radii, paths.sigma_m, paths.offset_m, scale))
    return out


def mode_mean(
    scene: Scene,
    rows: Rows,
    radius_m: Array,
    sigma_m: Array,
    offset_m: Array | float = 0.0,
    scale: Array | None = None,
) -> Array:
    """(rows, d, h) probability, over motion modes, of being within ``radius_m`` (d, h) of the load.

    ``sigma_m`` (d, h) is that of the load's place, ``offset_m`` (d, h, 2) what it lags behind its
    forecast, ``scale`` (rows,) a factor on people's covariances.
    """
    f = scene.people_forecast
    load = scene.forecast.hook_m[None, :, :2] - offset_m
    relative = f.mean_m[rows][:, :, None] - load[None, None]
    cov = f.cov_m2[rows] if scale is None else f.cov_m2[rows] * scale[:, None, None, None, None]
    spread = cov[:, :, None] + (sigma_m**2)[None, None, :, :, None, None] * np.eye(2)
    each = within_probability(relative, spread, radius_m[None, None])
    mean: Array = np.einsum("nm,nmdh->ndh", f.weight[rows], each)
    return mean
