"""Which numbers move a person's way into a load: chords of lines with its shape, and what they cover over time.

Arrays are of k combinations, h times and n lines; everything is single precision, as far as the figures go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from calibration.camera import Array

Floats = NDArray[np.float32]
Stretch = tuple[Floats, Floats]
"""Numbers between which something holds; the first above the second where it never does."""
FAR = np.float32(4.0)
"""Numbers beyond so many sigma do not happen."""
_MISSED = np.float32(1e6)
_TABLE_STEPS = 256
_GAP = 0.05
_GAP_COUNTS = 1e-3


@dataclass(frozen=True, slots=True)
class Shape:
    """What a person's middle must not enter: a rectangle turned by ``yaw_rad`` and grown by ``radius_m``.

    With both half sides 0 it is a disc.
    """

    radius_m: float
    half_length_m: float = 0.0
    half_width_m: float = 0.0
    yaw_rad: float = 0.0

    @property
    def reach_m(self) -> float:
        """Radius of the circle around it."""
        return self.radius_m + float(np.hypot(self.half_length_m, self.half_width_m))


def covered(at: Stretch, between: Stretch, weight: Array) -> Floats:
    """(k, h, n) probability of the exact number to have met the load by each time."""
    low, high = at
    first, last = between
    np.minimum.accumulate(first, axis=1, out=first)
    np.maximum.accumulate(last, axis=1, out=last)
    again = np.flatnonzero(weight * _gap_left(low, high, first, last) > _GAP_COUNTS)
    plain = [(low[k].copy(), high[k].copy()) for k in again]
    np.minimum(low[:, 1:], first[:, :-1], out=low[:, 1:])
    np.maximum(high[:, 1:], last[:, :-1], out=high[:, 1:])
    out: Floats = np.maximum(_normal(high) - _normal(low), 0)
    for k, stretch in zip(again, plain, strict=True):
        out[k] = _covered_again(*stretch)
    return out


def _gap_left(low: Floats, high: Floats, first: Floats, last: Floats) -> Array:
    """(k,) probability of numbers between a stretch met later (low to high) and what was met before, at its most."""
    gap = np.maximum(low[:, 1:] - last[:, :-1], first[:, :-1] - high[:, 1:])
    k, t, n = np.nonzero((gap > _GAP) & (low[:, 1:] < high[:, 1:]) & (first[:, :-1] < last[:, :-1]))
    most = np.zeros((low.shape[0], low.shape[2]))
    if len(k):
        above = low[k, t + 1, n] > last[k, t, n]
        begin = np.where(above, last[k, t, n], high[k, t + 1, n])
        end = np.where(above, low[k, t + 1, n], first[k, t, n])
        np.maximum.at(most, (k, n), _normal(end) - _normal(begin))
    mean: Array = most.mean(axis=1)
    return mean


def _covered_again(low: Floats, high: Floats) -> Floats:
    """(h, n) the same for one combination that is met in two stretches, as by a swing that returns.

    What lies between the two is not covered. A third one is taken together with the first.
    """
    times, number = low.shape
    out = np.empty_like(low)
    most: Floats = np.zeros(number, np.float32)
    first, last = np.full(number, FAR), np.full(number, -FAR)
    past_first, past_last = first.copy(), last.copy()
    for t in range(times):
        met = low[t] < high[t]
        anew = met & (first < last) & ((low[t] > last) | (high[t] < first))
        past_first = np.where(anew, np.minimum(past_first, first), past_first)
        past_last = np.where(anew, np.maximum(past_last, last), past_last)
        first = np.where(met, np.where(anew, low[t], np.minimum(first, low[t])), first)
        last = np.where(met, np.where(anew, high[t], np.maximum(last, high[t])), last)
        both = np.maximum(_normal(np.minimum(last, past_last)) - _normal(np.maximum(first, past_first)), 0)
        now = np.maximum(_normal(last) - _normal(first), 0)
        before = np.maximum(_normal(past_last) - _normal(past_first), 0)
        most = np.maximum(most, now + before - both)
        out[t] = most
    return out


def chord(apart: Floats, line: Floats, step2: Floats, shape: Shape) -> tuple[Stretch, Stretch]:
    """Where lines through ``apart`` (k, h, 2, n) along ``line`` (k, h, 2) enter and leave the load.

    Twice: with the radius as it is, and with ``step2`` (k, h) added to its square. Where a line misses
    the load, it enters at ``FAR`` and leaves at its negative.
    """
    x, y = apart[:, :, 0], apart[:, :, 1]
    dx, dy = line[:, :, 0, None], line[:, :, 1, None]
    radius2 = np.float32(shape.radius_m**2)
    if not shape.half_length_m and not shape.half_width_m:
        found = _disc(x, y, dx, dy, radius2, step2[:, :, None])
        return _inside(*found[0]), _inside(*found[1])
    a, b = np.float32(shape.half_length_m), np.float32(shape.half_width_m)
    discs = [_disc(x - i * a, y - j * b, dx, dy, radius2, step2[:, :, None]) for i in (-1, 1) for j in (-1, 1)]
    out = []
    # A rectangle grown by a radius is two rectangles and a disc at each corner; being convex, it has one chord.
    for which, more in enumerate((np.zeros_like(step2), step2)):
        radius = np.sqrt(radius2 + more[:, :, None])
        pieces = [_box(x, y, dx, dy, a + radius, b), _box(x, y, dx, dy, a, b + radius)]
        pieces += [disc[which] for disc in discs]
        low, high = _inside(*pieces[0])
        for piece in pieces[1:]:
            first, last = _inside(*piece)
            np.minimum(low, first, out=low)
            np.maximum(high, last, out=high)
        out.append((low, high))
    return out[0], out[1]


def _inside(low: Floats, high: Floats) -> Stretch:
    """The part of a stretch within four sigma."""
    np.clip(low, -FAR, FAR, out=low)
    np.clip(high, -FAR, FAR, out=high)
    missed = low >= high
    np.copyto(low, FAR, where=missed)
    np.copyto(high, -FAR, where=missed)
    return low, high


def _disc(x: Floats, y: Floats, dx: Floats, dy: Floats, radius2: np.float32, more2: Floats) -> tuple[Stretch, Stretch]:
    """|p + s·d|² = r² solved for s, for a radius and a larger one."""
    per_d2: Floats = np.reciprocal(np.maximum(dx * dx + dy * dy, np.float32(1e-12)))
    along_x, along_y = dx * per_d2, dy * per_d2
    nearest = x * along_x
    nearest += y * along_y
    np.negative(nearest, out=nearest)
    across = x * along_y
    across -= y * along_x
    np.multiply(across, across, out=across)
    rest: Floats = radius2 * per_d2 - across
    half, wider = _half(rest), _half(rest + more2 * per_d2)
    return (nearest - half, nearest + half), (nearest - wider, nearest + wider)


def _half(rest: Floats) -> Floats:
    half: Floats = np.sqrt(np.maximum(rest, 0))
    np.copyto(half, -_MISSED, where=rest < 0)
    return half


def _box(
    x: Floats, y: Floats, dx: Floats, dy: Floats, half_x: Floats | np.float32, half_y: Floats | np.float32
) -> Stretch:
    """Where lines are inside |x| ≤ half_x and |y| ≤ half_y."""
    per_x, per_y = 1 / _steep(dx), 1 / _steep(dy)
    at_x, at_y = -x * per_x, -y * per_y
    wide_x, wide_y = np.abs(half_x * per_x), np.abs(half_y * per_y)
    return np.maximum(at_x - wide_x, at_y - wide_y), np.minimum(at_x + wide_x, at_y + wide_y)


def _steep(d: Floats) -> Floats:
    return np.copysign(np.maximum(np.abs(d), np.float32(1e-6)), d)


def _normal(values: Floats) -> Floats:
    """The normal distribution function by table, to 1e-3 at each value and far better on average."""
    found: Floats = _table()[((values + FAR) * _TABLE_STEPS).astype(np.int32)]
    return found


@lru_cache(maxsize=1)
def _table() -> Floats:
    steps = round(2 * float(FAR) * _TABLE_STEPS)
    table = ndtr((np.arange(steps + 1) + 0.5) / _TABLE_STEPS - float(FAR)).astype(np.float32)
    table[0], table[-1] = 0.0, 1.0
    table.flags.writeable = False
    filled: Floats = table
    return filled
