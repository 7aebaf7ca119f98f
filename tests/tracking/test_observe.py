"""From boxes to the floor: feet, heads where the feet are cut off or covered, heights, and covariance."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.policy import Policy
from calibration.site import Structure
from tests.worlds import (
    BODY_HEIGHT_M,
    body_boxes,
    boxes_at,
    hall_cameras,
    looking,
    people_of_boxes,
    seen_at,
    shaken,
    sight_at,
)
from tracking.bodies import behind, feet_covered
from tracking.observe import people_of_sights
from tracking.records import Box, Observation

POLICY = Policy()
CAMERA = Camera.from_table(hall_cameras(1)[0])
LEVEL = Camera.from_table(looking("level", (0.0, 0.0, 2.5), (8.0, 0.0, 1.2), view_deg=70.0))


def frame(boxes: list[Box], camera: Camera = CAMERA, policy: Policy = POLICY):  # type: ignore[no-untyped-def]
    return people_of_boxes(boxes_at(camera.name, 1.0, boxes), camera, policy)


def test_a_whole_person_stands_where_the_body_is() -> None:
    feet = np.array([[8.0, 5.0], [12.0, 7.0], [5.0, 9.0]])
    seen = frame(body_boxes(CAMERA, feet, POLICY))
    assert seen.source == "cam1"
    assert seen.time_s == 1.0
    assert seen.position_m == pytest.approx(feet, abs=0.01)
    assert seen.score == pytest.approx(0.9)
    assert seen.height_m == pytest.approx(BODY_HEIGHT_M, abs=0.08)


@given(st.floats(4.0, 20.0), st.floats(2.0, 11.0), st.floats(1.5, 1.85))
def test_any_place_and_height_in_view(x_m: float, y_m: float, height_m: float) -> None:
    boxes = body_boxes(CAMERA, np.array([[x_m, y_m]]), POLICY, height_m)
    assume(boxes)
    box = boxes[0]
    assume(box.top_px > 5 and box.top_px + box.height_px < CAMERA.size_px[1] - 6)
    assume(box.left_px > 5 and box.left_px + box.width_px < CAMERA.size_px[0] - 6)
    seen = frame(boxes)
    assert seen.position_m[0] == pytest.approx([x_m, y_m], abs=0.05)
    assert seen.height_m[0] == pytest.approx(height_m, abs=0.25)


def test_feet_cut_off_by_the_picture_give_the_head() -> None:
    near = np.array([[2.2, 0.3]])
    box = body_boxes(LEVEL, near, POLICY)[0]
    assert box.top_px + box.height_px == pytest.approx(LEVEL.size_px[1] - 1), "the scene should cut the feet off"
    assert box.top_px > 5
    seen = frame([box], LEVEL)
    assert seen.position_m == pytest.approx(near, abs=0.05)
    assert np.isnan(seen.height_m).all()
    toe = LEVEL.on_plane(np.array([[box.left_px + box.width_px / 2, box.top_px + box.height_px]])).xy_m[0]
    assert np.linalg.norm(toe - near[0]) > 0.3, "the box's lower edge is no foot here"


def test_a_head_s_covariance_is_long_along_the_line_of_sight() -> None:
    box = body_boxes(LEVEL, np.array([[2.2, 0.3]]), POLICY)[0]
    cov = frame([box], LEVEL).cov_m2[0]
    # The camera looks down at the head by 0.8 m over 2.2 m: 0.1 m of height are 0.28 m of range.
    assert np.sqrt(cov[0, 0]) > 0.25
    assert np.sqrt(cov[1, 1]) < 0.12


def test_feet_behind_another_person_give_the_head_and_a_wider_covariance() -> None:
    pair = np.array([[7.0, 0.0], [9.0, 0.05]])
    whole = frame(body_boxes(LEVEL, pair, POLICY)[1:], LEVEL)
    front, back = body_boxes(LEVEL, pair, POLICY)
    # The detector ends the hidden body where the nearer one begins to cover it.
    hidden = Box(back.left_px, back.top_px, back.width_px, front.top_px + 40.0 - back.top_px, 0.8)
    assert hidden.height_px < 0.75 * back.height_px
    seen = frame([front, hidden], LEVEL)
    assert seen.position_m == pytest.approx(pair, abs=0.03)
    assert np.isfinite(seen.height_m[0])
    assert np.isnan(seen.height_m[1])
    assert np.trace(seen.cov_m2[1]) > np.trace(whole.cov_m2[0])


def test_feet_behind_a_machine_give_the_head() -> None:
    press = Structure(name="press", polygon_m=((5.0, -1.0), (6.0, -1.0), (6.0, 1.0), (5.0, 1.0)), height_m=0.8)
    truth = np.array([[7.0, 0.0]])
    whole = body_boxes(LEVEL, truth, POLICY)[0]
    top_of_press = LEVEL.project(np.array([[6.0, 0.0, 0.8]]))[0, 1]
    assert whole.top_px < top_of_press < whole.top_px + whole.height_px
    shown = Box(whole.left_px, whole.top_px, whole.width_px, top_of_press - whole.top_px, 0.9)
    known = people_of_boxes(boxes_at("level", 1.0, [shown]), LEVEL, POLICY, (press,))
    unknown = frame([shown], LEVEL)
    assert known.position_m == pytest.approx(truth, abs=0.05)
    assert np.isnan(known.height_m).all()
    assert np.linalg.norm(unknown.position_m - truth) > 1.0, "without the press the box ends in a foot far off"


def test_a_short_box_alone_is_a_crouching_person_with_a_loose_foot() -> None:
    box = body_boxes(CAMERA, np.array([[8.0, 5.0]]), POLICY)[0]
    low = Box(box.left_px, box.top_px + 0.5 * box.height_px, box.width_px, 0.5 * box.height_px, 0.9)
    seen = frame([low])
    assert seen.position_m[0] == pytest.approx([8.0, 5.0], abs=0.02)
    assert np.trace(seen.cov_m2[0]) > 3 * np.trace(frame([box]).cov_m2[0])
    assert np.isnan(seen.height_m[0])


def test_feet_and_head_cut_off_still_say_something_but_loosely() -> None:
    width, height = LEVEL.size_px
    box = Box(width / 2 - 150, 0.0, 300.0, height - 1.0, 0.9)
    seen = frame([box], LEVEL)
    whole = frame(body_boxes(LEVEL, np.array([[6.0, 0.0]]), POLICY), LEVEL)
    assert len(seen) <= 1
    if len(seen):
        assert np.isfinite(seen.cov_m2).all()
        assert np.isnan(seen.height_m).all()
    assert len(whole) == 1


def test_a_box_above_the_horizon_is_nowhere_on_the_floor() -> None:
    up = Camera.from_table(looking("up", (0.0, 0.0, 3.0), (10.0, 0.0, 3.6)))
    counts: Counter[str] = Counter()
    assert len(people_of_boxes(boxes_at("up", 1.0, [Box(900.0, 50.0, 40.0, 100.0, 0.9)]), up, POLICY, (), counts)) == 0
    assert +counts == {"person_off_floor": 1}
    assert len(frame([Box(900.0, 50.0, 40.0, 900.0, 0.9)], up)) == 1


@pytest.mark.parametrize(
    "box",
    [
        Box(np.nan, 10.0, 40.0, 90.0, 0.9),
        Box(10.0, 10.0, 0.0, 90.0, 0.9),
        Box(10.0, 10.0, 40.0, -90.0, 0.9),
        Box(10.0, np.inf, 40.0, 90.0, 0.9),
        Box(10.0, 10.0, 40.0, 90.0, np.nan),
        Box(10.0, 10.0, 40.0, 90.0, 0.1),
        Box(10.0, 10.0, 40.0, 90.0, 0.9, "hook"),
    ],
    ids=["nan", "no width", "negative", "infinite", "score nan", "weak", "hook"],
)
def test_boxes_that_are_no_people_are_left_out(box: Box) -> None:
    good = body_boxes(CAMERA, np.array([[8.0, 5.0]]), POLICY)
    assert len(frame([box, *good])) == 1


def test_no_boxes_give_no_rows() -> None:
    seen = frame([])
    assert len(seen) == 0
    assert seen.position_m.shape == (0, 2)
    assert seen.cov_m2.shape == (0, 2, 2)


@given(st.lists(st.tuples(*[st.floats(-5000, 5000)] * 4), max_size=12))
def test_any_boxes_give_finite_people_with_proper_covariances(values: list[tuple[float, ...]]) -> None:
    boxes = [Box(left, top, abs(w), abs(h), 0.9) for left, top, w, h in values]
    for camera in (CAMERA, LEVEL):
        seen = frame(boxes, camera)
        assert np.isfinite(seen.position_m).all()
        if len(seen):
            assert np.linalg.eigvalsh(seen.cov_m2).min() > 0.0


def test_stated_covariance_covers_the_noise_of_boxes() -> None:
    random = np.random.default_rng(3)
    truth = np.array([[10.0, 6.0]])
    box = body_boxes(CAMERA, truth, POLICY)
    frames = [frame(list(shaken(box, random, 3.0))) for _ in range(400)]
    off = np.concatenate([f.position_m - truth for f in frames])
    cov = np.mean([f.cov_m2[0] for f in frames], axis=0)
    distance2 = np.einsum("ni,ij,nj->n", off, np.linalg.inv(cov), off)
    assert distance2.mean() < 2.0
    assert distance2.mean() > 0.1


def covered(*boxes: tuple[float, float, float, float], camera: tuple[int, ...] | None = None) -> list[bool]:
    """Of boxes (left, top, right, bottom), seen by one camera if not said otherwise."""
    shown_to = np.zeros(len(boxes), np.int64) if camera is None else np.array(camera)
    return feet_covered(np.array(boxes).T, shown_to, np.zeros((4, 0)), np.zeros(0, np.int64)).tolist()


def test_covered_feet() -> None:
    behind_px, before_px, apart_px = (
        (100.0, 100.0, 150.0, 200.0),
        (110.0, 150.0, 160.0, 260.0),
        (400.0, 100.0, 450.0, 210.0),
    )
    assert covered(behind_px, before_px, apart_px) == [True, False, False]
    assert covered(behind_px, before_px, apart_px, camera=(0, 1, 0)) == [False] * 3, (
        "the other one is in another picture"
    )
    # A lower box that only touches the side, or lies wholly below, covers no feet.
    assert not any(covered(behind_px, (145.0, 150.0, 195.0, 260.0)))
    assert not any(covered(behind_px, (110.0, 205.0, 160.0, 260.0)))
    load = np.array([[110.0, 150.0, 160.0, 260.0]]).T
    person = np.array([behind_px]).T
    assert feet_covered(person, np.array([1]), load, np.array([1])).tolist() == [True]
    assert feet_covered(person, np.array([1]), load, np.array([0])).tolist() == [False]


def test_behind_moves_away_from_the_camera() -> None:
    moved = behind(CAMERA, np.array([[8.0, 5.0]]), 0.13)
    away = np.array([8.0, 5.0]) - CAMERA.centre_m[:2]
    assert moved[0] == pytest.approx(np.array([8.0, 5.0]) + 0.13 * away / np.linalg.norm(away))
    below = behind(CAMERA, CAMERA.centre_m[None, :2], 0.13)
    assert np.isfinite(below).all()


def test_people_of_a_sight_in_metres() -> None:
    (seen,) = people_of_sights(
        [
            sight_at(
                "uwb",
                2.0,
                [
                    seen_at("person", 1.0, 2.0, sigma_m=0.2),
                    seen_at("hook", 5.0, 5.0, 3.0),
                    Observation(
                        kind="person", x_m=3.0, y_m=4.0, var_x_m2=0.04, cov_xy_m2=0.01, var_y_m2=0.02, height_m=1.8
                    ),
                    Observation(kind="person", x_m=np.nan, y_m=4.0, var_x_m2=0.04, var_y_m2=0.02),
                    Observation(kind="person", x_m=0.0, y_m=4.0, var_x_m2=0.0, var_y_m2=0.02),
                    Observation(kind="person", x_m=0.0, y_m=4.0, var_x_m2=0.01, cov_xy_m2=0.02, var_y_m2=0.02),
                ],
            )
        ]
    )
    assert seen.source == "uwb"
    assert seen.position_m.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert seen.cov_m2[1].tolist() == [[0.04, 0.01], [0.01, 0.02]]
    assert np.isnan(seen.height_m[0])
    assert seen.height_m[1] == 1.8
