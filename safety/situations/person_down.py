"""Person down or not moving in the path: somebody who will not step aside lies where the load goes or hangs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.policy import Policy
from calibration.site import Site
from safety.down import Down, DownMonitor
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.foresight import closing, ways_of
from safety.situations.moment import Moment, Rule
from safety.stopping import stop_now

_BODY_HALF_M = 0.9
_MARGIN_M = 0.3


def make_person_down(site: Site) -> Rule:
    """The rule for one site."""
    return PersonDown(DownMonitor(site.policy))


@dataclass(slots=True)
class PersonDown:
    """The rule; whoever is down stays so until seen standing."""

    monitor: DownMonitor

    def carry_on(self, old: PersonDown) -> None:
        self.monitor = old.monitor

    def __call__(self, moment: Moment) -> list[Hazard]:
        down = self.monitor.step(moment.now_s, moment.tracks.people)
        return [
            h
            for scene in moment.scenes
            if not scene.state.lost
            for d in down
            if d.person.floor_m == 0.0 and (h := _judge(scene, d, moment)) is not None
        ]


def _judge(scene: Scene, down: Down, moment: Moment) -> Hazard | None:
    """Whatever the load's height: nobody who cannot get out of the way may have it pass above.

    As near as a load that sets out at full speed could not be stopped any more it is a danger, whether the
    load moves or hangs: with the permit gone it hangs, and to give that back would set it going again.
    """
    s, policy = scene.state, moment.policy
    p = down.person
    away = math.hypot(p.x_m - s.x_m, p.y_m - s.y_m)
    # A body that lies reaches half its length; which way, nobody knows.
    width = scene.body.radius_m + (_BODY_HALF_M if down.lies else policy.person_radius_m) + 2 * p.sigma_m
    gap = away - width
    hangs = scene.body.loaded and scene.body.highest_m > policy.landed_gap_m
    low = scene.body.lowest_m < policy.person_reach_height_m
    goes = s.travel_speed_mps > policy.moving_speed_mps
    if not (hangs or (goes and low)):
        return None
    ttc = last_safe = None
    level = Level.CLEAR
    if down.lies and gap <= _restart_m(scene, policy):
        level = Level.DANGER
    if goes:
        ways = ways_of(scene, policy)
        at = np.array([p.x_m, p.y_m])
        on = np.sqrt(((ways.on_m - at) ** 2).sum(axis=-1)) - width - s.sway_amplitude_m
        stopped = np.sqrt(((ways.stopped_m - at) ** 2).sum(axis=-1)) - width - ways.swing_m
        found = closing(on, stopped, ways.ahead_s)
        if found is not None:
            ttc, last_safe = found.contact_s, found.last_safe_s
            level = max(level, _approach(last_safe, policy), key=lambda lv: lv.rank)
    if level is Level.CLEAR or (not down.lies and level is Level.CAUTION):
        return None
    return Hazard(
        situation=Situation.PERSON_DOWN,
        level=level,
        hoist=s.name,
        person=p.id,
        gap_m=gap,
        time_to_contact_s=ttc,
        time_to_last_safe_stop_s=last_safe,
        terms={
            "still_s": down.still_s,
            "lies": float(down.lies),
            "load_mps": s.travel_speed_mps,
            "stop_m": scene.stop.distance_m,
            "swing_m": scene.stop.swing_m,
            "bottom_m": scene.body.lowest_m,
        },
    )


def _restart_m(scene: Scene, policy: Policy) -> float:
    """How far the load gets if it sets out at full speed and is stopped as soon as that is seen."""
    s = scene.state
    top_mps = scene.hoist.travel_speed_mps[1]
    stop = stop_now(top_mps, s.rope_m, s.sway_amplitude_m, scene.hoist, policy)
    return stop.distance_m + stop.swing_m + _MARGIN_M


def _approach(last_safe_s: float, policy: Policy) -> Level:
    """The level by the time that is left for a stop."""
    if last_safe_s < policy.horizon_step_s:
        return Level.DANGER
    return Level.WARNING if last_safe_s < policy.human_reaction_s else Level.CAUTION
