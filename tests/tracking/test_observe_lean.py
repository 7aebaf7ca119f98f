"""Bodies that lean in a tilted camera's picture, and feet behind machines and loads."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.policy import Policy
from calibration.site import Structure
from tests.worlds import body_boxes, boxes_at, hall_cameras, looking, people_of_boxes
from tracking.bodies import lean
from tracking.records import Box

POLICY = Policy()
CAMERA = Camera.from_table(hall_cameras(1)[0])
AHEAD = Camera.from_table(looking("ahead", (0.0, 0.0, 5.8), (8.0, 0.0, 1.0), view_deg=80.0))


def test_a_body_leans_outwards_at_the_sides_and_not_in_the_middle() -> None:
    feet = np.array([[9.0, -4.0, 0.0], [9.0, 0.0, 0.0], [9.0, 4.0, 0.0]])
    sideways = lean(AHEAD, AHEAD.project(feet), np.zeros(3), 1.72, np.full(3, 1e4))
    assert sideways[1] == pytest.approx(0.0, abs=1e-6)
    # y to the left of a camera that looks along x: the person at y = -4 stands right of the middle.
    assert sideways[0] > 10.0
    assert sideways[2] == pytest.approx(-sideways[0], rel=1e-6)


def test_without_lean_the_middle_would_be_a_hand_s_breadth_off() -> None:
    feet = np.array([[9.0, -4.0]])
    box = body_boxes(AHEAD, feet, POLICY)[0]
    middle = AHEAD.on_plane(np.array([[box.left_px + box.width_px / 2, box.top_px + box.height_px]])).xy_m
    assert np.linalg.norm(middle - feet) > 0.15
    seen = people_of_boxes(boxes_at("ahead", 1.0, [box]), AHEAD, POLICY)
    assert seen.position_m == pytest.approx(feet, abs=0.02)


def test_feet_behind_a_machine_give_the_head() -> None:
    machine = Structure(name="press", polygon_m=((7.0, -1.0), (8.0, -1.0), (8.0, 1.0), (7.0, 1.0)), height_m=1.2)
    feet = np.array([[8.6, 0.0]])
    whole = body_boxes(AHEAD, feet, POLICY)[0]
    edge = float(AHEAD.project(np.array([[8.0, 0.0, 1.2]]))[0, 1])
    cut = Box(whole.left_px, whole.top_px, whole.width_px, edge - whole.top_px, 0.9)
    assert 0.3 * whole.height_px < cut.height_px < 0.8 * whole.height_px, "the scene should hide legs only"
    without = people_of_boxes(boxes_at("ahead", 1.0, [cut]), AHEAD, POLICY)
    assert np.linalg.norm(without.position_m - feet) > 1.0
    seen = people_of_boxes(boxes_at("ahead", 1.0, [cut]), AHEAD, POLICY, (machine,))
    assert seen.position_m == pytest.approx(feet, abs=0.1)
    assert np.isnan(seen.height_m[0])
    # Somebody whole in front of the machine is measured by the feet.
    front = np.array([[6.5, 0.0]])
    seen = people_of_boxes(boxes_at("ahead", 1.0, body_boxes(AHEAD, front, POLICY)), AHEAD, POLICY, (machine,))
    assert seen.position_m == pytest.approx(front, abs=0.02)
    assert np.isfinite(seen.height_m[0])


def test_feet_behind_a_load_give_the_head() -> None:
    feet = np.array([[8.8, 0.0]])
    whole = body_boxes(AHEAD, feet, POLICY)[0]
    corners = np.array([[x, y, z] for x in (7.2, 8.4) for y in (-0.5, 0.5) for z in (0.0, 1.2)])
    px = AHEAD.project(corners)
    (left, top), (right, lower) = px.min(axis=0), px.max(axis=0)
    load = Box(left, top, right - left, lower - top, 0.9, "load")
    cut = Box(whole.left_px, whole.top_px, whole.width_px, 0.65 * whole.height_px, 0.9)
    assert top < cut.top_px + cut.height_px < lower
    seen = people_of_boxes(boxes_at("ahead", 1.0, [cut, load]), AHEAD, POLICY)
    assert seen.position_m == pytest.approx(feet, abs=0.05)
