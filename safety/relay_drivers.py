"""How contacts are moved and read back: what a driver is, and which one a site asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from calibration.errors import HoistwatchError
from calibration.outputs import Relay


class DriverFault(HoistwatchError):
    """The contacts cannot be moved or read at present; the text says why."""


class ContactDriver(Protocol):
    """Moves the contacts of one relay node. No call but ``close`` may block for longer than a few milliseconds."""

    @property
    def run_commanded(self) -> bool:
        """Whether the run input says that somebody commands a motion; False where there is no such input."""

    def apply(self, contacts: Mapping[str, bool]) -> None:
        """Ask for these states, contact name to energised. A newer call replaces an older one."""

    def read_back(self) -> dict[str, bool]:
        """The states as they were last read from the contacts themselves.

        Raises:
            DriverFault: they are unknown, or the last command may not have arrived.
        """

    def close(self) -> None:
        """Open every contact, if that can still be done, and let go of the device."""


class SimulatedDriver:
    """Contacts in memory that follow at once: for demonstrations and for sites that only watch."""

    run_commanded = False

    def __init__(self, contacts: Mapping[str, object]) -> None:
        self._state = dict.fromkeys(contacts, False)

    def apply(self, contacts: Mapping[str, bool]) -> None:
        self._state = dict(contacts)

    def read_back(self) -> dict[str, bool]:
        return dict(self._state)

    def close(self) -> None:
        self._state = dict.fromkeys(self._state, False)


def when_gone(relay: Relay) -> str:
    """What becomes of the contacts when this machine or its line to them dies, where nothing opens them; else empty."""
    beats = relay.heartbeat_coil is not None or (relay.gpio is not None and relay.gpio.heartbeat_line is not None)
    if beats:
        return ""
    match relay.driver:
        case "modbus_tcp" | "modbus_rtu":
            return "a module without watchdog keeps its contacts when this machine dies: set its watchdog"
        case "serial":
            return "the board keeps its contacts when this machine dies: it must not hold a permit alone"
        case "gpio":
            return "most chips keep their lines when this process dies: name a heartbeat_line"
        case _:
            return ""


def open_driver(relay: Relay, on_change: Callable[[], None], base: Path = Path()) -> ContactDriver:
    """The driver that a ``[[relay]]`` table names.

    Args:
        relay: the table.
        on_change: called from any thread whenever the read-back or the driver's health has changed.
        base: the folder of the site file, from which it names other files.

    Raises:
        BadInput: a malformed address, or a file that the table names is unfit.
    """
    match relay.driver:
        case "simulated":
            return SimulatedDriver(relay.outputs)
        case "modbus_tcp" | "modbus_rtu":
            from safety.relay_modbus import open_modbus

            return open_modbus(relay, on_change)
        case "serial":
            from safety.relay_serial import open_board

            return open_board(relay, on_change)
        case "gpio":
            from safety.relay_gpio import open_gpio

            return open_gpio(relay, on_change)
        case "mqtt":
            from safety.relay_mqtt import open_mqtt

            return open_mqtt(relay, on_change, base)
