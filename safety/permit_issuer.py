"""What does the engine tell each relay node, and does the node do it? The engine's half of the permits.

Times are the engine's monotonic seconds, given by the caller; nothing here reads a clock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from calibration.outputs import OutputRule, Relay
from safety.output_records import BypassOrder
from safety.records import NodeView, Permit, RelayStatus

SILENCE_S = 0.5
"""A node that reports 20 times a second and was silent this long is gone."""
MISMATCH_S = 0.3
"""A contact may lag its command by this much: relay, wiring, one poll of the field bus."""
RESTART_SHOWN_S = 1.0
"""How long a restart shows as a fault, so that two nodes sharing one key show as a lasting one."""
DECISION_LIMIT_S = 0.3
"""Outputs decided longer ago than this are not sent: silence is a stop, an old decision is silence."""
_REMEMBERED = 512


class NodeOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What people want of one node, handed over with its next permit."""

    reset: bool = False
    bypasses: tuple[BypassOrder, ...] = ()
    proof_test: str = ""


@dataclass(slots=True)
class _Node:
    relay: Relay
    rules: dict[str, OutputRule]
    status: RelayStatus | None = None
    heard_s: float = 0.0
    restarted_s: float | None = None
    differs_since_s: float | None = None
    denied_since_s: dict[str, float] = field(default_factory=dict)
    seq: int = 0
    decided: OrderedDict[int, float] = field(default_factory=OrderedDict)


class NodeMonitor:
    """Follows every relay node of a site and writes its permits.

    Args:
        relays: the site's ``[[relay]]`` tables.
        engine: an id that no earlier run of the engine had; sequence numbers start at 1 with it.
        validity_s: how long a permit holds after the node's stamp.
        start_s: when the engine started; nodes are given ``grace_s`` from then to report first.
    """

    def __init__(
        self, relays: Collection[Relay], engine: str, validity_s: float, start_s: float, grace_s: float = 2.0
    ) -> None:
        self._engine = engine
        self._validity_ns = round(validity_s * 1e9)
        self._start_s = start_s
        self._grace_s = grace_s
        self._nodes = {relay.name: _Node(relay, relay.rules()) for relay in relays}

    def observe(self, status: RelayStatus, now_s: float) -> bool:
        """Take in a node's report. Returns False for one that is unknown or older than the last."""
        node = self._nodes.get(status.node)
        if node is None:
            return False
        last = node.status
        if last is not None and last.boot == status.boot and status.seq <= last.seq:
            return False
        if last is not None and last.boot != status.boot:
            node.restarted_s = now_s
            node.differs_since_s = None
        node.status, node.heard_s = status, now_s
        if status.commanded == status.contacts:
            node.differs_since_s = None
        elif node.differs_since_s is None:
            node.differs_since_s = now_s
        return True

    def permits(
        self,
        outputs: Mapping[str, bool],
        now_s: float,
        resets: Collection[str] = (),
        *,
        decided_s: float | None = None,
        only: Collection[str] | None = None,
        orders: Mapping[str, NodeOrders] | None = None,
    ) -> tuple[Permit, ...]:
        """The next permit of every node that reports, in the order of the site file.

        A node's newest stamp is echoed, so that a permit sent as the answer to a status is as fresh
        as can be: send them at every tick and, with ``only``, on every status.

        Args:
            outputs: ``"TARGET/SIGNAL"`` to state, as in a snapshot; what is absent is False.
            now_s: this moment.
            resets: nodes that a person has reset since the last call. Each is passed on once.
            decided_s: when ``outputs`` was decided, by default now. No permit is written from
                outputs older than ``DECISION_LIMIT_S``.
            only: restrict to these nodes.
            orders: what else people want, node name to orders; passed on once too.
        """
        decided_s = now_s if decided_s is None else decided_s
        if now_s - decided_s > DECISION_LIMIT_S:
            return ()
        return tuple(
            self._permit(node, outputs, now_s, decided_s, (orders or {}).get(name, NodeOrders(reset=name in resets)))
            for name, node in self._nodes.items()
            if node.status is not None and now_s - node.heard_s <= SILENCE_S and (only is None or name in only)
        )

    def _permit(
        self, node: _Node, outputs: Mapping[str, bool], now_s: float, decided_s: float, orders: NodeOrders
    ) -> Permit:
        status = node.status
        assert status is not None
        asked = {
            contact: outputs.get(f"{target}/{signal}", False)
            for contact, (target, signal) in node.relay.outputs.items()
        }
        for contact, on in asked.items():
            if on:
                node.denied_since_s.pop(contact, None)
            else:
                node.denied_since_s.setdefault(contact, now_s)
        node.seq += 1
        node.decided[node.seq] = decided_s
        while len(node.decided) > _REMEMBERED:
            node.decided.popitem(last=False)
        return Permit(
            node=node.relay.name,
            boot=status.boot,
            engine=self._engine,
            seq=node.seq,
            echo_ns=status.stamp_ns,
            validity_ns=self._validity_ns,
            outputs=asked,
            reset=orders.reset,
            bypasses=orders.bypasses,
            proof_test=orders.proof_test,
        )

    def obstacle(self, name: str, now_s: float) -> str:
        """Why nothing can be asked of a node now; empty where something can."""
        node = self._nodes.get(name)
        if node is None:
            return f"the site has no relay node {name!r}"
        if node.status is None or now_s - node.heard_s > SILENCE_S:
            return f"relay node {name!r} does not report"
        if fault := self._fault(node, now_s):
            return f"relay node {name!r} has a fault: {fault}"
        return ""

    def reset_obstacle(self, name: str, outputs: Mapping[str, bool], now_s: float) -> str:
        """Why resetting a node would free nothing now; empty where it would. For the answer to a console."""
        if obstacle := self.obstacle(name, now_s):
            return obstacle
        node = self._nodes[name]
        if node.status is None or not node.status.latched:
            return f"relay node {name!r} is not latched"
        if node.status.run_commanded:
            return "somebody commands a motion: release the controls first"
        wanted = [f"{target}/{signal}" for target, signal in node.relay.outputs.values() if signal == "permit"]
        if not any(outputs.get(key, False) for key in wanted):
            return f"no permit of relay node {name!r} can be given at present"
        return ""

    def decision_s(self, name: str, seq: int) -> float | None:
        """When the outputs of a permit were decided; None for one long past or never sent.

        ``decision_s(status.node, status.moved_by_seq)``, taken when ``moved_by_seq`` changes, gives
        the time from decision to moved contact.
        """
        node = self._nodes.get(name)
        return node.decided.get(seq) if node else None

    def status(self, name: str) -> RelayStatus | None:
        """The node's newest report."""
        node = self._nodes.get(name)
        return node.status if node else None

    def views(self, now_s: float) -> tuple[NodeView, ...]:
        """Every node of the site, in the order of the site file; ``fault`` is empty where all is well."""
        return tuple(self._view(node, now_s) for node in self._nodes.values())

    def faults(self, now_s: float) -> dict[str, str]:
        """Node name to what is wrong with it, only those with something wrong."""
        found = ((name, self._fault(node, now_s)) for name, node in self._nodes.items())
        return {name: text for name, text in found if text}

    def _view(self, node: _Node, now_s: float) -> NodeView:
        status = node.status
        if status is None:
            return NodeView(
                node=node.relay.name,
                connected=False,
                latched=True,
                commanded={},
                contacts={},
                fault=self._fault(node, now_s),
                age_s=now_s - self._start_s,
            )
        return NodeView(
            node=node.relay.name,
            connected=now_s - node.heard_s <= SILENCE_S,
            latched=status.latched,
            commanded=status.commanded,
            contacts=status.contacts,
            fault=self._fault(node, now_s),
            refused=status.refused,
            accepted=status.accepted,
            lapsed=status.lapsed,
            margin_s=status.margin_s,
            age_s=now_s - node.heard_s,
            bypasses=status.bypasses,
            run_commanded=status.run_commanded,
            proof=status.proof,
        )

    def _fault(self, node: _Node, now_s: float) -> str:
        status = node.status
        if status is None:
            return "" if now_s - self._start_s <= self._grace_s else "has not reported yet"
        if now_s - node.heard_s > SILENCE_S:
            return "does not report"
        if status.fault:
            return status.fault
        if status.contacts.keys() != node.relay.outputs.keys():
            return "reports other contacts than the site file names"
        if node.restarted_s is not None and now_s - node.restarted_s <= RESTART_SHOWN_S:
            return "has restarted"
        return self._mismatch(node, status, now_s)

    def _mismatch(self, node: _Node, status: RelayStatus, now_s: float) -> str:
        slowest_s = max(MISMATCH_S, *(rule.fault_after_s for rule in node.rules.values()))
        if node.differs_since_s is not None and now_s - node.differs_since_s > slowest_s:
            bad = sorted(c for c, on in status.contacts.items() if status.commanded.get(c) != on)
            return f"contact {', '.join(bad)} does not follow its command"
        limit_s = MISMATCH_S + self._validity_ns / 1e9
        exempt = {bypass.contact for bypass in status.bypasses}
        if status.proof is not None and not status.proof.done:
            exempt |= {name for name, rule in node.rules.items() if not rule.enabling}
        stuck = sorted(
            contact
            for contact, since_s in node.denied_since_s.items()
            if status.contacts.get(contact)
            and contact not in exempt
            and now_s - since_s > limit_s + _may_stay_s(node.rules[contact])
        )
        return f"contact {', '.join(stuck)} stays closed although it must be open" if stuck else ""


def _may_stay_s(rule: OutputRule) -> float:
    """How much longer than a permit's validity an output that is denied may rightly be on."""
    return rule.minimum_on_s + max(0.0, rule.fault_after_s - MISMATCH_S)
