"""Sling slip: all of a sudden the load hangs lower below its hook than before. It may tilt on, or fall.

Hook and load are seen together, so that what the hoist does lifts or lowers both: only what the load
drops by itself counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags
from calibration.policy import Policy
from calibration.site import Site
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.moment import Moment
from safety.situations.reach import people_near
from safety.situations.trail import Fix, Trail

_WINDOW_S = 3.0
_NEW_S = 0.5
"""Where the load hangs now is the second highest of so long: a box that sank for a look or two is no slip."""
_BACK_SHARE = 0.5
"""A load that hangs again as high as this share of the drop did not sink: slings do not draw up by themselves."""
_BEFORE_S = 1.8
"""Where it hung before is the mean of the first so many seconds of the window."""
_SIGMAS = 4.0
_LEAST_SIGMA_M = 0.015


@dataclass(frozen=True, slots=True)
class Slip:
    """What was seen: how far the load dropped and shifted below its hook, within how long, and when.

    ``sigma_m`` is how unsteadily it was seen to hang before, ``hung_m`` how far below its hook.
    """

    drop_m: float
    shift_m: float
    in_s: float
    time_s: float
    sigma_m: float
    hung_m: float


class SlingSlip:
    """Follows every hoist of a site; a sling that slipped stays suspect until the load stands or is gone."""

    def __init__(self, site: Site) -> None:
        self._trails = {h.name: Trail(_WINDOW_S) for h in site.hoist}
        self._slipped: dict[str, Slip] = {}

    def carry_on(self, old: SlingSlip) -> None:
        self._trails |= {name: trail for name, trail in old._trails.items() if name in self._trails}
        self._slipped = {name: slip for name, slip in old._slipped.items() if name in self._trails}

    def __call__(self, moment: Moment) -> list[Hazard]:
        out = []
        for scene in moment.scenes:
            slip = self._watch(scene, moment)
            if slip is not None:
                out.append(_judged(scene, slip, moment.policy))
        return out

    def _watch(self, scene: Scene, moment: Moment) -> Slip | None:
        state, policy = scene.state, moment.policy
        trail = self._trails[state.name]
        if state.load_resting is True or scene.body.highest_m <= policy.landed_gap_m:
            trail.fixes.clear()
            self._slipped.pop(state.name, None)
            return None
        trail.add(state)
        fixes = trail.seen(_WINDOW_S)
        found = slip_of(fixes, moment.now_s) if fixes and _by_the_same(fixes) else None
        if found is not None and found.drop_m > max(policy.slip_m, _SIGMAS * found.sigma_m):
            before = self._slipped.get(state.name)
            if before is None or found.drop_m >= before.drop_m:
                self._slipped[state.name] = found
        slip = self._slipped.get(state.name)
        over = slip is not None and moment.now_s - slip.time_s > policy.slip_memory_s
        if slip is not None and (state.carrying == "empty" or over or _is_back(slip, trail)):
            del self._slipped[state.name]
            return None
        return slip


def _by_the_same(fixes: list[Fix]) -> bool:
    """Whether the same sources tell how it hung before and how it hangs now.

    A camera that sets in, or goes, sees it elsewhere by its own error, and that is no slip.
    """
    before, last = _split(np.array([f.time_s for f in fixes]))
    return len({f.sources for f, counts in zip(fixes, before | last, strict=True) if counts}) == 1


def slip_of(fixes: list[Fix], now_s: float) -> Slip:
    """How far the load sank below its hook over a trail, and how much of that the load itself came down.

    A hook that rises while the load stays, as slings that go taut let it, is no slip.
    """
    t = np.array([f.time_s for f in fixes])
    load = np.array([f.load_m for f in fixes])
    hook = np.array([f.hook_m for f in fixes])
    first, last = _split(t)
    sunk = load[first, 2].mean() - np.sort(load[last, 2])[-2:].min()
    hook_sunk = hook[first, 2].mean() - hook[last, 2].mean()
    below = load - hook
    shift = below[last, :2].mean(axis=0) - below[first, :2].mean(axis=0)
    return Slip(
        drop_m=float(min(sunk, sunk - hook_sunk)),
        shift_m=math.hypot(*shift),
        in_s=float(t[-1] - t[0]) - _BEFORE_S,
        time_s=now_s,
        sigma_m=max(float(below[first, 2].std()), _LEAST_SIGMA_M),
        hung_m=-float(below[first, 2].mean()),
    )


def _is_back(slip: Slip, trail: Trail) -> bool:
    """Whether the load hangs as high below its hook again as before."""
    fixes = trail.seen(_NEW_S)
    if not fixes:
        return False
    hangs_m = float(np.mean([f.hook_m[2] - f.load_m[2] for f in fixes if f.load_m is not None]))
    return hangs_m < slip.hung_m + _BACK_SHARE * slip.drop_m


def _split(times_s: Array) -> tuple[Flags, Flags]:
    """Which times (n,) of a trail tell how the load hung before, and which how it hangs now."""
    first, last = times_s <= times_s[0] + _BEFORE_S + 1e-9, times_s >= times_s[-1] - _NEW_S - 1e-9
    return first, last


def _judged(scene: Scene, slip: Slip, policy: Policy) -> Hazard:
    s = scene.state
    reach_m = scene.body.radius_m + slip.shift_m + policy.fall_zone_of_height * scene.body.highest_m + slip.drop_m
    near = people_near(scene, np.array([s.x_m, s.y_m]), reach_m, policy)
    return Hazard(
        situation=Situation.SLING_SLIP,
        level=Level.DANGER if near else Level.WARNING,
        hoist=s.name,
        gap_m=min((gap for _, gap in near), default=None),
        terms={
            "drop_m": slip.drop_m,
            "shift_m": slip.shift_m,
            "in_s": slip.in_s,
            "lift_mps": scene.hoist.hoist_speed_mps[1],
            "zone_m": reach_m,
            "bottom_m": scene.body.lowest_m,
            "people": float(len(near)),
        },
    )
