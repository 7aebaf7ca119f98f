"""Rates, gaps and lag from receipt times alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.capture_rate import FrameRate, StreamLag


def test_a_pause_is_a_gap_once_and_while_it_lasts() -> None:
    rate = FrameRate(10.0)
    for number in range(11):
        rate.add(number * 0.1)
    assert rate.gaps(1.2) == 0
    assert rate.gaps(1.26) == 1
    assert rate.gaps(9.0) == 1
    rate.add(3.0)
    rate.add(3.1)
    assert rate.gaps(3.2) == 1
    assert rate.silence_s(3.2) == pytest.approx(0.1)


def test_the_interval_is_measured_not_believed() -> None:
    rate = FrameRate(25.0)
    for number in range(12):
        rate.add(number * 0.25)  # 4 Hz, though the site file says 25
    early = rate.gaps(2.75)
    for number in range(12, 40):
        rate.add(number * 0.25)
    assert rate.gaps(39 * 0.25) == early
    assert rate.rate_hz(39 * 0.25) == pytest.approx(4.0, rel=0.05)


def test_a_silent_camera_has_no_rate() -> None:
    rate = FrameRate(10.0)
    assert rate.silence_s(5.0) is None
    for number in range(30):
        rate.add(number * 0.1)
    assert rate.rate_hz(2.9) == pytest.approx(10.0)
    assert 0.0 < rate.rate_hz(4.4) < 6.0
    assert rate.rate_hz(20.0) == 0.0


@given(rate_hz=st.floats(1.0, 60.0), jitter=st.floats(0.0, 0.4), seed=st.integers(0, 1000))
def test_jitter_is_no_gap(rate_hz: float, jitter: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate = FrameRate(rate_hz)
    times = (np.arange(100) + rng.uniform(0.0, jitter, 100)) / rate_hz
    for time_s in times:
        rate.add(float(time_s))
    assert rate.gaps(float(times[-1])) == 0
    assert rate.rate_hz(float(times[-1])) == pytest.approx(rate_hz, rel=0.5)


def test_what_piled_up_during_a_stall_is_old_on_receipt() -> None:
    lag = StreamLag()
    for number in range(20):
        assert lag.add(100.0 + number * 0.1, 5.0 + number * 0.1) < 0.01
    # Two seconds of silence, then twenty pictures at once, then in time again.
    lags = [lag.add(104.0 + number * 0.001, 7.0 + number * 0.1) for number in range(20)]
    assert lags[0] == pytest.approx(2.0, abs=0.01)
    assert lags[-1] == pytest.approx(0.12, abs=0.02)
    assert lag.add(104.1, 9.1) < 0.02


def test_lag_follows_drift_and_begins_anew_when_stream_time_steps_back() -> None:
    lag = StreamLag()
    for number in range(36000):  # an hour of a clock that loses 100 millionths
        worst = lag.add(number * 0.1, number * 0.1 * (1.0 - 1e-4))
    assert worst < 0.01
    assert lag.add(3600.0, 0.0) == 0.0
    assert lag.add(3600.1, 0.1) == pytest.approx(0.0, abs=1e-6)
    assert StreamLag().add(5.0, None) == 0.0
