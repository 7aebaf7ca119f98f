"""Somebody is where nobody may be: in a zone that the site calls ``exclusion``, whatever the hoists do.

The site drew that line, not a load, so it is told and slows nothing; what a load does near it is for the other rules.
"""

from __future__ import annotations

import shapely

from calibration.site import Site
from safety.records import Hazard, Level, Situation
from safety.situations.moment import Moment, Rule
from tracking.records import Person

_OUT_SIGMAS = 1.0


def make_exclusion(site: Site) -> Rule:
    """The rule for the exclusion zones of a site."""
    return Exclusion(site)


class Exclusion:
    """The rule. Whoever is in stays so until he is out for sure: standing on the line tells no alarm twice."""

    def __init__(self, site: Site) -> None:
        self._zones = {z.name: shapely.Polygon(z.polygon_m) for z in site.zone if z.kind == "exclusion"}
        self._since_s: dict[tuple[str, str], float] = {}

    def carry_on(self, old: Exclusion) -> None:
        self._since_s = {k: t for k, t in old._since_s.items() if k[0] in self._zones}

    def __call__(self, moment: Moment) -> list[Hazard]:
        since_s = {
            (zone, p.id): self._since_s.get((zone, p.id), moment.now_s)
            for zone, area in self._zones.items()
            for p in moment.tracks.people
            if not p.lost and _in(area, p, (zone, p.id) in self._since_s)
        }
        self._since_s = since_s
        return [
            Hazard(
                situation=Situation.EXCLUSION,
                level=Level.CAUTION,
                person=person,
                source=zone,
                terms={"inside_s": moment.now_s - from_s},
            )
            for (zone, person), from_s in since_s.items()
        ]


def _in(area: shapely.Polygon, person: Person, before: bool) -> bool:
    """Inside for sure; whoever was in is out only by as much."""
    at = shapely.Point(person.x_m, person.y_m)
    edge_m = area.exterior.distance(at)
    depth_m = edge_m if area.contains(at) else -edge_m
    margin_m = _OUT_SIGMAS * person.sigma_m
    return bool(depth_m > (-margin_m if before else margin_m))
