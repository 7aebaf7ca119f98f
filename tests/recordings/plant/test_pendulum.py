"""The hook on its rope against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ellipk

from recordings.plant.pendulum import Hook
from tests.recordings.plant.swings import BEAM_M, STEP_S, period_s, swing
from tracking.hoist_motion import GRAVITY_MPS2 as G


def fixed(length_m: float):
    return lambda _: length_m


@settings(max_examples=15, deadline=None)
@given(length=st.floats(0.3, 15.0))
def test_small_swings_have_the_period_of_the_textbook(length: float) -> None:
    nominal = 2 * math.pi * math.sqrt(length / G)
    done = swing(4 * nominal, fixed(length), angle_rad=0.01)
    assert period_s(done.time_s, done.sway_rad()) == pytest.approx(nominal * (1 + 0.01**2 / 16), rel=2e-5)


@pytest.mark.parametrize("degrees", [20.0, 45.0, 70.0, 85.0])
def test_large_swings_have_the_period_of_the_elliptic_integral(degrees: float) -> None:
    amplitude, length = math.radians(degrees), 3.0
    exact = 4 * math.sqrt(length / G) * float(ellipk(math.sin(amplitude / 2) ** 2))
    done = swing(5 * exact, fixed(length), angle_rad=amplitude)
    assert period_s(done.time_s, done.sway_rad()) == pytest.approx(exact, rel=1e-5)


def test_on_a_cone_the_hook_keeps_its_height_and_its_rate() -> None:
    length, lean = 4.0, 0.5
    rate = math.sqrt(G / (length * math.cos(lean)))
    done = swing(20.0, fixed(length), angle_rad=lean, speed_mps=(0.0, rate * length * math.sin(lean)))
    assert np.ptp(done.hook_m[:, 2]) < 1e-4
    assert period_s(done.time_s, done.hook_m[:, 1]) == pytest.approx(2 * math.pi / rate, rel=1e-5)
    assert done.tension_n == pytest.approx(10.0 * G / math.cos(lean), rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(length=st.floats(1.0, 8.0), speed=st.floats(0.1, 1.0))
def test_an_instant_stop_leaves_v_root_l_by_g(length: float, speed: float) -> None:
    stop_s = 1.0
    done = swing(
        stop_s + 7.0, fixed(length), support=lambda t: speed * min(t, stop_s), speed_mps=(speed, 0.0)
    )  # fmt: skip
    reach = np.abs(done.hook_m[:, 0] - done.support_m)[done.time_s > stop_s].max()
    exact = length * math.sin(math.acos(1 - speed**2 / (2 * G * length)))
    assert reach == pytest.approx(exact, rel=4e-3)
    assert reach == pytest.approx(speed * math.sqrt(length / G), rel=0.03)


@settings(max_examples=20, deadline=None)
@given(length=st.floats(1.0, 8.0), slowing=st.floats(0.1, 0.5), speed=st.floats(0.1, 0.7))
def test_a_ramped_stop_leaves_at_most_2al_by_g(length: float, slowing: float, speed: float) -> None:
    """Linear theory: the ramp lasts T = v/a and leaves 2·(aL/g)·|sin(ω₀T/2)|."""
    ramp_s = speed / slowing

    def support(t: float) -> float:
        late = min(max(t - 0.5, 0.0), ramp_s)
        return speed * (min(t, 0.5) + late) - slowing * late**2 / 2

    done = swing(0.5 + ramp_s + 6.0, fixed(length), support=support, speed_mps=(speed, 0.0))
    after = done.time_s > 0.5 + ramp_s
    reach = np.abs(done.hook_m[after, 0] - done.support_m[after]).max()
    most = 2 * slowing * length / G
    assert reach <= most * 1.01
    exact = most * abs(math.sin(math.sqrt(G / length) * ramp_s / 2))
    assert reach == pytest.approx(exact, abs=0.01 * most)


def test_without_damping_energy_stays() -> None:
    done = swing(120.0, fixed(5.0), angle_rad=0.8, speed_mps=(0.0, 1.0))
    energy = done.energy_j_kg() - G * (BEAM_M - 5.0)
    assert np.ptp(energy) / energy.mean() < 1e-4
    assert abs(energy[-4000:].mean() / energy[:4000].mean() - 1) < 1e-7


def test_hoisting_slowly_keeps_the_action_of_the_swing() -> None:
    """Adiabatic invariant E/ω (Landau & Lifshitz, Mechanics, §49): the angle grows as L^(−3/4)."""
    long, short, over_s = 6.0, 3.0, 240.0
    rope = lambda t: long + (short - long) * min(max(t - 6.0, 0.0), over_s) / over_s  # noqa: E731
    done = swing(over_s + 18.0, rope, angle_rad=0.02)
    sway = np.abs(done.sway_rad())
    grown = sway[done.time_s > over_s + 6.0].max() / sway[done.time_s < 6.0].max()
    assert grown == pytest.approx((short / long) ** -0.75, rel=0.01)


@pytest.mark.parametrize("damping", [0.004, 0.02])
def test_swings_die_out_at_the_given_ratio(damping: float) -> None:
    length = 4.0
    done = swing(40.0, fixed(length), angle_rad=0.05, damping=damping)
    sway, rate = np.abs(done.sway_rad()), math.sqrt(G / length)
    left = sway[done.time_s > 36.0].max() / sway[done.time_s < 4.0].max()
    first, last = (done.time_s[m][sway[m].argmax()] for m in (done.time_s < 4.0, done.time_s > 36.0))
    assert left == pytest.approx(math.exp(-damping * rate * (last - first)), rel=0.01)


def test_a_constant_travel_leaves_no_lag() -> None:
    done = swing(10.0, fixed(4.0), support=lambda t: 0.5 * t, speed_mps=(0.5, 0.0), damping=0.01)
    assert np.abs(done.sway_rad()).max() < 1e-9


def test_a_hook_thrown_up_falls_freely_and_is_caught_by_the_rope() -> None:
    hook = Hook(0.0, 0.0, 15.0, 10.0)
    hook.vz = 3.0
    heights, tensions = [], []
    for _ in range(round(2.0 / STEP_S)):
        hook.begin(STEP_S, 0.0, 0.0, BEAM_M, 5.0)
        hook.finish(STEP_S, 0.0, 0.0, 0.0)
        heights.append(hook.z)
        tensions.append(hook.tension_n)
    flight = round(2 * 3.0 / G / STEP_S)
    assert max(heights) == pytest.approx(15.0 + 9.0 / (2 * G), abs=1e-3)
    assert not any(tensions[5 : flight - 5])
    assert heights[-1] == pytest.approx(15.0, abs=1e-9)
    assert tensions[-1] == pytest.approx(10.0 * G, rel=1e-6)
