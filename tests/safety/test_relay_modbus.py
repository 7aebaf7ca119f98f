"""Contacts on a real Modbus TCP server in its own process, which is killed, stopped and started again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from calibration.errors import BadInput
from calibration.outputs import Relay
from safety.bus import EngineBus
from safety.permit_issuer import NodeMonitor
from safety.records import RelayStatus
from safety.relay_drivers import ContactDriver, DriverFault, SimulatedDriver, open_driver, when_gone
from safety.relay_modbus import open_modbus, parse_address
from safety.relay_node import RelayNode
from tests.safety.bus_helpers import LOOPBACK, Coils, client, free_port, make_site_keys, process, wait_for

SERVER = ("-m", "recordings.soak.modbus_server")
OUTPUTS = {"K1": ("H1", "permit"), "K2": ("H1", "slow"), "S1": ("hall", "danger")}
ON = {"K1": True, "K2": True, "S1": False}
OFF = dict.fromkeys(OUTPUTS, False)


def relay(port: int, **options: object) -> Relay:
    table = {"name": "cabinet-1", "driver": "modbus_tcp", "address": f"127.0.0.1:{port}", "outputs": OUTPUTS}
    return Relay.model_validate(table | options)


def reads(driver: ContactDriver) -> dict[str, bool] | str:
    try:
        return driver.read_back()
    except DriverFault as fault:
        return str(fault)


def settled(driver: ContactDriver, expected: dict[str, bool]) -> None:
    wait_for(lambda: reads(driver) == expected, what=f"read-back {expected}")


# --- the driver alone ---------------------------------------------------------------------------


def test_moves_and_reads_back_and_opens_at_the_end() -> None:
    port = free_port()
    with process(*SERVER, str(port)):
        coils = Coils(port)
        changes: list[float] = []
        driver = open_modbus(relay(port, heartbeat_coil=7), lambda: changes.append(time.monotonic()))
        settled(driver, OFF)
        driver.apply(ON)
        settled(driver, ON)
        assert coils.read() == [True, True, False]
        assert len(changes) == 2
        beats = set()
        wait_for(lambda: bool(beats.add(coils.read(8)[7]) or len(beats) == 2), what="the heartbeat coil toggling")
        driver.close()
        assert coils.read() == [False, False, False]
        coils.close()


def test_a_dead_server_is_a_fault_and_its_return_closes_nothing() -> None:
    port = free_port()
    driver = open_modbus(relay(port), lambda: None)
    with process(*SERVER, str(port)) as server:
        settled(driver, OFF)
        driver.apply(ON)
        settled(driver, ON)
        server.kill()
        server.wait()
        time.sleep(0.3)
        driver.apply(ON)  # as a node would that has not looked yet
    with process(*SERVER, str(port)):
        coils = Coils(port)
        wait_for(lambda: not driver._fault, what="the driver's reconnection")
        assert "Modbus 127.0.0.1" in str(reads(driver)), "the outage is told although it is over"
        assert coils.read() == [False, False, False]
        driver.apply(ON)
        settled(driver, ON)
        coils.close()
    driver.close()


def test_a_hung_server_delays_nobody() -> None:
    port = free_port()
    with process(*SERVER, str(port)) as server:
        driver = open_modbus(relay(port), lambda: None)
        settled(driver, OFF)
        server.send_signal(signal.SIGSTOP)
        start_s = time.monotonic()
        wait_for(lambda: "does not answer" in str(reads(driver)), what="the fault")
        assert time.monotonic() - start_s < 1.0
        longest_s = 0.0
        for k in range(50):
            before_s = time.monotonic()
            driver.apply(ON if k % 2 else OFF)
            reads(driver)
            longest_s = max(longest_s, time.monotonic() - before_s)
            time.sleep(0.005)
        assert longest_s < 0.1
        server.send_signal(signal.SIGCONT)
        settled(driver, OFF)
        driver.close()


def test_contacts_that_do_not_follow_show_in_the_read_back() -> None:
    port = free_port()
    with process(*SERVER, str(port)):
        driver = open_modbus(relay(port, read_back="discrete_inputs"), lambda: None)
        settled(driver, OFF)
        driver.apply(ON)
        time.sleep(0.2)
        assert reads(driver) == OFF, "nothing is wired to the inputs of this server"
        driver.close()


def test_a_refused_request_is_a_fault() -> None:
    port = free_port()
    with process(*SERVER, str(port)):
        driver = open_modbus(relay(port, first_coil=62), lambda: None)
        wait_for(lambda: "refused a request (Modbus exception 2)" in str(reads(driver)))
        driver.close()


def test_a_driver_says_that_it_cannot_open_what_outlives_it() -> None:
    assert "keeps its contacts" in when_gone(relay(1))
    assert when_gone(relay(1, heartbeat_coil=7)) == ""
    assert when_gone(relay(1, driver="simulated")) == ""


def test_nobody_there() -> None:
    driver = open_modbus(relay(free_port()), lambda: None)
    assert "has not connected yet" in str(reads(driver)) or "cannot be reached" in str(reads(driver))
    wait_for(lambda: "cannot be reached" in str(reads(driver)))
    driver.close()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.0.1:1502", ("10.0.0.1", 1502)),
        ("plc.local", ("plc.local", 502)),
        ("[fe80::1]:502", ("fe80::1", 502)),
        ("[fe80::1]", ("fe80::1", 502)),
    ],
)
def test_addresses(address: str, expected: tuple[str, int]) -> None:
    assert parse_address(relay(1, address=address)) == expected


@pytest.mark.parametrize("address", ["", ":502", "host:", "host:0", "host:65536", "host:x", "a:b:502", "fe80::1"])
def test_bad_addresses_are_named(address: str) -> None:
    with pytest.raises(BadInput, match=r"relay 'cabinet-1': address .* expected HOST:PORT"):
        open_driver(relay(1, address=address), lambda: None)


def test_simulated_contacts_follow_at_once() -> None:
    driver = open_driver(relay(1, driver="simulated"), lambda: None)
    assert isinstance(driver, SimulatedDriver)
    driver.apply(ON)
    assert driver.read_back() == ON
    driver.close()
    assert driver.read_back() == OFF


def test_a_heartbeat_coil_must_be_free() -> None:
    with pytest.raises(ValueError, match="heartbeat_coil"):
        relay(1, heartbeat_coil=2)


# --- the node with engine and server ------------------------------------------------------------


@dataclass
class Plant:
    """Engine's bus and monitor, a node's loop and a Modbus server, each doing its real work."""

    bus: EngineBus
    monitor: NodeMonitor
    node: RelayNode
    lines: list[str]
    outputs: dict[str, bool] = field(default_factory=lambda: {"H1/permit": True, "H1/slow": True})
    statuses: list[RelayStatus] = field(default_factory=list)

    def turn(self, resets: tuple[str, ...] = ()) -> None:
        self.node.step()
        now_s = time.monotonic()
        for entry in self.bus.receive(0.0):
            if isinstance(entry.message, RelayStatus):
                self.monitor.observe(entry.message, now_s)
                self.statuses.append(entry.message)
        for permit in self.monitor.permits(self.outputs, now_s, resets):
            self.bus.send("relay", permit.node, permit)

    def until(self, condition: Callable[[RelayStatus], bool], resets: tuple[str, ...] = ()) -> RelayStatus:
        def once() -> bool:
            self.turn(resets)
            return bool(self.statuses) and condition(self.statuses[-1])

        wait_for(once)
        return self.statuses[-1]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def plant(stack: ExitStack, folder: Path, table: Relay) -> Plant:
    keys = make_site_keys(folder)
    bus = EngineBus(LOOPBACK, keys, lambda *_: None)
    stack.callback(bus.close)
    peer = client(bus, keys, "relay", "cabinet-1")
    lines: list[str] = []
    node = RelayNode(table, peer, open_driver(table, peer.wake), 0.25, lines.append)
    stack.callback(node.close)
    return Plant(bus, NodeMonitor((table,), "engine", 0.25, time.monotonic()), node, lines)


def test_a_server_that_dies_drops_the_permit_until_a_reset(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    works = plant(stack, tmp_path, relay(port))
    with process(*SERVER, str(port)) as server:
        works.until(lambda s: not s.fault and s.contacts["K2"])
        assert works.statuses[-1].latched
        moved = works.until(lambda s: s.contacts["K1"], resets=("cabinet-1",))
        assert moved.contacts == ON
        works.until(lambda s: s.moved_by_seq > 0)
        assert works.monitor.decision_s("cabinet-1", works.statuses[-1].moved_by_seq) is not None
        server.kill()
        server.wait()
        dropped = works.until(lambda s: not s.commanded["K1"])
        assert dropped.latched
        assert f"Modbus 127.0.0.1:{port}" in dropped.fault
        assert "Modbus" in works.monitor.faults(time.monotonic())["cabinet-1"]
        assert works.monitor.views(time.monotonic())[0].fault == dropped.fault
    with process(*SERVER, str(port)):
        coils = Coils(port)
        back = works.until(lambda s: not s.fault and s.contacts["K2"])
        assert back.latched
        for _ in range(20):
            works.turn()
            assert not coils.read()[0], "it returned, but nobody has reset it"
        works.until(lambda s: s.contacts["K1"], resets=("cabinet-1",))
        assert coils.read() == [True, True, False]
        works.node.close()
        assert coils.read() == [False, False, False]
        coils.close()
    assert any("closed K1, K2" in line for line in works.lines)
    assert any("fault: Modbus" in line for line in works.lines)
    assert len(works.lines) < 40, "one line per change, not per turn"


def test_a_contact_that_does_not_follow_is_a_fault(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    works = plant(stack, tmp_path, relay(port, read_back="discrete_inputs"))
    with process(*SERVER, str(port)):
        works.until(lambda s: not s.fault and s.commanded["K2"])
        failed = works.until(lambda s: "does not follow" in s.fault)
        assert failed.commanded == OFF
        assert failed.latched


def test_slow_comes_before_stop_and_comes_alone(stack: ExitStack, tmp_path: Path) -> None:
    """The engine slows, then stops; each order is one write, so no coil but the one meant moves on the way."""
    port = free_port()
    works = plant(stack, tmp_path, relay(port))
    with process(*SERVER, str(port)):
        works.until(lambda s: s.contacts == ON, resets=("cabinet-1",))
        coils = Coils(port)
        seen: list[list[bool]] = [coils.read()]

        def trace(outputs: dict[str, bool], expected: dict[str, bool]) -> None:
            works.outputs = outputs

            def once() -> bool:
                works.turn()
                if (now := coils.read()) != seen[-1]:
                    seen.append(now)
                return works.statuses[-1].contacts == expected

            wait_for(once)

        trace({"H1/permit": True, "H1/slow": False}, ON | {"K2": False})
        assert not works.statuses[-1].latched, "who is slowed needs no reset"
        trace({"H1/permit": False, "H1/slow": False, "hall/danger": True}, {"K1": False, "K2": False, "S1": True})
        assert works.statuses[-1].latched
        trace({"H1/permit": True, "H1/slow": False, "hall/danger": True}, {"K1": False, "K2": False, "S1": True})
        assert seen == [[True, True, False], [True, False, False], [False, False, True]]
        coils.close()
