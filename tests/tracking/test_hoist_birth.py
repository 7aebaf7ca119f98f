"""Locating a hoist that is not followed yet: two cameras agree, or one has to assume a height."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera import Camera
from tests.worlds import boxes_at, bridge, hall, hall_cameras, point_box
from tracking.hoist_birth import PATIENCE_S, Rays
from tracking.records import Boxes
from tracking.tracker import Tracker

HOIST = bridge()
EYES = [Camera.from_table(table) for table in hall_cameras(4)]
HOOK = np.array([6.5, 7.0, 1.5])


def pixel(camera: Camera, point_m: np.ndarray = HOOK) -> np.ndarray:
    return camera.project(point_m[None])[0]


def test_two_cameras_find_place_and_height() -> None:
    rays = Rays()
    assert rays.add(EYES[0], 1.00, pixel(EYES[0]), HOIST) is None
    place = rays.add(EYES[1], 1.05, pixel(EYES[1]), HOIST)
    assert place is not None
    assert place.xy_m == pytest.approx(HOOK[:2], abs=1e-6)
    assert place.hook is not None
    assert place.hook[0] == pytest.approx(HOOK[2], abs=1e-6)
    assert place.sigma_m < 0.6


def test_rays_that_do_not_meet_are_not_one_hook() -> None:
    rays = Rays()
    other = HOOK + np.array([3.0, 1.0, 0.5])
    assert rays.add(EYES[0], 1.0, pixel(EYES[0]), HOIST) is None
    assert rays.add(EYES[1], 1.1, pixel(EYES[1], other), HOIST) is None


def test_old_rays_do_not_meet_new_ones() -> None:
    rays = Rays()
    assert rays.add(EYES[0], 1.0, pixel(EYES[0]), HOIST) is None
    assert rays.add(EYES[1], 2.0, pixel(EYES[1]), HOIST) is None


def test_one_camera_alone_is_believed_after_a_while_somewhere_on_its_ray() -> None:
    """At those heights of the hook's range over which the trolley can stand, and no surer than that."""
    rays = Rays()
    for k in range(round(PATIENCE_S / 0.1)):
        assert rays.add(EYES[0], 1.0 + 0.1 * k, pixel(EYES[0]), HOIST) is None
    place = rays.add(EYES[0], 1.0 + PATIENCE_S, pixel(EYES[0]), HOIST)
    assert place is not None
    assert place.hook is not None
    assert place.cov_m2 is not None
    height, sigma = place.hook
    low, high = HOIST.hook_height_m
    assert low < height < high
    assert place.xy_m == pytest.approx(EYES[0].on_plane(pixel(EYES[0])[None], height).xy_m[0])
    assert (high - low) / 6 < sigma < (high - low) / 3
    off = HOOK - np.array([*place.xy_m, height])
    assert off @ np.linalg.solve(place.cov_m2, off) < 9.0
    assert np.linalg.eigvalsh(place.cov_m2)[1] < 0.2**2, "only along the ray is it open"


def test_a_resting_hook_is_never_thought_to_travel() -> None:
    """A wrong first height would be taken back by a trolley that seems to rush across the hall."""
    random = np.random.default_rng(3)
    tracker = Tracker(hall(cameras=4, hoists=(HOIST,)))
    fastest = 0.0
    for tick in range(40):
        now_s = 10.0 + 0.1 * tick
        looks: list[Boxes] = []
        for k, eye in enumerate(EYES):
            at = HOOK + np.array([*random.normal(0.0, 0.02, 2), 0.0])
            box = point_box(eye, at, "hook")
            looks.append(boxes_at(eye.name, now_s - 0.08 + 0.02 * k, [box] if box else []))
        tracks = tracker.step(now_s, list(looks))
        if tracks.hoists:
            state = tracks.hoists[0]
            assert np.hypot(state.x_m - HOOK[0], state.y_m - HOOK[1]) < 0.3
            assert state.z_m == pytest.approx(HOOK[2], abs=0.3)
            fastest = max(fastest, state.travel_speed_mps)
    assert tracks.hoists
    assert fastest < 0.2
