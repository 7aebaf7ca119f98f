"""What do the cameras see now? All cameras of a site, one thread each, newest picture only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from calibration.errors import BadInput
from calibration.site import CameraTable
from tracking.camera_capture import CameraCapture, Frame, check_size
from tracking.capture_readers import SourceLost, open_reader
from tracking.capture_sources import CaptureSettings, Clock, Source, camera_source
from tracking.records import CameraHealth

__all__ = ["CaptureGroup", "CaptureSettings", "Frame"]


class CaptureGroup:
    """Captures from every camera of a site that has a source.

    Each camera keeps one slot with its newest picture: a slow reader misses pictures and never
    sees old ones. Use as a context manager, or call ``start`` and ``stop``.

    Raises:
        BadInput: a source that cannot be meant, a video file that is missing, unreadable or of
            another size than the camera's ``size_px``.
    """

    def __init__(
        self,
        cameras: Iterable[CameraTable],
        base_folder: Path,
        settings: CaptureSettings | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        settings = settings or CaptureSettings()
        self._clock = clock
        self._changed = threading.Condition(threading.RLock())
        sources = [camera_source(table, base_folder) for table in cameras if table.source is not None]
        for source in sources:
            if source.kind == "file":
                _check_file(source, settings, clock)
        self._cameras = tuple(CameraCapture(source, settings, self._changed, clock) for source in sources)

    @property
    def names(self) -> tuple[str, ...]:
        """The cameras that are captured, in the order of the site file."""
        return tuple(camera.source.camera for camera in self._cameras)

    def start(self) -> None:
        for camera in self._cameras:
            camera.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """End every thread; True when all have ended within ``timeout_s``, however silent a stream is."""
        for camera in self._cameras:
            camera.ask_to_stop()
        deadline_s = self._clock() + timeout_s
        ended = [camera.join(max(0.0, deadline_s - self._clock())) for camera in self._cameras]
        return all(ended)

    def newest(self, after: Mapping[str, int]) -> list[Frame]:
        """Newest pictures that are newer than index ``after[camera]``, at most one a camera, oldest first.

        Raises:
            BadInput: a camera's very first picture is of another size than the site file says.
        """
        with self._changed:
            return self._newer(after)

    def wait(self, after: Mapping[str, int], timeout_s: float) -> list[Frame]:
        """As ``newest``, but waits up to ``timeout_s`` for the first such picture."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._newer(after)), timeout_s)
            return self._newer(after)

    def health(self, now_s: float) -> list[CameraHealth]:
        """State of every camera at ``now_s``, a time of the clock that stamps the pictures."""
        return [camera.health(now_s) for camera in self._cameras]

    def _newer(self, after: Mapping[str, int]) -> list[Frame]:
        fault = next((camera.fault for camera in self._cameras if camera.fault is not None), None)
        if fault is not None:
            raise fault
        newest = [camera.newest for camera in self._cameras]
        frames = [frame for frame in newest if frame is not None and frame.index > after.get(frame.camera, -1)]
        return sorted(frames, key=lambda frame: frame.time_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _check_file(source: Source, settings: CaptureSettings, clock: Clock) -> None:
    """A file is there or not: say so before anything starts."""
    where = f"camera {source.camera!r}: source {source.shown}"
    if not Path(str(source.address)).is_file():
        raise BadInput(f"{where} is not a file, expected a video file")
    try:
        reader = open_reader(source, settings, clock)
        try:
            grab = reader.read()
        finally:
            reader.close()
    except SourceLost as lost:
        raise BadInput(f"{where} cannot be read as video ({lost})") from lost
    if grab is not None:
        check_size(source, grab.bgr)
