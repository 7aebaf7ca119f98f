"""Motion of trolley, rope and sway against closed forms and a fine integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from calibration.policy import Policy
from tests.worlds import bridge
from tracking import hoist_motion as motion

G = motion.GRAVITY_MPS2
POLICY = Policy()
BRIDGE = bridge()
MONORAIL = bridge(kind="monorail", travel_m=((2.0, 3.0), (14.0, 8.0)))
JIB = bridge(kind="jib", travel_m=((5.0, 5.0), (8.0, 9.0)))


def hanging(rope_m: float, **values: float) -> np.ndarray:
    state = np.zeros(motion.STATES)
    state[motion.L] = rope_m
    for name, value in values.items():
        state[getattr(motion, name)] = value
    return state


def run(state: np.ndarray, until_s: float, dt_s: float) -> np.ndarray:
    """(n, 10) states at every step."""
    out = [state]
    for _ in range(round(until_s / dt_s)):
        out.append(motion.moved(out[-1], dt_s))
    return np.array(out)


@pytest.mark.parametrize(("rope_m", "period_s"), [(1.0, 2.01), (3.0, 3.5), (5.0, 4.5), (8.0, 5.7)])
@pytest.mark.parametrize("dt_s", [0.01, 0.1, 0.25])
def test_period_of_the_pendulum(rope_m: float, period_s: float, dt_s: float) -> None:
    """2π√(L/g), at any step length, and the figures of the textbooks."""
    states = run(hanging(rope_m, AX=0.05), 40.0, dt_s)
    angle = states[:, motion.AX]
    up = np.flatnonzero((angle[:-1] < 0) & (angle[1:] >= 0))
    crossing = (up + angle[up] / (angle[up] - angle[up + 1])) * dt_s
    measured = np.diff(crossing).mean()
    assert measured == pytest.approx(2 * math.pi * math.sqrt(rope_m / G), rel=2e-3)
    assert measured == pytest.approx(period_s, abs=0.06)


@given(st.floats(0.5, 8.0), st.floats(-0.1, 0.1), st.floats(-0.2, 0.2), st.floats(0.01, 0.25))
def test_energy_only_fades(rope_m: float, angle: float, rate: float, dt_s: float) -> None:
    """Total energy of the swing never grows, and fades by the damping alone."""
    states = run(hanging(rope_m, AX=angle, WX=rate), 5.0, dt_s)
    w0 = math.sqrt(G / rope_m)
    energy = states[:, motion.WX] ** 2 / 2 + 2 * (w0 * np.sin(states[:, motion.AX] / 2)) ** 2
    # The step is that of a harmonic swing as long as this one takes: its energy ripples by the sixteenth of A².
    ripple = (angle**2 + (rate / w0) ** 2) / 8
    assert (energy[1:] <= energy[:-1] * (1 + ripple) + 1e-15).all()
    # A damping ζ takes exp(-2·ζ·w0·t) of the energy, to within its own ripple of 2 %.
    left = math.exp(-2 * 0.0065 * w0 * (len(states) - 1) * dt_s)
    assert energy[-1] == pytest.approx(energy[0] * left, rel=0.05, abs=1e-12)


@given(st.floats(1.0, 6.0), st.floats(-0.08, 0.08), st.floats(-0.1, 0.1), st.floats(0.02, 0.25), st.floats(0.02, 0.25))
def test_steps_add_up(rope_m: float, angle: float, rate: float, first_s: float, second_s: float) -> None:
    state = hanging(rope_m, AX=angle, WX=rate, AY=-angle, VX=0.3, VY=-0.1)
    twice = motion.moved(motion.moved(state, first_s), second_s)
    # Not quite: the swing is a little narrower, and so faster, in the second step.
    assert twice == pytest.approx(motion.moved(state, first_s + second_s), abs=1e-6)


@pytest.mark.parametrize("rope_rate_mps", [-0.12, 0.12])
def test_a_rope_that_changes_length_against_a_fine_integration(rope_rate_mps: float) -> None:
    """θ'' = −(g/L)θ − 2(L'/L)θ' − 2ζω₀θ', integrated by scipy."""

    def rates(t: float, y: np.ndarray) -> list[float]:
        rope = 4.0 + rope_rate_mps * t
        w0 = math.sqrt(G / rope)
        return [y[1], -(G / rope) * y[0] - 2 * rope_rate_mps / rope * y[1] - 2 * 0.0065 * w0 * y[1]]

    exact = solve_ivp(rates, (0.0, 8.0), [0.06, 0.0], rtol=1e-9, atol=1e-12).y[:, -1]
    ours = run(hanging(4.0, VL=rope_rate_mps, AX=0.06), 8.0, 0.05)[-1]
    assert ours[motion.L] == pytest.approx(4.0 + 8 * rope_rate_mps)
    assert ours[[motion.AX, motion.WX]] == pytest.approx(exact, abs=0.003)


def test_the_two_axes_swing_alike_and_apart() -> None:
    both = run(hanging(4.0, AX=0.05, AY=-0.02, WY=0.03), 3.0, 0.1)[-1]
    # To within what the wider swing of both together takes longer.
    assert both[motion.AX] == pytest.approx(run(hanging(4.0, AX=0.05), 3.0, 0.1)[-1][motion.AX], abs=1e-4)
    assert both[motion.AY] == pytest.approx(run(hanging(4.0, AX=-0.02, WX=0.03), 3.0, 0.1)[-1][motion.AX], abs=1e-4)


def test_the_trolley_rolls_on() -> None:
    end = run(hanging(4.0, X=2.0, VX=0.5, Y=1.0, VY=-0.2), 3.0, 0.1)[-1]
    assert end[[motion.X, motion.Y]] == pytest.approx([3.5, 0.4])


def test_the_hook_hangs_plumb_below_the_trolley() -> None:
    assert motion.hook_of(hanging(4.0, X=2.0, Y=3.0), 7.0) == pytest.approx([2.0, 3.0, 3.0])


@given(st.floats(1.0, 6.0), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_the_hook_is_a_rope_s_length_from_the_trolley(rope_m: float, ax: float, ay: float) -> None:
    state = hanging(rope_m, X=2.0, Y=3.0, AX=ax, AY=ay)
    hook = motion.hook_of(state, 7.0)
    assert np.linalg.norm(hook - [2.0, 3.0, 7.0]) == pytest.approx(rope_m)
    lower = motion.below_hook(state, 7.0, 0.5)
    assert np.linalg.norm(lower - hook) == pytest.approx(0.5)
    assert np.cross(lower - hook, hook - [2.0, 3.0, 7.0]) == pytest.approx(0.0, abs=1e-9)


def test_a_rope_never_gets_shorter_than_it_can() -> None:
    end = run(hanging(0.5, VL=-0.5, AX=0.05), 3.0, 0.1)[-1]
    assert end[motion.L] == motion.ROPE_MIN_M
    assert np.isfinite(end).all()
    assert np.isfinite(motion.moved(hanging(0.0, AX=0.1), 0.1)).all()


@given(st.floats(0.01, 0.25), st.floats(0.5, 7.0))
def test_noise_is_symmetric_positive_and_grows_with_time(dt_s: float, rope_m: float) -> None:
    for hoist in (BRIDGE, MONORAIL, JIB):
        q = motion.noise(hanging(rope_m), dt_s, hoist, POLICY)
        assert q == pytest.approx(q.T)
        assert np.linalg.eigvalsh(q).min() > 0.0
        longer = motion.noise(hanging(rope_m), 2 * dt_s, hoist, POLICY)
        assert (np.diag(longer) >= np.diag(q)).all()


@given(st.floats(0.02, 0.25), st.integers(2, 10))
def test_velocity_noise_does_not_depend_on_the_number_of_steps(dt_s: float, parts: int) -> None:
    whole = motion.noise(hanging(4.0), dt_s, BRIDGE, POLICY)[motion.VX, motion.VX]
    split = motion.noise(hanging(4.0), dt_s / parts, BRIDGE, POLICY)[motion.VX, motion.VX]
    assert parts * split == pytest.approx(whole, rel=1e-3)


def test_acceleration_swings_the_load_backwards() -> None:
    q = motion.noise(hanging(4.0), 0.1, BRIDGE, POLICY)
    assert q[motion.VX, motion.WX] < 0.0
    assert q[motion.VY, motion.WY] < 0.0
    assert q[motion.VX, motion.VY] == 0.0


def test_a_monorail_is_driven_along_its_beam_only() -> None:
    (along,) = motion.drive_axes(MONORAIL)
    assert along == pytest.approx(np.array([12.0, 5.0]) / 13.0)
    q = motion.noise(hanging(4.0), 0.1, MONORAIL, POLICY)
    across = np.zeros(motion.STATES)
    across[[motion.VX, motion.VY]] = -along[1], along[0]
    assert across @ q @ across < 1e-6
    assert len(motion.drive_axes(BRIDGE)) == len(motion.drive_axes(JIB)) == 2


@pytest.mark.parametrize(
    ("hoist", "point", "nearest"),
    [
        (BRIDGE, (12.0, 6.0), (12.0, 6.0)),
        (BRIDGE, (30.0, -2.0), (23.0, 1.0)),
        (MONORAIL, (2.0, 3.0), (2.0, 3.0)),
        (MONORAIL, (8.0 - 5.0, 5.5 + 12.0), (8.0, 5.5)),
        (MONORAIL, (100.0, 100.0), (14.0, 8.0)),
        (MONORAIL, (-5.0, 0.0), (2.0, 3.0)),
        (JIB, (6.0, 6.0), (6.0, 6.0)),
        (JIB, (5.0, 20.0), (5.0, 10.0)),
        (JIB, (-5.0, 5.0), (0.0, 5.0)),
        (JIB, (5.0, 5.0), (5.0, 5.0)),
    ],
)
def test_reach(hoist: object, point: tuple[float, float], nearest: tuple[float, float]) -> None:
    assert motion.reach_point(*point, hoist) == pytest.approx(nearest)  # type: ignore[arg-type]


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_reach_is_the_nearest_point_and_stays_where_it_is(x_m: float, y_m: float) -> None:
    random = np.random.default_rng(1)
    for hoist in (BRIDGE, MONORAIL, JIB):
        near = motion.reach_point(x_m, y_m, hoist)
        assert motion.reach_point(*near, hoist) == pytest.approx(near, abs=1e-9)
        others = [motion.reach_point(*p, hoist) for p in random.uniform(0, 24, (20, 2))]
        best = math.dist(near, (x_m, y_m))
        assert all(best <= math.dist(other, (x_m, y_m)) + 1e-6 for other in others)


def test_states_are_brought_back_to_rails_and_rope() -> None:
    out = motion.inside_reach(hanging(50.0, X=99.0, Y=-99.0, VX=0.5), BRIDGE)
    assert out[[motion.X, motion.Y]] == pytest.approx([23.0, 1.0])
    assert out[motion.L] == pytest.approx(7.0 - 0.3 + 0.5)
    assert out[motion.VX] == 0.5
    assert motion.inside_reach(hanging(0.0, X=5.0, Y=5.0), BRIDGE)[motion.L] == pytest.approx(0.5)
