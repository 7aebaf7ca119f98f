"""A picture of each camera as it stands now, kept so that a later shift from its calibration shows.

This is an edge: it opens the cameras and writes files. Take it right after calibrating, in the usual light of the hall.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from calibration.errors import BadInput, Unavailable
from calibration.policy import Policy
from calibration.site import CameraTable, Site
from recordings.atomic import open_temporary, put_in_place, temporary_beside, throw_away
from tracking.capture import CaptureGroup
from tracking.picture_shift import LANDMARKS, Landmarks
from tracking.picture_small import Bgr, small_of

LIMIT_S = 30.0
FEWEST_LANDMARKS = LANDMARKS // 2
_SETTLE_S = 1.0
"""A camera's first pictures may be dark or torn: those of its first second are passed over."""
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Kept:
    """One camera's picture: where it lies, and what of it was found."""

    camera: str
    path: Path
    landmarks: int


def keep_references(
    site: Site,
    base_folder: Path,
    folder: Path,
    *,
    only: Sequence[str] = (),
    overwrite: bool = False,
    log: Callable[[str], None] = lambda _: None,
) -> tuple[Kept, ...]:
    """Take and write ``NAME.png`` of every camera with a source into ``folder``, or of those in ``only``.

    Raises:
        BadInput: no such camera or no source, a picture is there already, or shows too little to find it again.
        Unavailable: a camera gives no picture in time.
    """
    cameras = _chosen(site, only)
    for camera in cameras:
        path = folder / f"{camera.name}.png"
        if path.exists() and not overwrite:
            raise BadInput(f"{path}: is there already; --overwrite takes a new one in its place")
    pictures = _pictures(cameras, base_folder, log)
    found = {camera.name: _landmarks(camera.name, pictures[camera.name], site.policy) for camera in cameras}
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(Kept(c.name, _write(pictures[c.name], folder / f"{c.name}.png"), found[c.name]) for c in cameras)


def _chosen(site: Site, only: Sequence[str]) -> list[CameraTable]:
    for name in only:
        camera = site.camera_named(name)
        if camera is None or camera.source is None:
            known = ", ".join(repr(c.name) for c in site.camera if c.source is not None) or "none"
            raise BadInput(f"camera {name!r}: expected one of this site that has a source: {known}")
    cameras = [c for c in site.camera if c.source is not None and (not only or c.name in only)]
    if not cameras:
        raise BadInput("no [[camera]] has a source, expected at least one to take a picture of")
    return cameras


def _pictures(cameras: Sequence[CameraTable], base_folder: Path, log: Callable[[str], None]) -> dict[str, Bgr]:
    """One picture of each camera, of after its first second."""
    first_s: dict[str, float] = {}
    pictures: dict[str, Bgr] = {}
    after: dict[str, int] = {}
    end_s = time.monotonic() + LIMIT_S
    with CaptureGroup(cameras, base_folder) as group:
        while len(pictures) < len(cameras) and time.monotonic() < end_s:
            for frame in group.wait(after, _POLL_S):
                after[frame.camera] = frame.index
                first_s.setdefault(frame.camera, frame.time_s)
                if frame.camera not in pictures and frame.time_s - first_s[frame.camera] >= _SETTLE_S:
                    pictures[frame.camera] = frame.bgr
                    log(f"{frame.camera}: picture taken")
    missing = [c.name for c in cameras if c.name not in pictures]
    if missing:
        raise Unavailable(f"{', '.join(missing)}: no picture within {LIMIT_S:.0f} s; nothing was written")
    return pictures


def _landmarks(camera: str, bgr: Bgr, policy: Policy) -> int:
    """How many landmarks a picture has. Raises BadInput where that is too few to find it again."""
    small = small_of(bgr)
    if small.bright < policy.camera_dark_grey:
        raise BadInput(f"camera {camera!r}: its picture is dark, expected the hall in its usual light")
    found = len(Landmarks(small.grey, 0.0))
    if found < FEWEST_LANDMARKS:
        raise BadInput(
            f"camera {camera!r}: {found} landmarks in its picture, expected {FEWEST_LANDMARKS} at least: "
            "is it covered or out of focus?"
        )
    return found


def _write(bgr: Bgr, path: Path) -> Path:
    done, data = cv2.imencode(".png", bgr)
    if not done:
        raise BadInput(f"{path}: the picture cannot be encoded")
    temporary = temporary_beside(path)
    try:
        with open_temporary(temporary, path) as file:
            file.write(data.tobytes())
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)
    return path
