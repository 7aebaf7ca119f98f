"""What happens in one run of a scenario: who is hit, what is hit, how far the hoists' work is.

A contact counts for the hoist while load or hook move faster than 0.1 m/s: whoever walks into a load that
stands, was not hit by it. For the same reason energy goes by the lesser of that speed and the relative one:
a walker's own speed is nothing that a hoist could take out of it. Somebody who appears (at the start, or
where a real trajectory begins) less than 2 s before the first contact did not walk into it: that pair is
left out, in every arm alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from recordings.closed_loop.records import Crash, Touch
from recordings.plant.contacts import Gap, gaps, hit_energy_j
from recordings.plant.records import CraneState, World
from recordings.plant.scenario import Scenario

MOVING_MPS = 0.1
APPEARANCE_S = 2.0
_TOUCHING_M = 0.01
_CRASH_MPS = 0.15
_STANDS_M = 0.0005
_BODY = ("body_load", "body_hook", "crush")
_Pair = tuple[str, str]


class Meter:
    """Takes in worlds in order of time; copies of it go their own way."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._mass_kg = {load.name: load.mass_kg for load in scenario.load}
        self._mass_kg |= {hoist.name: hoist.block_kg for hoist in scenario.hoist}
        self._seen_s: dict[str, float] = {}
        self._left_out: set[_Pair] = set()
        self._touches: dict[_Pair, Touch] = {}
        self._crashes: dict[_Pair, Crash] = {}
        self._hoist_of: dict[str, str] = {}
        self._last: dict[str, CraneState] = {}
        self.times_s: list[float] = []
        self.way_m: dict[str, list[float]] = {hoist.name: [] for hoist in scenario.hoist}
        """Way that trolley and rope of each hoist have done, at each of the times."""

    def add(self, world: World) -> None:
        """The next instant."""
        for body in world.people:
            self._seen_s.setdefault(body.name, world.time_s)
        for load in world.loads:
            if load.hung_from:
                self._hoist_of[load.name] = load.hung_from
        self.times_s.append(world.time_s)
        for crane in world.cranes:
            self._work(crane)
        speeds = speeds_of(world)
        for gap in gaps(world, self._scenario, _TOUCHING_M):
            if gap.gap_m > 0.0:
                continue
            hoist = gap.hoist or self._hoist_of.get(gap.load, "")
            if gap.kind in _BODY:
                struck_by = gap.hoist if gap.kind == "body_hook" else gap.load
                self._touch(gap, (hoist, struck_by), speeds[struck_by], world.time_s)
            elif gap.speed_mps > _CRASH_MPS:
                self._crash(gap, hoist, world.time_s)

    def touches(self) -> tuple[Touch, ...]:
        """Every pair of person and hoist that met, in a fixed order."""
        return tuple(self._touches[pair] for pair in sorted(self._touches))

    def crashes(self) -> tuple[Crash, ...]:
        """Every pair of hoist and thing that met."""
        return tuple(self._crashes[pair] for pair in sorted(self._crashes))

    def _work(self, crane: CraneState) -> None:
        last, way = self._last.get(crane.name), self.way_m[crane.name]
        step = 0.0
        if last is not None:
            step = math.dist(last.trolley_m, crane.trolley_m) + abs(last.rope_m - crane.rope_m)
        way.append((way[-1] if way else 0.0) + (step if step > _STANDS_M else 0.0))
        self._last[crane.name] = crane

    def _touch(self, gap: Gap, by: _Pair, load_mps: float, time_s: float) -> None:
        hoist, thing = by
        pair = (gap.person, hoist)
        # A body that is pushed along goes with the load: no hit any more.
        energy = hit_energy_j(self._mass_kg.get(thing, 0.0), min(load_mps, gap.speed_mps))
        known = self._touches.get(pair)
        if known is None and time_s - self._seen_s[gap.person] < APPEARANCE_S:
            self._left_out.add(pair)
        if pair in self._left_out or load_mps <= MOVING_MPS or not hoist:
            return
        if known is not None and energy <= known.energy_j:
            return
        self._touches[pair] = Touch(
            person=gap.person,
            hoist=hoist,
            from_s=time_s if known is None else known.from_s,
            energy_j=round(energy, 2),
            relative_j=round(gap.energy_j, 2),
            load_mps=round(load_mps, 3),
            kind=gap.kind,
        )

    def _crash(self, gap: Gap, hoist: str, time_s: float) -> None:
        pair = (hoist, gap.other)
        known = self._crashes.get(pair)
        energy = round(gap.energy_j, 1)
        if known is None:
            self._crashes[pair] = Crash(hoist=hoist, other=gap.other, from_s=time_s, energy_j=energy)
        elif energy > known.energy_j:
            self._crashes[pair] = msgspec.structs.replace(known, energy_j=energy)


def speeds_of(world: World) -> dict[str, float]:
    """How fast every load, and the hook of every hoist, moves, by name."""
    out = {load.name: math.hypot(load.vx_mps, load.vy_mps, load.vz_mps) for load in world.loads}
    return out | {crane.name: math.hypot(*crane.hook_velocity_mps) for crane in world.cranes}


def motion_s(meter: Meter) -> float:
    """For how long the hoists of a run move, all of them together."""
    return sum(_moving_s(meter.times_s, way) for way in meter.way_m.values())


def lost_s(done: Meter, undisturbed: Meter) -> float:
    """By how much later the hoists are with their work than in the undisturbed run, all of them together.

    The drives keep to the planned way, only later. Late is what the last of the work done in both runs
    came later than there; where a run was cut off with work left to do, as late as it was by then. No hoist
    loses more than the time that it moves.
    """
    late = 0.0
    for name, planned_m in undisturbed.way_m.items():
        most_s = _moving_s(undisturbed.times_s, planned_m)
        late += min(_late_s(done.times_s, done.way_m[name], planned_m), most_s)
    return late


def _moving_s(times_s: Sequence[float], way_m: Sequence[float]) -> float:
    steps = zip(times_s, times_s[1:], way_m, way_m[1:], strict=False)
    return sum(b - a for a, b, before, after in steps if after > before)


def _late_s(times_s: Sequence[float], way_m: Sequence[float], planned_m: Sequence[float]) -> float:
    reached, goal = way_m[-1], planned_m[-1]
    if goal <= 0.0:
        return 0.0
    if reached < goal - 0.01:
        return times_s[-1] - _when(times_s, planned_m, reached)
    return _when(times_s, way_m, goal - 0.01) - _when(times_s, planned_m, goal - 0.01)


def _when(times_s: Sequence[float], way_m: Sequence[float], way: float) -> float:
    return next((t for t, w in zip(times_s, way_m, strict=True) if w >= way - 1e-9), times_s[-1])
