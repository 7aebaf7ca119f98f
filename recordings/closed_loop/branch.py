"""What would have come, had a hoist not been stopped or slowed just then? The plant goes on without that.

A copy of the plant as it is at that instant runs on for some seconds, under the orders from before. So each
stop is judged by itself, also where an earlier one has moved everything that follows.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from recordings.closed_loop.meter import MOVING_MPS, speeds_of
from recordings.plant.contacts import Gap, gaps
from recordings.plant.drives import FREE
from recordings.plant.records import Order, World
from recordings.plant.scenario import Scenario
from recordings.plant.world import Plant

AHEAD_S = 6.0
"""The engine's horizon of 4 s, and the 2 s that its danger may last beyond it."""
WITHIN_M = 3.0
_STEP_S = 0.1
_SLACK_S = 1e-9
_THINGS = ("load_structure", "load_truck", "hoists")


@dataclass(slots=True)
class Branch:
    """How near it came to one hoist; None for nothing within ``WITHIN_M``."""

    gap_m: float | None = None
    below: bool = False
    thing_gap_m: float | None = None


def copied(plant: Plant, scenario: Scenario) -> Plant:
    """A copy that goes its own way; what never changes is shared."""
    return copy.deepcopy(plant, shared(scenario))


def shared(*fixed: object) -> dict[int, object]:
    """For ``copy.deepcopy``: these are not copied, nor what the drives know by its identity."""
    return {id(thing): thing for thing in (*fixed, FREE)}


def without(plant: Plant, scenario: Scenario, now_s: float, orders: Mapping[str, Order], hoist: str) -> Branch:
    """What comes near ``hoist`` from ``now_s`` on under ``orders``, until ``AHEAD_S`` later.

    Also past the end of the scenario, since who is warned of something then cannot know that it ends.
    """
    fork = copied(plant, scenario)
    out = Branch()
    for step in range(1, int((AHEAD_S + _SLACK_S) / _STEP_S) + 1):
        world = fork.advance(now_s + step * _STEP_S, orders)
        _take(out, world, scenario, hoist)
        if out.gap_m is not None and out.gap_m <= 0.0:
            break
    return out


def _take(out: Branch, world: World, scenario: Scenario, hoist: str) -> None:
    speeds = speeds_of(world)
    for gap in gaps(world, scenario, WITHIN_M):
        mine = gap.hoist == hoist or (gap.kind == "hoists" and gap.other == hoist)
        if not mine or gap.gap_m > WITHIN_M:
            continue
        if gap.kind in _THINGS:
            if _moves(gap, speeds):
                out.thing_gap_m = _less(out.thing_gap_m, gap.gap_m)
            continue
        if gap.kind != "crush" or _moves(gap, speeds):
            out.gap_m = _less(out.gap_m, gap.gap_m)
        out.below |= gap.clearance_m is not None


def _moves(gap: Gap, speeds: Mapping[str, float]) -> bool:
    return speeds.get(gap.load or gap.hoist, 0.0) > MOVING_MPS


def _less(known: float | None, gap_m: float) -> float:
    gap = round(gap_m, 3)
    return gap if known is None else min(known, gap)
