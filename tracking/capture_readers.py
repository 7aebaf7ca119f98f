"""How are pictures read from a file, a network stream or a device, one after the other?"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tracking.capture_sources import CaptureSettings, Clock, Source
from tracking.video_file import bgr_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Grab:
    """One picture as it came: receipt time, the stream's own time where that can be trusted, BGR."""

    received_s: float
    stream_s: float | None
    bgr: Bgr


class SourceLost(Exception):
    """The source gives no more pictures; the text says why, without address or password."""


class SourceEnded(SourceLost):
    """A file came to its end."""


class Reader(Protocol):
    """An open source, used by one thread."""

    def read(self) -> Grab | None:
        """The next picture; None when nothing came within the poll time. Raises SourceLost."""

    def close(self) -> None:
        """Free the source; never blocks for long."""


def open_reader(source: Source, settings: CaptureSettings, clock: Clock) -> Reader:
    """Open a source; blocks up to the open time-out.

    Raises:
        SourceLost: it cannot be opened.
    """
    if source.kind == "device":
        return PumpedReader(DeviceReader(source, clock), source.camera, settings, clock)
    reader = AvReader(source, settings, clock)
    return reader if reader.polls else PumpedReader(reader, source.camera, settings, clock)


def _reason(error: Exception) -> str:
    """The cause without the address that FFmpeg adds to it."""
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()


class AvReader:
    """A file or network stream through PyAV (FFmpeg).

    Over RTSP a read that was broken off after the poll time can be taken up again, so that silence
    is noticed soon and tolerated for long. Over HTTP it cannot: there ``read`` blocks up to the read
    time-out, and ``polls`` is False.
    """

    def __init__(self, source: Source, settings: CaptureSettings, clock: Clock) -> None:
        import av

        self._clock = clock
        self._live = source.kind == "stream"
        rtsp = self._live and str(source.address).lower().startswith("rtsp")
        self.polls = rtsp or not self._live
        # Only RTP stamps come from the camera; over HTTP the demuxer invents them.
        self._timed = self.polls
        self._ready: deque[Grab] = deque()
        self._read_timeout_s = settings.read_timeout_s
        self._heard_s = clock()
        try:
            if self._live:
                self._container: InputContainer = av.open(
                    str(source.address),
                    options=_stream_options(rtsp),
                    timeout=(settings.open_timeout_s, settings.poll_s if rtsp else settings.read_timeout_s),
                )
            else:
                self._container = av.open(str(source.address))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SourceLost(f"cannot be opened: {_reason(error)}") from error
        videos = self._container.streams.video
        if not videos or getattr(videos[0], "codec_context", None) is None:
            self._container.close()
            raise SourceLost("has no video stream that can be decoded")
        self._stream: VideoStream = self._container.streams.video[0]
        # Frame threads would hold back as many pictures as there are threads.
        self._stream.thread_type = "SLICE" if self._live else "AUTO"
        self._packets: Iterator[Packet[Any]] = self._container.demux(self._stream)

    def read(self) -> Grab | None:
        import av

        while not self._ready:
            try:
                packet = next(self._packets)
            except av.error.ExitError:
                silence_s = self._clock() - self._heard_s
                if not self.polls or silence_s > self._read_timeout_s:
                    raise SourceLost(f"silent for {silence_s:.1f} s") from None
                # FFmpeg's demuxer stays usable, PyAV's generator does not.
                self._packets = self._container.demux(self._stream)
                return None
            except StopIteration:
                raise (SourceLost("closed by the other side") if self._live else SourceEnded("end of file")) from None
            except (av.FFmpegError, OSError) as error:
                raise SourceLost(f"broke off: {_reason(error)}") from error
            received_s = self._heard_s = self._clock()
            try:
                pictures = [(frame.time, bgr_of(frame)) for frame in packet.decode()]
            except (av.FFmpegError, ValueError):
                continue  # a damaged packet: the pause that it leaves is counted as a gap
            for stream_s, bgr in pictures:
                self._ready.append(Grab(received_s, stream_s if self._timed else None, bgr))
        return self._ready.popleft()

    def close(self) -> None:
        self._container.close()


def _stream_options(rtsp: bool) -> dict[str, str]:
    options = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000", "probesize": "1000000"}
    if rtsp:
        # RTSP describes its streams itself: a look at the rate would only hold up a reconnect.
        options |= {"rtsp_transport": "tcp", "analyzeduration": "300000", "fpsprobesize": "0"}
    return options


class DeviceReader:
    """A USB camera through OpenCV; ``read`` blocks as long as the driver likes."""

    def __init__(self, source: Source, clock: Clock) -> None:
        address = source.address
        path = f"/dev/video{address}" if isinstance(address, int) else address
        if sys.platform == "linux" and not Path(path).exists():
            raise SourceLost(f"there is no {path}")
        import cv2

        self._clock = clock
        self._capture = cv2.VideoCapture(address)
        if not self._capture.isOpened():
            raise SourceLost("the device cannot be opened")
        # Most USB cameras reach their full size at full rate only as Motion JPEG.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, source.size_px[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, source.size_px[1])
        self._capture.set(cv2.CAP_PROP_FPS, source.rate_hz)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Grab | None:
        import cv2

        try:
            ok, picture = self._capture.read()
        except cv2.error as error:
            raise SourceLost("the device's driver failed") from error
        if not ok:
            raise SourceLost("the device gives no more pictures")
        return Grab(self._clock(), None, np.asarray(picture, np.uint8))

    def close(self) -> None:
        self._capture.release()


class PumpedReader:
    """Gives a reader that blocks a thread of its own, and takes over only the newest picture.

    Closed while the other blocks, that thread ends by itself once it is let go, and closes the source.
    """

    def __init__(self, inner: Reader, camera: str, settings: CaptureSettings, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._poll_s, self._read_timeout_s = settings.poll_s, settings.read_timeout_s
        self._heard_s = clock()
        self._changed = threading.Condition()
        self._grab: Grab | None = None
        self._lost: SourceLost | None = None
        self._closed = False
        threading.Thread(target=self._pump, name=f"pump {camera}", daemon=True).start()

    def read(self) -> Grab | None:
        with self._changed:
            self._changed.wait_for(lambda: self._grab is not None or self._lost is not None, self._poll_s)
            grab, self._grab = self._grab, None
            if grab is None and self._lost is not None:
                raise self._lost
        now_s = self._clock()
        if grab is not None:
            self._heard_s = now_s
        elif now_s - self._heard_s > self._read_timeout_s:
            raise SourceLost(f"silent for {now_s - self._heard_s:.1f} s")
        return grab

    def close(self) -> None:
        with self._changed:
            self._closed = True

    def _pump(self) -> None:
        try:
            while not self._closed:
                grab = self._inner.read()
                with self._changed:
                    self._grab = grab or self._grab
                    self._changed.notify_all()
        except SourceLost as lost:
            with self._changed:
                self._lost = lost
                self._changed.notify_all()
        finally:
            self._inner.close()
