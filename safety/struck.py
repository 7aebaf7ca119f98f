"""Struck by the moving load: how likely, how soon, can a stop still help?"""

from __future__ import annotations

import numpy as np

from calibration.camera import Array, Flags, Rows
from calibration.policy import Policy
from safety.passage import contact
from safety.records import Hazard, Level, Situation
from safety.scene import Scene, gaps, low_enough, travels
from safety.stopping import StoppedPaths, stop_now, stopped_paths

_SLOW_TOLERANCE = 1.2


def struck_by(scene: Scene, policy: Policy) -> list[Hazard]:
    """People whom a travelling load will reach within the horizon, with the time left for a stop that helps."""
    if not len(scene.people) or not travels(scene, policy):
        return []
    reachable = low_enough(scene, policy)
    if not reachable.any():
        return []
    radius = scene.body.radius_m + policy.person_radius_m
    still = StoppedPaths(
        offset_m=np.zeros((1, len(reachable), 2)),
        swing_m=np.zeros((1, len(reachable))),
        sigma_m=scene.forecast.sigma_m[None],
        harmful=np.ones((1, len(reachable)), bool),
    )
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    goes_on = np.where(reachable, contact(scene, rows, still, radius)[:, 0], 0.0)
    gap = gaps(scene, policy.person_radius_m)
    threatened = (goes_on.max(axis=1) >= policy.contact_probability) | _too_near(scene, gap, policy)
    rows = np.flatnonzero(threatened).astype(np.int64)
    if not len(rows):
        return []
    helped = _stop_helps(scene, rows, reachable, radius, policy)
    return [_struck(scene, int(row), goes_on[row], helped[i], float(gap[row]), policy) for i, row in enumerate(rows)]


def _stop_helps(scene: Scene, rows: Rows, reachable: Flags, radius_m: float, policy: Policy) -> Flags:
    """(rows, d) whether a stop commanded at each time of the horizon still keeps the load off each person."""
    helps = np.empty((len(rows), len(reachable)), np.bool_)
    # Where all looks come in time, which is the rule, this is one group.
    for late_s in np.unique(scene.late_s[rows]):
        group = scene.late_s[rows] == late_s
        sway_m = scene.state.sway_amplitude_m
        stopped = stopped_paths(scene.forecast, scene.stop, sway_m, scene.hoist, policy, float(late_s))
        touch = np.where(reachable & stopped.harmful[None], contact(scene, rows[group], stopped, radius_m), 0.0)
        helps[group] = touch.max(axis=2) < policy.contact_probability
    return helps


def _struck(scene: Scene, row: int, goes_on: Array, helped: Flags, gap_m: float, policy: Policy) -> Hazard:
    s = scene.state
    ahead = scene.forecast.ahead_s
    hits = np.flatnonzero(goes_on >= policy.contact_probability)
    ttc = float(ahead[hits[0]]) if len(hits) else None
    unsafe = np.flatnonzero(~helped)
    last_safe = float(ahead[-1]) if not len(unsafe) else float(ahead[max(unsafe[0] - 1, 0)])
    stop_helps_now = bool(helped[0])
    near = bool(_too_near(scene, np.array([gap_m]), policy)[0])
    fast = s.travel_speed_mps > _SLOW_TOLERANCE * scene.hoist.travel_speed_mps[0]
    if not len(hits):
        level = Level.DANGER if fast else Level.WARNING
    elif not stop_helps_now or last_safe < policy.horizon_step_s or (near and fast):
        level = Level.DANGER
    elif last_safe < policy.human_reaction_s or near:
        level = Level.WARNING
    else:
        level = Level.CAUTION
    late_s = float(scene.late_s[row])
    stop = stop_now(s.travel_speed_mps, s.rope_m, s.sway_amplitude_m, scene.hoist, policy, late_s)
    return Hazard(
        situation=Situation.STRUCK_BY,
        level=level,
        hoist=s.name,
        person=scene.people[row].id,
        probability=float(goes_on.max()),
        gap_m=gap_m,
        time_to_contact_s=ttc,
        time_to_last_safe_stop_s=last_safe if stop_helps_now else 0.0,
        terms={
            "load_mps": s.travel_speed_mps,
            "person_mps": scene.people[row].speed_mps,
            "reaction_s": policy.reaction_time_s + late_s,
            "stop_m": stop.distance_m,
            "stop_s": stop.time_s,
            "swing_m": stop.swing_m,
            "bottom_m": scene.body.lowest_m,
            "height_known": float(s.height_known),
        },
    )


def _too_near(scene: Scene, gap_m: Array, policy: Policy) -> Flags:
    if not travels(scene, policy) or scene.body.lowest_m >= policy.person_reach_height_m:
        return np.zeros(len(gap_m), np.bool_)
    return np.asarray(gap_m < policy.separation_floor_m, np.bool_)
