"""People who work with a hoist: hands on its load, walking with it, holding its pendant."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.plant.boxes import box_of
from recordings.plant.grasp import bend_for, hand_m, place_at, stand_m
from recordings.plant.records import CraneState, LoadState
from recordings.plant.route import Ground
from recordings.plant.walking import BODY_RADIUS_M
from tests.recordings.plant.floors import block, crane, load, nearest_pair_m, nearest_to_m, person, scenario, watched

HALL = (24.0, 16.0)
FREE = Ground((), HALL)


def off_surface_m(state: LoadState, point: tuple[float, float, float]) -> float:
    """How far a point is from the nearest face of a load, inside or outside."""
    box = box_of(state)
    local = np.abs(box.axes.T @ (np.array(point) - box.middle_m))
    over = local - box.half_m
    return float(np.hypot.reduce(np.maximum(over, 0.0)) if (over > 0).any() else -over.max())


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-180, 180),
    st.floats(-0.1, 0.1),
    st.floats(0.0, 1.0),
    st.tuples(st.floats(2, 14), st.floats(2, 14)),
    st.tuples(st.floats(0.3, 4.0), st.floats(0.3, 4.0), st.floats(0.2, 2.0)),
)
def test_hands_lie_on_the_load_and_feet_stand_beside_it(
    yaw_deg: float, tilt: float, low_m: float, here: tuple[float, float], size_m: tuple[float, float, float]
) -> None:
    state = load(8.0, 8.0, yaw_deg, low_m, size_m=size_m)
    w, x, y, z = state.orientation
    tilted = LoadState(
        **{f: getattr(state, f) for f in state.__struct_fields__ if f != "orientation"},
        orientation=(w, x + tilt * w, y + tilt * z, z),
    )
    hold = place_at(tilted, here, FREE, ())
    hand, feet = hand_m(hold, tilted, 1.72), stand_m(hold, tilted)
    assert hand is not None
    assert off_surface_m(tilted, hand) < 1e-9
    assert math.dist(hand[:2], feet) < 0.8
    gap = box_of(tilted).footprint().distance(shapely.Point(feet))
    assert BODY_RADIUS_M < gap < 0.7


def test_a_slinger_walks_up_bends_to_the_load_and_stays_until_his_time() -> None:
    state = load(8.0, 8.0, 30.0, size_m=(1.2, 0.8, 0.5))
    plan = person("S", (12, 10), {"hands_on": "L1", "wait_s": 5.0}, {"go_m": (12.0, 10.0)}, role="slinger")
    seen = watched(scenario(person=[plan]), 20.0, loads=lambda t: [state])
    holding = [b for b in seen["S"] if b.hand_m is not None and abs(b.speed_mps) < 0.1]
    assert 4.5 < len(holding) * 0.1 < 7.0
    for body in holding:
        assert body.hand_m is not None
        assert off_surface_m(state, body.hand_m) < 1e-9
        assert body.hand_m[2] == pytest.approx(0.5)
    last = holding[-5]
    assert last.posture == "bend"
    assert last.bend == pytest.approx(bend_for(0.5, 1.72), abs=0.02)
    facing = math.atan2(last.hand_m[1] - last.y_m, last.hand_m[0] - last.x_m) if last.hand_m else math.nan
    assert abs(last.heading_rad - facing) < 0.1
    assert seen["S"][-1].hand_m is None
    assert math.dist((seen["S"][-1].x_m, seen["S"][-1].y_m), (12, 10)) < 0.15


def test_hands_stay_on_a_load_that_moves_and_turns() -> None:
    def loads(t: float) -> list[LoadState]:
        x = 8.0 + 0.3 * max(t - 6.0, 0.0)
        return [load(x, 8.0, 5.0 * max(t - 6.0, 0.0), 0.3, vx_mps=0.3 if t > 6 else 0.0, hung_from="H1", resting=False)]

    seen = watched(scenario(person=[person("S", (8, 5), {"hands_on": "L1"})]), 16.0, loads=loads)
    for k in range(50, 161):
        body, (state,) = seen["S"][k], loads(k * 0.1)
        assert body.hand_m is not None
        assert off_surface_m(state, body.hand_m) < 1e-9
        assert math.dist(body.hand_m[:2], (body.x_m, body.y_m)) < 0.7
        gap = box_of(state).footprint().distance(shapely.Point(body.x_m, body.y_m))
        assert gap > 0.2
    assert seen["S"][-1].speed_mps != 0.0


def test_hands_let_go_of_a_load_that_is_lifted_out_of_reach() -> None:
    def loads(t: float) -> list[LoadState]:
        low = min(max(t - 8.0, 0.0) * 0.3, 3.0)
        return [load(8.0, 8.0, 0.0, low, hung_from="H1" if low else "", resting=low == 0.0)]

    seen = watched(scenario(person=[person("S", (8, 5), {"hands_on": "L1"})]), 20.0, loads=loads)
    assert seen.at("S", 8.0).hand_m is not None
    assert seen.at("S", 11.0).hand_m is not None
    assert seen["S"][-1].hand_m is None
    assert seen["S"][-1].bend < 0.05


def test_two_slingers_take_places_apart_and_not_in_a_structure() -> None:
    beside = block("rack", 8.7, 6.0, 10.0, 10.0)
    plan = scenario(
        structure=[beside],
        person=[person("A", (8, 4), {"hands_on": "L1"}), person("B", (8.5, 4.5), {"hands_on": "L1"})],
    )
    seen = watched(plan, 12.0, loads=lambda t: [load(8.0, 8.0)])
    assert nearest_pair_m(seen, ["A", "B"]) > 2 * BODY_RADIUS_M
    assert all(seen[n][-1].hand_m is not None for n in "AB")
    assert all(seen[n][-1].x_m < 8.7 - 0.2 for n in "AB")


def test_a_load_that_does_not_exist_is_stood_for() -> None:
    seen = watched(scenario(person=[person("S", (8, 5), {"hands_on": "L9", "wait_s": 1.0}, {"go_m": (9.0, 9.0)})]), 9.0)
    assert math.dist((seen["S"][-1].x_m, seen["S"][-1].y_m), (9, 9)) < 0.15


def travelling(t: float) -> list[CraneState]:
    moving = 4.0 <= t < 20.0
    return [crane(5.0 + 0.4 * (min(max(t, 4.0), 20.0) - 4.0), 8.0, 0.4 if moving else 0.0)]


@pytest.mark.parametrize(("start", "side"), [((5.0, 4.0), (0.0, -1.0)), ((1.5, 8.0), (-1.0, 0.0))])
def test_an_operator_walks_with_the_load_on_his_side_and_faces_it(
    start: tuple[float, float], side: tuple[float, float]
) -> None:
    plan = person("O", start, {"follow": "H1", "distance_m": 2.5, "until_s": 24.0, "speed_mps": 1.2}, role="operator")
    seen = watched(scenario(person=[plan]), 24.0, cranes=travelling)
    for k in range(60, 241):
        body, (hoist,) = seen["O"][k], travelling(k * 0.1)
        away = (body.x_m - hoist.hook_m[0], body.y_m - hoist.hook_m[1])
        assert math.hypot(*away) == pytest.approx(2.5, abs=0.5)
        assert away[0] * side[0] + away[1] * side[1] > 2.0
        facing = math.atan2(-away[1], -away[0])
        assert abs((body.heading_rad - facing + math.pi) % (2 * math.pi) - math.pi) < 0.35
        assert body.posture == "pendant"
    speeds = [abs(b.speed_mps) for b in seen["O"][70:190]]
    assert np.mean(speeds) == pytest.approx(0.4, abs=0.08)


def test_an_operator_before_the_load_walks_backwards() -> None:
    plan = person("O", (8.5, 8.0), {"follow": "H1", "distance_m": 2.5}, role="operator", heading_deg=180.0)
    seen = watched(scenario(person=[plan]), 18.0, cranes=travelling)
    assert all(b.speed_mps < -0.2 for b in seen["O"][80:180])


def test_following_goes_round_a_structure_in_the_way() -> None:
    machine = block("machine", 7.0, 4.0, 8.0, 6.5)
    plan = scenario(
        structure=[machine], person=[person("O", (5, 5.5), {"follow": "H1", "distance_m": 2.5}, role="operator")]
    )
    seen = watched(plan, 28.0, cranes=travelling)
    places = seen.places("O")
    assert places[-1, 0] > 10.0
    gaps = shapely.distance(shapely.Polygon(machine["polygon_m"]), shapely.points(places))
    assert gaps.min() > BODY_RADIUS_M - 0.03


def test_an_operator_holds_the_pendant_while_his_hoist_runs() -> None:
    plan = scenario(person=[person("O", (5, 5), role="operator"), person("P", (6, 5))])
    seen = watched(plan, 24.0, cranes=travelling)
    assert seen.at("O", 2.0).posture == "stand"
    assert seen.at("O", 10.0).posture == "pendant"
    assert seen.at("O", 23.0).posture == "stand"
    assert {b.posture for b in seen["P"]} == {"stand"}


def driven_load(t: float, until_s: float = 8.0) -> list[LoadState]:
    """A load at knee height that travels along x, 4 m in all."""
    vx = 0.5 if t < until_s else 0.0
    return [load(6.0 + 0.5 * min(t, until_s), 8.0, 0.0, 0.4, vx_mps=vx, hung_from="H1", resting=False)]


def test_a_load_pushes_along_whom_it_runs_into() -> None:
    seen = watched(scenario(person=[person("P", (8.0, 8.0), avoids=False)]), 10.0, loads=driven_load)
    gaps = [body.x_m - driven_load(k * 0.1)[0].x_m - 0.6 - BODY_RADIUS_M for k, body in enumerate(seen["P"])]
    assert min(gaps) > -0.1
    assert max(gaps[25:80]) < 0.0, "contact lasts while it pushes"
    assert seen["P"][-1].x_m == pytest.approx(10.0 + 0.6 + BODY_RADIUS_M, abs=0.1)
    assert seen["P"][60].vx_mps == pytest.approx(0.5, abs=0.25)


def test_a_load_overhead_pushes_nobody() -> None:
    def loads(t: float) -> list[LoadState]:
        return [load(6.0 + 0.5 * t, 8.0, 0.0, 2.0, vx_mps=0.5, hung_from="H1", resting=False)]

    seen = watched(scenario(person=[person("P", (8.0, 8.0), avoids=False)]), 8.0, loads=loads)
    assert np.ptp(seen.places("P"), axis=0).max() < 0.1


def test_nobody_is_pushed_into_a_structure() -> None:
    wall = block("wall", 9.0, 6.0, 9.5, 10.0)
    plan = scenario(structure=[wall], person=[person("P", (8.2, 8.0), avoids=False)])
    seen = watched(plan, 10.0, loads=lambda t: driven_load(t, 4.0))
    assert seen["P"][-1].x_m == pytest.approx(9.0 - BODY_RADIUS_M, abs=0.06)
    assert nearest_to_m(seen, "P", wall) > BODY_RADIUS_M - 0.03
