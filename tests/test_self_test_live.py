"""The shift-start self-test at a running engine: real processes, a real Modbus server, an annunciator into a file.

The hoist travels for a while and then rests for good; cam1 sees, by what the recording says of it, and cam2 is covered,
so that the hoist may not go fast.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.audit import AuditLog
from safety.health_records import EngineHealth
from safety.output_records import ProofTest
from safety.records import Acknowledge, AlarmState
from safety.self_test_records import SelfTest, SelfTestReport
from safety.standstill import SETTLED_S
from safety.users import add_user
from tests.live_chain import NODE, START_S, Chain
from tests.safety.annunciator.scenes import speaker
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.worlds import bridge, hall
from tracking.records import Boxes, PictureHealth, Sight, Telemetry

PASSWORD = "heron over water"
TRAVELS_S, LENGTH_S, SPEED_MPS = 24.0, 600.0, 0.5


def recording(path: Path, site: str) -> Path:
    """H1 goes to and fro, two seconds each way, then stands."""
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for number in range(round(LENGTH_S * 5)):
            time_s = number / 5.0
            stamps = {"time_s": time_s, "ready_s": time_s}
            way_s = time_s % 4.0 if time_s < TRAVELS_S else 0.0
            x_m = 6.0 + SPEED_MPS * min(way_s, 4.0 - way_s)
            out.write(Sight(source="uwb", **stamps), time_s)
            out.write(Telemetry(hoist="H1", x_m=x_m, y_m=5.0, z_m=3.0, **stamps), time_s)
            for camera in ("cam1", "cam2"):
                out.write(Boxes(camera=camera, boxes=(), **stamps), time_s)
            if number % 5 == 0:
                out.write(PictureHealth(camera="cam1", offset_px=0.4, kept=True, **stamps), time_s)
                out.write(PictureHealth(camera="cam2", trouble="covered", blind=True, **stamps), time_s)
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("selftest")
    loud = speaker(speech=False, full_scale_dba=105.0)
    site = hall(cameras=2, hoists=[bridge()]).model_copy(update={"annunciator": (loud,)})
    played = recording(folder / "day.mcap", site_text(site))
    fast = {"siren": {"minimum_on_s": 0.5}}
    started = Chain(folder, site, "--playback", played, "--no-record", read_back="discrete_inputs", output=fast)
    add_user(folder / "keys", "lee", "operator", PASSWORD)
    add_user(folder / "keys", "vic", "viewer", PASSWORD)
    with started as chain:
        chain.start("south", "-m", "ui.cli", "annunciator", "--site", chain.site_path, "--name", "south")
        yield chain


def report(chain: Chain) -> SelfTestReport | None:
    chain.listen()
    told = [m for m in chain.messages if isinstance(m, EngineHealth)]
    return told[-1].self_test if told else None


def command(chain: Chain, *arguments: str, user: str = "lee") -> subprocess.CompletedProcess[str]:
    chain.console.close()
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments, "--site", str(chain.site_path), "--user", user],
        cwd=ROOT, env=os.environ, input=PASSWORD + "\n", capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    chain.listen_anew()
    return done


# One story: each test stands on the one before.


def test_it_is_refused_without_a_role_and_while_a_hoist_moves(chain: Chain) -> None:
    ask = SelfTest(time_s=0.0, by="somebody")
    wait_for(lambda: bool((s := chain.listen()) and s.sign_in_required), START_S, "users being required")
    chain.console.send(ask)
    wait_for(lambda: any(r.code == "sign_in" for r in chain.refusals()), 5.0, "the refusal without a sign-in")
    chain.sign_in("vic", PASSWORD)
    chain.console.send(ask)
    wait_for(lambda: any(r.code == "role" for r in chain.refusals()), 5.0, "the refusal of a viewer")
    chain.sign_in("lee", PASSWORD)

    def refused(code: str, name: str) -> bool:
        chain.console.send(ask if name == "SelfTest" else ProofTest(time_s=0.0, by="", node=NODE))
        chain.listen(0.4)
        return any((r.code, r.command, r.about) == (code, name, "H1") for r in chain.refusals())

    def moves() -> bool:
        snapshot = chain.listen()
        return bool(snapshot and snapshot.hoists and snapshot.hoists[0].state.travel_speed_mps > 0.3)

    wait_for(moves, START_S, "the hoist moving")
    wait_for(lambda: refused("hoist_moves", "SelfTest"), START_S, "the refusal while the hoist moves")
    wait_for(lambda: refused("hoist_moves", "ProofTest"), START_S, "the refusal of a proof test")
    assert report(chain) is None


def test_by_command_every_item_is_tested_and_named(chain: Chain) -> None:
    moved_s = time.monotonic()

    def settled() -> bool:
        """At rest, and that for as long as the engine asks for, and half a second more."""
        nonlocal moved_s
        snapshot = chain.listen()
        if not (snapshot and snapshot.hoists and snapshot.hoists[0].state.travel_speed_mps < 0.02):
            moved_s = time.monotonic()
        return time.monotonic() - moved_s > SETTLED_S + 0.5

    wait_for(settled, START_S, "the hoist at rest")

    def quiet() -> bool:
        """The covered camera sounds the fault tone until somebody has seen it."""
        snapshot = chain.listen()
        for alarm in snapshot.alarms if snapshot is not None else ():
            if alarm.state is AlarmState.UNACKNOWLEDGED:
                chain.console.send(Acknowledge(time_s=0.0, by="", alarm=alarm.id))
        chain.listen(0.4)
        return bool(snapshot and snapshot.annunciators and snapshot.annunciators[0].tone == "none")

    wait_for(quiet, START_S, "quiet")
    chain.free()
    page = chain.folder / "record.html"
    done = command(chain, "self-test", "-o", str(page))
    assert done.returncode == 1, "a covered camera fails it: " + done.stdout + done.stderr
    told = {line[:12].strip() + " " + line[12:].split(":")[0] for line in done.stdout.splitlines()}
    assert {
        "PASSED Camera sees cam1",
        "FAILED Camera sees cam2",
        "PASSED Camera in its place cam1",
        "NOT TESTED Camera in its place cam2",
        f"PASSED Relay output {NODE} permit",
        f"NOT TESTED Relay output {NODE} slow",
        f"PASSED Relay output {NODE} siren",
        "PASSED Siren and voice south ♪ danger",
        "PASSED Siren and voice south ♪ fault tone",
    } <= told
    assert "its lens is covered" in done.stdout
    assert "FAILED: 1 of 11; 8 passed, 2 could not be tested" in done.stdout
    assert not chain.permit_closed(), "a tested permit waits for a reset"
    assert "FAILED: 1 of 11" in page.read_text()
    assert "lee@console-1" in page.read_text()


def test_the_printed_record_is_verified_against_the_log(chain: Chain) -> None:
    log = chain.records / "audit.sqlite"
    asked = re.search(
        r"audit verify audit.sqlite (--row \d+ --hash [0-9a-f]{64})", (chain.folder / "record.html").read_text()
    )
    assert asked is not None

    def verify(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ui.cli", "audit", "verify", str(log), *more],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip

    words = asked.group(1).split()
    assert verify(*words).returncode == 0
    forged = verify(*words[:3], words[3][::-1])
    assert forged.returncode == 1
    assert "is not the one whose hash was kept" in forged.stdout
    assert verify(*words[:2]).returncode == 2
    with AuditLog(log, read_only=True) as opened:
        rows = [(row.role, row.what) for row in opened.rows() if "self" in row.name or row.what == "selftest"]
        (kept,) = (json.loads(row.detail) for row in opened.rows_of("self_test"))
    assert rows == [
        ("console", "selftest"), ("engine", "prooftest"), ("engine", "soundtest"), ("engine", "self_test"),
    ]  # fmt: skip
    assert kept["by"] == "lee@console-1"
    assert len(kept["items"]) == 11


def test_a_second_one_says_what_it_cannot_test_and_two_at_once_are_refused(chain: Chain) -> None:
    wait_for(lambda: bool((r := report(chain)) and r.done and r.row), 5.0, "the first one's result")
    first = report(chain)
    assert first is not None
    chain.process("south").kill()
    chain.sign_in("lee", PASSWORD)
    wait_for(lambda: bool((s := chain.listen()) and not s.annunciators[0].connected), 8.0, "the annunciator's end")
    chain.console.send(SelfTest(time_s=0.0, by=""))
    wait_for(lambda: bool((r := report(chain)) and r.id != first.id and not r.done), 5.0, "the test under way")
    chain.console.send(SelfTest(time_s=0.0, by=""))
    chain.console.send(ProofTest(time_s=0.0, by="", node=NODE))
    wait_for(lambda: sum(r.code == "self_test_runs" for r in chain.refusals()) == 2, 5.0, "the refusals")
    wait_for(lambda: bool((r := report(chain)) and r.done and r.row), 20.0, "the result")
    last = report(chain)
    assert last is not None
    found = {item.name: (item.verdict, item.why) for item in last.items if item.kind in ("relay", "sound")}
    assert found == {
        f"{NODE} permit": ("untested", "was_open"),
        f"{NODE} slow": ("untested", "was_open"),
        f"{NODE} siren": ("passed", "follows"),
        "south": ("failed", "not_connected"),
    }
    # The next run of the engine knows it from the log.
    chain.process("engine").kill()
    chain.process("engine").wait()
    chain.messages.clear()
    chain.start_engine()
    wait_for(lambda: report(chain) == last, START_S, "the self-test of before")
