"""Snag: the drive moves on, but the load does not come. Torn free, it swings far.

A free load speeds up towards plumb by g/L times how far it is aside of its trolley. What is missing of
that in its motion over a short while is what holds it. A load that merely lags behind a drive misses
nothing, whatever the drive does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Site
from safety.records import Hazard, Level, Phase, Situation
from safety.scene import Scene
from safety.situations.moment import Moment
from safety.situations.reach import people_near
from safety.situations.trail import Fix, Trail
from tracking.hoist_motion import GRAVITY_MPS2, ROPE_MIN_M

_WINDOW_S = 1.2
_SIGMAS = 4.0
_LEAST_SIGMA_M = 0.01
_HELD_SHARE = 0.5
"""A load that goes less than this share of its drive's way is left behind."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What holds a load: missing acceleration (2,) and its standard deviation, m/s²; ways of drive and load, m."""

    missing_mps2: Array
    sigma_mps2: float
    drive_m: float
    moved_m: float


class Snag:
    """Follows every hoist of a site for loads that are held back."""

    def __init__(self, site: Site) -> None:
        self._trails = {h.name: Trail(_WINDOW_S) for h in site.hoist}

    def carry_on(self, old: Snag) -> None:
        self._trails |= {name: trail for name, trail in old._trails.items() if name in self._trails}

    def __call__(self, moment: Moment) -> list[Hazard]:
        out = []
        for scene in moment.scenes:
            trail = self._trails[scene.state.name]
            trail.add(scene.state)
            fixes = trail.seen(_WINDOW_S)
            hangs = scene.state.load_resting is not True and scene.phase not in (Phase.RIGGING, Phase.LANDED)
            if fixes and hangs:
                hazard = _judged(scene, pull_of(fixes, scene.hoist.beam_height_m), fixes[-1], moment.policy)
                out += [hazard] if hazard is not None else []
        return out


def pull_of(fixes: list[Fix], beam_height_m: float) -> Pull:
    """Least squares over a trail: load = start + speed·t + (twice integrated pull of the rope) + missing·t²/2.

    Times need not be even. The noise is that of the fit itself: a load that is seen off by the same way all
    the time is known worse, but not less steadily.
    """
    t = np.array([f.time_s for f in fixes]) - fixes[0].time_s
    load = np.array([f.load_m for f in fixes])
    trolley = np.array([f.trolley_m for f in fixes])
    rope = np.maximum(beam_height_m - load[:, 2], ROPE_MIN_M)
    towards = -GRAVITY_MPS2 / rope[:, None] * (load[:, :2] - trolley)
    free = _integrated(_integrated(towards, t), t)
    design = np.stack([np.ones_like(t), t, t**2 / 2], axis=1)
    inverse = np.linalg.inv(design.T @ design)
    fit = inverse @ design.T @ (load[:, :2] - free)
    rest = load[:, :2] - free - design @ fit
    sigma = max(math.sqrt(float((rest**2).sum()) / (2 * max(len(t) - 3, 1))), _LEAST_SIGMA_M)
    way = math.hypot(*(trolley[-1] - trolley[0]))
    return Pull(fit[2], sigma * math.sqrt(inverse[2, 2]), way, math.hypot(*(load[-1, :2] - load[0, :2])))


def _integrated(values: Array, t: Array) -> Array:
    steps = (values[1:] + values[:-1]) / 2 * np.diff(t)[:, None]
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(steps, axis=0)])


def _judged(scene: Scene, pull: Pull, last: Fix, policy: Policy) -> Hazard | None:
    assert last.load_m is not None
    held = math.hypot(*pull.missing_mps2)
    left_behind = pull.drive_m > policy.moving_speed_mps * _WINDOW_S and pull.moved_m < _HELD_SHARE * pull.drive_m
    if held < max(policy.held_back_mps2, _SIGMAS * pull.sigma_mps2) or not left_behind:
        return None
    aside = last.load_m[:2] - last.trolley_m
    aside_m = math.hypot(*aside)
    lean_deg = math.degrees(math.atan2(aside_m, scene.hoist.beam_height_m - float(last.load_m[2])))
    near = people_near(scene, last.trolley_m, aside_m + scene.body.radius_m, policy)
    return Hazard(
        situation=Situation.SNAG,
        level=Level.DANGER if near or lean_deg > 2 * policy.lean_limit_deg else Level.WARNING,
        hoist=scene.state.name,
        gap_m=min((gap for _, gap in near), default=None),
        terms={
            "drive_m": pull.drive_m,
            "moved_m": pull.moved_m,
            "held_back_mps2": held,
            "lean_deg": lean_deg,
            "swing_m": aside_m,
            "people": float(len(near)),
        },
    )
