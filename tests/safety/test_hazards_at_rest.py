"""What rests strikes nobody: loads on the floor, and loads that a stop has brought to rest."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.policy import Policy
from safety.lift import body_of
from safety.records import Level, Phase
from safety.scene import Scene, scene_of
from safety.stopping import stop_now, stopped_paths
from safety.struck import struck_by
from tests.worlds import bridge
from tracking import hoist_motion as motion
from tracking.people_filter import born
from tracking.predict import forecast_hoist, forecast_people
from tracking.records import HoistState, Mode, Person

POLICY = Policy()
HOIST = bridge(travel_speed_mps=(0.17, 0.5))
DROP_M = HOIST.sling_length_m + HOIST.load_height_m


def scene(bottom_m: float, speed_mps: float, phase: Phase, sway_m: float = 0.0, gap_m: float = 0.2) -> Scene:
    """One person who stands ``gap_m`` from the side of a load at (12, 6) that moves along x."""
    hook_m = bottom_m + DROP_M
    mean = np.zeros(motion.STATES)
    mean[[motion.X, motion.Y, motion.VX, motion.L]] = 12.0, 6.0, speed_mps, HOIST.beam_height_m - hook_m
    mean[motion.AX] = sway_m / mean[motion.L]
    cov = np.diag(np.full(motion.STATES, 1e-4))
    state = HoistState(
        name="H1",
        time_s=1.0,
        x_m=12.0,
        y_m=6.0,
        z_m=hook_m,
        vx_mps=speed_mps,
        vy_mps=0.0,
        vz_mps=0.0,
        trolley_x_m=12.0,
        trolley_y_m=6.0,
        trolley_vx_mps=speed_mps,
        trolley_vy_mps=0.0,
        rope_m=float(mean[motion.L]),
        sway_x_rad=0.0,
        sway_y_rad=0.0,
        sway_amplitude_m=sway_m,
        sigma_m=0.02,
        sigma_z_m=0.02,
        carrying="loaded",
        height_known=True,
        unseen_s=0.0,
    )
    x_m = 12.0 + HOIST.load_radius_m + POLICY.person_radius_m + gap_m
    person = Person(
        id="P1",
        time_s=1.0,
        x_m=x_m,
        y_m=6.0,
        vx_mps=0.0,
        vy_mps=0.0,
        var_x_m2=0.004,
        cov_xy_m2=0.0,
        var_y_m2=0.004,
        mode=Mode.STAND,
        mode_probability=(1.0, 0.0, 0.0),
        born_s=0.0,
        unseen_s=0.0,
    )
    bank = born(POLICY, np.array([[x_m, 6.0]]), np.array([[[0.004, 0.0], [0.0, 0.004]]]))
    body = body_of(state, HOIST)
    forecast = forecast_hoist(mean, cov, HOIST, POLICY)
    return scene_of(state, HOIST, body, phase, forecast, ((person,), forecast_people(bank, POLICY)), POLICY)


@pytest.mark.parametrize("phase", [Phase.RIGGING, Phase.LANDED])
def test_noise_of_the_speed_above_a_load_on_the_floor_is_no_travel(phase: Phase) -> None:
    assert struck_by(scene(0.0, 0.1, phase), POLICY) == []


def test_a_load_dragged_over_the_floor_strikes() -> None:
    hazards = struck_by(scene(0.0, 0.4, Phase.TRAVELLING), POLICY)
    assert [h.level for h in hazards] == [Level.DANGER]


def test_the_same_speed_of_a_hanging_load_counts_at_once() -> None:
    assert struck_by(scene(0.6, 0.1, Phase.LIFTING), POLICY)


def test_what_a_stop_brought_to_rest_does_not_become_less_certain() -> None:
    going = scene(1.5, 0.5, Phase.TRAVELLING).forecast
    stop = stop_now(0.5, 4.0, 0.0, HOIST, POLICY)
    paths = stopped_paths(going, stop, 0.0, HOIST, POLICY)
    ahead = going.ahead_s
    at_once, never = paths.sigma_m[0], paths.sigma_m[-1]
    assert never == pytest.approx(going.sigma_m)
    rests = ahead > stop.time_s
    assert np.ptp(at_once[rests]) < 1e-3
    assert at_once[-1] < 0.5 * going.sigma_m[-1]
    assert (np.diff(paths.sigma_m, axis=0) >= -1e-12).all(), "the later the stop, the less is known"


def test_a_stop_still_helps_somebody_who_stands_two_metres_ahead() -> None:
    (hazard,) = struck_by(scene(1.5, 0.5, Phase.TRAVELLING, gap_m=2.0), POLICY)
    assert hazard.level in (Level.CAUTION, Level.WARNING)
    assert hazard.time_to_last_safe_stop_s is not None
    assert hazard.time_to_last_safe_stop_s > 0.0
    (close,) = struck_by(scene(1.5, 0.5, Phase.TRAVELLING, gap_m=0.6), POLICY)
    assert close.level is Level.DANGER
