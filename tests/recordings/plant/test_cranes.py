"""The entry to the physics: time, order, and that only scenario and orders decide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.plant.records import Order
from tests.recordings.plant.hoists import RUN, STOP, crane, hung, load, plant

ON = {"at_s": 0.0, "attach": "crate"}
PLAN = [ON, {"at_s": 0.2, "x_mps": 0.5, "lift_mps": 0.1}, {"at_s": 3.0, "x_mps": 0.0, "y_mps": 0.2}]


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.floats(0.0, 4.0), max_size=20))
def test_states_do_not_depend_on_how_often_they_are_asked_for(cuts: list[float]) -> None:
    often, once = plant(crane(PLAN), hung()), plant(crane(PLAN), hung())
    for cut in sorted(cuts):
        often.advance(cut, {})
    assert often.advance(4.0, {"H1": RUN}) == once.advance(4.0, {})


def test_the_same_orders_give_the_same_states() -> None:
    runs = []
    for _ in range(2):
        world = plant(crane(PLAN), hung())
        runs.append([world.advance(k / 7, {"H1": Order(permit=k % 9 < 6, slow=k % 5 == 0)}) for k in range(40)])
    assert runs[0] == runs[1]


def test_between_steps_places_go_on_at_their_speed() -> None:
    coarse, fine = plant(crane(PLAN), hung()), plant(crane(PLAN), hung())
    coarse.advance(2.0, {})
    fine.advance(2.0, {})
    (a,), (w,) = coarse.advance(2.00125, {})
    (b,), (v,) = fine.advance(2.0025, {})
    assert np.subtract(b.hook_m, a.hook_m) == pytest.approx(np.multiply(a.hook_velocity_mps, 0.00125), abs=1e-5)
    assert v.x_m - w.x_m == pytest.approx(w.vx_mps * 0.00125, abs=1e-5)


def test_velocities_are_the_rates_of_the_places() -> None:
    world = plant(crane(PLAN), hung())
    shots = [world.advance(k * 0.01, {}) for k in range(600)]
    for field, place, speed in (
        ("load", lambda c, w: (w.x_m, w.y_m, w.z_m), lambda c, w: (w.vx_mps, w.vy_mps, w.vz_mps)),
        ("hook", lambda c, w: c.hook_m, lambda c, w: c.hook_velocity_mps),
        ("trolley", lambda c, w: c.trolley_m[:2], lambda c, w: c.trolley_velocity_mps),
    ):
        at = np.array([place(c[0], w[0]) for c, w in shots])
        rates = np.array([speed(c[0], w[0]) for c, w in shots])
        error = (at[2:] - at[:-2]) / 0.02 - rates[1:-1]
        assert np.sqrt((error**2).mean()) < 0.01, field


def test_hoists_and_loads_come_in_the_order_of_the_file() -> None:
    second = crane(name="H2", start_m=(15.0, 5.0))
    world = plant([crane(), second], [load(), load(name="other", at_m=(15.0, 5.0))])
    cranes, loads = world.advance(0.0, {"H2": STOP})
    assert [c.name for c in cranes] == ["H1", "H2"]
    assert [w.name for w in loads] == ["crate", "other"]
    assert cranes[1].trolley_m == (15.0, 5.0, 8.0)
    assert cranes[1].hook_m == (15.0, 5.0, 4.0)
    assert cranes[1].rope_m == 4.0


def test_an_order_for_one_hoist_leaves_the_other_running() -> None:
    plan = [{"at_s": 0.0, "x_mps": 0.4}]
    world = plant([crane(plan), crane(plan, name="H2")])
    world.advance(4.0, {})
    cranes, _ = world.advance(8.0, {"H1": STOP})
    assert cranes[0].trolley_velocity_mps == (0.0, 0.0)
    assert cranes[1].trolley_velocity_mps == (pytest.approx(0.4), 0.0)


@pytest.mark.parametrize("to_s", [0.9, float("nan"), float("inf"), -1.0])
def test_time_does_not_run_backwards(to_s: float) -> None:
    world = plant(crane())
    world.advance(1.0, {})
    with pytest.raises(ValueError, match="must not be before 1 s"):
        world.advance(to_s, {})


def test_a_plan_names_a_load_of_the_scenario() -> None:
    with pytest.raises(ValueError, match="attaches 'piano'"):
        plant(crane([{"at_s": 0.0, "attach": "piano"}]), load())


@pytest.mark.parametrize("mass", [10.0, 5000.0, 150_000.0])
@pytest.mark.parametrize("sling", [0.5, 8.0])
def test_light_and_heavy_loads_are_carried_without_trembling(mass: float, sling: float) -> None:
    plan = [ON, {"at_s": 0.5, "x_mps": 0.3}, {"at_s": 6.0, "x_mps": 0.0}]
    table = crane(plan, capacity_kg=200_000.0, beam_height_m=16.0, hook_height_m=(0.2, 14.0), start_hook_m=10.0)
    world = plant(table, hung(mass_kg=mass, sling_m=sling))
    shots = [world.advance(k * 0.05, {}) for k in range(200)]
    heights = np.array([w[0].z_m for _, w in shots])
    speeds = np.array([w[0].vz_mps for _, w in shots])
    assert np.ptp(heights) < 0.05
    assert np.abs(speeds).max() < 0.05
