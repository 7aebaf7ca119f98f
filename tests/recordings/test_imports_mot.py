"""Per-camera MOT boxes become one recording with a set of boxes for every camera and frame."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.convert import camera_from_projection
from calibration.errors import BadInput
from calibration.site import Floor, Site
from calibration.site_file import site_text
from recordings.imports_mot import import_mot
from recordings.store import Recording
from tests.recordings.examples import SITE_TOML
from tests.shared_data import shared
from tracking.records import Box, Boxes

ROW = "{},-1,10,20,30,80,0.9,-1,-1,-1"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE_TOML)
    return path


def boxes_file(tmp_path: Path, name: str, *frames: int) -> Path:
    path = tmp_path / name
    path.write_text("".join(ROW.format(frame) + "\n" for frame in frames))
    return path


def test_every_camera_looked_in_every_frame(tmp_path: Path, site: Path) -> None:
    files = {"cam2": boxes_file(tmp_path, "2.txt", 4), "cam1": boxes_file(tmp_path, "1.txt", 2, 2, 3)}
    out = tmp_path / "a.mcap"
    info = import_mot(site, 4.0, files, out)
    assert info.counts == {"boxes/cam1": 3, "boxes/cam2": 3}
    assert info.cameras == ("cam1", "cam2")
    box = Box(10.0, 20.0, 30.0, 80.0, 0.9)
    expected = [
        (0.25, "cam1", 2),
        (0.25, "cam2", 0),
        (0.5, "cam1", 1),
        (0.5, "cam2", 0),
        (0.75, "cam1", 0),
        (0.75, "cam2", 1),
    ]
    assert list(Recording(out).events()) == [
        Boxes(camera=camera, time_s=t, ready_s=t, boxes=(box,) * count) for t, camera, count in expected
    ]
    assert Recording(out).site_text == SITE_TOML


def test_what_cannot_be_imported_leaves_no_file(tmp_path: Path, site: Path) -> None:
    good = boxes_file(tmp_path, "1.txt", 1)
    empty = boxes_file(tmp_path, "2.txt")
    wrong = boxes_file(tmp_path, "3.txt", 1, 99_999_999)
    broken = tmp_path / "4.txt"
    broken.write_text("1,-1,10,20\n")
    out = tmp_path / "a.mcap"
    before = sorted(tmp_path.iterdir())
    for rate_hz, files, fault in [
        (0.0, {"cam1": good}, r"--rate: expected"),
        (float("nan"), {"cam1": good}, r"--rate: expected"),
        (4.0, {}, "no camera is given"),
        (4.0, {"cam7": good}, r"has no camera 'cam7', expected one of cam1, cam2"),
        (4.0, {"cam1": empty}, r"2\.txt"),
        (4.0, {"cam1": wrong}, r"3\.txt: frame 99999999"),
        (4.0, {"cam1": broken}, r"4\.txt"),
        (4.0, {"cam1": tmp_path / "absent.txt"}, r"absent\.txt"),
    ]:
        with pytest.raises(BadInput, match=fault):
            import_mot(site, rate_hz, files, out)
        assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(BadInput, match="no such site file"):
        import_mot(tmp_path / "none.toml", 4.0, {"cam1": good}, out)


def test_four_real_cameras(tmp_path: Path) -> None:
    matrices = json.loads(shared("data/cmc1/P_3x4_metres.json").read_text())
    files = {f"cam{n}": shared(f"data/cmc1/fairmot/cam{n}.txt") for n in range(1, 5)}
    cameras = tuple(
        camera_from_projection(np.array(matrices[f"{name}_cam_mat"], float), (1920, 1024), name) for name in files
    )
    boundary = ((0.0, 0.0), (7.67, 0.0), (7.67, 3.41), (0.0, 3.41))
    site = tmp_path / "site.toml"
    site.write_text(site_text(Site(site=Floor(name="room", boundary_m=boundary), camera=cameras)))
    info = import_mot(site, 4.0, files, tmp_path / "a.mcap")
    assert len(set(info.counts.values())) == 1
    events = list(Recording(tmp_path / "a.mcap").events())
    lines = sum(len(path.read_text().splitlines()) for path in files.values())
    assert sum(len(event.boxes) for event in events if isinstance(event, Boxes)) == lines
