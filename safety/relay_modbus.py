"""Contacts behind Modbus, TCP or RTU: a remote I/O module whose coils are the relay node's contacts.

Silence towards the *module* is not a stop by itself: when this machine dies or the cable is cut,
most modules leave their coils as they were. Set the module's communication watchdog (often called
host watchdog or safe value) to open every output within 250 ms, or name a ``heartbeat_coil``, which
is toggled in every cycle, and let a retriggerable time relay on it cut the supply of the contacts.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException

from calibration.errors import BadInput
from calibration.outputs import Relay, RtuTable
from safety.relay_drivers import DriverFault
from safety.relay_polled import PolledDriver, Reading

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

TIMEOUT_S = 0.1
"""For connecting and for each answer."""
_BITS_A_CHAR = 12
_CHARS_A_CYCLE = 60
"""Requests and answers of one cycle on a serial line, with the silences between them, counted generously."""

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # its faults are reported by this driver, once


def parse_address(relay: Relay, default_port: int = 502) -> tuple[str, int]:
    """Host and port of ``HOST``, ``HOST:PORT`` or ``[IPV6]:PORT``; the default port where it is absent.

    Raises:
        BadInput: anything else.
    """
    host, colon, port = relay.address.rpartition(":")
    if not colon or relay.address.endswith("]"):
        host, port = relay.address, str(default_port)
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    plain = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not host or not plain or (":" in host and not bracketed):
        raise BadInput(f"relay {relay.name!r}: address {relay.address!r}: expected HOST:PORT")
    return host, int(port)


def open_modbus(relay: Relay, on_change: Callable[[], None]) -> PolledDriver:
    """The driver of a ``modbus_tcp`` or ``modbus_rtu`` table.

    Raises:
        BadInput: malformed address.
    """
    client: ModbusTcpClient | ModbusSerialClient
    if relay.driver == "modbus_tcp":
        host, port = parse_address(relay)
        client = ModbusTcpClient(host, port=port, timeout=TIMEOUT_S, retries=0)
        where, cycle_s = f"Modbus {host}:{port}", 0.0
    else:
        line = relay.rtu or RtuTable()
        cycle_s = _CHARS_A_CYCLE * _BITS_A_CHAR / line.baud_bps
        client = ModbusSerialClient(
            relay.address,
            baudrate=line.baud_bps,
            parity=line.parity[0].upper(),
            stopbits=line.stop_bits,
            timeout=TIMEOUT_S + cycle_s,
            retries=0,
        )
        where = f"Modbus {relay.address}"
    return PolledDriver(relay.outputs, _Module(relay, client, where, 3.5 * TIMEOUT_S + 3.0 * cycle_s), on_change)


class _Module:
    """Writes all coils in one request and reads them back.

    Args:
        relay: ``[[relay]]`` table: unit, first_coil, read_back, outputs in order, heartbeat_coil, run_input.
        client: not connected yet.
        where: what begins each fault.
        stale_s: one cycle of three time-outs.
    """

    def __init__(self, relay: Relay, client: ModbusTcpClient | ModbusSerialClient, where: str, stale_s: float) -> None:
        self.where = where
        self.stale_s = stale_s
        self._relay = relay
        self._client = client
        self._names = tuple(relay.outputs)
        self._beat = False

    def exchange(self, wanted: Mapping[str, bool]) -> Reading:
        try:
            if not self._client.connect():
                raise DriverFault("cannot be reached")
            return self._ask(wanted)
        except (ModbusException, OSError):
            raise DriverFault("does not answer") from None
        except (ValueError, IndexError, struct.error):
            raise DriverFault("answers with something other than Modbus") from None

    def drop(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def _ask(self, wanted: Mapping[str, bool]) -> Reading:
        relay, client, unit = self._relay, self._client, self._relay.unit
        first, count = relay.first_coil, len(self._names)
        _check(client.write_coils(first, [wanted[name] for name in self._names], device_id=unit))
        if relay.heartbeat_coil is not None:
            self._beat = not self._beat
            _check(client.write_coil(relay.heartbeat_coil, self._beat, device_id=unit))
        if relay.read_back == "coils":
            states = _bits(client.read_coils(first, count=count, device_id=unit), count)
        else:
            states = _bits(client.read_discrete_inputs(first, count=count, device_id=unit), count)
        run = relay.run_input is not None and _bits(
            client.read_discrete_inputs(relay.run_input, count=1, device_id=unit), 1
        ) == [True]
        return Reading(dict(zip(self._names, states, strict=True)), run)


def _check(answer: ModbusPDU) -> ModbusPDU:
    if answer.isError():
        raise DriverFault(f"refused a request (Modbus exception {getattr(answer, 'exception_code', '?')})")
    return answer


def _bits(answer: ModbusPDU, count: int) -> list[bool]:
    if len(_check(answer).bits) < count:
        raise DriverFault(f"answered with {len(answer.bits)} states, expected {count}")
    return [bool(bit) for bit in answer.bits[:count]]
