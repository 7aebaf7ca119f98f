"""One way to drive slow devices: a thread that writes and reads back, over and over, so that none can hold the node.

``apply`` leaves the newest command behind, ``read_back`` returns the last state read or raises. From any
failure on the driver asks for de-energised contacts only, until the device answers again, ``read_back``
has told of the failure, and ``apply`` is called anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from safety.relay_drivers import DriverFault

CYCLE_S = 0.04
"""Pause between exchanges while nothing changes."""
BACKOFF_S = (0.1, 0.2, 0.5, 1.0)
LOST = "its contacts cannot be opened from here"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one exchange read: contact name to energised, and whether somebody commands a motion."""

    contacts: dict[str, bool]
    run_commanded: bool = False


class Device(Protocol):
    """What a polled driver talks to. ``exchange`` and ``drop`` are called in one thread, and may block."""

    where: str
    """What it is and where, such as ``Modbus 192.0.2.20:502``; begins each fault."""
    stale_s: float
    """A read-back older than this is a fault: longer than the slowest exchange that still succeeds."""

    def exchange(self, wanted: Mapping[str, bool]) -> Reading:
        """Connect where that is needed, energise as wanted, and read back.

        Raises:
            DriverFault: it cannot be done; the text says why, without ``where``.
        """

    def drop(self) -> None:
        """Let go of the connection, so that the next exchange makes a new one. Never raises."""


class PolledDriver:
    """A ``ContactDriver`` around a device.

    Args:
        names: the contacts.
        device: what moves them; used by the driver's thread alone from now on.
        on_change: called in that thread when read-back or health changes.
    """

    def __init__(self, names: Collection[str], device: Device, on_change: Callable[[], None]) -> None:
        self._names = tuple(names)
        self._device = device
        self._on_change = on_change
        self._lock = threading.Lock()
        self._wanted = dict.fromkeys(self._names, False)
        self._read = Reading({})
        self._read_s = 0.0
        self._fault = "has not connected yet"
        self._untold = ""
        self._failures = 0
        self._work = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=device.where, daemon=True)
        self._thread.start()

    @property
    def run_commanded(self) -> bool:
        """Whether the run input was on when it was last read."""
        with self._lock:
            return self._read.run_commanded

    def apply(self, contacts: Mapping[str, bool]) -> None:
        with self._lock:
            if self._untold or self._fault:
                return
            changed = self._wanted != dict(contacts)
            self._wanted = dict(contacts)
        if changed:
            self._work.set()

    def read_back(self) -> dict[str, bool]:
        with self._lock:
            told, self._untold = self._untold, ""
            if told or self._fault:
                raise DriverFault(f"{self._device.where}: {told or self._fault}; {LOST}")
            if time.monotonic() - self._read_s > self._device.stale_s:
                raise DriverFault(f"{self._device.where}: has not answered in time; {LOST}")
            return dict(self._read.contacts)

    def close(self) -> None:
        self._stop.set()
        self._work.set()
        self._thread.join(2.0 * self._device.stale_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause_s = CYCLE_S if self._cycle() else BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
            self._work.wait(pause_s)
            self._work.clear()
        with self._lock:
            self._wanted = dict.fromkeys(self._names, False)
        self._cycle()
        self._device.drop()

    def _cycle(self) -> bool:
        """One exchange with the device. Returns whether it went well."""
        with self._lock:
            wanted = dict(self._wanted)
        try:
            read = self._device.exchange(wanted)
        except DriverFault as fault:
            self._fail(str(fault))
            return False
        except Exception as error:  # noqa: BLE001 - a thread that has ended could open nothing any more
            self._fail(f"driver failed ({error!r})")
            return False
        with self._lock:
            changed = read != self._read or bool(self._fault)
            self._read, self._read_s, self._fault = read, time.monotonic(), ""
            self._failures = 0
        if changed:
            self._on_change()
        return True

    def _fail(self, text: str) -> None:
        self._device.drop()
        self._failures += 1
        with self._lock:
            changed = not self._fault
            self._fault = text
            self._wanted = dict.fromkeys(self._names, False)
            if changed:
                self._untold = text
        if changed:
            self._on_change()
