"""The filter with all sigma points at once equals filterpy's, point by point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from filterpy.kalman import MerweScaledSigmaPoints, UnscentedKalmanFilter
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.policy import Policy
from tests.worlds import bridge, hall_cameras
from tracking import hoist_filter as filters
from tracking import hoist_motion as motion
from tracking import unscented

HOIST, POLICY = bridge(), Policy()
BY = unscented.weights(motion.STATES)
CAMERAS = [Camera.from_table(table) for table in hall_cameras(2)]


def random_state(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """A hoist somewhere in its reach, with a covariance as filters have them."""
    random = np.random.default_rng(seed)
    state = np.zeros(motion.STATES)
    state[[motion.X, motion.Y, motion.L]] = random.uniform((3.0, 3.0, 1.5), (20.0, 9.0, 6.0))
    state[[motion.VX, motion.VY, motion.VL]] = random.uniform(-0.5, 0.5, 3)
    state[motion.AX :] = random.uniform(-0.06, 0.06, 4)
    a = random.normal(size=(motion.STATES, motion.STATES))
    sigma = random.uniform(0.01, 0.3, motion.STATES)
    return state, sigma[:, None] * (a @ a.T / motion.STATES + 0.2 * np.eye(motion.STATES)) * sigma, random


def peer(state: np.ndarray, cov: np.ndarray) -> Any:
    points = MerweScaledSigmaPoints(motion.STATES, alpha=unscented.ALPHA, beta=unscented.BETA, kappa=unscented.KAPPA)
    ukf: Any = UnscentedKalmanFilter(motion.STATES, 2, 0.1, hx=None, fx=motion.moved, points=points)
    ukf.x, ukf.P = state.copy(), cov.copy()
    return ukf


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.25))
def test_a_prediction_is_filterpy_s(seed: int, dt_s: float) -> None:
    state, cov, _ = random_state(seed)
    noise = motion.noise(state, dt_s, HOIST, POLICY)
    ukf = peer(state, cov)
    ukf.Q = noise
    ukf.predict(dt=dt_s)
    mine = unscented.predicted(unscented.belief(state, cov), BY, lambda s: motion.moved_all(s, dt_s), noise)
    np.testing.assert_allclose(mine[0], ukf.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(mine[1], ukf.P, rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["pixel", "trolley", "position", "height", "all"]))
def test_a_correction_is_filterpy_s(seed: int, kind: str) -> None:
    """One sensor, and hook and trolley of two cameras taken together."""
    state, cov, random = random_state(seed)
    measures = {
        "pixel": [filters.pixel(HOIST, CAMERAS[0], 0.9)],
        "trolley": [filters.trolley_pixel(HOIST, CAMERAS[1])],
        "position": [filters.hook_position(HOIST)],
        "height": [filters.hook_height(HOIST)],
        "all": [filters.pixel(HOIST, c, 0.0) for c in CAMERAS] + [filters.trolley_pixel(HOIST, c) for c in CAMERAS],
    }[kind]

    def measure(s: np.ndarray) -> np.ndarray:
        return np.concatenate([m(s) for m in measures], axis=-1)

    truth = measure(state[None])[0]
    sigma = 4.0 if len(truth) % 2 == 0 else 0.1
    z, noise = truth + random.normal(0.0, sigma, len(truth)), sigma**2 * np.eye(len(truth))
    ukf = peer(state, cov)
    ukf._dim_z = len(truth)
    ukf.sigmas_f = ukf.points_fn.sigma_points(ukf.x, ukf.P)
    ukf.update(z, R=noise, hx=measure)
    of = unscented.belief(state, cov)
    mine = unscented.updated(of, unscented.expected(of, BY, measure), z, noise)
    np.testing.assert_allclose(mine[0], ukf.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(mine[1], ukf.P, rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.25))
def test_all_states_move_as_one_does(seed: int, dt_s: float) -> None:
    random = np.random.default_rng(seed)
    states = np.array([random_state(int(random.integers(10**6)))[0] for _ in range(5)])
    together = motion.moved_all(states, dt_s)
    for one, of_all in zip(states, together, strict=True):
        np.testing.assert_allclose(of_all, motion.moved(one, dt_s), rtol=0, atol=1e-13)


def test_readings_taken_together_are_gated_one_by_one() -> None:
    """A wrong trolley box leaves the hook box of the same look its say, exactly as if it were alone."""
    both = filters.HoistFilter(HOIST, POLICY, 0.0, np.array([6.0, 4.0]), 0.3, (3.0, 0.3))
    alone = both.copy()
    hook, trolley = filters.pixel(HOIST, CAMERAS[0], 0.0), filters.trolley_pixel(HOIST, CAMERAS[0])
    z = hook(both.state) + 5.0
    noise = 25.0 * np.eye(2)
    far = filters.Reading(trolley(both.state) + 900.0, noise, trolley)
    assert both.correct_all([far, filters.Reading(z, noise, hook)]) == [False, True]
    assert alone.correct(z, noise, hook)
    assert both.state == pytest.approx(alone.state, abs=1e-12)
    assert both.cov == pytest.approx(alone.cov, abs=1e-12)


def test_a_covariance_that_lost_its_positivity_is_mended() -> None:
    cov = np.diag(np.linspace(1.0, 0.1, motion.STATES))
    cov[0, 1] = cov[1, 0] = 1.2
    mended = unscented.belief(np.zeros(motion.STATES), cov)
    assert np.linalg.eigvalsh(mended.cov).min() > -1e-9
    assert mended.root @ mended.root.T == pytest.approx(mended.cov, abs=1e-8)
