"""How do the engine's outputs reach the drives? Relay contacts, the drive's reaction, and who resets them.

The contacts follow the very gate that a relay node runs: a permit that drops stays down until a person
resets it, here the operator, as soon as the permit could have been given for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calibration.site import Site
from recordings.plant.records import Order
from recordings.plant.scenario import Crane
from safety.permit import PermitGate
from safety.records import Permit

_NODE, _BOOT, _ENGINE = "plant", "simulated", "simulated"
_RESET_AFTER_S = 2.0
_FIRST_RESET_AFTER_S = 0.3


@dataclass(slots=True)
class _Contacts:
    """The permit and slow contacts of one hoist."""

    gate: PermitGate
    lag_s: float
    free_since_s: float | None = None
    was_reset: bool = False
    to_open: bool = False
    seq: int = 0
    waiting: list[tuple[float, Order]] = field(default_factory=list)
    given: Order = field(default_factory=lambda: Order(permit=False))


@dataclass(frozen=True, slots=True)
class OrderChange:
    """From ``time_s`` on the contacts of a hoist allow this."""

    time_s: float
    hoist: str
    order: Order


class Cabinet:
    """Contacts of every hoist of a plant. Times are those of the scenario.

    From a decision to the start of braking passes what the policy reckons with, ``reaction_time_s``: the
    drive's own ``relay_delay_s`` is part of it, the rest passes before the contact moves. The contacts are
    open until the operator has reset them for the first time; ``running``, the day began before the scenario
    and they are closed.
    """

    def __init__(self, site: Site, cranes: tuple[Crane, ...], running: bool = False) -> None:
        self._validity_ns = round(site.policy.permit_validity_s * 1e9)
        self._contacts = {
            crane.name: _Contacts(
                PermitGate(_NODE, _BOOT, self._validity_ns, {"permit": "permit", "slow": "slow"}),
                max(0.0, site.policy.reaction_time_s - crane.relay_delay_s),
            )
            for crane in cranes
        }
        self.changes: list[OrderChange] = []
        for contacts in self._contacts.values() if running else ():
            contacts.given, contacts.was_reset, contacts.to_open = Order(), True, True

    def lag_s(self, hoist: str) -> float:
        """From a decision to the contact."""
        return self._contacts[hoist].lag_s

    def decide(self, now_s: float, outputs: Mapping[str, bool]) -> None:
        """Take the outputs of a snapshot, "TARGET/SIGNAL" to energised, decided at ``now_s``."""
        now_ns = round(now_s * 1e9)
        for name, contacts in self._contacts.items():
            asked = {signal: outputs.get(f"{name}/{signal}", False) for signal in ("permit", "slow")}
            if contacts.to_open:
                contacts.to_open = False
                contacts.gate.offer(self._permit(contacts, {"permit": True, "slow": True}, now_ns, reset=True), now_ns)
            permit = self._permit(contacts, asked, now_ns, reset=_wants_reset(contacts, asked["permit"], now_s))
            contacts.gate.offer(permit, now_ns)
            energised = contacts.gate.tick(now_ns)
            order = Order(permit=energised["permit"], slow=not energised["slow"])
            last = contacts.waiting[-1][1] if contacts.waiting else contacts.given
            if order != last:
                contacts.waiting.append((now_s + contacts.lag_s, order))

    def _permit(self, contacts: _Contacts, asked: dict[str, bool], now_ns: int, *, reset: bool) -> Permit:
        contacts.seq += 1
        return Permit(
            node=_NODE,
            boot=_BOOT,
            engine=_ENGINE,
            seq=contacts.seq,
            echo_ns=now_ns,
            validity_ns=self._validity_ns,
            outputs=asked,
            reset=reset,
        )

    def orders(self, now_s: float) -> dict[str, Order]:
        """What each hoist is allowed at ``now_s``; to be asked in order of time."""
        for name, contacts in self._contacts.items():
            while contacts.waiting and contacts.waiting[0][0] <= now_s + 1e-9:
                at_s, contacts.given = contacts.waiting.pop(0)
                self.changes.append(OrderChange(at_s, name, contacts.given))
        return {name: contacts.given for name, contacts in self._contacts.items()}

    def next_change_s(self) -> float | None:
        """When the next contact moves, as far as decided."""
        return min((c.waiting[0][0] for c in self._contacts.values() if c.waiting), default=None)


class Tape:
    """Contacts that move as they did in an earlier run, whatever an engine of today would say."""

    def __init__(self, changes: Sequence[OrderChange], hoists: Sequence[str]) -> None:
        self._waiting = deque(sorted(changes, key=lambda change: change.time_s))
        # The contacts are open until somebody has reset them for the first time.
        self._given = dict.fromkeys(hoists, Order(permit=False))
        self.changes: list[OrderChange] = []

    def decide(self, now_s: float, outputs: Mapping[str, bool]) -> None:
        """Nothing: all is decided."""

    def orders(self, now_s: float) -> dict[str, Order]:
        """What each hoist is allowed at ``now_s``; to be asked in order of time."""
        while self._waiting and self._waiting[0].time_s <= now_s + 1e-9:
            self.changes.append(self._waiting.popleft())
            self._given[self.changes[-1].hoist] = self.changes[-1].order
        return dict(self._given)

    def next_change_s(self) -> float | None:
        """When the next contact moves."""
        return self._waiting[0].time_s if self._waiting else None


def _wants_reset(contacts: _Contacts, permit: bool, now_s: float) -> bool:
    """The operator resets once the permit could be given for a while; soon at the start of the day."""
    if not permit or not contacts.gate.latched:
        contacts.free_since_s = None
        return False
    if contacts.free_since_s is None:
        contacts.free_since_s = now_s
    if now_s - contacts.free_since_s < (_RESET_AFTER_S if contacts.was_reset else _FIRST_RESET_AFTER_S) - 1e-9:
        return False
    contacts.was_reset, contacts.free_since_s = True, None
    return True
