"""Whether a machine looked at a sample's pictures in time, on runs made of the sample itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from calibration.site_file import site_text
from recordings.sample_files import sample_path
from recordings.store import Recording, RecordingWriter
from tracking.records import Boxes, Input
from ui.demo_looks import late_look

STARTED_S = 5000.0
Taken = Callable[[Boxes, float], bool]


@pytest.fixture(scope="module")
def sample() -> Recording:
    """One of its cameras is down for eight seconds."""
    return Recording(sample_path("failing-camera"))


def run(sample: Recording, path: Path, taken: Taken, speed: float = 1.0) -> Recording:
    """What an engine would keep of the sample, without the looks that are not ``taken``."""
    from_s = sample.info.start_s
    with RecordingWriter(
        path, site_text=site_text(sample.site()), wall_offset_s=0.0, made_by="test", atomic=True
    ) as out:
        for at_s, event in sample.timed_events():
            if isinstance(event, Boxes) and not taken(event, event.time_s - from_s):
                continue
            if isinstance(event, Input):
                time_s, done_s = (STARTED_S + (t - from_s) / speed for t in (event.time_s, at_s))
                out.write(msgspec.structs.replace(event, time_s=time_s, ready_s=done_s), done_s)
    return Recording(path)


@pytest.mark.parametrize("speed", [1.0, 0.5, 2.0])
def test_a_camera_that_fails_in_the_sample_is_no_late_look(sample: Recording, tmp_path: Path, speed: float) -> None:
    kept = run(sample, tmp_path / "kept.mcap", lambda _look, _at_s: True, speed)
    assert late_look(sample, kept, speed) is None


def test_a_look_that_came_too_late_is_told(sample: Recording, tmp_path: Path) -> None:
    kept = run(sample, tmp_path / "kept.mcap", lambda look, at_s: look.camera != "cam1" or not 3.0 < at_s < 4.7)
    late = late_look(sample, kept, 1.0)
    assert late is not None
    assert late.camera == "cam1"
    assert late.wait_s == pytest.approx(1.8, abs=0.2)
    assert late.limit_s == sample.site().policy.camera_stale_s


def test_looks_within_the_limit_are_in_time(sample: Recording, tmp_path: Path) -> None:
    kept = run(sample, tmp_path / "kept.mcap", lambda look, at_s: look.camera != "cam1" or not 3.0 < at_s < 3.7)
    assert late_look(sample, kept, 1.0) is None
