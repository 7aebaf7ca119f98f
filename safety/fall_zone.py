"""Under the suspended load, in the zone that it can fall into, or about to walk into it."""

from __future__ import annotations

import numpy as np

from calibration.camera import Rows
from calibration.policy import Policy
from safety.passage import mode_mean
from safety.records import Hazard, Level, Situation
from safety.scene import AIRBORNE, Scene, gaps

_INSIDE_PROBABILITY = 0.5


def fall_zone(scene: Scene, policy: Policy) -> list[Hazard]:
    """People under the suspended load, in the zone that it can fall into, or about to walk into it.

    Zone radius: load radius + swing + part of the height + person radius; the inner part without the
    height counts as under the load.
    """
    s, body = scene.state, scene.body
    if not len(scene.people) or not body.loaded or scene.phase not in AIRBORNE:
        return []
    if body.highest_m < policy.fall_zone_min_height_m:
        return []
    under_m = body.radius_m + s.sway_amplitude_m + policy.person_radius_m
    zone_m = under_m + policy.fall_zone_of_height * body.highest_m
    f = scene.people_forecast
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    sigma = scene.forecast.sigma_m[None]
    inside = mode_mean(scene, rows, np.full_like(sigma, zone_m), sigma)[:, 0]
    under_now = mode_mean(scene, rows, np.full_like(sigma, under_m), sigma)[:, 0, 0]
    gap = gaps(scene, policy.person_radius_m)
    rests = s.travel_speed_mps <= policy.moving_speed_mps and abs(s.vz_mps) <= policy.lifting_speed_mps
    out = []
    for row, person in enumerate(scene.people):
        # Seen so much later, a person is so much nearer when the warning comes.
        soon = f.ahead_s <= policy.human_reaction_s + scene.late_s[row] + 1e-9
        enters = np.flatnonzero(inside[row][soon] >= _INSIDE_PROBABILITY)
        if not len(enters) or person.lost:
            continue
        level = Level.CAUTION
        if enters[0] == 0:
            level = Level.DANGER if under_now[row] >= _INSIDE_PROBABILITY else Level.WARNING
        if s.carrying == "unknown" and rests:
            level = Level.CAUTION
        out.append(
            Hazard(
                situation=Situation.FALL_ZONE,
                level=level,
                hoist=s.name,
                person=person.id,
                probability=float(inside[row][soon].max()),
                gap_m=float(gap[row]),
                time_to_contact_s=float(f.ahead_s[enters[0]]),
                terms={
                    "zone_m": float(zone_m),
                    "bottom_m": float(body.highest_m if not s.height_known else body.bottom_m),
                    "height_known": float(s.height_known),
                    "load_known": float(s.carrying == "loaded"),
                    "load_mps": s.travel_speed_mps,
                },
            )
        )
    return out
