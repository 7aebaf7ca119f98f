"""When did a contact open, seen from outside, and had anybody asked for it?"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from recordings.soak.records import Opening, OpeningCause

POLL_S = 0.02
BEFORE_S, AFTER_S = 1.0, 0.3
"""A decision explains an opening up to so long after it; an opening is heard of up to so long before its reason."""
OBEY_S = 0.5
WAIT_S = 5.0
"""An engine of which nothing was heard for so long is silent."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the engine told of a node at ``time_s`` of the system's monotonic clock."""

    time_s: float
    permit: bool
    lapsed: int
    fault: str


class ContactWatch(threading.Thread):
    """Reads a coil fifty times a second through a connection of its own; ``changes`` are (time, closed)."""

    def __init__(self, port: int) -> None:
        super().__init__(name="contact-watch", daemon=True)
        self._client = ModbusTcpClient("127.0.0.1", port=port, timeout=1.0, retries=0)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._changes: list[tuple[float, bool]] = []
        self.closed = False
        """What was read last, asked for at ``read_s``."""
        self.read_s = 0.0

    def take(self) -> list[tuple[float, bool]]:
        """Changes since the last call."""
        with self._lock:
            taken, self._changes = self._changes, []
        return taken

    def end(self) -> None:
        self._ending.set()
        self.join(2.0)
        self._client.close()  # type: ignore[no-untyped-call]

    def run(self) -> None:
        while not self._ending.wait(POLL_S):
            asked_s = time.monotonic()
            closed = self._read()
            if closed is not None:
                self.read_s = asked_s
            if closed is not None and closed != self.closed:
                with self._lock:
                    self._changes.append((asked_s, closed))
                self.closed = closed

    def _read(self) -> bool | None:
        try:
            if not self._client.connected and not self._client.connect():  # type: ignore[no-untyped-call]
                return None
            answer = self._client.read_coils(0, count=1, device_id=1)
        except (ModbusException, OSError):
            return None
        return None if answer.isError() else bool(answer.bits[0])


def opening(at_s: float, told: Sequence[Told], zero_s: float = 0.0) -> Opening:
    """Why the contact opened at ``at_s``, by what the engine told around then. ``told`` is in time order.

    A lapse comes before a decision: an engine that was silent may deny by the time that it is heard again.
    """
    around = [t for t in told if at_s - BEFORE_S <= t.time_s <= at_s + AFTER_S]
    cause: OpeningCause = "unknown"
    detail = "" if around else "the engine was silent"
    if around and around[-1].lapsed > around[0].lapsed:
        cause, detail = "lapsed", f"{around[-1].lapsed - around[0].lapsed} times"
    elif any(not t.permit for t in around):
        cause = "decided"
    elif faults := [t.fault for t in around if t.fault]:
        cause, detail = "fault", faults[0]
    return Opening(time_s=at_s - zero_s, cause=cause, detail=detail)


def heard_enough(at_s: float, told: Sequence[Told], now_s: float) -> bool:
    """Whether all is told that can explain an opening at ``at_s``: on a busy machine it comes late, by seconds."""
    return now_s - at_s > WAIT_S or bool(told and told[-1].time_s > at_s + AFTER_S)


def denied_since(told: Sequence[Told]) -> float | None:
    """Since when the newest of ``told`` deny without a break; None where the newest permits."""
    since_s = None
    for t in reversed(told):
        if t.permit:
            break
        since_s = t.time_s
    return since_s
