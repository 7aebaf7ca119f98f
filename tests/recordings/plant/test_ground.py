"""Loads on the floor and against what stands there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.plant.ground import inside
from tests.recordings.plant.hoists import Film, crane, hung, load, plant, tilt_rad

ON = {"at_s": 0.0, "attach": "crate"}
COLUMN = {
    "name": "column",
    "kind": "column",
    "polygon_m": [(8.0, 4.8), (8.0, 5.2), (8.4, 5.2), (8.4, 4.8)],
    "height_m": 6.0,
}


def deepest_m(film: Film, half_length_m: float, half_width_m: float) -> float:
    """How far a corner of the column ever was inside the load, seen from above."""
    deepest = 0.0
    for w in film.loads:
        qw, _, _, qz = w.orientation
        yaw = 2 * math.atan2(qz, qw)
        for x, y in COLUMN["polygon_m"]:
            along = (x - w.x_m) * math.cos(yaw) + (y - w.y_m) * math.sin(yaw)
            across = -(x - w.x_m) * math.sin(yaw) + (y - w.y_m) * math.cos(yaw)
            deepest = max(deepest, min(half_length_m - abs(along), half_width_m - abs(across)))
    return deepest


def test_a_load_that_nobody_touches_stays_where_it_is() -> None:
    film = Film(plant(crane([{"at_s": 1.0, "x_mps": 0.4}]), load(yaw_deg=20.0)), 10.0, 0.5)
    assert np.ptp(film.load(), axis=0).max() == 0.0
    assert all(w.resting and not w.hung_from for w in film.loads)


def test_set_down_and_released_the_load_stays_and_the_hook_leaves() -> None:
    plan = [
        ON,
        {"at_s": 1.0, "lift_mps": -0.15},
        {"at_s": 14.0, "lift_mps": 0.0},
        {"at_s": 15.0, "release": True, "lift_mps": 0.2},
        {"at_s": 20.0, "x_mps": 0.5},
    ]
    film = Film(plant(crane(plan, start_hook_m=3.0), hung()), 26.0, 0.1)
    down = film.between(16.0, 26.0)
    assert film.load()[down, 2] == pytest.approx(0.4, abs=0.003)
    assert np.ptp(film.load()[down], axis=0).max() < 1e-3
    assert film.loads[-1].resting
    assert film.loads[-1].hung_from == ""
    assert film.cranes[-1].carries == ""
    assert film.cranes[-1].slings == ()
    assert film.hook()[-1, 2] > 2.0
    assert film.cranes[-1].tension_n == pytest.approx(25.0 * 9.81, rel=0.05)


def test_let_go_in_the_air_a_load_falls() -> None:
    """z = h − g·t²/2 until it hits the floor."""
    film = Film(plant(crane([ON, {"at_s": 1.0, "release": True}], start_hook_m=5.0), hung()), 4.0, 0.01)
    start = film.load()[0, 2]
    falling = film.between(1.02, 1.6)
    fallen = start - film.load()[falling, 2]
    assert fallen == pytest.approx(9.81 * (film.time_s[falling] - 1.0) ** 2 / 2, abs=0.03)
    assert film.load()[-1, 2] == pytest.approx(0.4, abs=0.002)
    assert film.loads[-1].resting


@settings(max_examples=8, deadline=None)
@given(amount=st.floats(0.05, 0.7))
def test_a_load_topples_if_its_centre_of_gravity_leaves_its_foot_print(amount: float) -> None:
    """The foot print ends 0.4 m from the middle; half a centimetre either way is left open."""
    fault = {"kind": "topple", "of": "crate", "at_s": 1.0, "amount": amount}
    film = Film(plant(crane(), load(size_m=(1.2, 0.8, 1.6)), [fault]), 8.0, 0.1)
    if amount < 0.395:
        assert tilt_rad(film.loads[-1]) < 0.02
        assert film.load()[-1, 2] == pytest.approx(0.8, abs=0.01)
    elif amount > 0.405:
        assert tilt_rad(film.loads[-1]) == pytest.approx(math.pi / 2, abs=0.03)
        assert film.load()[-1, 2] == pytest.approx(0.4, abs=0.01)
        assert film.loads[-1].resting


def test_toppling_it_turns_about_the_edge_of_its_foot_print() -> None:
    fault = {"kind": "topple", "of": "crate", "at_s": 1.0}
    film = Film(plant(crane(), load(size_m=(1.2, 0.8, 1.6)), [fault]), 4.0, 0.02)
    for state in film.loads:
        lean = tilt_rad(state)
        if lean > 1.2:
            break
        # The middle of the box stays at the same distance from the edge, to within slip and sinking.
        assert math.hypot(state.y_m - 5.4, state.z_m) == pytest.approx(math.hypot(0.4, 0.8), abs=0.06)
        assert state.x_m == pytest.approx(5.0, abs=0.01)
    assert lean > 1.2


def test_a_load_toppled_only_once_it_stands() -> None:
    fault = {"kind": "topple", "of": "crate", "at_s": 1.0}
    plan = [ON, {"at_s": 3.0, "lift_mps": -0.2}, {"at_s": 14.0, "lift_mps": 0.0}, {"at_s": 16.0, "release": True}]
    tall = hung(size_m=(1.2, 0.8, 1.6))
    film = Film(plant(crane(plan, start_hook_m=3.6), tall, [fault]), 22.0, 0.1)
    assert max(tilt_rad(w) for w in film.loads[:60]) < 0.05
    assert tilt_rad(film.loads[-1]) == pytest.approx(math.pi / 2, abs=0.1)


@pytest.mark.parametrize("shift", [-0.35, 0.0, 0.35])
def test_a_column_stops_a_load_that_the_hoist_drags_on(shift: float) -> None:
    plan = [ON, {"at_s": 0.5, "x_mps": 0.4}, {"at_s": 8.2, "x_mps": 0.0}]
    table = crane(plan, start_m=(5.0, 5.0 + shift), start_hook_m=2.6)
    film = Film(plant(table, hung(), structure=[COLUMN]), 14.0, 0.05)
    assert film.trolley()[-1, 0] == pytest.approx(5.0 + 0.4 * 7.7, abs=0.01)
    assert not film.loads[-1].resting
    assert deepest_m(film, 0.6, 0.4) < 0.05
    if shift == 0.0:
        assert film.load()[:, 0].max() < 8.0 - 0.6 + 0.05


def test_a_beam_does_not_pass_through_a_column_either() -> None:
    plan = [ON, {"at_s": 0.5, "y_mps": 0.3}, {"at_s": 6.0, "y_mps": 0.0}]
    table = crane(plan, start_m=(7.0, 3.6), start_hook_m=3.0)
    beam = hung(shape="beam", size_m=(4.0, 0.3, 0.3), legs=2, sling_m=1.5)
    film = Film(plant(table, beam, structure=[COLUMN]), 14.0, 0.05)
    assert deepest_m(film, 2.0, 0.15) < 0.05


@pytest.mark.parametrize("half", [0.3, 1.0])
def test_a_load_stands_on_a_structure_smaller_or_larger_than_itself(half: float) -> None:
    pallet = {
        "name": "pallet",
        "kind": "pallet",
        "polygon_m": [(5 - half, 5 - half), (5 + half, 5 - half), (5 + half, 5 + half), (5 - half, 5 + half)],
        "height_m": 0.5,
    }
    plan = [ON, {"at_s": 1.0, "lift_mps": -0.1}, {"at_s": 12.0, "lift_mps": 0.0}, {"at_s": 13.0, "release": True}]
    world = plant(crane(plan, start_hook_m=3.0), hung(), structure=[pallet])
    film = Film(world, 18.0, 0.1)
    assert film.load()[-1, 2] == pytest.approx(0.9, abs=0.005)
    assert tilt_rad(film.loads[-1]) < 0.02
    assert film.loads[-1].resting


def test_a_load_with_a_base_stands_on_it_until_it_is_lifted() -> None:
    plan = [{"at_s": 1.0, "attach": "crate"}, {"at_s": 1.5, "lift_mps": 0.1}, {"at_s": 6.0, "lift_mps": 0.0}]
    film = Film(plant(crane(plan, start_hook_m=2.75), load(base_m=1.0)), 8.0, 0.1)
    assert film.load()[0, 2] == pytest.approx(1.4, abs=0.002)
    assert film.loads[10].resting
    assert film.load()[-1, 2] > 1.7


@given(x=st.floats(-2.0, 2.0), y=st.floats(-2.0, 2.0))
def test_inside_a_square(x: float, y: float) -> None:
    if min(abs(abs(x) - 1.0), abs(abs(y) - 1.0)) > 1e-9:
        square = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
        assert inside(x, y, square) == (max(abs(x), abs(y)) < 1.0)
