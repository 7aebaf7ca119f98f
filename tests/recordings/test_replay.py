"""The same recording gives the same bytes, whatever happened to it and wherever it is replayed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.errors import BadInput
from calibration.site_file import site_text
from recordings.replay import alarms_of, run_replay, steps
from recordings.sample_files import sample_path
from recordings.store import Recording, RecordingWriter
from safety.engine import Engine
from safety.records import Acknowledge
from tests.shared_data import ROOT
from tests.worlds import body_boxes, boxes_at, bridge, hall, seen_at, sight_at
from tracking.records import Boxes, Sight

START_S = 100.0


def walk(until_s: float = 6.0) -> list[Sight]:
    """A person walks towards a load that comes along."""
    out = []
    for k in range(int(until_s * 10)):
        t = START_S + k / 10
        hook_x = 5.0 + 0.5 * k / 10
        seen = [
            seen_at("person", 11.0 - 1.0 * k / 10, 6.1),
            seen_at("hook", hook_x, 6.0, 2.5),
            seen_at("load", hook_x, 6.0, 1.6),
        ]
        out.append(sight_at("lidar", t, seen))
    return out


def recorded(path: Path, events: list[Sight], made_by: str = "test") -> Recording:
    site = hall(0, [bridge()])
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by=made_by, atomic=True) as writer:
        for event in events:
            writer.write(event, event.ready_s)
    return Recording(path)


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_same_bytes_in_another_process_with_another_hash_seed(tmp_path: Path, seed: str) -> None:
    first = (tmp_path / "a.jsonl", tmp_path / "a.csv")
    other = (tmp_path / "b.jsonl", tmp_path / "b.csv")
    recorded(tmp_path / "r.mcap", walk())
    run_replay(Recording(tmp_path / "r.mcap"), alarms=first[0], tracks=first[1])
    command = [sys.executable, "-m", "ui.cli", "replay", str(tmp_path / "r.mcap")]
    command += ["--alarms", str(other[0]), "--tracks", str(other[1])]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
    assert first[0].read_text().count("struck_by") > 0
    assert first[1].read_text().count("person") > 30
    for mine, theirs in zip(first, other, strict=True):
        assert mine.read_bytes() == theirs.read_bytes()


def test_the_sample_replays_to_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run_replay(Recording(sample_path()), alarms=tmp_path / f"{name}.jsonl", tracks=tmp_path / f"{name}.csv")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes() != b""
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_cut_recording_replays_up_to_the_cut(tmp_path: Path) -> None:
    whole = recorded(tmp_path / "whole.mcap", walk())
    data = whole.path.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) // 2])
    cut = [s.snapshot for s in steps(Recording(tmp_path / "cut.mcap"))]
    full = [s.snapshot for s in steps(whole)]
    assert 5 < len(cut) < len(full)
    assert cut[:-1] == full[: len(cut) - 1]


def test_ticks_stand_on_a_grid_from_the_first_event(tmp_path: Path) -> None:
    times = [s.snapshot.time_s for s in steps(recorded(tmp_path / "r.mcap", walk(2.0)))]
    assert times[0] == START_S
    assert np.diff(times) == pytest.approx(0.1)


def test_a_live_recording_replays_at_its_own_ticks_with_its_commands(tmp_path: Path) -> None:
    """What a live engine did at uneven ticks comes out again, acknowledgement included."""
    site = hall(0, [bridge()])
    engine = Engine(site, watch_relays=True)
    waiting, now_s, kept, acknowledged = walk(), START_S, [], False
    path = tmp_path / "live.mcap"
    random = np.random.default_rng(3)
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="run", atomic=True) as writer:
        while waiting:
            now_s += float(random.uniform(0.08, 0.19))
            events: list[Sight | Acknowledge] = [e for e in waiting if e.time_s <= now_s]
            waiting = [e for e in waiting if e.time_s > now_s]
            if kept and not acknowledged:
                events.append(Acknowledge(time_s=now_s, by="me", alarm="a-1"))
                acknowledged = True
            step = engine.step(now_s, events)
            for event in events:
                writer.write(event, now_s)
            writer.write(step.snapshot, now_s)
            kept += step.transitions
    again = list(steps(Recording(path)))
    assert [t for s in again for t in s.transitions] == kept != []
    assert [s.snapshot for s in again] == list(Recording(path).snapshots())


def test_a_replay_reckons_with_the_waits_between_looks_of_the_live_run(tmp_path: Path) -> None:
    """A camera that a busy detector looked at now and then: its waits are part of the stop model, live and again."""
    site = hall(1, [bridge()])
    feet = np.array([[10.0, 6.0]])
    boxes = body_boxes(Camera.from_table(site.camera[0]), feet, site.policy)
    random = np.random.default_rng(5)
    events: list[Boxes | Sight] = []
    look_s = START_S
    while look_s < START_S + 9.0:
        events.append(boxes_at("cam1", look_s, boxes, 0.05))
        look_s += float(random.choice([0.07, 0.2, 0.55]))
    for k in range(90):
        hook_x = 4.0 + 0.06 * k
        events.append(sight_at("lidar", START_S + k / 10, [seen_at("hook", hook_x, 6.0, 2.3)]))
    waiting, now_s, lived = sorted(events, key=lambda e: e.ready_s), START_S, []
    engine, path = Engine(site, watch_relays=True), tmp_path / "live.mcap"
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="run", atomic=True) as writer:
        while waiting:
            now_s += float(random.uniform(0.08, 0.19))
            due = [e for e in waiting if e.ready_s <= now_s]
            waiting = waiting[len(due) :]
            lived.append(engine.step(now_s, due).snapshot)
            for event in due:
                writer.write(event, event.ready_s)
            writer.write(lived[-1], now_s)
    again = [s.snapshot for s in steps(Recording(path))]
    assert again == lived == list(Recording(path).snapshots())
    reckoned = {round(h.terms["reaction_s"], 2) for s in lived for h in s.hazards if "reaction_s" in h.terms}
    assert max(reckoned) == pytest.approx(0.5 + 0.55 - site.policy.look_interval_s, abs=0.01)


def test_another_site_judges_the_same_recording_anew(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "r.mcap", walk())
    strict, lax = (
        alarms_of(recording),
        alarms_of(recording, hall(0, [bridge(load_radius_m=0.05)], person_radius_m=0.05)),
    )
    assert strict
    assert strict != lax


def test_video_without_detections_asks_for_them(tmp_path: Path) -> None:
    site = hall(1)
    path = tmp_path / "video.mcap"
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as writer:
        writer.write_frame("cam1", 0.0, np.zeros((1080, 1920, 3), np.uint8), 0.0)
    with pytest.raises(BadInput, match="--detect"):
        list(steps(Recording(path)))


def test_nothing_to_replay_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to replay"):
        list(steps(recorded(tmp_path / "r.mcap", [])))


def test_an_error_leaves_neither_alarms_nor_tracks(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        run_replay(recorded(tmp_path / "r.mcap", []), alarms=tmp_path / "a.jsonl", tracks=tmp_path / "t.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["r.mcap"]


def test_a_flood_of_boxes_in_one_frame_is_survived(tmp_path: Path) -> None:
    from tracking.records import Box

    site = hall(1)
    path = tmp_path / "flood.mcap"
    random = np.random.default_rng(5)
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as writer:
        for k in range(3):
            rows = random.uniform((0, 0, 5, 5), (1900, 1000, 200, 500), (1000, 4))
            boxes = tuple(Box(*(float(v) for v in row), 0.9) for row in rows)
            writer.write(Boxes(camera="cam1", time_s=k / 10, ready_s=k / 10, boxes=boxes), k / 10)
    assert len(list(steps(Recording(path)))) == 3
