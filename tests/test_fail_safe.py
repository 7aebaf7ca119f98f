"""Whatever fails, the permit contact opens and stays open until a person frees it.

Engine, relay node and console are processes of the real command line, the contacts coils of a real
Modbus TCP server, and the observer a Modbus client that is none of theirs.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from calibration.site_file import site_text
from safety.audit import AuditLog, AuditRow
from safety.bus_client import BusClient
from safety.keys import add_party, fingerprint, load_identity
from safety.records import Acknowledge, RelayStatus, Reset, Situation
from tests.live_chain import NODE, START_S, Chain, resting_hoist
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.worlds import bridge, hall
from ui.console_model import ConsoleModel

DEADLINE_S = 0.4
AT_ONCE_S = 0.15
"""Well before a permit runs out."""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    site = hall(cameras=0, hoists=[bridge()])
    recording = resting_hoist(folder / "rest.mcap", site_text(site))
    with Chain(folder, site, "--playback", recording, "--no-record") as chain:
        yield chain


@pytest.fixture
def closed(chain: Chain) -> Chain:
    """The chain with every process running and the permit contact closed, whatever the test before did."""
    if chain.process("modbus").poll() is not None:
        chain.start_modbus()
    if chain.process("node").poll() is not None:
        chain.start_node()
    if chain.process("engine").poll() is not None:
        chain.start_engine()
    chain.free()
    chain.messages.clear()
    return chain


def rows(chain: Chain) -> list[AuditRow]:
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        return list(log.rows())


def test_nothing_moves_at_power_up_until_a_person_frees_it(chain: Chain) -> None:
    for name, start in (("engine", chain.start_engine), ("node", chain.start_node)):
        chain.process(name).kill()
        chain.process(name).wait()
        start()
    wait_for(chain.permit_given, START_S, "the engine's permit")
    wait_for(lambda: bool((view := chain.node_view()) and view.connected and not view.fault), START_S, "the node")
    view = chain.node_view()
    assert view is not None
    assert view.latched
    chain.holds(closed=False, for_s=1.0)
    assert chain.permit_given()
    chain.free()
    wait_for(lambda: any((row.what, row.name) == ("reset", "console-1") for row in rows(chain)), 5.0, "the audit row")


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_an_engine_that_freezes_or_dies_opens_the_contact(closed: Chain, number: signal.Signals) -> None:
    engine = closed.process("engine")
    engine.send_signal(number)
    took_s = closed.opens_within_s()
    print(f"\n{number.name} of the engine: permit contact open after {1e3 * took_s:.0f} ms")
    assert took_s < DEADLINE_S
    if number == signal.SIGSTOP:
        closed.holds(closed=False, for_s=0.5)
        engine.send_signal(signal.SIGCONT)
    else:
        engine.wait()
        closed.start_engine()
    closed.newest = None
    wait_for(lambda: bool((view := closed.node_view()) and view.connected and view.latched), START_S, "the engine")
    wait_for(closed.permit_given, START_S, "the engine's permit")
    closed.holds(closed=False, for_s=1.0)


def test_an_engine_that_is_ended_opens_the_contact_at_once(closed: Chain) -> None:
    """It denies before it ends, so the contact does not wait for the permit to run out (a busy machine may)."""
    took_s: list[float] = []
    while not took_s or (took_s[-1] > AT_ONCE_S and len(took_s) < 3):
        if took_s:
            closed.start_engine()
            closed.free()
        closed.process("engine").send_signal(signal.SIGTERM)
        took_s.append(closed.opens_within_s())
        assert closed.process("engine").wait(10.0) == 0
    print(f"\nSIGTERM of the engine: permit contact open after {1e3 * took_s[-1]:.0f} ms")
    assert max(took_s) < DEADLINE_S
    assert min(took_s) < AT_ONCE_S
    assert "engine ended after" in closed.log("engine").splitlines()[-1]
    assert [row.what for row in rows(closed)][-1] == "stop"


def test_a_key_that_is_not_listed_moves_nothing_and_is_logged(closed: Chain) -> None:
    stolen = closed.folder / "stranger"
    shutil.copytree(closed.folder / "keys", stolen, dirs_exist_ok=True)
    for role in ("console", "relay"):
        add_party(stolen, role, f"{role}-x")
    parties = [BusClient.of_site(closed.site.bus, stolen, role, f"{role}-x") for role in ("console", "relay")]
    reset = Reset(time_s=0.0, by="console-1", node=NODE)
    status = RelayStatus(
        node=NODE, boot="b", stamp_ns=1, seq=9**9, commanded={}, contacts={}, latched=True, fault="forged"
    )
    closed.process("engine").send_signal(signal.SIGSTOP)
    closed.opens_within_s()
    closed.process("engine").send_signal(signal.SIGCONT)
    wait_for(closed.permit_given, START_S, "the engine's permit")

    def knock() -> None:
        for party, message in zip(parties, (reset, status), strict=True):
            party.receive(0.001)
            party.send(message)

    try:
        closed.holds(closed=False, for_s=1.5, meanwhile=knock)
        assert [party.state for party in parties] == ["refused", "refused"]
    finally:
        for party in parties:
            party.close()
    prints = {fingerprint(load_identity(stolen, role, f"{role}-x").public) for role in ("console", "relay")}
    wait_for(lambda: all(print_ in closed.log("engine") for print_ in prints), 5.0, "the log")
    refused = [row for row in rows(closed) if row.what == "refused" and row.role == "unknown"]
    assert prints <= {row.name for row in refused}
    assert all("127.0.0.1" in row.detail for row in refused)
    assert not any("forged" in node.fault for node in (closed.newest.nodes if closed.newest else ()))


def test_a_listed_party_may_do_only_what_its_role_may(closed: Chain) -> None:
    """A relay node's key frees no contact and acknowledges no alarm."""
    closed.process("engine").send_signal(signal.SIGSTOP)
    closed.opens_within_s()
    closed.process("engine").send_signal(signal.SIGCONT)
    wait_for(closed.permit_given, START_S, "the engine's permit")
    before = len(rows(closed))
    closed.process("node").send_signal(signal.SIGSTOP)
    party = BusClient.of_site(closed.site.bus, closed.folder / "keys", "relay", NODE)
    try:
        wait_for(lambda: party.receive(0.02) is not None and party.connected, START_S, "the connection")
        for message in (Reset(time_s=0.0, by="console-1", node=NODE), Acknowledge(time_s=0.0, by="x", alarm="a-1")):
            party.send(message)
        closed.holds(closed=False, for_s=0.8, meanwhile=lambda: party.receive(0.001))
    finally:
        party.close()
        closed.process("node").send_signal(signal.SIGCONT)
    wait_for(lambda: any(row.what == "refused" and NODE in row.detail for row in rows(closed)[before:]), 5.0, "the log")
    assert not any(row.role == "relay" and row.what in ("reset", "acknowledge") for row in rows(closed))


def test_a_dead_modbus_server_is_a_fault_on_the_console_and_a_dropped_permit(closed: Chain) -> None:
    pictures = closed.folder / "pictures"
    console = ("console", "--site", closed.site_path, "--headless", "--screenshot-dir", pictures)
    closed.start("console", "-m", "ui.cli", *console)
    wait_for(lambda: any(pictures.glob("*-clear.png")), START_S, "a picture of the console")
    closed.process("modbus").kill()
    closed.process("modbus").wait()
    wait_for(lambda: bool((view := closed.node_view()) and "Modbus" in view.fault), 5.0, "the fault at the engine")
    wait_for(lambda: not closed.permit_given(), 5.0, "the dropped permit")
    wait_for(lambda: bool(closed.transitions()), 5.0, "the alarm")
    alarm = closed.transitions()[-1]
    assert (alarm.situation, alarm.event, alarm.source) == (Situation.RELAY_FAULT, "raised", NODE)
    assert "Modbus" in alarm.reason
    wait_for(lambda: any(pictures.glob("*-warning.png")), 10.0, "the alarm on the console")
    model = ConsoleModel(closed.site)
    for message in closed.messages:
        model.receive(message, 1.0)
    chip = next(chip for chip in model.chips(1.0) if chip.node == NODE)
    assert "Modbus" in f"{chip}"
    assert any(NODE in f"{row}" and row.active for row in model.rows(1.0))
    closed.process("console").kill()
    # The server comes back with its coils open, and they stay open until a person frees the node.
    closed.start_modbus()
    wait_for(closed.permit_given, START_S, "the engine's permit")
    closed.holds(closed=False, for_s=0.8)


def test_a_dead_console_changes_nothing(closed: Chain) -> None:
    arguments = ("console", "--site", closed.site_path, "--headless", "--screenshot-dir", closed.folder / "second")
    console = closed.start("console", "-m", "ui.cli", *arguments)
    wait_for(lambda: any((closed.folder / "second").glob("*-clear.png")), START_S, "a picture of the console")
    console.send_signal(signal.SIGSTOP)
    closed.stays_closed(for_s=0.7)
    console.kill()
    console.wait()
    before = closed.newest
    closed.stays_closed(for_s=0.7)
    after = closed.listen()
    assert before is not None
    assert after is not None
    assert after.seq > before.seq + 4
    assert closed.process("engine").poll() is None


def test_a_dead_relay_node_leaves_nothing_closed_once_it_is_back(closed: Chain) -> None:
    """What a killed node leaves closed is for the module's own watchdog; the engine sees the silence at once."""
    closed.process("node").kill()
    closed.process("node").wait()
    wait_for(lambda: bool((view := closed.node_view()) and view.fault == "does not report"), 5.0, "the fault")
    wait_for(lambda: not closed.permit_given(), 5.0, "the dropped permit")
    closed.start_node()
    closed.opens_within_s(START_S)
    wait_for(closed.permit_given, START_S, "the engine's permit")
    closed.holds(closed=False, for_s=0.5)


def test_the_audit_log_holds_all_of_it_and_is_sound(closed: Chain) -> None:
    closed.process("engine").kill()
    closed.process("engine").wait()
    log = closed.records / "audit.sqlite"
    command = [sys.executable, "-m", "ui.cli", "audit", "verify", str(log)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all sound" in done.stdout
    assert log.stat().st_mode & 0o077 == 0
    kinds = {row.what for row in rows(closed)}
    assert {"start", "reset"} <= kinds
    times = [row.time_s for row in rows(closed)]
    assert times == sorted(times)
    assert time.time() - rows(closed)[-1].wall_s < 600.0
