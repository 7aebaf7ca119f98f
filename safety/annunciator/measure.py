"""What was heard: frequency, pulses and level of a piece of sound, worked out from its samples.

Levels are dB relative to a sine at full scale: ``level_db`` is A-weighted (IEC 61672-1), so that adding what a
1 kHz sine at full scale gives at some place gives dB(A) there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BAND_HZ = (500.0, 2500.0)
"""Where ISO 7731 wants the signal."""
FRAME_S = 0.005
_ACTIVE = 0.35
"""Share of the loud frames' amplitude above which a frame belongs to a pulse."""
_GAP_S = 0.03
"""Shorter dips do not part two pulses: the step between two notes, a beat of two partials."""
_SILENCE_DB = -120.0
_T3_PULSE_S, _T3_PAUSE_S = 0.5, 1.5
_T3_TOLERANCE = 0.2
"""ISO 8201 allows 10 %; twice that is still taken for it."""

Sound = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Measured:
    """One piece of sound in numbers.

    strongest_hz: where most of the power is, to the width of a note. low_hz, high_hz: 15 % and 85 % of the power lie
    below, so that a hall's own noise does not move them. in_band: share of the power within ``BAND_HZ``. pulse_hz:
    pulses a second, 0 where there are fewer than two. pulse_s: their length. level_db: A-weighted, while pulses last.
    evacuation: whether it has the pattern of ISO 8201.
    """

    strongest_hz: float
    low_hz: float
    high_hz: float
    in_band: float
    pulse_hz: float
    pulse_s: float
    level_db: float
    evacuation: bool


def measure(sound: Sound, rate_hz: int) -> Measured:
    """Measure one channel of sound (n,), -1 to 1, at ``rate_hz`` samples a second."""
    pulses = pulses_of(sound, rate_hz)
    heard = _during(sound, pulses, rate_hz)
    if len(heard) < round(FRAME_S * rate_hz):
        return Measured(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, _SILENCE_DB, False)
    power, frequencies = _spectrum(heard, rate_hz)
    share = np.cumsum(power) / max(power.sum(), 1e-30)
    starts = np.array([start for start, _ in pulses])
    spacing_s = float(np.median(np.diff(starts))) if len(pulses) > 1 else 0.0
    inside = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    return Measured(
        strongest_hz=_strongest_hz(power, frequencies),
        low_hz=float(frequencies[np.searchsorted(share, 0.15)]),
        high_hz=float(frequencies[np.searchsorted(share, 0.85)]),
        in_band=float(power[inside].sum() / max(power.sum(), 1e-30)),
        pulse_hz=1.0 / spacing_s if spacing_s > 0.0 else 0.0,
        pulse_s=float(np.median([length for _, length in pulses])),
        level_db=level_db(heard, rate_hz),
        evacuation=is_evacuation(pulses),
    )


def shares(sound: Sound, rate_hz: int, bands_hz: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """Share of the power of a sound's pulses that lies in each of these bands; they may overlap."""
    heard = _during(sound, pulses_of(sound, rate_hz), rate_hz)
    if len(heard) == 0:
        return (0.0,) * len(bands_hz)
    power, frequencies = _spectrum(heard, rate_hz)
    total = max(float(power.sum()), 1e-30)
    return tuple(float(power[(frequencies >= low) & (frequencies <= high)].sum()) / total for low, high in bands_hz)


def filtered(sound: Sound, rate_hz: int, low_hz: float = 300.0, high_hz: float = 4_000.0) -> NDArray[np.float64]:
    """The sound without what lies outside a band: the rumble of a hall, the hiss of a microphone."""
    spectrum = np.fft.rfft(np.asarray(sound, float))
    frequencies = np.fft.rfftfreq(len(sound), 1.0 / rate_hz) if len(sound) else np.zeros(1)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0.0
    return np.asarray(np.fft.irfft(spectrum, len(sound)))


def pulses_of(sound: Sound, rate_hz: int) -> tuple[tuple[float, float], ...]:
    """Start and length in seconds of every pulse, from the envelope."""
    frame = max(1, round(FRAME_S * rate_hz))
    count = len(sound) // frame
    if count == 0:
        return ()
    envelope = np.sqrt(np.mean(np.square(np.asarray(sound[: count * frame], float).reshape(count, frame)), axis=1))
    loud = float(np.percentile(envelope, 99.0)) if count > 20 else float(envelope.max())
    if loud < 1e-6:
        return ()
    on = np.concatenate([[False], envelope > _ACTIVE * loud, [False]])
    rises, falls = np.flatnonzero(~on[:-1] & on[1:]), np.flatnonzero(on[:-1] & ~on[1:])
    joined: list[list[int]] = []
    for rise, fall in zip(rises.tolist(), falls.tolist(), strict=True):
        if joined and (rise - joined[-1][1]) * FRAME_S < _GAP_S:
            joined[-1][1] = fall
        else:
            joined.append([rise, fall])
    return tuple((rise * frame / rate_hz, (fall - rise) * frame / rate_hz) for rise, fall in joined)


def is_evacuation(pulses: tuple[tuple[float, float], ...]) -> bool:
    """Whether three pulses of half a second and a pause of one and a half occur: ISO 8201 keeps them for evacuation."""

    def about(value_s: float, wanted_s: float) -> bool:
        return abs(value_s - wanted_s) <= _T3_TOLERANCE * wanted_s

    for first, second, third, after in zip(pulses, pulses[1:], pulses[2:], (*pulses[3:], None), strict=False):
        lengths = about(first[1], _T3_PULSE_S) and about(second[1], _T3_PULSE_S) and about(third[1], _T3_PULSE_S)
        gaps = about(second[0] - sum(first), _T3_PULSE_S) and about(third[0] - sum(second), _T3_PULSE_S)
        if lengths and gaps and (after is None or about(after[0] - sum(third), _T3_PAUSE_S)):
            return True
    return False


def level_db(sound: Sound, rate_hz: int) -> float:
    """A-weighted level of a piece of sound, relative to a sine of 1 kHz at full scale."""
    if len(sound) == 0:
        return _SILENCE_DB
    amplitudes = np.fft.rfft(np.asarray(sound, float)) / len(sound)
    weights = a_weight(np.fft.rfftfreq(len(sound), 1.0 / rate_hz))
    power = 2.0 * float(np.sum(np.square(np.abs(amplitudes) * weights)))
    return max(_SILENCE_DB, 10.0 * float(np.log10(max(power, 1e-30) / 0.5)))


def a_weight(frequency_hz: NDArray[np.floating]) -> NDArray[np.float64]:
    """Amplitude factors of the A-weighting, 1 at 1 kHz (IEC 61672-1, annex E)."""
    f2 = np.square(np.asarray(frequency_hz, float))

    def curve(f2: NDArray[np.float64]) -> NDArray[np.float64]:
        low, mid, high = 20.598997**2, (107.65265**2, 737.86223**2), 12194.217**2
        return np.asarray(high * f2**2 / ((f2 + low) * np.sqrt((f2 + mid[0]) * (f2 + mid[1])) * (f2 + high)))

    return np.asarray(curve(f2) / curve(np.array([1e6]))[0])


def _during(sound: Sound, pulses: tuple[tuple[float, float], ...], rate_hz: int) -> NDArray[np.float64]:
    pieces = [sound[round(s * rate_hz) : round((s + n) * rate_hz)] for s, n in pulses]
    return np.concatenate(pieces).astype(float) if pieces else np.zeros(0)


def _spectrum(sound: NDArray[np.float64], rate_hz: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    return power, np.fft.rfftfreq(len(sound), 1.0 / rate_hz)


def _strongest_hz(power: NDArray[np.floating], frequencies: NDArray[np.floating]) -> float:
    """Middle of the strongest 20 Hz, weighed by power."""
    width = max(1, round(20.0 / max(frequencies[1] - frequencies[0], 1e-9)))
    smooth = np.convolve(power, np.ones(width), "same")
    peak = int(np.argmax(smooth))
    here = slice(max(0, peak - width), peak + width + 1)
    return float(np.average(frequencies[here], weights=power[here] + 1e-30))
