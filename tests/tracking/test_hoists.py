"""Hoists followed by pixels, positions and telemetry; outliers, loads, loss."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np
import pytest

from calibration.policy import Policy
from calibration.site import Floor, Hoist, Site
from tests.shared_data import shared
from tests.tracking.plant import Truth, drive, pixels, positions, telemetry, there_and_back
from tests.worlds import HALL_M, boxes_at, bridge, hall, seen_at, sight_at
from tracking import hoist_motion as motion
from tracking.hoist_filter import HoistFilter, hook_height, hook_position, trolley_floor
from tracking.hoists import HoistTracker
from tracking.records import Box, HoistState, Look, Telemetry

TICK_S = 0.1
HOIST = bridge()


@pytest.fixture(scope="module")
def truth() -> Truth:
    return drive(HOIST, there_and_back, 20.0, (6.0, 4.0), 4.0)


def site_of(cameras: int, *hoists: Hoist, **policy: float) -> Site:
    return hall(cameras, hoists or (HOIST,), **policy)


def states_of(site: Site, looks: Sequence[Look], until_s: float) -> tuple[list[tuple[HoistState, ...]], HoistTracker]:
    tracker = HoistTracker(site)
    out = []
    waiting = list(looks)
    for tick in range(1, round(until_s / TICK_S) + 1):
        now_s = tick * TICK_S
        arrived = [i for i in waiting if i.ready_s <= now_s]
        waiting = waiting[len(arrived) :]
        tracker.observe(arrived)
        out.append(tracker.states(now_s))
    return out, tracker


def errors_m(states: list[tuple[HoistState, ...]], truth: Truth, from_s: float = 2.0) -> np.ndarray:
    """(n, 3) hook error after the first seconds."""
    hooks = [s for now in states for s in now if s.time_s >= from_s]
    assert hooks[0].time_s <= from_s + TICK_S, "should be located by then"
    return np.array([(s.x_m, s.y_m, s.z_m) - truth.hook_m[truth.row(s.time_s)] for s in hooks])


@pytest.mark.parametrize(("cameras", "across_m", "up_m"), [(1, 0.40, 0.35), (2, 0.06, 0.05), (4, 0.05, 0.05)])
def test_follows_trolley_and_sway_from_pixels(truth: Truth, cameras: int, across_m: float, up_m: float) -> None:
    site = site_of(cameras)
    states, tracker = states_of(site, pixels(site, HOIST, truth, 20.0), 20.0)
    off = np.abs(errors_m(states, truth))
    assert np.median(np.hypot(off[:, 0], off[:, 1])) < across_m
    assert np.median(off[:, 2]) < up_m
    assert np.hypot(off[:, 0], off[:, 1]).max() < 5 * across_m
    last = states[-1][0]
    assert last.carrying == "loaded"
    assert last.height_known
    assert not last.lost
    assert last.sources == tuple(sorted(c.name for c in site.camera))
    assert tracker.refused <= 0.01 * 200 * cameras


def test_swing_is_seen_as_swing_not_as_travel(truth: Truth) -> None:
    """After a stop the trolley rests while the load swings on: the trolley's speed must say so."""
    swinging = drive(HOIST, lambda t: (0.0, 0.0, 0.0), 12.0, (12.0, 6.0), 4.0, sway_rad=0.10)
    site = site_of(4)
    states, _ = states_of(site, pixels(site, HOIST, swinging, 12.0), 12.0)
    late = [s for (s,) in states if s.time_s > 6.0]
    assert np.median([s.travel_speed_mps for s in late]) < 0.08
    assert np.median([s.sway_amplitude_m for s in late]) == pytest.approx(0.4, abs=0.08)
    assert np.median(np.abs([s.trolley_x_m - 12.0 for s in late])) < 0.10
    speeds = [np.hypot(s.vx_mps, s.vy_mps) for s in late]
    assert max(speeds) == pytest.approx(0.10 * 4.0 * np.sqrt(9.81 / 4.0), rel=0.25)


def test_follows_positions_in_metres(truth: Truth) -> None:
    states, _ = states_of(site_of(0), positions(truth, 20.0), 20.0)
    off = np.abs(errors_m(states, truth))
    assert np.median(off, axis=0) == pytest.approx(0.0, abs=0.05)
    assert states[-1][0].sources == ("tag",)


def test_follows_telemetry_alone_and_says_that_the_height_is_unknown(truth: Truth) -> None:
    states, _ = states_of(site_of(0), telemetry(HOIST, truth, 20.0), 20.0)
    off = [np.hypot(*((s.trolley_x_m, s.trolley_y_m) - truth.trolley_m[truth.row(s.time_s)])) for (s,) in states[20:]]
    assert np.median(off) < 0.06
    speed = [s.travel_speed_mps - np.hypot(*truth.velocity_mps[truth.row(s.time_s)]) for (s,) in states[20:]]
    assert np.median(np.abs(speed)) < 0.10
    assert all(not s.height_known for (s,) in states)
    assert all(s.carrying == "unknown" for (s,) in states)


def test_telemetry_with_height_knows_the_height(truth: Truth) -> None:
    states, _ = states_of(site_of(0), telemetry(HOIST, truth, 20.0, height=True), 20.0)
    last = states[-1][0]
    assert last.height_known
    assert last.z_m == pytest.approx(truth.hook_m[-1, 2], abs=0.1)


def test_cameras_and_telemetry_together_are_better_than_either(truth: Truth) -> None:
    site = site_of(1)
    seen, told = pixels(site, HOIST, truth, 20.0), telemetry(HOIST, truth, 20.0)
    both = sorted([*seen, *told], key=lambda i: i.ready_s)
    errors = [np.abs(errors_m(states_of(site, looks, 20.0)[0], truth)) for looks in (seen, both)]
    across = [float(np.median(np.hypot(e[:, 0], e[:, 1]))) for e in errors]
    assert across[1] < across[0]


@pytest.mark.parametrize("kind", ["pixels", "positions"])
def test_stated_uncertainty_is_honest(truth: Truth, kind: str) -> None:
    """NEES of the hook's floor position over several runs, between overconfident and useless."""
    values = []
    for seed in range(4):
        site = site_of(2)
        looks = (
            pixels(site, HOIST, truth, 20.0, sigma_px=5.0, seed=seed)
            if kind == "pixels"
            else positions(truth, 20.0, seed=seed)
        )
        states, _ = states_of(site, looks, 20.0)
        for (s,) in states[20:]:
            off = np.array([s.x_m, s.y_m]) - truth.hook_m[truth.row(s.time_s), :2]
            values.append(float(off @ off) / s.sigma_m**2)
    assert 0.2 < np.mean(values) < 3.5
    assert np.quantile(values, 0.99) < 16.0


def test_outliers_are_gated_and_counted(truth: Truth) -> None:
    random = np.random.default_rng(7)
    looks: list[Look] = []
    wild = 0
    for look in positions(truth, 20.0):
        if look.time_s > 2.0 and random.random() < 0.15:
            wild += 1
            x, y = random.uniform(1.0, 23.0), random.uniform(1.0, 11.0)
            looks.append(sight_at("tag", look.time_s, [seen_at("hook", x, y, random.uniform(0.5, 6.0), 0.05)]))
        else:
            looks.append(look)
    states, tracker = states_of(site_of(0), looks, 20.0)
    off = errors_m(states, truth)
    assert np.hypot(off[:, 0], off[:, 1]).max() < 0.6
    assert 0.8 * wild <= tracker.refused <= wild + 5


def test_relocates_after_it_was_really_moved_elsewhere() -> None:
    """Lost telemetry for a while, and the crane elsewhere after it: refused at first, then believed."""
    looks: list[Look] = []
    for k in range(200):
        time_s = k / 10
        x = 5.0 if time_s < 8.0 else 18.0
        looks.append(sight_at("tag", time_s, [seen_at("hook", x, 6.0, 3.0, 0.05)]))
    states, tracker = states_of(site_of(0), looks, 20.0)
    at = {round(s.time_s, 1): s for (s,) in states}
    assert at[9.0].x_m == pytest.approx(5.0, abs=0.5)
    assert at[9.0].lost is False or at[9.0].unseen_s > 1.0
    assert at[11.0].x_m == pytest.approx(18.0, abs=0.3)
    assert not at[12.0].lost
    assert tracker.refused >= 19


def test_a_hoist_not_seen_is_lost_and_stays_where_it_was_thought() -> None:
    looks = [sight_at("tag", k / 10, [seen_at("hook", 5.0 + 0.03 * k, 6.0, 3.0, 0.03)]) for k in range(60)]
    states, _ = states_of(site_of(0), looks, 20.0)
    at = {round(s.time_s, 1): s for (s,) in states}
    assert not at[7.0].lost
    assert at[7.6].lost
    assert at[7.6].unseen_s == pytest.approx(1.7, abs=0.05)
    assert at[12.0].x_m == at[20.0].x_m
    assert at[20.0].x_m < 9.0
    assert at[12.0].sigma_m > at[6.0].sigma_m


def test_never_located_hoists_have_no_state() -> None:
    states, tracker = states_of(site_of(0), [], 1.0)
    assert all(s == () for s in states)
    assert tracker.mean_and_cov("H1", 1.0) is None


def test_an_empty_hook_is_told_from_a_loaded_one_only_where_loads_are_seen_at_all(truth: Truth) -> None:
    site = site_of(2)
    loaded = pixels(site, HOIST, truth, 5.0)
    empty = [i for i in pixels(site, HOIST, truth, 12.0, load=False) if i.time_s >= 5.0]
    states, _ = states_of(site, [*loaded, *empty], 12.0)
    at = {round(s.time_s, 1): s.carrying for now in states for s in now}
    assert at[3.0] == "loaded"
    assert at[5.5] == "loaded", "a second without a load box is no proof"
    assert at[8.0] == "empty"
    never, _ = states_of(site, pixels(site, HOIST, truth, 6.0, load=False), 6.0)
    assert never[-1][0].carrying == "unknown", "a model without loads says nothing about them"


def test_an_unseen_hook_is_not_called_empty(truth: Truth) -> None:
    site = site_of(2)
    looks = [*pixels(site, HOIST, truth, 5.0), *(i for i in telemetry(HOIST, truth, 12.0) if i.time_s >= 5.0)]
    states, _ = states_of(site, looks, 12.0)
    assert states[-1][0].carrying == "unknown"


def test_two_hoists_keep_their_own_boxes() -> None:
    one, two = bridge("H1"), bridge("H2")
    site = site_of(2, one, two)
    first = drive(one, lambda t: (0.3, 0.0, 0.0), 12.0, (6.0, 4.0), 4.0)
    second = drive(two, lambda t: (-0.3, 0.0, 0.0), 12.0, (15.0, 8.0), 3.5)
    a, b = pixels(site, one, first, 12.0), pixels(site, two, second, 12.0, seed=9)
    names = [
        Telemetry(hoist="H1", time_s=0.0, ready_s=0.0, x_m=6.0, y_m=4.0),
        Telemetry(hoist="H2", time_s=0.0, ready_s=0.0, x_m=15.0, y_m=8.0),
    ]
    looks: list[Look] = [*names]
    for x, y in zip(a, b, strict=True):
        mixed = (*y.boxes, *x.boxes) if int(x.time_s * 10) % 2 else (*x.boxes, *y.boxes)  # type: ignore[union-attr]
        looks.append(boxes_at(x.camera, x.time_s, mixed))  # type: ignore[union-attr]
    states, _ = states_of(site, looks, 12.0)
    for h1, h2 in states[20:]:
        assert np.hypot(*((h1.x_m, h1.y_m) - first.hook_m[first.row(h1.time_s), :2])) < 0.4
        assert np.hypot(*((h2.x_m, h2.y_m) - second.hook_m[second.row(h2.time_s), :2])) < 0.4


def test_multipath_of_a_real_crane_s_radio_is_survived() -> None:
    """Every fix of the shared recording: the track follows the crane's own speed limits through all jumps."""
    rows = list(csv.DictReader(shared("data/crane_uwb/CraneTest1.csv").open()))
    t = np.array([float(r["t_s"]) for r in rows])
    xy = np.array([(float(r["x_m"]), float(r["y_m"])) for r in rows])
    jumps = np.linalg.norm(np.diff(xy, axis=0), axis=1) / np.maximum(np.diff(t), 1e-3)
    assert jumps.max() > 2.0, "the recording should hold jumps faster than any crane"
    low, high = np.quantile(xy, [0.02, 0.98], axis=0)
    hoist = bridge(travel_m=(tuple(low - 1.0), tuple(high + 1.0)), telemetry_sigma_m=0.2, travel_speed_mps=(0.17, 0.67))
    site = Site(site=Floor(name="yard", boundary_m=HALL_M), hoist=(hoist,))
    looks: list[Look] = [
        Telemetry(hoist="H1", time_s=float(a), ready_s=float(a), x_m=float(x), y_m=float(y))
        for a, (x, y) in zip(t, xy, strict=True)
        if np.isfinite([a, x, y]).all()
    ]
    states, _ = states_of(site, looks, float(t[-1]))
    speed = np.array([s.travel_speed_mps for now in states for s in now])
    assert np.isfinite(speed).all()
    # Medians of five fixes take single jumps out: what a person would call the crane's way.
    smooth = np.array([np.median(xy[max(0, i - 2) : i + 3], axis=0) for i in range(len(xy))])
    off = []
    for now in states[30:]:
        for s in now:
            i = min(int(np.searchsorted(t, s.time_s)), len(t) - 1)
            off.append(np.hypot(s.trolley_x_m - smooth[i, 0], s.trolley_y_m - smooth[i, 1]))
    assert np.median(off) < 0.3
    assert np.quantile(off, 0.95) < 1.0
    assert np.quantile(speed, 0.99) < 1.5


@pytest.mark.parametrize("name", ["bringup_Test10", "bringup_Test5", "bringup_Test1"])
def test_a_radio_that_is_being_set_up_breaks_nothing(name: str) -> None:
    rows = list(csv.DictReader(shared(f"data/crane_uwb/{name}.csv").open()))
    looks: list[Look] = []
    for row in rows:
        a, x, y = (float(row[k]) for k in ("t_s", "x_m", "y_m"))
        looks.append(Telemetry(hoist="H1", time_s=a, ready_s=a, x_m=x, y_m=y))
    states, _ = states_of(site_of(0), looks, min(float(rows[-1]["t_s"]), 60.0))
    for now in states:
        for s in now:
            assert np.isfinite([s.x_m, s.y_m, s.z_m, s.sigma_m, s.travel_speed_mps]).all()


@pytest.mark.parametrize(
    "look",
    [
        Telemetry(hoist="H9", time_s=1.0, ready_s=1.0, x_m=1.0, y_m=1.0),
        Telemetry(hoist="H1", time_s=1.0, ready_s=1.0, x_m=np.nan, y_m=1.0),
        Telemetry(hoist="H1", time_s=1.0, ready_s=1.0, x_m=1.0, y_m=1.0, z_m=np.inf),
    ],
    ids=["unknown hoist", "nan", "infinite height"],
)
def test_telemetry_that_says_nothing_is_refused_and_counted(look: Look) -> None:
    states, tracker = states_of(site_of(0), [look], 2.0)
    assert all(now == () for now in states)
    assert tracker.refused == 1


def test_boxes_far_outside_any_reach_move_no_hook(truth: Truth) -> None:
    site = site_of(1)
    looks = pixels(site, HOIST, truth, 6.0)
    stray = [boxes_at("cam1", 6.0 + k / 10, [Box(5.0, 5.0, 40.0, 40.0, 0.9, "hook")]) for k in range(10)]
    states, tracker = states_of(site, [*looks, *stray], 7.0)
    assert tracker.refused >= 9
    assert np.hypot(*((states[-1][0].x_m, states[-1][0].y_m) - truth.hook_m[truth.row(7.0), :2])) < 1.0


def test_a_filter_looks_ahead_without_changing_itself() -> None:
    filter_ = HoistFilter(HOIST, Policy(), 0.0, np.array([6.0, 4.0]), 0.5)
    filter_.correct(np.array([6.0, 4.0]), 0.01 * np.eye(2), trolley_floor)
    before = filter_.state.copy(), filter_.cov.copy()
    later = filter_.at(3.0)
    assert (filter_.state == before[0]).all()
    assert (filter_.cov == before[1]).all()
    assert np.trace(later[1]) > np.trace(before[1])
    # Going on from the last look ahead equals starting anew, up to the split of the steps.
    fresh = HoistFilter(HOIST, Policy(), 0.0, np.array([6.0, 4.0]), 0.5)
    fresh.correct(np.array([6.0, 4.0]), 0.01 * np.eye(2), trolley_floor)
    for t in np.arange(0.25, 3.01, 0.25):
        stepwise = fresh.at(float(t))
    assert stepwise[0] == pytest.approx(later[0], abs=1e-9)
    assert stepwise[1] == pytest.approx(later[1], abs=1e-9)
    assert filter_.at(1.0)[0] == pytest.approx(fresh.at(1.0)[0], abs=1e-9)


def test_a_height_alone_and_a_hook_position_agree() -> None:
    state = np.zeros(motion.STATES)
    state[[motion.X, motion.Y, motion.L]] = 6.0, 4.0, 3.0
    assert hook_position(HOIST)(state) == pytest.approx([6.0, 4.0, 4.0])
    assert hook_height(HOIST)(state) == pytest.approx([4.0])


def test_distance_is_the_one_that_the_gate_uses() -> None:
    filter_ = HoistFilter(HOIST, Policy(), 0.0, np.array([6.0, 4.0]), 0.5)
    near, far = np.array([6.3, 4.0]), np.array([16.0, 4.0])
    cov = 0.01 * np.eye(2)
    assert filter_.distance2(near, cov, trolley_floor) == pytest.approx(0.3**2 / (0.25 + 0.01), rel=1e-6)
    assert not filter_.correct(far, cov, trolley_floor)
    assert filter_.correct(near, cov, trolley_floor)
