"""A hook on a rope whose support and rope move as a test says, and what is measured of its swing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.plant.pendulum import Hook, natural_rad_s
from tracking.hoist_motion import GRAVITY_MPS2

Array = NDArray[np.float64]
STEP_S = 1.0 / 400.0
BEAM_M = 20.0


def still(_: float) -> float:
    return 0.0


@dataclass(frozen=True)
class Swing:
    """Times (n,), hook (n, 3) and its velocity, support x (n,), rope (n,), tension (n,)."""

    time_s: Array
    hook_m: Array
    velocity_mps: Array
    support_m: Array
    rope_m: Array
    tension_n: Array

    def sway_rad(self) -> Array:
        """Angle from plumb along x."""
        return np.arctan2(self.hook_m[:, 0] - self.support_m, BEAM_M - self.hook_m[:, 2])

    def energy_j_kg(self) -> Array:
        return 0.5 * (self.velocity_mps**2).sum(axis=1) + GRAVITY_MPS2 * self.hook_m[:, 2]


def swing(
    seconds: float,
    rope: Callable[[float], float],
    *,
    support: Callable[[float], float] = still,
    angle_rad: float = 0.0,
    speed_mps: tuple[float, float] = (0.0, 0.0),
    damping: float = 0.0,
    step_s: float = STEP_S,
) -> Swing:
    """Let a hook of 10 kg go at an angle along x, at a speed, under a support that moves along x."""
    length = rope(0.0)
    x = support(0.0)
    hook = Hook(x + length * math.sin(angle_rad), 0.0, BEAM_M - length * math.cos(angle_rad), 10.0)
    hook.point(x, 0.0, BEAM_M)
    hook.vx, hook.vy = speed_mps
    rows = []
    for k in range(1, round(seconds / step_s) + 1):
        t = k * step_s
        before, x = x, support(t)
        shorter, length = length, rope(t)
        hook.begin(step_s, x, 0.0, BEAM_M, length)
        hook.ax = hook.ay = hook.az = 0.0
        if damping > 0.0:
            hook.damp(2.0 * damping * natural_rad_s(length), (x - before) / step_s, 0.0)
        hook.finish(
            step_s, (support(t + step_s) - before) / (2 * step_s), 0.0, (rope(t + step_s) - shorter) / (2 * step_s)
        )
        rows.append((t, hook.x, hook.y, hook.z, hook.vx, hook.vy, hook.vz, x, length, hook.tension_n))
    table = np.array(rows)
    return Swing(table[:, 0], table[:, 1:4], table[:, 4:7], table[:, 7], table[:, 8], table[:, 9])


def period_s(time_s: Array, value: Array) -> float:
    """Mean period from the first to the last rising crossing of zero, linear between samples."""
    up = np.flatnonzero((value[:-1] < 0.0) & (value[1:] >= 0.0))
    at = time_s[up] - value[up] * (time_s[up + 1] - time_s[up]) / (value[up + 1] - value[up])
    return float((at[-1] - at[0]) / (len(at) - 1))
