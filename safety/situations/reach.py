"""Who stands within reach of something that is about to move by itself?"""

from __future__ import annotations

import math

from calibration.camera import Array
from calibration.policy import Policy
from safety.scene import Scene
from tracking.records import Person


def people_near(scene: Scene, place_m: Array, reach_m: float, policy: Policy) -> list[tuple[Person, float]]:
    """Everybody whose body is, or will be within a human reaction, less than ``reach_m`` from a floor place (2,).

    Each with the distance from the place to the body's side now, m. Who is lost is not here.
    """
    out = []
    for person in scene.people:
        dx, dy = person.x_m - float(place_m[0]), person.y_m - float(place_m[1])
        ahead_s = policy.human_reaction_s
        then = math.hypot(dx + ahead_s * person.vx_mps, dy + ahead_s * person.vy_mps)
        now = math.hypot(dx, dy)
        if not person.lost and min(now, then) - policy.person_radius_m < reach_m:
            out.append((person, now - policy.person_radius_m))
    return out
