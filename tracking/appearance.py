"""What people wear, as a light cue of who is who: colours of upper body and legs, camera by camera.

In one camera a person's clothes keep their colours from picture to picture; between cameras, lamps and white
balance change them, so each camera's memory is its own. Many wear the same: then this says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Flags, Rows
from tracking.records import Box, Colour

Bgr = NDArray[np.uint8]

LEAST_PX = 24.0
"""Shorter boxes show too little of the clothes."""
_ACROSS = (0.32, 0.68)
_PARTS = ((0.20, 0.48), (0.55, 0.85))
"""Of a box's height: upper body between neck and hips, legs between hips and shins."""
_GRID_PX = 4
_COVERED = 0.25
_SAME = np.array([7.0, 4.0, 4.0, 10.0, 4.0, 4.0])
"""CIELAB units that one person's clothes differ by from picture to picture in one camera.

Between what was measured on PETS 2009 S2L1 (robust 4, 2, 1, 11, 1, 3, with tails of sun and shade three times that) and
on the rendered samples (4, 2, 5, 6, 2, 3).
"""
_OTHERS = np.array([18.0, 8.0, 8.0, 13.0, 4.0, 6.0])
"""The same between people of one site: 25, 3, 5, 17, 1, 6 and 15, 14, 9, 7, 5, 6 there."""
_SHARE = 0.5
"""The six values share light and pose: they are worth about half as many that are independent."""
_MISTAKEN = 0.1
"""How often the colours are not those of the person in the box, but of what stands before or behind."""
_MEMORY_LOOKS = 30.0


def coloured(bgr: Bgr, boxes: Sequence[Box]) -> tuple[Box, ...]:
    """The boxes of one picture (height, width, 3), those of people with what they wear where it can be seen."""
    people = [b for b in boxes if b.kind == "person"]
    return tuple(
        msgspec.structs.replace(b, colour=_worn(bgr, b)) if b.kind == "person" and _open(b, people, bgr.shape) else b
        for b in boxes
    )


def _open(box: Box, people: Sequence[Box], shape: Sequence[int]) -> bool:
    """Whether a box lies in the picture, is large enough, and nobody nearer covers it."""
    bottom = box.top_px + box.height_px
    if box.height_px < LEAST_PX or box.top_px < 0.0 or bottom > shape[0] or box.left_px < 0.0:
        return False
    if box.left_px + box.width_px > shape[1]:
        return False
    for other in people:
        across = min(box.left_px + box.width_px, other.left_px + other.width_px) - max(box.left_px, other.left_px)
        if other is not box and other.top_px + other.height_px >= bottom and across > _COVERED * box.width_px:
            down = bottom - max(box.top_px, other.top_px)
            if down > _COVERED * box.height_px:
                return False
    return True


def _worn(bgr: Bgr, box: Box) -> Colour:
    """Median colour of upper body and of legs in CIELAB: L 0 to 100, a and b around 0."""
    import cv2

    x0, x1 = (int(box.left_px + share * box.width_px) for share in _ACROSS)
    small = [
        cv2.resize(
            bgr[int(box.top_px + a * box.height_px) : int(box.top_px + b * box.height_px) + 1, x0 : x1 + 1],
            (_GRID_PX, _GRID_PX),
            interpolation=cv2.INTER_AREA,
        )
        for a, b in _PARTS
    ]
    lab = cv2.cvtColor(np.concatenate(small).astype(np.float32) / 255.0, cv2.COLOR_BGR2Lab)
    middle = np.sort(lab.reshape(len(_PARTS), -1, 3), axis=1)[:, _GRID_PX**2 // 2].ravel()
    upper_l, upper_a, upper_b, legs_l, legs_a, legs_b = (round(float(v)) for v in middle)
    return upper_l, upper_a, upper_b, legs_l, legs_a, legs_b


@dataclass(frozen=True, slots=True)
class Clothes:
    """What n people wear in the pictures of each source: mean (n, sources, 6) over looks (n, sources)."""

    mean: Array
    looks: Array

    @classmethod
    def unknown(cls, n: int, sources: int) -> Clothes:
        return cls(np.zeros((n, sources, 6)), np.zeros((n, sources)))

    def take(self, rows: Rows | Flags) -> Clothes:
        return Clothes(self.mean[rows], self.looks[rows])

    def joined(self, other: Clothes) -> Clothes:
        return Clothes(np.concatenate([self.mean, other.mean]), np.concatenate([self.looks, other.looks]))

    def with_sources(self, more: int) -> Clothes:
        """Columns for sources that were never heard before."""
        other = Clothes.unknown(len(self.looks), more)
        return Clothes(
            np.concatenate([self.mean, other.mean], axis=1), np.concatenate([self.looks, other.looks], axis=1)
        )

    def log_ratio(self, track: Rows, column: Rows, colour: Array) -> Array:
        """(p,) log likelihood ratio, same person against another, of colours (p, 6); 0 where one is unknown.

        Gaussian in the difference: the variance of one person's pictures and of the memory, against that
        and twice the variance between people; mixed with colours that are not the person's at all.
        """
        out = np.zeros(len(track))
        looks = self.looks[track, column]
        known = np.isfinite(colour[:, 0]) & (looks > 0.0)
        if not known.any():
            return out
        track, column, looks = track[known], column[known], looks[known]
        same = _SAME**2 * (1.0 + 1.0 / looks)[:, None]
        other = same + 2.0 * _OTHERS**2
        d2 = (colour[known] - self.mean[track, column]) ** 2
        log = 0.5 * _SHARE * (np.log(other / same) + d2 / other - d2 / same).sum(axis=1)
        out[known] = np.logaddexp(np.log(_MISTAKEN), np.log1p(-_MISTAKEN) + log)
        return out

    def seen(self, track: Rows, column: Rows, colour: Array) -> Clothes:
        """After one instant's colours (k, 6), one of each track and source at most; NaN says nothing."""
        known = np.isfinite(colour[:, 0])
        if not known.any():
            return self
        track, column, colour = track[known], column[known], colour[known]
        mean, looks = self.mean.copy(), self.looks.copy()
        looks[track, column] = np.minimum(looks[track, column] + 1.0, _MEMORY_LOOKS)
        mean[track, column] += (colour - mean[track, column]) / looks[track, column][:, None]
        return replace(self, mean=mean, looks=looks)
