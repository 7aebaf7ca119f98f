"""A clip as a video file for people outside: heads made unrecognisable unless an engineer has given a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from recordings.clips import Clip
from recordings.faces import blurred, heads_of
from recordings.mp4_file import Mp4File
from safety.records import Picture, Snapshot
from tracking.records import Boxes
from ui.clip_picture import TilePicture, picture_of, size_of
from ui.health_model import Tile
from ui.review_model import moment_of
from ui.text import Language, say

RATE_HZ = 10


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to write: where, in which language, and whether heads stay as they are. ``what`` names the event."""

    path: Path
    language: Language
    faces: bool
    what: str


def write_clip(clip: Clip, order: ExportOrder, progress: Callable[[float], bool]) -> bool:
    """Write the clip as an MP4 of all cameras, in real time. ``progress`` gets 0 to 1 and ends it by False.

    Returns whether it was written to its end; else nothing of the file is left.

    Raises:
        BadInput: the file cannot be written.
    """
    heads = None if order.faces else _Heads(clip)
    note = say(order.language, "export.shown" if order.faces else "export.blurred")
    times_s = np.arange(clip.from_s, clip.to_s + 1e-9, 1.0 / RATE_HZ)
    about = (f"{clip.site.site.name}: {order.what}", f"Hoistwatch. {note}")
    try:
        with Mp4File(order.path, size_of(len(clip.site.camera)), RATE_HZ, about) as out:
            for k, time_s in enumerate(times_s):
                out.write(_picture(clip, float(time_s), order.language, note, heads))
                if not progress((k + 1) / len(times_s)):
                    raise _Ended
    except _Ended:
        return False
    return True


def name_for(clip: Clip, alarm: str) -> str:
    """A file name that tells the event and its time."""
    wall_s = clip.moment_s + clip.wall_offset_s
    stamp = dt.datetime.fromtimestamp(wall_s).strftime("%Y%m%d-%H%M%S")
    return f"{clip.recording.stem.rsplit('-', 1)[0]}-{alarm}-{stamp}.mp4"


class _Ended(Exception):
    """The person asked to end it."""


class _Heads:
    """Where heads are, for every picture of a clip; each picture is worked on once."""

    def __init__(self, clip: Clip) -> None:
        self._cameras = {table.name: Camera.from_table(table) for table in clip.site.camera}
        self._snapshots = [record for record in clip.shown if isinstance(record, Snapshot)]
        self._looks = {
            name: [record for record in clip.shown if isinstance(record, Boxes) and record.camera == name]
            for name in self._cameras
        }
        self._done: dict[str, tuple[float, NDArray[np.uint8]]] = {}

    def hide(self, picture: Picture, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        done = self._done.get(picture.camera)
        if done is not None and done[0] == picture.time_s:
            return done[1]
        name = picture.camera
        heads = heads_of(self._cameras[name], picture.time_s, self._looks[name], self._snapshots)
        out = blurred(bgr, heads, picture.scale)
        self._done[name] = (picture.time_s, out)
        return out


def _picture(clip: Clip, time_s: float, language: Language, note: str, heads: _Heads | None) -> NDArray[np.uint8]:
    moment = moment_of(clip, time_s, language)
    tiles = [_tile(tile, heads, language) for tile in moment.tiles]
    return picture_of(tiles, f"{clip.site.site.name} · {moment.caption}", note, moment.rows)


def _tile(tile: Tile, heads: _Heads | None, language: Language) -> TilePicture:
    if tile.picture is None or tile.dim:
        return TilePicture(tile.camera, None, 1.0, None, tile.notice)
    bgr = cv2.imdecode(np.frombuffer(tile.picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        return TilePicture(tile.camera, None, 1.0, None, say(language, "camera.broken"))
    picture = np.asarray(bgr, np.uint8)
    shown = picture if heads is None else heads.hide(tile.picture, picture)
    return TilePicture(tile.camera, shown, tile.picture.scale, tile.boxes, "")
