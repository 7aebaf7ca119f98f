"""People on a floor: they get where their plans lead, at the speeds of people, and through nobody and nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from calibration.errors import BadInput
from recordings.plant.crowd import Crowd
from recordings.plant.records import BodyState
from recordings.plant.walking import BODY_RADIUS_M, Bodies, phase_rate_radps, step_length_m, swayed_m
from tests.recordings.plant.floors import (
    NOWHERE,
    block,
    crane,
    load,
    nearest_pair_m,
    nearest_to_m,
    person,
    scenario,
    watched,
)

MOST_OF_SPEED = 1.15


def distance_m(body: BodyState, point: tuple[float, float]) -> float:
    return math.dist((body.x_m, body.y_m), point)


def angle_between(a: float, b: float) -> float:
    return abs((a - b + math.pi) % (2 * math.pi) - math.pi)


def test_a_usual_speed_is_reached_in_little_more_than_half_a_second_and_left_as_quickly() -> None:
    seen = watched(scenario(person=[person("P", (2, 2), {"go_m": (12.0, 2.0), "speed_mps": 1.3})]), 12.0, step_s=0.02)
    speed = np.array([b.speed_mps for b in seen["P"]])
    reached = np.argmax(speed > 0.95 * 1.25) * 0.02
    assert 0.45 < reached < 0.9
    assert np.diff(speed).max() / 0.02 < 2.5
    assert speed.max() < 1.3 * MOST_OF_SPEED
    assert distance_m(seen["P"][-1], (12.0, 2.0)) < 0.12
    assert seen["P"][-1].posture == "stand"
    assert seen["P"][200].posture == "walk"


def test_walking_is_uneven_by_the_seed_alone() -> None:
    plan = {"go_m": (20.0, 2.0)}
    one, same, other = (watched(scenario(seed, person=[person("P", (2, 2), plan)]), 8.0) for seed in (1, 1, 2))
    assert one.people == same.people
    assert one.people != other.people
    assert 0.005 < one.places("P")[:, 1].std() < 0.3


@settings(max_examples=6, deadline=None)
@given(st.floats(0.3, 2.0), st.floats(1.5, 2.0))
def test_gait_runs_with_the_speed(speed_mps: float, height_m: float) -> None:
    plan = scenario(
        size_m=(60.0, 16.0),
        person=[person("P", (2, 2), {"go_m": (50.0, 2.0), "speed_mps": speed_mps}, height_m=height_m)],
    )
    seen = watched(plan, 6.0)
    late = seen["P"][20:]
    rates = np.diff(np.unwrap([b.phase_rad for b in late])) / 0.1
    expected = [float(phase_rate_radps(b.speed_mps, height_m)) for b in late]
    assert np.allclose(rates, expected[1:], rtol=0.05)
    walked = math.dist((late[0].x_m, late[0].y_m), (late[-1].x_m, late[-1].y_m))
    strides = rates.sum() * 0.1 / (2 * math.pi)
    assert walked / strides == pytest.approx(2 * float(step_length_m(speed_mps, height_m)), rel=0.06)


def test_step_length_is_that_of_walking_adults() -> None:
    assert float(step_length_m(1.34, 1.72)) == pytest.approx(0.705, abs=0.01)
    assert float(phase_rate_radps(1.34, 1.72)) / math.pi == pytest.approx(1.9, abs=0.05)


def test_steps_are_done_in_order_and_wait_for_their_time() -> None:
    plan = person(
        "P",
        (2, 2),
        {"go_m": (5.0, 2.0), "wait_s": 2.0, "posture": "bend"},
        {"at_s": 9.0, "go_m": (5.0, 5.0)},
        {"wait_s": 1.0, "posture": "reach", "face_m": (9.0, 5.0)},
        {"go_m": (2.0, 5.0)},
    )
    seen = watched(scenario(person=[plan]), 22.0)
    assert seen.at("P", 5.5).posture == "bend"
    assert seen.at("P", 5.5).bend > 0.6
    assert distance_m(seen.at("P", 8.9), (5.0, 2.0)) < 0.15
    assert seen.at("P", 10.0).speed_mps > 0.5
    reaching = [b for b in seen["P"] if b.posture == "reach"]
    assert 0.8 < len(reaching) * 0.1 < 1.4
    assert angle_between(reaching[-1].heading_rad, 0.0) < 0.3
    assert distance_m(seen["P"][-1], (2.0, 5.0)) < 0.15


def test_faces_what_the_plan_says_at_the_end_of_the_way() -> None:
    seen = watched(scenario(person=[person("P", (2, 2), {"go_m": (8.0, 2.0), "face_m": (8.0, 9.0)})]), 9.0)
    assert angle_between(seen.at("P", 3.0).heading_rad, 0.0) < 0.2
    assert angle_between(seen["P"][-1].heading_rad, math.pi / 2) < 0.05


def test_turns_before_walking_off() -> None:
    seen = watched(scenario(person=[person("P", (8, 2), {"go_m": (2.0, 2.0)})]), 2.0)
    assert min(b.speed_mps for b in seen["P"]) >= 0.0
    assert angle_between(seen["P"][-1].heading_rad, math.pi) < 0.3


def test_backwards_the_chest_points_away_from_the_goal_and_the_gait_runs_back() -> None:
    plan = person("P", (4, 2), {"go_m": (10.0, 2.0), "speed_mps": 0.8, "backwards": True}, heading_deg=180.0)
    seen = watched(scenario(person=[plan]), 12.0)
    going = seen["P"][10:60]
    assert all(b.speed_mps < -0.5 for b in going)
    assert all(angle_between(b.heading_rad, math.pi) < 0.3 for b in going)
    assert (np.diff(np.unwrap([b.phase_rad for b in going])) < 0.0).all()
    assert distance_m(seen["P"][-1], (10.0, 2.0)) < 0.15


@pytest.mark.parametrize("heading_rad", [0.0, math.pi])
def test_each_step_sways_to_the_side_of_the_foot_that_bears_forwards_and_backwards(heading_rad: float) -> None:
    """The left foot bears half-way through the first half of the gait's phase, whichever way the film runs."""
    one = Bodies(
        position_m=np.zeros((1, 2)),
        velocity_mps=np.array([[1.34, 0.0]]),
        heading_rad=np.array([heading_rad]),
        phase_rad=np.array([math.pi / 2]),
        bend=np.zeros(1),
        height_m=np.array([1.75]),
    )
    (place,) = swayed_m(one, np.zeros((1, 4)), np.array([False]))
    left = np.array([-math.sin(heading_rad), math.cos(heading_rad)])
    assert place @ left == pytest.approx(0.02, abs=1e-9)


def test_somebody_lies_where_he_fell() -> None:
    plan = person("P", (4, 2), {"go_m": (6.0, 2.0)}, {"at_s": 4.0, "posture": "lie", "wait_s": 30.0})
    seen = watched(scenario(person=[plan]), 10.0)
    assert seen.at("P", 3.0).posture == "stand"
    lying = seen["P"][45:]
    assert {b.posture for b in lying} == {"lie"}
    assert np.ptp(seen.places("P")[50:], axis=0).max() == pytest.approx(0.0, abs=1e-9)


def test_people_on_a_platform_stand_at_its_height_and_are_in_nobodys_way() -> None:
    platform = block("deck", 4, 4, 8, 8, 2.5)
    plan = scenario(
        structure=[platform],
        person=[
            person("up", (6, 6), {"go_m": (7.0, 7.0)}, floor_m=2.5),
            person("down", (2, 6), {"go_m": (10.0, 6.0)}),
        ],
    )
    seen = watched(plan, 12.0)
    assert {b.z_m for b in seen["up"]} == {2.5}
    assert distance_m(seen["up"][-1], (7.0, 7.0)) < 0.15
    assert nearest_to_m(seen, "down", platform) > BODY_RADIUS_M - 0.03
    assert distance_m(seen["down"][-1], (10.0, 6.0)) < 0.15


def test_a_detour_leads_round_a_box_and_is_the_short_one() -> None:
    box = block("press", 5, 3, 8, 9)
    seen = watched(scenario(structure=[box], person=[person("P", (3, 5), {"go_m": (11.0, 5.0)})]), 14.0)
    assert distance_m(seen["P"][-1], (11.0, 5.0)) < 0.15
    assert nearest_to_m(seen, "P", box) > BODY_RADIUS_M - 0.02
    length = np.hypot(*np.diff(seen.places("P"), axis=0).T).sum()
    shortest = math.dist((3, 5), (4.7, 2.7)) + 3.6 + math.dist((8.3, 2.7), (11, 5))
    assert shortest - 0.1 < length < 1.15 * shortest
    assert seen.places("P")[:, 1].max() < 5.5


def test_a_goal_in_a_structure_is_approached_to_its_side() -> None:
    box = block("press", 5, 3, 8, 9)
    seen = watched(scenario(structure=[box], person=[person("P", (3, 5), {"go_m": (6.0, 5.0)}, {"wait_s": 1.0})]), 8.0)
    assert seen["P"][-1].x_m == pytest.approx(5 - BODY_RADIUS_M, abs=0.08)
    assert nearest_to_m(seen, "P", box) > BODY_RADIUS_M - 0.02


def test_a_resting_load_is_walked_round_and_a_hanging_one_is_not() -> None:
    plan = scenario(person=[person("P", (4, 8), {"go_m": (12.0, 8.0)})])
    resting = watched(plan, 12.0, loads=lambda t: [load(size_m=(1.2, 3.0, 0.8))])
    hanging = watched(
        plan, 12.0, loads=lambda t: [load(size_m=(1.2, 3.0, 0.8), low_m=2.5, hung_from="H1", resting=False)]
    )
    assert np.abs(resting.places("P")[:, 1] - 8.0).max() > 1.5
    assert np.abs(hanging.places("P")[:, 1] - 8.0).max() < 0.3
    assert distance_m(resting["P"][-1], (12.0, 8.0)) < 0.15


def test_who_does_not_avoid_goes_straight_through() -> None:
    plan = scenario(
        structure=[block("press", 6, 3, 7, 9)],
        person=[person("P", (3, 5), {"go_m": (11.0, 5.0)}, avoids=False), person("Q", (9, 5))],
    )
    seen = watched(plan, 9.0)
    assert np.abs(seen.places("P")[:, 1] - 5.0).max() < 0.25
    assert nearest_pair_m(seen, ["P", "Q"]) > 2 * BODY_RADIUS_M - 0.05, "who avoids is pushed aside"


def test_two_who_meet_pass_each_other() -> None:
    plan = scenario(
        person=[person("east", (2, 5), {"go_m": (14.0, 5.0)}), person("west", (14, 5), {"go_m": (2.0, 5.0)})]
    )
    seen = watched(plan, 14.0)
    assert nearest_pair_m(seen, ["east", "west"]) > 2 * BODY_RADIUS_M
    assert distance_m(seen["east"][-1], (14.0, 5.0)) < 0.15
    assert distance_m(seen["west"][-1], (2.0, 5.0)) < 0.15
    quickest = max(abs(b.speed_mps) for name in ("east", "west") for b in seen[name])
    slowest = min(b.speed_mps for name in ("east", "west") for b in seen[name][20:80])
    assert slowest > 0.5 * quickest, "nobody stops for the other"


def test_a_goal_where_somebody_stands_is_given_up_beside_him() -> None:
    plan = scenario(person=[person("P", (2, 5), {"go_m": (8.0, 5.0)}, {"go_m": (2.0, 8.0)}), person("Q", (8, 5))])
    seen = watched(plan, 25.0)
    assert nearest_pair_m(seen, ["P", "Q"]) > 2 * BODY_RADIUS_M - 0.02
    assert distance_m(seen["P"][-1], (2.0, 8.0)) < 0.15


spots = st.tuples(st.floats(0.6, 11.4), st.floats(0.6, 9.4))


@settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(st.lists(spots, min_size=2, max_size=5), st.lists(spots, min_size=5, max_size=5), st.data())
def test_nobody_is_ever_in_anybody_or_anything_and_all_arrive(
    starts: list[tuple[float, float]], goals: list[tuple[float, float]], data: st.DataObject
) -> None:
    blocks = [block("a", 3, 2, 5, 4), block("b", 7, 5, 8, 8), block("c", 2, 6.5, 4.5, 7.5)]
    goals = goals[: len(starts)]
    for k, here in enumerate(starts):
        assume(all(math.dist(here, other) > 0.7 for other in starts[:k]))
    for k, goal in enumerate(goals):
        assume(all(math.dist(goal, other) > 1.2 for other in goals[:k]))
    inside = [(x, y) for x, y in (*starts, *goals) for b in blocks if _within(b, x, y, 0.5)]
    assume(not inside)
    speeds = [data.draw(st.floats(0.7, 1.6)) for _ in starts]
    people = [
        person(f"p{k}", s, {"go_m": g, "speed_mps": v})
        for k, (s, g, v) in enumerate(zip(starts, goals, speeds, strict=True))
    ]
    seen = watched(scenario(size_m=(12.0, 10.0), structure=blocks, person=people), 35.0)
    names = [p["name"] for p in people]
    assert nearest_pair_m(seen, names) >= 2 * BODY_RADIUS_M
    for name, goal, speed in zip(names, goals, speeds, strict=True):
        assert min(nearest_to_m(seen, name, b) for b in blocks) >= BODY_RADIUS_M - 0.03
        assert max(abs(b.speed_mps) for b in seen[name]) < speed * MOST_OF_SPEED + 0.05
        steps = np.hypot(*np.diff(seen.places(name), axis=0).T)
        assert steps.max() < 0.1 * (speed * MOST_OF_SPEED + 0.25), "nobody jumps"
        assert distance_m(seen[name][-1], goal) < 0.8


def _within(shape: dict, x: float, y: float, margin: float) -> bool:  # type: ignore[type-arg]
    (x0, y0), _, (x1, y1), _ = shape["polygon_m"]
    return bool(x0 - margin < x < x1 + margin and y0 - margin < y < y1 + margin)


def busy() -> dict:  # type: ignore[type-arg]
    return {
        "structure": [block("press", 5, 3, 8, 9)],
        "truck": [{"name": "T", "start_m": (18.0, 2.0), "plan": [{"go_m": (18.0, 12.0)}]}],
        "load": [{"name": "L1", "at_m": (12.0, 8.0)}],
        "person": [
            person("P", (3, 5), {"go_m": (11.0, 5.0), "wait_s": 1.0}, {"go_m": (3.0, 5.0)}),
            person("Q", (11, 6), {"go_m": (3.0, 6.0)}),
            person("S", (14, 8), {"hands_on": "L1"}, role="slinger"),
            person("D", (1, 1), role="driver", drives="T"),
        ],
    }


def test_it_does_not_matter_in_which_pieces_time_passes() -> None:
    plan = scenario(**busy())
    loads = [load(12.0, 8.0)]
    times = np.concatenate([[0.0], np.cumsum(np.random.default_rng(3).uniform(0.001, 0.7, 40))])
    fine, coarse = Crowd(plan, NOWHERE), Crowd(plan, NOWHERE)
    by_time = {}
    for time_s in sorted({*np.arange(0.0, times[-1], 0.013), *times}):
        by_time[time_s] = fine.advance(float(time_s), (), loads)
    for time_s in times[::7]:
        assert coarse.advance(float(time_s), (), loads) == by_time[time_s]


def test_time_does_not_run_backwards() -> None:
    crowd = Crowd(scenario(**busy()), NOWHERE)
    crowd.advance(1.0, (), ())
    with pytest.raises(ValueError, match="time runs forwards"):
        crowd.advance(0.5, (), ())


def test_states_come_in_the_order_of_the_scenario() -> None:
    people, trucks = Crowd(scenario(**busy()), NOWHERE).advance(0.0, (), ())
    assert [b.name for b in people] == ["P", "Q", "S", "D"]
    assert [b.role for b in people] == ["passer_by", "passer_by", "slinger", "driver"]
    assert [t.name for t in trucks] == ["T"]


def test_a_driver_of_an_unknown_truck_is_named() -> None:
    with pytest.raises(BadInput, match="person 'D', drives: expected a truck of the scenario, got 'T9'"):
        Crowd(scenario(person=[person("D", (1, 1), drives="T9")]), NOWHERE)


def test_an_empty_floor() -> None:
    assert Crowd(scenario(), NOWHERE).advance(3.0, (crane(),), (load(),)) == ((), ())
