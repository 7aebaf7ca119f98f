"""Parsers of what is no text: recordings, videos, pictures, sound, the audit log, exported models."""

from __future__ import annotations

import sqlite3
import wave
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from calibration.site import DetectorTable
from calibration.site_file import site_text
from recordings.alarm_history import history_of
from recordings.imports_video import import_video
from recordings.replay import run_replay
from recordings.sample_files import sample_path
from recordings.store import Recording, RecordingWriter
from safety.annunciator.speech import read_wav
from safety.audit import AuditLog
from tests.fuzz.cases import Target
from tests.fuzz.spoil import BINARY, TEXT
from tests.worlds import bridge, hall
from tracking.detector import open_detector
from tracking.own_weights import OPENVINO
from tracking.picture_group import PictureWatches
from tracking.records import Box, Boxes, Telemetry
from tracking.video_file import frames_of

SAMPLE_BYTES = 40_000
SIZE_PX = (160, 96)


def binary_targets(folder: Path) -> list[Target]:
    """All of them; ``folder`` is for what must lie somewhere in order to be made."""
    plain = hall(cameras=1, hoists=[bridge()])
    camera = plain.camera[0].model_copy(update={"size_px": SIZE_PX, "reference": "ref.png"})
    site = plain.model_copy(update={"camera": (camera,)})
    site_path = folder / "video-site.toml"
    site_path.write_text(site_text(site), encoding="utf-8")
    sample = sample_path("swing").read_bytes()[:SAMPLE_BYTES]
    told = _told(folder / "told.mcap")
    videos = {kind: _video(folder / f"v.{kind}") for kind in ("mp4", "mkv", "avi")}
    return [
        Target("recording", {"day.mcap": sample}, lambda f: _through(f / "day.mcap"), BINARY),
        Target("replay", {"day.mcap": told}, lambda f: run_replay(Recording(f / "day.mcap")), TEXT, cost=10),
        *(
            Target(f"video {kind}", {f"v.{kind}": data}, _frames(f"v.{kind}"), BINARY)
            for kind, data in videos.items()
        ),
        Target("import video", {"v.mp4": videos["mp4"]},
               lambda f: import_video(site_path, {camera.name: f / "v.mp4"}, None, None, f / "o.mcap", allow_cut=True),
               BINARY, outputs=("o.mcap",), cost=2),
        Target("picture as video", {"p.png": _png()}, _frames("p.png"), BINARY),
        Target("reference picture", {"ref.png": _png()}, lambda f: PictureWatches(site, f), BINARY),
        Target("recorded sentence", {"s.wav": _wav(folder / "s.wav")}, lambda f: read_wav(f / "s.wav"), BINARY),
        Target("audit log", {"audit.sqlite": _audit(folder / "audit.sqlite")}, lambda f: _audited(f / "audit.sqlite"),
               BINARY, cost=2),
        *_model_targets(),
    ]  # fmt: skip


def _told(path: Path) -> bytes:
    """A hoist by telemetry, people by boxes, as JSON in a recording; short, because each of many is replayed."""
    site = site_text(hall(cameras=1, hoists=[bridge()]))
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="fuzz", atomic=True) as out:
        for number in range(20):
            t_s = number / 5.0
            x_m = 6.0 + 0.1 * number
            out.write(Telemetry(hoist="H1", time_s=t_s, ready_s=t_s, x_m=x_m, y_m=5.0, z_m=3.0), t_s)
            person = Box(700.0 + 4.0 * number, 300.0, 60.0, 170.0, 0.9)
            out.write(Boxes(camera="cam1", time_s=t_s, ready_s=t_s, boxes=(person,)), t_s)
    return path.read_bytes()


def _through(path: Path) -> None:
    recording = Recording(path)
    recording.site()
    for _ in recording.timed_events():
        pass
    for _ in recording.snapshots():
        pass
    for _ in recording.alarms():
        pass
    for _ in recording.frames():
        pass


def _frames(name: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        with frames_of(folder / name) as frames:
            for _ in frames:
                pass

    return read


def _video(path: Path) -> bytes:
    random = np.random.default_rng(5)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4" if path.suffix == ".avi" else "libx264", rate=10)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        for number in range(12):
            bgr = random.integers(0, 60, (SIZE_PX[1], SIZE_PX[0], 3), np.uint8) + np.uint8(10 * number)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        out.mux(stream.encode())
    return path.read_bytes()


def _png() -> bytes:
    bgr = np.random.default_rng(6).integers(0, 255, (SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    done, data = cv2.imencode(".png", bgr)
    assert done
    return data.tobytes()


def _wav(path: Path) -> bytes:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22_050)
        out.writeframes((8000 * np.sin(np.arange(2000) / 7.0)).astype("<i2").tobytes())
    return path.read_bytes()


def _audit(path: Path) -> bytes:
    with AuditLog(path) as log:
        for number in range(60):
            log.append(1.7e9 + number, float(number), "engine", "engine", "alarm" if number % 3 else "start",
                       {"alarm": f"a-{number}", "event": "raised", "level": "danger"})  # fmt: skip
    with sqlite3.connect(path) as whole:  # one file, as after a clean end
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.execute("PRAGMA journal_mode = DELETE")
    whole.close()
    return path.read_bytes()


def _audited(path: Path) -> None:
    with AuditLog(path, read_only=True) as log:
        log.verify()
        history_of(log.rows())
        for _ in log.rows_of("alarm"):
            pass


def _model_targets() -> list[Target]:
    seeds = {f"model/{p.name}": p.read_bytes() for p in sorted(OPENVINO.iterdir())}
    table = DetectorTable(weights="model", size_px=160)

    def read(folder: Path) -> None:
        detector = open_detector(table, folder)
        try:
            detector.detect([np.zeros((96, 160, 3), np.uint8)])
        finally:
            detector.close()

    return [
        Target("exported model", seeds, read, TEXT, spoil=("model/metadata.yaml", "model/model.xml"), cost=40),
    ]
