"""What was seen and decided around an instant: the seconds of a recording that a person looks at again."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calibration.errors import BadInput, Unavailable
from calibration.site import Site
from recordings.store import Recording
from recordings.video_codec import jpeg_of
from safety.records import Picture, Snapshot
from tracking.records import Boxes

BEFORE_S = AFTER_S = 10.0
WIDTH_PX = 640
_STAMP = re.compile(r"-(\d{8}T\d{6}Z)\.mcap$")
_SLACK_S = 2.0

Shown = Snapshot | Boxes | Picture


@dataclass(frozen=True, slots=True)
class Clip:
    """What was shown from ``from_s`` to ``to_s`` of the recording's own time, in order; ``moment_s`` is the instant.

    ``wall_offset_s`` is Unix time minus the recording's own.
    """

    recording: Path
    site: Site
    from_s: float
    to_s: float
    moment_s: float
    wall_offset_s: float
    shown: tuple[Shown, ...]
    _times_s: tuple[float, ...] = field(repr=False)

    @property
    def ticks_s(self) -> tuple[float, ...]:
        """When something was decided: the steps of a clip."""
        return tuple(record.time_s for record in self.shown if isinstance(record, Snapshot))

    def until(self, time_s: float) -> Iterator[Shown]:
        """What stands on the screen at a time: the newest snapshot, and the newest boxes and picture of each camera."""
        newest: dict[tuple[str, str], Shown] = {}
        for record in self.shown[: bisect.bisect_right(self._times_s, time_s + 1e-9)]:
            newest[type(record).__name__, getattr(record, "camera", "")] = record
        return iter(newest.values())


def recording_of(folder: Path, wall_s: float) -> Path:
    """The live recording that runs at an instant (Unix time), by the stamp in its name.

    Raises Unavailable where there is none: deleted after its retention time, or never made.
    """
    started = sorted((_started_s(path), path) for path in folder.glob("*.mcap") if _STAMP.search(path.name))
    # A file bears the second in which it began.
    k = bisect.bisect_right([start for start, _ in started], wall_s + 1.0) - 1
    if k < 0:
        raise Unavailable(f"{folder}: no recording of {_words(wall_s)}, the oldest there is begins later")
    return started[k][1]


def load_clip(folder: Path, wall_s: float, before_s: float = BEFORE_S, after_s: float = AFTER_S) -> Clip:
    """Read the seconds around an instant (Unix time) from the recordings of a live engine.

    Raises:
        Unavailable: no recording holds that instant.
        BadInput: the recording cannot be read.
    """
    path = recording_of(folder, wall_s)
    recording = Recording(path)
    moment_s = wall_s - recording.info.wall_offset_s
    if not recording.info.start_s - _SLACK_S <= moment_s <= recording.info.end_s + _SLACK_S:
        raise Unavailable(f"{path}: ends before {_words(wall_s)}; nothing was recorded then")
    from_s, to_s = moment_s - before_s, moment_s + after_s
    shown: list[Shown] = []
    # Boxes, and pictures of detect nodes, are logged a little after they were taken.
    for _, record in recording.records((Snapshot, Boxes, Picture), from_s, to_s + _SLACK_S):
        if isinstance(record, Snapshot | Boxes | Picture) and from_s <= record.time_s <= to_s:
            shown.append(record)
    for frame in recording.frames(from_s=from_s, to_s=to_s):
        width = frame.bgr.shape[1]
        picture = Picture(
            camera=frame.camera,
            time_s=frame.time_s,
            scale=min(1.0, WIDTH_PX / width),
            jpeg=jpeg_of(frame.bgr, WIDTH_PX),
        )
        shown.append(picture)
    shown.sort(key=lambda record: record.time_s)
    if not any(isinstance(record, Snapshot) for record in shown):
        raise BadInput(f"{path}: holds no decisions around {_words(wall_s)}, expected a recording of a live engine")
    times = tuple(record.time_s for record in shown)
    span = (max(from_s, times[0]), min(to_s, times[-1]))
    return Clip(path, recording.site(), *span, moment_s, recording.info.wall_offset_s, tuple(shown), times)


def _started_s(path: Path) -> float:
    found = _STAMP.search(path.name)
    assert found is not None
    return dt.datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC).timestamp()


def _words(wall_s: float) -> str:
    return dt.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d %H:%M:%S")
