"""Bad input to the real command line: one line on stderr that names what is wrong, exit code 2, nothing left behind.

Every case is a process of its own in an empty folder, which must be as it was afterwards. Cases run
side by side before the first test looks at its result.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.ui.bad_input_files import BUSY_PORT, CUT_NOTE, make_files
from tests.ui.forked_cli import run_forked

LIMIT_S = 60.0
PROGRESS = re.compile(r"^(import|replay|detect): \d+ %(, \d+ (s|min) left)?$")
"""What a slow machine may say before."""
NO_DISPLAY = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}


@dataclass(frozen=True)
class Case:
    """A command, in which IN is the folder of inputs, and what its sentence must contain."""

    command: str
    says: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], object] = lambda folder: None
    file_bytes: int | None = None
    code: int = 2


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str
    before: dict[str, bytes]
    after: dict[str, bytes]


def hoistwatch(arguments: list[str], folder: Path, case: Case | None = None) -> subprocess.CompletedProcess[str]:
    case = case or Case("", ())
    return run_forked(arguments, folder, {"COLUMNS": "80"} | case.environment, LIMIT_S, case.file_bytes)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file (its bytes) and folder below one."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in sorted(folder.rglob("*"))}


def in_the_way(folder: Path) -> None:
    (folder / "out.mcap").mkdir()


def a_file_called_out(folder: Path) -> None:
    (folder / "out").write_text("in the way")


def an_older_result(folder: Path) -> None:
    (folder / "out.mcap").write_bytes(b"the result of yesterday")


def a_readable_key(folder: Path) -> None:
    (folder / "keys").mkdir()
    for name in ("engine.key", "engine.pub", "allow.toml"):
        shutil.copy(folder.parents[1] / "in/keys" / name, folder / "keys" / name)
    (folder / "keys/engine.key").chmod(0o644)
    shutil.copy(folder.parents[1] / "in/site.toml", folder)


def another_audit_log(folder: Path) -> None:
    (folder / "rec").mkdir()
    (folder / "rec/audit.sqlite").write_text("not a database, and long enough to look like a file of some kind\n" * 4)


def weights_that_are_none(folder: Path) -> None:
    (folder / "model.xml").write_text("<net/>")


MOT = "import mot --site IN/site.toml --rate 4 -o out.mcap"
OBSERVATIONS = "import observations --site IN/site.toml -o out.mcap"
VIDEO = "import video --site IN/site.toml -o out.mcap"
RUN = "run --record-to rec --playback IN/good.mcap --site"

CASES = {
    # site files
    "wrong key": Case(
        "import observations IN/obs.csv --site IN/wrong-key.toml -o out.mcap",
        ("wrong-key.toml", "[[camera]] 'cam1' focal_px", "not a known key"),
    ),
    "zone crosses itself": Case(
        "calibrate coverage --site IN/crossed-zone.toml --out cells.csv",
        ("crossed-zone.toml", "[[zone]] 'aisle' polygon_m", "cross"),
    ),
    "matrix shape": Case("keys --site IN/matrix-shape.toml", ("[[camera]] 'cam1' matrix", "must be a 3×3", "is 2×3")),
    "site garbage": Case("console --headless --site IN/garbage.bin", ("garbage.bin", "UTF-8")),
    "site folder": Case("relay --site IN --node cabinet-1", ("/in", "cannot be read")),
    "site missing": Case("run --site IN/nowhere.toml", ("nowhere.toml", "no such site file")),
    # imports
    "camera not in site": Case(f"{MOT} cam9=IN/boxes.txt", ("site.toml", "no camera 'cam9'", "cam1")),
    "camera twice": Case(f"{MOT} cam1=IN/boxes.txt cam1=IN/boxes.txt", ("cam1=", "given twice")),
    "no pair": Case(f"{MOT} IN/boxes.txt", ("boxes.txt", "expected CAM=det.txt")),
    "rate zero": Case(f"{MOT.replace('4', '0')} cam1=IN/boxes.txt", ("--rate", "above 0", "0")),
    "rate no number": Case(f"{MOT.replace('4', 'fast')} cam1=IN/boxes.txt", ("'--rate'", "number")),
    "boxes damaged": Case(f"{MOT} cam1=IN/bad-boxes.txt", ("bad-boxes.txt", "line 2")),
    "obs nan": Case(f"{OBSERVATIONS} IN/nan.csv", ("nan.csv, line 3, column x_m", "a finite number", "nan")),
    "obs empty": Case(f"{OBSERVATIONS} IN/empty.csv", ("empty.csv", "is empty", "time_s")),
    "video truncated": Case(f"{VIDEO} cam1=IN/cut.mp4", ("cut.mp4", "of 30 frames", "--allow-cut")),
    "video none": Case(f"{VIDEO} cam1=IN/obs.csv", ("obs.csv", "cannot be read as video")),
    "video size": Case(f"{VIDEO} cam1=IN/small.mp4", ("small.mp4", "160 x 120", "320 x 240")),
    "telemetry empty": Case(
        f"{VIDEO} cam1=IN/good.mp4 --telemetry IN/empty.csv", ("empty.csv", "is empty", "time_s,hoist")
    ),
    "telemetry without rows": Case(f"{VIDEO} cam1=IN/good.mp4 --telemetry IN/header.csv", ("header.csv", "no rows")),
    "telemetry hoist": Case(
        f"{VIDEO} cam1=IN/good.mp4 --telemetry IN/other-crane.csv", ("other-crane.csv", "hoist", "H1", "'H9'")
    ),
    # places that cannot be written
    "out in a file": Case(
        f"{MOT.replace('out.', 'out/out.')} cam1=IN/boxes.txt",
        ("out/out.mcap", "cannot be written"),
        prepare=a_file_called_out,
    ),
    "out read-only": Case(
        f"{MOT.replace('out', '/proc/out')} cam1=IN/boxes.txt", ("/proc/out.mcap", "cannot be written")
    ),
    "out is a folder": Case(f"{MOT} cam1=IN/boxes.txt", ("out.mcap", "cannot be written"), prepare=in_the_way),
    "disk full": Case(
        f"{MOT} cam1=IN/boxes.txt",
        ("out.mcap", "cannot be written", "too large"),
        prepare=an_older_result,
        file_bytes=4096,
    ),
    "disk full for pictures": Case(
        f"{VIDEO} cam1=IN/good.mp4",
        ("out.mcap", "cannot be written"),
        file_bytes=4096,
    ),
    "disk full for tracks": Case(
        "replay IN/long.mcap --tracks t.csv --alarms a.jsonl",
        ("t.csv", "cannot be written"),
        file_bytes=4096,
    ),
    # recordings
    "another version": Case(
        "replay IN/version.mcap --alarms a.jsonl", ("version.mcap", "version 9", "this program reads 1")
    ),
    "not a recording": Case("replay IN/obs.csv --tracks t.csv", ("obs.csv", "not a recording", "MCAP")),
    "recording a folder": Case("replay IN --alarms a.jsonl", ("/in", "cannot be read")),
    "cut before its head": Case("replay IN/stump.mcap", ("stump.mcap", "cut off at byte")),
    "another program's": Case("replay IN/foreign.mcap", ("foreign.mcap", "another program")),
    "message damaged": Case(
        "replay IN/damaged.mcap --alarms a.jsonl --tracks t.csv", ("damaged.mcap", "telemetry", "does not decode")
    ),
    "nothing to replay": Case("replay IN/nothing.mcap --tracks t.csv", ("nothing.mcap", "no observations")),
    "video but no boxes": Case("replay IN/video.mcap --tracks t.csv", ("video.mcap", "cam1", "--detect")),
    "boxes but no video": Case("replay IN/good.mcap --detect --weights IN/model", ("good.mcap", "no video")),
    # weights
    "replay without weights": Case(
        "replay IN/video.mcap --detect --tracks t.csv", ("nowhere.pt", "weights is missing")
    ),
    "detect without weights": Case(
        "detect IN/good.mp4 --weights nowhere.pt --boxes b.txt", ("nowhere.pt", "weights is missing")
    ),
    "run without weights": Case("run --site IN/cameras.toml --record-to rec", ("nowhere.pt", "weights is missing")),
    "weights that are none": Case(
        "detect IN/good.mp4 --weights model.xml --boxes b.txt",
        ("model.xml", "no readable OpenVINO model"),
        prepare=weights_that_are_none,
    ),
    "detector size": Case("detect IN/good.mp4 --weights IN/model --size 33", ("--size", "multiple of 32", "33")),
    "export of nothing": Case("export nowhere.pt -o model", ("nowhere.pt", "expected the .pt file")),
    # live
    "busy publish port": Case(f"{RUN} IN/busy.toml", ("is taken", "expected a free port", "[bus] publish_port")),
    "host of another machine": Case(f"{RUN} IN/far.toml", ("203.0.113.9", "cannot be bound", "[bus] host")),
    "run without keys": Case(f"{RUN} IN/no-keys/site.toml", ("engine.key", "no such key file", "hoistwatch keys")),
    "key that others may read": Case(
        f"{RUN} site.toml", ("engine.key", "readable by other users", "chmod 600"), prepare=a_readable_key
    ),
    "no camera with a source": Case("run --site IN/detector.toml --record-to rec", ("no [[camera]] has a source",)),
    "record to a file": Case(f"{RUN.replace('rec', 'out')} IN/free.toml", ("out",), prepare=a_file_called_out),
    "audit log of another kind": Case(
        f"{RUN} IN/free.toml", ("audit.sqlite", "expected an audit log"), prepare=another_audit_log
    ),
    "relay unknown": Case("relay --site IN/site.toml --node K9", ("site.toml", "no node 'K9'", "'cabinet-1'")),
    "relay without keys": Case(
        "relay --site IN/no-keys/site.toml --node cabinet-1", ("relay-cabinet-1.key", "no such")
    ),
    "relay address": Case(
        "relay --site IN/address.toml --node cabinet-1", ("address.toml", "'nonsense:port'", "HOST:PORT")
    ),
    "console without a display": Case(
        "console --site IN/site.toml --screenshot p.png", ("no display", "--headless"), environment=NO_DISPLAY
    ),
    "console without keys": Case(
        "console --headless --site IN/no-keys/site.toml", ("console-1.key", "no such key file")
    ),
    "console language": Case("console --site IN/site.toml --language fr", ("--language 'fr'", "en or ko")),
    "pictures into a file": Case(
        "console --headless --site IN/site.toml --screenshot-dir out", ("out", "folder"), prepare=a_file_called_out
    ),
    # keys, audit log, calibration, evaluation
    "key of no role": Case("keys --site IN/site.toml --add engine:e2", ("--add 'engine:e2'", "ROLE:NAME", "console")),
    "key that exists": Case("keys --site IN/site.toml --add console:console-1", ("console-1.key", "has a key already")),
    "audit missing": Case("audit verify no.sqlite", ("no.sqlite", "no such audit log")),
    "audit garbage": Case("audit export IN/garbage.bin -o a.csv", ("garbage.bin", "expected an audit log")),
    "tsai": Case("calibrate tsai IN/obs.csv --name c", ("obs.csv", "XML")),
    "projection": Case("calibrate projection IN/obs.csv --name c --size 640 480", ("obs.csv", "expected")),
    "truth columns": Case("evaluate tracks IN/obs.csv IN/tracks.csv", ("obs.csv, line 1", "frame,id,x,y")),
    "truth rate": Case("evaluate tracks IN/truth.csv IN/tracks.csv", ("truth.csv", "--rate")),
    "truth numbers": Case(
        "evaluate tracks IN/bad-truth.csv IN/tracks.csv --rate 4", ("bad-truth.csv, line 3, column x",)
    ),
    "threshold": Case("evaluate tracks IN/truth.csv IN/tracks.csv --rate 4 --threshold 0", ("threshold", "above 0")),
    "nothing expected": Case("evaluate recording IN/good.mcap", ("good.mcap", "expected_alarms.json")),
    "report on nothing": Case("report no.mcap --out out", ("no.mcap", "no such recording")),
    "report into a file": Case("report IN/good.mcap --out out", ("out",), prepare=a_file_called_out),
    # the command line itself
    "no such command": Case("replya x", ("No such command 'replya'", "replay")),
    "no such option": Case("replay IN/good.mcap --track t.csv", ("--track",)),
    "argument missing": Case("replay", ("REC.mcap", "replay --help")),
    "speed": Case(f"{RUN} IN/free.toml --speed 99", ("'--speed'", "20")),
    "demo into a file": Case("demo --headless --out out", ("out",), prepare=a_file_called_out),
    "demo language": Case("demo --headless --out out --language fr", ("--language 'fr'", "en or ko")),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("bad") / "in"
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        make_files(folder, taken.getsockname()[1])
        yield folder


def run_case(name: str, inputs: Path) -> Ended:
    case = CASES[name]
    folder = inputs.parent / "cases" / name.replace(" ", "-").replace("'", "")
    folder.mkdir(parents=True)
    case.prepare(folder)
    before = contents(folder)
    arguments = [word.replace("IN", str(inputs), 1) if "IN" in word else word for word in case.command.split()]
    done = hoistwatch(arguments, folder, case)
    return Ended(done.returncode, done.stdout, done.stderr, before, contents(folder))


@pytest.fixture(scope="module")
def ended(inputs: Path) -> dict[str, Ended]:
    """Every case that was asked for, run side by side."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return dict(zip(CASES, pool.map(lambda name: run_case(name, inputs), CASES), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_and_nothing_left_behind(name: str, ended: dict[str, Ended]) -> None:
    result, case = ended[name], CASES[name]
    lines = [line for line in result.stderr.splitlines() if not PROGRESS.match(line)]
    assert "Traceback" not in result.stderr, result.stderr
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("hoistwatch"), lines[0]
    for part in case.says:
        assert part in lines[0]
    assert result.code == case.code
    assert result.after == result.before


def test_inputs_are_as_they_were(inputs: Path, ended: dict[str, Ended]) -> None:
    """No command left anything beside what it read."""
    again = inputs.parent / "again"
    make_files(again, 1)
    ignored = {name for name in contents(again) if name.startswith("keys/")}
    assert contents(inputs).keys() - ignored == contents(again).keys() - ignored
    assert BUSY_PORT not in (inputs / "busy.toml").read_text()


def test_a_cut_recording_replays_with_a_note(inputs: Path, tmp_path: Path) -> None:
    done = hoistwatch(["replay", str(inputs / "cut.mcap"), "--tracks", "t.csv"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert CUT_NOTE in done.stdout
    assert (tmp_path / "t.csv").read_text().count("\n") > 10
    assert "Traceback" not in done.stderr


def test_an_interrupted_replay_leaves_nothing_behind(inputs: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "replay", str(inputs / "long.mcap"), "--tracks", "t.csv"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    replay = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: any(tmp_path.iterdir()), LIMIT_S, "the beginning of the tracks")
    replay.send_signal(signal.SIGINT)
    _, stderr = replay.communicate(timeout=LIMIT_S)
    assert (replay.returncode, stderr) == (130, "hoistwatch: interrupted\n")
    assert not any(tmp_path.iterdir())
