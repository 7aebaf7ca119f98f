"""One hoist's unscented Kalman filter: every kind of measurement is a measurement function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from filterpy.kalman import MerweScaledSigmaPoints, UnscentedKalmanFilter

from calibration.camera import Array, Camera
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion
from tracking.associate import gate_of

Measure = Callable[[Array], Array]
"""States (n, 10) to what a sensor would say of each, (n, k)."""
_LONGEST_STEP_S = 0.25
_LONGEST_AHEAD_S = 10.0
_VARIANCE_FLOOR = 1e-10


class HoistFilter:
    """State and covariance of one hoist at one time; see ``hoist_motion`` for the state vector.

    Args:
        trolley_m, sigma_m: floor place (2,) of the trolley at ``time_s`` and its standard deviation.
        hook: height of the hook and its standard deviation, m; the middle of its range if unknown.
    """

    def __init__(
        self,
        hoist: Hoist,
        policy: Policy,
        time_s: float,
        trolley_m: Array,
        sigma_m: float,
        hook: tuple[float, float] | None = None,
    ) -> None:
        self._hoist, self._policy = hoist, policy
        self.time_s = time_s
        # alpha 0.5, kappa 0: weights stay moderate in ten dimensions, so covariances stay positive.
        points = MerweScaledSigmaPoints(motion.STATES, alpha=0.5, beta=2.0, kappa=0.0)
        self._ukf: Any = UnscentedKalmanFilter(
            dim_x=motion.STATES, dim_z=2, dt=0.1, hx=None, fx=motion.moved, points=points
        )
        self._ukf.cross_variance = self._cross_variance
        self._points: tuple[Array, Array, Array] | None = None
        low, high = hoist.hook_height_m
        hook_m, hook_sigma_m = hook or ((low + high) / 2, (high - low) / 2 + 0.01)
        state = np.zeros(motion.STATES)
        state[[motion.X, motion.Y]] = trolley_m
        state[motion.L] = hoist.beam_height_m - hook_m
        self._ukf.x = motion.inside_reach(state, hoist)
        travel, lift = hoist.travel_speed_mps[1], hoist.hoist_speed_mps[1]
        sigma = np.full(motion.STATES, 0.05)
        sigma[[motion.X, motion.Y]] = sigma_m
        sigma[[motion.VX, motion.VY]] = max(travel, 0.05)
        sigma[[motion.L, motion.VL]] = hook_sigma_m, max(lift, 0.02)
        self._ukf.P = np.diag(sigma**2)
        self._ahead: tuple[float, Array, Array] | None = None
        self._limits = motion.limits(hoist)
        self._gates = {n: gate_of(policy.hoist_gate_probability, n) for n in (1, 2, 3)}

    @property
    def state(self) -> Array:
        """(10,) mean at ``time_s``."""
        mean: Array = self._ukf.x
        return mean

    @property
    def cov(self) -> Array:
        """(10, 10) covariance at ``time_s``."""
        cov: Array = self._ukf.P
        return cov

    def predict_to(self, time_s: float) -> None:
        """Move on to ``time_s``; earlier times change nothing."""
        self._ukf.x, self._ukf.P = self.at(time_s)
        self.time_s = max(self.time_s, time_s)
        self._ahead = None

    def at(self, time_s: float) -> tuple[Array, Array]:
        """Mean and covariance at a later time, the filter unchanged, in steps short against the swing.

        Goes on from where the last call ended, so that a hoist without news costs one step a tick.
        Over a longer pause it moves ``_LONGEST_AHEAD_S`` only: nothing is known by then, and a night
        in steps of a quarter second would stop the core for minutes.
        """
        start_s, x, p = self._ahead or (self.time_s, self._ukf.x, self._ukf.P)
        if start_s > time_s:
            start_s, x, p = self.time_s, self._ukf.x, self._ukf.P
        ahead_s = min(time_s - start_s, _LONGEST_AHEAD_S)
        if ahead_s <= 1e-9:
            return x, p
        kept = self._ukf.x, self._ukf.P
        self._ukf.x, self._ukf.P = x, p
        steps = int(np.ceil(ahead_s / _LONGEST_STEP_S))
        dt_s = ahead_s / steps
        for _ in range(steps):
            self._ukf.Q = motion.noise(self._ukf.x, dt_s, self._hoist, self._policy)
            self._ukf.predict(dt=dt_s)
            mean, cov = motion.within_limits(self._ukf.x, self._ukf.P, *self._limits)
            self._ukf.x = motion.inside_reach(mean, self._hoist)
            self._ukf.P = _positive(cov)
        self._ahead = time_s, self._ukf.x, self._ukf.P
        self._ukf.x, self._ukf.P = kept
        return self._ahead[1], self._ahead[2]

    def correct(self, z: Array, cov: Array, measure: Measure) -> bool:
        """Take a measurement (k,) with covariance (k, k); False if it lies beyond the gate and is left out."""
        before = self._ukf.x, self._ukf.P
        # filterpy keeps the sigma points of the last prediction; a further measurement needs its own.
        self._ukf.sigmas_f = self._sigma_points()
        # filterpy asks point by point for what was worked out for all points at once.
        seen = iter(measure(self._ukf.sigmas_f))
        self._ukf.update(np.asarray(z, float), R=cov, hx=lambda _: next(seen))
        distance2 = float(self._ukf.y @ self._ukf.SI @ self._ukf.y)
        if not np.isfinite(distance2) or distance2 > self._gates[len(z)]:
            self._ukf.x, self._ukf.P = before
            return False
        self._ukf.x = motion.inside_reach(self._ukf.x, self._hoist)
        self._ukf.P = _positive(self._ukf.P)
        self._ahead = None
        return True

    def expected(self, measure: Measure) -> tuple[Array, Array]:
        """Mean (k,) and covariance (k, k) of what a sensor without noise would say, by the same sigma points."""
        seen = measure(self._sigma_points())
        mean: Array = self._ukf.Wm @ seen
        off = seen - mean
        cov: Array = (self._ukf.Wc[:, None] * off).T @ off
        return mean, cov

    def distance2(self, z: Array, cov: Array, measure: Measure) -> float:
        """Squared Mahalanobis distance of a measurement, nothing changed."""
        return distance2(z, cov, *self.expected(measure))

    def _sigma_points(self) -> Array:
        """(21, 10) of the state as it is, kept as long as it stays so."""
        x, p = self._ukf.x, self._ukf.P
        if self._points is None or self._points[0] is not x or self._points[1] is not p:
            self._points = x, p, self._ukf.points_fn.sigma_points(x, p)
        return self._points[2]

    def _cross_variance(self, x: Array, z: Array, sigmas_x: Array, sigmas_z: Array) -> Array:
        """filterpy's sum over sigma points as one product."""
        product: Array = (self._ukf.Wc[:, None] * (sigmas_x - x)).T @ (sigmas_z - z)
        return product


def distance2(z: Array, cov: Array, expected: Array, expected_cov: Array) -> float:
    """Squared Mahalanobis distance between a measurement (k,) and what was expected of it."""
    off = np.asarray(z, float) - expected
    return float(off @ np.linalg.solve(expected_cov + cov, off))


def hook_position(hoist: Hoist) -> Measure:
    """Hook position (3,) in metres."""
    return lambda s: motion.hook_of(s, hoist.beam_height_m)


def hook_floor(hoist: Hoist) -> Measure:
    """Hook position (2,) on the floor plan."""
    return lambda s: motion.hook_of(s, hoist.beam_height_m)[..., :2]


def trolley_floor(state: Array) -> Array:
    """Trolley position (2,) on the floor plan."""
    at: Array = state[..., [motion.X, motion.Y]]
    return at


def hook_height(hoist: Hoist) -> Measure:
    """Hook height (1,) above the floor."""
    return lambda s: motion.hook_of(s, hoist.beam_height_m)[..., 2:]


def pixel(hoist: Hoist, camera: Camera, drop_m: float) -> Measure:
    """Pixel (2,) of the point ``drop_m`` below the hook, in a camera without distortion."""
    pinhole = camera.pinhole
    return lambda s: _seen(pinhole, motion.below_hook(s, hoist.beam_height_m, drop_m))


def trolley_pixel(hoist: Hoist, camera: Camera) -> Measure:
    """Pixel (2,) of the trolley, in a camera without distortion."""
    pinhole = camera.pinhole
    height = hoist.beam_height_m
    return lambda s: _seen(
        pinhole, np.concatenate([s[..., [motion.X, motion.Y]], np.full((*s.shape[:-1], 1), height)], axis=-1)
    )


def _seen(pinhole: Array, points_m: Array) -> Array:
    """World points (..., 3) through a (3, 4) projection; NaN behind the camera."""
    seen = points_m @ pinhole[:, :3].T + pinhole[:, 3]
    depth = np.where(seen[..., 2:] > 1e-6, seen[..., 2:], np.nan)
    pixels: Array = seen[..., :2] / depth
    return pixels


def _positive(cov: Array) -> Array:
    """The covariance made symmetric, with no eigenvalue below a floor."""
    cov = (cov + cov.T) / 2
    values, vectors = np.linalg.eigh(cov)
    if values[0] >= _VARIANCE_FLOOR:
        return cov
    fixed: Array = (vectors * np.maximum(values, _VARIANCE_FLOOR)) @ vectors.T
    return fixed
