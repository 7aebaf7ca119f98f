"""How does a body walk? Speed, turning, gait and natural unevenness of many people at once.

Everybody is one row of arrays. A step of time makes new arrays, so that a state once handed out never
changes. The way there is decided elsewhere, ten times a second; here bodies only carry it out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from calibration.camera import Array, Flags

RATE_HZ = 30
STEP_S = 1.0 / RATE_HZ
"""The internal step of time: between its ends a straight line is within half a millimetre of the way."""
BODY_RADIUS_M = 0.25
"""A body is a vertical cylinder of this radius: half the shoulder breadth of a clothed man."""
WALK_MPS = 0.15
"""Slower than this a person is standing."""
_ACCELERATION_MPS2 = 2.2
_EASE_S = 0.15
_BRAKING_MPS2 = 1.3
_APPROACH_S = 0.35
_TURN_RATE_RADPS = 3.5
_TURN_GAIN_HZ = 6.0
_BEND_RATE_HZ = 1.2
_USUAL_MPS = 1.34
_STEP_OF_HEIGHT = 0.41
_STILL_MPS = 0.05
_TURN_FOR_M = 0.15

ALONG, BACKWARDS, FACING, HOLD = range(4)
"""Where the chest points: along the way, opposite to it, at a point, or as it does now."""


@dataclass(frozen=True, slots=True)
class Bodies:
    """n people: position and velocity (n, 2); heading and gait phase, both unwrapped, bend and height (n,)."""

    position_m: Array
    velocity_mps: Array
    heading_rad: Array
    phase_rad: Array
    bend: Array
    height_m: Array

    def between(self, later: Bodies, share: float) -> Bodies:
        """The state at a share 0..1 of the way to ``later``."""
        pairs = ((getattr(self, f), getattr(later, f)) for f in self.__slots__)
        return Bodies(*(a + share * (b - a) for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What n people are about to do.

    They approach ``target_m`` (n, 2), from which ``rest_m`` (n,) of the way is left, at ``speed_mps``;
    the target itself moves at ``lead_mps`` (n, 2). ``top_mps`` bounds the sum. Avoidance turns the
    way by ``steer_rad`` and bounds the speed by ``cap_mps``. ``chest`` is one of the four words above.
    """

    target_m: Array
    rest_m: Array
    speed_mps: Array
    lead_mps: Array
    top_mps: Array
    steer_rad: Array
    cap_mps: Array
    chest: Array
    face_m: Array
    bend: Array


def step_length_m(speed_mps: Array | float, height_m: Array | float) -> Array:
    """Length of one step in m.

    0.41 of the height at 1.34 m/s (mean free speed: Weidmann 1993), and in proportion to the root of
    the speed: step length over cadence, the walk ratio, is constant in a person (Sekiya and Nagasaki,
    Gait & Posture 8, 1998; Grieve and Gear, Ergonomics 9, 1966, found the exponent 0.43).
    """
    length: Array = _STEP_OF_HEIGHT * np.asarray(height_m) * np.sqrt(np.asarray(speed_mps) / _USUAL_MPS)
    return length


def phase_rate_radps(speed_mps: Array | float, height_m: Array | float) -> Array:
    """How fast the gait runs, rad/s: 2π for two steps; 0 for who hardly moves."""
    speed = np.asarray(speed_mps, float)
    rate = math.pi * np.sqrt(speed * _USUAL_MPS) / (_STEP_OF_HEIGHT * np.asarray(height_m))
    return np.where(speed > _STILL_MPS, rate, 0.0)


class Unevenness:
    """Slow seeded waves by which people differ from their plan: speed, direction, and swaying as they stand."""

    def __init__(self, seeds: list[list[int]]) -> None:
        draws = np.array([np.random.default_rng(seed).random((4, 3, 2)) for seed in seeds])
        draws = draws.reshape(len(seeds), 4, 3, 2)
        periods_s = np.array([2.3, 4.1, 7.7]) * (0.8 + 0.4 * draws[..., 0])
        self._rate_radps = 2.0 * math.pi / periods_s
        self._start_rad = 2.0 * math.pi * draws[..., 1]

    def at(self, time_s: float) -> Array:
        """(n, 4) waves of about unit size: speed, direction, sway in x and in y."""
        waves: Array = np.sin(self._rate_radps * time_s + self._start_rad).sum(axis=2) * 0.8
        return waves


def swayed_m(bodies: Bodies, waves: Array, still: Flags) -> Array:
    """Positions (n, 2) with the sway of a standing body and, to the side, of each step.

    ``still`` (n,) is true for those who lie. The amplitudes are those of quiet standing (about a
    centimetre) and of walking (two centimetres to either side; Orendurff et al., J. Rehabil. Res. Dev. 41, 2004).
    """
    speed = np.hypot(bodies.velocity_mps[:, 0], bodies.velocity_mps[:, 1])
    aside = 0.02 * np.minimum(speed / _USUAL_MPS, 1.0) * np.sin(bodies.phase_rad)
    # To the body's own left by the gait's phase, which is the other side of the way for who walks backwards.
    unit = bodies.velocity_mps / np.maximum(speed, 1e-6)[:, None]
    unit *= _direction(bodies, speed, bodies.heading_rad)[:, None]
    sway = 0.004 * waves[:, 2:] + aside[:, None] * np.column_stack([-unit[:, 1], unit[:, 0]])
    moved: Array = bodies.position_m + np.where(still[:, None], 0.0, sway)
    return moved


def wanted_mps(bodies: Bodies, wishes: Wishes) -> Array:
    """The velocity (n, 2) that each would have with nobody in the way: braking in time, and moving with the target."""
    way = wishes.target_m - bodies.position_m
    distance = np.hypot(way[:, 0], way[:, 1])
    left = distance + wishes.rest_m
    speed = np.minimum(wishes.speed_mps, np.minimum(np.sqrt(2.0 * _BRAKING_MPS2 * left), left / _APPROACH_S))
    wanted = way * (speed / np.maximum(distance, 1e-9))[:, None] + wishes.lead_mps
    return wanted * _within(wanted, wishes.top_mps)[:, None]


def walked(bodies: Bodies, wishes: Wishes, waves: Array, step_s: float = STEP_S) -> Bodies:
    """Everybody ``step_s`` later, before anybody is kept from running into anything.

    Acceleration is bounded so that a usual speed is reached in about 0.6 s; who must turn first, turns
    before walking off.
    """
    wanted = wanted_mps(bodies, wishes)
    size = np.hypot(wanted[:, 0], wanted[:, 1])
    moving = size > WALK_MPS
    turn = wishes.steer_rad + np.where(moving, 0.03 * waves[:, 1], 0.0)
    pace = np.where(moving, 1.0 + 0.03 * waves[:, 0], 1.0) * _turned_share(bodies, wishes, wanted, size)
    pace = np.minimum(pace, wishes.cap_mps / np.maximum(size, 1e-9))
    cos, sin = np.cos(turn) * pace, np.sin(turn) * pace
    goal = np.column_stack([cos * wanted[:, 0] - sin * wanted[:, 1], sin * wanted[:, 0] + cos * wanted[:, 1]])
    change = (goal - bodies.velocity_mps) / _EASE_S
    velocity = bodies.velocity_mps + change * (_within(change, _ACCELERATION_MPS2) * step_s)[:, None]
    bend = wishes.bend - bodies.bend
    lean = _BEND_RATE_HZ * step_s
    return replace(
        bodies,
        position_m=bodies.position_m + velocity * step_s,
        velocity_mps=velocity,
        bend=bodies.bend + np.minimum(np.maximum(bend, -lean), lean),
    )


def turned(bodies: Bodies, wishes: Wishes, step_s: float = STEP_S) -> Bodies:
    """Chests and gait ``step_s`` later, by the velocities that came about."""
    speed = np.hypot(bodies.velocity_mps[:, 0], bodies.velocity_mps[:, 1])
    way = wishes.target_m - bodies.position_m
    course = np.where((speed > _STILL_MPS)[:, None], bodies.velocity_mps, way)
    off = (wishes.speed_mps > 0.0) & (np.hypot(way[:, 0], way[:, 1]) + wishes.rest_m > _TURN_FOR_M)
    moving = (speed > WALK_MPS) | off
    error = _chest_error(bodies, wishes, course, moving)
    most = _TURN_RATE_RADPS * step_s
    heading = bodies.heading_rad + np.minimum(np.maximum(error * (_TURN_GAIN_HZ * step_s), -most), most)
    phase = bodies.phase_rad + _direction(bodies, speed, heading) * phase_rate_radps(speed, bodies.height_m) * step_s
    return replace(bodies, heading_rad=heading, phase_rad=phase)


def _direction(bodies: Bodies, speed_mps: Array, heading_rad: Array) -> Array:
    """(n,) 1, or -1 for those who walk backwards."""
    forward = bodies.velocity_mps[:, 0] * np.cos(heading_rad) + bodies.velocity_mps[:, 1] * np.sin(heading_rad)
    sign: Array = np.where(forward < -0.5 * speed_mps, -1.0, 1.0)
    return sign


def wrapped(angle_rad: Array) -> Array:
    """Angles brought into −π..π."""
    small: Array = (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
    return small


def _within(vector: Array, most: Array | float) -> Array:
    """(n,) factors that bring vectors (n, 2) down to a length of ``most``."""
    length = np.hypot(vector[:, 0], vector[:, 1])
    factor: Array = np.minimum(1.0, most / np.maximum(length, 1e-9))
    return factor


def _chest_error(bodies: Bodies, wishes: Wishes, course: Array, moving: Flags) -> Array:
    """How far (n,) each chest is from where it should point."""
    way = np.arctan2(course[:, 1], course[:, 0]) + np.where(wishes.chest == BACKWARDS, math.pi, 0.0)
    look = wishes.face_m - bodies.position_m
    at = np.where(wishes.chest == FACING, np.arctan2(look[:, 1], look[:, 0]), way)
    near = np.hypot(look[:, 0], look[:, 1]) < 0.05
    keep = np.where(wishes.chest == FACING, near, ~moving) | (wishes.chest == HOLD)
    return np.where(keep, 0.0, wrapped(at - bodies.heading_rad))


def _turned_share(bodies: Bodies, wishes: Wishes, wanted: Array, size: Array) -> Array:
    """Share (n,) of the speed that a body takes which has not yet turned to its way."""
    chest = np.cos(bodies.heading_rad) * wanted[:, 0] + np.sin(bodies.heading_rad) * wanted[:, 1]
    toward = np.where(wishes.chest == BACKWARDS, -chest, chest) / np.maximum(size, 1e-9)
    bound = (wishes.chest <= BACKWARDS) & (size > WALK_MPS)
    return np.where(bound, np.minimum(np.maximum(0.35 + toward, 0.0), 1.0), 1.0)
