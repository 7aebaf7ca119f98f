"""Pictures of a whole plant: labels are where things are, hidden shares are right, the same twice is the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.errors import BadInput
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import camera_table
from recordings.render.shapes import turned
from tests.recordings.render.plant import COLUMN, HOOK_M, LOAD_SIZE_M, hall, moment, needs_vtk

pytestmark = needs_vtk


def camera_of(scenario: Scenario) -> Camera:
    return Camera.from_table(camera_table(scenario.camera[0]))


def labels(scenario: Scenario, *people: tuple[float, float]):
    from recordings.render.scene import Scene

    shot = Scene(scenario, None, seed=4).shoot(moment(*people), "cam", 0.0)
    return {label.name if label.kind == "person" else label.kind: label for label in shot.labels}


def test_boxes_hold_what_the_calibration_projects() -> None:
    scenario = hall()
    found = labels(scenario, (8.0, 4.5))
    camera = camera_of(scenario)
    world = moment()
    load = world.loads[0]
    half = np.array(LOAD_SIZE_M) / 2
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = (signs * half) @ turned(load.orientation).T + (load.x_m, load.y_m, load.z_m)
    px = camera.project(corners)
    (left, top), (right, bottom) = px.min(axis=0), px.max(axis=0)
    box = found["load"]
    assert box.left_px == pytest.approx(left, abs=2.5)
    assert box.top_px == pytest.approx(top, abs=2.5)
    assert box.left_px + box.width_px == pytest.approx(right, abs=2.5)
    assert box.top_px + box.height_px == pytest.approx(bottom, abs=2.5)
    person = found["person 0"]
    foot, head = camera.project(np.array([[8.0, 4.5, 0.0], [8.0, 4.5, 1.75]]))
    assert person.top_px + person.height_px == pytest.approx(foot[1], abs=6.0)
    assert person.top_px == pytest.approx(head[1], abs=4.0)
    assert person.left_px + person.width_px / 2 == pytest.approx((foot[0] + head[0]) / 2, abs=4.0)


def test_middle_of_the_hook_box_is_the_hook() -> None:
    plain = hall()
    eye = plain.camera[0].model_copy(update={"look_at_m": (6.0, 6.0, 4.2)})
    scenario = plain.model_copy(update={"camera": (eye,)})
    found = labels(scenario)
    middle = camera_of(scenario).project(np.array([HOOK_M, (6.0, 6.0, 5.5)]))
    for kind, wanted in zip(("hook", "trolley"), middle, strict=True):
        box = found[kind]
        assert box.left_px + box.width_px / 2 == pytest.approx(wanted[0], abs=6.0)
        assert box.top_px + box.height_px / 2 == pytest.approx(wanted[1], abs=6.0)
    assert found["hook"].distance_m == pytest.approx(math.dist(HOOK_M, (1.0, 0.6, 4.5)), abs=0.1)


def test_a_person_behind_a_column_is_seen_in_part() -> None:
    column = {"name": "column", "kind": "column", "polygon_m": COLUMN, "height_m": 6.0}
    behind = hall(structure=[column])
    free = labels(hall(), (9.2, 5.0))["person 0"]
    assert free.visible > 0.9
    shares = []
    for across in np.linspace(-0.8, 0.8, 9):
        label = labels(behind, (9.2, 5.0 + across)).get("person 0")
        shares.append(0.0 if label is None else label.visible)
        if label is not None:
            assert label.width_px <= label.full_px[2] + 1.5
    assert min(shares) < 0.3
    assert any(0.3 < share < 0.8 for share in shares)
    assert max(shares) > 0.9


def test_a_person_at_the_edge_counts_what_is_cut_as_hidden() -> None:
    scenario = hall()
    camera = camera_of(scenario)
    for along in np.arange(0.3, 5.0, 0.02):
        px = camera.project(np.array([[8.0, along, 0.9]]))[0]
        if abs(px[0] - 639) < 4:
            break
    else:
        pytest.fail("nobody stands at the edge of this picture")
    label = labels(scenario, (8.0, float(along)))["person 0"]
    assert 0.25 < label.visible < 0.75
    assert label.left_px + label.width_px == 640.0


def test_the_same_twice_is_the_same_and_another_seed_another() -> None:
    from recordings.render.scene import Scene

    world = moment((4.0, 5.0))
    first, again, other = (Scene(hall(), None, seed=seed).shoot(world, "cam", 0.5) for seed in (4, 4, 5))
    assert first.rgb.shape == (360, 640, 3)
    assert first.rgb.dtype == np.uint8
    assert first.rgb.tobytes() == again.rgb.tobytes()
    assert first.labels == again.labels
    assert first.rgb.tobytes() != other.rgb.tobytes()


def test_order_of_the_shots_does_not_matter() -> None:
    from recordings.render.scene import Scene

    scene = Scene(hall(), None, seed=4)
    world = moment((4.0, 5.0))
    first = scene.shoot(world, "cam", 0.5)
    scene.shoot(moment((7.0, 5.0), (3.0, 4.0)), "cam", 1.0)
    assert scene.shoot(world, "cam", 0.5).rgb.tobytes() == first.rgb.tobytes()


def test_a_person_darkens_the_floor_beside_the_feet() -> None:
    from recordings.render.scene import Scene

    scenario = hall()
    scene = Scene(scenario, None, seed=4)
    empty = scene.shoot(moment(), "cam", 0.0).rgb.astype(int)
    there = scene.shoot(moment((4.0, 4.0)), "cam", 0.0).rgb.astype(int)
    u, v = camera_of(scenario).project(np.array([[4.25, 4.25, 0.0]]))[0].round().astype(int)
    patch = np.s_[v - 2 : v + 3, u - 2 : u + 3]
    assert there[patch].mean() < empty[patch].mean() - 4


def test_a_camera_that_was_knocked_sees_another_picture() -> None:
    from recordings.render.scene import Scene

    scene = Scene(hall(), None, seed=4)
    straight, knocked = (scene.shoot(moment(), "cam", 0.0, turned_deg=deg) for deg in (0.0, 8.0))
    moved = {k.kind: k.left_px for k in knocked.labels}["load"] - {k.kind: k.left_px for k in straight.labels}["load"]
    assert abs(moved) > 30


@pytest.mark.parametrize("kind", ["lamps", "daylight", "dusk", "night", "glare"])
def test_every_light_shows_a_picture_that_is_neither_black_nor_white(kind: str) -> None:
    from recordings.render.scene import Scene

    rgb = Scene(hall(light={"kind": kind}), None, seed=4).shoot(moment((4.0, 5.0)), "cam", 0.0).rgb
    assert 25 < rgb.mean() < 200
    assert rgb.std() > 12


def test_an_unknown_camera_is_named() -> None:
    from recordings.render.scene import Scene

    with pytest.raises(BadInput, match=r"'attic'.*expected one of cam"):
        Scene(hall(), None, seed=4).shoot(moment(), "attic", 0.0)
