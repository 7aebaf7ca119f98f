"""Only what cannot hold a person is passed over: shown on real pictures, by looking at all that was passed over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.policy import Policy
from tests.shared_data import shared
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector
from tracking.inspection import Bgr, Inspector, Shot
from tracking.records import Box
from tracking.stillness import Stillness, blocks_of, changed
from tracking.video_file import frames_of

SKIP_S = Policy().look_interval_s
SIZE = (96, 128, 3)


def noise(seed: int, sigma: float = 4.0, level: float = 110.0) -> Bgr:
    random = np.random.default_rng(seed)
    return np.clip(random.normal(level, sigma, SIZE), 0, 255).astype(np.uint8)


def test_noise_and_drifting_light_are_no_change() -> None:
    before = blocks_of(noise(1))
    assert not changed(before, blocks_of(noise(2)))
    assert not changed(before, blocks_of(noise(3, level=116.0)))


def test_light_that_is_switched_and_another_size_are_a_change() -> None:
    before = blocks_of(noise(1))
    assert changed(before, blocks_of(noise(2, level=150.0)))
    assert changed(before, blocks_of(noise(2)[:48]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 116), st.integers(0, 76), st.sampled_from([-20, 20]), st.integers(0, 1000))
def test_a_far_person_shows_wherever_the_blocks_are_cut(x: int, y: int, contrast: int, seed: int) -> None:
    """12 by 20 pixels, 20 grey levels off the floor: smaller than the detector finds."""
    picture = noise(seed)
    picture[y : y + 20, x : x + 12] = np.clip(picture[y : y + 20, x : x + 12].astype(int) + contrast, 0, 255)
    assert changed(blocks_of(noise(seed + 5000)), blocks_of(picture))


# --- when pictures are passed over


def test_an_empty_unchanged_place_is_looked_at_within_the_bound() -> None:
    still, inspected = Stillness(SKIP_S), []
    for k in range(60):
        time_s = k / 15
        if still.may_skip("cam", time_s, noise(k)):
            continue
        inspected.append(time_s)
        still.inspecting("cam", time_s, noise(k))
        still.inspected("cam", time_s, 0)
    assert len(inspected) < 25
    assert np.diff(inspected).max() <= SKIP_S + 1e-9


def test_nothing_is_passed_over_where_something_is_or_may_be() -> None:
    def after(boxes: int | None, skip_s: float = SKIP_S, period_s: float = 1 / 15) -> bool:
        still = Stillness(skip_s)
        still.may_skip("cam", 10.0, noise(1))
        still.inspecting("cam", 10.0, noise(1))
        if boxes is not None:
            still.inspected("cam", 10.0, boxes)
        return still.may_skip("cam", 10.0 + period_s, noise(2))

    assert after(0)
    assert not after(1), "something was found"
    assert not after(None), "what was found is not known yet"
    assert not after(0, period_s=SKIP_S), "the next picture would come too late"
    assert not after(0, skip_s=0.0), "it is off"
    assert not Stillness(SKIP_S).may_skip("cam", 10.0, noise(1)), "nothing was ever looked at"


def test_it_is_off_unless_a_site_asks_for_it_and_never_longer_than_the_reaction_includes() -> None:
    assert Policy().still_skip_s == 0.0
    assert Policy(still_skip_s=0.25).still_skip_s == 0.25
    with pytest.raises(ValueError, match="still_skip_s must not be longer than look_interval_s"):
        Policy(still_skip_s=0.3)


# --- what is lost on real pictures


@pytest.fixture(scope="module")
def detector(model_cache: Path) -> Iterator[OpenVinoDetector]:
    exported = cached_export(shared("data/weights/yolov8n.pt"), model_cache)
    opened = OpenVinoDetector(exported, {"person": "person"}, size_px=320, confidence=0.1)
    yield opened
    opened.close()


def corners(pictures: list[Bgr], width: int, height: int) -> list[list[Bgr]]:
    """The parts of a video as cameras of their own, so that some are empty for a while."""
    tall, wide = pictures[0].shape[:2]
    places = itertools.product(range(0, tall - height + 1, height), range(0, wide - width + 1, width))
    return [[np.ascontiguousarray(p[y : y + height, x : x + width]) for p in pictures] for y, x in places]


def passed_over(pictures: list[Bgr], rate_hz: float, detector: OpenVinoDetector) -> list[int]:
    """Numbers of the pictures that never reach the detector, in the order of the product's own code."""
    inspector, out = Inspector(detector, 10.0, SKIP_S), []
    for number, bgr in enumerate(pictures):
        inspector.offer(Shot("cam", number / rate_hz, bgr), quiet=True)
        if not inspector.feed(number / rate_hz, {}):
            out.append(number)
        while inspector.busy:
            inspector.collect(1.0)
    return out


@pytest.mark.slow
def test_no_person_is_lost_in_what_is_passed_over(detector: OpenVinoDetector) -> None:
    """Every picture passed over is inspected after all: none shows a person that a detector would have told.

    Half a minute of CCTV of 7 Hz in nine parts, every fourth picture of it, and a worker in five. Time runs at
    14 Hz here, so that 0.25 s let two of three go by and people move farther from one to the next than they would.
    """
    with frames_of(shared("data/pets2009_s2l1/vtest.avi")) as video:
        cctv = [frame.bgr for frame in itertools.islice(video, 200)]
    with frames_of(shared("data/worker_zone/worker-zone-detection.gif")) as video:
        worker = [frame.bgr for frame in video]
    total = skipped = 0
    for pictures in [
        *(corners(cctv[::4], 256, 192)),
        *corners(worker, 240, 128),
        worker,
    ]:
        gone = passed_over(pictures, 14.0, detector)
        lost = [n for n, boxes in zip(gone, detector.detect([pictures[n] for n in gone]), strict=True) if found(boxes)]
        assert lost == []
        total, skipped = total + len(pictures), skipped + len(gone)
    print(f"\n{skipped} of {total} pictures passed over, a person in none of them")
    assert skipped > 0.1 * total, "the check has something to check"


def found(boxes: tuple[Box, ...]) -> bool:
    return any(box.score >= Policy().person_score_min for box in boxes)
