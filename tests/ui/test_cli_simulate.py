"""``hoistwatch simulate`` as a real process: what it makes, what it says, and what bad input leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.plant.scenario_file import library
from recordings.store import Recording
from tests.recordings.plant.small_plant import changed
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.ui.test_cli_bad_input import LIMIT_S, contents, hoistwatch

TO = ["-o", "out.mcap"]
SHORT = changed(("seconds = 12.0", "seconds = 1.5"))
SHORT = SHORT[: SHORT.index("[[expect]]")]


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_scenario_becomes_a_recording(tmp_path: Path) -> None:
    written(tmp_path, "small.toml", SHORT)
    done = hoistwatch(["simulate", "small.toml", *TO], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "out.mcap: 1.5 s of Small hall" in done.stdout
    assert sorted(contents(tmp_path)) == ["out.mcap", "small.toml"]
    recording = Recording(tmp_path / "out.mcap")
    assert recording.info.made_by == "hoistwatch simulate Small hall"
    assert len(list(recording.truth())) == 31
    again = hoistwatch(["simulate", "small.toml", "-o", "seed.mcap", "--seed", "6", "--open-loop"], tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "seed.mcap").read_bytes() != (tmp_path / "out.mcap").read_bytes()


def test_the_library_is_listed_with_a_line_each(tmp_path: Path) -> None:
    done = hoistwatch(["simulate", "--list"], tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(library())
    assert all(len(line.split()) > 6 for line in lines)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[7.2, 4.6]", "[10.2, 1.2]"), ("[[person]] 'fitter' start_m", "inside [[structure]] 'column C1'")),
        (("0.4, 0.4, 5.0", "0.4, 0.4, -2.0"), ("[[camera]] 'cam1' position_m", "above the floor", "-2 m")),
        (('attach = "crate"', 'attach = "box"'), ("[[hoist]] 'H1' plan[0].attach", "'box'", "[[load]]: crate")),
        (("rate_hz = 6.0", "rate_hz = true_"), ("is not valid TOML",)),
        (("avoids = false", 'trajectory = "walk.csv"'), ("[[person]] 'fitter' trajectory", "walk.csv")),
    ],
)
def test_bad_scenarios_are_told_in_a_sentence(change: tuple[str, str], says: tuple[str, ...], tmp_path: Path) -> None:
    written(tmp_path, "bad.toml", changed(change, text=SHORT))
    before = contents(tmp_path)
    done = hoistwatch(["simulate", "bad.toml", *TO], tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in ("bad.toml", *says):
        assert part in done.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["simulate"], "expected a scenario file"),
        (["simulate", "sample-crush"], "-o REC.mcap"),
        (["simulate", "nobody", *TO], "no such scenario, expected a file or one of the library"),
        (["simulate", "nowhere.toml", *TO], "nowhere.toml: no such scenario file"),
        (["simulate", "sample-crush", "-o", "no folder/out.mcap"], "no folder/out.mcap"),
        (["simulate", "sample-crush", *TO, "--seed", "-1"], "'--seed'"),
    ],
)
def test_bad_arguments_are_told_in_a_sentence(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = hoistwatch(arguments, tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert says in done.stderr
    assert not any(tmp_path.iterdir())


def test_without_the_extra_rendering_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A machine without the packages that draw: they cannot be imported in this process."""
    written(tmp_path, "small.toml", SHORT)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('anny', 'vtk', 'vtkmodules', 'pyvista'))); "
        "sys.argv[1:] = ['simulate', 'small.toml', '-o', 'out.mcap', '--render']; from ui.cli import main; main()"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "hoistwatch[plant]" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "cache") == ["small.toml"]


def test_an_interrupted_simulation_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "ui.cli", "simulate", "sample-crush", "-o", str(out / "a.mcap")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    simulate = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: any(out.iterdir()), LIMIT_S, "the beginning of the recording")
    simulate.send_signal(signal.SIGINT)
    _, stderr = simulate.communicate(timeout=LIMIT_S)
    assert simulate.returncode == 130
    assert stderr.splitlines()[-1] == "hoistwatch: interrupted"
    assert not any(out.iterdir())
