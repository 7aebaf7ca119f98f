"""Empty hook, hanging load, resting load and a load that merely stands behind the hook; place, size and turn."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.site import Hoist, Site
from tests.tracking.test_hoists import states_of
from tests.worlds import boxes_at, bridge, hall, point_box, shaken
from tracking.records import Box, HoistState, Look

HOIST = bridge(sling_length_m=1.0)
SIZE_M = (1.6, 0.7, 0.8)
Path = Callable[[float], tuple[float, float, float]]


def cuboid_box(camera: Camera, middle_m: np.ndarray, size_m: tuple[float, float, float], yaw_rad: float) -> Box | None:
    """What a detector would draw round a cuboid, cut by the picture; None where its middle is not seen."""
    if not camera.visible(middle_m[None])[0]:
        return None
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    corners = np.array(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5])).reshape(3, 8).T * size_m
    corners = corners @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) + middle_m
    px = camera.project(corners)
    low, high = np.maximum(px.min(axis=0), 0.0), np.minimum(px.max(axis=0), np.array(camera.size_px) - 1.0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]), 0.9, "load")


def looks(
    site: Site,
    hook: Path,
    until_s: float,
    *,
    load: Path | None = None,
    yaw_rad: Path | float = 0.5,
    standing: tuple[tuple[float, float], ...] = (),
    seed: int = 4,
) -> list[Look]:
    """Boxes of hook, of the load on it and of loads on the floor, in every camera that sees them, at 10 Hz."""
    random = np.random.default_rng(seed)
    out: list[Look] = []
    for index, table in enumerate(site.camera):
        camera = Camera.from_table(table)
        for k in range(int(until_s * 10)):
            time_s = (k + index / len(site.camera)) / 10
            boxes = [point_box(camera, np.array(hook(time_s)), "hook", 34.0)]
            if load is not None:
                turn = yaw_rad(time_s)[0] if callable(yaw_rad) else yaw_rad
                boxes.append(cuboid_box(camera, np.array(load(time_s)), SIZE_M, turn))
            boxes += [cuboid_box(camera, np.array([x, y, 0.4]), (1.0, 0.8, 0.8), 0.0) for x, y in standing]
            out.append(boxes_at(table.name, time_s, shaken([b for b in boxes if b is not None], random, 2.0)))
    return sorted(out, key=lambda look: look.ready_s)


def told(site: Site, all_looks: list[Look], until_s: float) -> dict[float, HoistState]:
    states, _ = states_of(site, all_looks, until_s)
    return {round(s.time_s, 1): s for now in states for s in now}


def below(path: Path, drop_m: float) -> Path:
    def at(t: float) -> tuple[float, float, float]:
        x, y, z = path(t)
        return x, y, z - drop_m

    return at


def travels(t: float) -> tuple[float, float, float]:
    return 8.0 + 0.4 * t, 6.0, 3.0


@pytest.mark.parametrize("cameras", [1, 2, 4])
def test_a_carried_load_is_carried(cameras: int) -> None:
    site = hall(cameras, (HOIST,))
    at = told(site, looks(site, travels, 10.0, load=below(travels, 1.4)), 10.0)
    assert all(at[t / 10].carrying == "loaded" for t in range(30, 100))
    assert not any(at[t / 10].load_resting for t in range(30, 100))
    if cameras > 1:
        assert all(at[t / 10].load_resting is False for t in range(40, 100))


def in_line(camera: Camera, hook_m: tuple[float, float, float], z_m: float) -> tuple[float, float]:
    """A place on the floor whose load one camera sees on the line below a hook."""
    px = camera.project(np.array([[*hook_m[:2], hook_m[2] - 1.4]]))
    x, y = camera.on_plane(px, z_m).xy_m[0]
    return float(x), float(y)


@pytest.mark.parametrize("cameras", [2, 4])
def test_a_load_that_stands_behind_a_parked_hook_does_not_hang_on_it(cameras: int) -> None:
    """One camera sees it exactly where a load on the hook would be; another sees it stand elsewhere."""
    site = hall(cameras, (HOIST,))
    hook = (9.0, 5.0, 4.6)
    place = in_line(Camera.from_table(site.camera[0]), hook, 0.4)
    assert math.dist(place, hook[:2]) > 2.0
    assert 0.0 < place[0] < 24.0
    assert 0.0 < place[1] < 12.0
    at = told(site, looks(site, lambda t: hook, 10.0, standing=(place,)), 10.0)
    assert [at[t / 10].carrying for t in range(25, 100)].count("loaded") == 0
    assert at[9.0].carrying == "empty"


def test_one_camera_alone_takes_the_worse_case_until_the_hook_moves_on() -> None:
    site = hall(1, (HOIST,))
    place = in_line(Camera.from_table(site.camera[0]), (9.0, 5.0, 4.6), 0.4)

    def waits(t: float) -> tuple[float, float, float]:
        return 9.0, 5.0 + 0.4 * max(0.0, t - 6.0), 4.6

    at = told(site, looks(site, waits, 12.0, standing=(place,)), 12.0)
    assert at[5.0].carrying == "loaded", "nobody can tell it from a load on the hook"
    assert at[11.0].carrying == "empty"


def test_a_load_seen_by_two_of_four_cameras_still_hangs() -> None:
    """Half the cameras miss it, as detectors do with a strange load."""
    site = hall(4, (HOIST,))
    blind = [
        boxes_at(look.camera, look.time_s, [b for b in look.boxes if b.kind != "load"])  # type: ignore[union-attr]
        if look.camera in ("cam3", "cam4")  # type: ignore[union-attr]
        else look
        for look in looks(site, travels, 8.0, load=below(travels, 1.4))
    ]
    at = told(site, blind, 8.0)
    assert all(at[t / 10].carrying == "loaded" for t in range(20, 80))


@pytest.mark.parametrize("yaw_rad", [-1.2, -0.4, 0.0, 0.7, 1.4])
def test_place_size_and_turn_of_a_hanging_load(yaw_rad: float) -> None:
    site = hall(4, (HOIST,))
    at = told(site, looks(site, travels, 8.0, load=below(travels, 1.5), yaw_rad=yaw_rad), 8.0)
    last = at[7.9]
    x, y, z = travels(7.9)
    assert last.load_x_m is not None
    assert last.load_y_m is not None
    assert last.load_z_m is not None
    assert math.hypot(last.load_x_m - x, last.load_y_m - y) < 0.12
    assert last.load_z_m == pytest.approx(z - 1.5, abs=0.12)
    assert last.load_length_m == pytest.approx(1.6, abs=0.25)
    assert last.load_width_m == pytest.approx(0.7, abs=0.3)
    assert last.load_height_m == pytest.approx(0.8, abs=0.15)
    assert last.load_yaw_rad is not None
    off = (last.load_yaw_rad - yaw_rad + math.pi / 2) % math.pi - math.pi / 2
    assert abs(off) < 0.25


def test_a_turning_load_is_followed() -> None:
    site = hall(4, (HOIST,))
    turns = looks(
        site, lambda t: (12.0, 6.0, 3.0), 14.0, load=lambda t: (12.0, 6.0, 1.5), yaw_rad=lambda t: (0.12 * t, 0.0, 0.0)
    )
    at = told(site, turns, 14.0)
    off = []
    for t in range(50, 140):
        yaw = at[t / 10].load_yaw_rad
        if yaw is not None:
            off.append(abs((yaw - 0.12 * t / 10 + math.pi / 2) % math.pi - math.pi / 2))
    assert len(off) > 60
    assert np.median(off) < 0.25


def test_set_down_and_lifted_off_are_told_apart() -> None:
    """Down to the floor from 3 s, slack from there, up again from 9 s."""

    def lowers(t: float) -> tuple[float, float, float]:
        return 10.0, 6.0, 2.6 - 0.15 * max(0.0, min(t - 3.0, 6.0)) + 0.15 * max(0.0, t - 12.0)

    def load(t: float) -> tuple[float, float, float]:
        return 10.0, 6.0, max(0.4, lowers(t)[2] - 1.4)

    site = hall(4, (HOIST,))
    at = told(site, looks(site, lowers, 20.0, load=load), 20.0)
    assert at[3.0].load_resting is False
    assert at[11.0].load_resting is True
    assert at[11.0].carrying == "loaded"
    assert at[19.0].load_resting is False


def test_the_hook_leaves_a_load_behind() -> None:
    """Taken off the hook, which then rises and goes: a load that no longer hangs there."""

    def leaves(t: float) -> tuple[float, float, float]:
        return 10.0 + 0.4 * max(0.0, t - 8.0), 6.0, 1.8 + 0.2 * max(0.0, min(t - 3.0, 8.0))

    site = hall(4, (HOIST,))
    at = told(site, looks(site, leaves, 16.0, load=lambda t: (10.0, 6.0, 0.4)), 16.0)
    assert at[3.0].carrying == "loaded"
    assert at[3.0].load_resting is True
    assert at[15.0].carrying == "empty"
    assert at[15.0].load_x_m is None


def test_another_hoist_s_load_is_not_mine() -> None:
    """Two hooks in one line of sight, only the farther one loaded."""
    one: Hoist = HOIST
    two = bridge("H2", sling_length_m=1.0)
    site = hall(3, (one, two))
    mine, other = (8.0, 5.0, 4.4), (14.0, 8.0, 3.0)
    a = looks(site, lambda t: mine, 8.0)
    b = looks(site, lambda t: other, 8.0, load=lambda t: (14.0, 8.0, 1.6), seed=9)
    both: list[Look] = [
        boxes_at(x.camera, x.time_s, (*x.boxes, *y.boxes))  # type: ignore[union-attr]
        for x, y in zip(a, b, strict=True)
    ]
    states, _ = states_of(site, both, 8.0)
    near = {(round(s.x_m), round(s.y_m)): s for s in states[-1]}
    assert near[8, 5].carrying == "empty"
    assert near[14, 8].carrying == "loaded"
