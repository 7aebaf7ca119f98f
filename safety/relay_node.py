"""One relay node at work: permits in, contacts moved and read back, status out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping

from calibration.outputs import Relay
from safety.bus_client import BusClient
from safety.permit import PermitGate
from safety.proof_test import ProofRun
from safety.records import Permit, RelayStatus
from safety.relay_drivers import ContactDriver, DriverFault

STATUS_PERIOD_NS = 50_000_000
"""A status goes out 20 times a second, and on every change."""
POLL_S = 0.01
"""Longest wait for a permit: how late an expiry can be noticed."""
STUCK_SHOWN_NS = 3_000_000_000
"""A stuck contact stays a fault for so long at least: once all is open it may look well again at once."""
FAREWELL_S = 0.2


class RelayNode:
    """Ties gate, driver and bus together. ``step`` in a loop, then ``close``; one thread does both.

    Args:
        relay: the node's ``[[relay]]`` table.
        client: its connection to the engine.
        driver: its contacts.
        validity_s: the longest time that a permit may hold.
        log: gets one line on each change of state.
        bypass_max_s: the longest time of a bypass; 0: there is none.
    """

    def __init__(
        self,
        relay: Relay,
        client: BusClient,
        driver: ContactDriver,
        validity_s: float,
        log: Callable[[str], None],
        bypass_max_s: float = 0.0,
    ) -> None:
        self._relay = relay
        self._client = client
        self._driver = driver
        self._log = log
        self._boot = uuid.uuid4().hex
        self._rules = relay.rules()
        signals = {name: rule.signal for name, rule in self._rules.items()}
        bypass_max_ns = round(bypass_max_s * 1e9)
        self._gate = PermitGate(relay.name, self._boot, round(validity_s * 1e9), signals, self._rules, bypass_max_ns)
        self._contacts = {name: rule.safe_on for name, rule in self._rules.items()}
        self._commanded = dict(self._contacts)
        self._driver_fault = ""
        self._differs_since_ns: dict[str, int] = {}
        self._stuck = ("", 0)
        self._proof: ProofRun | None = None
        self._proofs_taken: set[str] = set()
        self._moved_by_seq = 0
        self._seq = 0
        self._sent_ns = 0
        self._told: tuple[object, ...] = ()
        self._line = ""
        self._driver.apply(self._coils(self._commanded))

    def step(self) -> None:
        """Wait up to ``POLL_S`` for permits, then move what must move and report."""
        self._gate.run_commanded = self._driver.run_commanded
        for message in self._client.receive(POLL_S):
            if isinstance(message, Permit) and not self._gate.offer(message, time.monotonic_ns()):
                self._begin_proof(message.proof_test)
        now_ns = time.monotonic_ns()
        self._read_contacts()
        self._gate.set_fault(self._driver_fault or self._mismatch(now_ns))
        self._commanded = self._tested(self._gate.tick(now_ns), now_ns)
        self._driver.apply(self._coils(self._commanded))
        if self._gate.moved_by_seq != self._moved_by_seq:
            self._read_contacts()  # a driver that follows at once saves the engine a wait
            if self._contacts == self._commanded:
                self._moved_by_seq = self._gate.moved_by_seq
        self._report(now_ns)

    def close(self) -> None:
        """Open every contact, tell the engine, and let go of driver and bus."""
        self._commanded = self._gate.drop()
        self._driver.apply(self._coils(self._commanded))
        self._driver.close()
        self._read_contacts()
        self._report(time.monotonic_ns(), ending=True)
        self._client.close(FAREWELL_S)

    def _read_contacts(self) -> None:
        """Take the read-back; on a fault the last known states stay, beside the fault."""
        try:
            coils = self._driver.read_back()
            self._contacts = {
                name: coils[name] != rule.safe_on if rule.reads_back else self._commanded[name]
                for name, rule in self._rules.items()
            }
            self._driver_fault = ""
        except DriverFault as fault:
            self._driver_fault = str(fault)

    def _coils(self, commanded: Mapping[str, bool]) -> dict[str, bool]:
        """On and off of the outputs as energised and not: a safe state of on is wired normally closed."""
        return {name: on != self._rules[name].safe_on for name, on in commanded.items()}

    def _mismatch(self, now_ns: int) -> str:
        """Which contacts have differed from their command for longer than each may."""
        differing = {name for name, on in self._commanded.items() if self._contacts.get(name) != on}
        self._differs_since_ns = {name: self._differs_since_ns.get(name, now_ns) for name in differing}
        stuck = [
            f"{name} (stuck {'off' if self._commanded[name] else 'on'})"
            for name, since_ns in self._differs_since_ns.items()
            if now_ns - since_ns > self._rules[name].fault_after_s * 1e9
        ]
        if stuck:
            self._stuck = (f"contact {', '.join(sorted(stuck))} does not follow its command", now_ns + STUCK_SHOWN_NS)
        text, until_ns = self._stuck
        return text if now_ns < until_ns else ""

    def _begin_proof(self, identity: str) -> None:
        running = self._proof is not None and not self._proof.done
        if identity and identity not in self._proofs_taken and not running:
            self._proofs_taken.add(identity)
            self._proof = ProofRun(identity, self._rules)

    def _tested(self, commanded: dict[str, bool], now_ns: int) -> dict[str, bool]:
        """The gate's command as a running proof test changes it; what it opens stays open until a reset."""
        if self._proof is None or self._proof.done:
            return commanded
        if not self._gate.in_force:
            self._proof.abort(self._gate.fault or "no permit arrives")
            return commanded
        tested = self._proof.step(commanded, self._contacts, now_ns)
        for name, on in tested.items():
            if commanded[name] and not on:
                self._gate.latch(name)
        return tested

    def _report(self, now_ns: int, ending: bool = False) -> None:
        fault = self._farewell() if ending else self._gate.fault
        bypasses = self._gate.bypasses(now_ns)
        proof = self._proof.report() if self._proof else None
        state = (
            (self._commanded, self._contacts, self._gate.latched, fault, self._gate.refused, self._moved_by_seq),
            ([bypass.id for bypass in bypasses], self._gate.run_commanded, proof),
        )
        if state != self._told or now_ns - self._sent_ns >= STATUS_PERIOD_NS:
            self._seq += 1
            status = RelayStatus(
                node=self._relay.name,
                boot=self._boot,
                stamp_ns=now_ns,
                seq=self._seq,
                commanded=self._commanded,
                contacts=self._contacts,
                latched=self._gate.latched,
                fault=fault,
                refused=self._gate.refused,
                accepted=self._gate.accepted,
                lapsed=self._gate.lapsed,
                margin_s=None if self._gate.margin_ns is None else self._gate.margin_ns / 1e9,
                moved_by_seq=self._moved_by_seq,
                bypasses=bypasses,
                run_commanded=self._gate.run_commanded,
                proof=proof,
            )
            self._client.send(status)
            self._told, self._sent_ns = state, now_ns
        self._print(fault)

    def _farewell(self) -> str:
        if self._driver_fault:
            return f"the node was ended, its contacts may not have opened: {self._driver_fault}"
        return "the node was ended"

    def _print(self, fault: str) -> None:
        bypassed = [bypass.contact for bypass in self._gate.bypasses(time.monotonic_ns())]
        closed = [name for name, on in self._contacts.items() if on]
        parts = [
            f"closed {', '.join(closed)}" if closed else "all open",
            f"BYPASSED {', '.join(bypassed)}" if bypassed else "",
            "proof test" if self._proof and not self._proof.done else "",
            "latched, waits for a reset" if self._gate.latched else "",
            f"fault: {fault}" if fault else "",
            "" if self._client.connected else f"engine: {self._client.reason or self._client.state}",
            f"refused {self._gate.refused}" if self._gate.refused else "",
        ]
        line = "; ".join(part for part in parts if part)
        if line != self._line:
            self._line = line
            self._log(f"relay {self._relay.name}: {line}")
