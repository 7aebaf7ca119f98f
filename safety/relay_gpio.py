"""Contacts on GPIO lines of a Linux machine, through the character device (libgpiod 2).

While the lines are requested nobody else can move them. When this process dies the kernel releases them, and
what becomes of the level then is the chip's own matter: most leave it as it was. So name a
``heartbeat_line``, toggled in every cycle, and let a charge pump or a retriggerable time relay on it feed the
relays; and give each line the pull resistor that opens its relay while the machine starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import gpiod
from gpiod.line import Direction, Value

from calibration.outputs import GpioTable, Relay
from safety.relay_drivers import DriverFault
from safety.relay_polled import PolledDriver, Reading

STALE_S = 0.35


def open_gpio(relay: Relay, on_change: Callable[[], None]) -> PolledDriver:
    """The driver of a ``gpio`` table."""
    assert relay.gpio is not None
    return PolledDriver(relay.outputs, _Lines(relay, relay.gpio), on_change)


class _Lines:
    """All lines of a node in one request, so that they change together."""

    def __init__(self, relay: Relay, table: GpioTable) -> None:
        self.where = f"GPIO {relay.address}"
        self.stale_s = STALE_S
        self._path = relay.address
        self._name = relay.name
        self._table = table
        self._run_line = relay.run_input
        self._beat = False
        self._request: gpiod.LineRequest | None = None

    def exchange(self, wanted: Mapping[str, bool]) -> Reading:
        try:
            request = self._request or self._take()
            self._request = request
            values: dict[int | str, Value] = {self._table.lines[name]: _value(on) for name, on in wanted.items()}
            if self._table.heartbeat_line is not None:
                self._beat = not self._beat
                values[self._table.heartbeat_line] = _value(self._beat)
            request.set_values(values)
            run = self._run_line is not None and request.get_value(self._run_line) == Value.ACTIVE
            read = {name: self._table.read_back_lines.get(name, line) for name, line in self._table.lines.items()}
            return Reading({name: request.get_value(line) == Value.ACTIVE for name, line in read.items()}, run)
        except OSError as error:
            raise DriverFault(f"cannot be used ({error.strerror or error})") from None
        except (ValueError, gpiod.RequestReleasedError) as error:
            raise DriverFault(f"cannot be used ({error})") from None

    def drop(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.release()

    def _take(self) -> gpiod.LineRequest:
        output = gpiod.LineSettings(
            direction=Direction.OUTPUT, output_value=Value.INACTIVE, active_low=self._table.active_low
        )
        beat = gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE)
        contact = gpiod.LineSettings(direction=Direction.INPUT)
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {}
        config |= {line: output for line in self._table.lines.values()}
        config |= {line: contact for line in self._table.read_back_lines.values()}
        if self._table.heartbeat_line is not None:
            config[self._table.heartbeat_line] = beat
        if self._run_line is not None:
            config[self._run_line] = contact
        return gpiod.request_lines(self._path, config=config, consumer=f"hoistwatch {self._name}"[:31])


def _value(on: bool) -> Value:
    return Value.ACTIVE if on else Value.INACTIVE
