"""Every parser takes spoilt files: read, or refused by one sentence that names the file; nothing left, nothing changed.

A few dozen each here, in the same order always; ``make fuzz`` does thousands (FUZZ="--each 20000 --seed 7").
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.__main__ import targets
from tests.fuzz.cases import Target, run
from tests.ui.forked_cli import run_forked

EACH = int(os.environ.get("HOISTWATCH_FUZZ", "25"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Target]:
    return {target.name: target for target in targets(tmp_path_factory.mktemp("made"))}


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """What hangs in a library cannot be interrupted: then the process ends with a trace of where."""
    faulthandler.dump_traceback_later(120.0 + EACH, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def test_what_is_not_spoilt_is_read(made: dict[str, Target], tmp_path: Path) -> None:
    """Or else nothing that follows would mean anything."""
    for number, target in enumerate(made.values()):
        folder = tmp_path / str(number)
        for name, data in target.seeds.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            (folder / name).chmod(target.mode)
        target.read(folder)


def test_spoilt_files_are_read_or_refused_by_name(made: dict[str, Target], tmp_path: Path) -> None:
    tallies = {t.name: run(t, tmp_path / str(n), 1, max(1, EACH // t.cost)) for n, t in enumerate(made.values())}
    faults = [fault for tally in tallies.values() for fault in tally.faults]
    assert not faults, "\n".join(faults)
    assert sum(tally.refused for tally in tallies.values()) > 10 * EACH, "spoilt files must be refused"
    assert sum(tally.read for tally in tallies.values()) > EACH, "spoilt as little as a file in real life"


COMMANDS = {
    "import observations": ("import", "observations", "--site", "{plain}", "obs.csv", "-o", "o.mcap"),
    "import mot": ("import", "mot", "--site", "{plain}", "--rate", "10", "cam1=cam1.txt", "-o", "o.mcap"),
    "evaluate tracks": ("evaluate", "tracks", "truth.csv", "tracks.csv", "--rate", "10"),
    "recording": ("replay", "day.mcap", "--alarms", "a.jsonl", "--tracks", "t.csv"),
    "audit log": ("audit", "verify", "audit.sqlite"),
    "site.toml": ("site", "history", "--site", "site.toml"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_says_so_in_one_line_and_leaves_nothing(made: dict[str, Target], tmp_path: Path, name: str) -> None:
    from tests.fuzz.cases import case

    target, plain = made[name], tmp_path / "plain.toml"
    plain.write_bytes(made["site history"].seeds["site.toml"])
    for number in range(2 if EACH < 100 else 20):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file, data in (target.seeds | case(target, 3, number)).items():
            (folder / file).write_bytes(data)
        before = sorted(path.name for path in folder.iterdir())
        arguments = [part.format(plain=plain) for part in COMMANDS[name]]
        done = run_forked(arguments, folder, {}, 60.0)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 1, 2), done.stderr
        if done.returncode == 2:
            told = done.stderr.splitlines()
            assert len([line for line in told if line.startswith("hoistwatch")]) == 1, done.stderr
            assert sorted(path.name for path in folder.iterdir()) == before
