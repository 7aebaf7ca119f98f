"""Where a live engine's inputs come from: the site's cameras, or a recording played at its own pace."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.site import Site
from recordings.replay import ready_s
from recordings.store import Recording
from recordings.store_read import VideoFrame
from safety.attention import Attention
from safety.records import Picture, Snapshot
from tracking.capture import CaptureGroup, CaptureSettings
from tracking.detector import Detector
from tracking.inspection import Inspector, Shot
from tracking.records import Boxes, Input, PictureHealth

if TYPE_CHECKING:
    from tracking.fiducial import HookTags

Bgr = NDArray[np.uint8]
_HEALTH_PERIOD_S = 1.0
_TAG_PERIOD_S = 0.2
_PICTURE_PERIOD_S = 0.2
_PICTURE_WIDTH_PX = 480
_JPEG_QUALITY = 70
_POLL_S = 0.02
_LAST_LOOKS_S = 1.0


class Sink(Protocol):
    """Where a source puts what it has. Every call returns at once and may come from any thread."""

    def put(self, item: Input) -> None:
        """An input of the core."""

    def show(self, picture: Picture) -> None:
        """A reduced picture for consoles."""

    def keep(self, camera: str, time_s: float, bgr: Bgr) -> None:
        """A full picture for the recording."""


class LiveSource(Protocol):
    """Feeds a sink from a thread of its own."""

    def start(self, sink: Sink) -> None:
        """Begin."""

    def stop(self) -> None:
        """End within about a second."""

    def attend(self, snapshot: Snapshot) -> None:
        """What was decided last, which says where a look is worth most. Returns at once."""

    def take_site(self, site: Site) -> None:
        """Another version of the site, with the same cameras, holds from now on. Returns at once."""

    @property
    def finished(self) -> bool:
        """Nothing more will come."""

    @property
    def fault(self) -> BaseException | None:
        """What ended the source before its time."""


class _Threaded:
    """One thread that ends when asked to; what it raises is kept as ``fault``."""

    def __init__(self, name: str) -> None:
        self._ending = threading.Event()
        self._done = threading.Event()
        self._fault: BaseException | None = None
        self._name = name
        self._thread: threading.Thread | None = None
        self._newest: Snapshot | None = None
        self._fresh: Site | None = None
        """A version of the site that the thread has not taken in yet."""

    def attend(self, snapshot: Snapshot) -> None:
        self._newest = snapshot

    def take_site(self, site: Site) -> None:
        self._fresh = site

    @property
    def finished(self) -> bool:
        return self._done.is_set()

    @property
    def fault(self) -> BaseException | None:
        return self._fault

    def start(self, sink: Sink) -> None:
        def run() -> None:
            try:
                self._run(sink)
            except BaseException as error:  # noqa: BLE001 - the engine ends on it, silence is a stop
                self._fault = error
            finally:
                self._done.set()

        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def _run(self, sink: Sink) -> None:
        raise RuntimeError(f"{type(self).__name__} does not say what to run")


class _Gallery:
    """Reduced pictures for consoles, a few a second and camera."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._shown_s: dict[str, float] = {}

    def offer(self, camera: str, time_s: float, bgr: Bgr) -> None:
        if time_s - self._shown_s.get(camera, -1e9) < _PICTURE_PERIOD_S:
            return
        import cv2

        self._shown_s[camera] = time_s
        scale = min(1.0, _PICTURE_WIDTH_PX / bgr.shape[1])
        size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        done, jpeg = cv2.imencode(".jpg", small, [int(cv2.IMWRITE_JPEG_QUALITY), _JPEG_QUALITY])
        if done:
            self._sink.show(Picture(camera=camera, time_s=time_s, scale=scale, jpeg=jpeg.tobytes()))


class _Looks:
    """A detector fed by what the newest decision says: the camera that is most worth a look goes first."""

    def __init__(self, site: Site, detector: Detector, base_folder: Path | None = None) -> None:
        from tracking.picture_group import PictureWatches

        self._inspector = Inspector(detector, site.policy.camera_stale_s, site.policy.still_skip_s)
        self._attention = Attention(site)
        self._skips = site.policy.still_skip_s > 0.0
        self._watches = PictureWatches(site, base_folder)

    def take_site(self, site: Site) -> None:
        """Other structures hide other floor, other hoists are worth a look."""
        self._attention = Attention(site)

    @property
    def waiting(self) -> bool:
        """Whether a picture waits for the detector."""
        return self._inspector.waiting > 0

    @property
    def busy(self) -> bool:
        """Whether a picture waits or is in flight."""
        return self._inspector.busy

    def offer(self, shots: Sequence[Shot], sink: Sink, newest: Snapshot | None, now_s: float) -> None:
        """Take the newest pictures in, each in the place of an older one of its camera; say what ails a camera."""
        for shot in shots:
            if (health := self._watches.look(shot.camera, shot.time_s, shot.bgr)) is not None:
                sink.put(health)
        quiet = self._attention.quiet(newest, now_s) if self._skips and shots else frozenset()
        for shot in shots:
            self._inspector.offer(shot, shot.camera in quiet)

    def feed(self, newest: Snapshot | None, now_s: float) -> list[Shot]:
        """Give the detector as much as it takes; the pictures that went."""
        if not self.waiting:
            return []
        return self._inspector.feed(now_s, self._attention.weights(newest, now_s))

    def collect(self, sink: Sink, timeout_s: float) -> int:
        """Hand on what is done; how many pictures that were."""
        done = self._inspector.collect(timeout_s)
        for camera, time_s, boxes in done:
            sigma_px = self._watches.sigma_px(camera)
            sink.put(Boxes(camera=camera, time_s=time_s, ready_s=time_s, boxes=boxes, sigma_px=sigma_px))
        return len(done)


class IdleSource(_Threaded):
    """No pictures of its own: all cameras of the site hang on detect nodes."""

    def __init__(self) -> None:
        super().__init__("idle")

    def _run(self, sink: Sink) -> None:
        self._ending.wait()


class CameraSource(_Threaded):
    """The site's cameras through the detector, and hook tags where the site has them.

    Newest picture wins: while the detector is busy, older pictures are replaced, never queued.
    """

    def __init__(self, site: Site, base_folder: Path, detector: Detector) -> None:
        super().__init__("cameras")
        self._group = CaptureGroup(
            site.camera, base_folder, CaptureSettings(silent_after_s=site.policy.camera_silent_s)
        )
        self._detector = detector
        self._looks = _Looks(site, detector, base_folder)
        self._tags = _tag_readers(site)
        self._tagged_s: dict[str, float] = {}

    def _run(self, sink: Sink) -> None:
        after: dict[str, int] = {}
        gallery = _Gallery(sink)
        health_s = 0.0
        told: set[str] = set()
        with self._group:
            while not self._ending.is_set():
                if self._fresh is not None:
                    site, self._fresh = self._fresh, None
                    self._looks.take_site(site)
                    self._tags = _tag_readers(site)
                waits = self._looks.waiting
                frames = self._group.newest(after) if waits else self._group.wait(after, _POLL_S)
                after |= {frame.camera: frame.index for frame in frames}
                now_s = time.monotonic()
                self._looks.offer([Shot(f.camera, f.time_s, f.bgr) for f in frames], sink, self._newest, now_s)
                went = self._looks.feed(self._newest, now_s)
                for shot in went:
                    self._beside(shot, sink, gallery)
                self._looks.collect(sink, _POLL_S if waits or went else 0.0)
                now_s = time.monotonic()
                healths = self._group.health(now_s)
                connected = {health.camera for health in healths if health.connected}
                # A camera that is lost or found is told at once, all else once a second.
                if connected != told or now_s - health_s >= _HEALTH_PERIOD_S:
                    health_s, told = now_s, connected
                    for health in healths:
                        sink.put(health)
        self._detector.close()

    def _beside(self, frame: Shot, sink: Sink, gallery: _Gallery) -> None:
        """What else a picture is good for than detection."""
        sink.keep(frame.camera, frame.time_s, frame.bgr)
        gallery.offer(frame.camera, frame.time_s, frame.bgr)
        tags = self._tags.get(frame.camera)
        # A tag costs as much as a detection, and a hoist is slow: a few looks a second are enough.
        if tags is not None and frame.time_s - self._tagged_s.get(frame.camera, -1e9) >= _TAG_PERIOD_S:
            self._tagged_s[frame.camera] = frame.time_s
            sink.put(tags.sight(frame.bgr, frame.time_s, frame.time_s))


class PlaybackSource(_Threaded):
    """A recording in real time, its times moved to now; with a detector, its video is looked at again."""

    def __init__(self, site: Site, recording: Recording, detector: Detector | None = None, speed: float = 1.0) -> None:
        super().__init__("playback")
        self._recording = recording
        self._looks = None if detector is None else _Looks(site, detector)
        self._speed = speed
        self._again = set(recording.info.video_cameras) if detector else set()

    def _run(self, sink: Sink) -> None:
        start_s = time.monotonic() + 0.5
        first_s = self._recording.info.start_s
        gallery = _Gallery(sink)

        def moved(at_s: float) -> float:
            return start_s + (at_s - first_s) / self._speed

        for due_s, item in self._items():
            while (left_s := moved(due_s) - time.monotonic()) > 0 and not self._ending.is_set():
                self._collect(sink, min(left_s, _POLL_S))
            if self._ending.is_set():
                return
            if isinstance(item, VideoFrame):
                self._picture(item, moved(item.time_s), sink, gallery)
            else:
                sink.put(_moved(item, moved(item.time_s), moved(due_s)))
        end_s = time.monotonic() + _LAST_LOOKS_S
        while self._looks is not None and self._looks.busy and time.monotonic() < end_s:
            self._collect(sink, _POLL_S)

    def _items(self) -> Iterator[tuple[float, Input | VideoFrame]]:
        inputs: Iterator[tuple[float, Input | VideoFrame]] = (
            (ready_s(t, e), e)
            for t, e in self._recording.timed_events()
            if isinstance(e, Input) and not (isinstance(e, Boxes | PictureHealth) and e.camera in self._again)
        )
        frames = ((f.ready_s, f) for f in self._recording.frames())
        return heapq.merge(inputs, frames, key=lambda item: item[0])

    def _picture(self, frame: VideoFrame, time_s: float, sink: Sink, gallery: _Gallery) -> None:
        gallery.offer(frame.camera, time_s, frame.bgr)
        sink.keep(frame.camera, time_s, frame.bgr)
        if self._looks is not None:
            self._looks.offer([Shot(frame.camera, time_s, frame.bgr)], sink, self._newest, time.monotonic())
            self._collect(sink, 0.0)

    def _collect(self, sink: Sink, timeout_s: float) -> None:
        if self._looks is None:
            self._ending.wait(timeout_s)
            return
        if self._fresh is not None:
            site, self._fresh = self._fresh, None
            self._looks.take_site(site)
        started_s = time.monotonic()
        self._looks.feed(self._newest, started_s)
        if not self._looks.collect(sink, timeout_s):
            self._ending.wait(max(0.0, timeout_s - (time.monotonic() - started_s)))


def _moved(item: Input, time_s: float, ready_s: float) -> Input:
    """An input of another time, with all its stamps."""
    if isinstance(item, PictureHealth):
        return msgspec.structs.replace(
            item, time_s=time_s, ready_s=ready_s, since_s=item.since_s + time_s - item.time_s
        )
    return msgspec.structs.replace(item, time_s=time_s, ready_s=ready_s)


def _tag_readers(site: Site) -> dict[str, HookTags]:
    """Per camera, the reader of all hook tags of the site; nothing where there are none."""
    if not any(h.tag is not None for h in site.hoist):
        return {}
    from tracking.fiducial import HookTags

    return {table.name: HookTags(site.hoist, Camera.from_table(table)) for table in site.camera}
