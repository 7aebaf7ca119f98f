"""Signing in at a running engine: real processes, a real bus, and nothing of a password anywhere afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from calibration.site_file import site_text
from safety.audit import AuditLog, AuditRow
from safety.keys import key_folder
from safety.records import Refusal, Reset, SessionView, SignIn, SignOut
from safety.users import add_user, change_user
from safety.word_records import Access, HandOver, Verdict
from tests.live_chain import NODE, START_S, Chain, resting_hoist
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.worlds import bridge, hall

RIGHT, WRONG = "heron over water", "herring in barrel"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("signin")
    site = hall(cameras=0, hoists=[bridge()])
    recording = resting_hoist(folder / "rest.mcap", site_text(site))
    with Chain(folder, site, "--playback", recording) as chain:
        wait_for(chain.permit_given, START_S, "the engine's permit")
        yield chain


def signed_in(chain: Chain) -> SessionView | None:
    snapshot = chain.listen()
    return snapshot.sessions[0] if snapshot is not None and snapshot.sessions else None


def answered(chain: Chain, code: str) -> Refusal:
    wait_for(lambda: any(r.code == code for r in chain.refusals()), 5.0, f"a refusal because of {code}")
    found = [r for r in chain.refusals() if r.code == code][-1]
    chain.messages.clear()
    return found


def sign_in(chain: Chain, user: str, password: str) -> None:
    chain.console.send(SignIn(time_s=0.0, by="somebody", user=user, password=password))


def rows(chain: Chain) -> list[AuditRow]:
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        return list(log.rows())


# One story: each test stands on the one before.


def test_without_users_a_console_is_an_operator_and_with_the_first_none_is(chain: Chain) -> None:
    sign_in(chain, "kim", RIGHT)
    answered(chain, "no_users")
    chain.free()
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "users", "add", "kim", "--site", str(chain.site_path)],
        cwd=ROOT, env=os.environ, input=RIGHT + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    wait_for(lambda: bool((s := chain.listen()) and s.sign_in_required), 5.0, "users being required")
    assert chain.permit_closed(), "what runs, runs on"
    chain.console.send(Reset(time_s=0.0, by="kim@console-1", node=NODE))
    assert answered(chain, "sign_in").command == "Reset"


def test_the_right_password_opens_a_session_and_commands_bear_its_name(chain: Chain) -> None:
    sign_in(chain, "kim", WRONG)
    answered(chain, "wrong")
    sign_in(chain, "lee", RIGHT)
    answered(chain, "wrong")
    assert signed_in(chain) is None
    sign_in(chain, "kim", RIGHT)
    wait_for(lambda: signed_in(chain) is not None, 5.0, "the session")
    session = signed_in(chain)
    assert session is not None
    assert (session.console, session.user, session.role) == ("console-1", "kim", "operator")
    judged = Verdict(time_s=0.0, by="x", alarm="a-1", raised_wall_s=1.0, verdict="nuisance", comment="a bird")
    chain.console.send(judged)
    chain.console.send(HandOver(time_s=0.0, by="x", text="cam2 is loose"))
    taken = Access(time_s=0.0, by="x", id="e-1", purpose="export", from_wall_s=1.0, to_wall_s=21.0)
    chain.console.send(taken)

    def logged() -> bool:
        chain.listen()
        said = {r.what for r in rows(chain) if '"kim@console-1"' in r.detail}
        return {"verdict", "handover", "access"} <= said

    wait_for(logged, 5.0, "verdict, hand-over and access in the log")
    chain.messages.clear()
    chain.console.send(msgspec.structs.replace(taken, faces="shown", reason="police"))
    assert answered(chain, "role").command == "Access"
    # The node latches with the engine gone for a moment; kim frees it by name.
    chain.process("node").kill()
    chain.process("node").wait()
    chain.start_node()
    wait_for(lambda: bool((v := chain.node_view()) and v.connected and v.latched), START_S, "the new node")
    chain.free()
    wait_for(lambda: any(r.what == "reset" and '"kim@console-1"' in r.detail for r in rows(chain)), 5.0, "the log")


def test_another_role_signs_out_at_once_and_a_broken_list_changes_nothing(chain: Chain) -> None:
    folder = key_folder(chain.site, chain.site_path)
    change_user(folder, "kim", role="viewer")
    wait_for(lambda: signed_in(chain) is None, 5.0, "being signed out")
    sign_in(chain, "kim", RIGHT)
    wait_for(lambda: signed_in(chain) is not None, 5.0, "the session")
    chain.messages.clear()
    chain.console.send(Reset(time_s=0.0, by="kim", node=NODE))
    answered(chain, "role")
    chain.console.send(SignOut(time_s=0.0, by=""))
    wait_for(lambda: signed_in(chain) is None, 5.0, "being signed out")
    # A broken file changes nothing but the log.
    add_user(folder, "lee", "operator", RIGHT)
    users = folder / "users.toml"
    sound = users.read_bytes()
    users.write_bytes(sound[: len(sound) // 2])
    wait_for(lambda: any("users.toml" in r.detail and r.what == "fault" for r in rows(chain)), 5.0, "the fault told")
    users.write_bytes(sound)
    wait_for(lambda: any('"lee"' in r.detail and r.what == "config" for r in rows(chain)), 5.0, "the file read again")


def test_five_wrong_passwords_lock_the_right_one_out(chain: Chain) -> None:
    for _ in range(5):
        sign_in(chain, "lee", WRONG)
        wait_for(lambda: bool(chain.refusals()), 5.0, "an answer")
        last = chain.refusals()[-1]
        chain.messages.clear()
    assert last.code == "locked"
    assert last.wait_s == pytest.approx(300.0, abs=5.0)
    sign_in(chain, "lee", RIGHT)
    assert answered(chain, "locked").wait_s > 290.0
    what = [r.what for r in rows(chain)]
    assert what.count("sign_in") == 2
    assert what.count("sign_out") == 2
    assert what.count("sign_in_refused") >= 8


def test_no_password_is_left_anywhere(chain: Chain) -> None:
    """Not in logs, recordings, the audit log or the list of users; after the test above has used them."""
    chain.process("engine").terminate()
    chain.process("engine").wait(20.0)
    seen = [path for path in Path(chain.folder).rglob("*") if path.is_file()]
    assert any(path.suffix == ".mcap" and path.parent == chain.records for path in seen)
    for path in seen:
        data = path.read_bytes()
        assert RIGHT.encode() not in data, path
        assert WRONG.encode() not in data, path
