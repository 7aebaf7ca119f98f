"""What a relay node drives and how: table ``[[relay]]`` of the site file and the tables below it.

De-energised is always the safer state of a coil. An output whose safe state is *on* (a beacon that shines
when everything else has failed) is wired to the normally closed contact, so that its coil is energised to
keep it quiet; everywhere but at the driver's edge *on* means that the output acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from calibration.table import Name, Table

Signal = Literal["permit", "slow", "caution", "warning", "danger"]
Device = Literal["run", "full_speed", "siren", "beacon"]
Driver = Literal["simulated", "modbus_tcp", "modbus_rtu", "serial", "gpio", "mqtt"]

ENABLING: tuple[Signal, ...] = ("permit", "slow")
"""Signals that let something move: closed while allowed, never held on, never on where the system is silent."""
_DEVICES: dict[str, Device] = {
    "permit": "run",
    "slow": "full_speed",
    "caution": "beacon",
    "warning": "beacon",
    "danger": "siren",
}
_MINIMUM_ON_S: dict[Device, float] = {"run": 0.0, "full_speed": 0.0, "siren": 1.0, "beacon": 0.5}


def _is_topic(value: str) -> str:
    if not value or len(value) > 200 or value[0] in "/$" or value[-1] == "/" or any(c in "+#\0 " for c in value):
        raise ValueError("must be an MQTT topic without wildcards, spaces, and slashes at its ends")
    return value


Topic = Annotated[str, AfterValidator(_is_topic)]


@dataclass(frozen=True, slots=True)
class OutputRule:
    """One output with every default filled in. ``safe_on`` is what it does when nobody permits anything."""

    name: str
    target: str
    signal: Signal
    device: Device
    safe_on: bool
    minimum_on_s: float
    reads_back: bool
    fault_after_s: float
    proof_test_days: float

    @property
    def enabling(self) -> bool:
        return self.signal in ENABLING


class OutputTable(Table):
    """Table ``[relay.output.NAME]``: what one output is for, beyond its place in ``outputs``."""

    device: Device | None = Field(
        None, description="What hangs on it; by its signal: permit run, slow full_speed, danger siren, others beacon."
    )
    safe_state: Literal["off", "on"] = Field(
        "off", description="What it does when the system is silent, faulty or without power; on: wired normally closed."
    )
    minimum_on_s: float | None = Field(
        None, ge=0.0, le=60.0, description="Once on, it stays on so long; a siren 1 s, a beacon 0.5 s, a permit never."
    )
    reads_back: bool = Field(True, description="Whether the contact itself can be read back.")
    fault_after_s: float = Field(
        0.3, ge=0.05, le=2.0, description="A contact that differs from its command for so long is stuck."
    )
    proof_test_days: float = Field(
        90.0, ge=0.0, le=3650.0, description="It must be tested this often; 0: no test is asked for."
    )


class RtuTable(Table):
    """Table ``[relay.rtu]``: the serial line of Modbus RTU; ``address`` is its device file."""

    baud_bps: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 19200
    parity: Literal["even", "odd", "none"] = "even"
    stop_bits: Literal[1, 2] = 1


class BoardTable(Table):
    """Table ``[relay.board]``: a relay board on USB or a serial line; ``address`` is its device file."""

    protocol: Literal["lcus", "numato"] = Field(
        "lcus", description="lcus: four bytes A0 channel state sum (CH340 boards); numato: text commands."
    )
    baud_bps: Literal[9600, 19200, 38400, 57600, 115200] = 9600
    channels: int = Field(8, ge=1, le=32, description="Relays on the board.")
    first_channel: int = Field(0, ge=0, le=31, description="Channel of the first output, from 0; the others follow.")
    reads_back: bool = Field(True, description="False for boards that do not tell their state, such as LCUS-1.")


class GpioTable(Table):
    """Table ``[relay.gpio]``: lines of a GPIO chip of Linux; ``address`` is its device file."""

    lines: dict[str, Annotated[int, Field(ge=0, le=1023)]] = Field(description="Output to its line.")
    active_low: bool = Field(False, description="Whether the relay board pulls in when the line is low.")
    read_back_lines: dict[str, Annotated[int, Field(ge=0, le=1023)]] = Field(
        default={}, description="Output to an input line that is high while its contact is closed."
    )
    heartbeat_line: int | None = Field(None, ge=0, le=1023, description="Line toggled in every cycle, for a watchdog.")


class MqttTable(Table):
    """Table ``[relay.mqtt]``: an I/O module behind a broker; ``address`` is the broker's ``HOST:PORT``."""

    topic: Topic = Field(description="Commands go to TOPIC/set, the module tells its state on TOPIC/state.")
    username: str = ""
    password_file: str = Field("", description="File with the password alone, mode 0600, relative to the site file.")
    ca_file: str = Field("", description="Certificate authority for TLS, relative to the site file; empty: no TLS.")
    keepalive_s: int = Field(1, ge=1, le=60, description="A broker tells the last will after 1.5 times this silence.")


_TABLE_OF: dict[str, Driver] = {"rtu": "modbus_rtu", "board": "serial", "gpio": "gpio", "mqtt": "mqtt"}
_ADDRESS = "127.0.0.1:502"


class Relay(Table):
    """Table ``[[relay]]``: a relay node. ``outputs`` maps a contact to (hoist or "hall", signal)."""

    name: Name
    driver: Driver = "simulated"
    address: str = _ADDRESS
    unit: int = Field(1, ge=0, le=255)
    first_coil: int = Field(0, ge=0, le=65535, description="Coil of the first output; the others follow in order.")
    read_back: Literal["coils", "discrete_inputs"] = "coils"
    heartbeat_coil: int | None = Field(
        None, ge=0, le=65535, description="Coil toggled in every cycle, for a watchdog relay that opens on silence."
    )
    run_input: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Discrete input (Modbus) or line (GPIO) that is on while somebody commands the hoist to move: "
        "a reset is refused until it is off.",
    )
    outputs: dict[str, tuple[str, Signal]]
    output: dict[str, OutputTable] = Field(default={})
    rtu: RtuTable | None = None
    board: BoardTable | None = None
    gpio: GpioTable | None = None
    mqtt: MqttTable | None = None

    @field_validator("outputs")
    @classmethod
    def _some(cls, value: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
        if not value:
            raise ValueError("must name at least one output")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Relay:
        if self.first_coil + len(self.outputs) > 65536:
            raise ValueError("first_coil leaves no room for every output up to coil 65535")
        if self.heartbeat_coil in range(self.first_coil, self.first_coil + len(self.outputs)):
            raise ValueError("heartbeat_coil must not be the coil of an output")
        for name, table in self.output.items():
            _check_output(name, table, self.outputs)
        self._check_driver()
        return self

    def _check_driver(self) -> None:
        for name, driver in _TABLE_OF.items():
            if getattr(self, name) is not None and self.driver != driver:
                raise ValueError(f"{name} belongs to driver {driver!r}, not to {self.driver!r}")
        if self.driver in ("gpio", "mqtt") and getattr(self, self.driver) is None:
            raise ValueError(f"driver {self.driver!r} needs a table [relay.{self.driver}]")
        if self.driver in ("modbus_rtu", "serial", "gpio") and not self.address.startswith("/"):
            raise ValueError(f"address: driver {self.driver!r} needs a device file such as /dev/ttyUSB0")
        if self.run_input is not None and self.driver not in ("modbus_tcp", "modbus_rtu", "gpio"):
            raise ValueError(f"run_input: driver {self.driver!r} has no inputs")
        if self.gpio is not None:
            _check_lines(self.gpio, self.outputs, self.run_input)
        if self.driver == "serial":
            board = self.board or BoardTable()
            if board.first_channel + len(self.outputs) > board.channels:
                raise ValueError(f"board: {len(self.outputs)} outputs do not fit on {board.channels} channels")

    def rules(self) -> dict[str, OutputRule]:
        """Every output with its defaults filled in, in the order of the site file."""
        return {name: self._rule(name) for name in self.outputs}

    def _rule(self, name: str) -> OutputRule:
        (target, signal), table = self.outputs[name], self.output.get(name, OutputTable())
        device = table.device or _DEVICES[signal]
        board_reads = self.driver != "serial" or (self.board or BoardTable()).reads_back
        return OutputRule(
            name=name,
            target=target,
            signal=signal,
            device=device,
            safe_on=table.safe_state == "on",
            minimum_on_s=_MINIMUM_ON_S[device] if table.minimum_on_s is None else table.minimum_on_s,
            reads_back=table.reads_back and board_reads,
            fault_after_s=table.fault_after_s,
            proof_test_days=0.0 if self.driver == "simulated" else table.proof_test_days,
        )


def _check_output(name: str, table: OutputTable, outputs: dict[str, tuple[str, Signal]]) -> None:
    if name not in outputs:
        raise ValueError(f"output.{name}: expected one of outputs, which are {', '.join(outputs)}")
    signal = outputs[name][1]
    if signal in ENABLING:
        if table.safe_state == "on":
            raise ValueError(f"output.{name}: safe_state of a {signal} output must be off")
        if table.minimum_on_s:
            raise ValueError(f"output.{name}: minimum_on_s of a {signal} output must be 0: it opens at once")
    if table.device not in (None, _DEVICES[signal]) and (signal in ENABLING or table.device in ("run", "full_speed")):
        raise ValueError(f"output.{name}: device {table.device!r} does not fit the signal {signal!r}")


def _check_lines(gpio: GpioTable, outputs: dict[str, tuple[str, Signal]], run_line: int | None) -> None:
    if gpio.lines.keys() != outputs.keys():
        raise ValueError(f"gpio.lines must name every output once: {', '.join(outputs)}")
    unknown = sorted(gpio.read_back_lines.keys() - outputs.keys())
    if unknown:
        raise ValueError(f"gpio.read_back_lines: {unknown[0]!r} is no output")
    used = [*gpio.lines.values(), *gpio.read_back_lines.values()]
    used += [line for line in (gpio.heartbeat_line, run_line) if line is not None]
    twice = sorted({line for line in used if used.count(line) > 1})
    if twice:
        raise ValueError(f"gpio: line {twice[0]} is given twice")
