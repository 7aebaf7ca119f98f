"""A hook that is held, and torn free, is followed as it is seen; a free one is trusted to its pendulum."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from calibration.camera import Array, Camera
from calibration.policy import Policy
from tests.worlds import bridge, hall_cameras
from tracking import hoist_filter as filters
from tracking.hoist_filter import HoistFilter

HOIST, POLICY = bridge(), Policy()
CAMERAS = [Camera.from_table(table) for table in hall_cameras(4)]
ROPE_M = 4.5
RATE_HZ = 16
"""Pictures a second, of one camera after the other."""
SIGMA_PX = 5.0


def trolley_x_m(time_s: float) -> float:
    """From 8 m on: at rest for two seconds, then at 0.25 m/s."""
    t = max(0.0, time_s - 2.0)
    return 8.0 + (0.125 * t * t if t < 1.0 else 0.125 + 0.25 * (t - 1.0))


def errors_m(hook_x_m: Callable[[float], float], until_s: float) -> tuple[Array, list[float]]:
    """How far (n,) the hook was told from where it was, at each picture; and by how much the swing was disturbed."""
    random = np.random.default_rng(4)
    belief = HoistFilter(HOIST, POLICY, 0.0, np.array([8.0, 6.0]), 0.05, (HOIST.beam_height_m - ROPE_M, 0.05))
    out, factors = [], []
    for k in range(1, round(until_s * RATE_HZ)):
        now_s = k / RATE_HZ
        x = hook_x_m(now_s)
        aside = x - trolley_x_m(now_s)
        at = np.array([x, 6.0, HOIST.beam_height_m - math.sqrt(ROPE_M**2 - aside**2)])
        camera = CAMERAS[k % 4]
        belief.predict_to(now_s)
        z = camera.project(at[None])[0] + random.normal(0.0, SIGMA_PX, 2)
        belief.correct(z, SIGMA_PX**2 * np.eye(2), filters.pixel(HOIST, camera, 0.0))
        trolley = np.array([trolley_x_m(now_s), 6.0]) + random.normal(0.0, 0.02, 2)
        belief.correct(trolley, 0.02**2 * np.eye(2), filters.trolley_floor)
        out.append(abs(float(filters.hook_position(HOIST)(belief.state)[0]) - x))
        factors.append(belief._unrest.factor)
    return np.array(out), factors


def free(drive: Callable[[float], float], from_s: float, x_m: float) -> Callable[[float], float]:
    """A pendulum below that trolley, let go at a time and place."""
    step_s, x, v, t = 1.0 / 2000, x_m, 0.0, from_s
    places = {}
    while t < from_s + 12.0:
        places[round(t * 200)] = x
        for _ in range(10):
            v -= 9.81 / ROPE_M * (x - drive(t)) * step_s
            x += v * step_s
        t += 10 * step_s
    return lambda now_s: places[round(now_s * 200)] if now_s >= from_s else x_m


@pytest.mark.parametrize("until_s", [6.0, 8.0])
def test_a_hook_that_is_held_is_told_where_it_is(until_s: float) -> None:
    held, factors = errors_m(lambda _: 8.0, until_s)
    assert trolley_x_m(until_s) - 8.0 > 0.8
    assert held[-RATE_HZ:].max() < 0.25
    assert max(factors) > 2.0


def test_torn_free_it_is_found_again_within_a_swing() -> None:
    found, factors = errors_m(free(trolley_x_m, 7.0, 8.0), 14.0)
    assert found[-2 * RATE_HZ :].max() < 0.2
    assert factors[-1] < max(factors)


def test_a_free_one_is_left_to_its_pendulum() -> None:
    found, factors = errors_m(free(trolley_x_m, 0.0, 8.0), 10.0)
    assert found[RATE_HZ:].max() < 0.12
    assert np.mean(np.array(factors) > 1.5) < 0.02
