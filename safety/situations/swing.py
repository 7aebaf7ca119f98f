"""Swing: the trolley stands, also after a stop, but the load swings into somebody.

No stop helps any more: the level says how much time is left to step back.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.camera import Rows
from calibration.policy import Policy
from safety.passage import contact
from safety.records import Hazard, Level, Situation
from safety.scene import Scene, gaps, stands, travels
from safety.situations.moment import Moment
from safety.stopping import StoppedPaths
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
    going = StoppedPaths(
        offset_m=np.zeros((1, len(ahead), 2)),
        swing_m=np.zeros((1, len(ahead))),
        sigma_m=scene.forecast.sigma_m[None],
        harmful=np.ones((1, len(ahead)), bool),
    )
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    touch = contact(scene, rows, going, scene.body.radius_m + policy.person_radius_m)[:, 0]
    gap = gaps(scene, policy.person_radius_m)
    period_s = 2 * math.pi * math.sqrt(max(s.rope_m, ROPE_MIN_M) / GRAVITY_MPS2)
    out = []
    for row, person in enumerate(scene.people):
        hits = np.flatnonzero(touch[row] >= policy.contact_probability)
        if person.lost or not len(hits):
            continue
        contact_s = float(ahead[hits[0]])
        out.append(
            Hazard(
                situation=Situation.SWING,
                level=Level.DANGER if contact_s < policy.human_reaction_s else Level.WARNING,
                hoist=s.name,
                person=person.id,
                probability=float(touch[row].max()),
                gap_m=float(gap[row]),
                time_to_contact_s=contact_s,
                terms={
                    "swing_m": s.sway_amplitude_m,
                    "period_s": period_s,
                    "person_mps": person.speed_mps,
                    "bottom_m": scene.body.lowest_m,
                    "height_known": float(s.height_known),
                },
            )
        )
    return out
