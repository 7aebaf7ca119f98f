"""True gaps: against closed forms, against points drawn from the things, and in the situations that count."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recordings.plant.boxes import box_of
from recordings.plant.contacts import CHEST_KG, Gap, gaps, hit_energy_j
from recordings.plant.records import BodyState, CraneState, LoadState, TruckState, World
from recordings.plant.scenario import Scenario
from recordings.plant.solids import Cylinder, between_solids, from_ball, from_body, load_solid, standing_solid
from tests.recordings.plant.floors import block, load, scenario

HOIST: dict[str, Any] = {
    "kind": "bridge",
    "travel_m": ((1, 1), (23, 15)),
    "beam_height_m": 7.0,
    "hook_height_m": (0.3, 6.0),
    "travel_speed_mps": (0.17, 0.67),
    "hoist_speed_mps": (0.03, 0.12),
    "deceleration_mps2": 0.25,
    "load_radius_m": 0.5,
    "load_height_m": 0.8,
    "start_m": (8, 8),
    "start_hook_m": 4.0,
    "block_kg": 30.0,
}


def plant(**tables: Any) -> Scenario:
    return scenario(
        hoist=[{"name": "H1", **HOIST}, {"name": "H2", **HOIST}],
        load=[{"name": "L1", "mass_kg": 400.0, "at_m": (8, 8)}, {"name": "L2", "mass_kg": 100.0, "at_m": (12, 8)}],
        **tables,
    )


def body(x: float, y: float, **more: Any) -> BodyState:
    return BodyState(name="P", role="passer_by", x_m=x, y_m=y, **more)


def hung(x: float, y: float, low_m: float, **more: Any) -> LoadState:
    return load(x, y, more.pop("yaw_deg", 0.0), low_m, hung_from="H1", resting=False, **more)


def crane(name: str, x: float, y: float, z: float, vx: float = 0.0) -> CraneState:
    return CraneState(name=name, trolley_m=(x, y, 7.0), hook_m=(x, y, z), hook_velocity_mps=(vx, 0, 0), rope_m=7 - z)


def only(kind: str, world: World, within_m: float = 5.0, **tables: Any) -> Gap:
    found = [g for g in gaps(world, plant(**tables), within_m) if g.kind == kind]
    assert len(found) == 1
    return found[0]


def world(**things: Any) -> World:
    return World(time_s=0.0, **things)


def test_a_load_that_comes_at_somebody() -> None:
    state = hung(8.0, 8.0, 0.5, vx_mps=0.5)
    gap = only("body_load", world(people=(body(10.0, 8.0),), loads=(state,)))
    assert gap.gap_m == pytest.approx(2.0 - 0.6 - 0.25)
    assert (gap.speed_mps, gap.closing_mps) == (pytest.approx(0.5), pytest.approx(0.5))
    assert gap.energy_j == pytest.approx(0.5 * (400 * 40 / 440) * 0.25)
    assert (gap.person, gap.load, gap.hoist, gap.clearance_m) == ("P", "L1", "H1", None)


def test_walking_towards_a_load_closes_the_gap_and_away_opens_it() -> None:
    at = hung(8.0, 8.0, 0.5)
    nearing = only("body_load", world(people=(body(10.0, 8.0, vx_mps=-1.2),), loads=(at,)))
    leaving = only("body_load", world(people=(body(10.0, 8.0, vx_mps=1.2),), loads=(at,)))
    passing = only("body_load", world(people=(body(10.0, 8.0, vy_mps=1.2),), loads=(at,)))
    assert [g.closing_mps for g in (nearing, leaving, passing)] == pytest.approx([1.2, -1.2, 0.0])


def test_under_a_suspended_load_the_clearance_counts_and_beside_it_there_is_none() -> None:
    high = hung(8.0, 8.0, 2.6)
    under = only("body_load", world(people=(body(8.3, 8.1),), loads=(high,)))
    assert under.clearance_m == pytest.approx(2.6 - 1.72)
    assert under.gap_m == pytest.approx(2.6 - 1.72)
    beside = only("body_load", world(people=(body(9.5, 8.0),), loads=(high,)))
    assert beside.clearance_m is None
    assert beside.gap_m == pytest.approx(math.hypot(1.5 - 0.6 - 0.25, 2.6 - 1.72))
    resting = only("body_load", world(people=(body(8.0, 8.0),), loads=(load(8.0, 8.0),)))
    assert resting.clearance_m is None
    assert resting.gap_m < 0.0


@pytest.mark.parametrize(
    ("posture", "bend", "tall_m"), [("stand", 0.0, 1.72), ("bend", 1.0, 0.946), ("sit", 0.0, 1.3416), ("lie", 0.0, 0.3)]
)
def test_the_posture_decides_how_tall_somebody_is(posture: Any, bend: float, tall_m: float) -> None:
    at = body(8.0, 8.0, posture=posture, bend=bend)
    gap = only("body_load", world(people=(at,), loads=(hung(8.0, 8.0, 2.6),)))
    assert gap.gap_m == pytest.approx(2.6 - tall_m)


def test_who_lies_reaches_as_far_as_the_body_is_long() -> None:
    low = hung(8.0, 8.0, 0.1)
    along = only("body_load", world(people=(body(9.6, 8.0, posture="lie", heading_rad=math.pi),), loads=(low,)))
    across = only("body_load", world(people=(body(9.6, 8.0, posture="lie", heading_rad=math.pi / 2),), loads=(low,)))
    assert along.gap_m == pytest.approx(1.6 - 0.6 - 0.25 - 0.36 * 1.72)
    assert across.gap_m == pytest.approx(1.6 - 0.6 - 0.25)


def test_a_hook_block_at_the_head() -> None:
    gap = only("body_hook", world(people=(body(8.0, 8.0),), cranes=(crane("H1", 9.0, 8.0, 1.5, -0.6),)))
    assert gap.gap_m == pytest.approx(1.0 - 0.25 - 0.25)
    assert gap.closing_mps == pytest.approx(0.6)
    assert gap.energy_j == pytest.approx(hit_energy_j(30.0, 0.6))
    above = only("body_hook", world(people=(body(8.0, 8.0),), cranes=(crane("H1", 8.0, 8.0, 2.5),)))
    assert above.gap_m == pytest.approx(2.5 - 1.72 - 0.25)
    inside = only("body_hook", world(people=(body(8.0, 8.0),), cranes=(crane("H1", 8.2, 8.0, 1.5),)))
    assert inside.gap_m < -0.25


def test_a_load_against_a_structure() -> None:
    column = block("column", 10, 7, 10.4, 9, 6.0)
    swinging = hung(8.0, 8.0, 1.0, vx_mps=0.8)
    gap = only("load_structure", world(loads=(swinging,)), structure=[column])
    assert gap.gap_m == pytest.approx(1.4)
    assert gap.closing_mps == pytest.approx(0.8)
    assert gap.energy_j == pytest.approx(0.5 * 400 * 0.64)
    touching = only("load_structure", world(loads=(hung(9.5, 8.0, 1.0),)), structure=[column])
    assert touching.gap_m == pytest.approx(-0.1)
    over = only("load_structure", world(loads=(hung(10.0, 8.0, 6.5),)), structure=[column])
    assert over.gap_m == pytest.approx(0.5)
    assert not [
        g for g in gaps(world(loads=(load(9.5, 8.0),)), plant(structure=[column])) if g.kind == "load_structure"
    ]


def test_a_load_against_a_truck() -> None:
    truck = TruckState(name="T", x_m=12.0, y_m=8.0, heading_rad=math.pi, speed_mps=1.0)
    gap = only("load_truck", world(loads=(hung(8.0, 8.0, 1.0, vx_mps=0.5),), trucks=(truck,)))
    assert gap.gap_m == pytest.approx(4.0 - 1.15 - 0.6)
    assert gap.closing_mps == pytest.approx(1.5)
    assert gap.other == "T"


def test_crushed_between_a_load_and_a_column() -> None:
    column = block("column", 10, 7, 10.4, 9, 6.0)
    coming = hung(8.0, 8.0, 0.8, vx_mps=0.5)
    free = only("crush", world(people=(body(9.4, 8.0),), loads=(coming,)), structure=[column])
    assert free.gap_m == pytest.approx(1.4 - 0.5)
    assert free.closing_mps == pytest.approx(0.5)
    squeezed = only("crush", world(people=(body(9.75, 8.0),), loads=(hung(9.0, 8.0, 0.8),)), structure=[column])
    assert squeezed.gap_m == pytest.approx(0.4 - 0.5)
    for elsewhere in (body(6.8, 8.0), body(10.8, 8.0), body(8.0, 9.2)):
        found = gaps(world(people=(elsewhere,), loads=(coming,)), plant(structure=[column]))
        assert not [g for g in found if g.kind == "crush"]
    overhead = gaps(world(people=(body(9.4, 8.0),), loads=(hung(8.0, 8.0, 2.5),)), plant(structure=[column]))
    assert not [g for g in overhead if g.kind == "crush"]


def test_crushed_between_a_load_and_one_that_stands() -> None:
    things = (hung(8.0, 8.0, 0.3, vx_mps=0.3), load(10.5, 8.0, name="L2"))
    gap = only("crush", world(people=(body(9.2, 8.0),), loads=things))
    assert gap.other == "L2"
    assert gap.gap_m == pytest.approx(2.5 - 1.2 - 0.5)


def test_two_hoists_closing() -> None:
    things = world(
        cranes=(crane("H1", 8.0, 8.0, 2.3, 0.4), crane("H2", 12.0, 8.0, 1.5, -0.3)),
        loads=(hung(8.0, 8.0, 1.0, vx_mps=0.4),),
    )
    gap = only("hoists", things)
    assert gap.gap_m == pytest.approx(4.0 - 0.6 - 0.25)
    assert gap.closing_mps == pytest.approx(0.7)
    assert (gap.hoist, gap.other, gap.load) == ("H1", "H2", "L1")
    assert gap.energy_j == pytest.approx(hit_energy_j(400.0, 0.7, 30.0))


def test_only_what_is_near_is_told_of() -> None:
    things = world(people=(body(8.0, 2.0),), loads=(hung(8.0, 8.0, 1.0),))
    assert not gaps(things, plant(), 3.0)
    assert len(gaps(things, plant(), 6.0)) == 1


def test_energy_is_that_of_the_reduced_mass() -> None:
    assert hit_energy_j(1e9, 1.0) == pytest.approx(0.5 * CHEST_KG)
    assert hit_energy_j(40.0, 2.0) == pytest.approx(0.5 * 20 * 4)
    assert hit_energy_j(0.0, 2.0) == 0.0


def turned(state: LoadState, angles: tuple[float, float, float]) -> LoadState:
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_euler("ZYX", angles).as_quat()
    fields = {f: getattr(state, f) for f in state.__struct_fields__}
    return LoadState(**{**fields, "orientation": (float(w), float(x), float(y), float(z))})


def points_of_box(state: LoadState, rng: np.random.Generator) -> Any:
    box = box_of(state)
    corners = box.corners_m()
    inside = box.middle_m + (rng.uniform(-1, 1, (8_000, 3)) * box.half_m) @ box.axes.T
    return np.concatenate([corners, inside])


angles = st.tuples(st.floats(-3, 3), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(angles, st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-1, 3)), st.booleans())
def test_no_point_of_a_load_is_nearer_to_a_body_than_the_gap(
    turn: tuple[float, float, float], at: tuple[float, float, float], level: bool
) -> None:
    """Distances of points of the box from the cylinder: never below the gap, and close to it.

    A load that leans by less than a third of a degree is taken as level, which is some millimetres.
    """
    state = turned(load(at[0], at[1], low_m=at[2]), (turn[0], 0.0, 0.0) if level else turn)
    points = points_of_box(state, np.random.default_rng(1))
    over = np.hypot(points[:, 0], points[:, 1]) - 0.25
    rise = np.maximum(points[:, 2] - 1.72, -points[:, 2])
    nearest = float(np.hypot(np.maximum(over, 0.0), np.maximum(rise, 0.0)).min())
    gap = from_body(Cylinder(0.0, 0.0, 0.0, 1.72), load_solid(state)).gap_m
    assert gap <= nearest + 0.006
    if nearest == 0.0:
        assert gap <= 0.0
    else:
        assert gap == pytest.approx(nearest, abs=0.09 if level else 0.25)


@settings(max_examples=40, deadline=None)
@given(st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3)))
def test_gaps_of_balls(at: tuple[float, float, float]) -> None:
    gap = from_ball(Cylinder(0.0, 0.0, 0.0, 1.72), at, 0.25)
    over, rise = max(math.hypot(*at[:2]) - 0.25, 0.0), max(at[2] - 1.72, 0.0)
    if over > 0 or rise > 0:
        assert gap.gap_m == pytest.approx(math.hypot(over, rise) - 0.25)
        assert math.hypot(*gap.toward) == pytest.approx(1.0)
    else:
        assert gap.gap_m < -0.25 + 1e-9


@settings(max_examples=40, deadline=None)
@given(angles, st.floats(5, 11), st.floats(5, 11), st.floats(0, 4))
def test_solids_are_as_far_from_each_other_either_way(
    turn: tuple[float, float, float], x: float, y: float, low_m: float
) -> None:
    hanging = load_solid(turned(load(x, y, low_m=low_m), turn))
    fixed = standing_solid(plant(structure=[block("b", 7, 7, 9, 9, 2.0)]).structure[0])
    there, back = between_solids(hanging, fixed), between_solids(fixed, hanging)
    assert there.gap_m == pytest.approx(back.gap_m)
    assert np.allclose(there.toward, np.negative(back.toward), atol=1e-6) or there.gap_m <= 0.0
