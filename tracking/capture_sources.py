"""Where do pictures come from? A video file, a network stream or a USB device behind one interface."""

from __future__ import annotations

import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import CameraTable
from tracking.video_file import bgr_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

Clock = Callable[[], float]
Bgr = NDArray[np.uint8]

_STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How patient capture is. One for all cameras of a site."""

    open_timeout_s: float = 5.0
    read_timeout_s: float = 3.0
    poll_s: float = 0.4
    """Longest single wait inside a read: a stop is noticed within it."""
    backoff_first_s: float = 0.5
    backoff_most_s: float = 10.0
    late_limit_s: float = 0.5
    """Pictures that a stream delivers later than this are dropped."""
    behind_limit_s: float = 5.0
    """A stream that stays late for longer than this is opened anew."""
    silent_after_s: float = 1.0
    """A camera without a picture for this long (or 2.5 intervals) does not count as connected."""
    loop_files: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What one camera is read from: the part of its table that capture needs."""

    camera: str
    kind: Literal["file", "stream", "device"]
    address: str | int
    size_px: tuple[int, int]
    rate_hz: float

    @property
    def shown(self) -> str:
        """The address without the user name and password that a URL may carry."""
        return re.sub(r"(?<=://)[^/@]*@", "", str(self.address))


def camera_source(table: CameraTable, base_folder: Path) -> Source:
    """Read the source of a camera table; file names are relative to ``base_folder``.

    Raises:
        BadInput: the table has no source, or one with a scheme that cannot be read.
    """
    given = table.source
    where = f"camera {table.name!r}: source"
    if given is None or given == "":
        raise BadInput(f"{where} is absent, expected a video file, a device number or an rtsp/http address")
    kind: Literal["file", "stream", "device"] = "file"
    address: str | int = given
    if isinstance(given, int) or re.fullmatch(r"\d+", given) or given.startswith("/dev/video"):
        kind, address = "device", int(given) if str(given).isdigit() else given
    elif (scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", given)) is not None:
        if scheme[1].lower() not in _STREAM_SCHEMES:
            raise BadInput(f"{where} has the scheme {scheme[1]!r}, expected one of {', '.join(_STREAM_SCHEMES)}")
        kind = "stream"
    else:
        address = str(base_folder / given)
    return Source(table.name, kind, address, table.size_px, table.rate_hz)


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
        return DeviceReader(source, settings, clock)
    return AvReader(source, settings, clock)


def _reason(error: Exception) -> str:
    """The cause without the address that FFmpeg adds to it."""
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()


class AvReader:
    """A file or network stream through PyAV (FFmpeg)."""

    def __init__(self, source: Source, settings: CaptureSettings, clock: Clock) -> None:
        import av

        self._clock = clock
        self._live = source.kind == "stream"
        # Only RTP stamps come from the camera; over HTTP the demuxer invents them.
        self._timed = not self._live or str(source.address).lower().startswith("rtsp")
        self._ready: deque[Grab] = deque()
        self._read_timeout_s = settings.read_timeout_s
        self._silent_since_s = clock()
        try:
            if self._live:
                self._container: InputContainer = av.open(
                    str(source.address),
                    options=_stream_options(str(source.address)),
                    timeout=(settings.open_timeout_s, settings.poll_s),
                )
            else:
                self._container = av.open(str(source.address))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SourceLost(f"cannot be opened: {_reason(error)}") from error
        if not self._container.streams.video:
            self._container.close()
            raise SourceLost("has no video stream")
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
                # The poll time is over: FFmpeg's demuxer stays usable, PyAV's generator does not.
                self._packets = self._container.demux(self._stream)
                silence_s = self._clock() - self._silent_since_s
                if silence_s > self._read_timeout_s:
                    raise SourceLost(f"silent for {silence_s:.1f} s") from None
                return None
            except StopIteration:
                raise (SourceLost("closed by the other side") if self._live else SourceEnded("end of file")) from None
            except (av.FFmpegError, OSError) as error:
                raise SourceLost(f"broke off: {_reason(error)}") from error
            received_s = self._silent_since_s = self._clock()
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue  # a damaged packet: the pause that it leaves is counted as a gap
            for frame in frames:
                stream_s = float(frame.time) if self._timed and frame.time is not None else None
                self._ready.append(Grab(received_s, stream_s, bgr_of(frame)))
        return self._ready.popleft()

    def close(self) -> None:
        self._container.close()


def _stream_options(url: str) -> dict[str, str]:
    # Short analysis: the picture's size and codec are in the first key frame; low latency otherwise.
    options = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000", "probesize": "1000000"}
    if url.lower().startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    return options


class DeviceReader:
    """A USB camera through OpenCV.

    A driver may block far longer than a stop may take, so a thread of its own pulls the pictures,
    and ends by itself once the driver lets go.
    """

    def __init__(self, source: Source, settings: CaptureSettings, clock: Clock) -> None:
        address = source.address
        path = f"/dev/video{address}" if isinstance(address, int) else address
        if sys.platform == "linux" and not Path(path).exists():
            raise SourceLost(f"there is no {path}")
        import cv2

        self._capture = cv2.VideoCapture(address)
        if not self._capture.isOpened():
            raise SourceLost("the device cannot be opened")
        # Most USB cameras reach their full size at full rate only as Motion JPEG.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, source.size_px[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, source.size_px[1])
        self._capture.set(cv2.CAP_PROP_FPS, source.rate_hz)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._clock = clock
        self._poll_s, self._read_timeout_s = settings.poll_s, settings.read_timeout_s
        self._last_s = clock()
        self._changed = threading.Condition()
        self._grab: Grab | None = None
        self._lost = self._closed = False
        threading.Thread(target=self._pull, name=f"device {source.camera}", daemon=True).start()

    def read(self) -> Grab | None:
        with self._changed:
            self._changed.wait_for(lambda: self._grab is not None or self._lost, self._poll_s)
            grab, self._grab = self._grab, None
            if grab is None and self._lost:
                raise SourceLost("the device gives no more pictures")
        now_s = self._clock()
        if grab is not None:
            self._last_s = now_s
        elif now_s - self._last_s > self._read_timeout_s:
            raise SourceLost(f"silent for {now_s - self._last_s:.1f} s")
        return grab

    def close(self) -> None:
        with self._changed:
            self._closed = True

    def _pull(self) -> None:
        while True:
            ok, picture = self._capture.read()
            received_s = self._clock()
            with self._changed:
                if ok and not self._closed:
                    self._grab = Grab(received_s, None, np.asarray(picture, np.uint8))
                self._lost = not ok
                self._changed.notify_all()
                if self._closed or not ok:
                    break
        self._capture.release()
