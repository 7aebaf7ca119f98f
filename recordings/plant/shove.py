"""What becomes of a body that a hung load runs into? It is pushed along, unless something stands behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from recordings.plant.records import LoadState
from recordings.plant.route import Ground
from recordings.plant.solids import Solid, load_solid, over_floor
from recordings.plant.walking import BODY_RADIUS_M

GIVES_M = 0.04
"""How deep a load presses into the clothes and flesh of whom it pushes: contact is contact all the while."""
_FASTEST_MPS = 2.5


@dataclass(frozen=True, slots=True)
class Pusher:
    """A hung load: its solid, its middle, how far it reaches over the floor, and its velocity over the floor."""

    solid: Solid
    middle_m: tuple[float, float]
    reach_m: float
    velocity_mps: tuple[float, float]


def pushers(loads: Iterable[LoadState]) -> tuple[Pusher, ...]:
    """The loads that hang free."""
    return tuple(
        Pusher(load_solid(load), (load.x_m, load.y_m), math.hypot(*load.size_m) / 2.0, (load.vx_mps, load.vy_mps))
        for load in loads
        if load.hung_from and not load.resting
    )


def shoved(
    place_m: Array,
    low_m: Array,
    high_m: Array,
    loads: tuple[Pusher, ...],
    since_s: float,
    step_s: float,
    ground: Ground,
) -> tuple[Array, dict[int, tuple[float, float]]]:
    """What loads, seen ``since_s`` ago, do to n bodies from ``low_m`` to ``high_m`` (n,).

    Returns their places (n, 2), and the velocities of those who are pushed: they move with the load,
    or not at all where something stands behind them.
    """
    out, pushed = place_m, {}
    for load in loads:
        moved = np.array(load.velocity_mps) * since_s
        away = np.hypot(*(out - load.middle_m - moved).T)
        level = (load.solid.low_m < high_m) & (load.solid.high_m > low_m)
        for k in map(int, np.flatnonzero(level & (away < load.reach_m + BODY_RADIUS_M))):
            x, y = out[k] - moved
            part = load.solid.between(float(low_m[k]), float(high_m[k]))
            distance, (ux, uy) = over_floor((float(x), float(y)), part)
            depth = BODY_RADIUS_M - GIVES_M - distance
            if depth <= 0.0:
                continue
            to = out[k] - np.array((ux, uy)) * min(depth, _FASTEST_MPS * step_s)
            pinned = bool(ground.blocked(to[None])[0])
            pushed[k] = (0.0, 0.0) if pinned else load.velocity_mps
            if not pinned:
                out = out.copy()
                out[k] = to
    return out, pushed
