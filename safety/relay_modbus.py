"""Contacts behind Modbus TCP: a remote I/O module whose coils are the relay node's contacts.

Silence towards the *module* is not a stop by itself: when this machine dies or the cable is cut,
most modules leave their coils as they were. Set the module's communication watchdog (often called
host watchdog or safe value) to open every output within 250 ms, or name a ``heartbeat_coil``, which
is toggled in every cycle, and let a retriggerable time relay on it cut the supply of the contacts.
"""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from calibration.errors import BadInput
from calibration.site import Relay
from safety.relay_drivers import DriverFault

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

TIMEOUT_S = 0.1
"""For connecting and for each answer."""
CYCLE_S = 0.04
"""Pause between cycles of writing and reading back while nothing changes."""
STALE_S = 0.35
"""A read-back older than this is a fault, whatever the connection says: one cycle of three time-outs."""
BACKOFF_S = (0.1, 0.2, 0.5, 1.0)

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # its faults are reported by this driver, once


def parse_address(relay: Relay) -> tuple[str, int]:
    """Host and port of ``HOST``, ``HOST:PORT`` or ``[IPV6]:PORT``; the port is 502 where absent.

    Raises:
        BadInput: anything else.
    """
    host, colon, port = relay.address.rpartition(":")
    if not colon or relay.address.endswith("]"):
        host, port = relay.address, "502"
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    plain = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not host or not plain or (":" in host and not bracketed):
        raise BadInput(f"relay {relay.name!r}: address {relay.address!r}: expected HOST:PORT")
    return host, int(port)


class ModbusTcpDriver:
    """Writes all coils in one request and reads them back, over and over, in a thread of its own.

    So a module that hangs delays nobody: ``apply`` leaves the newest command behind, ``read_back``
    returns the last state read or raises. From any failure on the driver asks for open contacts only,
    until the module answers again, ``read_back`` has told of the failure, and ``apply`` is called anew.

    Args:
        relay: ``[[relay]]`` table: address, unit, first_coil, read_back, outputs in order, heartbeat_coil.
        on_change: called in the driver's thread when read-back or health changes.

    Raises:
        BadInput: malformed address.
    """

    def __init__(self, relay: Relay, on_change: Callable[[], None]) -> None:
        self._relay = relay
        self._host, self._port = parse_address(relay)
        self._names = tuple(relay.outputs)
        self._on_change = on_change
        self._lock = threading.Lock()
        self._wanted = dict.fromkeys(self._names, False)
        self._read: dict[str, bool] = {}
        self._read_s = 0.0
        self._fault = "has not connected yet"
        self._untold = ""
        self._beat = False
        self._failures = 0
        self._work = threading.Event()
        self._stop = threading.Event()
        self._client = ModbusTcpClient(self._host, port=self._port, timeout=TIMEOUT_S, retries=0)
        self._thread = threading.Thread(target=self._run, name=f"modbus {relay.name}", daemon=True)
        self._thread.start()

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
                raise DriverFault(f"Modbus {self._host}:{self._port}: {told or self._fault}")
            age_s = time.monotonic() - self._read_s
            if age_s > STALE_S:
                raise DriverFault(f"Modbus {self._host}:{self._port}: has not answered in time")
            return dict(self._read)

    def close(self) -> None:
        self._stop.set()
        self._work.set()
        self._thread.join(4 * TIMEOUT_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause_s = CYCLE_S if self._cycle() else BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
            self._work.wait(pause_s)
            self._work.clear()
        with self._lock:
            self._wanted = dict.fromkeys(self._names, False)
        self._cycle()
        self._client.close()  # type: ignore[no-untyped-call]

    def _cycle(self) -> bool:
        """One exchange with the module. Returns whether it went well."""
        with self._lock:
            wanted = dict(self._wanted)
        try:
            read = self._exchange(wanted)
        except DriverFault as fault:
            self._fail(str(fault))
            return False
        with self._lock:
            changed = read != self._read or bool(self._fault)
            self._read, self._read_s, self._fault = read, time.monotonic(), ""
            self._failures = 0
        if changed:
            self._on_change()
        return True

    def _fail(self, text: str) -> None:
        self._client.close()  # type: ignore[no-untyped-call]
        self._failures += 1
        with self._lock:
            changed = not self._fault
            self._fault = text
            self._wanted = dict.fromkeys(self._names, False)
            if changed:
                self._untold = text
        if changed:
            self._on_change()

    def _exchange(self, wanted: Mapping[str, bool]) -> dict[str, bool]:
        first, unit, count = self._relay.first_coil, self._relay.unit, len(self._names)
        try:
            if not self._client.connect():  # type: ignore[no-untyped-call]
                raise DriverFault("cannot be reached")
            _check(self._client.write_coils(first, [wanted[name] for name in self._names], device_id=unit))
            if self._relay.heartbeat_coil is not None:
                self._beat = not self._beat
                _check(self._client.write_coil(self._relay.heartbeat_coil, self._beat, device_id=unit))
            if self._relay.read_back == "coils":
                answer = self._client.read_coils(first, count=count, device_id=unit)
            else:
                answer = self._client.read_discrete_inputs(first, count=count, device_id=unit)
        except (ModbusException, OSError):
            raise DriverFault("does not answer") from None
        except (ValueError, IndexError, struct.error):
            raise DriverFault("answers with something other than Modbus") from None
        _check(answer)
        if len(answer.bits) < count:
            raise DriverFault(f"answered with {len(answer.bits)} states, expected {count}")
        return dict(zip(self._names, map(bool, answer.bits[:count]), strict=True))


def _check(answer: ModbusPDU) -> None:
    if answer.isError():
        raise DriverFault(f"refused a request (Modbus exception {getattr(answer, 'exception_code', '?')})")
