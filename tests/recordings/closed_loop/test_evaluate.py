"""Many scenarios as a real process: results that survive a kill, a report, and bad input in a sentence."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from recordings.closed_loop.arms import Arm, engines
from recordings.closed_loop.cases import case_of
from recordings.closed_loop.evaluate import Order, result_of
from recordings.closed_loop.records import ArmResult, CaseResult
from recordings.closed_loop.report import write_report
from recordings.closed_loop.store import Results, Settings
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.ui.test_cli_bad_input import contents, hoistwatch

RUN = ["evaluate", "plant", "-o", "out", "--scenarios", "2", "--seed", "5", "--baseline", "none"]
SLOW_S = 600.0


def children_of(pid: int) -> list[int]:
    """Processes that this one started and that live."""
    out = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            out.append(int(stat.parent.name))
    return out


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    cases = tmp_path / "out" / "cases"
    run = subprocess.Popen([sys.executable, "-m", "ui.cli", *RUN, "--jobs", "2"], cwd=tmp_path, env=environment)
    wait_for(lambda: any(cases.glob("*.json")), SLOW_S, "the first result")
    workers = children_of(run.pid)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert len(workers) >= 2
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), SLOW_S, "the end of all workers")
    stamps = {path: path.stat().st_mtime_ns for path in cases.glob("*.json")}
    again = subprocess.run(
        [sys.executable, "-m", "ui.cli", *RUN, "--jobs", "1"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SLOW_S,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert "no recordings of real crowds were given" in again.stdout
    for path, stamp in stamps.items():
        assert path.stat().st_mtime_ns == stamp, "what was done is not done again"
    done = msgspec.json.decode((cases / "000000.json").read_bytes(), type=CaseResult)
    assert done == result_of(case_of(0, 5), engines([]))
    assert sorted(path.name for path in cases.iterdir() if path.suffix == ".json") == ["000000.json", "000001.json"]
    assert "2 scenarios, seed 5: 1 variations of the library, 1 random halls" in (
        tmp_path / "out" / "report.md"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--baseline", "fence"], "--baseline 'fence': expected radius, ttc, separation, foresight"),
        (["--crowds", "nowhere"], "--crowds nowhere: no such folder"),
    ],
)
def test_bad_arguments_are_told_in_a_sentence(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = hoistwatch(["evaluate", "plant", "-o", "out", *arguments], tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert says in done.stderr
    assert contents(tmp_path) == {}


def test_results_of_other_settings_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    settings = Settings(seed=9, arms=("hoistwatch",), baselines=(), compared=None, crowds=(), code="other")
    (tmp_path / "out" / "settings.json").write_bytes(msgspec.json.encode(settings))
    before = contents(tmp_path)
    done = hoistwatch(RUN, tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "hoistwatch: out: holds results of seed 9, expected 5; choose another folder, or remove it"
    ]
    assert contents(tmp_path) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("of great worth")
    before = contents(tmp_path)
    done = hoistwatch(RUN, tmp_path)
    assert done.returncode == 2
    assert "has files but no settings.json" in done.stderr
    assert contents(tmp_path) == before


def test_the_report_says_what_the_results_say(tmp_path: Path) -> None:
    """From results written by hand: of two contacts the engine prevents one, a rule both, an oracle softens both."""
    order = Order(2, 1, engines([]), (Arm("radius", 2.0), Arm("foresight", 1.5)), None)
    names = ("hoistwatch", "radius 2", "foresight 1.5")
    results = Results(
        tmp_path / "out",
        Settings(seed=1, arms=names[:1], baselines=names[1:], compared=None, crowds=(), code="x"),
    )
    for number, prevented in ((0, True), (1, False)):
        touch = {
            "person": "a",
            "hoist": "H1",
            "from_s": 9.0,
            "energy_j": 12.0,
            "relative_j": 30.0,
            "load_mps": 0.5,
            "kind": "body_load",
        }
        stop = {
            "hoist": "H1", "kind": "stop", "causes": ["struck_by"], "decided_s": 7.5, "from_s": 7.85, "until_s": 12.0,
            "gap_m": -0.02, "below": False, "thing_gap_m": None, "called_for": False,
        }  # fmt: skip
        arms = [
            {"arm": "open", "touches": [touch]},
            {"arm": "hoistwatch", "touches": [] if prevented else [touch], "actions": [stop], "lost_s": 2.0},
            {"arm": "radius 2", "actions": [stop, stop | {"from_s": 2.0, "gap_m": 1.2}], "lost_s": 5.0},
            {
                "arm": "foresight 1.5",
                "touches": [touch | {"energy_j": 3.0}, touch | {"person": "b"}],
                "actions": [stop],
            },
        ]
        results.keep(
            CaseResult(
                number=number,
                stratum="hall",
                name="bridge",
                situation="normal",
                seconds=18.0,
                people=3,
                motion_s=10.0,
                arms=tuple(msgspec.convert(arm, ArmResult) for arm in arms),
            )
        )
    text = write_report(results, order).read_text(encoding="utf-8")
    assert "| all | 2 | 1 | 0 | 1 | 50.0 (1.3 to 98.7) |" in text
    assert "| 10 to 50 J | 2 | 1 | 0 | 1 | 50.0 (1.3 to 98.7) |" in text
    assert "median 1.50 s" in text
    assert "Production time lost: 20.0 %" in text
    assert (
        "| radius 2 m | 2 | 100.0 (15.8 to 100.0) | 0 | 0.0 | 400.0 | 200.0 (24.2 to 722.5) | "
        "0.0 (0.0 to 368.9) | 50.0 |" in text
    )
    # One of two contacts of 12 J is left; of an oracle's, 3 J of each and another of 12 J beside each.
    assert "Energy left: 50.0 % of the 24.0 J of all contacts, 12.0 J in those that came all the same and 0.0 J" in text
    assert "| hoistwatch | 2 | 50.0 (1.3 to 98.7) | 0 | 50.0 |" in text
    assert "| foresight 1.5 s (oracle) | 2 | 0.0 (0.0 to 84.2) | 2 | 125.0 |" in text
    for picture in ("trade_offs.png", "leads.png"):
        assert (tmp_path / "out" / picture).read_bytes().startswith(b"\x89PNG")
    with open(tmp_path / "out" / "contacts.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["scenario"], r["arm"], r["fate"]) for r in rows if r["arm"] == "hoistwatch"] == [
        ("0", "hoistwatch", "prevented"),
        ("1", "hoistwatch", "missed"),
    ]
    # What was missed can be looked at: the scenario is written down.
    assert (tmp_path / "out" / "missed" / "000001" / "scenario.toml").is_file()
