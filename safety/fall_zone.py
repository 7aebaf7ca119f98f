"""Under the suspended load, in the zone that it can fall into, or about to walk into it."""

from __future__ import annotations

import numpy as np

from calibration.camera import Array, Rows
from calibration.policy import Policy
from safety.passage import LoadPaths, contact_by
from safety.records import Hazard, Level, Situation
from safety.scene import AIRBORNE, Scene, gaps, shape_of

_INSIDE_PROBABILITY = 0.5


def fall_zone(scene: Scene, policy: Policy) -> list[Hazard]:
    """People under the suspended load, in the zone that it can fall into, or about to walk into it.

    The zone is the load's outline, grown by its swing, a person's radius, and a part of the height that it
    can fall from. Under the load is who is under its outline; nobody can stand under one that hangs lower
    than a person reaches, and who only touches its side there is beside it.
    """
    s, body = scene.state, scene.body
    if not len(scene.people) or not body.loaded or scene.phase not in AIRBORNE:
        return []
    if body.highest_m < policy.fall_zone_min_height_m:
        return []
    below_head = body.highest_m < policy.person_reach_height_m
    under_m = s.sway_amplitude_m + (0.0 if below_head else policy.person_radius_m)
    reach_m = s.sway_amplitude_m + policy.person_radius_m + policy.fall_zone_of_height * body.highest_m
    zone_m = shape_of(scene, reach_m).reach_m
    f = scene.people_forecast
    everybody: Rows = np.arange(len(scene.people), dtype=np.int64)
    inside = _inside_by(scene, everybody, reach_m)
    # Seen so much later, a person is so much nearer when the warning comes.
    soon = f.ahead_s[None] <= (policy.human_reaction_s + scene.late_s + 1e-9)[:, None]
    entering: Rows = np.flatnonzero(np.logical_or.reduce((inside >= _INSIDE_PROBABILITY) & soon, axis=1))
    if not len(entering):
        return []
    under = _inside_by(scene, entering, under_m)
    gap = gaps(scene, policy.person_radius_m)
    rests = s.travel_speed_mps <= policy.moving_speed_mps and abs(s.vz_mps) <= policy.lifting_speed_mps
    out = []
    for row, stands_under in zip(entering.tolist(), under, strict=True):
        person = scene.people[row]
        if person.lost:
            continue
        enters = np.flatnonzero(inside[row][soon[row]] >= _INSIDE_PROBABILITY)
        level = Level.CAUTION
        if enters[0] == 0:
            level = Level.DANGER if stands_under[0] >= _INSIDE_PROBABILITY else Level.WARNING
        elif stands_under[soon[row]].max() >= _INSIDE_PROBABILITY:
            # Who is about to stand under it is told as long before as a person needs to react.
            level = Level.WARNING
        if s.carrying == "unknown" and rests:
            level = Level.CAUTION
        out.append(
            Hazard(
                situation=Situation.FALL_ZONE,
                level=level,
                hoist=s.name,
                person=person.id,
                probability=float(inside[row][soon[row]].max()),
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


def _inside_by(scene: Scene, rows: Rows, grow_m: float) -> Array:
    """(rows, h) probability of having been within the load's outline, grown by ``grow_m``, by each time."""
    f = scene.forecast
    always = np.ones((1, len(f.ahead_s)), np.bool_)
    paths = LoadPaths(f.hook_m[None, :, :2], f.sigma_m[None], always)
    return contact_by(scene.people_forecast, rows, paths, shape_of(scene, grow_m))[:, 0]
