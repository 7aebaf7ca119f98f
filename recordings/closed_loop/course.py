"""How does one scenario go under each of many systems, none of them among them? All from one common beginning.

As long as all systems allow a hoist the same, they share one plant, one set of sources and, the rules, one
tracker. Where they part, everything is copied and each part goes its own way: what a system did not change
is then the same to the last bit in every run, and only what differs is paid for twice.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from pydantic import BaseModel

from calibration.site import Site
from recordings.closed_loop.arms import FORESIGHT, OPEN, Arm
from recordings.closed_loop.branch import Branch, shared, without
from recordings.closed_loop.meter import Meter
from recordings.closed_loop.minds import Decision, minds_of
from recordings.closed_loop.records import Action, Touch
from recordings.plant.cabinet import Cabinet
from recordings.plant.loop import TRUTH_HZ
from recordings.plant.records import Order
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import site_of
from recordings.plant.sources import Sources
from recordings.plant.timing import Look
from recordings.plant.world import Plant
from tracking.records import Input

_SLACK_S = 1e-9
_WARM_UP_S = 2.0
"""So long a system may take to locate the hoists at the start, before its outputs count: the day began earlier."""
_CALLED_SLACK_S = 2.0
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class _Item:
    """Something whose time is known beforehand: the truth is noted (0), a source looks (1), systems decide (2)."""

    time_s: float
    rank: int
    order: int
    look: Look | None = None


@dataclass(slots=True)
class _Run:
    """One system's contacts and what they did. The open loop has no cabinet."""

    arm: str
    cabinet: Cabinet | None = None
    started: bool = False
    actions: list[Action] = field(default_factory=list)
    standing: dict[str, int] = field(default_factory=dict)
    causes: dict[tuple[str, float], tuple[str, ...]] = field(default_factory=dict)

    def orders(self, now_s: float, free: Mapping[str, Order]) -> Mapping[str, Order]:
        """What this system allows at ``now_s``."""
        return free if self.cabinet is None else self.cabinet.orders(now_s)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the scenario went under one system."""

    arm: str
    meter: Meter
    actions: tuple[Action, ...]


def play(scenario: Scenario, folder: Path, arms: Sequence[Arm]) -> tuple[Outcome, ...]:
    """Run a scenario under nobody (first in the result) and under each of ``arms``, in their order.

    ``folder`` is where its trajectories lie. Deterministic: which arms run together changes nothing.
    Raises BadInput where a trajectory cannot be used.
    """
    site = site_of(scenario)
    asked = any(arm.rule == FORESIGHT for arm in arms)
    first = _Course(scenario, site, folder, arms, contacts(scenario, folder) if asked else ())
    agenda = _agenda(scenario, first.sources.looks, site.policy.tick_s)
    done: dict[str, Outcome] = {}
    waiting = [(first, 0)]
    while waiting:
        course, index = waiting.pop()
        for k in range(index, len(agenda)):
            waiting += [(parted, k) for parted in course.take(agenda[k])]
        done |= {outcome.arm: outcome for outcome in course.outcomes()}
    return tuple(done[name] for name in (OPEN, *(arm.name for arm in arms)))


def contacts(scenario: Scenario, folder: Path) -> tuple[Touch, ...]:
    """Contacts of the open loop, from a run of the plant alone, to the last bit those of ``play``.

    The plant is asked at the very times at which ``play`` asks it: how a body is pushed depends on them.
    """
    site = site_of(scenario)
    alone = _Course(scenario, site, folder, ())
    for item in _agenda(scenario, alone.sources.looks, site.policy.tick_s):
        alone.take(item)
    (outcome,) = alone.outcomes()
    return outcome.meter.touches()


def _agenda(scenario: Scenario, looks: Sequence[Look], tick_s: float) -> tuple[_Item, ...]:
    end_s = scenario.scenario.seconds
    items = [_Item(k / TRUTH_HZ, 0, k) for k in range(int(end_s * TRUTH_HZ + _SLACK_S) + 1)]
    in_time = sorted(looks, key=lambda look: (look.time_s, look.source, look.name))
    items += [_Item(look.time_s, 1, k, look) for k, look in enumerate(in_time)]
    if looks:
        start_s = looks[0].ready_s
        items += [_Item(start_s + k * tick_s, 2, k) for k in range(int((end_s - start_s) / tick_s) + 1)]
    return tuple(sorted(items, key=lambda item: (item.time_s, item.rank, item.order)))


class _Course:
    """One plant, and the systems that have allowed its hoists the same until now."""

    def __init__(
        self, scenario: Scenario, site: Site, folder: Path, arms: Sequence[Arm], known: Sequence[Touch] = ()
    ) -> None:
        self._scenario = scenario
        self._fixed = tuple(_models(scenario)) + tuple(_models(site))
        self._plant = Plant(scenario, folder)
        self._world = self._plant.advance(0.0, {})
        self.sources = Sources(scenario)
        self._due = deque(self.sources.looks)
        self._waiting: dict[Look, Input] = {}
        self._inbox: list[Input] = []
        self._minds = minds_of(arms, site, known)
        self._meter = Meter(scenario)
        self._free: Mapping[str, Order] = {hoist.name: Order() for hoist in scenario.hoist}
        self._orders: Mapping[str, Order] = self._free
        self._runs = [_Run(OPEN)]
        for arm in arms:
            # An oracle has nothing to locate.
            started = arm.rule == FORESIGHT
            self._runs.append(_Run(arm.name, Cabinet(site, scenario.hoist, running=True), started))

    def take(self, item: _Item) -> list[_Course]:
        """Do the next item. Returns copies for those who part here; they have to do this item themselves."""
        parted = self._move_on(item.time_s)
        self._flush(item.time_s)
        if item.rank == 0:
            self._meter.add(self._world)
        elif item.look is not None and any(mind.looks for mind in self._minds):
            self._waiting[item.look] = self.sources.take(item.look, self._world)
        elif item.rank == 2:
            self._decide(item.time_s)
        return parted

    def outcomes(self) -> list[Outcome]:
        """At the end: what came of each system here."""
        return [Outcome(run.arm, self._meter, tuple(run.actions)) for run in self._runs]

    def _move_on(self, time_s: float) -> list[_Course]:
        """The plant at ``time_s``; contacts that have moved by then count from then on.

        Not from the very moment: the plant would then be asked at times that depend on who runs here.
        """
        if time_s > self._world.time_s:
            self._world = self._plant.advance(time_s, self._orders)
        changes = [c for run in self._runs if run.cabinet and (c := run.cabinet.next_change_s()) is not None]
        return self._change(time_s) if changes and min(changes) <= time_s + _SLACK_S else []

    def _change(self, now_s: float) -> list[_Course]:
        """Contacts move: note what began and ended, and part from those who allow something else now."""
        groups: list[tuple[Mapping[str, Order], list[_Run]]] = []
        branches: dict[str, Branch] = {}
        for run in self._runs:
            orders = run.orders(now_s, self._free)
            for hoist, order in orders.items():
                self._note(run, hoist, self._orders[hoist], order, branches)
            same = next((runs for known, runs in groups if known == orders), None)
            if same is None:
                groups.append((orders, [run]))
            else:
                same.append(run)
        parted = [self._apart(orders, runs) for orders, runs in groups[1:]]
        self._keep(dict(groups[0][0]), {run.arm for run in groups[0][1]})
        return parted

    def _apart(self, orders: Mapping[str, Order], runs: Sequence[_Run]) -> _Course:
        fork = copy.deepcopy(self, shared(*self._fixed, self._fixed, self._free))
        fork._keep(dict(orders), {run.arm for run in runs})
        return fork

    def _keep(self, orders: Mapping[str, Order], names: set[str]) -> None:
        self._orders = orders
        self._runs = [run for run in self._runs if run.arm in names]
        self._minds = [mind for mind in self._minds if any(arm.name in names for arm in mind.arms)]
        for mind in self._minds:
            mind.keep(names)

    def _note(self, run: _Run, hoist: str, before: Order, after: Order, branches: dict[str, Branch]) -> None:
        """Begin and end stops and slow-downs of one system."""
        now_s = self._world.time_s
        standing = run.standing.get(hoist)
        kind = "slow" if after.slow else ""
        kind = kind if after.permit else "stop"
        was = run.actions[standing].kind if standing is not None else ""
        if kind == was:
            return
        if standing is not None:
            action = run.actions[standing]
            run.actions[standing] = msgspec.structs.replace(action, until_s=round(now_s, _DIGITS))
            del run.standing[hoist]
        # A stop that eases to slow is no new slow-down: it is on the way out.
        if not kind or (kind == "slow" and was == "stop"):
            return
        if hoist not in branches:
            branches[hoist] = without(self._plant, self._scenario, now_s, self._orders, hoist)
        run.standing[hoist] = len(run.actions)
        run.actions.append(self._action(run, hoist, kind, branches[hoist]))

    def _action(self, run: _Run, hoist: str, kind: str, branch: Branch) -> Action:
        assert run.cabinet is not None
        from_s = next(c.time_s for c in reversed(run.cabinet.changes) if c.hoist == hoist)
        decided_s = from_s - run.cabinet.lag_s(hoist)
        return Action(
            hoist=hoist,
            kind="stop" if kind == "stop" else "slow",
            causes=run.causes.get((hoist, round(decided_s, 6)), ()),
            decided_s=round(decided_s, _DIGITS),
            from_s=round(from_s, _DIGITS),
            until_s=self._scenario.scenario.seconds,
            gap_m=branch.gap_m,
            below=branch.below,
            thing_gap_m=branch.thing_gap_m,
            called_for=_called_for(self._scenario, hoist, decided_s),
        )

    def _flush(self, until_s: float) -> None:
        """What is ready by now goes to the systems, in the order in which it was ready."""
        while self._due and self._due[0].ready_s <= until_s + _SLACK_S and self._due[0] in self._waiting:
            self._inbox.append(self._waiting.pop(self._due.popleft()))

    def _decide(self, time_s: float) -> None:
        decisions: dict[str, Decision] = {}
        for mind in self._minds:
            decisions |= mind.decide(time_s, self._inbox)
        self._inbox = []
        for run in self._runs:
            if run.cabinet is None:
                continue
            decision = decisions[run.arm]
            permits = [decision.outputs.get(f"{hoist}/permit", False) for hoist in self._free]
            run.started = run.started or all(permits) or time_s > _WARM_UP_S
            if run.started:
                run.causes |= {(hoist, round(time_s, 6)): why for hoist, why in decision.causes.items()}
            outputs = {f"{hoist}/{signal}": True for hoist in self._free for signal in ("permit", "slow")}
            run.cabinet.decide(time_s, decision.outputs if run.started else outputs)


def _called_for(scenario: Scenario, hoist: str, time_s: float) -> bool:
    """Whether the scenario says that an alarm is due now, or something is broken."""
    for row in scenario.expect:
        end_s = row.clear_until_s if row.clear_until_s is not None else row.raise_until_s
        if row.hoist in (None, hoist) and row.raise_from_s - _CALLED_SLACK_S <= time_s <= end_s + _CALLED_SLACK_S:
            return True
    ends = [(fault.at_s, fault.until_s) for fault in scenario.fault]
    return any(at_s <= time_s and (end_s is None or time_s <= end_s + _CALLED_SLACK_S) for at_s, end_s in ends)


def _models(value: object) -> list[object]:
    """A frozen table with all tables inside it: nothing changes them, so that copies can share them."""
    if isinstance(value, BaseModel):
        return [value, *(m for name in type(value).model_fields for m in _models(getattr(value, name)))]
    if isinstance(value, tuple):
        return [value, *(m for item in value for m in _models(item))]
    return []
