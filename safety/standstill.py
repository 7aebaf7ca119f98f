"""May the permits of a relay node be opened for a test now? Not while a hoist moves, carries, or is commanded to move.

A stop is a hazard itself: the load swings on. Of a hoist whose load no source can tell, only the motion counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from calibration.outputs import ENABLING, Relay
from calibration.policy import Policy
from safety.records import HoistView, NodeView

SETTLED_S = 2.0


@dataclass(frozen=True, slots=True)
class Unrest:
    """What speaks against it: which hoist, or which node, and how. ``code`` is that of a ``Refusal``."""

    code: Literal["hoist_moves", "hoist_carries", "commanded"]
    about: str

    @property
    def text(self) -> str:
        why = {
            "hoist_moves": "moves: bring it to rest first",
            "hoist_carries": "carries a load: set it down first",
            "commanded": "is commanded to move: release the controls first",
        }[self.code]
        return f"{self.about} {why}"


def unrest(
    relays: Iterable[Relay], hoists: Collection[HoistView], nodes: Collection[NodeView], policy: Policy
) -> Unrest | None:
    """The first thing that speaks against a proof test of these nodes; None where nothing does."""
    known = {view.state.name: view for view in hoists}
    held = {view.node for view in nodes if view.run_commanded}
    for relay in relays:
        for target, signal in relay.outputs.values():
            view = known.get(target)
            if view is not None and signal in ENABLING and (found := _restless(view, policy)) is not None:
                return found
        if relay.name in held:
            return Unrest("commanded", relay.name)
    return None


def _restless(view: HoistView, policy: Policy) -> Unrest | None:
    state = view.state
    if state.lost:
        return None  # it has no permit that a test could open
    if state.travel_speed_mps > policy.moving_speed_mps or abs(state.vz_mps) > policy.lifting_speed_mps:
        return Unrest("hoist_moves", state.name)
    if state.carrying == "loaded" and state.load_resting is not True:
        return Unrest("hoist_carries", state.name)
    return None


class Standstill:
    """Remembers unrest for a while: a hoist that turns back stands for an instant, and is not at rest."""

    def __init__(self, relays: Iterable[Relay], policy: Policy) -> None:
        self._relays, self._policy = tuple(relays), policy
        self._last: dict[str, tuple[float, Unrest]] = {}

    def see(self, now_s: float, hoists: Collection[HoistView], nodes: Collection[NodeView]) -> None:
        """Take in what was decided at a tick."""
        for relay in self._relays:
            if (found := unrest((relay,), hoists, nodes, self._policy)) is not None:
                self._last[relay.name] = (now_s, found)

    def unrest(self, now_s: float, relays: Iterable[Relay]) -> Unrest | None:
        """What speaks, or spoke in the last two seconds, against a proof test of these nodes."""
        last = (self._last.get(relay.name) for relay in relays)
        return next((found for at_s, found in filter(None, last) if now_s - at_s < SETTLED_S), None)
