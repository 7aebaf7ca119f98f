"""The world as somebody on a platform has it: everything hangs lower by the platform's height."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.policy import Policy
from safety.lift import Body
from safety.scene import Scene

TROLLEY_RADIUS_M = 0.6
_TROLLEY_BELOW_BEAM_M = 0.5
_HANGS_M = 1e-3


def by_level(scene: Scene, policy: Policy) -> dict[float, Scene]:
    """The scene split by what people stand on: height (m) of each floor to the scene of the people on it.

    The floor itself, 0, is always among them. On a platform, heights of the load count from its top, and
    where a person there reaches the beam the trolley is as low as a load.
    """
    levels = np.array([p.floor_m for p in scene.people])
    if not levels.any():
        return {0.0: scene}
    found = sorted({0.0, *(float(z) for z in levels)})
    return {z: _seen_from(_of_people(scene, np.flatnonzero(levels == z)), z, policy) for z in found}


def _of_people(scene: Scene, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Scene:
    """The scene with the people of these rows alone."""
    return replace(
        scene,
        people=tuple(scene.people[row] for row in rows),
        people_forecast=scene.people_forecast.take(rows),
        late_s=scene.late_s[rows],
    )


def _seen_from(scene: Scene, level_m: float, policy: Policy) -> Scene:
    """The scene with the load's heights counted from a platform's top."""
    if level_m == 0.0:
        return scene
    body = scene.body
    bottom = body.bottom_m - level_m
    if bottom < -policy.landed_gap_m:
        # It hangs beside the platform, lower than its top: within reach, and not set down on it.
        bottom = policy.landed_gap_m + _HANGS_M
    lowered = Body(
        radius_m=body.radius_m,
        bottom_m=max(0.0, bottom),
        lowest_m=max(0.0, body.lowest_m - level_m),
        highest_m=max(0.0, body.highest_m - level_m),
        loaded=body.loaded,
    )
    if level_m + policy.person_reach_height_m > scene.hoist.beam_height_m - _TROLLEY_BELOW_BEAM_M:
        lowered = replace(lowered, radius_m=max(body.radius_m, TROLLEY_RADIUS_M), lowest_m=0.0)
    return replace(scene, body=lowered)
