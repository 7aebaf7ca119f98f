"""The library's situations of load and hoist, through cameras, filters and alarms: in time, with numbers, and over."""

from __future__ import annotations

import re
from functools import cache

import pytest

from recordings.plant.scenario_file import load_scenario, scenario_path
from recordings.plant.sources import Sources
from recordings.situations.trial import alarms, watch
from recordings.situations.truths import AIMS
from safety.records import AlarmTransition, Situation

OF_LOADS = {
    Situation.SWING,
    Situation.CRUSH,
    Situation.TOPPLE,
    Situation.SIDE_PULL,
    Situation.SNAG,
    Situation.SLING_SLIP,
    Situation.LOAD_STRUCTURE,
    Situation.HOISTS_CLOSING,
}
NAMES = ("side-pull", "snag", "sling-slip", "topple", "load-against-rack", "two-hoists-closing")
STAYS = ("topple",)
"""Where the situation lasts to the end of the run."""


@cache
def said(name: str) -> tuple[float | None, tuple[AlarmTransition, ...]]:
    """When it truly came, and everything that the engine said, with nobody who obeys it."""
    path = scenario_path(name)
    scenario = load_scenario(path)
    sources = Sources(scenario)
    watched = watch(scenario, path.parent, sources)
    aim = AIMS.get(scenario.scenario.situation)
    return (None if aim is None else aim.finder(watched.run)), tuple(alarms(scenario, watched, sources))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "two-hoists-closing" else n for n in NAMES]
)
def test_it_is_told_in_time_with_numbers_and_ends(name: str) -> None:
    scenario = load_scenario(scenario_path(name)).scenario
    aim = AIMS[scenario.situation]
    event_s, told = said(name)
    assert event_s is not None
    own = [t for t in told if t.situation in aim.names]
    loud = [t.time_s for t in own if t.event in ("raised", "escalated") and t.level.rank >= aim.level.rank]
    assert loud, own
    assert event_s - aim.earliest_s <= loud[0] <= event_s + aim.latest_s
    assert all(len(re.findall(r"\d", t.reason)) >= 3 for t in own)
    if name not in STAYS:
        last = {(t.hoist, t.person, t.source): t.event for t in own}
        assert set(last.values()) == {"cleared"}


@pytest.mark.slow
def test_people_at_an_empty_hook_before_a_load_are_left_alone() -> None:
    """One camera sees a load that stands far behind just below the hook: no load hangs there."""
    event_s, told = said("normal-parked-hook-before-load")
    assert event_s is None
    assert [t for t in told if t.situation in OF_LOADS] == []
