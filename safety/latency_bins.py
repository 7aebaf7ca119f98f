"""Quantiles of times over minutes and days in little memory: bins of equal ratio. Pure: times are arguments.

A quantile is read within its bin by geometric interpolation, so it is off by less than one bin's width, 4.4 %.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from safety.health_records import Spread, Ways

_FIRST_S, _OCTAVES, _PER_OCTAVE, _PER_BAR = 0.005, 11, 16, 8
_FINE_S = _FIRST_S * 2.0 ** (np.arange(_OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE)
EDGES_S: tuple[float, ...] = tuple(float(e) for e in _FINE_S[::_PER_BAR])
"""Edges of the bars that are shown, from 5 ms to 10 s, two an octave."""
WINDOW_S = 60.0
_SLICE_S = 1.0
Counts = NDArray[np.int64]


class Spreads:
    """Samples of one way: those of the last minute, in slices of a second, and all."""

    def __init__(self) -> None:
        self._all = np.zeros(len(_FINE_S) + 1, np.int64)
        self._slices: deque[tuple[float, Counts]] = deque()

    def add(self, took_s: float, now_s: float) -> None:
        """A sample of ``took_s`` seconds, known at ``now_s``. What is not finite is no time and not counted."""
        if not np.isfinite(took_s):
            return
        if not self._slices or now_s - self._slices[-1][0] >= _SLICE_S:
            self._slices.append((now_s, np.zeros_like(self._all)))
            self._forget(now_s)
        place = int(np.searchsorted(_FINE_S, took_s, side="right"))
        self._slices[-1][1][place] += 1
        self._all[place] += 1

    def ways(self, now_s: float) -> Ways:
        """Both spans as of ``now_s``."""
        self._forget(now_s)
        minute = sum((counts for _, counts in self._slices), np.zeros_like(self._all))
        return Ways(minute=_spread(minute), start=_spread(self._all))

    def _forget(self, now_s: float) -> None:
        while self._slices and now_s - self._slices[0][0] > WINDOW_S:
            self._slices.popleft()


def _spread(counts: Counts) -> Spread:
    total = int(counts.sum())
    if not total:
        return Spread()
    inner = counts[1:-1].reshape(-1, _PER_BAR).sum(axis=1)
    bars = (int(counts[0]), *(int(n) for n in inner), int(counts[-1]))
    p50_s, p95_s, p99_s = (_quantile(counts, total, share) for share in (0.50, 0.95, 0.99))
    return Spread(count=total, p50_s=p50_s, p95_s=p95_s, p99_s=p99_s, bars=bars)


def _quantile(counts: Counts, total: int, share: float) -> float:
    """Where ``share`` of the samples lie below; the outermost edges stand for what is beyond them."""
    upto = np.cumsum(counts)
    place = int(np.searchsorted(upto, share * total))
    if place == 0:
        return _FIRST_S
    if place >= len(_FINE_S):
        return float(_FINE_S[-1])
    below = float(upto[place - 1])
    within = (share * total - below) / float(counts[place])
    low, high = float(_FINE_S[place - 1]), float(_FINE_S[place])
    return float(low * (high / low) ** within)
