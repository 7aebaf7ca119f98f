"""Clips from a folder as a live engine leaves it, with real pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput, Unavailable
from recordings.clips import load_clip, recording_of
from recordings.store import Recording
from recordings.video_codec import VideoEncoder, is_key, jpeg_of
from safety.records import AlarmTransition, Picture, Snapshot
from tests.recordings.live_like import live_folder
from tracking.records import Boxes

SAMPLE, TO_S = "passer-by", 23.5
Folder = tuple[Path, float, list[AlarmTransition]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    where = tmp_path_factory.mktemp("live")
    path, alarms = live_folder(where, SAMPLE, TO_S)
    return where, Recording(path).info.wall_offset_s, alarms


def test_a_clip_holds_what_was_shown_around_an_alarm(folder: Folder) -> None:
    where, offset_s, alarms = folder
    moment_s = alarms[0].time_s
    clip = load_clip(where, offset_s + moment_s, before_s=2.0, after_s=1.0)
    assert clip.moment_s == pytest.approx(moment_s)
    assert clip.from_s == pytest.approx(moment_s - 2.0, abs=0.11)
    assert clip.to_s == pytest.approx(moment_s + 1.0, abs=0.11)
    assert len(clip.ticks_s) in (30, 31)
    shown = list(clip.until(moment_s))
    assert [type(r) for r in shown].count(Snapshot) == 1
    assert {r.camera for r in shown if isinstance(r, Picture)} == {"cam1", "cam2", "cam3"}
    assert {r.camera for r in shown if isinstance(r, Boxes)} == {"cam1", "cam2", "cam3"}
    assert all(moment_s - 0.5 < r.time_s <= moment_s + 1e-6 for r in shown)
    snapshot = next(r for r in shown if isinstance(r, Snapshot))
    assert any(a.id == alarms[0].alarm for a in snapshot.alarms)
    assert list(clip.until(clip.from_s - 1.0)) == []


def test_pictures_are_those_of_the_whole_recording(folder: Folder) -> None:
    """Decoding from the middle gives the same pictures as decoding from the beginning."""
    where, _, _ = folder
    recording = Recording(next(where.glob("*.mcap")))
    whole = [f for f in recording.frames(["cam2"]) if 20.0 <= f.time_s <= 21.0]
    part = list(recording.frames(["cam2"], 20.0, 21.0))
    assert [f.time_s for f in part] == [f.time_s for f in whole]
    assert len(part) > 5
    assert all(np.array_equal(a.bgr, b.bgr) for a, b in zip(part, whole, strict=True))


def test_the_end_and_the_beginning_of_a_recording_make_short_clips(folder: Folder) -> None:
    where, offset_s, _ = folder
    first, last = load_clip(where, offset_s + 0.5), load_clip(where, offset_s + TO_S - 0.2, after_s=5.0)
    assert first.from_s >= 0.0
    assert first.to_s == pytest.approx(10.5, abs=0.11)
    assert last.to_s <= TO_S + 0.01


def test_instants_without_a_recording_are_told(folder: Folder) -> None:
    where, offset_s, _ = folder
    with pytest.raises(Unavailable, match=r"no recording of .* the oldest there is begins later"):
        load_clip(where, offset_s - 3600.0)
    with pytest.raises(Unavailable, match=r"Hall-3-.*\.mcap: ends before"):
        load_clip(where, offset_s + 3600.0)


def test_the_newest_recording_that_began_before_is_taken(tmp_path: Path) -> None:
    for name in ("Hall-20261120T100000Z.mcap", "Hall-20261120T110000Z.mcap", "notes.mcap"):
        (tmp_path / name).write_bytes(b"no recording")
    at_s = 1_795_172_400.0  # 2026-11-20 11:00:00 UTC
    assert recording_of(tmp_path, at_s + 5.0).name == "Hall-20261120T110000Z.mcap"
    assert recording_of(tmp_path, at_s - 5.0).name == "Hall-20261120T100000Z.mcap"
    with pytest.raises(BadInput, match="Hall-20261120T110000Z"):
        load_clip(tmp_path, at_s + 5.0)


def test_keys_and_jpegs() -> None:
    random = np.random.default_rng(1)
    picture = np.repeat(np.repeat(random.integers(0, 255, (30, 50, 3), np.uint8), 8, 0), 8, 1)
    encoder = VideoEncoder(400, 240)
    assert [is_key(encoder.encode(picture, t)) for t in (0.0, 0.3, 0.6, 1.1, 1.2)] == [True, False, False, True, False]
    assert not is_key(b"")
    assert not is_key(b"\x00\x00\x01")
    jpeg = jpeg_of(picture, 200)
    assert jpeg[:2] == b"\xff\xd8"
    assert len(jpeg) < len(jpeg_of(picture, 400))
