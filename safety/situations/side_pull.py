"""Side pull: the hoist lifts while the load stands aside of the trolley, so that it slides off and swings.

A taut rope leans by itself. Before that, with slack slings, the load's own place tells how the rope will
lean when they are taut.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.policy import Policy
from safety.records import Hazard, Level, Situation
from safety.scene import Scene, stands
from safety.situations.moment import Moment
from safety.situations.reach import people_near

_SLACK = 1.2
"""Slings this much longer than the way from hook to load still hang on it."""
_SIGMAS = 2.0


def side_pull(moment: Moment) -> list[Hazard]:
    """Every hoist that lifts, or drags, a standing load with its rope out of plumb."""
    found = [_of(scene, moment.policy) for scene in moment.scenes]
    return [h for h in found if h is not None]


def _of(scene: Scene, policy: Policy) -> Hazard | None:
    s = scene.state
    pulls = s.vz_mps > policy.lifting_speed_mps or s.travel_speed_mps > policy.moving_speed_mps
    if s.lost or s.carrying != "loaded" or not s.height_known or not pulls or not _on_floor(scene, policy):
        return None
    taut_m = math.hypot(s.x_m - s.trolley_x_m, s.y_m - s.trolley_y_m)
    coming_m = _coming_m(scene)
    noise_deg = math.degrees(math.atan2(_SIGMAS * s.sigma_m, s.rope_m))
    limit_deg = policy.lean_limit_deg + noise_deg
    lean_deg = math.degrees(math.atan2(taut_m, s.rope_m))
    coming_deg = math.degrees(math.atan2(coming_m, s.rope_m))
    if lean_deg <= limit_deg and (coming_deg <= limit_deg or s.vz_mps <= policy.lifting_speed_mps):
        return None
    # The load hangs further down than the hook; free of the floor it swings as far beyond plumb as it stood aside.
    aside_m = max(taut_m, coming_m) * (1.0 + scene.hoist.sling_length_m / s.rope_m)
    plumb_m = np.array([s.trolley_x_m, s.trolley_y_m])
    near = people_near(scene, plumb_m, aside_m + scene.body.radius_m, policy)
    return Hazard(
        situation=Situation.SIDE_PULL,
        level=Level.DANGER if near and lean_deg > limit_deg else Level.WARNING,
        hoist=s.name,
        gap_m=min((gap for _, gap in near), default=None),
        terms={
            "lean_deg": max(lean_deg, coming_deg),
            "aside_m": aside_m,
            "swing_m": aside_m,
            "lift_mps": s.vz_mps,
            "people": float(len(near)),
        },
    )


def _on_floor(scene: Scene, policy: Policy) -> bool:
    """The floor bears the load: as it is seen, or else by the height of the hook."""
    if scene.state.load_resting is not None:
        return scene.state.load_resting
    return stands(scene, policy)


def _coming_m(scene: Scene) -> float:
    """How far aside the rope will stand once slings that are slack now are taut; 0 where the load is not seen."""
    s = scene.state
    if s.load_x_m is None or s.load_y_m is None or s.load_z_m is None:
        return 0.0
    top_m = s.load_z_m + (s.load_height_m or scene.hoist.load_height_m) / 2
    aside = math.hypot(s.load_x_m - s.trolley_x_m, s.load_y_m - s.trolley_y_m)
    if math.hypot(aside, s.z_m - top_m) > _SLACK * scene.hoist.sling_length_m:
        return 0.0
    beam_m = scene.hoist.beam_height_m
    # Rope and slings in one line from the trolley to the load: the hook stands aside by its share.
    return aside * s.rope_m / max(beam_m - top_m, s.rope_m)
