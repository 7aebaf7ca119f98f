"""What the tracker refuses, counts and survives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.site import Zone
from tests.worlds import body_boxes, boxes_at, bridge, hall, seen_at, shaken, sight_at
from tracking.records import Box, Boxes, Look, Observation, Sight, Telemetry
from tracking.tracker import Tracker

SITE = hall(2, [bridge()])


def frame(time_s: float, camera: str = "cam1", *boxes: Box) -> Boxes:
    return boxes_at(camera, time_s, boxes)


def told(time_s: float, hoist: str = "H1") -> Telemetry:
    return Telemetry(
        hoist=hoist, time_s=time_s, ready_s=max(0.0, time_s) if np.isfinite(time_s) else 0.0, x_m=6.0, y_m=4.0
    )


def test_stamps_must_increase_source_by_source() -> None:
    tracker = Tracker(SITE)
    inputs: list[Look] = [frame(1.0), frame(1.0, "cam2"), told(1.0), frame(1.0), frame(0.9), told(1.0), frame(1.1)]
    tracks = tracker.step(1.1, inputs)
    assert tracks.counts["stamp_not_increasing"] == 3
    assert tracks.rejected == {"cam1": 2, "telemetry of H1": 1}
    assert tracks.looked_s == {"cam1": 1.1, "cam2": 1.0, "telemetry of H1": 1.0}


@pytest.mark.parametrize("time_s", [float("nan"), float("inf"), float("-inf")])
def test_stamps_that_are_no_times(time_s: float) -> None:
    tracks = Tracker(SITE).step(1.0, [frame(time_s), told(time_s)])
    assert tracks.counts["stamp_not_finite"] == 2
    assert tracks.looked_s == {}


def test_stamps_from_the_future_and_a_clock_that_is_a_little_ahead() -> None:
    tracks = Tracker(SITE).step(10.0, [frame(10.9), frame(12.0, "cam2")])
    assert tracks.counts["stamp_in_future"] == 1
    assert tracks.rejected == {"cam2": 1}
    assert tracks.looked_s == {"cam1": 10.9}


def test_too_late_and_just_in_time() -> None:
    policy = SITE.policy
    limit = policy.late_limit_s + policy.tick_s
    tracks = Tracker(SITE).step(10.0, [frame(10.0 - limit + 0.01), frame(10.0 - limit - 0.01, "cam2")])
    assert tracks.counts["too_late"] == 1
    assert tracks.looked_s == {"cam1": 10.0 - limit + 0.01}


def test_a_camera_that_the_site_does_not_have() -> None:
    tracks = Tracker(SITE).step(1.0, [frame(1.0, "cam9", Box(1.0, 1.0, 50.0, 100.0, 0.9))])
    assert tracks.counts["unknown_camera"] == 1
    assert "cam9" not in tracks.looked_s


def test_a_refused_stamp_does_not_shut_out_the_next_good_one() -> None:
    tracker = Tracker(SITE)
    tracker.step(1.0, [frame(500.0), frame(float("nan"))])
    assert tracker.step(1.1, [frame(1.1)]).looked_s == {"cam1": 1.1}


@pytest.mark.parametrize(
    "box",
    [
        Box(float("nan"), 1.0, 50.0, 100.0, 0.9),
        Box(1.0, 1.0, float("inf"), 100.0, 0.9),
        Box(1.0, 1.0, 0.0, 100.0, 0.9),
        Box(1.0, 1.0, 50.0, -3.0, 0.9),
        Box(-60.0, 100.0, 50.0, 100.0, 0.9),
        Box(1.0, 1e6, 50.0, 100.0, 0.9),
    ],
)
def test_boxes_without_size_number_or_place_in_the_picture_are_counted(box: Box) -> None:
    hook = Box(box.left_px, box.top_px, box.width_px, box.height_px, box.score, "hook")
    tracks = Tracker(SITE).step(1.0, [frame(1.0, "cam1", box, hook)])
    assert tracks.counts == {"person_bad_boxes": 1, "hoist_bad_boxes": 1, "hoist_outliers": 1}
    assert not tracks.people


def test_places_that_are_no_numbers_are_counted() -> None:
    bad = [seen_at("person", float("nan"), 3.0), seen_at("person", 3.0, 3.0, sigma_m=0.0)]
    assert Tracker(SITE).step(1.0, [sight_at("lidar", 1.0, bad)]).counts["person_bad_readings"] == 2


def test_hoist_outliers_stand_among_the_counts() -> None:
    tracks = Tracker(SITE).step(1.0, [told(1.0, "H9")])
    assert tracks.counts["hoist_outliers"] == 1


def test_people_in_an_ignored_zone_are_not_followed() -> None:
    office = Zone(name="office", kind="ignore", polygon_m=((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
    tracker = Tracker(hall(0, zones=(office,)))
    for k in range(1, 20):
        seen = [seen_at("person", 2.0, 2.0), seen_at("person", 8.0, 8.0)]
        tracks = tracker.step(k / 10, [sight_at("s", k / 10, seen)])
    assert [(round(p.x_m), round(p.y_m)) for p in tracks.people] == [(8, 8)]


def test_rows_of_filters_stand_in_the_order_of_records() -> None:
    tracker = Tracker(hall(0, [bridge()]))
    for k in range(1, 20):
        seen = [seen_at("person", 2.0 + k / 10, 2.0), seen_at("person", 8.0, 8.0), seen_at("hook", 12.0, 6.0, 3.0)]
        tracks = tracker.step(k / 10, [sight_at("s", k / 10, seen)])
    mean, _ = tracks.bank.fused()
    assert mean[:, 0] == pytest.approx([p.x_m for p in tracks.people])
    assert len(tracks.hoist_filters) == len(tracks.hoists) == 1
    assert tracks.hoist_filters[0][0][0] == pytest.approx(tracks.hoists[0].trolley_x_m)


finite_or_not = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e300]))
boxes = st.builds(
    Box,
    finite_or_not,
    finite_or_not,
    finite_or_not,
    finite_or_not,
    finite_or_not,
    st.sampled_from(["person", "hook", "load", "trolley"]),
)
observations = st.builds(
    Observation,
    kind=st.sampled_from(["person", "hook", "load", "trolley"]),
    x_m=finite_or_not,
    y_m=finite_or_not,
    z_m=st.one_of(st.none(), finite_or_not),
    var_x_m2=finite_or_not,
    cov_xy_m2=finite_or_not,
    var_y_m2=finite_or_not,
    sigma_z_m=st.one_of(st.none(), finite_or_not),
    height_m=st.one_of(st.none(), finite_or_not),
)
stamps = st.one_of(st.floats(0.0, 3.0), finite_or_not)
times = {"time_s": stamps, "ready_s": stamps}
looks = st.one_of(
    st.builds(
        Boxes,
        camera=st.sampled_from(["cam1", "cam2", "cam9"]),
        boxes=st.lists(boxes, max_size=5).map(tuple),
        **times,
    ),
    st.builds(Sight, source=st.just("s"), observations=st.lists(observations, max_size=5).map(tuple), **times),
    st.builds(
        Telemetry,
        hoist=st.sampled_from(["H1", "H9"]),
        x_m=finite_or_not,
        y_m=finite_or_not,
        z_m=st.one_of(st.none(), finite_or_not),
        **times,
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(looks, max_size=6), min_size=1, max_size=12))
def test_whatever_comes_in_what_comes_out_is_finite(ticks: list[list[Look]]) -> None:
    tracker = Tracker(SITE)
    for k, inputs in enumerate(ticks):
        tracks = tracker.step(k * 0.25, inputs)
        for p in tracks.people:
            assert np.isfinite([p.x_m, p.y_m, p.vx_mps, p.vy_mps, p.var_x_m2, p.cov_xy_m2, p.var_y_m2]).all()
            assert p.var_x_m2 > 0
            assert p.var_y_m2 > 0
        for h in tracks.hoists:
            numbers = [h.x_m, h.y_m, h.z_m, h.vx_mps, h.vy_mps, h.vz_mps, h.rope_m, h.sway_amplitude_m, h.sigma_m]
            assert np.isfinite([*numbers, h.sigma_z_m]).all()


def test_a_thousand_boxes_are_borne() -> None:
    """A detector gone wild must not stop the core."""
    site = hall(4, [bridge()])
    tracker = Tracker(site)
    random = np.random.default_rng(1)
    cameras = [Camera.from_table(c) for c in site.camera]
    for tick in range(1, 6):
        inputs: list[Look] = []
        for camera in cameras:
            feet = random.uniform([0.0, 0.0], [24.0, 12.0], (250, 2))
            found = shaken(body_boxes(camera, feet, site.policy), random, 3.0)
            hooks = [Box(b.left_px, b.top_px, 30.0, 30.0, 0.9, "hook") for b in found[:50]]
            inputs.append(boxes_at(camera.name, tick / 10, [*found, *hooks]))
        assert sum(len(i.boxes) for i in inputs if isinstance(i, Boxes)) > 500
        tracks = tracker.step(tick / 10, inputs)
        assert np.isfinite([p.x_m for p in tracks.people]).all()


def test_a_night_s_pause_is_no_trouble() -> None:
    """Predicted step by step, a night would take the hoist's filter minutes and this test with it."""
    tracker = Tracker(hall(0, [bridge()]))
    for k in range(1, 10):
        tracker.step(k / 10, [sight_at("s", k / 10, [seen_at("person", 5.0, 5.0), seen_at("hook", 12.0, 6.0, 3.0)])])
    tracks = tracker.step(40000.0, [])
    assert tracks.people == ()
    assert tracks.hoists[0].lost
    tracks = tracker.step(40000.1, [sight_at("s", 40000.1, [seen_at("hook", 3.0, 6.0, 3.0)])])
    assert np.isfinite(tracks.hoists[0].x_m)


def test_the_same_inputs_give_the_same_tracks_bit_for_bit() -> None:
    def run() -> list[object]:
        random = np.random.default_rng(2)
        tracker = Tracker(SITE)
        out: list[object] = []
        for k in range(1, 40):
            feet = np.array([[8.0 + k / 20, 5.0], [12.0, 7.0]])
            inputs: list[Look] = [told(k / 10)]
            for table in SITE.camera:
                camera = Camera.from_table(table)
                inputs.append(boxes_at(table.name, k / 10, shaken(body_boxes(camera, feet, SITE.policy), random, 2.0)))
            tracks = tracker.step(k / 10, inputs)
            out += [tracks.people, tracks.hoists]
        return out

    assert run() == run()
