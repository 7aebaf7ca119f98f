"""One hoist's unscented Kalman filter: every kind of measurement is a measurement function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from calibration.camera import Array, Camera
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion
from tracking import unscented
from tracking.associate import gate_of
from tracking.hoist_unrest import Unrest
from tracking.unscented import Belief, Expected

Measure = Callable[[Array], Array]
"""States (n, 10) to what a sensor would say of each, (n, k)."""
_LONGEST_STEP_S = 0.25
_LONGEST_AHEAD_S = 10.0
_OFF_BEAM_M = 0.02
_BY = unscented.weights(motion.STATES)


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement (k,) with its noise (k, k), and how a hoist's state would make it."""

    z: Array
    noise: Array
    measure: Measure


class HoistFilter:
    """State and covariance of one hoist at one time; see ``hoist_motion`` for the state vector.

    Args:
        trolley_m, sigma_m: floor place (2,) of the trolley at ``time_s`` and its standard deviation, or
            the covariance (3, 3) of that place and the hook's height.
        hook: height of the hook and its standard deviation, m; the middle of its range if unknown.
    """

    def __init__(
        self,
        hoist: Hoist,
        policy: Policy,
        time_s: float,
        trolley_m: Array,
        sigma_m: float | Array,
        hook: tuple[float, float] | None = None,
    ) -> None:
        self._hoist, self._policy = hoist, policy
        self.time_s = time_s
        low, high = hoist.hook_height_m
        hook_m, hook_sigma_m = hook or ((low + high) / 2, max((high - low) / 2, motion.ROPE_SIGMA_M))
        state = np.zeros(motion.STATES)
        state[[motion.X, motion.Y]] = trolley_m
        state[motion.L] = hoist.beam_height_m - hook_m
        travel, lift = hoist.travel_speed_mps[1], hoist.hoist_speed_mps[1]
        cov = np.diag(np.full(motion.STATES, 0.05**2))
        place = np.ix_([motion.X, motion.Y, motion.L], [motion.X, motion.Y, motion.L])
        if isinstance(sigma_m, np.ndarray):
            down = np.array([1.0, 1.0, -1.0])
            cov[place] = sigma_m * np.outer(down, down)
        else:
            cov[place] = np.diag([sigma_m**2, sigma_m**2, hook_sigma_m**2])
        cov[[motion.VX, motion.VY], [motion.VX, motion.VY]] = max(travel, 0.05) ** 2
        cov[motion.VL, motion.VL] = max(lift, 0.001) ** 2
        self._belief = unscented.belief(motion.inside_reach(state, hoist), _on_beam(cov, hoist))
        self._ahead: tuple[float, Belief] | None = None
        self._limits = motion.limits(hoist)
        self._unrest = Unrest()

    @property
    def state(self) -> Array:
        """(10,) mean at ``time_s``."""
        return self._belief.mean

    @property
    def cov(self) -> Array:
        """(10, 10) covariance at ``time_s``."""
        return self._belief.cov

    def copy(self) -> HoistFilter:
        """One that goes its own way from here on; beliefs are never changed in place, so it costs nothing."""
        other = object.__new__(HoistFilter)
        other._hoist, other._policy, other._limits = self._hoist, self._policy, self._limits
        other.time_s, other._belief, other._ahead = self.time_s, self._belief, self._ahead
        other._unrest = self._unrest
        return other

    def of_hoist(self, hoist: Hoist) -> HoistFilter:
        """A copy under another table of the same hoist: the hook stays in its place, whatever the beam's height."""
        other = self.copy()
        mean, cov = self._belief.mean.copy(), self._belief.cov
        mean[motion.L] = max(mean[motion.L] + hoist.beam_height_m - self._hoist.beam_height_m, motion.ROPE_MIN_M)
        other._hoist, other._limits, other._ahead = hoist, motion.limits(hoist), None
        other._belief = unscented.belief(motion.inside_reach(mean, hoist), _on_beam(cov, hoist))
        return other

    def predict_to(self, time_s: float) -> None:
        """Move on to ``time_s``; earlier times change nothing."""
        if time_s <= self.time_s:
            return
        self._belief = self._at(time_s)
        self.time_s, self._ahead = time_s, None

    def at(self, time_s: float) -> tuple[Array, Array]:
        """Mean and covariance at a later time, the filter unchanged, in steps short against the swing.

        Goes on from where the last call ended, so that a hoist without news costs one step a tick.
        Over a longer pause it moves ``_LONGEST_AHEAD_S`` only: nothing is known by then, and a night
        in steps of a quarter second would stop the core for minutes.
        """
        ahead = self._at(time_s)
        return ahead.mean, ahead.cov

    def correct(self, z: Array, cov: Array, measure: Measure) -> bool:
        """Take a measurement (k,) with covariance (k, k); False if it lies beyond the gate and is left out."""
        return self.correct_all([Reading(np.asarray(z, float), cov, measure)])[0]

    def correct_all(self, readings: Sequence[Reading]) -> list[bool]:
        """Take readings of one time together; says of each whether it lay within its gate and was taken."""
        what = self.expected_all([r.measure for r in readings])
        return self.take(readings, what, [True] * len(readings))

    def expected_all(self, measures: Sequence[Measure]) -> Expected:
        """What sensors without noise would say, one after the other, by the same sigma points."""
        if len(measures) == 1:
            return unscented.expected(self._belief, _BY, measures[0])
        return unscented.expected(self._belief, _BY, lambda s: np.concatenate([m(s) for m in measures], axis=1))

    def take(self, readings: Sequence[Reading], what: Expected, wanted: Sequence[bool]) -> list[bool]:
        """Correct by those wanted readings that lie within their gates; ``what`` is expected of all of them."""
        taken, rows, at = [], [], 0
        for reading, want in zip(readings, wanted, strict=True):
            here = slice(at, at + len(reading.z))
            at += len(reading.z)
            far = unscented.distance2(reading.z, reading.noise, what.mean[here], what.cov[here, here])
            taken.append(want and far <= _gate(self._policy.hoist_gate_probability, len(reading.z)))
            rows += [taken[-1]] * len(reading.z)
        if not any(taken):
            return taken
        z = np.concatenate([r.z for r, use in zip(readings, taken, strict=True) if use])
        noise = np.zeros((len(z), len(z)))
        at = 0
        for reading, use in zip(readings, taken, strict=True):
            if use:
                noise[at : at + len(reading.z), at : at + len(reading.z)] = reading.noise
                at += len(reading.z)
        if not all(rows):
            keep = np.flatnonzero(rows)
            what = Expected(what.mean[keep], what.cov[np.ix_(keep, keep)], what.cross[:, keep])
        before = self._belief
        mean, cov = unscented.updated(before, what, z, noise)
        self._unrest = self._unrest.after(self.time_s, before, mean, cov)
        self._belief = unscented.belief(motion.inside_reach(motion.slowed(mean, cov, self._hoist), self._hoist), cov)
        self._ahead = None
        return taken

    def distance2(self, z: Array, cov: Array, measure: Measure) -> float:
        """Squared Mahalanobis distance of a measurement, nothing changed."""
        what = self.expected_all([measure])
        return unscented.distance2(np.asarray(z, float), cov, what.mean, what.cov)

    def _at(self, time_s: float) -> Belief:
        start_s, belief = self._ahead or (self.time_s, self._belief)
        if start_s > time_s:
            start_s, belief = self.time_s, self._belief
        ahead_s = min(time_s - start_s, _LONGEST_AHEAD_S)
        if ahead_s <= 1e-9:
            return belief
        steps = int(np.ceil(ahead_s / _LONGEST_STEP_S))
        dt_s = ahead_s / steps
        for _ in range(steps):
            noise = motion.noise(belief.mean, dt_s, self._hoist, self._policy, self._unrest.factor)
            swing2 = motion.swing_rad2(belief.mean)
            move = partial(motion.moved_all, dt_s=dt_s, swing2=swing2)
            mean, cov = unscented.predicted(belief, _BY, move, noise)
            mean, cov = motion.within_limits(mean, cov, *self._limits)
            belief = unscented.belief(motion.inside_reach(motion.slowed(mean, cov, self._hoist), self._hoist), cov)
        self._ahead = time_s, belief
        return belief


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


@lru_cache(maxsize=32)
def _gate(probability: float, dimensions: int) -> float:
    return gate_of(probability, dimensions)


def _on_beam(cov: Array, hoist: Hoist) -> Array:
    """The covariance (10, 10) with a monorail's trolley, and its speed, on its beam."""
    if hoist.kind != "monorail":
        return cov
    (east, north), *_ = motion.drive_axes(hoist)
    along = np.array([[east * east, east * north], [east * north, north * north]])
    to = np.eye(motion.STATES)
    for x, y in ((motion.X, motion.Y), (motion.VX, motion.VY)):
        to[np.ix_([x, y], [x, y])] = along
    out: Array = to @ cov @ to.T
    across = np.eye(2) - along
    for x, y in ((motion.X, motion.Y), (motion.VX, motion.VY)):
        out[np.ix_([x, y], [x, y])] += _OFF_BEAM_M**2 * across
    return out
