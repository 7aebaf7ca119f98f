"""Contacts on a relay board behind USB or a serial line, in one of two protocols that such boards speak.

``lcus``: boards with a CH340 converter (LCUS-1 to LCUS-8). Four bytes switch a channel: A0, channel from 1,
state, sum of the three before. FF asks for the states, which come as lines ``CH1: ON``. LCUS-1 does not answer.

``numato``: text. ``relay writeall HEX`` and ``relay readall``, each answered with an echo and a prompt ``>``.

Both tell the state of their memory, not of the metal. Neither board has a watchdog: when this machine dies,
or the cable is cut while the board has power from elsewhere, the contacts stay as they are. A permit of
consequence wants a board that is fed by the very USB socket, or another driver.
"""

from __future__ import annotations

import re
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import serial

from calibration.outputs import BoardTable, Relay
from safety.relay_drivers import DriverFault
from safety.relay_polled import PolledDriver, Reading

TIMEOUT_S = 0.15
"""For the answer to one command; a query of eight channels at 9600 bit/s takes 0.09 s."""
_LCUS_STATE = re.compile(rb"CH\s?(\d+)\s*:\s*(ON|OFF)", re.IGNORECASE)
_BYTES_MAX = 1024
T = TypeVar("T")


def open_board(relay: Relay, on_change: Callable[[], None]) -> PolledDriver:
    """The driver of a ``serial`` table."""
    return PolledDriver(relay.outputs, _Board(relay), on_change)


class _Board:
    """One board; the port is opened exclusively, so that a second node on it is a fault."""

    def __init__(self, relay: Relay) -> None:
        self.where = f"relay board {relay.address}"
        self.stale_s = 3.5 * TIMEOUT_S
        self._address = relay.address
        self._table = relay.board or BoardTable()
        self._channel = {name: self._table.first_channel + k for k, name in enumerate(relay.outputs)}
        self._port: serial.Serial | None = None

    def exchange(self, wanted: Mapping[str, bool]) -> Reading:
        try:
            port = self._open()
            port.reset_input_buffer()
            states = self._lcus(port, wanted) if self._table.protocol == "lcus" else self._numato(port, wanted)
        except (OSError, termios.error) as error:  # SerialException is an OSError, termios.error is not
            raise DriverFault(f"cannot be reached ({getattr(error, 'strerror', None) or 'serial line'})") from None
        return Reading({name: states[channel] for name, channel in self._channel.items()})

    def drop(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError, termios.error):
                port.close()

    def _open(self) -> serial.Serial:
        if self._port is None:
            self._port = serial.Serial(
                self._address, self._table.baud_bps, timeout=0.02, write_timeout=TIMEOUT_S, exclusive=True
            )
        return self._port

    def _lcus(self, port: serial.Serial, wanted: Mapping[str, bool]) -> dict[int, bool]:
        frames = bytearray()
        for name, channel in self._channel.items():
            frames += bytes((0xA0, channel + 1, wanted[name], (0xA0 + channel + 1 + wanted[name]) & 0xFF))
        port.write(frames)
        if not self._table.reads_back:
            port.flush()
            return {channel: wanted[name] for name, channel in self._channel.items()}
        port.write(b"\xff")
        needed = set(self._channel.values())

        def told(answer: bytes) -> dict[int, bool] | None:
            found = {int(n) - 1: state.upper() == b"ON" for n, state in _LCUS_STATE.findall(answer)}
            return found if needed <= found.keys() else None

        return _until(port, told)

    def _numato(self, port: serial.Serial, wanted: Mapping[str, bool]) -> dict[int, bool]:
        digits = -(-self._table.channels // 4)
        asked = sum(1 << channel for name, channel in self._channel.items() if wanted[name])
        port.write(f"relay writeall {asked:0{digits}x}\r".encode())
        _until(port, lambda answer: True if b">" in answer else None)
        if not self._table.reads_back:
            return {channel: wanted[name] for name, channel in self._channel.items()}
        port.write(b"relay readall\r")
        answer = _until(port, lambda found: found if b">" in found else None)
        words = [w for w in answer.replace(b">", b" ").split() if re.fullmatch(rb"[0-9a-fA-F]+", w)]
        if not words:
            raise DriverFault("answers with something other than its states")
        value = int(words[-1], 16)
        return {channel: bool(value >> channel & 1) for channel in self._channel.values()}


def _until(port: serial.Serial, told: Callable[[bytes], T | None]) -> T:
    """Read until ``told`` makes something of the answer, for at most ``TIMEOUT_S``."""
    end_s = time.monotonic() + TIMEOUT_S
    answer = b""
    while time.monotonic() < end_s and len(answer) < _BYTES_MAX:
        answer += port.read(port.in_waiting or 1)
        if (found := told(answer)) is not None:
            return found
    raise DriverFault("does not answer" if not answer else "answers with something other than its states")
