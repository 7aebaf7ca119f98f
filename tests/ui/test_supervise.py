"""Parts that crash or hang come back, but not for ever; nothing outlives the supervisor; nothing moves by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calibration.site_file import site_text
from safety.audit import AuditLog
from safety.health_records import EngineHealth
from safety.parts_file import PARTS_FILE, read_parts
from safety.restarts import BUDGET, HANG_S, START_S, WINDOW_S, Restarts
from tests.live_chain import START_S as PROCESS_S
from tests.live_chain import Chain
from tests.safety.bus_helpers import wait_for
from tests.test_fail_safe import resting_hoist
from tests.worlds import bridge, hall
from ui.supervise import Part, Supervisor


def test_five_restarts_in_a_minute_and_no_more() -> None:
    life = Restarts()
    now_s, starts = 0.0, 0
    while life.verdict(now_s) != "given_up":
        if life.verdict(now_s) == "start":
            life.started(now_s)
            starts += 1
            life.ended(now_s + 0.01)
        now_s += 0.1
    assert starts == BUDGET + 1
    assert now_s < WINDOW_S


def test_one_that_crashes_now_and_then_is_started_for_ever() -> None:
    life = Restarts()
    for k in range(50):
        now_s = 20.0 * k
        assert life.verdict(now_s) == "start"
        life.started(now_s)
        life.ended(now_s + 10.0)


def test_silence_after_a_beat_is_a_hang_and_a_slow_start_is_none() -> None:
    life = Restarts()
    life.started(0.0)
    assert life.verdict(START_S - 1.0) == "well"
    assert life.verdict(START_S + 1.0) == "hangs"
    life.beat(10.0)
    assert life.verdict(10.0 + HANG_S) == "well"
    assert life.verdict(10.1 + HANG_S) == "hangs"


def test_a_part_that_cannot_start_is_given_up_and_said(tmp_path: Path) -> None:
    lines: list[str] = []
    part = Part("relay x", ("relay", "--site", str(tmp_path / "none.toml"), "--node", "x"), "its outputs are open")
    supervisor = Supervisor((part,), lines.append, tmp_path / "audit.sqlite")
    life = supervisor._running[0].life
    life._wait_s = 0.01
    try:
        life._restarted_s.extend([time.monotonic()] * (BUDGET - 1))
        wait_for(lambda: bool(supervisor.step() or supervisor.given_up), 30.0, "giving up")
        supervisor.step()
        (told,) = read_parts(tmp_path / PARTS_FILE) or ()
        assert (told.part, told.state, told.restarts, told.restarts_all) == ("relay x", "given_up", BUDGET, 1)
        assert "given up after 5 restarts" in told.event
    finally:
        supervisor.close()
    assert not (tmp_path / PARTS_FILE).exists()
    assert any("ended with code 2" in line for line in lines)
    assert "ALARM: relay x is given up: its outputs are open" in lines
    with AuditLog(tmp_path / "audit.sqlite", read_only=True) as log:
        assert "given up" in list(log.rows())[-1].detail


class Supervised(Chain):
    """The chain, but engine and relay node are children of a supervisor."""

    def start_node(self) -> None:
        pass

    def start_engine(self) -> None:
        kept = ("--record-to", self.records)
        self.start("supervisor", "-m", "ui.cli", "supervise", "--site", self.site_path, *self._play, *kept)

    def parts(self) -> dict[str, int]:
        """Restarts of each part as the engine tells them."""
        self.listen()
        told = [m for m in self.messages if isinstance(m, EngineHealth) and m.supervised]
        return {part.part: part.restarts_all for part in told[-1].parts} if told else {}

    def child(self, name: str) -> int:
        """Process id of the newest start of a part."""
        said = [line.split() for line in self.log("supervisor").splitlines() if f"{name}: started as process" in line]
        return int(said[-1][-1]) if said else 0


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.fixture
def supervised(tmp_path: Path) -> Supervised:
    site = hall(cameras=0, hoists=[bridge()])
    recording = resting_hoist(tmp_path / "rest.mcap", site_text(site))
    return Supervised(tmp_path / "chain", site, "--playback", recording, "--no-record")


def test_crash_hang_and_end_of_the_supervisor(supervised: Supervised) -> None:
    node = "relay cabinet-1"
    with supervised as chain:
        chain.free()
        for name, number in (
            ("engine", signal.SIGKILL),
            ("engine", signal.SIGSTOP),
            (node, signal.SIGKILL),
        ):
            old = chain.child(name)
            os.kill(old, number)
            wait_for(lambda name=name, old=old: chain.child(name) != old, PROCESS_S, f"a new {name}")
            assert not alive(old)
            # What a killed node leaves closed, its next start opens.
            chain.opens_within_s(PROCESS_S)
            chain.newest = None
            wait_for(chain.permit_given, PROCESS_S, "the engine's permit")
            chain.holds(closed=False, for_s=0.5)
            chain.free()
        assert "engine: hangs: killed" in chain.log("supervisor")
        wait_for(lambda: chain.parts() == {node: 1, "engine": 2}, 5.0, "the restarts on the bus")
        pids = [chain.child("engine"), chain.child(node)]
        assert all(map(alive, pids))
        chain.process("supervisor").kill()
        wait_for(lambda: not any(map(alive, pids)), 5.0, "the children's end")
        assert not chain.permit_closed()
        chain.start_engine()
        chain.newest = None
        chain.free()
        pids = [chain.child("engine"), chain.child(node)]
        chain.process("supervisor").send_signal(signal.SIGTERM)
        assert chain.process("supervisor").wait(10.0) == 0
        assert not any(map(alive, pids))
        assert not chain.permit_closed()
        verify = subprocess.run(
            [sys.executable, "-m", "ui.cli", "audit", "verify", str(chain.records / "audit.sqlite")], check=False
        )
        assert verify.returncode == 0
