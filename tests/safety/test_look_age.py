"""Slow looks make the reaction time longer, fast ones leave it as it is, and a camera that dies never shortens it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.policy import Policy
from calibration.site import Site
from safety.engine import Step
from safety.look_age import LookAges
from safety.records import Event, Hazard, Level, Situation
from safety.sight import SightMonitor
from safety.stopping import stop_now
from tests.safety.situations import HOIST, POLICY, lift, run, sights
from tests.worlds import body_boxes, boxes_at, hall
from tracking.records import Boxes
from tracking.tracker import Tracker

Times = Callable[[str], Sequence[float]]


def steady(rate_hz: float, until_s: float, start_s: float = 0.05) -> list[float]:
    return [round(start_s + k / rate_hz, 9) for k in range(math.ceil((until_s - start_s) * rate_hz) + 1)]


def seen(site: Site, at_m: Sequence[tuple[float, float]], times: Times) -> list[Boxes]:
    """What each camera sees of people who stand still, at its own times."""
    out = []
    for table in site.camera:
        boxes = body_boxes(Camera.from_table(table), np.array(at_m), site.policy)
        out += [boxes_at(table.name, t, boxes) for t in times(table.name)]
    return out


def crossing(site: Site, times: Times, until_s: float = 9.0) -> list[Step]:
    """A load travels along the hall at 0.6 m/s towards a person who stands at (10, 6)."""
    load = sights(lambda t: lift(4.0 + 0.6 * max(0.0, t - 2.0), 6.0), until_s, 10.0, 0.01)
    events: list[Event] = [*seen(site, [(10.0, 6.0)], times), *load]
    return run(site, events, until_s)


def struck(steps: Sequence[Step]) -> list[Hazard]:
    return [h for s in steps for h in s.snapshot.hazards if h.situation is Situation.STRUCK_BY]


def first_s(steps: Sequence[Step], level: Level) -> float:
    return next(
        s.snapshot.time_s
        for s in steps
        for h in s.snapshot.hazards
        if h.situation is Situation.STRUCK_BY and h.level.rank >= level.rank
    )


@pytest.mark.parametrize("rate_hz", [5.0, 7.0, 10.0, 15.0, 25.0])
def test_fast_cameras_leave_the_reaction_time_as_it_is(rate_hz: float) -> None:
    site = hall(2, [HOIST])
    found = struck(crossing(site, lambda _: steady(rate_hz, 9.0)))
    assert len(found) > 5
    assert {h.terms["reaction_s"] for h in found} == {POLICY.reaction_time_s}


def test_slow_looks_lengthen_reaction_and_stop_and_bring_danger_forward() -> None:
    site = hall(1, [HOIST])
    fast, slow = (crossing(site, lambda _, hz=hz: steady(hz, 9.0)) for hz in (10.0, 1.6))
    late_s = 1 / 1.6 - POLICY.look_interval_s
    for hazard in struck(slow):
        assert hazard.terms["reaction_s"] == pytest.approx(POLICY.reaction_time_s + late_s, abs=0.02)
        expected = stop_now(hazard.terms["load_mps"], 4.0, 0.0, HOIST, POLICY, late_s)
        assert hazard.terms["stop_m"] == pytest.approx(expected.distance_m, abs=0.02)
        assert hazard.terms["stop_s"] == pytest.approx(expected.time_s, abs=0.03)
    assert first_s(slow, Level.DANGER) < first_s(fast, Level.DANGER)


def test_the_best_camera_that_sees_the_place_counts() -> None:
    site = hall(2, [HOIST])
    found = struck(crossing(site, lambda name: steady(10.0 if name == "cam1" else 1.6, 9.0)))
    assert {h.terms["reaction_s"] for h in found} == {POLICY.reaction_time_s}


def test_waits_are_told_of_every_camera() -> None:
    site = hall(2, [HOIST])
    snapshot = crossing(site, lambda name: steady(10.0 if name == "cam1" else 1.6, 6.0), 5.9)[-1].snapshot
    waits = {view.camera: view.wait_s for view in snapshot.cameras}
    assert waits == {"cam1": pytest.approx(0.1), "cam2": pytest.approx(1 / 1.6)}


def test_one_long_wait_counts_for_two_seconds() -> None:
    site = hall(1, [HOIST])
    times = [t for t in steady(10.0, 9.0) if not 4.0 < t < 4.62]
    waits = [(s.snapshot.time_s, s.snapshot.cameras[0].wait_s) for s in crossing(site, lambda _: times, 8.0)[5:]]
    for time_s, wait_s in waits:
        if 4.7 < time_s < 6.6:
            assert wait_s == pytest.approx(0.7, abs=0.01)
        elif time_s < 4.2 or time_s > 6.9:
            assert wait_s == pytest.approx(0.1, abs=0.01)


def test_a_camera_that_dies_never_makes_the_reaction_shorter() -> None:
    """Slow, then silent: the wait grows up to the age at which it is blind, and stays there."""
    site = hall(1, [])
    monitor, tracker = SightMonitor(site), Tracker(site)
    late = []
    waiting = steady(2.5, 4.0)
    for tick in range(1, 100):
        now_s = round(tick * 0.1, 9)
        due = [t for t in waiting if t <= now_s]
        waiting = waiting[len(due) :]
        monitor.cameras(now_s, tracker.step(now_s, [boxes_at("cam1", t, []) for t in due]))
        late.append(monitor.looks.late_s(12.0, 6.0, ()))
    settled = late[20:]
    assert settled[0] == pytest.approx(0.4 - site.policy.look_interval_s)
    assert all(b >= a - 1e-9 for a, b in pairwise(settled))
    assert settled[-1] == pytest.approx(site.policy.camera_stale_s - site.policy.look_interval_s)


def test_no_camera_and_no_source_adds_nothing_and_a_source_counts_by_itself() -> None:
    ages = LookAges(None, Policy())
    assert ages.late_s(1.0, 1.0, ("lidar",)) == 0.0
    site = hall(0, [HOIST])
    slow = sights(lambda t: lift(4.0, 6.0), 6.0, 1.6, 0.01)
    monitor, tracker = SightMonitor(site), Tracker(site)
    for tick in range(1, 60):
        now_s = round(tick * 0.1, 9)
        monitor.cameras(now_s, tracker.step(now_s, [e for e in slow if now_s - 0.1 < e.time_s <= now_s]))
    assert monitor.looks.late_s(4.0, 6.0, ("lidar",)) == pytest.approx(1 / 1.6 - 0.25)
    assert monitor.looks.late_s(4.0, 6.0, ()) == 0.0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.02, 0.9), min_size=3, max_size=30), st.floats(0.0, 0.3))
def test_the_wait_is_never_less_than_any_of_the_last_two_seconds(gaps: list[float], delay_s: float) -> None:
    site = hall(1, [], late_limit_s=2.0)
    monitor, tracker = SightMonitor(site), Tracker(site)
    stamps = [float(t) for t in np.cumsum([0.1, *gaps])]
    taken: list[float] = []
    waiting = list(stamps)
    for tick in range(1, int((stamps[-1] + delay_s) * 10) + 2):
        now_s = round(tick * 0.1, 9)
        due = [t for t in waiting if t + delay_s <= now_s]
        waiting = waiting[len(due) :]
        taken += due
        monitor.cameras(now_s, tracker.step(now_s, [boxes_at("cam1", t, [], delay_s) for t in due]))
        recent = [b - a for a, b in pairwise(taken) if b > now_s - 1.9]
        if recent:
            assert monitor.looks.wait_s("cam1") >= min(max(recent), site.policy.camera_stale_s) - 1e-9
