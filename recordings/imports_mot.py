"""How do the box files of several cameras become a recording?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from calibration.errors import BadInput
from recordings.imports import check_cameras, check_rate, import_site, new_import, write_inputs
from recordings.store import Recording, RecordingInfo
from tracking.mot_boxes import read_mot_boxes
from tracking.records import Box, Boxes

_MOST_FRAMES = 10_000_000  # eleven days at 10 Hz; a larger number stands in a wrong column


def import_mot(
    site_path: Path | str, rate_hz: float, files: Mapping[str, Path | str], out: Path | str
) -> RecordingInfo:
    """Write MOT boxes per camera (``files``: camera name to file) as a recording at ``out``.

    Frame n was taken at (n - 1) / ``rate_hz``. Raises BadInput; nothing is then left behind.
    """
    check_rate(rate_hz)
    text, site = import_site(site_path)
    check_cameras(site_path, site, files)
    boxes = {camera: read_mot_boxes(path) for camera, path in files.items()}
    for camera, frames in boxes.items():
        if not frames:
            raise BadInput(f"{files[camera]}: holds no boxes, expected frame,id,left,top,width,height,score")
        if max(frames) > _MOST_FRAMES:
            raise BadInput(f"{files[camera]}: frame {max(frames)}, expected numbers up to {_MOST_FRAMES}")
    with new_import(out, text, "mot") as writer:
        write_inputs(writer, _events(boxes, rate_hz))
    return Recording(out).info


def _events(boxes: Mapping[str, Mapping[int, tuple[Box, ...]]], rate_hz: float) -> Iterator[Boxes]:
    """Cameras are synchronous: each gives boxes for every frame between the first and the last of all.

    A frame that a file leaves out was taken too, and nobody was seen in it.
    """
    first = min(frame for frames in boxes.values() for frame in frames)
    last = max(frame for frames in boxes.values() for frame in frames)
    for frame in range(first, last + 1):
        time_s = (frame - 1) / rate_hz
        for camera in sorted(boxes):
            yield Boxes(camera=camera, time_s=time_s, ready_s=time_s, boxes=boxes[camera].get(frame, ()))
