"""Has somebody who stood set off between two looks? One box alone, a step from where a sure track was missed.

A track that stands is sure of its place to a few centimetres. Whoever sets off is a step away at the next look,
farther than the gate of such a track lets a box be; the boxes would be taken for false ones beside somebody who
stands, until a second track begins. Where several sources look at one instant, they tell by agreeing; this is for a
single one.
"""

from __future__ import annotations

import numpy as np

from calibration.camera import Array
from tracking.associate import Matches
from tracking.people_state import Crowd
from tracking.readings import Readings, columns

STEP_ASIDE_M, RUN_MPS = 0.4, 2.0
"""So far people step in no time, and so fast they go on from there."""
_RECENT_S = 1.0


def set_off(matches: Matches, crowd: Crowd, mean_m: Array, seen: Readings, time_s: float) -> Matches:
    """``matches`` and, for each confirmed track that was missed at this instant, the one box that can only be its own.

    The box shows a whole body within a step, that track alone is so near to it, and it is the only such box of that
    track. ``mean_m`` (n, 2) are the places of all tracks.
    """
    if len(seen.sources) != 1 or not len(crowd) or len(matches) == len(seen):
        return matches
    free = seen.clear.copy()
    free[matches.box] = False
    missed = crowd.confirmed & (time_s - crowd.seen_s <= _RECENT_S)
    missed[matches.track] = False
    boxes = free.nonzero()[0]
    if not len(boxes) or not missed.any():
        return matches
    away_m = np.hypot(*(seen.position_m[boxes, None] - mean_m[None]).transpose(2, 0, 1))
    near = away_m <= STEP_ASIDE_M + RUN_MPS * np.minimum(time_s - crowd.seen_s, _RECENT_S)
    own = near & missed & (near.sum(axis=1) == 1)[:, None] & (near.sum(axis=0) == 1)
    box, track = own.nonzero()
    if not len(box):
        return matches
    box = boxes[box]
    return Matches(
        track=np.concatenate([matches.track, track]),
        box=np.concatenate([matches.box, box]),
        by_head=np.concatenate([matches.by_head, np.zeros(len(box), bool)]),
        measured=np.concatenate([matches.measured, columns(seen.position_m[box], seen.cov_m2[box])], axis=1),
    )
