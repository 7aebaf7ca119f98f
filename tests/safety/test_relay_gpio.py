"""GPIO lines: the faults that any machine can show, and the kernel's gpio-sim where it is loaded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from calibration.outputs import Relay
from safety.relay_drivers import ContactDriver, DriverFault, open_driver
from tests.safety.bus_helpers import wait_for

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
OUTPUTS = {"K1": ("H1", "permit"), "S1": ("hall", "danger")}
ON, OFF = {"K1": True, "S1": False}, {"K1": False, "S1": False}
SIMULATION = Path("/sys/kernel/config/gpio-sim")


def relay(address: str, **table: object) -> Relay:
    lines = {"lines": {"K1": 2, "S1": 3}} | table
    return Relay.model_validate(
        {"name": "c1", "driver": "gpio", "address": address, "outputs": OUTPUTS, "run_input": 5, "gpio": lines}
    )


def reads(driver: ContactDriver) -> dict[str, bool] | str:
    try:
        return driver.read_back()
    except DriverFault as fault:
        return str(fault)


@pytest.mark.parametrize("address", ["/dev/gpiochip-none", "/dev/null"])
def test_what_is_no_gpio_chip_is_told(address: str) -> None:
    driver = open_driver(relay(address), lambda: None)
    wait_for(lambda: f"GPIO {address}: cannot be used" in str(reads(driver)), what=str(reads(driver)))
    driver.apply(ON)
    assert isinstance(reads(driver), str)
    driver.close()


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"lines": {"K1": 2}}, "must name every output once"),
        ({"lines": {"K1": 2, "S1": 2}}, "line 2 is given twice"),
        ({"heartbeat_line": 5}, "line 5 is given twice"),
        ({"read_back_lines": {"K9": 7}}, "'K9' is no output"),
    ],
)
def test_lines_that_cannot_be(table: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        relay("/dev/gpiochip0", **table)


@dataclass(frozen=True)
class SimulatedChip:
    """A chip of gpio-sim: the level of its outputs is read, the pull of its inputs set, in sysfs."""

    device: str
    lines: Path

    def level(self, line: int) -> bool:
        return (self.lines / f"sim_gpio{line}" / "value").read_text().strip() == "1"

    def pull(self, line: int, up: bool) -> None:
        (self.lines / f"sim_gpio{line}" / "pull").write_text("pull-up" if up else "pull-down")


@pytest.fixture
def chip() -> Iterator[SimulatedChip]:
    if not SIMULATION.is_dir():
        pytest.skip("needs the kernel module gpio-sim and configfs: modprobe gpio-sim")
    table = SIMULATION / "hoistwatch"
    bank = table / "bank0"
    bank.mkdir(parents=True)
    try:
        (bank / "num_lines").write_text("8")
        (table / "live").write_text("1")
        name = (bank / "chip_name").read_text().strip()
        platform = (table / "dev_name").read_text().strip()
        yield SimulatedChip(f"/dev/{name}", Path("/sys/devices/platform") / platform / name)
    finally:
        (table / "live").write_text("0")
        bank.rmdir()
        table.rmdir()


def test_lines_move_and_read_back(chip: SimulatedChip) -> None:
    driver = open_driver(relay(chip.device, heartbeat_line=6, read_back_lines={"S1": 4}), lambda: None)
    wait_for(lambda: reads(driver) == OFF)
    driver.apply({"K1": True, "S1": True})
    wait_for(lambda: reads(driver) == ON, what="S1 is wired to nothing, so it reads open")
    chip.pull(4, up=True)
    wait_for(lambda: reads(driver) == {"K1": True, "S1": True})
    assert chip.level(2)
    assert not driver.run_commanded
    chip.pull(5, up=True)
    wait_for(lambda: driver.run_commanded)
    beats = set()
    wait_for(lambda: bool(beats.add(chip.level(6)) or len(beats) == 2), what="the heartbeat")
    driver.close()
    time.sleep(0.05)
    assert not chip.level(2)
