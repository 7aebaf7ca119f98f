"""How a drive is meant to move: one axis over plan time, in pieces of constant acceleration.

A piece starting at t₀ with place p₀, speed v₀ and acceleration a is p₀ + v₀τ + ½aτ², τ = t − t₀. Every
change of speed takes |Δv|/a, every stop v²/2a (uniform acceleration, any book on kinematics).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recordings.plant.scenario import Crane


@dataclass(frozen=True, slots=True)
class Wish:
    """From ``at_s`` on this speed is wanted, reached at ``rate_mps2``."""

    at_s: float
    speed_mps: float
    rate_mps2: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Motion of one axis from ``start_s`` until the next piece starts."""

    start_s: float
    place_m: float
    speed_mps: float
    acceleration_mps2: float

    def at(self, time_s: float) -> tuple[float, float]:
        """Place and speed at a time of the piece."""
        t = time_s - self.start_s
        return (
            self.place_m + (self.speed_mps + 0.5 * self.acceleration_mps2 * t) * t,
            self.speed_mps + self.acceleration_mps2 * t,
        )


def wishes(crane: Crane, axis: int, brake_share: Callable[[float], float] = lambda _: 1.0) -> tuple[Wish, ...]:
    """What the plan of a hoist wants of an axis: 0 and 1 travel (``x_mps``, ``y_mps``), 2 lift.

    Speeds above the drive's fast speed are cut to it. An emergency stop wants standstill of every axis
    at the rate of its brake, of which ``brake_share`` is left at a time.
    """
    field = ("x_mps", "y_mps", "lift_mps")[axis]
    top = (crane.hoist_speed_mps if axis == 2 else crane.travel_speed_mps)[1]
    ramp = crane.hoist_ramp_mps2 if axis == 2 else crane.ramp_mps2
    brake = crane.hoist_brake_mps2 if axis == 2 else crane.brake_mps2
    out = []
    for drive in crane.plan:
        speed = getattr(drive, field)
        if drive.emergency_stop:
            out.append(Wish(drive.at_s, 0.0, brake * brake_share(drive.at_s)))
        elif speed is not None:
            out.append(Wish(drive.at_s, max(-top, min(top, speed)), ramp))
    return tuple(out)


def profile(start_m: float, wanted: Sequence[Wish], limits_m: tuple[float, float]) -> tuple[Piece, ...]:
    """The pieces of an axis that starts at rest and fulfils its wishes within ``limits_m``.

    Before a limit (end stop, limit switch) the drive stops at the rate of the wish, just at the limit.
    The last piece goes on for ever.
    """
    low, high = limits_m
    pieces = [Piece(0.0, min(max(start_m, low), high), 0.0, 0.0)]
    for number, wish in enumerate(wanted):
        until_s = wanted[number + 1].at_s if number + 1 < len(wanted) else math.inf
        place, speed = pieces[-1].at(wish.at_s)
        for piece in _bounded(list(_towards(wish, place, speed)), wish.rate_mps2, limits_m):
            if piece.start_s < until_s:
                pieces.append(piece)
    return tuple(pieces)


def _towards(wish: Wish, place_m: float, speed_mps: float) -> Iterator[Piece]:
    """Ramp and cruise without limits; a reversal is parted where the axis stands."""
    time_s = wish.at_s
    goals = [0.0, wish.speed_mps] if speed_mps * wish.speed_mps < 0.0 else [wish.speed_mps]
    for goal in goals:
        if goal != speed_mps:
            ramp = Piece(time_s, place_m, speed_mps, math.copysign(wish.rate_mps2, goal - speed_mps))
            yield ramp
            time_s += abs(goal - speed_mps) / wish.rate_mps2
            place_m, speed_mps = ramp.at(time_s)[0], goal
    yield Piece(time_s, place_m, speed_mps, 0.0)


def _bounded(pieces: list[Piece], rate_mps2: float, limits_m: tuple[float, float]) -> Iterator[Piece]:
    """The pieces up to where the axis must brake for a limit, then the braking and the standstill there."""
    for number, piece in enumerate(pieces):
        yield piece
        heading = piece.speed_mps or piece.acceleration_mps2
        if heading == 0.0:
            continue
        limit = limits_m[1] if heading > 0.0 else limits_m[0]
        time_s = piece.start_s + _until_braking(piece, math.copysign(1.0, heading), rate_mps2, limit)
        if number + 1 < len(pieces) and time_s >= pieces[number + 1].start_s:
            continue
        if math.isfinite(time_s):
            place, speed = piece.at(time_s)
            way = abs(limit - place)
            rate = max(rate_mps2, speed * speed / (2.0 * way)) if way > 0.0 else rate_mps2
            if abs(speed) > 0.0 and way > 0.0:
                yield Piece(time_s, place, speed, -math.copysign(rate, speed))
                time_s += abs(speed) / rate
            yield Piece(time_s, limit, 0.0, 0.0)
            return


def _until_braking(piece: Piece, sign: float, rate_mps2: float, limit_m: float) -> float:
    """Seconds into the piece until the way left to the limit is v²/2a, or infinity.

    Speeding up at the same a: q + v²/2a = limit gives a·t² + 2·v·t − (way − v²/2a) = 0.
    """
    speed = sign * piece.speed_mps
    spare = sign * (limit_m - piece.place_m) - speed * speed / (2.0 * rate_mps2)
    if sign * piece.acceleration_mps2 < 0.0:
        return math.inf
    if spare <= 0.0:
        return 0.0
    if piece.acceleration_mps2 == 0.0:
        return spare / speed
    return (math.sqrt(speed * speed + rate_mps2 * spare) - speed) / rate_mps2
