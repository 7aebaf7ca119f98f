"""May this hoist go fast? Not while somebody is nearer than a stop from full speed needs: then it goes slowly, quietly.

Speed and separation monitoring (ISO/TS 15066, 5.5.4; now ISO 10218-2:2025) with what is measured instead of
what is feared: Sp = Sh + Sr + Ss + swing + Zd + Zr, where Sh is the way that the person really closes in while the
hoist stops, and Sr + Ss count as far as the load goes towards the person. A load that hangs may start in any direction.
It is no alarm: a slinger at a load, or an operator beside one, is where the work is. But what moves slowly stops
within a step, swings little and hits softly, and what is about to start does not start fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array, Flags
from calibration.policy import Policy
from safety.alarms import Ladder
from safety.levels import by_level
from safety.records import Level
from safety.scene import AIRBORNE, Scene, gaps, stands, travels
from safety.stopping import stop_now

_SIGMAS = 2.0
_HASTE = 0.5
"""Limits come sooner than alarms: nobody hears them."""


@dataclass(slots=True)
class SpeedLimits:
    """Which hoists may not go fast, and because of whom; with the delays of alarms, so that contacts do not chatter."""

    policy: Policy
    _ladders: dict[str, Ladder] = field(default_factory=dict)
    _because: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def step(self, now_s: float, scenes: Sequence[Scene]) -> dict[str, tuple[str, ...]]:
        """People, by hoist, for whom it has to go slowly at ``now_s``; hoists that may go fast are not in it."""
        out = {}
        for scene in scenes:
            name = scene.state.name
            ladder = self._ladders.setdefault(name, Ladder(self.policy, _HASTE))
            near = near_ids(scene, self.policy)
            if near:
                self._because[name] = near
            if ladder.step(now_s, Level.WARNING if near else Level.CLEAR) is not Level.CLEAR:
                out[name] = self._because[name]
        return out


def near_ids(scene: Scene, policy: Policy) -> tuple[str, ...]:
    """Who is too near for full speed, judged from the floor or platform that each stands on."""
    parts = by_level(scene, policy).values()
    return tuple(part.people[row].id for part in parts for row in np.flatnonzero(within_full_speed(part, policy)))


def within_full_speed(scene: Scene, policy: Policy) -> Flags:
    """(n,) who is nearer to a low load or hook, one that travels or a load that hangs, than full speed allows."""
    none = np.zeros(len(scene.people), np.bool_)
    goes = travels(scene, policy)
    hangs = scene.body.loaded and scene.phase in AIRBORNE and not stands(scene, policy)
    low = scene.body.lowest_m < policy.person_reach_height_m
    if not len(scene.people) or scene.state.lost or not low or not (goes or hangs):
        return none
    seen = np.array([not p.lost for p in scene.people])
    return np.asarray(seen & (gaps(scene, policy.person_radius_m) < full_speed_needs_m(scene, policy)), np.bool_)


def full_speed_needs_m(scene: Scene, policy: Policy) -> Array:
    """(n,) the gap to each person that a stop from full speed needs."""
    s, fast = scene.state, scene.hoist.travel_speed_mps[1]
    trolley = np.array([s.trolley_vx_mps, s.trolley_vy_mps]) if travels(scene, policy) else np.zeros(2)
    speed = float(np.hypot(*trolley))
    needs = []
    for person, late_s in zip(scene.people, scene.late_s, strict=True):
        stop = stop_now(fast, s.rope_m, s.sway_amplitude_m, scene.hoist, policy, float(late_s))
        way = np.array([person.x_m - s.x_m, person.y_m - s.y_m])
        way /= max(float(np.hypot(*way)), 1e-6)
        closing = max(0.0, float((trolley - (person.vx_mps, person.vy_mps)) @ way))
        towards = max(0.0, float(trolley @ way)) / speed if speed > policy.moving_speed_mps else 1.0
        unsure = _SIGMAS * (person.sigma_m + s.sigma_m)
        needs.append(closing * stop.time_s + towards * stop.distance_m + stop.swing_m + unsure)
    return np.array(needs)
