"""The stop model against closed forms and against a plant that really brakes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.policy import Policy
from safety.stopping import stop_now, stopped_paths
from tests.safety.situations import HOIST, POLICY, hoist_state, scene
from tests.tracking.plant import drive
from tests.worlds import bridge

SPEEDS = st.floats(0.0, 1.0)
ROPES = st.floats(0.5, 6.5)


@pytest.mark.parametrize(("speed_mps", "rope_m"), [(1 / 3, 3.0), (1 / 3, 8.0), (2 / 3, 5.0), (0.0, 4.0)])
def test_way_and_time_of_a_stop(speed_mps: float, rope_m: float) -> None:
    stop = stop_now(speed_mps, rope_m, 0.0, HOIST, POLICY)
    assert stop.distance_m == pytest.approx(speed_mps * 0.5 + speed_mps**2 / 0.5)
    assert stop.time_s == pytest.approx(0.5 + speed_mps / 0.25)


def test_way_stays_within_the_limit_of_crane_brakes() -> None:
    """ASME B30.2: the brake stops within 0.1 m for each m/min of speed, reaction left aside."""
    for per_min in (5.0, 10.0, 20.0, 40.0):
        v = per_min / 60
        stop = stop_now(v, 4.0, 0.0, HOIST, Policy(reaction_time_s=0.0))
        assert stop.distance_m <= 0.1 * per_min


@pytest.mark.parametrize(("rope_m", "swing_m"), [(3.0, 0.18), (5.0, 0.24), (8.0, 0.30)])
def test_swing_after_an_instant_stop_from_20_m_a_minute(rope_m: float, swing_m: float) -> None:
    hard = bridge(deceleration_mps2=10.0)
    assert stop_now(20 / 60, rope_m, 0.0, hard, POLICY).swing_m == pytest.approx(swing_m, abs=0.006)
    assert stop_now(40 / 60, rope_m, 0.0, hard, POLICY).swing_m == pytest.approx(2 * swing_m, abs=0.012)


@given(SPEEDS, ROPES, st.floats(0.05, 3.0))
def test_a_ramp_never_swings_more_than_an_instant_stop(speed_mps: float, rope_m: float, a_mps2: float) -> None:
    swing = stop_now(speed_mps, rope_m, 0.0, bridge(deceleration_mps2=a_mps2), POLICY).swing_m
    assert swing <= 2 * a_mps2 * rope_m / 9.81 + 1e-12
    assert swing <= speed_mps * math.sqrt(rope_m / 9.81) + 1e-12


@pytest.mark.parametrize(
    ("speed_mps", "rope_m", "a_mps2"),
    [(0.17, 1.5, 0.1), (0.4, 3.0, 0.25), (0.67, 5.0, 0.25), (0.67, 2.0, 0.6), (0.67, 5.0, 1.0), (0.3, 4.0, 3.0)],
)
def test_a_plant_that_brakes_swings_no_more_than_the_bound(speed_mps: float, rope_m: float, a_mps2: float) -> None:
    hoist = bridge(deceleration_mps2=a_mps2, beam_height_m=9.0)
    # Moving steadily: start at speed by letting the swing of the start die out of the picture.
    free = drive(hoist, lambda _: (0.0, 0.0, 0.0), 6.0 + speed_mps / a_mps2, (3.0, 6.0), rope_m, speed_mps=speed_mps)
    stands = free.velocity_mps[:, 0] < 1e-9
    assert stands.any()
    stop = stop_now(speed_mps, rope_m, 0.0, hoist, POLICY)
    swing = np.abs(rope_m * np.sin(free.sway_rad[stands, 0])).max()
    assert swing <= 1.03 * stop.swing_m + 1e-3
    way = free.trolley_m[-1, 0] - 3.0
    assert way == pytest.approx(stop.distance_m - speed_mps * POLICY.reaction_time_s, abs=0.01)


@given(st.floats(0.0, 0.8), st.floats(0.0, 0.8), ROPES)
def test_what_swung_before_adds_to_it(speed_mps: float, sway_m: float, rope_m: float) -> None:
    calm = stop_now(speed_mps, rope_m, 0.0, HOIST, POLICY)
    swinging = stop_now(speed_mps, rope_m, sway_m, HOIST, POLICY)
    assert swinging.swing_m == pytest.approx(calm.swing_m + sway_m)
    assert swinging.distance_m == calm.distance_m


def test_backwards_is_as_far_as_forwards() -> None:
    assert stop_now(-0.5, 4.0, 0.0, HOIST, POLICY) == stop_now(0.5, 4.0, 0.0, HOIST, POLICY)


@pytest.mark.parametrize("speed_mps", [0.17, 0.5, 0.67])
def test_stopped_paths_equal_a_fine_integration(speed_mps: float) -> None:
    s = scene(hoist_state(vx_mps=speed_mps), [])
    paths = stopped_paths(s.forecast, s.stop, 0.0, HOIST, POLICY)
    ahead = s.forecast.ahead_s
    fine = np.arange(0.0, ahead[-1] + 1e-9, 0.001)
    for d, command_s in enumerate(ahead):
        v = np.clip(speed_mps - HOIST.deceleration_mps2 * (fine - command_s - POLICY.reaction_time_s), 0.0, speed_mps)
        travelled = np.concatenate([[0.0], np.cumsum((v[:-1] + v[1:]) / 2 * 0.001)])
        expected = speed_mps * ahead - np.interp(ahead, fine, travelled)
        assert paths.offset_m[d, :, 0] == pytest.approx(expected, abs=2e-3)
        assert paths.offset_m[d, :, 1] == pytest.approx(0.0)


def test_a_later_stop_leaves_the_load_further_on() -> None:
    s = scene(hoist_state(vx_mps=0.5, vy_mps=0.3), [])
    paths = stopped_paths(s.forecast, s.stop, 0.0, HOIST, POLICY)
    lost = np.linalg.norm(paths.offset_m, axis=2)
    assert (np.diff(lost, axis=0) <= 1e-12).all(), "earlier commands take away more"
    assert (np.diff(lost, axis=1) >= -1e-12).all(), "and more as time goes on"
    direction = paths.offset_m[0, -1] / lost[0, -1]
    assert direction == pytest.approx(np.array([0.5, 0.3]) / np.hypot(0.5, 0.3))


def test_braking_swings_only_after_the_reaction() -> None:
    s = scene(hoist_state(vx_mps=0.67), [])
    paths = stopped_paths(s.forecast, s.stop, 0.0, HOIST, POLICY)
    before = s.forecast.ahead_s[None] < s.forecast.ahead_s[:, None] + POLICY.reaction_time_s
    assert (paths.swing_m[before] == 0.0).all()
    assert paths.swing_m[~before] == pytest.approx(s.stop.swing_m)


def test_a_load_at_rest_with_a_small_swing_strikes_nobody_any_more() -> None:
    gentle = bridge(deceleration_mps2=0.05)
    s = scene(hoist_state(gentle, vx_mps=0.1, hook_m=6.0), [], hoist=gentle)
    paths = stopped_paths(s.forecast, s.stop, 0.0, gentle, POLICY)
    assert paths.harmful[0, 0]
    assert not paths.harmful[0, -1]
    fast = scene(hoist_state(vx_mps=0.67, hook_m=1.5), [])
    assert stopped_paths(fast.forecast, fast.stop, 0.0, HOIST, POLICY).harmful[0, -1], "the load swings on"


def test_uncertainty_stops_growing_where_the_load_rests() -> None:
    s = scene(hoist_state(vx_mps=0.5), [])
    sigma = stopped_paths(s.forecast, s.stop, 0.0, HOIST, POLICY).sigma_m
    assert (sigma <= s.forecast.sigma_m[None] + 1e-12).all()
    assert (np.diff(sigma, axis=1) >= -1e-12).all()
    assert (np.diff(sigma, axis=0) >= -1e-12).all()
    rests = s.forecast.ahead_s > s.stop.time_s + 0.3
    assert sigma[0, rests] == pytest.approx(sigma[0, rests][0])
