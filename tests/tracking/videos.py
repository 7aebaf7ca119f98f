"""Small real video files for tests."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def make_video(
    path: Path, frames: int = 20, rate_hz: int = 10, size_px: tuple[int, int] = (160, 120), codec: str = "libx264"
) -> Path:
    """A video whose grey rises by 8 with each picture, so that a picture tells its number."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for number in range(frames):
            grey = np.full((size_px[1], size_px[0], 3), 16 + 8 * (number % 28), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="bgr24")))
        out.mux(stream.encode())
    return path


def number_of(bgr: np.ndarray) -> int:
    """Which picture of ``make_video`` this is (modulo 28)."""
    return round((float(bgr.mean()) - 16.0) / 8.0)
