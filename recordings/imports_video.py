"""How do video files, with the telemetry of the hoists, become a recording?"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import Site
from recordings.imports import check_cameras, check_rate, import_site, new_import
from recordings.store import Recording, RecordingInfo, RecordingWriter
from recordings.telemetry_csv import read_telemetry
from tracking.records import Telemetry
from tracking.video_file import VideoFrames, frames_of

Progress = Callable[[int, int | None], None]
"""Called after each picture with the pictures done and, where every file says it, their total."""


@dataclass(frozen=True, slots=True)
class _Shot:
    camera: str
    time_s: float
    bgr: NDArray[np.uint8]


def import_video(
    site_path: Path | str,
    files: Mapping[str, Path | str],
    rate_hz: float | None,
    telemetry: Path | str | None,
    out: Path | str,
    progress: Progress | None = None,
    allow_cut: bool = False,
) -> RecordingInfo:
    """Write videos (``files``: camera name to file) and telemetry as a recording at ``out``.

    All files begin at time 0; picture times are the container's own, or number / ``rate_hz``.
    Telemetry behind the end of the longest video is left out: there nobody watched.

    Raises BadInput, and leaves nothing behind, for an unknown camera or hoist, a picture size other
    than the site's, an empty telemetry file, and a video that is damaged or ends before what it
    announces; with ``allow_cut`` such a video counts as far as it goes.
    """
    if rate_hz is not None:
        check_rate(rate_hz)
    text, site = import_site(site_path)
    check_cameras(site_path, site, files)
    events = [] if telemetry is None else read_telemetry(telemetry, site)
    with ExitStack() as open_files:
        videos = {camera: open_files.enter_context(frames_of(files[camera], rate_hz)) for camera in sorted(files)}
        for camera, video in videos.items():
            _check_size(site, camera, video)
        with new_import(out, text, "video") as writer:
            _write(writer, videos, events, progress)
            if not allow_cut:
                _check_whole(videos)
    return Recording(out).info


def _write(
    writer: RecordingWriter, videos: Mapping[str, VideoFrames], events: list[Telemetry], progress: Progress | None
) -> None:
    announced = [video.announced for video in videos.values()]
    total = sum(announced) if all(announced) else None
    left = iter(events)
    waiting = next(left, None)
    shots = heapq.merge(*(_shots(*item) for item in videos.items()), key=lambda shot: (shot.time_s, shot.camera))
    for done, shot in enumerate(shots, start=1):
        while waiting is not None and waiting.time_s <= shot.time_s:
            writer.write(waiting, waiting.ready_s)
            waiting = next(left, None)
        writer.write_frame(shot.camera, shot.time_s, shot.bgr, shot.time_s)
        if progress is not None:
            progress(done, total)


def _shots(camera: str, video: VideoFrames) -> Iterator[_Shot]:
    for frame in video:
        yield _Shot(camera, frame.time_s, frame.bgr)


def _check_size(site: Site, camera: str, video: VideoFrames) -> None:
    table = site.camera_named(camera)
    if table is not None and table.size_px != video.size_px:
        raise BadInput(
            f"{video.path}: pictures are {video.size_px[0]} x {video.size_px[1]} px, expected size_px of "
            f"camera {camera!r} of the site, {table.size_px[0]} x {table.size_px[1]}"
        )


def _check_whole(videos: Mapping[str, VideoFrames]) -> None:
    for video in videos.values():
        if video.end is not None and not video.end.complete:
            raise BadInput(f"{video.end.message}; expected a whole video (--allow-cut imports what is there)")
