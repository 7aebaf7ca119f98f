"""The project's own sample recording: made again from its seed, replayed, and compared with the truth."""

from __future__ import annotations

import csv
import io
import itertools
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from recordings import sample_scene
from recordings.evaluate_recording import AlarmScores, evaluate_recording
from recordings.replay import steps
from recordings.sample_scene import sample_path, write_sample
from recordings.store import Recording
from safety.engine import Step
from safety.records import AlarmTransition, Level, Phase, Situation
from tracking.records import Boxes, CameraHealth

SETTLED_S = 1.0
NEAR_S = 0.06


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(sample_path())


@pytest.fixture(scope="module")
def replayed(recording: Recording) -> list[Step]:
    return list(steps(recording))


@pytest.fixture(scope="module")
def transitions(replayed: list[Step]) -> list[AlarmTransition]:
    return [t for step in replayed for t in step.transitions]


@pytest.fixture(scope="module")
def scores(recording: Recording, transitions: list[AlarmTransition]) -> AlarmScores:
    return evaluate_recording(recording, transitions)


@pytest.fixture(scope="module")
def truth(recording: Recording) -> dict[tuple[str, str], np.ndarray]:
    """(n, 4) rows of time, x, y, z by kind and name."""
    data = recording.attachment(sample_scene.TRUTH)
    assert data is not None
    rows = defaultdict(list)
    for row in csv.DictReader(io.StringIO(data.decode())):
        rows[row["kind"], row["id"]].append([float(row[c]) for c in ("time_s", "x_m", "y_m", "z_m")])
    return {key: np.array(value) for key, value in rows.items()}


def at(rows: np.ndarray, time_s: float) -> np.ndarray | None:
    """True place (3,) at a time, None while not there."""
    if not rows[0, 0] <= time_s <= rows[-1, 0]:
        return None
    return np.array([np.interp(time_s, rows[:, 0], rows[:, i]) for i in (1, 2, 3)])


def first(transitions: list[AlarmTransition], situation: Situation, level: Level) -> AlarmTransition:
    return next(t for t in transitions if t.situation is situation and t.level.rank >= level.rank)


def test_the_committed_file_is_what_the_seed_gives(tmp_path: Path, recording: Recording) -> None:
    write_sample(tmp_path / "again.mcap")
    again = Recording(tmp_path / "again.mcap")
    assert again.site_text == recording.site_text
    assert again.info.attachments == recording.info.attachments
    for name in recording.info.attachments:
        assert again.attachment(name) == recording.attachment(name), name
    assert list(again.events()) == list(recording.events())
    assert again.info.size_bytes == recording.info.size_bytes


def test_the_recording_is_small_and_whole(recording: Recording) -> None:
    info = recording.info
    assert info.complete
    assert info.size_bytes < 10_000_000
    assert info.cameras == ("cam1", "cam2", "cam3", "cam4")
    assert info.video_cameras == ()
    assert 45.0 <= info.duration_s <= 60.0
    assert {type(e) for e in recording.events()} == {Boxes, CameraHealth}


def test_the_failed_camera_gives_nothing_and_says_so(recording: Recording) -> None:
    dead = [
        e
        for e in recording.events()
        if isinstance(e, Boxes) and e.camera == "cam3" and sample_scene.FAIL_S <= e.time_s < sample_scene.RETURN_S
    ]
    assert not dead
    states = [e.connected for e in recording.events() if isinstance(e, CameraHealth) and e.camera == "cam3"]
    assert states.count(False) >= 4
    assert states[-1]


def test_expected_alarms_come_and_no_others(scores: AlarmScores) -> None:
    assert [(o.expectation.name, o.fault) for o in scores.misses] == []
    assert [(e.situation, e.raised_s, window) for e, window in scores.needless] == []
    assert scores.unjudged == ()
    assert scores.passed


def test_the_slinger_at_the_resting_load_sets_off_nothing(replayed: list[Step]) -> None:
    rigging = [s for s in replayed if s.snapshot.time_s <= sample_scene.LIFT_S]
    assert not [t for s in rigging for t in s.transitions]
    assert {s.snapshot.level for s in rigging} == {Level.CLEAR}
    located = [s.snapshot.outputs for s in rigging if s.snapshot.hoists]
    assert len(rigging) - len(located) <= 3
    assert all(outputs["H1/permit"] and outputs["H1/slow"] for outputs in located)
    phases = [s.snapshot.hoists[0].phase for s in rigging if s.snapshot.hoists]
    assert phases.count(Phase.RIGGING) > 0.75 * len(phases)


def test_the_passer_by_is_told_before_the_load_is_there(
    transitions: list[AlarmTransition], truth: dict[tuple[str, str], np.ndarray]
) -> None:
    walker, load = truth["person", "passer-by"], truth["load", "H1"]
    below = [row[0] for row in walker if np.hypot(*(row[1:3] - at(load, row[0])[:2])) < 0.9]  # type: ignore[index]
    assert below[0] == pytest.approx(sample_scene.UNDER_S, abs=0.11)
    danger = first(transitions, Situation.STRUCK_BY, Level.DANGER)
    warning = first(transitions, Situation.STRUCK_BY, Level.WARNING)
    near = first(transitions, Situation.FALL_ZONE, Level.CAUTION)
    assert warning.time_s < danger.time_s < near.time_s < below[0]
    assert below[0] - warning.time_s > 1.4
    assert below[0] - danger.time_s > 0.9
    assert first(transitions, Situation.FALL_ZONE, Level.DANGER).time_s < below[-1]
    assert {t.person for t in transitions if t.situation is not Situation.CAMERA_BLIND} == {danger.person}


def test_the_drive_obeys_the_outputs(replayed: list[Step]) -> None:
    """The plan was made for these outputs: were they to come at other times, the load would have moved otherwise."""

    def changes(output: str) -> list[float]:
        # No permit before the hoist was located, at the first pictures.
        states = [(s.snapshot.time_s, s.snapshot.outputs[output]) for s in replayed if s.snapshot.hoists]
        return [t for (_, before), (t, now) in itertools.pairwise(states) if now != before]

    permit, slow = changes("H1/permit"), changes("H1/slow")
    assert len(permit) == 2
    assert permit[0] == pytest.approx(sample_scene.STOP_S, abs=0.5)
    assert permit[1] < sample_scene.RESUME_S
    assert len(slow) == 4
    assert slow[0] == pytest.approx(sample_scene.WARNED_S, abs=0.5)
    assert slow[2] == pytest.approx(sample_scene.SLOW_S, abs=0.3)
    assert slow[3] == pytest.approx(sample_scene.FAST_S, abs=0.3)


def test_a_blind_camera_slows_the_hoist_and_is_cleared(transitions: list[AlarmTransition]) -> None:
    blind = [t for t in transitions if t.situation is Situation.CAMERA_BLIND]
    assert [(t.event, t.level, t.source) for t in blind] == [
        ("raised", Level.WARNING, "cam3"),
        ("cleared", Level.WARNING, "cam3"),
    ]
    assert 1.0 <= blind[0].time_s - sample_scene.FAIL_S <= 2.0
    assert 0.0 < blind[1].time_s - sample_scene.RETURN_S <= 2.5


def test_tracks_follow_the_truth(replayed: list[Step], truth: dict[tuple[str, str], np.ndarray]) -> None:
    people = {name: rows for (kind, name), rows in truth.items() if kind == "person"}
    errors: dict[str, list[float]] = defaultdict(list)
    ids: dict[str, set[str]] = defaultdict(set)
    ghosts = 0
    for step in replayed:
        now_s = step.snapshot.time_s
        there = {name: place for name, rows in people.items() if (place := at(rows, now_s)) is not None}
        for person in step.snapshot.people:
            away = {name: float(np.hypot(person.x_m - p[0], person.y_m - p[1])) for name, p in there.items()}
            name = min(away, key=lambda n: away[n])
            ghosts += away[name] > 1.0
            errors[name].append(away[name])
            ids[name].add(person.id)
    assert ghosts == 0
    for name, rows in people.items():
        assert np.median(errors[name]) < 0.15, name
        assert np.max(errors[name]) < 0.6, name
        assert len(ids[name]) == 1, f"{name} keeps one track"
        watched_s = rows[-1, 0] - max(rows[0, 0], 0.0)
        assert len(errors[name]) > 0.97 * 10 * (watched_s - SETTLED_S), f"{name} is followed all the time"


def test_the_hook_follows_the_truth(replayed: list[Step], truth: dict[tuple[str, str], np.ndarray]) -> None:
    errors = []
    for step in replayed:
        for view in step.snapshot.hoists:
            place = at(truth["hook", "H1"], step.snapshot.time_s)
            if place is not None:
                errors.append(np.array([view.state.x_m, view.state.y_m, view.state.z_m]) - place)
    off = np.linalg.norm(errors, axis=1)
    assert len(off) > 590
    assert np.median(off) < 0.05
    assert off.max() < 0.3


def test_phases_tell_the_lift(replayed: list[Step]) -> None:
    told: list[Phase] = []
    for step in replayed:
        for view in step.snapshot.hoists:
            if not told or told[-1] is not view.phase:
                told.append(view.phase)
    after = told[told.index(Phase.LIFTING) :]
    assert after[:4] == [Phase.LIFTING, Phase.TRAVELLING, Phase.LOWERING, Phase.LANDED]


def test_an_unknown_sample_is_named_with_those_that_exist() -> None:
    with pytest.raises(BadInput, match=r"nobody\.mcap: no such sample recording, expected one of passer-by"):
        sample_path("nobody")


def test_run_as_a_module(tmp_path: Path) -> None:
    missing = tmp_path / "no folder" / "out.mcap"
    done = subprocess.run(
        [sys.executable, "-m", "recordings.sample_scene", str(missing)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert str(missing) in done.stderr
    assert len(done.stderr.splitlines()) == 1
