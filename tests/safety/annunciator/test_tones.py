"""The tones, measured on their samples: ISO 7731's frequencies and pulses, all distinct, never ISO 8201's pattern."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.annunciator.measure import BAND_HZ, a_weight, is_evacuation, level_db, measure, pulses_of
from safety.annunciator.tones import PATTERNS, burst, period

RATE_HZ = 48_000
TONES = tuple(PATTERNS)
BY_SEVERITY = ("fault", "attention", "warning", "danger")


def heard(tone: str, rate_hz: int = RATE_HZ):
    return measure(burst(tone, rate_hz, 6.0), rate_hz)


@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
@pytest.mark.parametrize("tone", TONES)
def test_frequency_and_pulses_are_those_of_iso_7731(tone: str, rate_hz: int) -> None:
    pattern, found = PATTERNS[tone], heard(tone, rate_hz)
    low, high = pattern.fundamental_hz
    assert BAND_HZ[0] <= low <= high * 1.5 <= BAND_HZ[1]
    assert low * 0.97 < found.strongest_hz < high * 1.53
    assert BAND_HZ[0] <= found.low_hz < found.high_hz <= BAND_HZ[1]
    assert found.in_band > 0.995
    assert 0.5 <= found.pulse_hz <= 4.0
    assert found.pulse_hz == pytest.approx(pattern.rate_hz, rel=0.01)
    assert found.pulse_s == pytest.approx(pattern.pulse_s, abs=0.02)


def test_pulses_are_quicker_the_more_severe_it_is() -> None:
    rates = [heard(tone).pulse_hz for tone in BY_SEVERITY]
    assert all(later > 1.4 * earlier for earlier, later in itertools.pairwise(rates))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(TONES, 2)))
def test_any_two_tones_differ_in_pulses_and_in_frequencies(one: str, other: str) -> None:
    a, b = heard(one), heard(other)
    assert max(a.pulse_hz, b.pulse_hz) > 1.4 * min(a.pulse_hz, b.pulse_hz)
    low, high = PATTERNS[one].fundamental_hz, PATTERNS[other].fundamental_hz
    assert low != high


def test_the_measure_knows_the_evacuation_pattern_and_no_tone_is_it() -> None:
    beep = np.sin(2 * np.pi * 800 * np.arange(RATE_HZ // 2) / RATE_HZ)
    quiet = np.zeros(RATE_HZ // 2)
    t3 = np.concatenate([beep, quiet] * 3 + [quiet, quiet])
    assert measure(np.tile(t3, 2), RATE_HZ).evacuation
    assert measure(t3, RATE_HZ).evacuation
    assert not any(heard(tone).evacuation for tone in TONES)
    slower = np.concatenate([beep, beep, quiet, quiet] * 4)
    assert not measure(slower, RATE_HZ).evacuation


@settings(deadline=None, max_examples=30)
@given(st.permutations(TONES), st.lists(st.floats(0.05, 3.0), min_size=4, max_size=4))
def test_no_order_of_tones_and_pauses_makes_the_evacuation_pattern(order: list[str], pauses: list[float]) -> None:
    rate_hz = 22_050
    parts = [(burst(tone, rate_hz, 2.0), np.zeros(round(p * rate_hz))) for tone, p in zip(order, pauses, strict=True)]
    assert not is_evacuation(pulses_of(np.concatenate([piece for pair in parts for piece in pair]), rate_hz))


def broad(sound: np.ndarray) -> float:
    """Share of the power above all partials."""
    power = np.square(np.abs(np.fft.rfft(sound.astype(float))))
    return float(power[np.fft.rfftfreq(len(sound), 1 / RATE_HZ) > 4_000.0].sum() / power.sum())


@pytest.mark.parametrize("tone", TONES)
def test_edges_do_not_click(tone: str) -> None:
    """A click is broad: its power lies above the partials too."""
    sound = burst(tone, RATE_HZ, 2.0)
    assert sound[0] == 0.0
    assert sound[-1] == 0.0
    gated = np.where(np.abs(sound) > 0, np.cos(2 * np.pi * 1000 * np.arange(len(sound)) / RATE_HZ), 0.0)
    assert broad(sound) < 2e-6
    assert broad(gated) > 50 * broad(sound)
    assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-6)


def test_the_a_weighting_is_that_of_the_standard() -> None:
    table = {100.0: -19.1, 500.0: -3.2, 1000.0: 0.0, 2000.0: 1.2, 2500.0: 1.3, 8000.0: -1.1}
    for frequency, db in table.items():
        assert 20 * np.log10(a_weight(np.array([frequency]))[0]) == pytest.approx(db, abs=0.06)
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    assert level_db(sine, RATE_HZ) == pytest.approx(0.0, abs=0.01)
    assert level_db(0.1 * sine, RATE_HZ) == pytest.approx(-20.0, abs=0.01)


def test_silence_and_noise_are_measured_without_a_fault() -> None:
    assert measure(np.zeros(1000), RATE_HZ).level_db < -100.0
    assert measure(np.zeros(0), RATE_HZ).pulse_hz == 0.0
    noise = np.random.default_rng(1).normal(0, 0.1, RATE_HZ)
    assert measure(noise, RATE_HZ).in_band < 0.5
    assert not period("none", RATE_HZ).any()
