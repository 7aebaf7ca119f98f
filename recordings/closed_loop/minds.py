"""Who decides in a closed loop? Each mind takes a tick's inputs once, and gives outputs for each of its arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from calibration.site import Site
from recordings.closed_loop.arms import ENGINE, FORESIGHT, Arm, policy_of
from recordings.closed_loop.records import Touch
from recordings.closed_loop.rules import level_of, spot_of
from safety.alarms import Ladder
from safety.engine import Engine
from safety.records import AlarmState, Level
from tracking.records import HoistState, Input
from tracking.records import Look as Seen
from tracking.tracker import Tracker

NOT_LOCATED = "hoist_lost"
GIVEN_BACK_S = 3.0
"""So long after the contact would have come an oracle gives the permit back."""
_SLACK_S = 1e-9


@dataclass(frozen=True, slots=True)
class Decision:
    """What an arm decided at a tick.

    ``outputs`` as in a snapshot, "TARGET/SIGNAL" to energised. ``causes`` names, by hoist, what the most
    severe alarms in force are about; a rule's own name, or situations of the alarm table.
    """

    outputs: Mapping[str, bool]
    causes: Mapping[str, tuple[str, ...]]


class Mind(Protocol):
    """Decides for one or more arms. ``looks``: it asks what cameras and encoders say."""

    arms: tuple[Arm, ...]
    looks: bool

    def decide(self, now_s: float, events: Sequence[Input]) -> dict[str, Decision]:
        """One tick; decisions by the arm's name."""

    def keep(self, names: set[str]) -> None:
        """Forget all other arms."""


def minds_of(arms: Sequence[Arm], site: Site, contacts: Sequence[Touch] = ()) -> list[Mind]:
    """One mind for each arm of the engine, one for all rules together, which share a tracker, and one for all oracles.

    ``contacts`` are those of the open loop, which only oracles are told.
    """
    out: list[Mind] = [EngineMind(arm, site) for arm in arms if arm.rule == ENGINE]
    if rules := tuple(arm for arm in arms if arm.rule not in (ENGINE, FORESIGHT)):
        out.append(RulesMind(rules, site))
    if oracles := tuple(arm for arm in arms if arm.rule == FORESIGHT):
        out.append(ForesightMind(oracles, site, contacts))
    return out


class EngineMind:
    """The engine itself."""

    looks = True

    def __init__(self, arm: Arm, site: Site) -> None:
        self.arms: tuple[Arm, ...] = (arm,)
        policy = policy_of(arm, site.policy)
        self._hoists = [hoist.name for hoist in site.hoist]
        self._engine = Engine(site.model_copy(update={"policy": policy}))

    def decide(self, now_s: float, events: Sequence[Input]) -> dict[str, Decision]:
        snapshot = self._engine.step(now_s, events).snapshot
        causes: dict[str, tuple[str, ...]] = {}
        live = [a for a in snapshot.alarms if a.state is not AlarmState.RETURNED and a.level is not Level.CLEAR]
        for hoist in self._hoists:
            mine = [a for a in live if a.hoist in (hoist, None)]
            worst = max((a.level.rank for a in mine), default=0)
            causes[hoist] = tuple(sorted({a.situation.value for a in mine if a.level.rank == worst}))
        return {self.arms[0].name: Decision(snapshot.outputs, causes)}

    def keep(self, names: set[str]) -> None:
        """There is but one arm."""


class RulesMind:
    """All baseline rules over one tracker. Levels rise and fall with the delays of the engine's own alarms.

    A hoist that was never located, or was lost, has no permit; where cameras look no rule asks.
    """

    looks = True

    def __init__(self, arms: tuple[Arm, ...], site: Site) -> None:
        self.arms = arms
        self._site, self._policy = site, site.policy
        self._tracker = Tracker(site)
        self._ladders = {(arm.name, hoist.name): Ladder(site.policy, 1.0) for arm in arms for hoist in site.hoist}

    def decide(self, now_s: float, events: Sequence[Input]) -> dict[str, Decision]:
        looks = [event for event in events if isinstance(event, Seen)]
        tracks = self._tracker.step(now_s, looks)
        states = {state.name: state for state in tracks.hoists}
        out: dict[str, tuple[dict[str, bool], dict[str, tuple[str, ...]]]] = {a.name: ({}, {}) for a in self.arms}
        for hoist in self._site.hoist:
            state = states.get(hoist.name)
            spot = None if state is None or state.lost else spot_of(state, hoist, self._policy)
            for arm in self.arms:
                raw = Level.CLEAR if spot is None else level_of(arm, spot, tracks.people, self._policy)
                level = self._ladders[arm.name, hoist.name].step(now_s, raw)
                outputs, causes = out[arm.name]
                permit = _located(state) and level is not Level.DANGER
                outputs[f"{hoist.name}/permit"] = permit
                outputs[f"{hoist.name}/slow"] = permit and level is not Level.WARNING
                causes[hoist.name] = (arm.rule,) if _located(state) else (NOT_LOCATED,)
        return {name: Decision(outputs, causes) for name, (outputs, causes) in out.items()}

    def keep(self, names: set[str]) -> None:
        """Forget all arms but these."""
        self.arms = tuple(arm for arm in self.arms if arm.name in names)


class ForesightMind:
    """Oracles: they know when the open loop has a contact, and stop its hoist ``value`` s before that; nothing else.

    The decision is at the last tick that is at least so early, or the first of all. What a stop changes they do not
    know: times are those of the open loop, also after an earlier stop of the same hoist.
    """

    looks = False

    def __init__(self, arms: tuple[Arm, ...], site: Site, contacts: Sequence[Touch]) -> None:
        self.arms = arms
        self._tick_s = site.policy.tick_s
        self._contacts_s = {h.name: tuple(t.from_s for t in contacts if t.hoist == h.name) for h in site.hoist}

    def decide(self, now_s: float, events: Sequence[Input]) -> dict[str, Decision]:
        causes = {hoist: (FORESIGHT,) for hoist in self._contacts_s}
        out = {}
        for arm in self.arms:
            outputs: dict[str, bool] = {}
            for hoist, contacts_s in self._contacts_s.items():
                outputs[f"{hoist}/permit"] = not any(self._due(arm, now_s, contact_s) for contact_s in contacts_s)
                outputs[f"{hoist}/slow"] = True
            out[arm.name] = Decision(outputs, causes)
        return out

    def keep(self, names: set[str]) -> None:
        """Forget all arms but these."""
        self.arms = tuple(arm for arm in self.arms if arm.name in names)

    def _due(self, arm: Arm, now_s: float, contact_s: float) -> bool:
        """Whether a hoist with a contact at ``contact_s`` is to stand: the next tick would be too late to say so."""
        assert arm.value is not None
        return contact_s - arm.value < now_s + self._tick_s - _SLACK_S and now_s < contact_s + GIVEN_BACK_S


def _located(state: HoistState | None) -> bool:
    return state is not None and not state.lost
