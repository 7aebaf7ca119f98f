"""What is the drive doing, and where will the hook be? A trolley that holds its speed, speeds up or brakes.

A hook that nobody but a camera sees may hang askew or its trolley may be on the move: both look alike until the
swing comes back. What tells them apart early is that a drive does one of three things on each axis, at the ramp
that its machine has. Interacting multiple models (Blom and Bar-Shalom 1988) over those three, each a Kalman
filter of trolley and pendulum, fed by the places at which the hoist filter tells the hook.

Arrays are of 2 axes, 3 modes and 4 states: trolley's place and speed, hook's offset from plumb and its rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion

P, V, U, W = range(4)
HOLDS, FORWARD, BACK = range(3)
MODES = 3
_SEEN = np.array([1.0, 0.0, 1.0, 0.0])
_SIGN = np.array([0.0, 1.0, -1.0])
_LEAST_WEIGHT = 1e-3
_LEAST_STEP_S = 1e-3
_FORGET_S = 1.5
_HOOK_SIGMA_M = 0.05
"""The told places hang together over time, so that each says less than its own sigma claims."""
_TROLLEY_KNOWN_M = 0.06
_AT_REST = np.diag([0.01, 1e-4, 1e-4, 1e-4])
_FOUND = np.diag([0.15**2, 0.2**2, 0.15**2, 0.25**2])
"""A hook that is found on the move may swing, and its trolley travel."""
_TINY = 1e-8 * np.eye(4)


@dataclass(frozen=True, slots=True)
class Drive:
    """Mean (2, 3, 4), covariance (2, 3, 4, 4) and probability (2, 3) by axis and mode; the axes as unit rows (2, 2)."""

    mean: Array
    cov: Array
    weight: Array
    axes: Array
    ramp_mps2: float

    @property
    def velocity_mps(self) -> Array:
        """(2,) of the trolley in the world."""
        along: Array = (self.weight * self.mean[:, :, V]).sum(axis=1)
        world: Array = along @ self.axes
        return world


class DriveModes:
    """Follows what the drive of one hoist does."""

    def __init__(self, hoist: Hoist, policy: Policy) -> None:
        self._ramp = hoist.deceleration_mps2
        east, north = motion.drive_axes(hoist)[0]
        self._axes = np.array([[east, north], [-north, east]])
        holds, ramps = policy.drive_holds_s, policy.drive_ramps_s
        self._may = np.array([len(motion.drive_axes(hoist)) > axis for axis in range(2)])
        self._change = np.array([[0.0, 0.5, 0.5], [0.9, 0.0, 0.1], [0.9, 0.1, 0.0]]) / np.array(
            [[holds], [ramps], [ramps]]
        )
        self._sigma = np.array([policy.drive_unknown_mps2, 0.3 * self._ramp, 0.3 * self._ramp])
        self._at_s = -math.inf
        self._mean = np.zeros((2, MODES, 4))
        self._cov = np.zeros((2, MODES, 4, 4))
        self._weight = np.zeros((2, MODES))

    def step(self, now_s: float, mean: Array, cov: Array, seen: bool, free: bool) -> Drive | None:
        """Take in where the hoist filter, mean (10,) and covariance (10, 10), has the hook at ``now_s``.

        ``seen`` is whether that place is a new one, ``free`` whether the hook can swing: over a load on the floor
        it cannot, and all begins anew once it can. None where the filter knows the trolley itself, by telemetry: then
        it knows better.
        """
        hook = self._axes @ motion.hook_of(mean, 0.0)[:2]
        dt_s = now_s - self._at_s
        if not free:
            self._begin(hook, _AT_REST)
        elif not 0.0 <= dt_s <= _FORGET_S:
            self._begin(hook, _FOUND)
        elif dt_s > _LEAST_STEP_S:
            self._predict(dt_s, float(mean[motion.L]))
            if seen:
                self._correct(hook)
        self._at_s = now_s
        told = float(cov[[motion.X, motion.Y], [motion.X, motion.Y]].max()) < _TROLLEY_KNOWN_M**2
        return None if told else Drive(self._mean, self._cov, self._weight, self._axes, self._ramp)

    def _begin(self, hook: Array, cov: Array) -> None:
        self._mean = np.zeros((2, MODES, 4))
        self._mean[:, :, P] = hook[:, None]
        self._cov = np.broadcast_to(cov, (2, MODES, 4, 4)).copy()
        self._weight = np.where(self._may[:, None], [0.9, 0.05, 0.05], [1.0, 0.0, 0.0])

    def _predict(self, dt_s: float, rope_m: float) -> None:
        change = np.eye(MODES) + dt_s * (self._change - np.diag(self._change.sum(axis=1)))
        change = np.where(self._may[:, None, None], np.clip(change, 0.0, 1.0), np.eye(MODES))
        prior = np.einsum("am,amn->an", self._weight, change)
        share = self._weight[:, :, None] * change / np.maximum(prior, 1e-12)[:, None]
        mixed = np.einsum("amn,ami->ani", share, self._mean)
        off = self._mean[:, :, None] - mixed[:, None]
        cov = np.einsum("amn,amij->anij", share, self._cov) + np.einsum("amn,amni,amnj->anij", share, off, off)
        move, push = moved_by(dt_s, rope_m)
        noise = (self._sigma**2 / dt_s)[:, None, None] * np.outer(push, push)
        self._mean = mixed @ move.T + (_SIGN * self._ramp)[:, None] * push
        self._cov = move @ cov @ move.T + noise * self._may[:, None, None, None] + _TINY
        self._weight = prior

    def _correct(self, hook: Array) -> None:
        """The hook (2,) along both axes."""
        along = self._cov @ _SEEN
        total = along @ _SEEN + _HOOK_SIGMA_M**2
        off = hook[:, None] - self._mean @ _SEEN
        gain = along / total[:, :, None]
        self._mean = self._mean + gain * off[:, :, None]
        self._cov = self._cov - gain[..., None] * along[..., None, :]
        likely = self._weight * np.exp(-0.5 * off**2 / total) / np.sqrt(total)
        weight = likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-300)
        weight = np.where(self._may[:, None], np.maximum(weight, _LEAST_WEIGHT), [1.0, 0.0, 0.0])
        self._weight = weight / weight.sum(axis=1, keepdims=True)


def moved_by(dt_s: float, rope_m: float) -> tuple[Array, Array]:
    """Transition (4, 4) over ``dt_s``, and what an acceleration of 1 m/s² of the trolley adds (4,)."""
    omega = math.sqrt(motion.GRAVITY_MPS2 / max(rope_m, motion.ROPE_MIN_M))
    cos, sin = math.cos(omega * dt_s), math.sin(omega * dt_s)
    move = np.eye(4)
    move[P, V] = dt_s
    move[U:, U:] = [[cos, sin / omega], [-omega * sin, cos]]
    push = np.array([dt_s**2 / 2, dt_s, -(1 - cos) / omega**2, -sin / omega])
    return move, push


@dataclass(frozen=True, slots=True)
class Ahead:
    """Hook (h, 2) and trolley (h, 2) in the world if the drive goes on, and variance (h,) of the hook an axis."""

    hook_m: Array
    trolley_m: Array
    variance_m2: Array


def ahead_of(drive: Drive, ahead_s: Array, rope_m: float, hoist: Hoist, policy: Policy) -> Ahead:
    """Where trolley and hook go: a drive that brakes does so to standstill, one that speeds up as long as it may.

    How long it may is what ``policy.drive_ramps_s`` tells, and no faster than its top speed.
    """
    omega = math.sqrt(motion.GRAVITY_MPS2 / max(rope_m, motion.ROPE_MIN_M))
    t = ahead_s[:, None, None]
    x = drive.mean[None]
    push = _SIGN * drive.ramp_mps2
    lasts = _lasts(drive, push, hoist, policy)
    rest = np.maximum(t - lasts, 0.0)
    cos, sin = np.cos(omega * t), np.sin(omega * t)
    trolley = x[..., P] + x[..., V] * t + push * (t**2 - rest**2) / 2
    swing = x[..., U] * cos + x[..., W] / omega * sin
    swing -= push / omega**2 * (np.cos(omega * rest) - cos)
    hook = trolley + swing
    mean = (drive.weight * hook).sum(axis=-1)
    spread = (drive.weight * (hook - mean[..., None]) ** 2).sum(axis=-1)
    row = np.stack([np.ones_like(cos), t, cos, sin / omega], axis=-1)[:, 0, 0]
    own = np.einsum("hi,amij,hj->ham", row, drive.cov, row)
    variance = (spread + (drive.weight * own).sum(axis=-1)).mean(axis=1)
    along = (drive.weight * trolley).sum(axis=-1)
    return Ahead(mean @ drive.axes, along @ drive.axes, variance)


def _lasts(drive: Drive, push: Array, hoist: Hoist, policy: Policy) -> Array:
    """(2, 3) for how long each mode goes on."""
    speed = drive.mean[:, :, V]
    brakes: Flags = push * speed < 0.0
    standstill = np.abs(speed) / drive.ramp_mps2
    room = np.maximum(hoist.travel_speed_mps[1] - np.abs(speed), 0.0) / drive.ramp_mps2
    lasts: Array = np.where(brakes, standstill, np.minimum(room, policy.drive_ramps_s))
    return lasts
