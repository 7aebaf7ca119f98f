"""Where does somebody stand who has the hands on a load, and where on it do the hands lie?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recordings.plant.boxes import Box, box_of
from recordings.plant.records import LoadState, Point3
from recordings.plant.route import Ground, Spot

STAND_OFF_M = 0.42
"""Middle of the body from the face of the load."""
REACH_M = 0.75
"""Farther from the place to stand than this the hands let go."""
_ELBOW_ROOM_M = 0.65
_COMFORT_M = 1.1
_HEAD_OVER_M = 0.25


@dataclass(frozen=True, slots=True)
class Hold:
    """A place at a load: across which face (its axis and side), and where along that face from its middle."""

    load: str
    axis: int
    side: float
    along_m: float


def stand_m(hold: Hold, load: LoadState) -> Spot:
    """Where the body stands, on the floor."""
    box = box_of(load)
    outward = box.axes[:2, hold.axis] * hold.side
    across = box.axes[:2, _other(box, hold.axis)]
    reach = _half_over(box, hold.axis) + STAND_OFF_M / max(float(np.hypot(*outward)), 0.5)
    at = box.middle_m[:2] + outward * reach + across * hold.along_m
    return float(at[0]), float(at[1])


def hand_m(hold: Hold, load: LoadState, height_m: float, floor_m: float = 0.0) -> Point3 | None:
    """Where the hands lie on the face: on its upper edge, or at the height of the elbows where that is lower.

    None while the load hangs too high to be reached.
    """
    box = box_of(load)
    up, other = box.upright, _other(box, hold.axis)
    rise = float(box.axes[2, up])
    comfort = (floor_m + _COMFORT_M * height_m / 1.72 - float(box.middle_m[2])) / rise
    local = np.zeros(3)
    local[hold.axis] = hold.side * box.half_m[hold.axis]
    local[other] = hold.along_m
    local[up] = min(max(comfort, -float(box.half_m[up])), float(box.half_m[up]))
    x, y, z = (float(v) for v in box.middle_m + box.axes @ local)
    return None if z > floor_m + height_m + _HEAD_OVER_M else (x, y, z)


def bend_for(hand_z_m: float, height_m: float, floor_m: float = 0.0) -> float:
    """How far a trunk leans so that the hands come down to this height: 0 from the elbows up, 1 at the ankles."""
    elbow = 0.62 * height_m
    return min(max((elbow - (hand_z_m - floor_m)) / (elbow - 0.1), 0.0), 1.0)


def place_at(load: LoadState, here: Spot, ground: Ground, taken: Sequence[Spot]) -> Hold:
    """The place at the load nearest to ``here`` where a body can stand and nobody else does."""
    box = box_of(load)
    holds = sorted(_holds(load.name, box, here), key=lambda h: _distance(stand_m(h, load), here))
    for hold in holds:
        at = stand_m(hold, load)
        if not ground.blocked(np.array([at]))[0] and all(_distance(at, t) > _ELBOW_ROOM_M for t in taken):
            return hold
    return holds[0]


def _holds(name: str, box: Box, here: Spot) -> Iterator[Hold]:
    """Places at the four sides: before ``here``, at the middle, and near both ends."""
    for axis in (k for k in range(3) if k != box.upright):
        other = _other(box, axis)
        most = max(float(box.half_m[other]) - 0.15, 0.0)
        before = float((np.array(here) - box.middle_m[:2]) @ box.axes[:2, other])
        places = sorted({min(max(before, -most), most), 0.0, -most, most})
        yield from (Hold(name, axis, side, along) for side in (-1.0, 1.0) for along in places)


def _other(box: Box, axis: int) -> int:
    """The level axis that is not ``axis``."""
    return 3 - axis - box.upright


def _half_over(box: Box, axis: int) -> float:
    """From the middle to the face; more where the load leans over."""
    return float(box.half_m[axis] + abs(box.axes[2, axis]) * box.half_m[box.upright])


def _distance(a: Spot, b: Spot) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])
