"""Engine, relay node and Modbus server as processes: whatever happens to the engine, the contact opens."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from safety.bus import BusPorts, EngineBus
from safety.bus_client import BusClient
from safety.records import NodeView, Permit, RelayStatus, Reset, Snapshot
from tests.safety.bus_helpers import (
    LOOPBACK,
    ROOT,
    Coils,
    client,
    free_port,
    make_site_keys,
    process,
    site_text,
    wait_for,
)

DEADLINE_S = 0.4


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@dataclass
class Hall:
    """Three processes, a console, and an observer of the contacts."""

    site: Path
    keys: Path
    engine: subprocess.Popen[str]
    ports: BusPorts
    node: subprocess.Popen[str]
    console: BusClient
    coils: Coils
    snapshots: list[Snapshot] = field(default_factory=list)

    def permit_closed(self) -> bool:
        return self.coils.read()[0]

    def view(self) -> NodeView | None:
        self.snapshots += [m for m in self.console.receive(0.01) if isinstance(m, Snapshot)]
        return self.snapshots[-1].nodes[0] if self.snapshots else None

    def free(self) -> None:
        """Reset as a person does, and again where the node was not ready yet."""
        asked_s = 0.0

        def once() -> bool:
            nonlocal asked_s
            view = self.view()
            if view is not None and not view.fault and view.latched and time.monotonic() - asked_s > 0.5:
                asked_s = time.monotonic()
                self.console.send(Reset(time_s=0.0, by="", node="cabinet-1"))
            return self.permit_closed()

        wait_for(once, 15.0, "the permit contact closing")

    def command(self, line: str) -> None:
        assert self.engine.stdin is not None
        self.engine.stdin.write(line + "\n")
        self.engine.stdin.flush()

    def opens_within_s(self) -> float:
        start_s = time.monotonic()
        wait_for(lambda: not self.permit_closed(), 5.0, "the permit contact opening")
        return time.monotonic() - start_s

    def stays_open(self, for_s: float) -> None:
        end_s = time.monotonic() + for_s
        while time.monotonic() < end_s:
            self.view()
            assert not self.permit_closed()


def start_engine(stack: ExitStack, site: Path) -> subprocess.Popen[str]:
    engine = stack.enter_context(process("-m", "tests.safety.mini_engine", site))
    assert engine.stdout is not None
    assert engine.stdout.readline().startswith("ready")
    return engine


@pytest.fixture
def hall(stack: ExitStack, tmp_path: Path) -> Hall:
    keys = make_site_keys(tmp_path)
    modbus = free_port()
    ports = BusPorts(free_port(), free_port())
    site = tmp_path / "site.toml"
    site.write_text(site_text(ports, driver="modbus_tcp", address=f"127.0.0.1:{modbus}"), encoding="utf-8")
    stack.enter_context(process("-m", "recordings.soak.modbus_server", str(modbus)))
    engine = start_engine(stack, site)
    node = stack.enter_context(process("-m", "tests.safety.relay_process", site, "cabinet-1"))
    console = client(ports, keys, "console", "console-1")
    stack.callback(console.close)
    coils = Coils(modbus)
    stack.callback(coils.close)
    return Hall(site, keys, engine, ports, node, console, coils)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_engine_gone_or_frozen_opens_the_contact(hall: Hall, stack: ExitStack, number: signal.Signals) -> None:
    hall.free()
    time.sleep(0.2)
    assert hall.permit_closed()
    hall.engine.send_signal(number)
    took_s = hall.opens_within_s()
    print(f"{number.name}: permit contact open after {took_s * 1e3:.0f} ms")
    assert took_s < DEADLINE_S
    hall.stays_open(0.3)
    if number == signal.SIGSTOP:
        hall.engine.send_signal(signal.SIGCONT)
    else:
        hall.engine.wait()
        hall.engine = start_engine(stack, hall.site)
    hall.snapshots.clear()
    wait_for(lambda: bool((view := hall.view()) and view.connected and not view.fault and view.latched), 10.0)
    hall.stays_open(0.3)
    hall.free()


def test_the_engines_decision_moves_the_contact_and_latches(hall: Hall) -> None:
    hall.free()
    hall.command("permit off")
    assert hall.opens_within_s() < DEADLINE_S
    hall.command("permit on")
    hall.stays_open(0.4)
    hall.free()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_node_opens_its_contacts_when_it_ends(hall: Hall, number: signal.Signals) -> None:
    hall.free()
    hall.node.send_signal(number)
    assert hall.opens_within_s() < 1.0
    assert hall.node.wait(5.0) == 0
    assert hall.node.stderr is not None
    assert "all open" in hall.node.stderr.read().splitlines()[-1]
    wait_for(lambda: bool((view := hall.view()) and not view.connected and view.fault), 5.0)


def test_a_node_that_dies_shows_at_the_console(hall: Hall) -> None:
    hall.free()
    hall.node.kill()
    wait_for(lambda: bool((view := hall.view()) and view.fault == "does not report"), 5.0)


# --- replayed and late permits over a real socket -----------------------------------------------


@dataclass
class Forger:
    """The engine's own bus in the hands of a test: it can send what a real engine never would."""

    bus: EngineBus
    statuses: list[RelayStatus] = field(default_factory=list)
    seq: int = 0

    def newest(self) -> RelayStatus:
        def once() -> bool:
            new = [r.message for r in self.bus.receive(0.02) if isinstance(r.message, RelayStatus)]
            self.statuses += new
            return bool(new)

        wait_for(once, 10.0, "a status of the node")
        return self.statuses[-1]

    def permit(self, status: RelayStatus, **other: object) -> Permit:
        self.seq += 1
        permit = Permit(
            node="cabinet-1",
            boot=status.boot,
            engine="forger",
            seq=self.seq,
            echo_ns=status.stamp_ns,
            validity_ns=250_000_000,
            outputs={"K1": True, "K2": True, "S1": False},
        )
        return msgspec.structs.replace(permit, **other)

    def send(self, permit: Permit) -> None:
        assert self.bus.send("relay", "cabinet-1", permit)

    def energise(self) -> Permit:
        """Reset and permit as a good engine does; returns the permit that closed the contact."""
        permit = self.permit(self.newest(), reset=True)
        self.send(permit)
        wait_for(lambda: self.newest().contacts["K1"])
        return permit

    def until_open(self) -> RelayStatus:
        wait_for(lambda: not any(self.newest().contacts.values()), what="contacts open")
        return self.statuses[-1]

    def refused_after(self, permit: Permit) -> RelayStatus:
        """Send a bad permit and see it refused while the contacts stay open."""
        before = self.until_open().refused
        self.send(permit)
        wait_for(lambda: self.newest().refused == before + 1, what="the refusal")
        assert not any(self.statuses[-1].contacts.values())
        assert self.statuses[-1].latched
        return self.statuses[-1]


@pytest.fixture
def forger(stack: ExitStack, tmp_path: Path) -> Forger:
    keys = make_site_keys(tmp_path)
    bus = EngineBus(LOOPBACK, keys, lambda *_: None)
    stack.callback(bus.close)
    site = tmp_path / "site.toml"
    site.write_text(site_text(bus.ports), encoding="utf-8")
    stack.enter_context(process("-m", "tests.safety.relay_process", site, "cabinet-1"))
    return Forger(bus)


def test_replayed_permits_are_refused(forger: Forger) -> None:
    good = forger.energise()
    forger.until_open()
    assert "late" in forger.refused_after(good).fault
    fresh_but_used = msgspec.structs.replace(good, echo_ns=forger.newest().stamp_ns)
    assert "out of sequence" in forger.refused_after(fresh_but_used).fault


def test_late_permits_are_refused(forger: Forger) -> None:
    old = forger.newest()
    time.sleep(0.3)
    assert "late" in forger.refused_after(forger.permit(old, reset=True)).fault
    assert "future" in forger.refused_after(forger.permit(forger.newest(), echo_ns=2**62, reset=True)).fault
    forger.energise()


def test_permits_of_another_start_or_node_or_engine_are_refused(forger: Forger) -> None:
    forger.energise()
    assert "earlier start" in forger.refused_after(forger.permit(forger.newest(), boot="0", reset=True)).fault
    assert "another node" in forger.refused_after(forger.permit(forger.newest(), node="x", reset=True)).fault
    other = forger.permit(forger.newest(), engine="other", seq=5000, reset=True)
    assert "count from the start" in forger.refused_after(other).fault


def test_permits_hold_only_as_long_as_they_say(forger: Forger) -> None:
    permit = forger.energise()
    closed = [s for s in forger.statuses if s.contacts["K1"]]
    first_open = forger.until_open()
    assert closed
    assert first_open.stamp_ns - permit.echo_ns < DEADLINE_S * 1e9
    assert first_open.latched


# --- starting ------------------------------------------------------------------------------------


def relay_ends(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.safety.relay_process", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_bad_input_ends_in_one_sentence(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(site_text(), encoding="utf-8")
    ended = relay_ends(site, "cabinet-1")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "relay-cabinet-1.key: no such key file" in ended.stderr
    make_site_keys(tmp_path)
    ended = relay_ends(site, "cabinet-9")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "site.toml: relay: no node 'cabinet-9', expected one of this file's: 'cabinet-1'" in ended.stderr
    site.write_text(site_text(driver="gpio"), encoding="utf-8")
    ended = relay_ends(site, "cabinet-1")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "driver 'gpio' needs a table [relay.gpio]" in ended.stderr


def test_the_node_needs_nothing_heavy() -> None:
    code = "import sys, safety.relay_service, safety.relay_modbus; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert not loaded & {"cv2", "torch", "ultralytics", "openvino", "matplotlib", "PyQt6", "scipy", "paho", "gpiod"}
