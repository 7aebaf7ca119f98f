"""From light to grey levels: the exposure that a camera chooses by itself, its bloom, its colour balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_GAMMA = 2.2
LINEAR: Floats = ((np.arange(256) / 255.0) ** _GAMMA).astype(np.float32)
"""Linear reflectance of an sRGB level."""

_TARGET = 0.24
_GAIN_MOST = 9.0
_BLOOM = {"glare": 0.16, "daylight": 0.07}
_STEPS = 4096
_TOP = 4.0


@dataclass(frozen=True, slots=True)
class Tone:
    """``exposure`` (3,) multiplies light by colour; ``gain`` says how far above a bright hall's it is."""

    exposure: Floats
    gain: float

    def levels(self, radiance: Floats) -> Picture:
        """uint8 of linear radiance, colours last: 255·(1 − exp(−E·r))^(1/2.2), a soft shoulder."""
        # A table over the root of the signal keeps the dark levels apart.
        root = np.sqrt(np.minimum(radiance * self.exposure, _TOP))
        index = (root * np.float32((_STEPS - 1) / np.sqrt(_TOP))).astype(np.int32)
        return np.asarray(_TABLE[index], np.uint8)


def _table() -> Picture:
    signal = (np.linspace(0.0, np.sqrt(_TOP), _STEPS)) ** 2
    return np.round(255.0 * (1.0 - np.exp(-1.6 * signal)) ** (1 / _GAMMA)).astype(np.uint8)


_TABLE = _table()


def exposed(radiance: Floats, light: str, rng: np.random.Generator) -> tuple[Picture, Tone]:
    """The picture of a scene's radiance (h, w, 3), and the tone that it was taken with.

    Exposure brings the mean of the compressed picture to a target, as an averaging meter does, so that
    bright windows darken the hall; amplification ends somewhere, so that night stays dark.
    """
    import cv2

    grey = radiance.mean(axis=2)
    metered = np.minimum(grey, 6.0 * float(np.median(grey)) + 0.4)
    wanted = _TARGET * float(rng.uniform(0.75, 1.25)) / max(float(metered.mean()), 1e-4)
    gain = min(wanted, _GAIN_MOST * float(rng.uniform(0.7, 1.2)))
    mean = radiance.reshape(-1, 3).mean(axis=0) + 1e-5
    balance = (mean.mean() / mean) ** 0.6 * np.exp(rng.normal(0.0, 0.035, 3))
    tone = Tone(np.asarray(gain * balance, np.float32), gain)
    signal = radiance * tone.exposure
    strength = _BLOOM.get(light, 0.05)
    small = cv2.resize(np.minimum(signal, 12.0), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bright = np.maximum(small - 1.2, 0.0)
    if bright.max() > 0.0:
        halo = sum(cv2.GaussianBlur(bright, (0, 0), s) for s in (2.0, 8.0, 30.0)) / 3.0
        signal = signal + strength * cv2.resize(halo, (signal.shape[1], signal.shape[0]))
    plain = Tone(np.ones(3, np.float32), gain)
    return plain.levels(np.asarray(signal, np.float32)), tone
