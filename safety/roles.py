"""Who is the operator, who the slinger, who only passes by? Told from what people do beside a hoist.

Each person carries the odds of three roles. What is seen moves them by so much a second: walking along
with a hoist that travels, at the distance of a pendant, is an operator's way; standing or bending at
arm's length of a load that rests is a slinger's; crossing at walking pace, with no regard to any hoist,
is that of a passer-by. Odds forget slowly, so that whoever stops doing it keeps a role for a while. A
tag or a vest that a source knows outweighs all of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import Polygon

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Site
from safety.records import Phase, Role, RoleView
from safety.scene import Scene
from tracking.records import Observation, Person, Sight

ROLES = (Role.OPERATOR, Role.SLINGER, Role.PASSER_BY)
_PRIOR = np.log(np.array([0.25, 0.25, 0.5]))
_FORGET_S = 60.0
_MOST = 5.0
"""Odds stay within e^±5, so that a change of behaviour shows within seconds."""

# What a second of each behaviour says for (operator, slinger, passer-by), as log odds.
_ACCOMPANIES = np.array([0.8, 0.1, -0.6])
_GUIDES = np.array([0.2, 0.7, -0.6])
_WATCHES = np.array([0.12, 0.06, -0.12])
_AT_LOAD = np.array([0.1, 0.7, -0.6])
_BENDS_AT_LOAD = np.array([-0.1, 1.4, -0.9])
_PASSES = np.array([-0.2, -0.3, 0.6])
_IN_WALKWAY = np.array([-0.1, -0.1, 0.3])

_PENDANT_M = 6.0
_TAG_LINE_M = 1.6
_ARM_M = 0.7
_WATCH_M = 8.0
_SAME_WAY_MPS = 0.35
_STANDS_MPS = 0.3
_WALKS_MPS = 0.7
_BENT_OF_HEIGHT = 0.8
_TAG_NEAR_M = 1.0
_TAG_SAYS = 4.0


@dataclass(slots=True)
class _Odds:
    """One person's log weight of each role, and the role that was told last."""

    time_s: float
    log: Array = field(default_factory=_PRIOR.copy)
    told: Role = Role.UNKNOWN


class RoleTracker:
    """Roles of all followed people of a site. Deterministic by the moments given to it, in time order."""

    def __init__(self, site: Site) -> None:
        self._policy = site.policy
        self._walkways = [Polygon(z.polygon_m) for z in site.zone if z.kind == "walkway"]
        for zone in self._walkways:
            shapely.prepare(zone)
        self._odds: dict[str, _Odds] = {}
        self._tags: list[Observation] = []

    def carry_on(self, old: RoleTracker) -> None:
        """Go on from what ``old`` knows of everybody."""
        self._odds, self._tags = old._odds, old._tags

    def hear(self, item: Sight) -> None:
        """Take in what a source knows of people by their tags; it counts for whoever is nearest at the next step."""
        self._tags += [o for o in item.observations if o.kind == "person" and o.role is not None]

    def step(self, now_s: float, people: tuple[Person, ...], scenes: tuple[Scene, ...]) -> tuple[RoleView, ...]:
        """Everybody's role at ``now_s``, in the order of ``people``."""
        self._odds = {p.id: self._odds.get(p.id) or _Odds(now_s) for p in people}
        self._read_tags(people)
        return tuple(self._step_one(now_s, person, scenes) for person in people)

    def _read_tags(self, people: tuple[Person, ...]) -> None:
        for tag in self._tags:
            near = min(people, key=lambda p: math.hypot(p.x_m - tag.x_m, p.y_m - tag.y_m), default=None)
            if near is not None and math.hypot(near.x_m - tag.x_m, near.y_m - tag.y_m) <= _TAG_NEAR_M:
                log = self._odds[near.id].log
                log[ROLES.index(Role(tag.role))] = float(log.max()) + _TAG_SAYS
        self._tags = []

    def _step_one(self, now_s: float, person: Person, scenes: tuple[Scene, ...]) -> RoleView:
        odds = self._odds[person.id]
        dt_s = max(0.0, now_s - odds.time_s)
        odds.time_s = now_s
        if not person.lost:
            odds.log = _PRIOR + (odds.log - _PRIOR) * math.exp(-dt_s / _FORGET_S)
            odds.log += dt_s * self._evidence(person, scenes)
            odds.log = np.maximum(odds.log - odds.log.max(), -_MOST)
        weight = np.exp(odds.log)
        probability = weight / weight.sum()
        best = int(np.argmax(probability))
        kept = odds.told in ROLES and probability[ROLES.index(odds.told)] >= self._policy.role_keep_probability
        if probability[best] >= self._policy.role_probability:
            odds.told = ROLES[best]
        elif not kept:
            odds.told = Role.UNKNOWN
        said = ROLES.index(odds.told) if odds.told in ROLES else best
        return RoleView(person=person.id, role=odds.told, probability=float(probability[said]))

    def _evidence(self, person: Person, scenes: tuple[Scene, ...]) -> Array:
        """(3,) log odds a second of what this person does now. The hoist that says most counts."""
        said = [e for s in scenes if not s.state.lost and (e := _beside(person, s, self._policy)) is not None]
        if said:
            return max(said, key=lambda e: float(np.ptp(e)))
        out = _PASSES.copy() if person.speed_mps > _WALKS_MPS else np.zeros(3)
        if any(shapely.contains_xy(zone, person.x_m, person.y_m) for zone in self._walkways):
            out += _IN_WALKWAY
        return out


def _beside(person: Person, scene: Scene, policy: Policy) -> Array | None:
    """What a person's ways beside one hoist say; None where they have nothing to do with it."""
    s = scene.state
    gap = math.hypot(person.x_m - s.x_m, person.y_m - s.y_m) - scene.body.radius_m - policy.person_radius_m
    bent = person.top_m is not None and person.top_m < _BENT_OF_HEIGHT * (person.height_m or policy.person_height_m)
    if s.travel_speed_mps > policy.moving_speed_mps:
        along = math.hypot(person.vx_mps - s.trolley_vx_mps, person.vy_mps - s.trolley_vy_mps)
        same_way = person.vx_mps * s.trolley_vx_mps + person.vy_mps * s.trolley_vy_mps > 0.0
        if same_way and along < _SAME_WAY_MPS and person.speed_mps > 0.5 * s.travel_speed_mps and gap < _PENDANT_M:
            return _GUIDES if gap < _TAG_LINE_M else _ACCOMPANIES
        if person.speed_mps < _STANDS_MPS and gap < _WATCH_M:
            return _WATCHES
        return None
    at_rest = scene.phase in (Phase.RIGGING, Phase.LANDED, Phase.IDLE) and s.z_m < policy.parked_height_m
    if at_rest and gap < _ARM_M and person.speed_mps < _STANDS_MPS:
        return _BENDS_AT_LOAD if bent else _AT_LOAD
    if abs(s.vz_mps) > policy.lifting_speed_mps and person.speed_mps < _STANDS_MPS and gap < _WATCH_M:
        return _WATCHES
    return None
