"""How are pictures packed into, and taken out of, a recording?

H.264 by FFmpeg's libx264 through PyAV: one thread, no reordering, no look-ahead, so that every
picture gives exactly one access unit at once and the same pictures give the same bytes.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

KEYFRAME_PERIOD_S = 1.0
"""A cut or a jump costs at most this much video. Counted in time: a slow camera has no long gaps."""

_OPTIONS = {
    "preset": "superfast",
    # Fast to decode is fast to encode too, here by 40 %, for 5 % more bytes.
    "tune": "fastdecode,zerolatency",
    "forced-idr": "1",
    "x264-params": "keyint=infinite:scenecut=0",
}
CRF = 21
"""Constant rate factor of libx264: 18 can hardly be told from the picture that went in, 35 is coarse."""
# Rate control counts pictures, not seconds, at a constant rate factor: the nominal rate does not matter.
_NOMINAL_RATE = 25


class VideoEncoder:
    """Encodes the pictures of one camera, all of one size; odd sizes are padded by one row or column."""

    def __init__(self, width_px: int, height_px: int, crf: int = CRF) -> None:
        self.width_px = width_px
        self.height_px = height_px
        self._context = av.VideoCodecContext.create("libx264", "w")
        self._context.width = width_px + width_px % 2
        self._context.height = height_px + height_px % 2
        self._context.pix_fmt = "yuv420p"
        self._context.time_base = Fraction(1, _NOMINAL_RATE)
        self._context.framerate = Fraction(_NOMINAL_RATE, 1)
        self._context.thread_count = 1
        self._context.options = {**_OPTIONS, "crf": str(crf)}
        self._count = 0
        self._key_time_s = 0.0

    def encode(self, bgr: Picture, time_s: float) -> bytes:
        """One Annex B access unit of ``bgr`` (height, width, 3) taken at ``time_s``.

        Key frames carry SPS and PPS. Raises ValueError for a picture of another size or type.
        """
        if bgr.shape != (self.height_px, self.width_px, 3) or bgr.dtype != np.uint8:
            raise ValueError(
                f"expected a picture of {self.width_px} x {self.height_px} px, 8 bit BGR, "
                f"got shape {bgr.shape}, {bgr.dtype}"
            )
        padding = ((0, self.height_px % 2), (0, self.width_px % 2), (0, 0))
        even = np.pad(bgr, padding, mode="edge") if padding[0][1] or padding[1][1] else bgr
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="bgr24").reformat(format="yuv420p")
        frame.pts = self._count
        key = self._count == 0 or not 0.0 <= time_s - self._key_time_s < KEYFRAME_PERIOD_S
        frame.pict_type = PictureType.I if key else PictureType.NONE
        if key:
            self._key_time_s = time_s
        self._count += 1
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


def is_key(data: bytes) -> bool:
    """Whether an access unit can be decoded without any before it: it begins with a sequence parameter set.

    ITU-T H.264, 7.4.1 and annex B: the type of a unit is the lower five bits behind its start code; 7 is that set.
    """
    start = data.find(b"\x00\x00\x01", 0, 64)
    while start >= 0:
        kind = data[start + 3] & 0x1F if start + 3 < len(data) else 0
        if kind in (5, 7):
            return True
        if kind == 1:
            return False
        start = data.find(b"\x00\x00\x01", start + 3, start + 1024)
    return False


def jpeg_of(bgr: Picture, width_px: int) -> bytes:
    """A picture (height, width, 3) as JPEG, reduced to ``width_px`` where it is wider."""
    height, width = bgr.shape[:2]
    width_px = min(width, width_px)
    size = (max(16, width_px // 2 * 2), max(16, round(height * width_px / width) // 2 * 2))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
    frame = frame.reformat(width=size[0], height=size[1], format="yuvj420p")
    context = av.VideoCodecContext.create("mjpeg", "w")
    context.width, context.height = size
    context.pix_fmt = "yuvj420p"
    context.time_base = Fraction(1, _NOMINAL_RATE)
    context.options = {"qmin": "3", "qmax": "5"}
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


class VideoDecoder:
    """Decodes the access units of one channel, in their order, on one thread."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = (height_px, width_px)
        self._context = av.VideoCodecContext.create("h264", "r")
        self._context.thread_count = 1

    def decode(self, data: bytes, number: int) -> list[tuple[int, Picture]]:
        """Pictures (height, width, 3) that are ready now, each with the ``number`` of its access unit.

        Raises av.error.FFmpegError where the data are damaged.
        """
        packet = av.Packet(data)
        packet.pts = number
        return [self._picture(frame) for frame in self._context.decode(packet)]

    def flush(self) -> list[tuple[int, Picture]]:
        """Pictures that the decoder still held back."""
        return [self._picture(frame) for frame in self._context.decode(None)]

    def _picture(self, frame: av.VideoFrame) -> tuple[int, Picture]:
        height_px, width_px = self._size
        whole = frame.to_ndarray(format="bgr24")
        bgr: Picture = np.ascontiguousarray(whole[:height_px, :width_px], dtype=np.uint8)
        return int(frame.pts or 0), bgr
