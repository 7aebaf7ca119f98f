"""Crush: the load closes the gap to something fixed, and somebody stands in it.

A gap of 0.5 m keeps a whole body from being crushed (ISO 13854); what is left after a stop must be that.
"""

from __future__ import annotations

import shapely
import shapely.affinity
from shapely import Point, Polygon

from calibration.policy import Policy
from calibration.site import Site
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.foresight import Closing, Ways, ways_of
from safety.situations.load_structure import approach
from safety.situations.moment import Moment
from safety.situations.shapes import outline_of
from tracking.records import Person

_LEAST_HEIGHT_M = 0.5
"""What is lower does not hold a body against a load."""


class Crush:
    """Judges every hoist, structure and person of a site."""

    def __init__(self, site: Site) -> None:
        tall = [s for s in site.structure if s.height_m >= _LEAST_HEIGHT_M]
        self._structures = [(s.name, Polygon(s.polygon_m), s.height_m) for s in tall]

    def __call__(self, moment: Moment) -> list[Hazard]:
        out = []
        for scene in moment.scenes:
            moves = scene.state.travel_speed_mps > moment.policy.moving_speed_mps
            low = scene.body.lowest_m < moment.policy.person_reach_height_m
            if scene.state.lost or not moves or not low or not scene.people:
                continue
            ways = ways_of(scene, moment.policy)
            for name, shape, height_m in self._structures:
                out += _between(scene, ways, name, shape, height_m, moment.policy)
        return out


def _between(scene: Scene, ways: Ways, name: str, shape: Polygon, height_m: float, policy: Policy) -> list[Hazard]:
    met = approach(scene, ways, shape, height_m, policy.crush_clearance_m, policy)
    if met is None:
        return []
    found, now_m = met
    trap = trap_of(scene, ways, shape, found, policy)
    return [
        Hazard(
            situation=Situation.CRUSH,
            level=_level(found, policy),
            hoist=scene.state.name,
            person=person.id,
            source=name,
            gap_m=now_m,
            time_to_contact_s=found.contact_s,
            time_to_last_safe_stop_s=found.last_safe_s,
            terms={
                "needed_m": policy.crush_clearance_m,
                "load_mps": scene.state.travel_speed_mps,
                "stop_m": scene.stop.distance_m,
                "stop_s": scene.stop.time_s,
                "swing_m": scene.stop.swing_m,
            },
        )
        for person in scene.people
        if not person.lost and _is_in(person, trap, found, policy)
    ]


def trap_of(scene: Scene, ways: Ways, shape: Polygon, found: Closing, policy: Policy) -> Polygon:
    """The floor between the load, on its way until the gap is too narrow, and the side of the structure it goes to."""
    load = outline_of(scene)
    step = int((ways.ahead_s < found.contact_s).sum())
    dx, dy = ways.on_m[step] - ways.on_m[0]
    there = shapely.affinity.translate(load, float(dx), float(dy))
    # Only the part of a long structure that the load comes to can hold anybody against it.
    facing = shape.intersection(there.buffer(2 * policy.crush_clearance_m))
    hull = shapely.convex_hull(shapely.union_all([load, there, facing]))
    return hull.difference(load.buffer(policy.person_radius_m))


def _is_in(person: Person, trap: Polygon, found: Closing, policy: Policy) -> bool:
    """Whether somebody is in the trap now, or by the time at which it closes at the pace of now."""
    ahead_s = min(found.contact_s, policy.human_reaction_s)
    now = Point(person.x_m, person.y_m)
    then = Point(person.x_m + ahead_s * person.vx_mps, person.y_m + ahead_s * person.vy_mps)
    reach = trap.buffer(policy.person_radius_m)
    return bool(reach.contains(then) or (reach.contains(now) and found.contact_s < policy.human_reaction_s))


def _level(found: Closing, policy: Policy) -> Level:
    if found.last_safe_s < policy.horizon_step_s:
        return Level.DANGER
    return Level.WARNING if found.last_safe_s < policy.human_reaction_s else Level.CAUTION
