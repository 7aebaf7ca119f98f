"""All cameras of a site watched by their pictures: which reference each has, what it said last, when to tell it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from calibration.errors import BadInput
from calibration.site import CameraTable, Site
from tracking.picture_faults import PictureWatch
from tracking.picture_small import Bgr
from tracking.records import PictureHealth

_TELL_PERIOD_S = 1.0


class PictureWatches:
    """A ``PictureWatch`` for every camera of a site.

    Args:
        site: cameras, policy.
        base_folder: what ``[[camera]] reference`` is relative to; None learns every reference anew.

    Raises:
        BadInput: a reference picture is missing, no picture, or of another size than the camera's.
    """

    def __init__(self, site: Site, base_folder: Path | None = None) -> None:
        self._watches = {
            c.name: PictureWatch(
                c.name, c.size_px[0], site.policy, None if base_folder is None else _reference(c, base_folder)
            )
            for c in site.camera
        }
        self._told: dict[str, PictureHealth] = {}

    def look(self, camera: str, time_s: float, bgr: Bgr) -> PictureHealth | None:
        """Judge a picture (height, width, 3). What to tell: any change at once, all else once a second."""
        watch = self._watches.get(camera)
        health = None if watch is None else watch.look(time_s, bgr)
        if health is None:
            return None
        told = self._told.get(camera)
        same = told is not None and (told.trouble, told.blind) == (health.trouble, health.blind)
        if told is not None and same and time_s - told.time_s < _TELL_PERIOD_S - 1e-6:
            return None
        self._told[camera] = health
        return health

    def sigma_px(self, camera: str) -> float:
        """Pixel noise to add to what is found in this camera's pictures now."""
        watch = self._watches.get(camera)
        return 0.0 if watch is None else watch.sigma_px


def _reference(camera: CameraTable, base_folder: Path) -> Bgr | None:
    if camera.reference is None:
        return None
    path = base_folder / camera.reference
    where = f"camera {camera.name!r}: reference {camera.reference}"
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise BadInput(f"{where} cannot be read ({error.strerror}), expected a picture of this camera") from None
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if bgr is None:
        raise BadInput(f"{where} is not a picture, expected a PNG or JPEG file")
    height, width = bgr.shape[:2]
    if (width, height) != camera.size_px:
        raise BadInput(f"{where} is {width} x {height}, expected {camera.size_px[0]} x {camera.size_px[1]} as size_px")
    return bgr.astype(np.uint8)
