"""Crane meets a person on a platform: the load, or the trolley itself, comes to where somebody works at height."""

from __future__ import annotations

import msgspec
import shapely

from calibration.site import Site
from safety.fall_zone import fall_zone
from safety.records import Hazard, Situation
from safety.scene import Scene
from safety.situations.moment import Moment, Rule
from safety.struck import struck_by
from tracking.records import Person

_RIM_M = 1.0


def make_platform(site: Site) -> Rule:
    """The rule for the platforms of a site."""
    tops = [(s.name, s.height_m, shapely.Polygon(s.polygon_m).buffer(_RIM_M)) for s in site.structure if s.platform]

    def platform_of(person: Person) -> str:
        at = person.x_m, person.y_m
        here = (name for name, z, top in tops if z == person.floor_m and shapely.contains_xy(top, *at))
        return next(here, f"{person.floor_m:.1f} m")

    def judge(moment: Moment) -> list[Hazard]:
        return [
            msgspec.structs.replace(hazard, situation=Situation.PLATFORM, source=platform_of(person))
            for scene in moment.raised
            for hazard, person in _worst(scene, moment)
        ]

    return judge


def _worst(scene: Scene, moment: Moment) -> list[tuple[Hazard, Person]]:
    """For each person of one platform, the worse of being struck and of standing below the load.

    A load that hangs lower than the platform's top, its hook included, passes below.
    """
    state = scene.state
    found: dict[str, Hazard] = {}
    for hazard in (*struck_by(scene, moment.policy), *fall_zone(scene, moment.policy)):
        known = found.get(hazard.person or "")
        if known is None or hazard.level.rank > known.level.rank:
            found[hazard.person or ""] = hazard
    people = {p.id: p for p in scene.people}
    return [
        (hazard, people[name])
        for name, hazard in found.items()
        if not state.height_known or state.z_m + 2 * state.sigma_z_m > people[name].floor_m
    ]
