"""Drives: profiles, stops, and the way that is kept whatever the permit does."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recordings.plant.drives import FREE, Command, Drives
from recordings.plant.kinematics import Track
from recordings.plant.profile import Piece, Wish, profile
from recordings.plant.scenario import Crane
from tests.recordings.plant.hoists import RUN, SLOW, STOP, Film, crane, plant

NO_SHRINK = [Phase.explicit, Phase.reuse, Phase.generate]
"""Shrinking would take minutes of simulation."""
DT = 1.0 / 400.0


def drives_of(table: Crane) -> Drives:
    track = Track(table)
    return Drives(table, track.start_m, track.limits_m)


def place(pieces: tuple[Piece, ...], time_s: float) -> tuple[float, float]:
    return [p for p in pieces if p.start_s <= time_s][-1].at(time_s)


@settings(max_examples=60, deadline=None)
@given(
    speeds=st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=6),
    gaps=st.lists(st.floats(0.05, 12.0), min_size=6, max_size=6),
    start=st.floats(0.0, 10.0),
)
def test_a_profile_is_smooth_and_stays_within_its_limits(speeds: list[float], gaps: list[float], start: float) -> None:
    at = np.cumsum(gaps)
    wishes = [Wish(float(t), v, 0.25) for t, v in zip(at, speeds, strict=False)]
    pieces = profile(start, wishes, (0.0, 10.0))
    times = np.linspace(0.0, float(at[-1]) + 60.0, 4000)
    placed = np.array([place(pieces, float(t)) for t in times])
    assert placed[:, 0].min() >= -1e-6
    assert placed[:, 0].max() <= 10.0 + 1e-6
    assert np.abs(np.diff(placed[:, 1])).max() <= 0.25 * (times[1] - times[0]) * 1.01 + 1e-6
    for before, after in itertools.pairwise(pieces):
        p, v = before.at(after.start_s)
        assert (p, v) == pytest.approx((after.place_m, after.speed_mps), abs=1e-6)


def test_a_move_is_as_long_as_speed_times_time() -> None:
    pieces = profile(1.0, [Wish(2.0, 0.4, 0.25), Wish(7.0, 0.0, 0.25)], (0.0, 10.0))
    assert place(pieces, 30.0) == (pytest.approx(1.0 + 0.4 * 5.0), 0.0)


def test_the_drive_stops_just_at_its_limit() -> None:
    pieces = profile(5.0, [Wish(0.0, 0.5, 0.25)], (0.0, 10.0))
    assert place(pieces, 60.0) == (10.0, 0.0)
    brakes = 0.5 * 0.5 / (2 * 0.25)
    assert max(p.place_m for p in pieces if p.acceleration_mps2 < 0.0) == pytest.approx(10.0 - brakes)


@settings(max_examples=12, deadline=None)
@given(
    speed=st.floats(0.1, 0.5),
    brake=st.floats(0.2, 3.0),
    delay=st.floats(0.0, 0.6),
)
def test_without_permit_it_stops_in_reaction_and_braking_way(speed: float, brake: float, delay: float) -> None:
    """v·t + v²/2a, to within the way of one step."""
    table = crane([{"at_s": 0.0, "x_mps": speed}], brake_mps2=brake, relay_delay_s=delay, start_m=(0.0, 5.0))
    film = Film(plant(table), 11.0, 0.1, lambda t: STOP if t >= 5.95 else RUN)
    way = film.trolley()[-1, 0] - film.trolley()[film.time_s <= 6.0][-1, 0]
    assert way == pytest.approx(speed * delay + speed**2 / (2 * brake), abs=2.5 * speed * DT + 1e-9)
    assert film.cranes[-1].trolley_velocity_mps == (0.0, 0.0)


def test_hoisting_stops_with_its_own_brake() -> None:
    table = crane([{"at_s": 0.0, "lift_mps": -0.2}], hoist_brake_mps2=0.5, relay_delay_s=0.2, damping=0.02)
    film = Film(plant(table), 10.0, 0.1, lambda t: STOP if t >= 4.95 else RUN)
    dropped = film.hook()[film.time_s <= 5.0][-1, 2] - film.hook()[-1, 2]
    assert dropped == pytest.approx(0.2 * 0.2 + 0.2**2 / (2 * 0.5), abs=1e-3)


def test_slow_is_reached_at_the_ramp_and_not_exceeded() -> None:
    film = Film(
        plant(crane([{"at_s": 0.0, "x_mps": 0.5}], relay_delay_s=0.1)), 12.0, 0.05, lambda t: SLOW if t >= 3.96 else RUN
    )
    speed = np.array([c.trolley_velocity_mps[0] for c in film.cranes])
    assert speed[film.between(3.0, 4.05)] == pytest.approx(0.5)
    assert np.diff(speed).min() == pytest.approx(-0.25 * 0.05, rel=0.05)
    assert speed[film.between(6.0, 12.0)] == pytest.approx(0.125, abs=1e-6)


PLAN = (
    {"at_s": 0.5, "x_mps": 0.5, "lift_mps": 0.2},
    {"at_s": 4.0, "y_mps": -0.3},
    {"at_s": 8.0, "lift_mps": 0.0},
    {"at_s": 12.0, "x_mps": 0.0, "y_mps": 0.0, "lift_mps": -0.15},
    {"at_s": 15.0, "lift_mps": 0.0},
)


@settings(max_examples=25, deadline=None, phases=NO_SHRINK)
@given(orders=st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 1600)), max_size=8))
def test_whatever_is_ordered_the_hoist_arrives_where_it_was_planned(orders: list[tuple[bool, bool, int]]) -> None:
    table = crane(PLAN, start_m=(2.0, 8.0))
    drives, free = drives_of(table), drives_of(table)
    for permit, slow, steps in orders:
        command = Command(permit=permit, slow=slow)
        for _ in range(steps):
            before = [axis.speed_mps for axis in drives.axes]
            drives.step(DT, command)
            rates = [abs(axis.speed_mps - v) / DT for axis, v in zip(drives.axes, before, strict=True)]
            assert max(rates[:2]) <= table.brake_mps2 + table.ramp_mps2
    for _ in range(round(60.0 / DT)):
        drives.step(DT, FREE)
        free.step(DT, FREE)
    for axis, other in zip(drives.axes, free.axes, strict=True):
        assert axis.place_m == pytest.approx(other.place_m, abs=1e-6)
        assert axis.speed_mps == 0.0


def test_the_plan_waits_for_the_permit() -> None:
    lost = Film(plant(crane(PLAN)), 40.0, 0.1, lambda t: STOP if 5.0 <= t < 15.0 else RUN)
    kept = Film(plant(crane(PLAN)), 30.0, 0.1)
    standing = lost.trolley()[lost.between(7.0, 15.0)]
    assert np.ptp(standing, axis=0) == pytest.approx(0.0, abs=1e-9)
    assert lost.trolley()[-1] == pytest.approx(kept.trolley()[-1], abs=1e-6)
    arrived = [f.time_s[np.abs(f.trolley()[:, 0] - f.trolley()[-1, 0]) < 0.005][0] for f in (lost, kept)]
    assert 9.5 < arrived[0] - arrived[1] < 12.0


def test_going_slowly_stretches_the_plan_of_every_axis_alike() -> None:
    slow = Film(plant(crane(PLAN)), 70.0, 0.1, lambda _: SLOW)
    kept = Film(plant(crane(PLAN)), 30.0, 0.1)
    assert slow.trolley()[-1] == pytest.approx(kept.trolley()[-1], abs=1e-6)
    assert slow.cranes[-1].rope_m == pytest.approx(kept.cranes[-1].rope_m, abs=1e-6)
    assert max(math.hypot(*c.trolley_velocity_mps) for c in slow.cranes) < math.hypot(0.125, 0.125)
    path = np.interp(slow.trolley()[:, 0], kept.trolley()[:, 0], kept.trolley()[:, 1])
    assert slow.trolley()[:, 1] == pytest.approx(path, abs=0.05)


def test_an_emergency_stop_of_the_plan_brakes_everything() -> None:
    table = crane([{"at_s": 0.0, "x_mps": 0.5, "y_mps": -0.4}, {"at_s": 4.0, "emergency_stop": True}], brake_mps2=1.0)
    film = Film(plant(table), 8.0, 0.1)
    at_4_s = film.trolley()[film.between(3.99, 4.01)][0]
    assert film.trolley()[-1] - at_4_s == pytest.approx([0.5**2 / 2, -(0.4**2) / 2, 0.0], abs=2e-3)


def test_a_weak_brake_needs_a_longer_way() -> None:
    fault = {"kind": "brake_weak", "of": "H1", "at_s": 1.0, "amount": 0.25}
    table = crane([{"at_s": 0.0, "x_mps": 0.5}], brake_mps2=1.0, relay_delay_s=0.0, start_m=(0.0, 5.0))
    film = Film(plant(table, faults=[fault]), 12.0, 0.1, lambda t: STOP if t >= 4.95 else RUN)
    way = film.trolley()[-1, 0] - film.trolley()[film.time_s <= 5.0][-1, 0]
    assert way == pytest.approx(0.5**2 / (2 * 0.25), abs=0.003)


@pytest.mark.parametrize("lost", [False, True])
def test_a_drive_runs_on_after_a_stop(lost: bool) -> None:
    fault = {"kind": "drive_runs_on", "of": "H1", "at_s": 1.0, "amount": 0.6}
    table = crane([{"at_s": 0.0, "x_mps": 0.5}, {"at_s": 6.0, "x_mps": 0.0}])
    order = (lambda t: STOP if t >= 4.95 else RUN) if lost else (lambda _: RUN)
    runs_on, stops = (Film(plant(table, faults=f), 20.0, 0.1, order) for f in ([fault], []))
    further = runs_on.trolley()[-1, 0] - stops.trolley()[-1, 0]
    assert further == pytest.approx(0.6, abs=0.02)
    speeds = np.array([c.trolley_velocity_mps[0] for c in runs_on.cranes])
    assert (np.abs(speeds - 0.125) < 1e-6).sum() > 30
    assert speeds[-1] == 0.0


def test_a_jib_turns_about_its_pivot() -> None:
    table = crane(
        [{"at_s": 0.0, "y_mps": 0.3}, {"at_s": 8.0, "y_mps": 0.0, "x_mps": -0.25}, {"at_s": 12.0, "x_mps": 0.0}],
        kind="jib",
        travel_m=((10.0, 5.0), (14.0, 5.0)),
        start_m=(13.0, 5.0),
    )
    film = Film(plant(table), 20.0, 0.1)
    arm = film.trolley()[:, :2] - [10.0, 5.0]
    radius, angle = np.hypot(*arm.T), np.unwrap(np.arctan2(arm[:, 1], arm[:, 0]))
    assert radius[film.time_s <= 8.0] == pytest.approx(3.0)
    assert angle[-1] == pytest.approx(0.3 * 8.0 / 3.0, abs=0.01)
    assert radius[-1] == pytest.approx(2.0)
    assert film.cranes[-1].yaw_rad == pytest.approx(angle[-1], abs=1e-6)
    turning = film.cranes[40]
    assert math.hypot(*turning.trolley_velocity_mps) == pytest.approx(0.3)
    assert np.dot(turning.trolley_velocity_mps, arm[40]) == pytest.approx(0.0, abs=1e-9)


def test_a_monorail_moves_along_its_beam_only() -> None:
    table = crane(
        [{"at_s": 0.0, "x_mps": 0.5, "y_mps": 0.5}],
        kind="monorail",
        travel_m=((2.0, 2.0), (8.0, 10.0)),
        start_m=(5.0, 6.0),
    )
    film = Film(plant(table), 20.0, 0.1)
    at = film.trolley()
    assert (at[:, 0] - 2.0) * 8.0 - (at[:, 1] - 2.0) * 6.0 == pytest.approx(0.0, abs=1e-9)
    assert at[0, :2] == pytest.approx([5.0, 6.0])
    assert at[-1, :2] == pytest.approx([8.0, 10.0])
    assert film.cranes[40].trolley_velocity_mps == pytest.approx((0.3, 0.4))
