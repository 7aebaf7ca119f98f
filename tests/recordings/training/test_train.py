"""A real training in a process of its own: killed, resumed, stopped; and what it refuses."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from calibration.errors import BadInput, Unavailable
from recordings.training.dataset import read_dataset
from recordings.training.progress import Progress
from recordings.training.train import Settings, Watched, finish, new_settings, settings_of, train
from tests.recordings.training.drawn import drawn_folder
from tests.shared_data import ROOT, shared
from tracking.detector_openvino import OpenVinoDetector

EPOCHS = 6
"""Enough that a late kill, on a busy machine, still comes before the end."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_folder(tmp_path_factory.mktemp("data") / "data", {"train": 24, "val": 4, "test": 4})


@pytest.fixture(scope="module")
def weights() -> Path:
    return shared("data/weights/yolov8n.pt")


def started(data: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ui.cli", "train", str(data), "-o", str(out), *more]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines_until(process: subprocess.Popen[str], beginning: str) -> list[str]:
    """Lines of stderr up to one that begins so."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line.rstrip())
        if line.startswith(beginning):
            return seen
    raise AssertionError(f"ended without {beginning!r}: {seen}")


def epoch_of(checkpoint: Path) -> int:
    from tracking.torch_models import mend_torchvision, quiet_ultralytics

    quiet_ultralytics()
    mend_torchvision()
    from ultralytics.nn.tasks import load_checkpoint

    return int(load_checkpoint(checkpoint)[1]["epoch"])


@pytest.mark.slow
def test_killed_training_goes_on_at_the_right_epoch_and_ends_whole(data: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--weights", str(weights), "--epochs", str(EPOCHS), "--size", "64", "--batch", "4")
    process = started(data, out, *options)
    # The last batch of the second epoch: the checkpoint of the first one stands.
    lines_until(process, f"epoch 2/{EPOCHS}  batch 6/6")
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = out / "run" / "weights" / "last.pt"
    done = epoch_of(last) + 1
    assert 1 <= done < EPOCHS  # the second one, or on a busy machine a later one, may have been written
    assert not (out / "detector.pt").exists()

    again = started(data, out, "--resume")
    seen = lines_until(again, f"epoch {EPOCHS}/{EPOCHS}  batch 6/6")
    stdout, stderr = again.communicate()
    assert again.returncode == 0, stderr
    begun = [line for line in seen if line.startswith("epoch")]
    assert begun[0].startswith(f"epoch {done + 1}/{EPOCHS}"), begun
    assert f"done after {EPOCHS} epochs" in stdout

    rows = (out / "loss.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", *map(str, range(1, EPOCHS + 1))]
    assert json.loads((out / "run.json").read_text())["finished"] is True
    assert not list(out.rglob("*.part")) or all(p.parent.name == "weights" for p in out.rglob("*.part"))
    card = (out / "model_card.md").read_text()
    for words in ("24", "hall", "dusk", "yolov8n.pt", "figures/curves.png", "5 to 28 m"):
        assert words in card
    for name in ("detector.md", "detector.csv", "curves.png", "loss.png"):
        assert (out / "figures" / name).stat().st_size > 0
    detector = OpenVinoDetector(out / "detector_openvino", {"person": "person", "hook": "hook"}, size_px=64)
    try:
        assert detector.names == {0: "person", 1: "hook", 2: "load", 3: "trolley"}
    finally:
        detector.close()
    assert sum(file.stat().st_size for file in (out / "detector_openvino").iterdir()) < 15e6


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_learnt(data: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--weights", str(weights), "--epochs", "500", "--size", "64", "--batch", "4")
    process = started(data, out, *options)
    lines_until(process, "epoch 1/500  batch 6/6")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert stdout.startswith("stopped after ")
    assert (out / "detector.pt").is_file()
    assert (out / "detector_openvino").is_dir()
    assert "stopped" in (out / "model_card.md").read_text()


@pytest.mark.slow
def test_time_that_is_up_ends_the_training_and_more_time_goes_on_with_it(
    data: Path, weights: Path, tmp_path: Path
) -> None:
    dataset, out = read_dataset(data), tmp_path / "out"
    given = new_settings(data, weights, epochs=4, size_px=64, batch=12)
    seconds = itertools.count()  # one for each look at the clock
    seen: list[Progress] = []
    watched = Watched(lambda: float(next(seconds)), lambda: False, seen.append)
    first = train(given, out, watched, budget_s=14.0, dataset=dataset)
    assert 1 <= first.epochs_done < 4
    assert first.spent_s >= 10.0
    assert all(progress.left_s is not None for progress in seen)
    more = train(given, out, watched, resume=True, dataset=dataset)
    assert more.epochs_done == 4
    assert more.spent_s > first.spent_s
    begun = [progress.epoch for progress in seen]
    assert begun == sorted(begun)
    assert begun[-1] == 4


# --- refusals


def quiet() -> Watched:
    return Watched(lambda: 0.0, lambda: False, lambda progress: None)


def settings(data: Path, weights: Path) -> Settings:
    return new_settings(data, weights, epochs=1, size_px=64)


def test_missing_weights_are_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"none\.pt: there is no such file"):
        settings(data, tmp_path / "none.pt")


def test_weights_that_are_no_model_leave_no_trace_of_a_model(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"no model")
    with pytest.raises(Unavailable, match=r"broken\.pt: .*damaged or no model"):
        train(settings(data, broken), tmp_path / "out", quiet(), dataset=read_dataset(data))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["run.json"]


def test_a_folder_with_something_in_it_is_refused(data: Path, tmp_path: Path) -> None:
    given = settings(data, data / "data.yaml")
    with pytest.raises(BadInput, match="holds something else already"):
        train(given, data, quiet(), dataset=read_dataset(data))


def test_nothing_to_resume_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"run\.json: no such file"):
        settings_of(tmp_path / "out")
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(BadInput, match=r"run\.json: cannot be read"):
        settings_of(tmp_path)


def test_resuming_on_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    given = settings(data, data / "data.yaml")
    out = tmp_path / "out"
    with pytest.raises(Unavailable):
        train(given, out, quiet(), dataset=read_dataset(data))
    other = drawn_folder(tmp_path / "other", {"train": 1, "val": 1})
    with pytest.raises(BadInput, match="was begun on"):
        train(settings(other, data / "data.yaml"), out, quiet(), resume=True, dataset=read_dataset(other))


def test_stopped_before_the_first_epoch_nothing_is_kept(data: Path, tmp_path: Path) -> None:
    given = settings(data, data / "data.yaml")
    out = tmp_path / "out"
    with pytest.raises(Unavailable):
        train(given, out, quiet(), dataset=read_dataset(data))
    with pytest.raises(BadInput, match="stopped before its first epoch"):
        finish(out)
