"""How contacts are moved and read back: what a driver is, and which one a site asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from calibration.errors import BadInput, HoistwatchError
from calibration.site import Relay


class DriverFault(HoistwatchError):
    """The contacts cannot be moved or read at present; the text says why."""


class ContactDriver(Protocol):
    """Moves the contacts of one relay node. No call may block for longer than a few milliseconds."""

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

    def __init__(self, contacts: Mapping[str, object]) -> None:
        self._state = dict.fromkeys(contacts, False)

    def apply(self, contacts: Mapping[str, bool]) -> None:
        self._state = dict(contacts)

    def read_back(self) -> dict[str, bool]:
        return dict(self._state)

    def close(self) -> None:
        self._state = dict.fromkeys(self._state, False)


def open_driver(relay: Relay, on_change: Callable[[], None]) -> ContactDriver:
    """The driver that a ``[[relay]]`` table names.

    Args:
        relay: the table.
        on_change: called from any thread whenever the read-back or the driver's health has changed.

    Raises:
        BadInput: a driver that this version does not have, or a malformed address.
    """
    match relay.driver:
        case "simulated":
            return SimulatedDriver(relay.outputs)
        case "modbus_tcp":
            from safety.relay_modbus import ModbusTcpDriver

            return ModbusTcpDriver(relay, on_change)
        case _:
            raise BadInput(
                f"relay {relay.name!r}: driver {relay.driver!r} is not available in this version, "
                f"expected simulated or modbus_tcp"
            )
