"""Resets, bypasses and proof tests of relay nodes: may this be done now, what goes to the nodes, what came of it?

Times are the engine's monotonic seconds, given by the caller; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from calibration.outputs import Relay
from calibration.policy import Policy
from safety.output_records import Bypass, BypassOrder, BypassState, ProofTest
from safety.permit_issuer import NodeMonitor, NodeOrders
from safety.records import RelayStatus, Reset

REASON_MIN, REASON_MAX = 3, 200
Note = tuple[str, dict[str, object]]
"""What to write into the audit log: a short word, and the detail."""


class OutputDesk:
    """Between people and the nodes of one engine.

    Args:
        relays: the site's ``[[relay]]`` tables.
        policy: of the site.
        monitor: the engine's own, which knows how the nodes are.
        engine: an id that no earlier run of the engine had.
    """

    def __init__(self, relays: tuple[Relay, ...], policy: Policy, monitor: NodeMonitor, engine: str) -> None:
        self._relays = {relay.name: relay for relay in relays}
        self._policy = policy
        self._monitor = monitor
        self._engine = engine
        self._count = 0
        self._waiting: dict[str, NodeOrders] = {}
        self._running: dict[tuple[str, str], BypassState] = {}
        self._told: dict[str, str] = {}

    def take(self, command: Reset | Bypass | ProofTest, outputs: Mapping[str, bool], now_s: float) -> str:
        """Accept a command of an authorised party for the next permit, or say why it is refused."""
        match command:
            case Reset():
                obstacle = self._monitor.reset_obstacle(command.node, outputs, now_s)
            case Bypass():
                obstacle = self._bypass_obstacle(command, now_s)
            case ProofTest():
                obstacle = self._monitor.obstacle(command.node, now_s)
        if not obstacle:
            self._add(command)
        return obstacle

    def orders(self) -> dict[str, NodeOrders]:
        """What goes to the nodes with their next permit, node name to orders. Each is handed out once."""
        orders, self._waiting = self._waiting, {}
        return orders

    def observe(self, status: RelayStatus) -> list[Note]:
        """What a node's report tells of bypasses and proof tests that began or ended since its last."""
        running = {(status.node, bypass.contact): bypass for bypass in status.bypasses}
        before = {key: state for key, state in self._running.items() if key[0] == status.node}
        notes: list[Note] = []
        for key, state in before.items():
            if key not in running or running[key].id != state.id:
                notes.append(("bypass_ended", _detail(status.node, state)))
                del self._running[key]
        for key, state in running.items():
            if key not in before or before[key].id != state.id:
                notes.append(("bypass_began", _detail(status.node, state)))
            self._running[key] = state
        proof = status.proof
        if proof is not None and proof.done and self._told.get(status.node) != proof.id:
            self._told[status.node] = proof.id
            for result in proof.results:
                notes.append(("proof_test", {"node": status.node, "id": proof.id} | msgspec.to_builtins(result)))
        return notes

    def _add(self, command: Reset | Bypass | ProofTest) -> None:
        self._count += 1
        identity = f"{self._engine}-{self._count}"
        orders = self._waiting.get(command.node, NodeOrders())
        match command:
            case Reset():
                orders = msgspec.structs.replace(orders, reset=True)
            case ProofTest():
                orders = msgspec.structs.replace(orders, proof_test=identity)
            case Bypass():
                order = BypassOrder(
                    id=identity,
                    contact=command.contact,
                    for_ns=round(command.for_s * 1e9),
                    by=command.by,
                    reason=command.reason,
                )
                orders = msgspec.structs.replace(orders, bypasses=(*orders.bypasses, order))
        self._waiting[command.node] = orders

    def _bypass_obstacle(self, command: Bypass, now_s: float) -> str:
        if obstacle := self._monitor.obstacle(command.node, now_s):
            return obstacle
        limit_s, reason = self._policy.bypass_max_s, command.reason.strip()
        running = (command.node, command.contact) in self._running
        signal = self._relays[command.node].outputs.get(command.contact, ("", ""))[1]
        begins = command.for_s > 0.0
        checks = (
            (not signal, f"relay node {command.node!r} has no output {command.contact!r}"),
            (not begins and not running, "no such bypass is running"),
            (begins and running, "this output is bypassed already"),
            (
                begins and not REASON_MIN <= len(reason) <= REASON_MAX,
                f"a bypass needs a reason of {REASON_MIN} to {REASON_MAX} characters",
            ),
            (command.for_s > limit_s, f"a bypass may last {limit_s:.0f} s at most, not {command.for_s:.0f} s"),
            (
                begins and signal == "permit" and self._run_commanded(command.node),
                "somebody commands a motion: release the controls first",
            ),
        )
        return next((text for bad, text in checks if bad), "")

    def _run_commanded(self, node: str) -> bool:
        status = self._monitor.status(node)
        return status is not None and status.run_commanded


def _detail(node: str, state: BypassState) -> dict[str, object]:
    return {
        "node": node,
        "contact": state.contact,
        "by": state.by,
        "reason": state.reason,
        "id": state.id,
        "left_s": round(state.left_s, 1),
    }
