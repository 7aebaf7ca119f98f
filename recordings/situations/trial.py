"""One variation, in an open loop: the plant runs, the engine watches, and nobody obeys it.

So that a contact that comes stays to be seen, the hoist does not stop: what is measured is when the engine
would have stopped it. ``evaluate plant`` measures what stopping achieves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.plant.loop import TRUTH_HZ
from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import site_of
from recordings.plant.sources import Sources
from recordings.plant.timing import Look
from recordings.plant.truth import Truth
from recordings.plant.world import Plant
from recordings.situations.records import Told, Trial
from recordings.situations.truths import AIMS, Aim, Run
from recordings.situations.vary import varied
from safety.engine import Engine
from safety.records import AlarmTransition, Level
from tracking.records import Input

_TRIES = 12
_SLACK_S = 1e-9
_SEED = 16


@dataclass(frozen=True, slots=True)
class Watched:
    """What the plant did (truth at 20 a second), and the world at each look in the order of their times."""

    run: Run
    looks: tuple[tuple[Look, World], ...]


def trial(name: str, scenario: Scenario, folder: Path, number: int, seed: int) -> Trial:
    """Variation ``number`` of a scenario: drawn until it is an instance of its situation, then judged.

    The very first is the scenario as it is written. One that never becomes an instance in twelve draws is told as
    such, and counts nowhere.
    """
    aim = AIMS.get(scenario.scenario.situation)
    rng = np.random.default_rng([_SEED, seed, number, *name.encode()])
    for drawn in range(_TRIES):
        tried = scenario if number == 0 and drawn == 0 else varied(scenario, rng)
        if tried is None:
            continue
        sources = Sources(tried)
        watched = watch(tried, folder, sources)
        event_s = None if aim is None else aim.finder(watched.run)
        if aim is not None and event_s is None:
            continue
        told = alarms(tried, watched, sources)
        return judged(name, scenario.scenario.situation, number, (drawn, tried.scenario.seconds), aim, event_s, told)
    return Trial(scenario=name, situation=scenario.scenario.situation, number=number, redrawn=_TRIES, valid=False)


def watch(scenario: Scenario, folder: Path, sources: Sources) -> Watched:
    """Run the plant with nobody in its way."""
    plant = Plant(scenario, folder)
    truth = Truth(scenario)
    worlds: list[World] = []
    seen: list[tuple[Look, World]] = []
    looks = sorted(sources.looks, key=lambda look: (look.time_s, look.source, look.name))
    ticks = [k / TRUTH_HZ for k in range(int(scenario.scenario.seconds * TRUTH_HZ + _SLACK_S) + 1)]
    agenda: list[tuple[float, int, Look | None]] = [(time_s, -1, None) for time_s in ticks]
    agenda += [(look.time_s, k, look) for k, look in enumerate(looks)]
    world = plant.advance(0.0, {})
    for time_s, _, look in sorted(agenda, key=lambda item: item[:2]):
        if time_s > world.time_s:
            world = plant.advance(time_s, {})
        if look is None:
            worlds.append(world)
            truth.add(world)
        else:
            seen.append((look, world))
    return Watched(Run(scenario, worlds, truth.summary()), tuple(seen))


def alarms(scenario: Scenario, watched: Watched, sources: Sources) -> list[AlarmTransition]:
    """What a fresh engine says of it, tick by tick."""
    site = site_of(scenario)
    events: list[Input] = [sources.take(look, world) for look, world in watched.looks]
    events.sort(key=lambda event: event.ready_s)
    engine = Engine(site)
    out: list[AlarmTransition] = []
    taken = 0
    start_s = events[0].ready_s
    for k in range(int((scenario.scenario.seconds - start_s) / site.policy.tick_s) + 1):
        now_s = start_s + k * site.policy.tick_s
        until = taken
        while until < len(events) and events[until].ready_s <= now_s + _SLACK_S:
            until += 1
        out += engine.step(now_s, events[taken:until]).transitions
        taken = until
    return out


def judged(
    name: str,
    situation: str,
    number: int,
    drawn: tuple[int, float],
    aim: Aim | None,
    event_s: float | None,
    said: Sequence[AlarmTransition],
) -> Trial:
    """Compare what was said with what was true. ``drawn``: how often it was drawn again, and its length."""
    rising = [t for t in said if t.event in ("raised", "escalated")]
    named_s = acted_s = None
    if aim is None or event_s is None:
        needless = rising
    else:
        # Ticks are sums of floats: what comes in the very tick of the event is in time.
        from_s, until_s = event_s - aim.earliest_s - _SLACK_S, event_s + aim.latest_s + _SLACK_S
        due = [t for t in rising if t.level.rank >= aim.level.rank]
        named_s = next((t.time_s for t in due if t.situation in aim.names and t.time_s >= from_s), None)
        acted_s = next((t.time_s for t in rising if t.level.rank >= Level.WARNING.rank and t.time_s >= from_s), None)
        named_s = None if named_s is None or named_s > until_s else named_s
        acted_s = None if acted_s is None or acted_s > until_s else acted_s
        needless = [t for t in rising if t.level.rank >= Level.WARNING.rank and t.time_s < from_s]
    return Trial(
        scenario=name,
        situation=situation,
        number=number,
        redrawn=drawn[0],
        seconds=round(drawn[1], 3),
        event_s=event_s,
        named_s=named_s,
        acted_s=acted_s,
        needless=tuple(_told(t) for t in needless),
        told=tuple(_told(t) for t in rising),
    )


def _told(t: AlarmTransition) -> Told:
    return Told(time_s=round(t.time_s, 3), situation=t.situation.value, level=t.level.value)
