"""Does a load do what a free pendulum does? Told by the corrections that its filter needs.

The corrections of a filter that knows how its object moves are as often to one side as to the other. A load that is
caught, pushed, steadied or torn free needs them all to one side; unless its filter then expects more disturbance, it
trusts its pendulum against all cameras, and in the end refuses what they see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from tracking import hoist_motion as motion
from tracking.unscented import Belief

_WINDOW_S = 1.0
_GATE2 = 13.8
"""Of chi-square with two degrees of freedom, 99.9 %."""
_MOST = 15.0
_CALMS_S = 1.0


@dataclass(frozen=True, slots=True)
class Unrest:
    """The corrections of the last second, each its time, way (2,) and variance (2, 2) of the hook aside of its trolley.

    ``factor`` is by how much more the swing is disturbed than usual, 1 or more.
    """

    lately: tuple[tuple[float, Array, Array], ...] = ()
    factor: float = 1.0
    time_s: float = -math.inf

    def after(self, time_s: float, before: Belief, mean: Array, cov: Array) -> Unrest:
        """With one more correction, from ``before`` to a mean (10,) and covariance (10, 10)."""
        was, known = motion.aside_of(before.mean, before.cov)
        now, better = motion.aside_of(mean, cov)
        # What a correction takes off the covariance is the covariance of the correction itself.
        lately = (*(c for c in self.lately if c[0] > time_s - _WINDOW_S), (time_s, now - was, known - better))
        way = np.sum([c[1] for c in lately], axis=0)
        spread = np.sum([c[2] for c in lately], axis=0) + 1e-9 * np.eye(2)
        far2 = float(way @ np.linalg.solve(spread, way))
        needed = min(_MOST, self.factor * math.sqrt(far2 / 2)) if far2 > _GATE2 else 1.0
        calmed = 1.0 + (self.factor - 1.0) * math.exp(-max(time_s - self.time_s, 0.0) / _CALMS_S)
        return Unrest(lately, max(needed, calmed), time_s)
