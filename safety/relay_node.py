"""One relay node at work: permits in, contacts moved and read back, status out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from calibration.site import Relay
from safety.bus_client import BusClient
from safety.permit import PermitGate
from safety.records import Permit, RelayStatus
from safety.relay_drivers import ContactDriver, DriverFault

STATUS_PERIOD_NS = 50_000_000
"""A status goes out 20 times a second, and on every change."""
POLL_S = 0.01
"""Longest wait for a permit: how late an expiry can be noticed."""
SETTLE_NS = 300_000_000
"""A contact may lag its command by this much before that is a fault."""
FAREWELL_S = 0.2


class RelayNode:
    """Ties gate, driver and bus together. ``step`` in a loop, then ``close``; one thread does both.

    Args:
        relay: the node's ``[[relay]]`` table.
        client: its connection to the engine.
        driver: its contacts.
        validity_s: the longest time that a permit may hold.
        log: gets one line on each change of state.
    """

    def __init__(
        self, relay: Relay, client: BusClient, driver: ContactDriver, validity_s: float, log: Callable[[str], None]
    ) -> None:
        self._relay = relay
        self._client = client
        self._driver = driver
        self._log = log
        self._boot = uuid.uuid4().hex
        signals = {contact: signal for contact, (_, signal) in relay.outputs.items()}
        self._gate = PermitGate(relay.name, self._boot, round(validity_s * 1e9), signals)
        self._contacts = dict.fromkeys(signals, False)
        self._commanded = dict.fromkeys(signals, False)
        self._driver_fault = ""
        self._differs_since_ns: int | None = None
        self._moved_by_seq = 0
        self._seq = 0
        self._sent_ns = 0
        self._told: tuple[object, ...] = ()
        self._line = ""
        self._driver.apply(self._commanded)

    def step(self) -> None:
        """Wait up to ``POLL_S`` for permits, then move what must move and report."""
        for message in self._client.receive(POLL_S):
            if isinstance(message, Permit):
                self._gate.offer(message, time.monotonic_ns())
        now_ns = time.monotonic_ns()
        self._read_contacts()
        self._gate.set_fault(self._driver_fault or self._mismatch(now_ns))
        self._commanded = self._gate.tick(now_ns)
        self._driver.apply(self._commanded)
        if self._gate.moved_by_seq != self._moved_by_seq:
            self._read_contacts()  # a driver that follows at once saves the engine a wait
            if self._contacts == self._commanded:
                self._moved_by_seq = self._gate.moved_by_seq
        self._report(now_ns)

    def close(self) -> None:
        """Open every contact, tell the engine, and let go of driver and bus."""
        self._commanded = self._gate.drop()
        self._driver.apply(self._commanded)
        self._driver.close()
        self._read_contacts()
        self._report(time.monotonic_ns(), ending=True)
        self._client.close(FAREWELL_S)

    def _read_contacts(self) -> None:
        """Take the read-back; on a fault the last known states stay, beside the fault."""
        try:
            self._contacts = self._driver.read_back()
            self._driver_fault = ""
        except DriverFault as fault:
            self._driver_fault = str(fault)

    def _mismatch(self, now_ns: int) -> str:
        if self._contacts == self._commanded:
            self._differs_since_ns = None
            return ""
        if self._differs_since_ns is None:
            self._differs_since_ns = now_ns
        if now_ns - self._differs_since_ns <= SETTLE_NS:
            return ""
        bad = [name for name, on in self._commanded.items() if self._contacts.get(name) != on]
        return f"contact {', '.join(bad)} does not follow its command"

    def _report(self, now_ns: int, ending: bool = False) -> None:
        fault = "the node was ended" if ending else self._gate.fault
        state = (self._commanded, self._contacts, self._gate.latched, fault, self._gate.refused, self._moved_by_seq)
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
                moved_by_seq=self._moved_by_seq,
            )
            self._client.send(status)
            self._told, self._sent_ns = state, now_ns
        self._print(fault)

    def _print(self, fault: str) -> None:
        closed = [name for name, on in self._contacts.items() if on]
        parts = [
            f"closed {', '.join(closed)}" if closed else "all open",
            "latched, waits for a reset" if self._gate.latched else "",
            f"fault: {fault}" if fault else "",
            "" if self._client.connected else f"engine: {self._client.reason or self._client.state}",
            f"refused {self._gate.refused}" if self._gate.refused else "",
        ]
        line = "; ".join(part for part in parts if part)
        if line != self._line:
            self._line = line
            self._log(f"relay {self._relay.name}: {line}")
