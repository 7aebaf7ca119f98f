"""Whose picture goes to the detector next, where cameras bring more than it can take? Knows no clock.

A camera's claim is its age (seconds since a picture of it was last taken up) times its weight. Serving the
greatest claim first, with d seconds between two pictures that the detector takes up, gives each camera of
weight w that has pictures enough one look every d·Σw/w seconds, evenly spread; what a camera has no pictures
for falls to the others. A camera older than the limit outranks every weight, and among those the oldest goes
first. Weights are drawn towards 1 as far as a camera of weight 1 would otherwise come near the limit: else
such cameras would all be overdue at once, and the others would wait for all of them.

The limit is half of the age at which a camera counts as blind. Where a round of all N cameras, N·d, takes as
long as that age, all would go blind together: then the limit is two rounds, so that part of the detector's
time is left for weights, and the cameras at a moving hoist go on to see.

No camera waits longer than ``worst_wait_s``, whatever weights and rates do: once overdue, each of the others
is taken up before it at most once. And between two pictures of one camera there is one of every other that
has a picture waiting and no less weight. Nothing queues: a camera has one picture waiting, the newest, which
is not this module's to hold.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping

QUIET = 1.0
"""Weight of a camera that sees nothing of a moving hoist."""

_KNOWN_TAKES = 16
_NEAR_THE_LIMIT = 0.9


class Budget:
    """Remembers when each camera's picture was last taken up; all times are of one clock, the caller's.

    Args:
        blind_s: age at which a camera counts as blind.
    """

    def __init__(self, blind_s: float) -> None:
        self._blind_s = blind_s
        self._taken_s: dict[str, float] = {}
        self._between_s: deque[float] = deque(maxlen=_KNOWN_TAKES)
        self._last_s: float | None = None

    def order(self, waiting: Collection[str], now_s: float, weights: Mapping[str, float]) -> list[str]:
        """Cameras that have a picture waiting, the one to look at first in front; equals by name.

        Cameras without a weight count as ``QUIET``.
        """
        limit_s = self.limit_s
        heed = self._heed(weights)

        def claim(camera: str) -> tuple[bool, float, str]:
            age_s = self.age_s(camera, now_s)
            overdue = age_s >= limit_s
            worth = age_s if overdue else age_s * (QUIET + heed * (weights.get(camera, QUIET) - QUIET))
            return (not overdue, -worth, camera)

        return sorted(waiting, key=claim)

    def took(self, camera: str, now_s: float, left: int) -> None:
        """A picture of this camera went to the detector, and so many cameras still have one waiting."""
        if self._last_s is not None:
            self._between_s.append(now_s - self._last_s)
        # With nothing left, the time to the next is not the detector's.
        self._last_s = now_s if left else None
        self._taken_s[camera] = now_s

    def age_s(self, camera: str, now_s: float) -> float:
        """Seconds since the camera was last looked at; infinite before the first time."""
        return now_s - self._taken_s.get(camera, -math.inf)

    @property
    def limit_s(self) -> float:
        """The age from which a camera outranks every weight."""
        return overdue_s(len(self._taken_s), self._pace_s, self._blind_s)

    @property
    def _pace_s(self) -> float:
        return sum(self._between_s) / len(self._between_s) if self._between_s else 0.0

    def _heed(self, weights: Mapping[str, float]) -> float:
        """How far weights count, 0 to 1: as far as every camera of weight 1 still has its look in time."""
        more = sum(weights.get(camera, QUIET) - QUIET for camera in self._taken_s)
        pace_s = self._pace_s
        if more <= 0.0 or pace_s <= 0.0:
            return 1.0
        spare = _NEAR_THE_LIMIT * self.limit_s / pace_s - len(self._taken_s)
        return min(1.0, max(0.0, spare / more))


def overdue_s(cameras: int, between_s: float, blind_s: float) -> float:
    """The limit for so many cameras and so many seconds between two pictures that the detector takes up."""
    round_s = cameras * between_s
    return blind_s / 2 if round_s < blind_s else 2 * round_s


def worst_wait_s(cameras: int, between_s: float, blind_s: float, period_s: float) -> float:
    """No camera waits longer for its next look, if the detector takes a picture up at least every ``between_s``
    while any waits, and each camera brings a new one at least every ``period_s``."""
    return max(overdue_s(cameras, between_s, blind_s), period_s) + cameras * between_s
