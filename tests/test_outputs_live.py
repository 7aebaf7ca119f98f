"""Reset, bypass and proof test at a running engine: real processes, a real Modbus server whose inputs follow its coils.

The hoist rests beside nobody, so that its permit is given; then its telemetry ends, and the engine denies it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.audit import AuditLog
from safety.output_records import Bypass
from safety.standstill import SETTLED_S
from safety.users import add_user
from tests.live_chain import NODE, START_S, Chain
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.worlds import bridge, hall
from tracking.records import Sight, Telemetry

PASSWORD = "heron over water"
RUN_INPUT = 40
LOST_S = 600.0
DEADLINE_S = 0.4


def recording(path: Path, site: str, seen_s: float) -> Path:
    """A resting hoist that is seen for so long, then never again."""
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for number in range(round(LOST_S * 5)):
            time_s = number / 5.0
            out.write(Sight(source="uwb", time_s=time_s, ready_s=time_s), time_s)
            if time_s < seen_s:
                out.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=6.0, y_m=5.0, z_m=3.0), time_s)
    return path


def started(folder: Path, seen_s: float) -> Chain:
    site = hall(cameras=0, hoists=[bridge()])
    played = recording(folder / "rest.mcap", site_text(site), seen_s)
    fast = {"siren": {"minimum_on_s": 0.5}}
    chain = Chain(
        folder, site, "--playback", played, "--no-record", read_back="discrete_inputs", run_input=RUN_INPUT, output=fast
    )
    add_user(folder / "keys", "kim", "engineer", PASSWORD)
    add_user(folder / "keys", "lee", "operator", PASSWORD)
    return chain


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The hoist is seen, and permitted, all the time."""
    with started(tmp_path_factory.mktemp("permitted"), LOST_S) as chain:
        yield chain


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The hoist is lost after a few seconds, and the engine denies its permit from then on."""
    with started(tmp_path_factory.mktemp("denied"), 4.0) as chain:
        wait_for(chain.permit_given, START_S, "the engine's permit")
        wait_for(lambda: not chain.permit_given(), START_S, "the engine's denial")
        yield chain


def order(chain: Chain, *arguments: str, user: str = "kim") -> subprocess.CompletedProcess[str]:
    """A command of the command line; the test's own console leaves its key to it."""
    chain.console.close()
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments, "--site", str(chain.site_path), "--node", NODE, "--user", user],
        cwd=ROOT, env=os.environ, input=PASSWORD + "\n", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    chain.listen_anew()
    return done


def rows(chain: Chain, what: str) -> list[dict[str, object]]:
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        return [json.loads(row.detail) for row in log.rows_of(what)]


def run_button(chain: Chain, pressed: bool) -> None:
    assert chain.coils is not None
    chain.coils.write(RUN_INPUT, pressed)
    wait_for(lambda: bool((v := chain.node_view()) and v.run_commanded == pressed), 5.0, "the run input")


def test_a_reset_is_refused_while_somebody_commands_a_motion(chain: Chain) -> None:
    chain.sign_in("lee", PASSWORD)
    wait_for(chain.permit_given, START_S, "the engine's permit")
    wait_for(lambda: bool((v := chain.node_view()) and v.connected and v.latched), START_S, "the node")
    run_button(chain, True)
    chain.reset()
    wait_for(lambda: any("release the controls" in r.reason for r in chain.refusals()), 5.0, "the refusal")
    chain.holds(closed=False, for_s=0.8, meanwhile=chain.reset)
    run_button(chain, False)
    chain.holds(closed=False, for_s=0.8)  # letting go is no reset
    chain.free()


def test_a_proof_test_moves_every_output_and_is_kept(chain: Chain) -> None:
    chain.sign_in("lee", PASSWORD)
    chain.free()
    time.sleep(SETTLED_S + 0.5)  # the controls were held a moment ago
    done = order(chain, "relay", "--proof-test", user="lee")
    assert done.returncode == 0, done.stdout + done.stderr
    for output in ("permit", "slow", "siren"):
        assert f"{output:12s} passed in" in done.stdout
    assert not chain.permit_closed(), "a tested permit waits for a reset"
    assert {str(r["contact"]): r["verdict"] for r in rows(chain, "proof_test")} == dict.fromkeys(
        ("permit", "slow", "siren"), "passed"
    )
    wait_for(lambda: bool((s := chain.listen()) and {p.state for p in s.proofs} == {"good"}), 5.0, "the schedule")
    # Closed or not, a second test says that it could not test what is open.
    done = order(chain, "relay", "--proof-test", user="lee")
    assert "permit       skipped: it was open already" in done.stdout
    # The log knows it after a restart of the engine.
    chain.process("engine").kill()
    chain.process("engine").wait()
    chain.start_engine()
    chain.newest = None
    wait_for(lambda: bool((s := chain.listen()) and {p.state for p in s.proofs} == {"good"}), START_S, "the schedule")


def test_only_an_engineer_bypasses_and_only_with_reason_and_limit(denied: Chain) -> None:
    asked = ("bypass", "--output", "permit", "--for", "5", "--reason", "load hangs over the aisle")
    assert "Bypass is not for a operator" in order(denied, *asked, user="lee").stderr
    assert "needs a reason" in order(denied, "bypass", "--output", "permit", "--for", "5").stderr
    long = order(denied, "bypass", "--output", "permit", "--for", "601", "--reason", "long")
    assert "may last 600 s at most" in long.stderr
    assert long.returncode == 1
    assert not denied.permit_closed()
    assert rows(denied, "bypass_began") == []


def test_a_bypass_moves_the_hoist_against_a_denial_is_seen_and_ends_by_itself(denied: Chain) -> None:
    done = order(denied, "bypass", "--output", "permit", "--for", "3", "--reason", "load hangs over the aisle")
    began_s = time.monotonic()
    assert done.returncode == 0, done.stderr
    assert denied.permit_closed()
    assert not denied.permit_given()
    view = denied.node_view()
    assert view is not None
    assert [(b.contact, b.by, b.reason) for b in view.bypasses] == [
        ("permit", "kim@console-1", "load hangs over the aisle")
    ]
    assert not view.fault, "a bypassed contact is not stuck"
    wait_for(lambda: not denied.permit_closed(), 6.0, "the end of the bypass")
    assert time.monotonic() - began_s < 3.5
    wait_for(lambda: bool((v := denied.node_view()) and v.latched and not v.bypasses), 5.0, "the latch")
    wait_for(lambda: len(rows(denied, "bypass_ended")) == 1, 5.0, "the audit log")
    began = rows(denied, "bypass_began")[0]
    assert (began["by"], began["reason"], began["contact"]) == ("kim@console-1", "load hangs over the aisle", "permit")


def test_a_bypass_ends_with_the_engine(denied: Chain) -> None:
    done = order(denied, "bypass", "--output", "permit", "--for", "60", "--reason", "load hangs over the aisle")
    assert done.returncode == 0, done.stderr
    assert denied.permit_closed()
    denied.process("engine").kill()
    took_s = denied.opens_within_s()
    print(f"\nSIGKILL of the engine: bypassed permit open after {1e3 * took_s:.0f} ms")
    assert took_s < DEADLINE_S
    denied.process("engine").wait()
    denied.start_engine()
    denied.newest = None
    wait_for(lambda: bool((v := denied.node_view()) and v.connected and v.latched), START_S, "the engine")
    denied.holds(closed=False, for_s=0.5)


def test_nobody_bypasses_by_a_message_alone(denied: Chain) -> None:
    wait_for(lambda: denied.console.connected, START_S, "the connection")
    command = Bypass(time_s=0.0, by="kim@console-1", node=NODE, contact="permit", for_s=5.0, reason="because I can")
    denied.console.send(command)
    wait_for(lambda: any(r.code == "sign_in" for r in denied.refusals()), 5.0, "the refusal")
    denied.holds(closed=False, for_s=0.5)
