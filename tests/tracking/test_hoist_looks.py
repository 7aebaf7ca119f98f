"""Late looks in their true place, and input that no hoist can have given."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.site import Floor, Site
from tests.shared_data import shared
from tests.tracking.plant import drive, pixels, telemetry, there_and_back
from tests.tracking.test_hoists import states_of
from tests.worlds import HALL_M, boxes_at, bridge, hall, seen_at, sight_at
from tracking.hoists import HoistTracker
from tracking.records import Box, Boxes, HoistState, Look, Telemetry
from tracking.tracker import Tracker

HOIST = bridge()
TRUTH = drive(HOIST, there_and_back, 8.0, (6.0, 4.0), 4.0)
SITE = hall(2, (HOIST,))
LOOKS = [*pixels(SITE, HOIST, TRUTH, 4.0), *telemetry(HOIST, TRUTH, 4.0)]


def filter_after(batches: list[list[Look]]) -> tuple[np.ndarray, np.ndarray]:
    tracker = HoistTracker(SITE)
    for batch in batches:
        tracker.observe(batch)
    told = tracker.mean_and_cov("H1", 4.0)
    assert told is not None
    return told


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    """Each look comes up to half a second late; what is known after all of them is the same to the last bit."""
    random = np.random.default_rng(seed)
    ready = [look.time_s + random.uniform(0.0, 0.5) for look in LOOKS]
    late = [
        [look for look, at in zip(LOOKS, ready, strict=True) if 0.1 * k < at <= 0.1 * (k + 1)] for k in range(-1, 50)
    ]
    assert sum(len(batch) for batch in late) == len(LOOKS)
    in_time = [[look for look in LOOKS if 0.1 * k < look.time_s <= 0.1 * (k + 1)] for k in range(-1, 50)]
    mean, cov = filter_after(late)
    best_mean, best_cov = filter_after(in_time)
    # The told speeds depend on rest, which is judged tick by tick; the place does not.
    assert mean[[0, 2, 4, 6, 8]] == pytest.approx(best_mean[[0, 2, 4, 6, 8]], abs=1e-12)
    assert cov == pytest.approx(best_cov, abs=1e-12)


def test_a_late_camera_does_not_drag_a_moving_hook_back() -> None:
    """One of two cameras 0.4 s late at 0.67 m/s: taken as of now it would lag by a quarter of a metre."""
    truth = drive(HOIST, lambda t: (0.67 if t > 1.0 else 0.0, 0.0, 0.0), 14.0, (6.0, 6.0), 4.0)
    looks = [
        Boxes(camera=b.camera, time_s=b.time_s, ready_s=b.time_s + (0.4 if b.camera == "cam2" else 0.05), boxes=b.boxes)
        for b in pixels(SITE, HOIST, truth, 14.0)
        if isinstance(b, Boxes)
    ]
    states, tracker = states_of(SITE, sorted(looks, key=lambda b: b.ready_s), 14.0)
    late = [now[0] for now in states if now and now[0].time_s > 6.0]
    along = [s.x_m - truth.hook_m[truth.row(s.time_s), 0] for s in late]
    assert abs(np.median(along)) < 0.05
    assert tracker.refused == 0


def test_a_camera_three_seconds_late_is_counted_and_changes_nothing() -> None:
    tracker = Tracker(SITE)
    plain = Tracker(SITE)
    pending = sorted(LOOKS, key=lambda look: look.time_s)
    last, other = None, None
    for k in range(1, 41):
        now_s = k / 10
        fresh = [look for look in pending if now_s - 0.1 < look.time_s <= now_s]
        old = [boxes_at("cam2", now_s - 3.0, [Box(900.0, 500.0, 40.0, 40.0, 0.9, "hook")])] if now_s > 3.05 else []
        on_time = [look for look in fresh if not (isinstance(look, Boxes) and look.camera == "cam2" and now_s > 3.0)]
        last = tracker.step(now_s, [*old, *on_time])
        other = plain.step(now_s, on_time)
    assert last is not None
    assert other is not None
    assert last.counts.get("stamp_not_increasing", 0) + last.counts.get("too_late", 0) >= 9
    assert [(s.x_m, s.y_m, s.z_m) for s in last.hoists] == [(s.x_m, s.y_m, s.z_m) for s in other.hoists]


def test_the_hoist_tracker_alone_counts_what_is_older_than_it_can_go_back() -> None:
    tracker = HoistTracker(SITE)
    for k in range(40):
        tracker.observe([sight_at("tag", k / 10, [seen_at("hook", 6.0, 4.0, 3.0, 0.05)])])
    before = tracker.mean_and_cov("H1", 4.0)
    tracker.observe([sight_at("tag 2", 0.9, [seen_at("hook", 9.0, 4.0, 3.0, 0.05)])])
    after = tracker.mean_and_cov("H1", 4.0)
    assert tracker.counts == {"hoist_too_late": 1}
    assert before is not None
    assert after is not None
    assert (before[0] == after[0]).all()


NUMBERS = st.one_of(
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e5, 1e12]), st.floats(allow_nan=True, allow_infinity=True)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_numbers_that_mean_nothing_are_counted_and_leave_the_track_finite(values: list[tuple[float, ...]]) -> None:
    tracker = HoistTracker(SITE)
    tracker.observe([look for look in LOOKS if look.time_s < 1.0])
    bad: list[Look] = []
    for k, (a, b, c, d) in enumerate(values):
        time_s = 1.0 + k / 100
        bad.append(boxes_at("cam1", time_s, [Box(a, b, c, d, 0.9, "hook"), Box(d, c, b, a, 0.9, "load")]))
        bad.append(sight_at("tag", time_s, [seen_at("hook", a, b, c, 0.05)]))
        bad.append(Telemetry(hoist="H1", time_s=time_s, ready_s=1.0, x_m=a, y_m=b, z_m=c))
    bad.append(boxes_at("cam2", values[0][0], [Box(900.0, 500.0, 40.0, 40.0, 0.9, "hook")]))
    tracker.observe(bad)
    tracker.observe([boxes_at("cam1", 0.5, [])])
    for state in tracker.states(1.2):
        assert np.isfinite([state.x_m, state.y_m, state.z_m, state.sigma_m, state.travel_speed_mps, state.rope_m]).all()
    for item in values:
        if not np.isfinite(item[:3]).all():
            assert tracker.refused >= 1


def test_a_thousand_boxes_in_one_frame() -> None:
    random = np.random.default_rng(2)
    tracker = HoistTracker(SITE)
    looks = [look for look in LOOKS if look.time_s < 2.0]
    tracker.observe(looks)
    before = tracker.states(2.0)[0]
    many = [
        Box(*random.uniform(0.0, 1800.0, 2).tolist(), 40.0, 40.0, 0.9, kind)  # type: ignore[arg-type]
        for kind in ("hook", "load", "trolley", "person")
        for _ in range(250)
    ]
    tracker.observe([boxes_at("cam1", 2.0, many)])
    after = tracker.states(2.0)[0]
    assert np.hypot(after.x_m - before.x_m, after.y_m - before.y_m) < 0.5


def test_a_place_far_out_of_the_travel_is_refused_and_counted() -> None:
    tracker = HoistTracker(hall(0, (HOIST,)))
    for k in range(30):
        tracker.observe([Telemetry(hoist="H1", time_s=k / 10, ready_s=k / 10, x_m=6.0, y_m=4.0)])
    for k in range(60):
        tracker.observe([Telemetry(hoist="H1", time_s=3.0 + k / 10, ready_s=3.0, x_m=80.0, y_m=-40.0)])
    (state,) = tracker.states(9.0)
    assert tracker.counts == {"hoist_outside_travel": 60}
    assert state.lost, "what nobody believes does not keep a hoist known"
    assert (state.x_m, state.y_m) == pytest.approx((6.0, 4.0), abs=0.3)


# --- radio --------------------------------------------------------------------------------------------


def radio_rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    rows = list(csv.DictReader(shared(f"data/crane_uwb/{name}.csv").open()))
    t = np.array([float(r["t_s"]) for r in rows])
    xy = np.array([(float(r["x_m"]), float(r["y_m"])) for r in rows])
    keep = np.isfinite(t) & np.isfinite(xy).all(axis=1)
    return t[keep], xy[keep]


def radio_track(name: str) -> tuple[np.ndarray, np.ndarray, list[HoistState], HoistTracker, tuple[float, ...]]:
    """The tracker on one shared radio recording; the travel is where most of its fixes lie, 1 m wider."""
    t, xy = radio_rows(name)
    low, high = np.quantile(xy, [0.02, 0.98], axis=0)
    x0, y0, x1, y1 = (float(v) for v in (*(low - 1.0), *(high + 1.0)))
    hoist = bridge(travel_m=((x0, y0), (x1, y1)), telemetry_sigma_m=0.2)
    site = Site(site=Floor(name="yard", boundary_m=HALL_M), hoist=(hoist,))
    looks: list[Look] = [
        Telemetry(hoist="H1", time_s=float(a), ready_s=float(a), x_m=float(x), y_m=float(y))
        for a, (x, y) in zip(t, xy, strict=True)
    ]
    states, tracker = states_of(site, looks, min(float(t[-1]), 90.0))
    return t, xy, [s for now in states for s in now], tracker, (x0, y0, x1, y1)


@pytest.mark.parametrize("name", ["CraneTest1", *(f"bringup_Test{k}" for k in (1, 5, 10, 16, 21))])
def test_radio_stays_within_the_travel_and_the_drives_speed(name: str) -> None:
    """Zeros, saturated values and jumps of 30 m: the track keeps to the machine, and says when it is lost."""
    _, _, states, tracker, (x0, y0, x1, y1) = radio_track(name)
    assert states
    for s in states:
        assert x0 - 1e-9 <= s.trolley_x_m <= x1 + 1e-9
        assert y0 - 1e-9 <= s.trolley_y_m <= y1 + 1e-9
        assert max(abs(s.trolley_vx_mps), abs(s.trolley_vy_mps)) <= 0.67 + 1e-9
        assert np.isfinite([s.x_m, s.y_m, s.z_m, s.sigma_m]).all()
        assert not s.height_known
    if name != "CraneTest1":
        assert sum(tracker.counts.values()) > 0


def test_a_resting_hoist_on_radio_alone_does_not_travel_by_noise() -> None:
    """Fixes 0.2 m off, three a second, for two minutes; and one in twenty 2 m off."""
    random = np.random.default_rng(6)
    hoist = bridge(telemetry_sigma_m=0.2)
    looks: list[Look] = []
    for k in range(360):
        wild = 2.0 if random.random() < 0.05 else 0.0
        x, y = np.array([12.0, 6.0]) + random.normal(0.0, 0.2, 2) + wild
        looks.append(Telemetry(hoist="H1", time_s=k / 3, ready_s=k / 3, x_m=float(x), y_m=float(y)))
    states, tracker = states_of(hall(0, (hoist,)), looks, 120.0)
    moves = [s.travel_speed_mps > 0.08 for now in states for s in now if s.time_s > 12.0]
    assert np.mean(moves) < 0.01
    assert tracker.counts["hoist_outliers"] >= 10


@pytest.mark.parametrize(("speed_mps", "within_s"), [(0.17, 5.0), (0.67, 2.5)])
def test_a_hoist_on_radio_alone_that_starts_is_noticed(speed_mps: float, within_s: float) -> None:
    random = np.random.default_rng(8)
    hoist = bridge(telemetry_sigma_m=0.2)
    truth = drive(hoist, lambda t: (speed_mps if t > 10.0 else 0.0, 0.0, 0.0), 20.0, (6.0, 6.0), 4.0)
    looks: list[Look] = []
    for k in range(60):
        at = truth.trolley_m[truth.row(k / 3)] + random.normal(0.0, 0.2, 2)
        looks.append(Telemetry(hoist="H1", time_s=k / 3, ready_s=k / 3, x_m=float(at[0]), y_m=float(at[1])))
    states, _ = states_of(hall(0, (hoist,)), looks, 20.0)
    noticed = next(s.time_s for now in states for s in now if s.time_s > 10.0 and s.travel_speed_mps > 0.08)
    assert noticed - 10.0 < within_s
