"""On what somebody stands, and how high the body reaches: by boxes of real camera geometry."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.policy import Policy
from calibration.site import Structure
from recordings.plant.outlines import body_points
from recordings.plant.records import BodyState, Posture
from tests.worlds import boxes_at, hall_cameras, people_of_boxes
from tracking.observe import PersonFrame
from tracking.readings import readings_of
from tracking.records import Box
from tracking.stature import Statures

POLICY = Policy()
CAMERAS = [Camera.from_table(table) for table in hall_cameras()]
STAND_M = ((8.0, 4.0), (12.0, 4.0), (12.0, 8.0), (8.0, 8.0))
PLATFORM = Structure(name="stand", polygon_m=STAND_M, height_m=2.2, platform=True)
LEVELS_M = np.array([0.0, 2.2])
NAMES = [c.name for c in CAMERAS]


def seen(camera: Camera, body: BodyState, structures: tuple[Structure, ...] = (), time_s: float = 1.0) -> PersonFrame:
    """The frame of one whole body in one camera."""
    px = camera.project(body_points(body, camera.centre_m))
    (left, top), (right, bottom) = px.min(axis=0), px.max(axis=0)
    box = Box(float(left), float(top), float(right - left), float(bottom - top), 0.9)
    return people_of_boxes(boxes_at(camera.name, time_s, [box]), camera, POLICY, structures)


class Stature:
    """What looks told of one person, as the columns of one."""

    def __init__(self) -> None:
        self.one = Statures.unknown(1, POLICY.person_height_m, POLICY.person_height_sigma_m, len(LEVELS_M), len(NAMES))

    def see(self, frame: PersonFrame) -> None:
        only = (np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, bool))
        self.one = self.one.seen(
            only, readings_of([frame]), (frame.time_s, np.array([NAMES.index(frame.source)]), LEVELS_M)
        )

    def top_m(self, now_s: float) -> float | None:
        reach = float(self.one.reach(now_s)[0])
        return None if np.isnan(reach) else reach

    @property
    def height_m(self) -> float:
        return float(self.one.height_m[0])

    @property
    def floor_m(self) -> float:
        return float(self.one.on_level(LEVELS_M)[0])


def person(x_m: float, y_m: float, posture: Posture = "stand", z_m: float = 0.0, heading_rad: float = 0.0) -> BodyState:
    bend = 1.0 if posture == "bend" else 0.0
    return BodyState(
        name="a", role="slinger", x_m=x_m, y_m=y_m, z_m=z_m, heading_rad=heading_rad, posture=posture, bend=bend
    )


@pytest.mark.parametrize("at", [(9.0, 5.0), (11.2, 6.4), (10.0, 7.0)])
def test_feet_on_a_platform_are_placed_on_it(at: tuple[float, float]) -> None:
    for camera in CAMERAS:
        frame = seen(camera, person(*at, z_m=2.2), (PLATFORM,))
        assert frame.floor_m.tolist() == [2.2]
        assert np.hypot(*(frame.position_m[0] - at)) < 0.25
        assert frame.height_m[0] == pytest.approx(1.72, abs=0.15)


def test_without_its_platform_that_person_is_seen_metres_away() -> None:
    frame = seen(CAMERAS[0], person(10.0, 6.0, z_m=2.2))
    assert frame.floor_m.tolist() == [0.0]
    assert np.hypot(*(frame.position_m[0] - (10.0, 6.0))) > 2.0


@pytest.mark.parametrize("at", [(7.3, 3.4), (6.0, 6.0), (10.0, 3.5)])
def test_people_before_a_platform_stand_on_the_floor(at: tuple[float, float]) -> None:
    frame = seen(CAMERAS[0], person(*at), (PLATFORM,))
    assert frame.floor_m.tolist() == [0.0]
    assert np.hypot(*(frame.position_m[0] - at)) < 0.25


def test_a_body_that_lies_reaches_low_whatever_way_it_lies() -> None:
    for heading in np.linspace(0.0, np.pi, 7):
        stature = Stature()
        for k in range(8):
            for camera in CAMERAS:
                stature.see(seen(camera, person(10.0, 6.0, "lie", heading_rad=heading), time_s=0.1 * k))
        assert 0.1 < (stature.top_m(1.0) or 9.0) < 0.8


def test_who_stands_or_bends_reaches_higher() -> None:
    for posture, low, high in (("stand", 1.5, 1.9), ("bend", 0.85, 1.4)):
        for heading in np.linspace(0.0, np.pi, 7):
            stature = Stature()
            for camera in CAMERAS:
                stature.see(seen(camera, person(10.0, 6.0, posture, heading_rad=heading)))  # type: ignore[arg-type]
            assert low < (stature.top_m(1.0) or 0.0) < high


def test_a_fall_shows_within_a_second_and_old_looks_are_forgotten() -> None:
    stature = Stature()
    for k in range(20):
        posture: Posture = "stand" if k < 10 else "lie"
        stature.see(seen(CAMERAS[1], person(10.0, 6.0, posture), time_s=0.1 * k))
    assert (stature.top_m(1.9) or 9.0) < 0.9
    assert stature.height_m == pytest.approx(1.72, abs=0.12)
    assert stature.top_m(4.0) is None


def test_one_stray_look_moves_nobody_to_another_floor() -> None:
    stature = Stature()
    for k in range(6):
        stature.see(seen(CAMERAS[0], person(9.0, 6.0, z_m=2.2), (PLATFORM,), 0.1 * k))
    stature.see(seen(CAMERAS[0], person(6.0, 6.0), (PLATFORM,), 0.7))
    assert stature.floor_m == 2.2
    for k in range(8, 12):
        stature.see(seen(CAMERAS[0], person(6.0, 6.0), (PLATFORM,), 0.1 * k))
    assert stature.floor_m == 0.0
