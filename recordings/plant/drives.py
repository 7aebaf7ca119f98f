"""The drives of a hoist: they follow the plan, wait while the permit is lost, and go slowly when told to.

Each axis has a clock that runs through its part of the plan. Following, the clock keeps time. When the
brakes fall, the axis slows at the brake's rate and its clock slows with it, so that it never leaves the
planned way: place and speed are p(τ) and v(τ)·dτ/dt. Permit back, the clock gets up to pace at the rate of
the ramp. Ordered to go slowly, all clocks of the hoist are stretched alike, by what brings the fastest
motion down to its slow speed. So every load arrives where it was planned, only later. An axis that braked
longer than the others runs its clock slower until they are abreast again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recordings.plant.profile import Piece, profile, wishes
from recordings.plant.scenario import Crane

_ABREAST_S = 0.5
_TINY_MPS = 1e-9


@dataclass(frozen=True, slots=True)
class Command:
    """What acts on the drives of a hoist now.

    ``brake_share`` is the share of the brakes that is left; ``run_on_m`` how far each axis creeps on after
    every stop, at its slow speed or less.
    """

    permit: bool = True
    slow: bool = False
    brake_share: float = 1.0
    run_on_m: float = 0.0


FREE = Command()


class Axis:
    """One drive. ``place_m`` and ``speed_mps`` are where and how fast it is now."""

    __slots__ = (
        "_bias_m", "_extra_mps", "_index", "_left_m", "_pieces", "_pieces_n", "brake_mps2", "clock_s", "limits_m",
        "pace", "place_m", "ramp_mps2", "rate_mps2", "slow_mps", "speed_mps", "wanted_mps",
    )  # fmt: skip

    def __init__(
        self, pieces: Sequence[Piece], ramp_mps2: float, brake_mps2: float, slow_mps: float,
        limits_m: tuple[float, float],
    ) -> None:  # fmt: skip
        self._pieces, self._pieces_n, self._index = tuple(pieces), len(pieces), 0
        self.ramp_mps2, self.brake_mps2, self.slow_mps, self.limits_m = ramp_mps2, brake_mps2, slow_mps, limits_m
        self.clock_s, self.pace = 0.0, 1.0
        self._bias_m, self._extra_mps, self._left_m = 0.0, 0.0, 0.0
        self.place_m, self.speed_mps = pieces[0].place_m, 0.0
        self.wanted_mps, self.rate_mps2 = 0.0, 0.0
        """Speed and acceleration that the plan has at the clock of this axis."""

    def follow(self, dt_s: float) -> None:
        """A step at full pace, nothing in the way."""
        self.clock_s += dt_s
        self._look()
        self.speed_mps = self.wanted_mps
        self.place_m += self._bias_m

    def brake(self, dt_s: float, command: Command) -> None:
        """A step without permit: the brake slows the axis, and its clock with it."""
        # The plan's own slowing down counts: both together must not exceed the brake.
        own = self.rate_mps2 * self.pace * self.pace * math.copysign(1.0, self.wanted_mps)
        brake = self.brake_mps2 * command.brake_share
        change = max(brake + own, 0.1 * brake) * dt_s / max(abs(self.wanted_mps), _TINY_MPS)
        self.pace = max(0.0, self.pace - change)
        self._go(dt_s, command, brake)

    def drive(self, dt_s: float, pace: float, change: float, command: Command) -> None:
        """A step towards a pace of the clock, nearer by at most ``change``."""
        self.pace += max(-change, min(change, pace - self.pace))
        self._go(dt_s, command, self.ramp_mps2)

    def _go(self, dt_s: float, command: Command, rate_mps2: float) -> None:
        self.clock_s += self.pace * dt_s
        self._look()
        speed = self.wanted_mps * self.pace
        if command.run_on_m > 0.0 or self._extra_mps != 0.0:
            self._run_on(dt_s, speed, rate_mps2, command.run_on_m)
        self.speed_mps = speed + self._extra_mps
        self.place_m += self._bias_m
        low, high = self.limits_m
        if not low <= self.place_m <= high:
            self.place_m = min(max(self.place_m, low), high)
            self.speed_mps = 0.0

    def settled(self) -> bool:
        """Whether the axis follows the plan at full pace."""
        return self.pace == 1.0 and self._extra_mps == 0.0

    def _look(self) -> None:
        pieces, index = self._pieces, self._index
        while index + 1 < self._pieces_n and pieces[index + 1].start_s <= self.clock_s:
            index += 1
        self._index = index
        piece = pieces[index]
        t = self.clock_s - piece.start_s
        a = piece.acceleration_mps2
        self.rate_mps2 = a
        self.wanted_mps = piece.speed_mps + a * t
        self.place_m = piece.place_m + (piece.speed_mps + 0.5 * a * t) * t

    def _run_on(self, dt_s: float, speed: float, rate: float, run_on_m: float) -> None:
        """Creep: slower than slow speed it goes no slower until the way is used up, then it stops at ``rate``."""
        before = self.speed_mps
        if abs(speed) >= self.slow_mps or (speed != 0.0 and abs(speed) >= abs(before)):
            self._left_m = run_on_m
            self._extra_mps = 0.0
            return
        way = math.copysign(1.0, before)
        hold = min(abs(before), self.slow_mps)
        if self._left_m <= 0.0:
            hold = max(0.0, abs(before) - rate * dt_s)
        self._extra_mps = way * max(hold, way * speed) - speed
        self._left_m -= hold * dt_s
        self._bias_m += self._extra_mps * dt_s


class Drives:
    """The three axes of a hoist, the third its hook's height (m, upwards)."""

    __slots__ = ("_slow_share", "a", "axes", "b", "clock_s", "lift")

    def __init__(
        self,
        crane: Crane,
        start_m: tuple[float, float],
        limits_m: tuple[tuple[float, float], tuple[float, float]],
        brake_share: Callable[[float], float] = lambda _: 1.0,
    ) -> None:
        starts = (*start_m, crane.start_hook_m)
        limits = (*limits_m, crane.hook_height_m)
        self.axes = tuple(
            Axis(
                profile(starts[k], wishes(crane, k, brake_share), limits[k]),
                crane.hoist_ramp_mps2 if k == 2 else crane.ramp_mps2,
                crane.hoist_brake_mps2 if k == 2 else crane.brake_mps2,
                (crane.hoist_speed_mps if k == 2 else crane.travel_speed_mps)[0],
                limits[k],
            )
            for k in range(3)
        )
        self.a, self.b, self.lift = self.axes
        self.clock_s = 0.0
        """Plan time that every axis has reached; what the plan hooks on or takes off waits for it."""

    def step(self, dt_s: float, command: Command) -> None:
        """Move by one step under what acts now."""
        if command is FREE and self._settled():
            for axis in self.axes:
                axis.follow(dt_s)
            self.clock_s = self.a.clock_s
            return
        moving = [axis for axis in self.axes if abs(axis.wanted_mps) > _TINY_MPS]
        if not command.permit:
            for axis in moving:
                axis.brake(dt_s, command)
        else:
            goal = self._stretch() if command.slow else 1.0
            behind = min(axis.clock_s for axis in self.axes)
            change = min((axis.ramp_mps2 * dt_s / abs(axis.wanted_mps) for axis in moving), default=1.0)
            for axis in moving:
                abreast = max(0.0, 1.0 - (axis.clock_s - behind) / _ABREAST_S)
                axis.drive(dt_s, goal * abreast, change, command)
        # The clock of an axis that stands keeps to those that run.
        pace = max((axis.pace for axis in moving), default=1.0 if command.permit else 0.0)
        for axis in self.axes:
            if axis not in moving:
                axis.drive(dt_s, pace, 1.0, command)
        self._join(command.permit and not command.slow)

    def _settled(self) -> bool:
        a, b, lift = self.axes
        return a.settled() and b.settled() and lift.settled() and a.clock_s == b.clock_s == lift.clock_s

    def _join(self, free: bool) -> None:
        """Clocks that differ by less than can be seen become one."""
        clocks = [axis.clock_s for axis in self.axes]
        self.clock_s = min(clocks)
        if free and max(clocks) - self.clock_s < 1e-5 and all(axis.pace > 0.9999 for axis in self.axes):
            for axis in self.axes:
                axis.clock_s, axis.pace = self.clock_s, 1.0

    def _stretch(self) -> float:
        """The pace at which no axis exceeds its slow speed."""
        return min((a.slow_mps / abs(a.wanted_mps) for a in self.axes if abs(a.wanted_mps) > a.slow_mps), default=1.0)
