"""Results of one scenario, as they are kept in a file: for each arm what happened, and what it cost."""

from __future__ import annotations

from typing import Literal

import msgspec

Stratum = Literal["library", "hall", "crowd"]


class Touch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person and what moves on one hoist met, once or more often: the first time, and the hardest hit.

    ``load_mps`` is the speed of load or hook in the hardest hit and ``energy_j`` what the hoist brings into it:
    ½·μ·v² with that speed, or the relative one where that is less. ``relative_j`` is the same with the relative
    speed, into which a walker's own goes.
    """

    person: str
    hoist: str
    from_s: float
    energy_j: float
    relative_j: float
    load_mps: float
    kind: str


class Crash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A load met a structure, a truck or what hangs from another hoist."""

    hoist: str
    other: str
    from_s: float
    energy_j: float


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stop or slow-down of a hoist, and what would have come without it.

    ``decided_s`` is the decision, ``from_s`` when the contact moved, ``until_s`` when it came back (the end
    of the scenario, if it did not). Without it, in the seconds after (``branch.AHEAD_S``), ``gap_m`` is how
    near a person would have been to what moves or hangs on the hoist, None for farther than
    ``branch.WITHIN_M``; ``below`` that somebody would have been below a hung load; ``thing_gap_m`` how near
    the load would have been to a structure, a truck or another hoist's load, as it moved. ``called_for``:
    the scenario itself says that an alarm is due, or a fault is on.
    """

    hoist: str
    kind: Literal["stop", "slow"]
    causes: tuple[str, ...]
    decided_s: float
    from_s: float
    until_s: float
    gap_m: float | None
    below: bool
    thing_gap_m: float | None
    called_for: bool


class ArmResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One arm of one scenario. ``lost_s`` is by how much the hoists' work came later than in the open loop."""

    arm: str
    touches: tuple[Touch, ...] = ()
    crashes: tuple[Crash, ...] = ()
    actions: tuple[Action, ...] = ()
    lost_s: float = 0.0


class CaseResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario. ``motion_s`` is for how long its hoists move in the open loop, ``arms`` begin with it."""

    number: int
    stratum: Stratum
    name: str
    situation: str
    seconds: float
    people: int
    motion_s: float
    arms: tuple[ArmResult, ...]

    def of(self, arm: str) -> ArmResult | None:
        """The result of an arm, None where this scenario was not run with it."""
        return next((result for result in self.arms if result.arm == arm), None)
