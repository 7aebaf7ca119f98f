"""When may a relay node energise its contacts? The node's half of the permit protocol.

The node stamps its status with its own monotonic clock, the engine echoes the newest stamp, and a
permit holds until that stamp plus its validity. So the node judges age by its own clock alone, and
silence, delay, replay and reordering all end the same way: the contacts open.

``permit`` and ``slow`` contacts are energised while movement, or fast movement, is allowed;
``caution``, ``warning`` and ``danger`` contacts while they sound or shine. De-energised is safe.
A ``permit`` contact that drops stays open until a person resets it, and no reset is taken while somebody
commands a motion (where the node has an input for that), so that none starts one by itself.

A bypass holds an output against the engine's decision, never against silence or a fault: what nobody decides
nobody can see. It runs by this node's clock, begins once, is never prolonged, and leaves a permit latched.
"""

from __future__ import annotations

from collections.abc import Mapping

from calibration.outputs import ENABLING, OutputRule, Signal
from safety.bypass import BypassBook
from safety.output_records import BypassState
from safety.records import Permit

RESTART_SEQ_MAX = 100
"""A restarted engine counts its permits from 1; some of the first may be lost or late."""


class PermitGate:
    """State of one node's permission. All times are nanoseconds of the node's monotonic clock.

    Args:
        node: this node's name in the site file.
        boot: an id that no earlier run of this node had.
        validity_ns: longest time that one permit may hold, whatever it says itself.
        contacts: contact name to its signal.
        rules: what is known of them beyond that: safe states and minimum times on.
        bypass_max_ns: longest time of a bypass; 0: there is none.
    """

    def __init__(
        self,
        node: str,
        boot: str,
        validity_ns: int,
        contacts: Mapping[str, Signal],
        rules: Mapping[str, OutputRule] | None = None,
        bypass_max_ns: int = 0,
    ) -> None:
        self._node = node
        self._boot = boot
        self._validity_ns = validity_ns
        self._signals = dict(contacts)
        self._latched = {name for name, signal in contacts.items() if signal == "permit"}
        self._safe = dict.fromkeys(contacts, False) | {name: rule.safe_on for name, rule in (rules or {}).items()}
        self._minimum_ns = {name: round(1e9 * rule.minimum_on_s) for name, rule in (rules or {}).items()}
        self._bypass = BypassBook(contacts, bypass_max_ns)
        self._on_since_ns: dict[str, int] = {}
        self._energised = dict(self._safe)
        self._asked = dict(self._safe)
        self._until_ns: int | None = None
        self._session: str | None = None
        self._past_sessions: set[str] = set()
        self._seq = 0
        self._fault = ""
        self._refused = 0
        self._refusal = ""
        self._accepted = 0
        self._lapsed = 0
        self._margin_ns: int | None = None
        self._moved_by_seq = 0
        self.run_commanded = False
        """Set by the node from its run input: while it is on, no reset and no bypass of a permit is taken."""

    @property
    def latched(self) -> bool:
        """Whether any permit contact waits for a reset by a person."""
        return bool(self._latched)

    @property
    def latched_contacts(self) -> frozenset[str]:
        return frozenset(self._latched)

    @property
    def refused(self) -> int:
        """How many permits were refused since this node started."""
        return self._refused

    @property
    def accepted(self) -> int:
        """How many permits were accepted since this node started."""
        return self._accepted

    @property
    def lapsed(self) -> int:
        """How often a permit ran out before the next had come: contacts then opened by silence."""
        return self._lapsed

    @property
    def margin_ns(self) -> int | None:
        """The least time that a permit still had when the next was accepted; None before the second."""
        return self._margin_ns

    @property
    def refusal(self) -> str:
        """Why the newest permit was refused; empty once a later one was accepted."""
        return self._refusal

    @property
    def moved_by_seq(self) -> int:
        """Sequence number of the permit that last changed what is to be energised."""
        return self._moved_by_seq

    @property
    def fault(self) -> str:
        """What keeps the contacts open although it should not: a fault, or permits that are all refused."""
        if self._fault:
            return self._fault
        if self._refusal and self._until_ns is None:
            return f"permit refused: {self._refusal}"
        return ""

    @property
    def in_force(self) -> bool:
        """Whether a permit held at the last tick, and no fault."""
        return self._until_ns is not None and not self._fault

    def bypasses(self, now_ns: int) -> tuple[BypassState, ...]:
        """Every bypass that is carried out at this moment."""
        return self._bypass.states(now_ns)

    def set_fault(self, text: str) -> None:
        """A fault of driver or contacts, or an empty text when it has gone. A fault opens every contact."""
        self._fault = text

    def latch(self, name: str) -> None:
        """Keep a permit contact open until a reset, as after a proof test that opened it."""
        if self._signals[name] == "permit":
            self._latched.add(name)

    def offer(self, permit: Permit, now_ns: int) -> str:
        """Judge a permit. Returns why it was refused, or an empty string when it is now in force.

        Each permit is settled in the order of arrival, so one that withdraws latches even where
        another follows before the contacts have moved.
        """
        self.tick(now_ns)
        reason = self._judge(permit, now_ns)
        if reason:
            self._refused += 1
            self._refusal = reason
            return reason
        self._refusal = ""
        restarted = self._session is not None and permit.engine != self._session
        if self._session is not None and restarted:
            self._past_sessions.add(self._session)
            self._withdraw()
            self._settle(now_ns)
        self._session = permit.engine
        self._seq = permit.seq
        self._asked = dict(permit.outputs)
        self._count(now_ns)
        self._until_ns = permit.echo_ns + min(permit.validity_ns, self._validity_ns)
        if permit.reset and not restarted and not self._fault and not self.run_commanded:
            self._latched -= {name for name, on in permit.outputs.items() if on}
        if not restarted and not self._fault:
            self._take_bypasses(permit, now_ns)
        if self._settle(now_ns):
            self._moved_by_seq = permit.seq
        return ""

    def tick(self, now_ns: int) -> dict[str, bool]:
        """What is to be energised at this moment: contact name to state."""
        if self._until_ns is not None and now_ns >= self._until_ns:
            self._lapsed += 1
            self._withdraw()
        self._settle(now_ns)
        return dict(self._energised)

    def drop(self) -> dict[str, bool]:
        """Open every contact and latch, as at the node's end."""
        self._withdraw()
        self._on_since_ns.clear()
        return self.tick(0)

    def _withdraw(self) -> None:
        self._until_ns = None
        self._asked = dict(self._safe)
        self._bypass.clear()

    def _count(self, now_ns: int) -> None:
        self._accepted += 1
        if self._until_ns is not None:
            left_ns = self._until_ns - now_ns
            self._margin_ns = left_ns if self._margin_ns is None else min(self._margin_ns, left_ns)

    def _take_bypasses(self, permit: Permit, now_ns: int) -> None:
        for order in permit.bypasses:
            permit_begins = self._signals.get(order.contact) == "permit" and order.for_ns > 0
            if permit_begins and self.run_commanded:
                continue
            if not self._bypass.take(order, now_ns) and permit_begins:
                self._latched.add(order.contact)  # so that it is open when the bypass ends

    def _settle(self, now_ns: int) -> bool:
        """Bring the contacts in line with permit, fault and latch. Returns whether one changed."""
        in_force = self._until_ns is not None and now_ns < self._until_ns and not self._fault
        allowed = {name: asked if in_force else self._safe[name] for name, asked in self._asked.items()}
        self._latched |= {
            name
            for name, signal in self._signals.items()
            if signal == "permit" and self._energised[name] and not allowed[name]
        }
        if not in_force:
            self._bypass.clear()
        energised = {name: on and name not in self._latched for name, on in allowed.items()}
        for name, on in energised.items():
            energised[name] = on or self._still_on(name, now_ns)
        for name in self._bypass.contacts(now_ns):
            energised[name] = self._signals[name] in ENABLING
        changed = energised != self._energised
        self._on_since_ns = {name: self._on_since_ns.get(name, now_ns) for name, on in energised.items() if on}
        self._energised = energised
        return changed

    def _still_on(self, name: str, now_ns: int) -> bool:
        """Whether an output has to sound or shine on for its minimum time; a fault ends that too."""
        since_ns = self._on_since_ns.get(name)
        return since_ns is not None and not self._fault and now_ns - since_ns < self._minimum_ns.get(name, 0)

    def _judge(self, permit: Permit, now_ns: int) -> str:
        checks = (
            (permit.node != self._node, "it is for another node"),
            (permit.boot != self._boot, "it is for an earlier start of this node"),
            (permit.outputs.keys() != self._signals.keys(), "its outputs are not this node's contacts"),
            (permit.validity_ns <= 0, "its validity is not positive"),
            (permit.seq < 1, "its sequence number is not positive"),
            (permit.echo_ns > now_ns, "its stamp lies in the future"),
        )
        for bad, reason in checks:
            if bad:
                return reason
        if now_ns - permit.echo_ns >= min(permit.validity_ns, self._validity_ns):
            return "it is late"
        return self._judge_sequence(permit)

    def _judge_sequence(self, permit: Permit) -> str:
        if self._session is None:
            return ""
        if permit.engine == self._session:
            return "" if permit.seq > self._seq else "it is out of sequence"
        if permit.engine in self._past_sessions:
            return "it is of an engine that was replaced"
        return "" if permit.seq <= RESTART_SEQ_MAX else "a new engine must count from the start"
