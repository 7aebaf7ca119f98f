"""Blind lift: the load moves, or goes down, where no camera sees the floor around it, even with all cameras well."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from calibration.coverage import CoverageMap, coverage_map
from calibration.site import Site
from safety.lift import body_of
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.moment import Moment, Rule

_CHEST_M = 1.2
_RING_M = 1.0
_POINTS = 8
_NEEDED_SHARE = 0.5


def make_blind_lift(site: Site) -> Rule:
    """The rule for the cameras of a site; a site without any is not watched by cameras."""
    if not site.camera:
        return lambda moment: []
    return BlindLift(coverage_map(site, height_m=_CHEST_M))


@dataclass(slots=True)
class BlindLift:
    """The rule; it remembers when each load was last in sight, and whether there was one."""

    cells: CoverageMap
    _seen_s: dict[str, float] = field(default_factory=dict)
    _carried: set[str] = field(default_factory=set)

    def carry_on(self, old: BlindLift) -> None:
        self._seen_s, self._carried = old._seen_s, old._carried

    def __call__(self, moment: Moment) -> list[Hazard]:
        return [h for scene in moment.scenes if (h := self._judge(scene, moment)) is not None]

    def _judge(self, scene: Scene, moment: Moment) -> Hazard | None:
        name = scene.state.name
        now = _share_seen(self.cells, scene.state.x_m, scene.state.y_m, scene.body.radius_m)
        if now >= _NEEDED_SHARE:
            self._seen_s[name] = moment.now_s
            (self._carried.add if scene.body.loaded else self._carried.discard)(name)
        elif scene.body.loaded:
            self._carried.add(name)
        elif name in self._carried:
            # A load that went out of sight is on its hook until the hook is seen without it.
            scene = replace(scene, body=body_of(msgspec.structs.replace(scene.state, carrying="loaded"), scene.hoist))
        return _blind(scene, moment, self.cells, now, self._seen_s.get(name, moment.now_s))


def _blind(scene: Scene, moment: Moment, cells: CoverageMap, now: float, seen_s: float) -> Hazard | None:
    s, policy = scene.state, moment.policy
    goes = s.travel_speed_mps > policy.moving_speed_mps
    lifts = s.height_known and abs(s.vz_mps) > policy.lifting_speed_mps
    airborne = scene.body.loaded and scene.body.highest_m > policy.landed_gap_m
    # Where it is within a human's reaction counts as well: the slow-down has to come before the corner.
    soon = int(np.searchsorted(scene.forecast.ahead_s, policy.human_reaction_s))
    x, y = (float(v) for v in scene.forecast.hook_m[min(soon, len(scene.forecast.hook_m) - 1), :2])
    ahead = _share_seen(cells, x, y, scene.body.radius_m) if goes else now
    strikes = goes and scene.body.lowest_m < policy.person_reach_height_m
    if s.lost or not (airborne or strikes) or min(now, ahead) >= _NEEDED_SHARE:
        return None
    return Hazard(
        situation=Situation.BLIND_LIFT,
        level=Level.WARNING if (goes or lifts) and now < _NEEDED_SHARE else Level.CAUTION,
        hoist=s.name,
        time_to_contact_s=None if now < _NEEDED_SHARE else float(scene.forecast.ahead_s[soon]),
        terms={
            "load_mps": max(s.travel_speed_mps, abs(s.vz_mps)),
            "unseen_s": moment.now_s - seen_s,
            "share_seen": now,
            "bottom_m": scene.body.lowest_m,
        },
    )


def _share_seen(cells: CoverageMap, x_m: float, y_m: float, radius_m: float) -> float:
    """Part of the floor below and around a load that any camera sees; 1 where there is no floor to stand on."""
    angles = np.arange(_POINTS) * 2 * math.pi / _POINTS
    radius = radius_m + _RING_M
    around = [(x_m, y_m), *((x_m + radius * math.cos(a), y_m + radius * math.sin(a)) for a in angles)]
    found = [c for x, y in around if (c := cells.cell_of(x, y)) is not None and cells.count[c] >= 0]
    return float(np.mean([cells.count[c] > 0 for c in found])) if found else 1.0
