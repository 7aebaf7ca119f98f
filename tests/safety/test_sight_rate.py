"""The rate of a camera as the core sees it, where ticks and frames drift past each other."""

from __future__ import annotations

import pytest

from safety.sight import SightMonitor
from tests.worlds import boxes_at, hall
from tracking.tracker import Tracker


@pytest.mark.parametrize("rate_hz", [4.0, 10.0, 9.3, 25.0])
def test_every_frame_counts_when_a_tick_brings_two(rate_hz: float) -> None:
    site = hall(cameras=1)
    tracker, monitor = Tracker(site), SightMonitor(site)
    frame = 0
    rates = []
    for tick in range(1, 80):
        now_s = 5.0 + 0.1 * tick
        looks = []
        # Every other frame is late, so that some ticks bring two of them and some none.
        while (time_s := 5.0 + frame / rate_hz) + 0.06 * (frame % 2) <= now_s:
            looks.append(boxes_at("cam1", time_s, []))
            frame += 1
        (view,) = monitor.cameras(now_s, tracker.step(now_s, list(looks)))
        if tick > 25:
            rates.append(view.rate_hz)
    assert rates == pytest.approx([rate_hz] * len(rates), rel=0.06)
