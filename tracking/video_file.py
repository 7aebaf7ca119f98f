"""What pictures does a video file hold? Every one in order, for import and for the detector alone."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame as AvFrame

_FALLBACK_HZ = 25.0


def bgr_of(picture: AvFrame) -> NDArray[np.uint8]:
    """A decoded picture as BGR (height, width, 3)."""
    return np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture of a file: ``index`` from 0, ``time_s`` since the first picture, BGR (h, w, 3)."""

    index: int
    time_s: float
    bgr: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoEnd:
    """How reading a file ended: pictures given, packets skipped as damaged, and whether all was there."""

    frames: int
    damaged: int
    complete: bool
    message: str = ""


class VideoFrames(Iterator[VideoFrame]):
    """Iterates over the pictures of a file; ``end`` tells afterwards whether it was whole.

    ``rate_hz`` is the rate that times were made with, ``size_px`` (width, height),
    ``announced`` the number of pictures that the container claims, 0 where it does not say.
    """

    def __init__(self, path: Path, rate_hz: float | None = None) -> None:
        import av

        self.path = path
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file, expected a video or picture")
        if rate_hz is not None and not 0.0 < rate_hz < 1e4:
            raise BadInput(f"{path}: rate {rate_hz} Hz, expected more than 0 and less than 10000")
        try:
            self._container: InputContainer = av.open(str(path))
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise BadInput(f"{path}: cannot be read as video ({reason}), 0 frames reached") from error
        if not self._container.streams.video:
            self._container.close()
            raise BadInput(f"{path}: holds no video stream, expected a video or picture")
        stream = self._container.streams.video[0]
        if getattr(stream, "codec_context", None) is None:  # as PyAV has it for a form that FFmpeg does not know
            self._container.close()
            raise BadInput(f"{path}: holds video in a form that FFmpeg does not know")
        stream.thread_type = "AUTO"
        self._given_hz = rate_hz
        own_hz = float(stream.average_rate or stream.guessed_rate or 0.0)
        self.rate_hz = rate_hz or (own_hz if 0.0 < own_hz < 1e4 else _FALLBACK_HZ)
        self.size_px = (stream.codec_context.width, stream.codec_context.height)
        self.announced = int(stream.frames)
        self._announced_s = _duration_s(self._container)
        self.end: VideoEnd | None = None
        self._damaged = 0
        self._frames = self._read()

    def __next__(self) -> VideoFrame:
        return next(self._frames)

    def close(self) -> None:
        self._frames.close()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Generator[VideoFrame]:
        count, first_s, last_s = 0, 0.0, -1.0
        broke = ""
        pictures = self._pictures()
        while True:
            try:
                picture = next(pictures)
            except StopIteration as stop:
                broke = stop.value
                break
            bgr = bgr_of(picture)
            time_s = count / self.rate_hz
            if self._given_hz is None and picture.time is not None:
                first_s = float(picture.time) if count == 0 else first_s
                time_s = float(picture.time) - first_s
            if time_s <= last_s:  # broken stamps of a container: times must rise
                time_s = last_s + 1.0 / self.rate_hz
            yield VideoFrame(count, time_s, bgr)
            count, last_s = count + 1, time_s
        self.end = self._ending(count, last_s, broke)
        if count == 0:
            raise BadInput(f"{self.path}: no frame can be decoded ({broke or 'no picture data'}), 0 frames reached")

    def _pictures(self) -> Generator[AvFrame, None, str]:
        """Decoded pictures; returns why the file broke off, or nothing."""
        import av

        packets: Iterator[Any] = self._container.demux(self._container.streams.video[0])
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return ""
            except (av.FFmpegError, OSError) as error:
                return str(getattr(error, "strerror", None) or type(error).__name__)
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                self._damaged += 1
                continue
            yield from pictures

    def _ending(self, count: int, last_s: float, broke: str) -> VideoEnd:
        short = count < self.announced
        if not self.announced and self._given_hz is None and self._announced_s is not None:
            short = self._announced_s - last_s > 3.0 / self.rate_hz
        if not (broke or short or self._damaged):
            return VideoEnd(count, 0, True)
        why = f" ({broke})" if broke else ""
        of = f" of {self.announced}" if self.announced else ""
        damage = f", {self._damaged} damaged packets skipped" if self._damaged else ""
        message = f"{self.path}: cut short or damaged, {count}{of} frames read{damage}{why}"
        return VideoEnd(count, self._damaged, False, message)


def _duration_s(container: InputContainer) -> float | None:
    """How long the picture lasts by the container's word; None where it does not say."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams) == 1  # sound may go on longer
    return container.duration / 1e6 if alone and container.duration is not None else None


def frames_of(path: str | Path, rate_hz: float | None = None) -> VideoFrames:
    """Every picture of a video or picture file, in order.

    Times are the file's own, or ``index / rate_hz`` where the caller knows the true rate better.
    A file that is cut short gives what is there, and says so in ``VideoFrames.end`` afterwards.

    Raises:
        BadInput: the file is missing, is no video, or (while iterating) holds no decodable frame.
    """
    return VideoFrames(Path(path), rate_hz)
