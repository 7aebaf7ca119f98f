"""Inputs for the tests of bad input: good ones, and each fault made in a copy of a good one."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from mcap.writer import Writer

from calibration.site_file import parse_site
from recordings.store import RecordingWriter
from safety.keys import make_keys
from tests.recordings.examples import SITE_TOML
from tests.recordings.test_imports_video import video
from tracking.records import Telemetry

BUSY_PORT = "BUSY"
CUT_NOTE = "cut off at byte"
RELAY = """
[[relay]]
name = "cabinet-1"
outputs = { permit = ["H1", "permit"] }
"""
BUS = "\n[bus]\npublish_port = 0\ncommand_port = 0\n"
ZONE = '\n[[zone]]\nname = "aisle"\nkind = "walkway"\npolygon_m = [[0.0, 5.0], [9.0, 5.0], [9.0, 6.0], [0.0, 6.0]]\n'
DETECTOR = '\n[detector]\nweights = "nowhere.pt"\n'
GOOD = SITE_TOML + RELAY + BUS
OBS = "time_s,kind,source,x_m,y_m,z_m,sigma_xy_m,sigma_z_m\n"
CRANE = "time_s,hoist,x_m,y_m,z_m\n"
TRUTH = "frame,id,x,y\n1,a,1.0,2.0\n"


def changed(text: str, old: str, new: str) -> str:
    """``text`` with the first ``old`` replaced, which must be there."""
    assert old in text, old
    return text.replace(old, new, 1)


def sites(busy_port: int) -> dict[str, str]:
    camera = changed(GOOD, 'name = "cam1"', 'name = "cam1"\nsource = "rtsp://127.0.0.1:9/none"')
    return {
        "site.toml": GOOD,
        "free.toml": GOOD,
        "wrong-key.toml": changed(GOOD, 'name = "cam1"', 'name = "cam1"\nfocal_px = 900.0'),
        "crossed-zone.toml": GOOD + changed(ZONE, "[9.0, 6.0], [0.0, 6.0]", "[0.0, 6.0], [9.0, 6.0]"),
        "matrix-shape.toml": changed(GOOD, ", [0.0, 0.0, 1.0]]", "]"),
        "busy.toml": changed(GOOD, "publish_port = 0", f"publish_port = {busy_port}"),
        "far.toml": changed(GOOD, "[bus]", '[bus]\nhost = "203.0.113.9"'),
        "address.toml": changed(GOOD, "outputs =", 'driver = "modbus_tcp"\naddress = "nonsense:port"\noutputs ='),
        "cameras.toml": camera + DETECTOR,
        "detector.toml": GOOD + changed(DETECTOR, "nowhere.pt", "model"),
        "no-keys/site.toml": GOOD,
    }


TEXTS = {
    "obs.csv": OBS + "0.0,person,tag,1.0,2.0,,0.1,\n0.1,person,tag,1.1,2.0,,0.1,\n",
    "nan.csv": OBS + "0.0,person,tag,1.0,2.0,,0.1,\n0.1,person,tag,nan,2.0,,0.1,\n",
    "empty.csv": "",
    "header.csv": CRANE,
    "other-crane.csv": CRANE + "0.0,H9,3.0,4.0,\n",
    "boxes.txt": "".join(f"{n},-1,100,50,40,120,0.9\n" for n in range(1, 400)),
    "bad-boxes.txt": "1,-1,100,50,40,120,0.9\n2,-1,100,fifty,40,120,0.9\n",
    "truth.csv": TRUTH,
    "bad-truth.csv": TRUTH + "1,b,left,2.0\n",
    "tracks.csv": "time_s,kind,id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps,sigma_m\n0.0,person,P1,1,2,0,0,0,0,0.1\n",
}


def make_files(folder: Path, busy_port: int) -> None:
    """Write every input below ``folder``."""
    (folder / "no-keys").mkdir(parents=True)
    for name, text in (sites(busy_port) | TEXTS).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "garbage.bin").write_bytes(np.random.default_rng(1).integers(0, 256, 4000, np.uint8).tobytes())
    make_keys(folder / "keys", parse_site(GOOD, "site.toml"))
    _videos(folder)
    _recordings(folder)
    _model(folder / "model")


def _videos(folder: Path) -> None:
    video(folder / "good.mp4", 30)
    video(folder / "small.mp4", 3, size=(160, 120))
    data = (folder / "good.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(data[: len(data) * 6 // 10])


def _recordings(folder: Path) -> None:
    good, seen = folder / "good.mcap", folder / "video.mcap"
    _recording(good, ticks=40)
    _recording(folder / "long.mcap", ticks=1500)
    _recording(folder / "nothing.mcap", ticks=0)
    for path, site in ((seen, GOOD + DETECTOR), (folder / "bare.mcap", GOOD)):
        with _writer(path, site) as out:
            out.write_frame("cam1", 0.0, np.zeros((240, 320, 3), np.uint8), 0.0)
    data = good.read_bytes()
    (folder / "version.mcap").write_bytes(_with_version(data))
    (folder / "stump.mcap").write_bytes(data[:30])
    (folder / "cut.mcap").write_bytes(data[: len(data) // 2])
    (folder / "damaged.mcap").write_bytes(re.sub(rb'"x_m":3.5', b'"x_m":"ab', data, count=1))
    with (folder / "foreign.mcap").open("wb") as stream:
        writer = Writer(stream)
        writer.start()
        writer.finish()


def _with_version(data: bytes) -> bytes:
    """The recording as another version would write it; of one digit too, so that all lengths still hold."""
    old, new = b"version\x01\x00\x00\x001", b"version\x01\x00\x00\x009"
    assert data.count(old) == 1
    return data.replace(old, new)


def _writer(path: Path, site: str) -> RecordingWriter:
    return RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True)


def _recording(path: Path, ticks: int) -> None:
    with _writer(path, GOOD) as out:
        for number in range(ticks):
            time_s = number / 10.0
            record = Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=3.0 + number / 10.0, y_m=4.0)
            out.write(record, time_s)


def _model(folder: Path) -> None:
    """Something with the outside of an exported model."""
    folder.mkdir()
    (folder / "model.xml").write_text("<net/>")
