"""Has the camera been turned or shifted? Small landmarks of a reference picture, looked for in the present one.

A landmark is a square round a strong corner. Each is found by normalised correlation, which light does not
change, and people in front of some of them hide only those. Landmarks that stay unfound for minutes, because
goods were put elsewhere, are replaced by new ones; those that are found hold the picture where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.picture_small import Grey

Floats = NDArray[np.float64]

LANDMARKS = 16
_HALF_PX = 12
_SEARCH_PX = 14
_FOUND = 0.65
_FEWEST = 4
_ENOUGH = 6
_APART_PX = 24
_QUALITY = 0.02
_AGREE_PX = 1.0
_SAME_VIEW_SHARE = 0.25
_REPLACE_AFTER_S = 300.0
_AT_REST_PX = 0.4


@dataclass(frozen=True, slots=True)
class Shift:
    """How the picture stands to the reference, in pixels of the small picture.

    ``shift_px`` is the median way of the landmarks that were found in one and the same move. ``found`` of
    ``known`` landmarks were; ``elsewhere`` says that so few were that it is another view.
    """

    shift_px: float
    found: int
    known: int

    @property
    def elsewhere(self) -> bool:
        return self.known >= _ENOUGH and self.found < max(_FEWEST, _SAME_VIEW_SHARE * self.known)


class Landmarks:
    """The landmarks of one camera. Deterministic by the pictures given to it."""

    def __init__(self, reference: Grey, time_s: float) -> None:
        """reference: (h, w) small grey picture of the camera as it was calibrated."""
        self._places: list[tuple[int, int]] = []
        self._patches: list[Grey] = []
        self._found_s: list[float] = []
        self._add(reference, time_s, LANDMARKS)

    def __len__(self) -> int:
        return len(self._places)

    def look(self, grey: Grey, time_s: float) -> Shift:
        """Where the landmarks are in a picture of the reference's size."""
        ways = [_way(grey, place, patch) for place, patch in zip(self._places, self._patches, strict=True)]
        at = [k for k, way in enumerate(ways) if way is not None]
        if len(at) < _FEWEST:
            return Shift(0.0, len(at), len(self))
        far = np.array([ways[k] for k in at], float)
        places = np.array([self._places[k] for k in at], float)
        # What looks alike elsewhere is found there too, but not all by one move of the camera.
        _, agree = cv2.estimateAffinePartial2D(places, places + far, ransacReprojThreshold=_AGREE_PX)
        kept = np.zeros(len(at), bool) if agree is None else agree.ravel().astype(bool)
        for k in np.array(at)[kept]:
            self._found_s[k] = time_s
        shift_px = float(np.median(np.hypot(*far[kept].T))) if kept.any() else 0.0
        return Shift(shift_px, int(kept.sum()), len(self))

    def renew(self, grey: Grey, time_s: float, shift: Shift) -> None:
        """Replace what was not found for minutes, while the rest says that the camera stands where it stood."""
        gone = [k for k, s in enumerate(self._found_s) if time_s - s > _REPLACE_AFTER_S]
        enough = shift.found >= max(_FEWEST, 0.4 * shift.known)
        if not gone or shift.shift_px > _AT_REST_PX or not enough:
            return
        for k in reversed(gone):
            for rows in (self._places, self._patches, self._found_s):
                del rows[k]
        self._add(grey, time_s, len(gone))

    def _add(self, grey: Grey, time_s: float, count: int) -> None:
        """Take up to ``count`` new landmarks, clear of the edges and of those that are known."""
        margin = _HALF_PX + 2
        mask = np.zeros(grey.shape, np.uint8)
        mask[margin:-margin, margin:-margin] = 255
        for x, y in self._places:
            cv2.circle(mask, (x, y), _APART_PX, 0, -1)
        corners = cv2.goodFeaturesToTrack(grey, count, _QUALITY, _APART_PX, mask=mask, blockSize=7)
        for x, y in np.rint(np.asarray([] if corners is None else corners, float)).reshape(-1, 2).astype(int).tolist():
            self._places.append((x, y))
            self._patches.append(_around(grey, x, y, _HALF_PX).copy())
            self._found_s.append(time_s)


def _around(grey: Grey, x: int, y: int, half: int) -> Grey:
    return grey[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]


def _way(grey: Grey, place: tuple[int, int], patch: Grey) -> Floats | None:
    """(2,) how far a landmark has moved, to parts of a pixel; None where it is not found."""
    x, y = place
    half = _HALF_PX + _SEARCH_PX
    area = _around(grey, x, y, half)
    score = cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, at = cv2.minMaxLoc(score)
    if not best >= _FOUND:
        return None
    origin = (x - _HALF_PX - max(0, x - half), y - _HALF_PX - max(0, y - half))
    return np.array(
        [at[0] - origin[0] + _vertex(score[at[1], :], at[0]), at[1] - origin[1] + _vertex(score[:, at[0]], at[1])]
    )


def _vertex(row: NDArray[Any], at: int) -> float:
    """Top of the parabola through the best value and its neighbours, from -0.5 to 0.5."""
    if not 0 < at < len(row) - 1:
        return 0.0
    before, best, after = (float(v) for v in row[at - 1 : at + 2])
    bend = before - 2.0 * best + after
    return 0.0 if bend >= -1e-9 else min(0.5, max(-0.5, 0.5 * (before - after) / bend))
