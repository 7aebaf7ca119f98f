"""What a drive does, told from the hook alone: a swing at rest, a steady travel, a ramp; and how sure that is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calibration.policy import Policy
from calibration.site import Hoist
from tests.worlds import bridge
from tracking import hoist_motion as motion
from tracking.hoist_drive import BACK, FORWARD, HOLDS, Ahead, Drive, DriveModes, U, W, ahead_of, moved_by

POLICY = Policy()
HOIST = bridge(travel_speed_mps=(0.17, 0.67), deceleration_mps2=0.25)
ROPE_M, TICK_S, SIGMA_M = 4.0, 0.1, 0.03
OMEGA = math.sqrt(motion.GRAVITY_MPS2 / ROPE_M)
AHEAD_S = np.linspace(0.0, 2.0, 9)
UNKNOWN = np.diag(np.full(motion.STATES, 0.12**2))


def told(x_m: float, y_m: float = 6.0) -> np.ndarray:
    """The hoist filter's mean with the hook there, whatever it believes of the trolley."""
    mean = np.zeros(motion.STATES)
    mean[[motion.X, motion.Y, motion.L]] = x_m, y_m, ROPE_M
    return mean


def simulated(acceleration_mps2: np.ndarray, swing_m: float = 0.0) -> np.ndarray:
    """(k,) hook along x for a trolley that is driven so, in steps of a millisecond."""
    fine = 100
    place, speed, offset, rate = 8.0, 0.0, swing_m, 0.0
    out = []
    for a in acceleration_mps2:
        out.append(place + offset)
        for _ in range(fine):
            h = TICK_S / fine
            rate += h * (-(OMEGA**2) * offset - a)
            offset += h * rate
            speed += h * a
            place += h * speed
    return np.array(out)


def followed(hook_m: np.ndarray, seed: int = 1, hoist: Hoist = HOIST) -> list[Drive]:
    random = np.random.default_rng(seed)
    modes, out = DriveModes(hoist, POLICY), []
    for k, x in enumerate(hook_m):
        drive = modes.step(k * TICK_S, told(x + random.normal(0, SIGMA_M)), UNKNOWN, seen=True, free=True)
        assert drive is not None
        out.append(drive)
    return out


def goes(drive: Drive, hoist: Hoist = HOIST) -> Ahead:
    return ahead_of(drive, AHEAD_S, ROPE_M, hoist, POLICY)


@pytest.mark.parametrize("dt_s", [0.05, 0.3, 2.0])
def test_a_step_is_the_exact_pendulum_under_a_pushed_trolley(dt_s: float) -> None:
    state = np.array([1.0, 0.4, 0.2, -0.3])
    move, push = moved_by(dt_s, ROPE_M)
    got = move @ state + 0.25 * push
    n = 20_000
    place, speed, offset, rate = state
    for _ in range(n):
        h = dt_s / n
        rate += h * (-(OMEGA**2) * offset - 0.25)
        offset += h * rate
        speed += h * 0.25
        place += h * speed
    assert got == pytest.approx([place, speed, offset, rate], abs=2e-4)


def test_a_swing_over_a_trolley_at_rest_is_foreseen() -> None:
    hook = simulated(np.zeros(100), swing_m=0.4)
    ways = followed(hook)
    errors = [abs(goes(ways[k]).hook_m[6, 0] - hook[k + 15]) for k in range(60, 85)]
    assert np.mean(errors) < 0.12
    assert np.mean([d.weight[0, HOLDS] for d in ways[60:85]]) > 0.7
    assert abs(float(np.mean([d.velocity_mps[0] for d in ways[60:85]]))) < 0.08


def test_a_ramp_is_recognised_before_the_swing_comes_back() -> None:
    """The hook lags behind its trolley by a quarter of a swing, a second; then forward must outweigh back by far."""
    ways = followed(simulated(np.concatenate([np.zeros(50), np.full(20, 0.25), np.zeros(60)])))
    assert ways[48].weight[0, HOLDS] > 0.6
    forward, back = (max(d.weight[0, mode] for d in ways[60:75]) for mode in (FORWARD, BACK))
    assert forward > 2 * back
    assert ways[80].velocity_mps[0] == pytest.approx(0.5, abs=0.2)
    assert ways[125].velocity_mps[0] == pytest.approx(0.5, abs=0.1)


def test_it_knows_how_well_it_knows() -> None:
    """Squared errors by their variance over many random drives: about one, neither bold nor timid by much."""
    random = np.random.default_rng(4)
    shares: list[float] = []
    for run in range(12):
        way = np.zeros(200)
        at, speed = 40, 0.0
        while at < 190:
            target = float(random.choice([0.0, 0.33, 0.67]))
            n = round(abs(target - speed) / 0.25 / TICK_S)
            way[at : at + n] = math.copysign(0.25, target - speed)
            speed = target
            at += n + int(random.uniform(20, 70))
        hook = simulated(way)
        ways = followed(hook, seed=run)
        for k in range(30, 180, 3):
            ahead = goes(ways[k])
            shares.append(float((ahead.hook_m[4, 0] - hook[k + 10]) ** 2 / ahead.variance_m2[4]))
    # One axis moves and the other does not, and the variance is the mean of both.
    assert 0.4 < float(np.mean(shares)) < 2.0


def test_a_monorail_moves_along_its_beam_alone() -> None:
    rail = bridge(kind="monorail", travel_m=((2.0, 6.0), (20.0, 6.0)), travel_speed_mps=(0.17, 0.67))
    drive = followed(simulated(np.concatenate([np.zeros(30), np.full(25, 0.25)])), hoist=rail)[-1]
    assert drive.weight[1] == pytest.approx([1.0, 0.0, 0.0])
    assert abs(drive.velocity_mps[1]) < 0.05
    assert drive.velocity_mps[0] > 0.3


def test_a_hook_over_a_load_on_the_floor_begins_anew() -> None:
    modes = DriveModes(HOIST, POLICY)
    for k, x in enumerate(simulated(np.full(20, 0.25))):
        modes.step(k * TICK_S, told(x), UNKNOWN, seen=True, free=True)
    stands = modes.step(2.0, told(9.0), UNKNOWN, seen=True, free=False)
    assert stands is not None
    assert stands.velocity_mps == pytest.approx([0.0, 0.0])
    assert stands.mean[:, :, [U, W]] == pytest.approx(np.zeros((2, 3, 2)))
    assert goes(stands).hook_m == pytest.approx(np.tile([9.0, 6.0], (9, 1)), abs=0.05)


def test_nobody_looking_makes_it_less_sure() -> None:
    seen, blind = DriveModes(HOIST, POLICY), DriveModes(HOIST, POLICY)
    for k, x in enumerate(simulated(np.zeros(40), swing_m=0.2)):
        known = seen.step(k * TICK_S, told(x), UNKNOWN, seen=True, free=True)
        lost = blind.step(k * TICK_S, told(x), UNKNOWN, seen=k < 30, free=True)
    assert known is not None
    assert lost is not None
    assert (goes(lost).variance_m2 > goes(known).variance_m2).all()


def test_where_telemetry_knows_the_trolley_the_filter_speaks() -> None:
    modes = DriveModes(HOIST, POLICY)
    assert modes.step(0.0, told(8.0), np.diag(np.full(motion.STATES, 0.03**2)), seen=True, free=True) is None


def test_it_stays_finite_whatever_the_steps() -> None:
    modes = DriveModes(HOIST, POLICY)
    now_s = 0.0
    for dt_s in (0.1, 0.0, 1e-6, 1.4, 5.0, 0.02, 0.1):
        now_s += dt_s
        drive = modes.step(now_s, told(8.0), UNKNOWN, seen=True, free=True)
        assert drive is not None
        assert np.isfinite(goes(drive).hook_m).all()
        assert drive.weight.sum(axis=1) == pytest.approx([1.0, 1.0])
