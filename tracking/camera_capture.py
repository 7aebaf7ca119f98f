"""One camera's thread: keep its source open, stamp each picture once, hold only the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from calibration.errors import BadInput
from tracking.capture_rate import GAP_INTERVALS, FrameRate, StreamLag
from tracking.capture_readers import Bgr, Grab, Reader, SourceEnded, SourceLost, open_reader
from tracking.capture_sources import CaptureSettings, Clock, Source
from tracking.records import CameraHealth


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a camera: ``time_s`` monotonic on receipt, ``index`` counts those received, BGR."""

    camera: str
    time_s: float
    index: int
    bgr: Bgr


def check_size(source: Source, picture: Bgr) -> None:
    """Raises BadInput where a picture is not of the size that the camera's calibration holds for."""
    height, width = picture.shape[:2]
    if (width, height) != source.size_px:
        raise BadInput(
            f"camera {source.camera!r}: size_px is {source.size_px[0]} x {source.size_px[1]}, "
            f"but its source {source.shown} gives {width} x {height} pictures"
        )


class _Opening:
    """Opens a source on a thread of its own, so that a stop need not wait for a time-out.

    Abandoned, it ends by itself within the open time-out and closes what it opened.
    """

    def __init__(self, source: Source, settings: CaptureSettings, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._abandoned = False
        self._done = threading.Event()
        self._reader: Reader | None = None
        self._error = ""

        def work() -> None:
            try:
                reader = open_reader(source, settings, clock)
            except SourceLost as lost:
                self._error = str(lost)
            except Exception as error:  # noqa: BLE001 - whatever a stream makes FFmpeg's binding raise, it is tried again
                self._error = f"cannot be opened: {type(error).__name__}"
            else:
                with self._lock:
                    if not self._abandoned:
                        self._reader = reader
                if self._reader is None:
                    reader.close()
            self._done.set()

        threading.Thread(target=work, name=f"open {source.camera}", daemon=True).start()

    def wait(self, stop: threading.Event) -> Reader | None:
        """The open source, or None when stopped. Raises SourceLost."""
        while not self._done.wait(0.05):
            if stop.is_set():
                with self._lock:
                    self._abandoned = True
                    if self._reader is not None:
                        self._reader.close()
                return None
        if self._reader is None:
            raise SourceLost(self._error)
        return self._reader


class CameraCapture:
    """Reads one source on one thread until stopped; everything public may be called from any thread."""

    def __init__(
        self,
        source: Source,
        settings: CaptureSettings,
        changed: threading.Condition,
        clock: Clock = time.monotonic,
    ) -> None:
        self.source = source
        self._settings = settings
        self._clock = clock
        self._changed = changed
        self._stop = threading.Event()
        self._newest: Frame | None = None
        self._rate = FrameRate(source.rate_hz)
        self._received = 0
        self._late = 0
        self._sessions = 0
        self._open = False
        self._message = "not started"
        self._fault: BadInput | None = None
        self._thread = threading.Thread(target=self._run, name=f"camera {source.camera}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True when it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def newest(self) -> Frame | None:
        """The newest picture; call with the condition held."""
        return self._newest

    @property
    def fault(self) -> BadInput | None:
        """What is wrong with the site file; call with the condition held."""
        return self._fault

    def health(self, now_s: float) -> CameraHealth:
        """State at ``now_s``, a time of the same clock."""
        with self._changed:
            silence_s = self._rate.silence_s(now_s)
            silent_after_s = max(self._settings.silent_after_s, GAP_INTERVALS * self._rate.interval_s)
            fresh = silence_s is not None and silence_s <= silent_after_s
            message = self._message
            if self._open and not fresh:
                message = "no picture yet" if silence_s is None else f"no picture for {silence_s:.1f} s"
            elif not message and not self._thread.is_alive():
                message = "capture failed and has ended"
            return CameraHealth(
                camera=self.source.camera,
                time_s=now_s,
                ready_s=now_s,
                connected=self._open and fresh,
                rate_hz=round(self._rate.rate_hz(now_s), 3),
                gaps=self._rate.gaps(now_s),
                reconnects=max(0, self._sessions - 1),
                message=message,
            )

    def _run(self) -> None:
        delay_s = self._settings.backoff_first_s
        while not self._stop.is_set():
            sessions = self._sessions
            try:
                self._session()
            except SourceEnded as ended:
                if not self._settings.loop_files:
                    self._say(str(ended))
                    return
                continue
            except SourceLost as lost:
                self._say(f"{self.source.shown}: {lost}")
            except BadInput as wrong:
                self._say(str(wrong), wrong)
            if self._sessions > sessions:
                delay_s = self._settings.backoff_first_s
            self._stop.wait(delay_s)
            delay_s = min(2.0 * delay_s, self._settings.backoff_most_s)
        self._say("stopped")

    def _session(self) -> None:
        """Open the source and read it until it is lost (SourceLost) or a stop is asked for."""
        reader = _Opening(self.source, self._settings, self._clock).wait(self._stop)
        if reader is None:
            return
        try:
            publish = self._paced(self._publish) if self.source.kind == "file" else self._timely(self._publish)
            first = True
            while not self._stop.is_set():
                grab = reader.read()
                if grab is None:
                    continue
                check_size(self.source, grab.bgr)
                if first:
                    with self._changed:
                        self._sessions += 1
                        self._open, self._message, first = True, "", False
                publish(grab)
        finally:
            with self._changed:
                self._open = False
            reader.close()

    def _paced(self, publish: Callable[[Grab], None]) -> Callable[[Grab], None]:
        """Let a file's pictures out when they are due, stamped then."""
        began_s = self._clock()
        first_s: float | None = None
        count = 0

        def take(grab: Grab) -> None:
            nonlocal first_s, count
            stream_s = count / self.source.rate_hz if grab.stream_s is None else grab.stream_s
            first_s = stream_s if first_s is None else first_s
            count += 1
            self._stop.wait(max(0.0, began_s + stream_s - first_s - self._clock()))
            publish(Grab(self._clock(), stream_s, grab.bgr))

        return take

    def _timely(self, publish: Callable[[Grab], None]) -> Callable[[Grab], None]:
        """Drop pictures that were old on receipt; a stream that stays behind is given up."""
        lag = StreamLag()
        late_since_s: float | None = None

        def take(grab: Grab) -> None:
            nonlocal late_since_s
            lag_s = lag.add(grab.received_s, grab.stream_s)
            if lag_s <= self._settings.late_limit_s:
                late_since_s = None
                publish(grab)
                return
            self._late += 1
            late_since_s = grab.received_s if late_since_s is None else late_since_s
            if grab.received_s - late_since_s > self._settings.behind_limit_s:
                raise SourceLost(f"{lag_s:.1f} s behind")

        return take

    def _publish(self, grab: Grab) -> None:
        with self._changed:
            if self._rate.last_s is not None and grab.received_s <= self._rate.last_s:
                return  # two pictures out of one packet: the stamps of a camera must rise
            self._rate.add(grab.received_s)
            self._newest = Frame(self.source.camera, grab.received_s, self._received, grab.bgr)
            self._received += 1
            self._changed.notify_all()

    def _say(self, message: str, fault: BadInput | None = None) -> None:
        with self._changed:
            self._message = message
            # A site file that once fitted was right: then the camera changed, and may change back.
            self._fault = fault if self._received == 0 else None
            self._changed.notify_all()
