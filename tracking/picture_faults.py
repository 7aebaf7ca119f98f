"""Does a camera still see, by its picture alone? Frozen, dark, blinded, covered, defocused or moved, by name.

One ``PictureWatch`` a camera. Times are arguments and all states last in seconds, so that a camera's rate
changes nothing. What is normal is learned from the first second, or from a picture that was kept when the
camera was calibrated, and follows the light slowly while nothing is wrong.
"""

from __future__ import annotations

import numpy as np

from calibration.policy import Policy
from tracking.picture_shift import Landmarks, Shift
from tracking.picture_small import WIDTH_PX, Bgr, Cells, Small, difference, small_of
from tracking.records import PictureHealth, Trouble

_LEARN_LOOKS = 5
_FOLLOW_S = 60.0
_SHIFT_PERIOD_S = 1.0
_EASES_S = 1.0
_SAME_PICTURE = 0.02
_SAME_OF_USUAL = 0.03
"""Grey levels, and part of what a camera's pictures usually differ by: noise and codec leave more than either."""
_FLAT = 10.0
_TEXTURED = 1.5
_LOST_DETAIL = 0.35
_OTHER_VIEW = 0.75
_ALIKE = 0.7
_FEW_CELLS = 6
_LEAST_SHIFT_PX = 0.5
_MOVED_LOOKS = 2
_DETAIL_GROUP: frozenset[Trouble] = frozenset({"dark", "blinded", "covered", "defocused"})


class PictureWatch:
    """Follows one camera.

    Args:
        camera: its name.
        width_px: width of its full pictures, the unit of the policy's pixels.
        policy: thresholds and times.
        reference: a picture (height, width, 3) of the camera as it was calibrated; None learns it at the start.
    """

    def __init__(self, camera: str, width_px: int, policy: Policy, reference: Bgr | None = None) -> None:
        self._camera, self._policy = camera, policy
        self._full_of_small = width_px / WIDTH_PX
        self._last: Small | None = None
        self._last_s = -np.inf
        self._same_since_s: float | None = None
        self._usual = 0.0
        self._learnt: list[Small] = []
        self._mean: Cells | None = None
        self._detail: Cells | None = None
        self._white = 0.0
        self._landmarks: Landmarks | None = None
        self._kept = None if reference is None else small_of(reference)
        self._by_kept = False
        """Whether the landmarks are those of the kept picture."""
        self._shift = Shift(0.0, 0, 0)
        self._shift_s = -np.inf
        self._moved_looks = 0
        self._suspect: Trouble | None = None
        self._suspect_s = 0.0
        self._told: Trouble | None = None
        self._told_s = 0.0
        self._bad_s = -np.inf

    @property
    def sigma_px(self) -> float:
        """Pixel noise to add to what is found in the picture, while its place or its sharpness is in doubt."""
        if "moved" in (self._suspect, self._told):
            return self._moved_px
        blurred = "defocused" in (self._suspect, self._told)
        return self._policy.foot_sigma_px if blurred else 0.0

    def look(self, time_s: float, bgr: Bgr) -> PictureHealth | None:
        """Judge a picture (height, width, 3); None for one that comes sooner than the next look is due."""
        if time_s - self._last_s < self._policy.camera_check_s - 1e-6:
            return None
        small = small_of(bgr)
        frozen = self._frozen(small, time_s)
        # Pure black and pure white are the same picture each time too, but that is not what is wrong with them.
        suspect = self._unseeing(small) or frozen
        self._learn(small, time_s, sound=suspect is None)
        if suspect is None:
            suspect = self._changed(small, time_s)
        self._decide(suspect, time_s)
        self._last, self._last_s = small, time_s
        return PictureHealth(
            camera=self._camera,
            time_s=time_s,
            ready_s=time_s,
            trouble=self._told,
            since_s=self._told_s if self._told else time_s,
            shift_px=round(self._moved_px, 1) if self._told == "moved" else 0.0,
            blind=self._told is not None and not self._still_usable,
            offset_px=self._offset_px,
            kept=self._by_kept,
        )

    @property
    def _moved_px(self) -> float:
        """Shift in pixels of the full picture; the search's whole width where it is another view."""
        return self._full_of_small * (self._shift.shift_px if not self._shift.elsewhere else WIDTH_PX)

    @property
    def _offset_px(self) -> float | None:
        """How far the landmarks of the newest look lie from the reference; None where too few were found."""
        if not self._shift.found or self._shift.elsewhere:
            return None
        return round(self._full_of_small * self._shift.shift_px, 1)

    @property
    def _still_usable(self) -> bool:
        """A camera that was only knocked still sees who is there, less exactly."""
        return self._told == "moved" and self._moved_px <= self._policy.camera_moved_blind_px

    def _frozen(self, small: Small, time_s: float) -> Trouble | None:
        if self._last is None:
            return None
        step = difference(small.sample, self._last.sample)
        if step > max(_SAME_PICTURE, _SAME_OF_USUAL * self._usual):
            self._usual += 0.1 * (step - self._usual)
            self._same_since_s = None
            return None
        if self._same_since_s is None:
            self._same_since_s = self._last_s
        return "frozen" if time_s - self._same_since_s >= self._policy.camera_frozen_s - 1e-6 else None

    def _unseeing(self, small: Small) -> Trouble | None:
        """What needs no reference but the share of the picture that is always white."""
        policy = self._policy
        if small.bright < policy.camera_dark_grey:
            return "dark"
        if small.white >= self._white + policy.camera_blinded_share:
            return "blinded"
        return "covered" if small.high - small.low < _FLAT else None

    def _learn(self, small: Small, time_s: float, sound: bool) -> None:
        if self._mean is not None and self._detail is not None:
            if sound and self._suspect is None and self._told is None and small.mean.shape == self._mean.shape:
                share = min(1.0, (time_s - self._last_s) / _FOLLOW_S)
                self._mean += share * (small.mean - self._mean)
                self._detail += share * (small.detail - self._detail)
                self._white += share * (small.white - self._white)
            return
        if not sound:
            return
        self._learnt.append(small)
        if self._kept is not None and self._kept.grey.shape == small.grey.shape:
            self._learnt = [self._kept] * _LEARN_LOOKS
            self._by_kept = True
        if len(self._learnt) >= _LEARN_LOOKS:
            self._mean = np.mean([s.mean for s in self._learnt], axis=0)
            self._detail = np.mean([s.detail for s in self._learnt], axis=0)
            self._white = float(np.mean([s.white for s in self._learnt]))
            grey = np.rint(np.mean([s.grey for s in self._learnt], axis=0)).astype(np.uint8)
            self._landmarks = Landmarks(grey, time_s)
            self._learnt = []

    def _changed(self, small: Small, time_s: float) -> Trouble | None:
        """What shows beside the reference alone."""
        if self._mean is None or self._detail is None or small.mean.shape != self._mean.shape:
            return None
        if (trouble := self._dull(small, self._mean, self._detail)) is not None:
            return trouble
        if self._landmarks is not None and time_s - self._shift_s >= _SHIFT_PERIOD_S - 1e-6:
            self._shift_s = time_s
            self._shift = self._landmarks.look(small.grey, time_s)
            limit_px = max(_LEAST_SHIFT_PX, self._policy.camera_moved_px / self._full_of_small)
            moved = self._shift.elsewhere or self._shift.shift_px >= limit_px
            self._moved_looks = self._moved_looks + 1 if moved else 0
            if not moved:
                self._landmarks.renew(small.grey, time_s, self._shift)
        return "moved" if self._moved_looks >= _MOVED_LOOKS else None

    def _dull(self, small: Small, mean: Cells, detail: Cells) -> Trouble | None:
        """Covered or defocused: detail is gone where it was, with or without the coarse picture behind it."""
        noise = float(np.percentile(detail, 10))
        textured = detail > noise + _TEXTURED
        if int(textured.sum()) < _FEW_CELLS:
            return None
        noise_now = min(noise, float(np.percentile(small.detail, 10)))
        left = (small.detail - noise_now)[textured] / (detail - noise)[textured]
        lost = left < _LOST_DETAIL
        now, usual = small.mean[textured], mean[textured]
        if float(lost.mean()) >= self._policy.camera_covered_share and not _alike(now[lost], usual[lost]):
            # Another view has its detail in other places: that is for the landmarks to tell.
            whole = float((small.detail - noise_now).mean()) / max(1e-6, float((detail - noise).mean()))
            return "covered" if whole < _OTHER_VIEW else None
        if not _alike(now, usual):
            return None
        # Dimmer light takes from detail and from the coarse picture alike; a lens out of focus from detail alone.
        contrast = min(1.0, float(now.std()) / max(1.0, float(usual.std())))
        return "defocused" if float(np.median(left)) < self._policy.camera_defocused_share * contrast else None

    def _decide(self, suspect: Trouble | None, time_s: float) -> None:
        if suspect is None:
            self._suspect = None
            if self._told is not None and time_s - self._bad_s >= _EASES_S:
                self._told = None
            return
        related = suspect == self._suspect or {suspect, self._suspect} <= _DETAIL_GROUP
        if not related:
            self._suspect_s = time_s
        self._suspect, self._bad_s = suspect, time_s
        if suspect != self._told and time_s - self._suspect_s >= self._hold_s(suspect) - 1e-6:
            self._told, self._told_s = suspect, self._suspect_s

    def _hold_s(self, suspect: Trouble) -> float:
        """What is judged over a time of its own needs none beside it."""
        if suspect in ("frozen", "moved"):
            return 0.0
        return self._policy.camera_defocused_s if suspect == "defocused" else self._policy.camera_unseeing_s


def _alike(now: Cells, usual: Cells) -> bool:
    """Whether the coarse picture is the one that is known, in whatever light."""
    if now.size < _FEW_CELLS or float(now.std()) < 1.0 or float(usual.std()) < 1.0:
        return now.size < _FEW_CELLS
    return float(np.corrcoef(now, usual)[0, 1]) >= _ALIKE
