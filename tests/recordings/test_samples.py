"""The sample recordings: of the promised size, made from their scenarios, and judged by their own truth."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import pytest

from calibration.errors import BadInput
from calibration.site import DetectorTable
from recordings.evaluate_recording import AlarmScores, evaluate_recording
from recordings.plant.loop import Options
from recordings.plant.scenario_file import load_scenario, scenario_path
from recordings.plant.simulate import simulate
from recordings.plant.truth import TRUTH_ATTACHMENT, TruthSummary
from recordings.replay import steps
from recordings.sample_files import SAMPLES, sample_path
from recordings.store import Recording
from safety.engine import Step
from safety.records import Level
from tracking import own_weights
from tracking.detector import open_detector


@cache
def replayed(name: str) -> tuple[Step, ...]:
    return tuple(steps(Recording(sample_path(name))))


def scores(name: str) -> AlarmScores:
    alarms = [t for step in replayed(name) for t in step.transitions]
    return evaluate_recording(Recording(sample_path(name)), alarms)


@pytest.mark.parametrize("name", SAMPLES)
def test_size_cameras_and_length_are_as_promised(name: str) -> None:
    recording = Recording(sample_path(name))
    info = recording.info
    assert sample_path(name).stat().st_size <= 10_000_000
    assert len(info.video_cameras) in (3, 4)
    assert 30.0 <= info.duration_s <= 60.0
    assert info.complete
    assert next(iter(recording.truth())).people
    scenario = load_scenario(scenario_path(f"sample-{name}"))
    assert recording.site().site.name == scenario.scenario.name


@pytest.mark.parametrize("name", SAMPLES)
def test_the_alarms_are_those_that_the_truth_calls_for(name: str) -> None:
    judged = scores(name)
    assert judged.passed, [*judged.misses, *judged.needless]
    worst = max((step.snapshot.level for step in replayed(name)), key=lambda level: level.rank)
    if name == "normal-shift":
        assert worst.rank <= Level.CAUTION.rank
    elif name == "failing-camera":
        assert worst is Level.WARNING
    else:
        assert worst is Level.DANGER
        assert all(outcome.lead_s is None or outcome.lead_s > 0.5 for outcome in judged.hits)


@pytest.mark.parametrize("name", ["swing", pytest.param("passer-by", marks=pytest.mark.slow)])
def test_the_scenario_still_gives_what_the_sample_holds(name: str, tmp_path: Path) -> None:
    """With the contacts as they moved then: what the engine of today would say is judged on the recording."""
    path = scenario_path(f"sample-{name}")
    kept = Recording(sample_path(name))
    known = msgspec.json.decode(kept.attachment(TRUTH_ATTACHMENT) or b"", type=TruthSummary)
    simulate(load_scenario(path), path.parent, tmp_path / "again.mcap", Options(orders=known.changes))
    again = Recording(tmp_path / "again.mcap")
    assert list(again.truth()) == list(kept.truth())
    assert list(again.events()) == list(kept.events())
    assert again.site_text == kept.site_text


@pytest.mark.slow
def test_alarms_from_pixels_alone_are_the_same_in_kind() -> None:
    if not own_weights.OPENVINO.is_dir():
        pytest.skip(f"{own_weights.OPENVINO.name} is not there: the project's own detector was left out")
    recording = Recording(sample_path("passer-by"))
    detector = open_detector(DetectorTable(), Path.cwd())
    try:
        seen = list(steps(recording, detector=detector))
    finally:
        detector.close()
    judged = evaluate_recording(recording, (t for step in seen for t in step.transitions))
    assert judged.passed, [*judged.misses, *judged.needless]


def test_samples_ask_for_the_projects_own_detector() -> None:
    assert all(Recording(sample_path(name)).site().detector == DetectorTable() for name in SAMPLES)


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(BadInput, match="no such sample recording, expected one of normal-shift, passer-by"):
        sample_path("nowhere")
