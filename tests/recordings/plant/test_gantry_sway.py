"""The pendulum against a real one: a laboratory gantry, its measured trolley drives the simulated hook.

The free swing shows what hangs there: the length of the equivalent simple pendulum is about 0.234 m, so
the rod of 0.24 m is a light one with a bob at its end; a uniform rod would swing as one of 2/3·0.24 =
0.16 m. Its small swings die out in a straight line, not exponentially: the bearing rubs. That friction
belongs to the laboratory, so the test adds it, and not the plant. Sway counts against the trolley's
direction there.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import savgol_filter

from recordings.plant.pendulum import Hook, natural_rad_s
from tests.recordings.plant.swings import BEAM_M, period_s
from tests.shared_data import shared
from tracking.hoist_motion import GRAVITY_MPS2

Array = NDArray[np.float64]
ROD_M = 0.24
LENGTH_M = 0.2338
DAMPING = 0.0047
RUBS_MPS2 = 0.0108
"""Length, viscous damping and bearing friction that fit all four recordings best."""
STEP_S = 1.0 / 200.0
RECORDINGS = {"step4v": 0.10, "ramp": 0.10, "sine3v": 0.17, "step1v": 0.33}
"""Bound of the error's RMS as a share of the sway's. With 1 V the sway is small and friction rules it."""


def recorded(name: str) -> tuple[Array, Array, Array]:
    """Times (n,), trolley (n,) and sway (n,), positive with the trolley's direction, without the encoder's offset."""
    table = np.genfromtxt(shared(f"data/gantry_sway/open_loop_{name}.csv"), delimiter=",", names=True)
    sway = table["sway_rad"]
    rest = sway[:50].mean() if name != "sine3v" else sway[:4].mean()
    return table["t_s"], table["trolley_pos_m"], -(sway - rest)


def simulated(time_s: Array, trolley_m: Array, rubs_mps2: float = RUBS_MPS2) -> Array:
    """Sway (n,) of the plant's hook under a trolley that moves as measured."""
    grid = np.arange(0.0, time_s[-1] + STEP_S / 2, STEP_S)
    # The encoder counts in steps of 0.02 mm: a cubic over 90 ms, then a curve without jerks between samples.
    support = CubicSpline(time_s, savgol_filter(trolley_m, 9, 3))(grid)
    hook = Hook(support[0], 0.0, BEAM_M - LENGTH_M, 1.0)
    drag, sway = 2 * DAMPING * natural_rad_s(LENGTH_M), [0.0]
    for k in range(1, len(grid) - 1):
        speed = (support[k + 1] - support[k - 1]) / (2 * STEP_S)
        hook.begin(STEP_S, support[k], 0.0, BEAM_M, LENGTH_M)
        hook.ax = hook.ay = hook.az = 0.0
        hook.damp(drag, speed, 0.0)
        hook.ax -= rubs_mps2 * math.tanh((hook.vx - speed) / 0.005)
        hook.finish(STEP_S, speed, 0.0, 0.0)
        sway.append(math.atan2(hook.x - support[k], BEAM_M - hook.z))
    return np.interp(time_s, grid[: len(sway)], sway)


@pytest.mark.parametrize("name", RECORDINGS)
def test_driven_by_the_measured_trolley_the_hook_sways_as_measured(name: str) -> None:
    time_s, trolley_m, sway = recorded(name)
    error = simulated(time_s, trolley_m) - sway
    share = math.sqrt((error**2).mean() / (sway**2).mean())
    assert share < RECORDINGS[name], f"{name}: error {share:.3f} of the sway's RMS"


@pytest.mark.parametrize("name", ["step4v", "ramp"])
def test_the_free_swing_has_the_measured_period_and_dies_out_as_measured(name: str) -> None:
    time_s, trolley_m, sway = recorded(name)
    free = time_s > time_s[np.abs(trolley_m - trolley_m[-1]) > 5e-4][-1] + 0.3
    mine = simulated(time_s, trolley_m)
    centred = sway[free] - sway[free].mean()
    assert period_s(time_s[free], mine[free]) == pytest.approx(period_s(time_s[free], centred), rel=0.005)

    def lasting(values: Array) -> float:
        return float(np.ptp(values[free][-200:]) / np.ptp(values[free][:200]))

    assert lasting(mine) == pytest.approx(lasting(sway), abs=0.06)


def test_the_rod_is_a_light_one_with_a_bob() -> None:
    """ω₀² = g/l from the free swing, corrected for its amplitude by 1 + θ²/16."""
    time_s, trolley_m, sway = recorded("step4v")
    free = time_s > time_s[np.abs(trolley_m - trolley_m[-1]) > 5e-4][-1] + 0.3
    swing = sway[free] - sway[free].mean()
    small = period_s(time_s[free], swing) / (1 + 2 * swing.std() ** 2 / 16)
    length = GRAVITY_MPS2 * (small / (2 * math.pi)) ** 2
    assert length == pytest.approx(LENGTH_M, rel=0.01)
    assert length == pytest.approx(ROD_M, rel=0.05)
    assert length > 1.4 * (2 / 3 * ROD_M)
