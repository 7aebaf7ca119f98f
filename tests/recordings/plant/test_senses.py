"""Synthetic boxes lie where the calibrated camera sees things, and err as a detector errs."""

from __future__ import annotations

import itertools
import math

import msgspec
import numpy as np
import pytest

from calibration.camera import Camera
from calibration.policy import Policy
from recordings.plant.camera_faults import camera_at, spoilt
from recordings.plant.outlines import body_points, load_points
from recordings.plant.records import BodyState, CraneState, LoadState, TruckState, World
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import site_of
from recordings.plant.senses import Watch
from tests.recordings.plant.small_plant import shorter, small
from tests.worlds import people_of_boxes
from tracking.records import Box, Boxes

EXACT = "\n[observations]\nsigma_px = 0.0\nmissed = 0.0\nfalse_hz = 0.0\n\n[[camera]]"
CRANE = CraneState(name="H1", trolley_m=(6.0, 4.5, 6.0), hook_m=(6.0, 4.5, 2.5), rope_m=3.5)
LOW_CRANE = CraneState(name="H1", trolley_m=(8.0, 6.0, 4.0), hook_m=(8.0, 6.0, 2.5), rope_m=1.5)
CRATE = LoadState(
    name="crate", shape="crate", size_m=(1.0, 0.8, 0.8), x_m=6.0, y_m=4.5, z_m=1.1, hung_from="H1", resting=False
)


def fitter(x_m: float, y_m: float, **changes: object) -> BodyState:
    values: dict[str, object] = {"name": "fitter", "role": "passer_by", "x_m": x_m, "y_m": y_m}
    return BodyState(**(values | changes))  # type: ignore[arg-type]


def exact(*pairs: tuple[str, str]) -> Scenario:
    return small(("\n[[camera]]", EXACT), *pairs)


def looked(scenario: Scenario, world: World, camera: str = "cam1", seed: int = 1) -> tuple[Box, ...]:
    return Watch(scenario, camera, np.random.default_rng(seed)).look(world)


def only(boxes: tuple[Box, ...], kind: str) -> Box:
    (found,) = [b for b in boxes if b.kind == kind]
    return found


@pytest.mark.parametrize("at", [(4.0, 4.0), (7.0, 6.0), (9.0, 3.0)])
def test_a_person_is_found_where_the_person_stands(at: tuple[float, float]) -> None:
    """Through calibration and observation the boxes of both cameras lead back to the floor place."""
    scenario = exact()
    for eye in scenario.camera:
        places = []
        # What lasts of a detector's errors differs from seed to seed: their mean is what counts.
        for seed in range(5):
            boxes = Boxes(camera=eye.name, time_s=0.0, ready_s=0.0, boxes=looked(
                scenario, World(time_s=0.0, people=(fitter(*at),)), eye.name, seed))  # fmt: skip
            camera = Camera.from_table(next(c for c in site_of(scenario).camera if c.name == eye.name))
            places.append(people_of_boxes(boxes, camera, Policy()).position_m[0])
        assert np.mean(places, axis=0) == pytest.approx(at, abs=0.15)


def test_boxes_are_drawn_round_what_is_there() -> None:
    scenario = exact()
    world = World(time_s=0.0, people=(fitter(9.0, 6.0),), cranes=(CRANE,), loads=(CRATE,))
    boxes = looked(scenario, world)
    camera = camera_at(scenario, "cam1", 0.0)
    # The trolley runs above what this camera sees; the other one is farther away.
    assert sorted(b.kind for b in boxes) == ["hook", "load", "person"]
    assert only(looked(scenario, msgspec.structs.replace(world, cranes=(LOW_CRANE,))), "trolley")
    px = camera.project(load_points(CRATE))
    load = only(boxes, "load")
    drawn = np.array([load.left_px, load.top_px, load.left_px + load.width_px, load.top_px + load.height_px])
    assert drawn == pytest.approx([*px.min(axis=0), *px.max(axis=0)], abs=0.05 * load.width_px)
    hook = only(boxes, "hook")
    middle = (hook.left_px + hook.width_px / 2, hook.top_px + hook.height_px / 2)
    assert middle == pytest.approx(camera.project(np.array([CRANE.hook_m]))[0], abs=2.0)


@pytest.mark.parametrize(
    ("posture", "height_m"), [("stand", 1.7), ("walk", 1.7), ("bend", 1.1), ("lie", 0.35), ("sit", 1.4)]
)
def test_postures_have_their_height(posture: str, height_m: float) -> None:
    body = fitter(5.0, 4.0, posture=posture, bend=0.8 if posture == "bend" else 0.0, speed_mps=1.2)
    points = body_points(body, np.array([0.4, 4.0, 1.0]))
    assert points[:, 2].max() == pytest.approx(height_m, abs=0.12)
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.1)
    if posture == "lie":
        assert np.ptp(points[:, 0]) == pytest.approx(body.height_m, abs=0.2)


def test_what_stands_in_front_hides() -> None:
    scenario = exact(
        ("[[10.0, 1.0], [10.4, 1.0], [10.4, 1.4], [10.0, 1.4]]", "[[3.0, 2.2], [4.4, 2.2], [4.4, 3.8], [3.0, 3.8]]")
    )
    behind, beside = fitter(5.2, 4.3), fitter(9.0, 2.0)
    assert looked(scenario, World(time_s=0.0, people=(behind,))) == ()
    assert len(looked(scenario, World(time_s=0.0, people=(beside,)))) == 1
    # From the other side nothing hides.
    assert len(looked(scenario, World(time_s=0.0, people=(behind,)), "cam2")) == 1
    clear = exact()
    low = msgspec.structs.replace(CRATE, size_m=(1.8, 1.8, 1.6), x_m=4.4, y_m=3.6, z_m=0.8)
    assert [
        b.kind for b in looked(clear, World(time_s=0.0, people=(fitter(5.1, 4.2, height_m=1.4),), loads=(low,)))
    ] == ["load"]
    truck = TruckState(name="T1", x_m=4.9, y_m=3.3, heading_rad=math.radians(-45.0))
    half = only(looked(clear, World(time_s=0.0, people=(fitter(5.3, 4.6),), trucks=(truck,))), "person")
    whole = only(looked(clear, World(time_s=0.0, people=(fitter(5.3, 4.6),))), "person")
    assert half.height_px < 0.9 * whole.height_px


def test_noise_and_misses_are_as_asked_for() -> None:
    scenario = small(("\n[[camera]]", "\n[observations]\nsigma_px = 3.0\nmissed = 0.2\nfalse_hz = 0.0\n\n[[camera]]"))
    watch = Watch(scenario, "cam1", np.random.default_rng(3))
    seen = [watch.look(World(time_s=k / 2.0, people=(fitter(5.0, 4.0),))) for k in range(500)]
    tops = np.array([boxes[0].top_px for boxes in seen if boxes])
    height = np.median([boxes[0].height_px for boxes in seen if boxes])
    assert np.std(tops) == pytest.approx(math.hypot(3.0, 0.012 * height), rel=0.15)
    found = np.mean([bool(boxes) for boxes in seen])
    assert found == pytest.approx(0.8, abs=0.06)
    # Errors of one frame are told again by the next, a few frames later they are forgotten.
    assert all(0.26 <= boxes[0].score <= 0.97 for boxes in seen if boxes)
    quick = Watch(scenario, "cam1", np.random.default_rng(3))
    frames = [quick.look(World(time_s=k / 10.0, people=(fitter(5.0, 4.0),))) for k in range(400)]
    tops = np.array([boxes[0].top_px if boxes else np.nan for boxes in frames])
    errors = tops - np.nanmean(tops)
    apart = {n: np.nanmean(errors[n:] * errors[:-n]) / np.nanvar(errors) for n in (1, 20)}
    assert apart[1] > 0.25
    assert abs(apart[20]) < 0.2


def test_far_and_small_is_found_less() -> None:
    scenario = shorter(12.0, ("\n[[camera]]", EXACT), ("size_m = [14.0, 9.0]", "size_m = [80.0, 9.0]"))
    found = []
    for x in (6.0, 45.0, 70.0):
        watch = Watch(scenario, "cam1", np.random.default_rng(4))
        found.append(np.mean([bool(watch.look(World(time_s=k / 2.0, people=(fitter(x, 6.5),)))) for k in range(80)]))
    assert found[0] > 0.97
    assert found[0] > found[1] > found[2]


def test_false_boxes_come_as_often_as_asked_for_and_stay_a_little() -> None:
    scenario = small(("\n[[camera]]", "\n[observations]\nfalse_hz = 0.6\n\n[[camera]]"))
    watch = Watch(scenario, "cam1", np.random.default_rng(5))
    frames = [watch.look(World(time_s=k / 6.0)) for k in range(3000)]
    assert np.mean([len(boxes) for boxes in frames]) * 6.0 == pytest.approx(0.6, rel=0.3)
    assert {b.kind for boxes in frames for b in boxes} == {"person", "load", "hook", "trolley"}
    assert any(a == b != () for a, b in itertools.pairwise(frames))


def faulty(kind: str, amount: float = 0.0) -> Scenario:
    fault = (
        f'[[fault]]\nkind = "camera_{kind}"\nof = "cam1"\nat_s = 1.0\nuntil_s = 3.0\namount = {amount}\n\n[[expect]]'
    )
    return exact(("[[expect]]", fault))


def test_a_dark_and_a_covered_camera_see_nothing_until_it_is_over() -> None:
    for kind in ("dark", "covered"):
        watch = Watch(faulty(kind), "cam1", np.random.default_rng(6))
        seen = [bool(watch.look(World(time_s=t, people=(fitter(5.0, 4.0),)))) for t in (0.5, 1.0, 2.9, 3.0)]
        assert seen == [True, False, False, True]


def test_a_frozen_camera_gives_the_very_same_boxes_while_the_world_goes_on() -> None:
    watch = Watch(faulty("frozen"), "cam1", np.random.default_rng(7))
    before, first, second, after = (
        watch.look(World(time_s=t, people=(fitter(5.0 + t, 4.0),))) for t in (0.9, 1.1, 2.0, 3.1)
    )
    assert first == second == before
    assert after != before


def test_a_moved_camera_sees_things_elsewhere() -> None:
    world = World(time_s=2.0, people=(fitter(6.0, 5.0),))
    kept = only(looked(exact(), world), "person")
    moved = only(looked(faulty("moved", 6.0), world), "person")
    focal = site_of(exact()).camera[0].matrix[0][0]
    assert abs(moved.left_px - kept.left_px) == pytest.approx(focal * math.tan(math.radians(6.0)), rel=0.15)
    centre = camera_at(faulty("moved", 6.0), "cam1", 2.0).centre_m
    assert centre == pytest.approx(camera_at(exact(), "cam1", 2.0).centre_m)


def test_what_is_left_of_a_picture() -> None:
    rgb = np.tile(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], (60, 1, 3))
    rng = np.random.default_rng(8)
    assert spoilt(rgb, None, rng) is rgb
    dark, covered = spoilt(rgb, "camera_dark", rng), spoilt(rgb, "camera_covered", rng)
    assert dark.mean() < 8.0
    assert 10.0 < covered.mean() < 80.0
    assert covered.mean(axis=0).std() < 1.0


def test_the_same_seed_sees_the_same() -> None:
    world = World(time_s=0.0, people=(fitter(5.0, 4.0),), cranes=(CRANE,), loads=(CRATE,))
    assert looked(small(), world, seed=9) == looked(small(), world, seed=9)
    assert looked(small(), world, seed=9) != looked(small(), world, seed=10)
