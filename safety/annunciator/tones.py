"""The tones: four signals made to ISO 7731, all distinct, none of them the evacuation signal of ISO 8201.

Each is one period that ends where it began, in silence, and is repeated as long as it is needed. Two
partials, a fundamental and its fifth, both within 500 to 2500 Hz; pulses from 0.5 to 4 a second, quicker
the more severe it is; edges of a raised cosine, so that nothing clicks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from safety.alarm_table import Tone

Samples = NDArray[np.float32]
"""One channel, -1 to 1."""

EDGE_S = 0.012
"""Rise and fall of a pulse: too slow for a click, too quick to soften the start."""
PARTIALS = ((1.0, 1.0), (1.5, 0.5))
"""Multiple of the fundamental, amplitude. The fifth stays below 2500 Hz for every fundamental used here."""


@dataclass(frozen=True, slots=True)
class Glide:
    """A stretch of one pulse, in which the fundamental goes evenly from one frequency to another."""

    length_s: float
    from_hz: float
    to_hz: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """One period: a pulse made of glides, then silence."""

    period_s: float
    pulse: tuple[Glide, ...]

    @property
    def pulse_s(self) -> float:
        return sum(glide.length_s for glide in self.pulse)

    @property
    def rate_hz(self) -> float:
        """Pulses a second."""
        return 1.0 / self.period_s

    @property
    def fundamental_hz(self) -> tuple[float, float]:
        """Lowest and highest fundamental."""
        ends = [f for glide in self.pulse for f in (glide.from_hz, glide.to_hz)]
        return min(ends), max(ends)


PATTERNS: Mapping[Tone, Pattern] = {
    # One calm note.
    "attention": Pattern(1.2, (Glide(0.35, 660.0, 660.0),)),
    # Even beeps, two a second.
    "warning": Pattern(0.5, (Glide(0.3, 1000.0, 1000.0),)),
    # Quick upward sweeps.
    "danger": Pattern(0.28, (Glide(0.18, 800.0, 1500.0),)),
    # A slow fall, high then low: something is out of order.
    "fault": Pattern(1.8, (Glide(0.3, 1200.0, 1200.0), Glide(0.45, 560.0, 560.0))),
}


@cache
def period(tone: Tone, rate_hz: int) -> Samples:
    """One period of a tone at full scale (peak 1), to be repeated. Silence for ``none``: a tenth of a second.

    Args:
        tone: which one.
        rate_hz: samples a second.
    """
    pattern = PATTERNS.get(tone)
    if pattern is None:
        return _frozen(np.zeros(rate_hz // 10, np.float32))
    times = np.arange(round(pattern.pulse_s * rate_hz)) / rate_hz
    turns = _turns(pattern, times)
    wave = sum(amplitude * np.sin(2.0 * math.pi * multiple * turns) for multiple, amplitude in PARTIALS)
    out = np.zeros(round(pattern.period_s * rate_hz), np.float32)
    shaped = np.asarray(wave) * _edges(times, pattern.pulse_s)
    out[: len(times)] = shaped / np.abs(shaped).max()
    return _frozen(out)


def burst(tone: Tone, rate_hz: int, at_least_s: float) -> Samples:
    """Whole periods of a tone, as many as last ``at_least_s``."""
    one = period(tone, rate_hz)
    return np.tile(one, max(1, math.ceil(at_least_s * rate_hz / len(one) - 1e-9)))


def _turns(pattern: Pattern, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Phase of the fundamental in turns, without a jump from one glide to the next."""
    turns = np.zeros_like(times)
    start_s, so_far = 0.0, 0.0
    for glide in pattern.pulse:
        into = times - start_s
        here = into >= 0.0
        slope = (glide.to_hz - glide.from_hz) / glide.length_s
        turns[here] = so_far + glide.from_hz * into[here] + 0.5 * slope * into[here] ** 2
        so_far += 0.5 * (glide.from_hz + glide.to_hz) * glide.length_s
        start_s += glide.length_s
    return turns


def _edges(times: NDArray[np.float64], length_s: float) -> NDArray[np.float64]:
    nearest = np.minimum(times, length_s - times)
    return np.asarray(0.5 - 0.5 * np.cos(math.pi * np.clip(nearest / EDGE_S, 0.0, 1.0)))


def _frozen(samples: Samples) -> Samples:
    samples.setflags(write=False)
    return samples
