"""Drivers on a serial line: a real Modbus RTU server and relay boards, over pseudo-terminals, killed and stopped."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from calibration.outputs import Relay
from safety.relay_drivers import ContactDriver, DriverFault, open_driver
from tests.safety.bus_helpers import process, wait_for
from tests.safety.test_relay_modbus import plant

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
OUTPUTS = {"K1": ("H1", "permit"), "K2": ("H1", "slow"), "S1": ("hall", "danger")}
RTU = {"parity": "none"}  # a pseudo-terminal has none
ON = {"K1": True, "K2": False, "S1": True}
OFF = dict.fromkeys(OUTPUTS, False)


def relay(driver: str, address: str, **options: object) -> Relay:
    return Relay.model_validate({"name": "c1", "driver": driver, "address": address, "outputs": OUTPUTS} | options)


def reads(driver: ContactDriver) -> dict[str, bool] | str:
    try:
        return driver.read_back()
    except DriverFault as fault:
        return str(fault)


def becomes(driver: ContactDriver, expected: Callable[[object], bool], limit_s: float = 8.0) -> float:
    start_s = time.monotonic()
    wait_for(lambda: expected(reads(driver)), limit_s, what=f"another read-back than {reads(driver)}")
    return time.monotonic() - start_s


def first_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def relays(board: subprocess.Popen[str], line: str = "show") -> str:
    assert board.stdin is not None
    board.stdin.write(line + "\n")
    board.stdin.flush()
    return first_line(board)


def test_modbus_rtu_moves_reads_back_and_opens_at_the_end() -> None:
    with process("-m", "tests.safety.modbus_rtu_server") as server:
        line = first_line(server)
        driver = open_driver(relay("modbus_rtu", line, rtu=RTU), lambda: None)
        becomes(driver, lambda read: read == OFF)
        driver.apply(ON)
        took_s = becomes(driver, lambda read: read == ON)
        print(f"\nModbus RTU at 19200 bit/s: command to read-back {1e3 * took_s:.0f} ms")
        driver.close()
        again = open_driver(relay("modbus_rtu", line, rtu=RTU), lambda: None)
        becomes(again, lambda read: read == OFF)
        again.close()


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_modbus_rtu_server_that_is_gone_is_a_fault(number: signal.Signals) -> None:
    with process("-m", "tests.safety.modbus_rtu_server") as server:
        driver = open_driver(relay("modbus_rtu", first_line(server), rtu=RTU), lambda: None)
        becomes(driver, lambda read: read == OFF)
        driver.apply(ON)
        becomes(driver, lambda read: read == ON)
        server.send_signal(number)
        took_s = becomes(driver, lambda read: isinstance(read, str))
        print(f"\n{number.name} of the RTU server: told after {1e3 * took_s:.0f} ms: {reads(driver)}")
        assert took_s < 1.0
        assert "cannot be opened from here" in str(reads(driver))
        if number == signal.SIGSTOP:
            server.send_signal(signal.SIGCONT)
            becomes(driver, lambda read: read == OFF)
        driver.close()


def test_a_modbus_rtu_line_that_is_not_there() -> None:
    driver = open_driver(relay("modbus_rtu", "/dev/hoistwatch-none"), lambda: None)
    becomes(driver, lambda read: "cannot be reached" in str(read))
    driver.close()


@pytest.mark.parametrize("protocol", ["lcus", "numato"])
def test_a_board_moves_reads_back_and_opens_at_the_end(protocol: str) -> None:
    with process("-m", "tests.safety.serial_board", protocol) as board:
        table = {"protocol": protocol, "first_channel": 2}
        driver = open_driver(relay("serial", first_line(board), board=table), lambda: None)
        becomes(driver, lambda read: read == OFF)
        driver.apply(ON)
        becomes(driver, lambda read: read == ON)
        assert relays(board) == "00101000"
        driver.close()
        assert relays(board) == "00000000"


@pytest.mark.parametrize("protocol", ["lcus", "numato"])
def test_a_board_that_sticks_is_read_back_as_it_is(protocol: str) -> None:
    with process("-m", "tests.safety.serial_board", protocol) as board:
        driver = open_driver(relay("serial", first_line(board), board={"protocol": protocol}), lambda: None)
        becomes(driver, lambda read: read == OFF)
        driver.apply(ON)
        becomes(driver, lambda read: read == ON)
        relays(board, "stick 0")
        driver.apply(OFF)
        becomes(driver, lambda read: read == {"K1": True, "K2": False, "S1": False})
        driver.close()


@pytest.mark.parametrize("how", ["mute", "kill"])
def test_a_board_that_is_gone_is_a_fault_within_a_second(how: str) -> None:
    with process("-m", "tests.safety.serial_board", "lcus") as board:
        driver = open_driver(relay("serial", first_line(board)), lambda: None)
        becomes(driver, lambda read: read == OFF)
        if how == "mute":
            relays(board, "mute")
        else:
            board.kill()
        took_s = becomes(driver, lambda read: isinstance(read, str))
        assert took_s < 1.0
        assert "relay board /dev/pts/" in str(reads(driver))
        assert "cannot be opened from here" in str(reads(driver))
        driver.close()


def test_a_board_without_read_back_says_so_in_its_rules() -> None:
    with process("-m", "tests.safety.serial_board", "lcus") as board:
        table = relay("serial", first_line(board), board={"reads_back": False})
        assert not any(rule.reads_back for rule in table.rules().values())
        driver = open_driver(table, lambda: None)
        becomes(driver, lambda read: read == OFF)
        driver.apply(ON)
        wait_for(lambda: relays(board) == "10100000", what="the relays")
        driver.close()
        wait_for(lambda: relays(board) == "00000000", what="open relays")


def test_a_port_is_one_nodes() -> None:
    with process("-m", "tests.safety.serial_board", "lcus") as board:
        line = first_line(board)
        driver = open_driver(relay("serial", line), lambda: None)
        becomes(driver, lambda read: read == OFF)
        other = open_driver(relay("serial", line), lambda: None)
        becomes(other, lambda read: "cannot be reached" in str(read))
        other.close()
        driver.close()


# --- the node with engine and board --------------------------------------------------------------


@pytest.mark.parametrize(("stuck_on", "words"), [(True, "K1 (stuck on)"), (False, "K1 (stuck off)")])
def test_a_stuck_relay_is_a_fault_with_name_within_its_time(tmp_path: Path, stuck_on: bool, words: str) -> None:
    with ExitStack() as stack:
        board = stack.enter_context(process("-m", "tests.safety.serial_board", "numato"))
        table = relay("serial", first_line(board), board={"protocol": "numato"}, output={"K1": {"fault_after_s": 0.5}})
        works = plant(stack, tmp_path, table.model_copy(update={"name": "cabinet-1"}))
        works.until(lambda s: not s.fault and s.contacts["K2"])
        if stuck_on:
            works.until(lambda s: s.contacts["K1"], resets=("cabinet-1",))
        relays(board, "stick 0")
        works.outputs["H1/permit"] = not stuck_on
        start_s = time.monotonic()
        works.until(lambda s: words in s.fault, resets=() if stuck_on else ("cabinet-1",))
        took_s = time.monotonic() - start_s
        print(f"\n{words}: told after {1e3 * took_s:.0f} ms")
        assert 0.5 <= took_s < 2.0
        assert "K1" in works.monitor.faults(time.monotonic())["cabinet-1"]
        assert works.statuses[-1].latched
        works.until(lambda s: not s.commanded["K2"] and not s.contacts["K2"])
        assert relays(board)[1:] == "0000000", "all else opens with it"
        for _ in range(20):
            works.turn()
        assert works.statuses[-1].fault, "it does not look well again the moment that all is open"
