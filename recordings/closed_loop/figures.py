"""What do the results come to? Contacts prevented and missed, needless actions, lost time, for each arm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from recordings.closed_loop.arms import OPEN
from recordings.closed_loop.records import Action, ArmResult, CaseResult, Touch

BANDS_J = (1.6, 10.0, 50.0)
"""Upper ends of the bands of energy. 1.6 J is what ISO/TS 15066, table A.4, lets a chest bear."""
STOP_NEAR_M, SLOW_NEAR_M = 0.5, 1.0
"""A stop (a slow-down) is needless where, without it, nobody would have come nearer."""
_LATE_S = 1.0
Fate = Literal["prevented", "softened", "missed"]


def band_of(energy_j: float) -> int:
    """The band of an energy, 0 for the lowest."""
    return sum(energy_j >= limit for limit in BANDS_J)


def band_names() -> tuple[str, ...]:
    """The bands in words."""
    between = [f"{low:g} to {high:g} J" for low, high in pairwise(BANDS_J)]
    return (f"under {BANDS_J[0]:g} J", *between, f"{BANDS_J[-1]:g} J and more")


@dataclass(frozen=True, slots=True)
class Encounter:
    """A contact of the open loop, and what an arm made of it.

    ``lead_s`` is from the decision to stop to when contact would have come, None where no stop was in
    force then (or had ended less than a second before).
    """

    case: int
    touch: Touch
    fate: Fate
    energy_j: float
    lead_s: float | None


@dataclass(slots=True)
class Sum:
    """Figures of one arm over some scenarios. Times in seconds unless the name says otherwise."""

    arm: str
    scenarios: int = 0
    hours: float = 0.0
    motion_s: float = 0.0
    lost_s: float = 0.0
    encounters: list[Encounter] = field(default_factory=list)
    new: list[tuple[int, Touch]] = field(default_factory=list)
    crashes: int = 0
    crashes_prevented: int = 0
    crashes_new: int = 0
    stops: int = 0
    slows: int = 0
    needless_stops: int = 0
    needless_slows: int = 0

    @property
    def prevented(self) -> int:
        """Contacts that did not come."""
        return sum(e.fate == "prevented" for e in self.encounters)

    @property
    def harder(self) -> int:
        """Contacts that came after all, and in a higher band of energy."""
        return sum(band_of(e.energy_j) > band_of(e.touch.energy_j) for e in self.encounters)

    @property
    def lost_share(self) -> float:
        """Share of the hoists' motion time that was lost."""
        return self.lost_s / self.motion_s if self.motion_s > 0.0 else 0.0

    @property
    def energy_open_j(self) -> float:
        """Of all contacts of the open loop."""
        return sum(e.touch.energy_j for e in self.encounters)

    @property
    def energy_missed_j(self) -> float:
        """What is left in those of the open loop."""
        return sum(e.energy_j for e in self.encounters)

    @property
    def energy_new_j(self) -> float:
        """Of contacts that only came with the arm."""
        return sum(t.energy_j for _, t in self.new)

    @property
    def energy_left_share(self) -> float | None:
        """Energy of all contacts with the arm by that of the open loop's; over 1 where it did more harm than good.

        None where the open loop had none.
        """
        left_j = self.energy_missed_j + self.energy_new_j
        return left_j / self.energy_open_j if self.energy_open_j > 0.0 else None

    def band(self, band: int | None) -> list[Encounter]:
        """Encounters by the energy of the open loop's contact; all of them for None."""
        return [e for e in self.encounters if band is None or band_of(e.touch.energy_j) == band]


def needless(action: Action) -> bool:
    """Whether nothing and nobody would have come near without it, and nothing in the scenario called for it."""
    near = STOP_NEAR_M if action.kind == "stop" else SLOW_NEAR_M
    gaps = [gap for gap in (action.gap_m, action.thing_gap_m) if gap is not None]
    return not (action.called_for or action.below or any(gap <= near for gap in gaps))


def sums(results: Iterable[CaseResult], arms: Sequence[str]) -> list[Sum]:
    """Figures of each arm over the results that have all of these arms."""
    out = [Sum(arm) for arm in arms]
    for result in results:
        found = [result.of(arm) for arm in arms]
        undisturbed = result.of(OPEN)
        if undisturbed is None or any(f is None for f in found):
            continue
        for total, arm in zip(out, found, strict=True):
            if arm is not None:
                _add(total, result, undisturbed, arm)
    return out


def encounters(case: int, undisturbed: ArmResult, arm: ArmResult) -> list[Encounter]:
    """Every contact of the open loop with its fate under an arm: person and hoist tell which one it is."""
    met = {(t.person, t.hoist): t for t in arm.touches}
    out = []
    for touch in undisturbed.touches:
        still = met.get((touch.person, touch.hoist))
        fate: Fate = "prevented"
        if still is not None:
            fate = "softened" if band_of(still.energy_j) < band_of(touch.energy_j) else "missed"
        out.append(Encounter(case, touch, fate, still.energy_j if still else 0.0, _lead_s(touch, arm.actions)))
    return out


def _lead_s(touch: Touch, actions: Sequence[Action]) -> float | None:
    stops = [
        a.decided_s
        for a in actions
        if a.kind == "stop" and a.hoist == touch.hoist and a.decided_s <= touch.from_s <= a.until_s + _LATE_S
    ]
    return touch.from_s - min(stops) if stops else None


def _add(total: Sum, result: CaseResult, undisturbed: ArmResult, arm: ArmResult) -> None:
    total.scenarios += 1
    total.hours += result.seconds / 3600.0
    total.motion_s += result.motion_s
    total.lost_s += arm.lost_s
    total.encounters += encounters(result.number, undisturbed, arm)
    before = {(t.person, t.hoist) for t in undisturbed.touches}
    total.new += [(result.number, t) for t in arm.touches if (t.person, t.hoist) not in before]
    crashed = {(c.hoist, c.other) for c in undisturbed.crashes}
    crashes = {(c.hoist, c.other) for c in arm.crashes}
    total.crashes += len(crashed)
    total.crashes_prevented += len(crashed - crashes)
    total.crashes_new += len(crashes - crashed)
    for action in arm.actions:
        if action.kind == "stop":
            total.stops += 1
            total.needless_stops += needless(action)
        else:
            total.slows += 1
            total.needless_slows += needless(action)
