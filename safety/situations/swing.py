"""Swing: the trolley stands, also after a stop, but the load swings into somebody.

No stop helps any more: the level says how much time is left to step back.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.policy import Policy
from safety.records import Hazard, Level, Situation
from safety.scene import Scene, gaps, low_enough, stands, travels
from safety.situations.moment import Moment
from safety.stopping import speed_of
from safety.struck import meets, probability_within
from tracking.hoist_motion import GRAVITY_MPS2, ROPE_MIN_M


def swing(moment: Moment) -> list[Hazard]:
    """People whom a load that only swings will reach within the horizon."""
    return [h for scene in moment.scenes for h in _of(scene, moment.policy)]


def swings(scene: Scene, policy: Policy) -> bool:
    """A load or hook within reach of a person that swings by more than its own uncertainty."""
    s = scene.state
    low = scene.body.lowest_m < policy.person_reach_height_m
    return low and not stands(scene, policy) and s.sway_amplitude_m > max(policy.swing_strikes_m, 2 * s.sigma_m)


def _of(scene: Scene, policy: Policy) -> list[Hazard]:
    s = scene.state
    if s.lost or not len(scene.people) or travels(scene, policy) or not swings(scene, policy):
        return []
    ahead = scene.forecast.ahead_s
    place = scene.forecast.hook_m[None, :, :2]
    # At the turn of a swing the load stands for a moment, and pushes nobody.
    harmful = low_enough(scene, policy) & (speed_of(place, ahead)[0] > policy.moving_speed_mps)
    touch = meets(scene, harmful, policy)
    gap = gaps(scene, policy.person_radius_m)
    period_s = 2 * math.pi * math.sqrt(max(s.rope_m, ROPE_MIN_M) / GRAVITY_MPS2)
    out = []
    for row, person in enumerate(scene.people):
        hits = np.flatnonzero(touch[row] >= policy.contact_probability)
        if person.lost or not len(hits):
            continue
        # Nothing can be stopped: what is left is the time in which a person steps back.
        soon = probability_within(scene, touch[row], policy.on_delay_s + policy.human_reaction_s)
        out.append(
            Hazard(
                situation=Situation.SWING,
                level=Level.DANGER if soon >= policy.stop_probability else Level.WARNING,
                hoist=s.name,
                person=person.id,
                probability=float(touch[row, -1]),
                gap_m=float(gap[row]),
                time_to_contact_s=float(ahead[hits[0]]),
                terms={
                    "swing_m": s.sway_amplitude_m,
                    "period_s": period_s,
                    "person_mps": person.speed_mps,
                    "soon_probability": soon,
                    "bottom_m": scene.body.lowest_m,
                    "height_known": float(s.height_known),
                },
            )
        )
    return out
