"""Does a hoist stand still? Told by the way it has gone, because a speed estimate is never quite zero.

Noise of a few centimetres a reading is a speed of a decimetre a second, as fast as some hoists creep.
Whoever rigs a load stands beside it, so noise must not pass for motion. A place that stays inside a
narrow band for long enough is at rest; leaving the band, or a speed far above its own noise, ends it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion

_SIGMAS_TO_LEAVE = 4.0
_SIGMAS_OF_SPREAD = 2.0
_LEAST_TIME_S = 1.6
_SETTLES_S = 0.8
_SETTLES_LONG_S = 4.0
_FINE_SIGMA_M = 0.05
_ANCHOR_GAIN = 0.02
_LIFT_TOLERANCE = 1.5
_HOOK_IS_SEEN_SIGMA_M = 0.12
_TROLLEY_IS_KNOWN_SIGMA_M = 0.05
_HEIGHT_IS_SEEN_SIGMA_M = 0.3


@dataclass(frozen=True, slots=True)
class Band:
    """Least and most radius (m) of the band that a resting place may not leave, and the slowest drive (m/s)."""

    least_m: float
    most_m: float
    slowest_mps: float

    def leave_m(self, sigma_m: float) -> float:
        """How far from its anchor a place known to ``sigma_m`` may be and still rest."""
        return float(np.clip(_SIGMAS_TO_LEAVE * sigma_m, self.least_m, self.most_m))

    def spread_m(self, sigma_m: float) -> float:
        """How far from their mean the places of a while may lie to be called at rest."""
        return float(np.clip(_SIGMAS_OF_SPREAD * sigma_m, 0.6 * self.least_m, self.most_m / 2))

    def settles_s(self, sigma_m: float) -> float:
        """How long a place just found is averaged before it is held to: the noisier, the longer."""
        return float(np.clip(_SETTLES_S * (sigma_m / _FINE_SIGMA_M) ** 2, _SETTLES_S, _SETTLES_LONG_S))

    def time_s(self, sigma_m: float) -> float:
        """How long they must lie so: the slowest drive would have left the spread by then."""
        return max(_LEAST_TIME_S, 3.0 * self.spread_m(sigma_m) / self.slowest_mps)


@dataclass(slots=True)
class Rest:
    """Follows one place (1 to 3 coordinates) over time. It rests until its way or its speed says otherwise."""

    band: Band
    at_rest: bool = True
    _past: deque[tuple[float, Array]] = field(default_factory=deque)
    _anchor: Array | None = None

    def update(self, time_s: float, place_m: Array, sigma_m: float, fast: bool) -> None:
        """Take in where the place was estimated at ``time_s``; ``fast`` where its speed stands out of its noise."""
        wanted_s = self.band.time_s(sigma_m)
        self._past.append((time_s, place_m))
        while len(self._past) > 1 and self._past[1][0] <= time_s - wanted_s:
            self._past.popleft()
        if self.at_rest:
            self._watch(time_s, place_m, sigma_m, fast)
        elif not fast and time_s - self._past[0][0] >= wanted_s:
            places = np.array([place for _, place in self._past])
            middle = places.mean(axis=0)
            if math.sqrt(((places - middle) ** 2).sum(axis=1).max()) <= self.band.spread_m(sigma_m):
                self.at_rest, self._anchor = True, middle

    def _watch(self, time_s: float, place_m: Array, sigma_m: float, fast: bool) -> None:
        if self._anchor is None:
            # A place just found still settles; what it does until then is no way that it went.
            if time_s - self._past[0][0] >= self.band.settles_s(sigma_m):
                self._anchor = np.mean([place for _, place in self._past], axis=0)
        elif fast or _away_m(place_m, self._anchor) > self.band.leave_m(sigma_m):
            self.forget()
            self.at_rest = False
        else:
            # The longer it rests, the better its place is known; a drive leaves the band long before that.
            self._anchor = self._anchor + _ANCHOR_GAIN * (place_m - self._anchor)

    def forget(self) -> None:
        """The place was lost and found elsewhere."""
        self._past.clear()
        self._anchor = None
        self.at_rest = True


def _away_m(a: Array, b: Array) -> float:
    return math.sqrt(float(((a - b) ** 2).sum()))


class HoistRest:
    """Whether one hoist's trolley and its hook's height stand still.

    The hook is what cameras see and what strikes. A long rope lets it lag a trolley that sets out by more than
    a second, so that the trolley is watched too wherever it is known well, by its encoder say.
    """

    def __init__(self, hoist: Hoist, policy: Policy) -> None:
        self.hoist, self._policy = hoist, policy
        self._floor = Rest(Band(0.10, 0.55, max(hoist.travel_speed_mps[0], 0.05)))
        self._trolley = Rest(Band(0.06, 0.25, max(hoist.travel_speed_mps[0], 0.05)))
        self._height = Rest(Band(0.04, 0.12, max(hoist.hoist_speed_mps[0], 0.02)))
        self._swing_m = math.inf

    def carry_on(self, old: HoistRest) -> None:
        """Go on from what is known of this hoist by ``old``; the bands are those of the drives as they are now."""
        self._floor, self._trolley, self._height = (
            replace(rest, band=new.band, _past=deque(rest._past))
            for rest, new in ((old._floor, self._floor), (old._trolley, self._trolley), (old._height, self._height))
        )
        self._swing_m = old._swing_m

    def update(self, time_s: float, state: Array, cov: Array) -> None:
        """Take in the filter's mean (10,) and covariance (10, 10) at ``time_s``."""
        hook = motion.hook_of(state, self.hoist.beam_height_m)
        sigma_m = motion.hook_sigma_m(state, cov)
        place = hook[:2]
        trolley = state[[motion.X, motion.Y]]
        trolley_sigma_m = math.sqrt((cov[motion.X, motion.X] + cov[motion.Y, motion.Y]) / 2)
        self._swing_m = self._floor.band.leave_m(sigma_m)
        if sigma_m > _HOOK_IS_SEEN_SIGMA_M:
            place, sigma_m = trolley, trolley_sigma_m
            self._swing_m = math.inf
        speed = math.hypot(state[motion.VX], state[motion.VY])
        noise = math.sqrt((cov[motion.VX, motion.VX] + cov[motion.VY, motion.VY]) / 2)
        fast = speed > max(self._policy.moving_speed_mps, _SIGMAS_TO_LEAVE * noise)
        self._floor.update(time_s, place, sigma_m, fast)
        if trolley_sigma_m <= _TROLLEY_IS_KNOWN_SIGMA_M:
            self._trolley.update(time_s, trolley, trolley_sigma_m, fast)
        else:
            self._trolley.forget()
        sigma_z_m = math.sqrt(max(cov[motion.L, motion.L], 0.0))
        if sigma_z_m > _HEIGHT_IS_SEEN_SIGMA_M:
            self._height.forget()
            return
        lift = abs(float(state[motion.VL]))
        lifts = lift > max(self._policy.lifting_speed_mps, _SIGMAS_TO_LEAVE * math.sqrt(cov[motion.VL, motion.VL]))
        self._height.update(time_s, hook[2:], sigma_z_m, lifts)

    def forget(self) -> None:
        """The hoist was lost and found elsewhere."""
        self._floor.forget()
        self._trolley.forget()
        self._height.forget()

    def told(self, state: Array) -> Array:
        """The state with the speeds of what stands still set to zero, and none above the drives' top."""
        out = state.copy()
        top_mps, lift_mps = self.hoist.travel_speed_mps[1], self.hoist.hoist_speed_mps[1]
        out[[motion.VX, motion.VY]] = np.clip(out[[motion.VX, motion.VY]], -top_mps, top_mps)
        out[motion.VL] = min(max(float(out[motion.VL]), -_LIFT_TOLERANCE * lift_mps), _LIFT_TOLERANCE * lift_mps)
        if self._floor.at_rest and self._trolley.at_rest:
            out[[motion.VX, motion.VY]] = 0.0
        if self._height.at_rest:
            out[motion.VL] = 0.0
        return out

    @property
    def swing_limit_m(self) -> float:
        """A hook that is seen to stay inside its band swings no further than that."""
        return self._swing_m if self._floor.at_rest else math.inf
