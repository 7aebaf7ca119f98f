"""Video files with telemetry become a recording; a cut video is refused unless it is asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.imports_video import import_video
from recordings.store import Recording
from tests.recordings.examples import SITE_TOML, picture
from tests.shared_data import shared
from tracking.records import Telemetry

TELEMETRY = "time_s,hoist,x_m,y_m,z_m\n0.0,H1,1,2,\n0.35,H1,1.1,2,\n0.8,H1,1.2,2,3.0\n99,H1,1.2,2,3.0\n"


def video(path: Path, count: int, rate_hz: int = 10, size: tuple[int, int] = (320, 240)) -> Path:
    """A real H.264 file whose header stands in front, so that a cut file still says its length."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, rate_hz)
        stream.options = {"preset": "ultrafast", "crf": "12", "g": "5", "tune": "zerolatency"}
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE_TOML)
    return path


@pytest.mark.parametrize(("rate_hz", "period_s"), [(None, 0.1), (7.0, 1.0 / 7.0)])
def test_pictures_and_telemetry_in_order_of_time(
    tmp_path: Path, site: Path, rate_hz: float | None, period_s: float
) -> None:
    files = {"cam2": video(tmp_path / "2.mp4", 8), "cam1": video(tmp_path / "1.mp4", 12)}
    crane = tmp_path / "crane.csv"
    crane.write_text(TELEMETRY)
    steps: list[tuple[int, int | None]] = []
    out = tmp_path / "a.mcap"
    info = import_video(site, files, rate_hz, crane, out, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(n, 20) for n in range(1, 21)]
    assert info.counts == {"telemetry": 3, "video/cam1": 12, "video/cam2": 8}
    recording = Recording(out)
    frames = list(recording.frames())
    for camera, count in (("cam1", 12), ("cam2", 8)):
        times = [f.time_s for f in frames if f.camera == camera]
        assert times == pytest.approx([n * period_s for n in range(count)], abs=1e-6)
    for number, frame in enumerate(f for f in frames if f.camera == "cam1"):
        error = np.mean((frame.bgr.astype(float) - picture(number)) ** 2)
        assert 10.0 * np.log10(255.0**2 / error) > 33.0
    assert [f.time_s for f in frames] == sorted(f.time_s for f in frames)
    assert [e.time_s for e in recording.events() if isinstance(e, Telemetry)] == [0.0, 0.35, 0.8]


def test_a_cut_video_is_refused_or_imported_as_far_as_it_goes(tmp_path: Path, site: Path) -> None:
    path = video(tmp_path / "1.mp4", 40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    out = tmp_path / "a.mcap"
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInput, match=r"1\.mp4: .* of 40 frames .*--allow-cut"):
        import_video(site, {"cam1": path}, None, None, out)
    assert sorted(tmp_path.iterdir()) == before
    info = import_video(site, {"cam1": path}, None, None, out, allow_cut=True)
    assert 10 < info.counts["video/cam1"] < 40
    assert len(list(Recording(out).frames())) == info.counts["video/cam1"]


def test_what_cannot_be_imported_leaves_no_file(tmp_path: Path, site: Path) -> None:
    good = video(tmp_path / "1.mp4", 3)
    small = video(tmp_path / "2.mp4", 3, size=(160, 120))
    text = tmp_path / "3.mp4"
    text.write_text("no video")
    crane = tmp_path / "crane.csv"
    crane.write_text("time_s,hoist,x_m,y_m,z_m\n")
    other = tmp_path / "other.csv"
    other.write_text("time_s,hoist,x_m,y_m,z_m\n0,H9,1,2,\n")
    out = tmp_path / "a.mcap"
    before = sorted(tmp_path.iterdir())
    for files, rate_hz, telemetry, fault in [
        ({"cam1": small}, None, None, r"2\.mp4: pictures are 160 x 120 px, expected size_px .* 320 x 240"),
        ({"cam1": text}, None, None, r"3\.mp4"),
        ({"cam1": tmp_path / "absent.mp4"}, None, None, r"absent\.mp4"),
        ({"cam9": good}, None, None, "has no camera 'cam9'"),
        ({"cam1": good}, -1.0, None, "--rate"),
        ({"cam1": good}, None, crane, r"crane\.csv: has no rows"),
        ({"cam1": good}, None, other, r"column hoist: expected a hoist of the site \(H1\), got 'H9'"),
    ]:
        with pytest.raises(BadInput, match=fault):
            import_video(site, files, rate_hz, telemetry, out)
        assert sorted(tmp_path.iterdir()) == before


def test_real_cctv_cut_short(tmp_path: Path) -> None:
    """The first part of a real file: its header announces 795 pictures."""
    site = tmp_path / "site.toml"
    site.write_text(SITE_TOML.replace("[320, 240]", "[768, 576]"))
    part = tmp_path / "part.avi"
    part.write_bytes(shared("data/pets2009_s2l1/vtest.avi").read_bytes()[:600_000])
    with pytest.raises(BadInput, match=r"part\.avi"):
        import_video(site, {"cam1": part}, 7.0, None, tmp_path / "a.mcap")
    info = import_video(site, {"cam1": part}, 7.0, None, tmp_path / "a.mcap", allow_cut=True)
    count = info.counts["video/cam1"]
    assert 20 < count < 795
    times = [f.time_s for f in Recording(tmp_path / "a.mcap").frames()]
    assert times == pytest.approx([n / 7.0 for n in range(count)], abs=1e-8)
