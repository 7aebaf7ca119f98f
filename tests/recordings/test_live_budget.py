"""More cameras than the detector can take, as processes of the real command line with the real detector.

The numbers that are compared belong to the same moment of the same run, so that a slow machine and a fast
one see the same: all cameras are looked at, none goes blind, none is a picture behind another in a queue.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calibration.policy import Policy
from calibration.site import CameraTable, DetectorTable, Floor, Site
from calibration.site_file import site_text
from recordings.live_recorder import SUFFIX
from recordings.replay import steps
from recordings.store import Recording, RecordingWriter
from safety.records import Snapshot
from tests.live_chain import START_S, Chain
from tests.safety.bus_helpers import wait_for
from tests.shared_data import shared
from tests.tracking.videos import make_video
from tests.worlds import HALL_M, bridge, looking
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector
from tracking.records import Boxes, Telemetry
from tracking.video_file import frames_of

pytestmark = pytest.mark.slow

RATE_HZ = 15
FILM_HZ = 5
SIZE_PX = (320, 240)
CAMERAS = 6
LENGTH_S = 30
LOOKS = 48
PICTURE_S = 0.1
"""What the detector is to need for a picture, so that it cannot take more than about a tenth of those that come."""
# As on a site whose machine is far too small: cameras may be old, but every one of them is looked at.
# Their pictures are flat grey, which any other site would call a covered lens.
PATIENT = Policy(
    camera_stale_s=20.0, late_limit_s=5.0, startup_grace_s=20.0, attention_radius_m=4.0, camera_unseeing_s=60.0
)


@pytest.fixture(scope="module")
def weights(model_cache: Path) -> Path:
    return cached_export(shared("data/weights/yolov8n.pt"), model_cache)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(
        tmp_path_factory.mktemp("video") / "grey.mp4", frames=LENGTH_S * RATE_HZ, rate_hz=RATE_HZ, size_px=SIZE_PX
    )


@pytest.fixture(scope="module")
def size_px(weights: Path) -> int:
    """An input so large that this machine, as busy as it is now, needs about ``PICTURE_S`` for it."""
    detector = OpenVinoDetector(weights, {"person": "person"}, hint="latency")
    grey = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    detector.detect([grey])
    began_s = time.perf_counter()
    detector.detect([grey] * 4)
    took_s = (time.perf_counter() - began_s) / 4
    detector.close()
    return int(np.clip(32 * round(20 * (PICTURE_S / took_s) ** 0.5), 320, 1920))


def site_of(weights: Path, size_px: int, source: Path | None) -> Site:
    """Six cameras in a row along the hall; each sees its own part of the floor."""
    cameras = tuple(
        looking(f"cam{i + 1}", (2.0 + 4 * i, -4.0, 7.0), (2.0 + 4 * i, 6.0, 0.0), size_px=SIZE_PX, view_deg=22.0)
        for i in range(CAMERAS)
    )
    where = {} if source is None else {"source": str(source)}
    return Site(
        site=Floor(name="Hall", boundary_m=HALL_M),
        camera=tuple(CameraTable.model_validate({**c.model_dump(), "rate_hz": RATE_HZ, **where}) for c in cameras),
        hoist=(bridge(),),
        detector=DetectorTable(weights=str(weights), size_px=size_px),
        policy=PATIENT,
    )


def snapshots(chain: Chain) -> list[Snapshot]:
    """Those of ``LOOKS`` looks, once every camera has been looked at twice."""
    wait_for(lambda: bool((s := chain.listen()) and all(c.rate_hz > 0 for c in s.cameras)), 3 * START_S, "every camera")
    assert chain.newest is not None
    start_s = chain.newest.time_s

    def enough() -> bool:
        newest = chain.listen()
        return newest is not None and sum(looks(chain, start_s, newest.time_s).values()) >= LOOKS

    wait_for(enough, 3 * START_S, "looks")
    return [m for m in chain.messages if isinstance(m, Snapshot) and m.time_s >= start_s]


def looks(chain: Chain, start_s: float, end_s: float) -> dict[str, int]:
    """How often each camera was inspected, by the stamps of its boxes."""
    inside = [m for m in chain.messages if isinstance(m, Boxes) and start_s <= m.time_s <= end_s]
    return {c.name: sum(m.camera == c.name for m in inside) for c in chain.site.camera}


@pytest.fixture
def beyond_capacity(tmp_path: Path, weights: Path, size_px: int, video: Path) -> Iterator[Chain]:
    with Chain(tmp_path / "chain", site_of(weights, size_px, video), driver="simulated") as chain:
        yield chain


def test_every_camera_is_looked_at_in_turn_and_what_it_costs_is_told(beyond_capacity: Chain) -> None:
    chain = beyond_capacity
    taken = snapshots(chain)
    last = taken[-1]
    received = [c.received_hz for c in last.cameras]
    assert min(received) > RATE_HZ / 2, "the cameras bring theirs"
    assert sum(c.rate_hz for c in last.cameras) < 0.9 * sum(received), "the detector does not take them all"
    assert all(c.alive for s in taken for c in s.cameras)
    counts = looks(chain, taken[0].time_s, last.time_s)
    # None is looked at twice while another waits, as long as nothing is riskier anywhere.
    assert max(counts.values()) - min(counts.values()) <= 2, counts
    for camera in last.cameras:
        assert camera.wait_s > 1 / RATE_HZ
    # Nothing queues: the age of what comes out of the detector does not grow.
    ages = [max(c.age_s for c in s.cameras) for s in taken]
    half = len(ages) // 2
    assert max(ages[half:]) < 2.0 * max(ages[:half]) + 0.2
    wait_for(lambda: "more pictures than the detector takes" in chain.log("engine"), 10.0, "the line about it")

    chain.process("engine").terminate()
    assert chain.process("engine").wait(20.0) == 0
    assert "on average inspected cam1" in chain.log("engine")
    (kept,) = chain.records.glob(f"*{SUFFIX}")
    recording = Recording(kept)
    lived = list(recording.snapshots())
    again = [s.snapshot for s in steps(recording)]
    assert [s.cameras for s in again] == [s.cameras for s in lived], "the waits that the stop model reckoned with"
    assert [s.hazards for s in again] == [s.hazards for s in lived]


def filmed(path: Path, site: Site, video: Path, length_s: float) -> Path:
    """The same pictures from all cameras, and a hoist that goes to and fro where only cam1 and cam2 look."""
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as out:
        with frames_of(video) as frames:
            pictures = [frame.bgr for frame in frames]
        for number in range(round(length_s * FILM_HZ)):
            time_s = number / FILM_HZ
            x_m = 3.0 + abs((0.4 * time_s) % 2.0 - 1.0)
            out.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=x_m, y_m=6.0, z_m=3.0), time_s)
            for camera in site.camera:
                out.write_frame(camera.name, time_s, pictures[number % len(pictures)], time_s)
    return path


def test_cameras_at_a_moving_hoist_are_looked_at_more_often(
    tmp_path: Path, weights: Path, size_px: int, video: Path
) -> None:
    site = site_of(weights, size_px, None)
    recording = filmed(tmp_path / "film.mcap", site, video, float(LENGTH_S))
    play = ("--playback", recording, "--detect", "--no-record")
    with Chain(tmp_path / "chain", site, *play, driver="simulated") as chain:
        taken = snapshots(chain)
        counts = looks(chain, taken[0].time_s, taken[-1].time_s)
    near, far = [counts["cam1"], counts["cam2"]], [counts[f"cam{i}"] for i in (4, 5, 6)]
    assert min(far) >= 1
    assert sum(near) / 2 > 1.4 * sum(far) / 3, counts
    assert min(near) > max(far), counts
