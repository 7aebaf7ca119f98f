"""How do people and the hoist of the sample recording move? Smooth walks, and a pendulum below a driven trolley."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from calibration.camera import Array
from calibration.site import Hoist
from tracking import hoist_motion as motion

STEP_S = 0.02
_WALK_SMOOTHING_S = 0.35
_CALMED_S = 0.4
_STANDING_SWAY_M = 0.03
_STANDING_SWAY_TIME_S = 1.2


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's plan: where at which time, (t s, x m, y m) in order, and how tall, (t s, height m).

    Nobody is in the hall before the first point or after the last one.
    """

    name: str
    points: tuple[tuple[float, float, float], ...]
    heights: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """A person's true path on the grid of ``STEP_S``: feet (n, 2), height (n,), from ``start_s`` on."""

    name: str
    start_s: float
    feet_m: Array
    height_m: Array

    def at(self, time_s: float) -> tuple[Array, float] | None:
        """Feet (2,) and height at the nearest grid time, None while not in the hall."""
        row = round((time_s - self.start_s) / STEP_S)
        if not 0 <= row < len(self.height_m):
            return None
        return self.feet_m[row], float(self.height_m[row])


@dataclass(frozen=True, slots=True)
class Drive:
    """From ``at_s`` on the drive ramps towards these speeds (m/s) at these rates (m/s²)."""

    at_s: float
    travel_mps: float = 0.0
    lift_mps: float = 0.0
    travel_mps2: float = 0.25
    lift_mps2: float = 0.3


@dataclass(frozen=True, slots=True)
class Driven:
    """True states (n, 10) of ``tracking.hoist_motion`` and load middles (n, 3), every ``STEP_S`` from time 0."""

    hoist: Hoist
    states: Array
    loads_m: Array

    def hook_m(self, time_s: float) -> Array:
        """Hook (3,) at the nearest grid time."""
        return motion.hook_of(self._state(time_s), self.hoist.beam_height_m)

    def load_m(self, time_s: float) -> Array:
        """Middle (3,) of the load at the nearest grid time."""
        row: Array = self.loads_m[self._row(time_s)]
        return row

    def _state(self, time_s: float) -> Array:
        row: Array = self.states[self._row(time_s)]
        return row

    def _row(self, time_s: float) -> int:
        return min(max(round(time_s / STEP_S), 0), len(self.states) - 1)


def walked(plan: Walk, rng: np.random.Generator) -> Walked:
    """The plan's straight lines rounded off, with the small sway of a body that never quite stands still."""
    start, end = plan.points[0][0], plan.points[-1][0]
    times = start + STEP_S * np.arange(round((end - start) / STEP_S) + 1)
    corner_s = [p[0] for p in plan.points]
    feet = np.column_stack([np.interp(times, corner_s, [p[i] for p in plan.points]) for i in (1, 2)])
    feet = gaussian_filter1d(feet, _WALK_SMOOTHING_S / STEP_S, axis=0, mode="nearest")
    feet += _STANDING_SWAY_M * _slow_noise(len(times), _STANDING_SWAY_TIME_S, rng)
    height = np.interp(times, [h[0] for h in plan.heights], [h[1] for h in plan.heights])
    return Walked(plan.name, start, feet, height)


def driven(
    hoist: Hoist, drives: tuple[Drive, ...], start_m: tuple[float, float], hook_m: float, end_s: float
) -> Driven:
    """Run the drives along x from a hook at rest at height ``hook_m`` below a trolley at ``start_m``.

    A trolley acceleration a swings the load: θ' changes by −a·dt·cos θ / L. A load on the floor stays
    where it came down, and the slack slings soon calm the hook.
    """
    state = np.zeros(motion.STATES)
    state[[motion.X, motion.Y]] = start_m
    state[motion.L] = hoist.beam_height_m - hook_m
    states, loads = [state], [_hanging(state, hoist)]
    loads[0][2] = max(loads[0][2], hoist.load_height_m / 2)
    order = sorted(drives, key=lambda d: d.at_s)
    for k in range(round(end_s / STEP_S)):
        now = [d for d in order if d.at_s <= k * STEP_S + 1e-9]
        state = motion.moved(_driven_step(states[-1], now[-1] if now else Drive(0.0)), STEP_S)
        load = _hanging(state, hoist)
        if load[2] <= hoist.load_height_m / 2:
            load = np.array([*loads[-1][:2], hoist.load_height_m / 2])
            state[[motion.AX, motion.WX]] *= math.exp(-STEP_S / _CALMED_S)
        states.append(state)
        loads.append(load)
    return Driven(hoist, np.array(states), np.array(loads))


def _hanging(state: Array, hoist: Hoist) -> Array:
    """Middle (3,) of a load on taut slings."""
    return motion.below_hook(state, hoist.beam_height_m, hoist.sling_length_m + hoist.load_height_m / 2)


def _driven_step(before: Array, drive: Drive) -> Array:
    state = before.copy()
    change = _ramp(float(state[motion.VX]), drive.travel_mps, drive.travel_mps2)
    state[motion.VX] += change
    state[motion.WX] -= change * math.cos(state[motion.AX]) / state[motion.L]
    state[motion.VL] += _ramp(float(state[motion.VL]), -drive.lift_mps, drive.lift_mps2)
    return state


def _ramp(speed_mps: float, wanted_mps: float, rate_mps2: float) -> float:
    most = rate_mps2 * STEP_S
    return min(max(wanted_mps - speed_mps, -most), most)


def _slow_noise(n: int, time_s: float, rng: np.random.Generator) -> Array:
    """(n, 2) smooth noise of unit standard deviation that changes over about ``time_s``."""
    width = time_s / STEP_S
    noise = gaussian_filter1d(rng.standard_normal((n, 2)), width, axis=0, mode="wrap")
    smooth: Array = noise * math.sqrt(2 * math.sqrt(math.pi) * width)
    return smooth
