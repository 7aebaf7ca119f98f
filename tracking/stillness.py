"""May a picture be passed over because nothing in it has changed since the last one that was inspected?

The picture is reduced to the mean grey of blocks of 8 x 8 pixels, where sensor noise averages out and a
person who covers part of one block still shows. It counts as changed where any block differs from the last
inspected picture by more than ``CHANGE`` grey levels beyond what the picture as a whole grew brighter or
darker by, and whenever that is more than ``LIGHT`` levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[np.uint8]
Blocks = NDArray[np.float32]

CHANGE = 3.0
LIGHT = 12.0
_BLOCK_PX = 8


@dataclass(slots=True)
class _Known:
    """The last inspected picture; ``empty`` only once its boxes are known and there are none."""

    time_s: float
    blocks: Blocks
    empty: bool = False


class Stillness:
    """Knows the last inspected picture of each camera. ``skip_s`` of 0 turns everything here off.

    A picture is passed over only if the one inspected last showed nothing at all, nothing has changed since,
    and the picture after it can still be inspected within ``skip_s`` of that last one.
    """

    def __init__(self, skip_s: float) -> None:
        self._skip_s = skip_s
        self._known: dict[str, _Known] = {}
        self._came_s: dict[str, float] = {}

    def may_skip(self, camera: str, time_s: float, bgr: Bgr) -> bool:
        """Whether this picture (height, width, 3) tells nothing new. Call once for each picture that comes."""
        if self._skip_s <= 0.0:
            return False
        period_s = time_s - self._came_s.get(camera, -np.inf)
        self._came_s[camera] = time_s
        known = self._known.get(camera)
        if known is None or not known.empty or time_s + period_s - known.time_s > self._skip_s:
            return False
        return not changed(known.blocks, blocks_of(bgr))

    def inspecting(self, camera: str, time_s: float, bgr: Bgr) -> None:
        """This picture went to the detector."""
        if self._skip_s > 0.0:
            self._known[camera] = _Known(time_s, blocks_of(bgr))

    def inspected(self, camera: str, time_s: float, boxes: int) -> None:
        """So many boxes were found in the picture of this stamp."""
        known = self._known.get(camera)
        if known is not None and known.time_s == time_s:
            known.empty = boxes == 0


def blocks_of(bgr: Bgr) -> Blocks:
    """(rows, columns) mean grey, 0 to 255, of the blocks of a picture."""
    import cv2

    size = max(1, bgr.shape[1] // _BLOCK_PX), max(1, bgr.shape[0] // _BLOCK_PX)
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def changed(before: Blocks, now: Blocks) -> bool:
    """Whether a block differs by more than all of them do, or all of them by more than light drifts."""
    if before.shape != now.shape:
        return True
    difference = now - before
    light = float(np.median(difference))
    return abs(light) > LIGHT or float(np.abs(difference - light).max()) > CHANGE
