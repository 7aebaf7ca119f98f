"""A recording gives back what was written, also when it was cut off at any byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer

from calibration.errors import BadInput
from recordings.plant.records import World
from recordings.store import Recording, RecordingWriter, repair
from recordings.store_format import EVENT_TYPES, RECORD_TYPES
from safety.records import AlarmTransition, Permit, Snapshot
from tests.recordings.examples import SITE_TOML, every_record, picture
from tests.shared_data import ROOT
from tracking.records import Boxes, Telemetry


def writer(path: Path, *, atomic: bool = True, model: str | None = None) -> RecordingWriter:
    return RecordingWriter(
        path, site_text=SITE_TOML, wall_offset_s=1.7e9, made_by="test", model_sha256=model, atomic=atomic
    )


def write_all(path: Path, *, atomic: bool = True) -> None:
    with writer(path, atomic=atomic, model="ab" * 32) as out:
        for log_time_s, record in every_record():
            out.write(record, log_time_s)


def telemetry(number: int) -> Telemetry:
    return Telemetry(hoist="H1", time_s=number / 7.0, ready_s=number / 7.0, x_m=number / 3.0, y_m=2.0)


@pytest.mark.parametrize("atomic", [True, False])
def test_every_record_comes_back_equal(tmp_path: Path, atomic: bool) -> None:
    path = tmp_path / "a.mcap"
    write_all(path, atomic=atomic)
    recording = Recording(path)
    written = every_record()
    assert {type(record) for _, record in written} == set(RECORD_TYPES)
    assert list(recording.timed_events()) == [(t, r) for t, r in written if isinstance(r, EVENT_TYPES)]
    assert list(recording.events()) == [r for _, r in written if isinstance(r, EVENT_TYPES)]
    assert list(recording.snapshots()) == [r for _, r in written if isinstance(r, Snapshot)]
    assert list(recording.alarms()) == [r for _, r in written if isinstance(r, AlarmTransition)]
    assert list(recording.truth()) == [r for _, r in written if isinstance(r, World)]
    assert recording.site_text == SITE_TOML
    assert recording.site().site.name == "Hall 3"
    assert recording.model_sha256 == "ab" * 32
    info = recording.info
    assert (info.version, info.made_by, info.wall_offset_s) == (1, "test", 1.7e9)
    assert (info.start_s, info.end_s) == (0.1, 0.4)
    assert info.cameras == ("cam 2", "cam1")
    assert info.counts["boxes/cam1"] == 1
    assert info.complete
    assert info.cut_at_byte is None
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with writer(tmp_path / name) as out:
            for log_time_s, record in every_record():
                out.write(record, log_time_s)
            for number in range(12):
                out.write_frame("cam1", number / 5.0, picture(number), number / 5.0 + 0.01)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_mcap_programs_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    write_all(path)
    with open(path, "rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        rows = list(reader.iter_messages())
        assert len(rows) == len(every_record())
        for schema, channel, message in rows:
            assert schema is not None
            assert channel.message_encoding == "json"
            assert json.loads(schema.data)["type"] == "object"
            assert set(json.loads(message.data)) <= set(json.loads(schema.data)["properties"])
        assert [a.name for a in reader.iter_attachments()] == ["site.toml", "model.sha256"]


def test_cut_at_every_byte_it_opens_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    ends: list[int] = []
    with writer(path, atomic=False) as out:
        start = path.stat().st_size
        for number in range(12):
            out.write(telemetry(number) if number % 3 else Boxes(camera="c", time_s=0.0, ready_s=0.0), number / 7.0)
            ends.append(path.stat().st_size)
    assert start > len(SITE_TOML)
    whole = list(Recording(path).events())
    for size in range(path.stat().st_size - 1, start - 1, -1):
        os.truncate(path, size)
        recording = Recording(path)
        kept = sum(end <= size for end in ends)
        assert list(recording.events()) == whole[:kept], size
        assert not recording.info.complete
        cut_at = recording.info.cut_at_byte
        assert cut_at is not None
        assert cut_at <= size
        assert recording.site_text == SITE_TOML
    for size in range(start - 1, -1, -1):
        os.truncate(path, size)
        # Nothing was recorded yet: it opens without a site, or is refused in one sentence.
        with pytest.raises(BadInput, match=r"is empty|not a recording|cut off at byte|holds no site\.toml"):
            _ = Recording(path).site_text


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """A file of all record types and video, and where its messages end."""
    path = tmp_path_factory.mktemp("long") / "a.mcap"
    ends = []
    with writer(path, atomic=False) as out:
        for number in range(15):
            for log_time_s, record in every_record():
                out.write(record, number + log_time_s)
                ends.append(path.stat().st_size)
            out.write_frame("cam1", number, picture(number, 64, 48), number)
            ends.append(path.stat().st_size)
    return path.read_bytes(), ends


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 1.0))
def test_cut_anywhere_with_video(tmp_path: Path, long_file: tuple[bytes, list[int]], share: float) -> None:
    data, ends = long_file
    start = ends[0]
    size = start + int(share * (len(data) - start))
    path = tmp_path / "cut.mcap"
    path.write_bytes(data[:size])
    kept = sum(end <= size for end in ends)
    recording = Recording(path)
    read = len(list(recording.records(RECORD_TYPES))) + len(list(recording.frames()))
    assert read == kept
    assert sum(recording.info.counts.values()) == kept


def test_zeros_behind_the_last_message_are_a_cut(tmp_path: Path, long_file: tuple[bytes, list[int]]) -> None:
    """Zeros are what a file system may leave behind a power failure."""
    data, ends = long_file
    path = tmp_path / "cut.mcap"
    path.write_bytes(data[: ends[40]] + b"\0" * 100)
    assert Recording(path).info.cut_at_byte == ends[40]
    assert sum(Recording(path).info.counts.values()) == 41


def test_killed_while_writing(tmp_path: Path) -> None:
    """A live recorder ended by SIGKILL leaves everything that it had written."""
    path = tmp_path / "a.mcap"
    program = f"""
import sys, time
from pathlib import Path
from tests.recordings.test_store import telemetry, writer
out = writer(Path({str(path)!r}), atomic=False)
for number in range(1000000):
    out.write(telemetry(number), number / 7.0)
    print(number, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        while int(process.stdout.readline()) < 100:
            time.sleep(0)
    finally:
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
    last = max([100, *(int(n) for n in rest)])
    events = list(Recording(path).events())
    assert len(events) > last
    assert events == [telemetry(number) for number in range(len(events))]
    assert not Recording(path).info.complete


def test_repair_ends_a_cut_file_for_other_programs(tmp_path: Path, long_file: tuple[bytes, list[int]]) -> None:
    data, ends = long_file
    cut, whole = tmp_path / "cut.mcap", tmp_path / "whole.mcap"
    cut.write_bytes(data[: ends[40] + 17])
    info = repair(cut, whole)
    assert info.complete
    assert sum(info.counts.values()) == 41
    assert list(Recording(whole).events()) == list(Recording(cut).events())
    with open(whole, "rb") as stream:
        assert len(list(make_reader(stream).iter_messages())) == 41
    cut.write_bytes(data[:-5])
    assert repair(cut, whole).counts == Recording(cut).info.counts


def psnr_db(a: np.ndarray, b: np.ndarray) -> float:
    return float(10.0 * np.log10(255.0**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


@pytest.mark.parametrize("size", [(320, 240), (321, 239)])
def test_pictures_and_their_times_come_back(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.mcap"
    sizes = {"cam1": size, "cam 2": (176, 144)}
    with writer(path) as out:
        for number in range(30):
            for camera, camera_size in sizes.items():
                out.write_frame(camera, number / 7.0, picture(number, *camera_size), number / 7.0 + 0.02)
            out.write(telemetry(number), 100.0 - number)  # log times that fall
    recording = Recording(path)
    assert recording.info.cameras == ("cam 2", "cam1")
    assert recording.info.video_cameras == ("cam 2", "cam1")
    frames = list(recording.frames())
    assert [f.camera for f in frames] == ["cam1", "cam 2"] * 30
    for index, frame in enumerate(frames):
        number = index // 2
        assert frame.time_s == pytest.approx(number / 7.0, abs=1e-9)
        assert frame.ready_s == pytest.approx(number / 7.0 + 0.02, abs=1e-9)
        original = picture(number, *sizes[frame.camera])
        assert frame.bgr.shape == original.shape
        assert psnr_db(frame.bgr, original) > 35.0
    assert len(list(recording.events())) == 30
    only = list(recording.frames(["cam1"]))
    assert [f.camera for f in only] == ["cam1"] * 30
    assert all((a.bgr == b.bgr).all() for a, b in zip(only, frames[::2], strict=True))


def test_a_camera_may_change_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    sizes = [(64, 48)] * 3 + [(80, 60)] * 3 + [(64, 48)] * 3
    with writer(path) as out:
        for number, size in enumerate(sizes):
            out.write_frame("cam1", number / 5.0, picture(number, *size), number / 5.0)
    frames = list(Recording(path).frames())
    assert [(f.bgr.shape[1], f.bgr.shape[0]) for f in frames] == sizes
    assert [f.time_s for f in frames] == [n / 5.0 for n in range(9)]
    assert all(psnr_db(f.bgr, picture(n, *size)) > 30.0 for n, (f, size) in enumerate(zip(frames, sizes, strict=True)))
    assert Recording(path).info.counts == {"video/cam1": 9}


def test_an_import_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(b"before")

    def fail() -> None:
        with writer(path) as out:
            out.write(telemetry(1), 0.1)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("count", [100, 5000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, count: int) -> None:
    """A file size limit stands for the full disk: one is met while writing, one at the end."""
    program = f"""
import resource, signal
from pathlib import Path
from calibration.errors import BadInput
from recordings.tracks_csv import tracks_csv
from tests.recordings.examples import snapshot
from tests.recordings.test_store import telemetry, writer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
def record():
    with writer(Path("a.mcap")) as out:
        for number in range({count}):
            out.write(telemetry(number), number / 7.0)
def track():
    with tracks_csv("t.csv") as out:
        for number in range({count}):
            out.add(snapshot(number / 10.0))
for how in (record, track):
    try:
        how()
    except BadInput as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "a.mcap: cannot be written (File too large)",
        "t.csv: cannot be written (File too large)",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_live_recording_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(b"before")
    with pytest.raises(BadInput, match="exists already"):
        writer(path, atomic=False)
    with pytest.raises(BadInput, match="cannot be written"):
        writer(tmp_path / "no folder" / "a.mcap")


def test_what_a_recording_cannot_hold(tmp_path: Path) -> None:
    with writer(tmp_path / "a.mcap") as out:
        with pytest.raises(ValueError, match="not finite"):
            out.write(Telemetry(hoist="H1", time_s=0.0, ready_s=0.0, x_m=float("nan"), y_m=0.0), 0.0)
        with pytest.raises(ValueError, match="expected a finite number from 0"):
            out.write(telemetry(1), -1.0)
        permit = Permit(node="n", boot="b", engine="e", seq=1, echo_ns=1, validity_ns=1, outputs={})
        with pytest.raises(ValueError, match="type Permit"):
            out.write(permit, 0.0)
    assert list(Recording(tmp_path / "a.mcap").events()) == []
    with pytest.raises(ValueError, match="SHA-256"):
        writer(tmp_path / "b.mcap", model="short")


def foreign(path: Path, metadata: dict[str, str] | None, message: bytes | None = None) -> None:
    with open(path, "wb") as stream:
        out = Writer(stream, use_chunking=False)
        out.start()
        if metadata is not None:
            out.add_metadata("hoistwatch", metadata)
        if message is not None:
            schema = out.register_schema("hoistwatch.Telemetry", "jsonschema", b"{}")
            channel = out.register_channel("telemetry", "json", schema)
            out.add_message(channel, log_time=12_300_000_000, data=message, publish_time=0)
        out.finish()


def test_what_is_not_a_recording_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with pytest.raises(BadInput, match="no such recording"):
        Recording(path)
    path.write_bytes(b"")
    with pytest.raises(BadInput, match="is empty"):
        Recording(path)
    path.write_bytes(b"RIFF and so on and on")
    with pytest.raises(BadInput, match="is not a recording"):
        Recording(path)
    with pytest.raises(BadInput, match="cannot be read"):
        Recording(tmp_path)
    foreign(path, None)
    with pytest.raises(BadInput, match="of another program"):
        Recording(path)
    foreign(path, {"version": "7"})
    with pytest.raises(BadInput, match=r"recording of version 7, this program reads 1$"):
        Recording(path)
    foreign(path, {"version": "1"})
    with pytest.raises(BadInput, match="wall_offset_s"):
        Recording(path)
    foreign(path, {"version": "1", "wall_offset_s": "0.0"})
    with pytest.raises(BadInput, match=r"holds no site\.toml"):
        Recording(path).site()


@pytest.mark.parametrize("data", [b'{"type":"Telemetry"}', b"\xff\xfe", b"[1,2", b"null"])
def test_a_message_that_does_not_decode_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mcap"
    foreign(path, {"version": "1", "wall_offset_s": "0.0"}, data)
    with pytest.raises(BadInput, match=r"channel 'telemetry' at 12\.300 s does not decode"):
        list(Recording(path).events())
