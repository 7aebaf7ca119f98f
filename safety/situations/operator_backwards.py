"""Operator walks backwards or into an obstacle while the hoist moves.

Who accompanies a hoist looks at the load. Walking away from it, with the load behind, is walking
backwards; a column, a machine or a pallet on that way is then not seen before it is felt.
"""

from __future__ import annotations

import math

import shapely

from calibration.site import Site
from safety.records import Hazard, Level, Role, Situation
from safety.scene import Scene
from safety.situations.moment import Moment, Rule
from tracking.records import Person

_WALKS_MPS = 0.2
_NEAR_LOAD_M = 6.0
_BACKWARDS_COS = 0.7
_SAME_WAY_MPS = 0.4
_FACING_S = 1.0


def make_operator_backwards(site: Site) -> Rule:
    """The rule for the structures of a site."""
    obstacles = [(s.name, s.height_m, shapely.Polygon(s.polygon_m)) for s in site.structure]

    def judge(moment: Moment) -> list[Hazard]:
        out = []
        for scene in moment.scenes:
            if scene.state.lost or scene.state.travel_speed_mps <= moment.policy.moving_speed_mps:
                continue
            for person in scene.people:
                if not person.lost and (h := _judge(person, scene, moment, obstacles)) is not None:
                    out.append(h)
        return out

    return judge


def _judge(
    person: Person, scene: Scene, moment: Moment, obstacles: list[tuple[str, float, shapely.Polygon]]
) -> Hazard | None:
    policy, s = moment.policy, scene.state
    speed = person.speed_mps
    role = moment.role_of(person.id)
    backs = _walks_backwards(person, scene)
    if speed < _WALKS_MPS or role is Role.PASSER_BY or not (backs or role is Role.OPERATOR):
        return None
    away = math.hypot(person.x_m - s.x_m, person.y_m - s.y_m)
    if away > _NEAR_LOAD_M + scene.body.radius_m:
        return None
    reach = speed * policy.obstacle_time_s + policy.person_radius_m
    ahead_x, ahead_y = person.x_m + reach * person.vx_mps / speed, person.y_m + reach * person.vy_mps / speed
    way = shapely.LineString([(person.x_m, person.y_m), (ahead_x, ahead_y)])
    at = shapely.Point(person.x_m, person.y_m)
    met = [
        (float(shapely.distance(at, shapely.intersection(way, shape))) - policy.person_radius_m, name)
        for name, height, shape in obstacles
        if height > person.floor_m and shapely.intersects(way, shape) and not shapely.contains(shape, at)
    ]
    if not met:
        return None
    gap, name = min(met)
    time_s = max(gap, 0.0) / speed
    # Who walks forwards sees it, and mostly turns aside in the last moment.
    if not backs and time_s > _FACING_S:
        return None
    return Hazard(
        situation=Situation.OPERATOR_BACKWARDS,
        level=Level.WARNING if backs else Level.CAUTION,
        hoist=s.name,
        person=person.id,
        source=name,
        gap_m=max(gap, 0.0),
        time_to_contact_s=time_s,
        terms={"person_mps": speed, "load_mps": s.travel_speed_mps, "away_m": away},
    )


def _walks_backwards(person: Person, scene: Scene) -> bool:
    """Walking along with the load, ahead of it: the face is then turned to the load, the back to the way."""
    s = scene.state
    dx, dy = person.x_m - s.x_m, person.y_m - s.y_m
    away, speed = math.hypot(dx, dy), person.speed_mps
    if min(away, speed, s.travel_speed_mps) <= 1e-6:
        return False
    from_load = (person.vx_mps * dx + person.vy_mps * dy) / (away * speed)
    with_load = (person.vx_mps * s.trolley_vx_mps + person.vy_mps * s.trolley_vy_mps) / (speed * s.travel_speed_mps)
    pace = math.hypot(person.vx_mps - s.trolley_vx_mps, person.vy_mps - s.trolley_vy_mps)
    return from_load > _BACKWARDS_COS and with_load > _BACKWARDS_COS and pace < _SAME_WAY_MPS
