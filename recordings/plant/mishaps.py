"""Faults of hoists and loads, as what acts at a time. Times are those of the scenario, not of a plan's clock.

What ``amount`` means, and what 0 stands for:
``brake_weak`` share of every brake that is left (at least 2 %), of the permit's and of an emergency stop's;
``drive_runs_on`` metres that every axis creeps on after a stop (0.5);
``snag`` times the load's weight at which the load tears free (0: only at ``until_s``), see ``lift``;
``sling_slip`` metres that the legs of one side run out (0.3);
``topple`` metres that the centre of gravity moves, once the load stands, towards the nearer edge of its
foot print (half the width and 5 cm): contents shift or the ground gives way, and beyond the edge it tips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from recordings.plant.loads import Body
from recordings.plant.scenario import Fault, Scenario

_BRAKE_MIN = 0.02
_RUN_ON_M = 0.5
_SLIP_M = 0.3
_PAST_EDGE_M = 0.05
_TOPPLE_S = 0.4


@dataclass(frozen=True, slots=True)
class HoistFaults:
    """The faults of one hoist."""

    brake: tuple[Fault, ...]
    run_on: tuple[Fault, ...]
    snag: tuple[Fault, ...]

    def brake_share(self, time_s: float) -> float:
        fault = _now(self.brake, time_s)
        return 1.0 if fault is None else min(1.0, max(_BRAKE_MIN, fault.amount))

    def run_on_m(self, time_s: float) -> float:
        fault = _now(self.run_on, time_s)
        return 0.0 if fault is None else fault.amount or _RUN_ON_M

    def snagged(self, time_s: float) -> Fault | None:
        return _now(self.snag, time_s)

    def changes_s(self) -> tuple[float, ...]:
        """When any of them begins or ends, rising."""
        faults = (*self.brake, *self.run_on, *self.snag)
        ends = [f.until_s for f in faults if f.until_s is not None]
        return tuple(sorted({*(f.at_s for f in faults), *ends}))


def hoist_faults(scenario: Scenario, name: str) -> HoistFaults:
    """The faults of the hoist of that name."""

    def of(kind: str) -> tuple[Fault, ...]:
        return tuple(f for f in scenario.fault if f.kind == kind and f.of == name)

    return HoistFaults(of("brake_weak"), of("drive_runs_on"), of("snag"))


def slips(scenario: Scenario) -> tuple[tuple[float, str, float], ...]:
    """(time, load, metres) of every sling that slips, rising in time."""
    faults = [f for f in scenario.fault if f.kind == "sling_slip"]
    return tuple(sorted((f.at_s, f.of, f.amount or _SLIP_M) for f in faults))


class Topple:
    """One load that will tip over, or not, where it stands after ``at_s``."""

    __slots__ = ("_amount_m", "_axis", "_done_s", "_from_m", "at_s", "load")

    def __init__(self, fault: Fault) -> None:
        self.at_s, self.load = fault.at_s, fault.of
        self._amount_m = fault.amount
        self._done_s = 0.0
        self._axis = -1
        self._from_m = 0.0

    def step(self, dt_s: float, body: Body) -> bool:
        """Move the CoG of a load that stands by a little; whether that has ended."""
        if self._axis < 0:
            a, b, _ = body.form.half_m
            self._axis = 0 if a < b else 1
            self._from_m = body.off_m[self._axis]
            if self._amount_m == 0.0:
                self._amount_m = (a, b)[self._axis] - self._from_m + _PAST_EDGE_M
        self._done_s += dt_s
        share = min(1.0, self._done_s / _TOPPLE_S)
        off = list(body.off_m)
        off[self._axis] = self._from_m + self._amount_m * share
        body.shift((off[0], off[1], off[2]))
        body.asleep = False
        return math.isclose(share, 1.0)


def topples(scenario: Scenario) -> list[Topple]:
    """Loads that topple."""
    return [Topple(f) for f in scenario.fault if f.kind == "topple"]


def _now(faults: tuple[Fault, ...], time_s: float) -> Fault | None:
    for fault in faults:
        if fault.at_s <= time_s and (fault.until_s is None or time_s < fault.until_s):
            return fault
    return None
