"""What a CCTV camera does to a picture: blur, noise, sharpening, dirt, lamp bands, night mode, compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.plant.scenario import Eye
from recordings.render.textures import clouds

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

_FIELDS = 2
_PAD_PX = 128
_KEPT_LEVELS, _KEPT_SHARE, _SMEAR_PX = 4.0, 0.35, 1.2


@dataclass(frozen=True, slots=True)
class _Make:
    """What differs between makes of camera."""

    quality: int
    sharpening: float
    contrast: float
    saturation: float
    chroma_noise: float
    night_mode: bool


class Electronics:
    """One camera's lens and electronics; the same for the same seed.

    Args:
        eye: noise, blur, dirt and bands of the scenario.
        gain: amplification that the exposure needed, 1 for a bright hall.
        night: whether the hall is dark enough for a camera to go over to its grey night mode.
    """

    def __init__(self, eye: Eye, gain: float, night: bool, seed: int) -> None:
        rng = np.random.default_rng([seed, 16])
        width, height = eye.size_px
        self._eye = eye
        self._make = _Make(
            quality=int(rng.integers(38, 88)),
            sharpening=float(rng.choice((0.0, 0.35, 0.8))) * float(rng.uniform(0.6, 1.2)),
            contrast=float(rng.uniform(0.9, 1.12)),
            saturation=float(rng.uniform(0.55, 1.1)),
            chroma_noise=float(rng.uniform(0.3, 0.9)),
            night_mode=night and bool(rng.random() < 0.55),
        )
        self._shape = (height, width)
        amplified = min(max(gain, 0.6), 8.0) ** 0.5
        sensed = 0.8 + 12.0 * eye.noise * amplified
        # A camera's own noise reduction: it takes most of what exceeds a few levels, and smears detail for it.
        self._noise_levels = min(sensed, _KEPT_LEVELS + _KEPT_SHARE * max(sensed - _KEPT_LEVELS, 0.0))
        self._smoothed_px = _SMEAR_PX * (1.0 - self._noise_levels / sensed)
        self._fields = [self._field(rng) for _ in range(_FIELDS)]
        self._filter = self._lens_filter(rng)
        self._smear = self._dirt(rng) if eye.dirt > 0.0 else None
        self._seed = seed

    def _field(self, rng: np.random.Generator) -> NDArray[np.int16]:
        """A field of noise (h, w, 3) larger than the picture, a little soft as after demosaicing."""
        import cv2

        shape = (self._shape[0] + _PAD_PX, self._shape[1] + _PAD_PX)
        grey = rng.standard_normal(shape, np.float32)
        half = (shape[0] // 2 + 1, shape[1] // 2 + 1)
        colour = rng.standard_normal((*half, 3), np.float32)
        colour = cv2.resize(colour, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) * self._make.chroma_noise
        soft = cv2.GaussianBlur(grey, (3, 3), 0.6)
        field = (soft[..., None] * 1.5 + colour) * self._noise_levels
        return np.asarray(np.clip(field, -120, 120), np.int16)

    def _lens_filter(self, rng: np.random.Generator) -> Floats:
        """(h, w) share of light that lens and cover let through: vignette and dirt."""
        height, width = self._shape
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        share = 1.0 - float(rng.uniform(0.02, 0.22)) * (0.6 * x * x + 0.4 * y * y)
        if self._eye.dirt > 0.0:
            share = share * (1.0 - 0.5 * self._eye.dirt * np.clip(clouds(self._shape, 120, rng, 3) - 0.6, 0.0, 1.0))
        return np.asarray(np.clip(share, 0.15, 1.0), np.float32)

    def _dirt(self, rng: np.random.Generator) -> Picture:
        """(h, w, 3) veil of dust and cobweb before the lens, out of focus."""
        import cv2

        height, width = self._shape
        layer = np.zeros(self._shape, np.float32)
        for _ in range(int(2 + 10 * self._eye.dirt)):
            at = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.circle(layer, at, int(rng.uniform(6, 50)), float(rng.uniform(10, 60)), -1)
        for _ in range(int(rng.integers(0, 4))):
            ends = rng.integers((0, 0), (width, height), (2, 2))
            cv2.line(layer, ends[0].tolist(), ends[1].tolist(), 70.0, 2)
        soft = cv2.GaussianBlur(layer, (0, 0), 7.0) * self._eye.dirt
        return np.repeat(np.asarray(soft, np.uint8)[..., None], 3, axis=2)

    def taken(self, rgb: Picture, time_s: float) -> Picture:
        """The picture (h, w, 3) as the recorder gets it. Deterministic by ``time_s``."""
        import cv2

        rng = np.random.default_rng([self._seed, 17, round(time_s * 1000)])
        picture: Any = rgb
        blur_px = float(np.hypot(self._eye.blur_px, self._smoothed_px))
        if blur_px > 0.05:
            picture = cv2.GaussianBlur(picture, (0, 0), blur_px)
        share = self._filter * np.float32(self._make.contrast * float(rng.uniform(0.98, 1.02)))
        if self._eye.bands > 0.0:
            share = share * self._bands(time_s)[:, None]
        picture = cv2.multiply(picture, cv2.merge([share] * 3), dtype=cv2.CV_8U)
        if self._smear is not None:
            picture = cv2.add(picture, self._smear)
        picture = self._with_noise(picture, rng)
        picture = self._coloured(picture)
        if self._make.sharpening > 0.05:
            soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
            picture = cv2.addWeighted(picture, 1.0 + self._make.sharpening, soft, -self._make.sharpening, 0.0)
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self._make.quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)

    def _with_noise(self, picture: Any, rng: np.random.Generator) -> Any:
        import cv2

        field = self._fields[int(rng.integers(_FIELDS))]
        top, left = (int(v) for v in rng.integers(0, _PAD_PX, 2))
        part = field[top : top + self._shape[0], left : left + self._shape[1]]
        return cv2.add(picture, part, dtype=cv2.CV_8U)

    def _coloured(self, picture: Any) -> Any:
        import cv2

        share = 0.0 if self._make.night_mode else self._make.saturation
        if abs(share - 1.0) < 0.04:
            return picture
        grey = np.array([[0.299, 0.587, 0.114]] * 3)
        return cv2.transform(picture, grey * (1.0 - share) + np.eye(3) * share)

    def _bands(self, time_s: float) -> Floats:
        """(h,) brightness of rows under lamps that flicker at 100 Hz while a rolling shutter reads them."""
        rows = np.arange(self._shape[0]) / self._shape[0]
        phase = 2 * np.pi * (rows * 2.6 + time_s * 1.7)
        return np.asarray(1.0 - 0.28 * self._eye.bands * (0.5 + 0.5 * np.sin(phase)), np.float32)
