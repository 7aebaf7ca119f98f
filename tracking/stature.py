"""How tall people are, how high their bodies reach now, and on what they stand: from looks of any camera.

Columns of all that are followed; nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags, Rows
from tracking.readings import Readings

_LEVEL_GAIN = 0.2
_TOP_TIME_S = 0.4
_TOP_AGE_S = 1.0
_FIRST_SIGMA_M, _FIRST_COMMON_M = 0.06, 0.04
"""Noise of the heights that the first boxes show, of each and of all together."""
_SAME_HEIGHT_M = 0.03
_LEAST_VAR_M2 = 0.01**2
_STOOPED_SIGMA = 3.0
_DOUBT_M, _MOST_DOUBT_M = 0.02, 0.08
"""What a look at a whole body that does not fit adds to the doubt in a height, and how much that can be."""


@dataclass(frozen=True, slots=True)
class Statures:
    """What boxes told of n bodies.

    height_m, var_m2: (n,) of the whole body upright, by the policy's spread of heights before any look.
    level_weight: (n, levels) newest looks that have the person on each level of the site.
    top_m, top_s: (n, sources) how high what each source saw reached above that, and when, −inf for never.
    """

    height_m: Array
    var_m2: Array
    level_weight: Array
    top_m: Array
    top_s: Array

    @classmethod
    def unknown(cls, n: int, tall_m: float, sigma_m: float, levels: int, sources: int) -> Statures:
        """n people of whom nothing is known yet; they are taken to stand on the floor, the first level."""
        weight = np.zeros((n, levels))
        weight[:, :1] = 1e-6
        tops = np.zeros((n, sources)), np.full((n, sources), -np.inf)
        return cls(np.full(n, tall_m), np.full(n, sigma_m**2), weight, *tops)

    def take(self, rows: Rows | Flags) -> Statures:
        return Statures(
            self.height_m[rows], self.var_m2[rows], self.level_weight[rows], self.top_m[rows], self.top_s[rows]
        )

    def joined(self, other: Statures) -> Statures:
        return Statures(
            np.concatenate([self.height_m, other.height_m]),
            np.concatenate([self.var_m2, other.var_m2]),
            np.concatenate([self.level_weight, other.level_weight]),
            np.concatenate([self.top_m, other.top_m]),
            np.concatenate([self.top_s, other.top_s]),
        )

    def with_sources(self, more: int) -> Statures:
        """Columns for sources that were never heard before."""
        n = len(self.height_m)
        top_m = np.concatenate([self.top_m, np.zeros((n, more))], axis=1)
        top_s = np.concatenate([self.top_s, np.full((n, more), -np.inf)], axis=1)
        return Statures(self.height_m, self.var_m2, self.level_weight, top_m, top_s)

    def on_levels(self, before_m: Array, now_m: Array) -> Statures:
        """The same where the levels are others: who stood on one that is gone stands on the floor."""
        weight = np.zeros((len(self.height_m), len(now_m)))
        for column, level_m in enumerate(before_m):
            (same,) = np.nonzero(now_m == level_m)
            weight[:, same[0] if len(same) else 0] += self.level_weight[:, column]
        return Statures(self.height_m, self.var_m2, weight, self.top_m, self.top_s)

    def on_level(self, levels_m: Array) -> Array:
        """(n,) height of what each stands on, as most of the newest looks have it."""
        if len(levels_m) == 1:
            return np.full(len(self.height_m), levels_m[0])
        out: Array = levels_m[self.level_weight.argmax(axis=1)]
        return out

    def reach(self, now_s: float) -> Array:
        """(n,) how far above that each body reaches, at most; NaN where no camera could tell of late.

        A camera that looks down on a body that lies along its line of sight sees it reach high in the
        picture, and never lower than it is: the least that any camera says bounds it best. One camera of
        many may be misled by feet that something hides, so of three or more the second least counts.
        """
        n, sources = self.top_m.shape
        if not sources:
            return np.full(n, np.nan)
        recent = now_s - self.top_s <= _TOP_AGE_S
        least = np.sort(np.where(recent, self.top_m, np.inf), axis=1)
        second = least[:, min(1, sources - 1)]
        out = np.where(recent.sum(axis=1) > 2, second, least[:, 0])
        return np.where(np.isfinite(out), out, np.nan)

    def seen(self, pairs: tuple[Rows, Rows, Flags], seen: Readings, when: tuple[float, Rows, Array]) -> Statures:
        """After boxes of one instant.

        pairs: track, box and whether it was read by the head, (k,) each. when: time, the column of each
        source of ``seen``, the levels of the site.
        """
        track, box, by_head = pairs
        time_s, columns_of, levels_m = when
        if not len(track):
            return self
        height, variance = self._taller(track, box, by_head, seen)
        weight = self.level_weight
        if len(levels_m) > 1:
            weight = weight.copy()
            level = np.abs(levels_m[None] - seen.floor_m[box][:, None]).argmin(axis=1)
            looks = np.bincount(track, minlength=len(weight))
            weight *= ((1.0 - _LEVEL_GAIN) ** looks)[:, None]
            np.add.at(weight, (track, level), _LEVEL_GAIN)
        top_m, top_s = self.top_m, self.top_s
        told = np.isfinite(seen.top_m[box])
        if told.any():
            top_m, top_s = top_m.copy(), top_s.copy()
            at = track[told], columns_of[seen.camera[box[told]]]
            fresh = seen.top_m[box[told]]
            kept = np.exp(-np.maximum(time_s - top_s[at], 0.0) / _TOP_TIME_S)
            top_m[at] = kept * top_m[at] + (1.0 - kept) * fresh
            top_s[at] = time_s
        return Statures(height, variance, weight, top_m, top_s)

    def _taller(self, track: Rows, box: Rows, by_head: Flags, seen: Readings) -> tuple[Array, Array]:
        """Body heights after boxes that show a whole upright body; the height of a grown body does not change.

        Whole bodies that time and again do not fit show that the height was learned of a part, or of another.
        """
        tall, n = seen.tall_m[box], len(self.height_m)
        told = ~by_head & seen.clear[box] & np.isfinite(tall)
        if not told.any():
            return self.height_m, self.var_m2
        height, variance = self.height_m.copy(), self.var_m2.copy()
        with np.errstate(invalid="ignore"):
            spread = np.sqrt(seen.tall_var_m2[box] + self.var_m2[track])
            good = told & (np.abs(tall - self.height_m[track]) < _STOOPED_SIGMA * spread)
        fits, does_not = np.zeros(n, bool), np.zeros(n, bool)
        fits[track[good]], does_not[track[told & ~good]] = True, True
        wrong = does_not & ~fits
        variance[wrong] = np.maximum(variance[wrong], np.minimum(variance[wrong] + _DOUBT_M**2, _MOST_DOUBT_M**2))
        if not good.any():
            return height, variance
        rows, row = np.unique(track[good], return_inverse=True)
        precision = 1.0 / seen.tall_var_m2[box[good]]
        total = np.bincount(row, precision, len(rows))
        mean = np.bincount(row, precision * tall[good], len(rows)) / total
        gain = variance[rows] / (variance[rows] + 1.0 / total)
        height[rows] += gain * (mean - height[rows])
        variance[rows] = np.maximum((1.0 - gain) * variance[rows], _LEAST_VAR_M2)
        return height, variance

    def alike(self, one: int, other: int) -> bool:
        """Whether two bodies may be of one height, as far as was measured, within two standard deviations."""
        spread = self.var_m2[one] + self.var_m2[other] + _SAME_HEIGHT_M**2
        return bool((self.height_m[one] - self.height_m[other]) ** 2 < 4.0 * spread)

    def first(self, heights: Sequence[Array]) -> Statures:
        """Of people first seen: heights that whole bodies showed, (k,) of each person, may be none."""
        height, variance = self.height_m.copy(), self.var_m2.copy()
        for k, values in enumerate(heights):
            known = values[np.isfinite(values)]
            if len(known):
                noise = _FIRST_SIGMA_M**2 / len(known) + _FIRST_COMMON_M**2
                gain = variance[k] / (variance[k] + noise)
                height[k] += gain * (known.mean() - height[k])
                variance[k] *= 1.0 - gain
        return Statures(height, variance, self.level_weight, self.top_m, self.top_s)
