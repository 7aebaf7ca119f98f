"""Forklifts: as quick, as tight in turns and as careful as one may be, and their drivers on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from recordings.plant.truck import ACCELERATION_MPS2, BRAKING_MPS2, RADIUS_M
from tests.recordings.plant.floors import Seen, person, scenario, watched


def driven(*plan: dict[str, Any], seconds: float = 30.0, people: tuple[Any, ...] = (), **more: Any) -> Seen:
    truck = {"name": "T", "start_m": (4.0, 4.0), "plan": list(plan), **more}
    return watched(scenario(size_m=(40.0, 30.0), truck=[truck], person=list(people)), seconds, step_s=0.05)


def table(seen: Seen) -> Any:
    return np.array([(t.x_m, t.y_m, t.heading_rad, t.speed_mps, t.fork_m) for t in seen.trucks["T"]])


def test_it_drives_there_within_its_acceleration_and_stops() -> None:
    rows = table(driven({"go_m": (24.0, 4.0), "speed_mps": 3.0}))
    assert math.dist(rows[-1, :2], (24.0, 4.0)) < 0.1
    assert rows[-1, 3] == pytest.approx(0.0, abs=1e-6)
    assert rows[:, 3].max() == pytest.approx(3.0, abs=0.05)
    rate = np.diff(rows[:, 3]) / 0.05
    assert rate.max() < ACCELERATION_MPS2 + 0.1
    assert rate.min() > -BRAKING_MPS2 - 0.1


def test_it_bends_its_way_at_corners_no_tighter_than_it_can() -> None:
    rows = table(driven({"go_m": (16.0, 4.0), "speed_mps": 2.5}, {"go_m": (16.0, 16.0), "speed_mps": 2.5}))
    assert math.dist(rows[-1, :2], (16.0, 16.0)) < 0.1
    turn = np.abs((np.diff(rows[:, 2]) + math.pi) % (2 * math.pi) - math.pi) / 0.05
    quick = rows[1:, 3] > 0.5
    assert (turn[quick] <= rows[1:, 3][quick] / RADIUS_M * 1.1 + 0.02).all()
    assert rows[(rows[:, 1] > 4.5) & (rows[:, 1] < 15.5), 3].min() > 0.8, "keeps rolling through the corner"
    slip = np.diff(rows[:, 1]) * np.cos(rows[1:, 2]) - np.diff(rows[:, 0]) * np.sin(rows[1:, 2])
    assert np.abs(slip).max() < 0.01, "the front axle does not slide sideways"


def test_it_turns_on_the_spot_for_a_point_behind_it() -> None:
    rows = table(driven({"go_m": (1.5, 4.5)}))
    assert math.dist(rows[-1, :2], (1.5, 4.5)) < 0.1


def test_it_reverses() -> None:
    rows = table(driven({"go_m": (12.0, 4.0), "wait_s": 1.0}, {"go_m": (5.0, 4.0), "backwards": True}))
    assert math.dist(rows[-1, :2], (5.0, 4.0)) < 0.1
    assert rows[:, 3].min() < -0.8
    assert np.abs(rows[:, 2]).max() < 0.2


def test_it_waits_for_its_time_and_moves_its_forks() -> None:
    rows = table(driven({"at_s": 5.0, "go_m": (10.0, 4.0)}, {"fork_m": 1.6, "wait_s": 6.0}, {"go_m": (12.0, 4.0)}))
    assert rows[:100, 0].max() == pytest.approx(4.0)
    assert rows[-1, 4] == pytest.approx(1.6)
    assert np.diff(rows[:, 4]).max() / 0.05 < 0.31
    raised = rows[np.argmax(rows[:, 4] > 0.2) :]
    assert raised[0, 3] < 0.1
    assert math.dist(rows[-1, :2], (12.0, 4.0)) < 0.1


def test_it_stops_for_somebody_in_its_way_unless_told_otherwise() -> None:
    stands = (person("P", (15, 4), avoids=False),)
    careful = table(driven({"go_m": (24.0, 4.0), "speed_mps": 3.0}, people=stands))
    careless = table(driven({"go_m": (24.0, 4.0), "speed_mps": 3.0}, people=stands, stops=False))
    assert careful[-1, 0] < 15.0 - 1.15 - 0.25
    assert careless[-1, 0] == pytest.approx(24.0, abs=0.1)


def test_people_walk_round_it() -> None:
    seen = driven(people=(person("P", (2, 4.5), {"go_m": (9.0, 4.5)}),), seconds=14.0)
    assert math.dist(seen.places("P")[-1], (9.0, 4.5)) < 0.2
    from_truck = seen.places("P") - (4.0, 4.0)
    inside = (np.abs(from_truck[:, 0] + 0.3) < 1.3) & (np.abs(from_truck[:, 1]) < 0.58 + 0.1)
    assert not inside.any()


def test_the_driver_sits_on_it() -> None:
    driver = person("D", (1, 1), role="driver", drives="T")
    seen = driven({"go_m": (24.0, 12.0), "speed_mps": 2.0}, people=(driver,))
    for body, truck in zip(seen["D"], seen.trucks["T"], strict=True):
        assert body.posture == "sit"
        assert math.dist((body.x_m, body.y_m), (truck.x_m, truck.y_m)) == pytest.approx(0.75)
        assert body.heading_rad == truck.heading_rad
        assert body.speed_mps == truck.speed_mps
