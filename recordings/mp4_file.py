"""A video file that any player opens: H.264 in MP4, whole or not there at all."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from calibration.errors import BadInput
from recordings.atomic import open_temporary, put_in_place, temporary_beside, throw_away

Bgr = NDArray[np.uint8]
_QUALITY = "23"


class Mp4File:
    """A context manager; left by an error, nothing of the file stays and an older one of its name is untouched.

    Args:
        path: where it goes.
        size_px: width and height of its pictures, both even.
        rate_hz: pictures a second.
        about: title and comment that players show.

    Raises:
        BadInput: the file cannot be written.
    """

    def __init__(self, path: Path, size_px: tuple[int, int], rate_hz: int, about: tuple[str, str]) -> None:
        self._path, self._part = path, temporary_beside(path)
        open_temporary(self._part, path).close()  # FFmpeg opens it only later, and says less of what is wrong
        try:
            self._out = av.open(str(self._part), "w", format="mp4", options={"movflags": "faststart"})
        except OSError as error:
            raise BadInput(f"{path}: cannot be written ({error.strerror})") from None
        self._out.metadata.update({"title": about[0], "comment": about[1]})
        stream = self._out.add_stream("libx264", rate=rate_hz, options={"crf": _QUALITY, "preset": "veryfast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate_hz)
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._out.mux(self._stream.encode())
        except OSError as fault:
            error = fault
        finally:
            try:
                self._out.close()
            except OSError as fault:
                error = error or fault
        if error is None:
            put_in_place(self._part, self._path)
            return
        throw_away(self._part, self._path, error)
        if isinstance(error, OSError) and kind is None:
            raise BadInput(f"{self._path}: cannot be written ({error.strerror})") from None

    def write(self, bgr: Bgr) -> None:
        """The next picture (height, width, 3)."""
        self._out.mux(self._stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")))
