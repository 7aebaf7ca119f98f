"""The life of tracks: birth, coasting, loss and death in seconds, identity, ghosts, cameras that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.site import Site
from tests.worlds import body_boxes, boxes_at, hall, seen_at, shaken, sight_at
from tracking.records import Boxes, Look, Person
from tracking.tracker import Tracker

TICK_S = 0.1
Path = Callable[[float], tuple[float, float] | None]
"""Where somebody is at a time in seconds; None while absent."""


def standing(x_m: float, y_m: float, since_s: float = 0.0, until_s: float = 1e9) -> Path:
    return lambda t: (x_m, y_m) if since_s <= t < until_s else None


def walking(x_m: float, y_m: float, vx_mps: float, vy_mps: float) -> Path:
    return lambda t: (x_m + vx_mps * t, y_m + vy_mps * t)


def frames_of(
    site: Site,
    people: Sequence[Path],
    until_s: float,
    *,
    rate_hz: float = 10.0,
    seed: int = 1,
    sigma_px: float = 2.0,
    cameras: Iterable[str] | None = None,
    missed: float = 0.0,
) -> list[Boxes]:
    """Frames of all cameras, each at its own phase, in the order in which they arrive."""
    random = np.random.default_rng(seed)
    wanted = [c.name for c in site.camera] if cameras is None else list(cameras)
    out = []
    for index, name in enumerate(wanted):
        table = site.camera_named(name)
        assert table is not None
        camera = Camera.from_table(table)
        for k in range(int(until_s * rate_hz)):
            time_s = (k + index / max(len(wanted), 1)) / rate_hz
            feet = [p for path in people if (p := path(time_s)) is not None and random.random() >= missed]
            boxes = shaken(body_boxes(camera, np.array(feet).reshape(-1, 2), site.policy), random, sigma_px)
            out.append(boxes_at(name, time_s, boxes))
    return sorted(out, key=lambda b: (b.ready_s, b.camera))


def followed(
    site: Site, looks: Sequence[Look], until_s: float, tracker: Tracker | None = None
) -> list[tuple[Person, ...]]:
    """People at every tick."""
    tracker = tracker or Tracker(site)
    out = []
    waiting = list(looks)
    for tick in range(1, round(until_s / TICK_S) + 1):
        now_s = tick * TICK_S
        arrived = [i for i in waiting if i.ready_s <= now_s]
        waiting = waiting[len(arrived) :]
        out.append(tracker.step(now_s, arrived).people)
    return out


def at(ticks: Sequence[tuple[Person, ...]], time_s: float) -> tuple[Person, ...]:
    return ticks[round(time_s / TICK_S) - 1]


def ids(ticks: Iterable[tuple[Person, ...]]) -> set[str]:
    return {p.id for people in ticks for p in people}


def test_one_person_is_one_track_where_they_stand() -> None:
    site = hall()
    ticks = followed(site, frames_of(site, [standing(12.0, 6.0)], 6.0), 6.0)
    assert ids(ticks) == {"P1"}
    (person,) = ticks[-1]
    assert (person.x_m, person.y_m) == pytest.approx((12.0, 6.0), abs=0.1)
    assert person.speed_mps < 0.1
    assert person.mode.value == "stand"
    assert person.height_m == pytest.approx(1.72, abs=0.1)
    assert person.sources == ("cam1", "cam2", "cam3", "cam4")
    assert not person.lost
    assert 0.0 < person.sigma_m < 0.15


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 25.0])
def test_life_is_the_same_at_every_frame_rate(rate_hz: float) -> None:
    """Seen from 1.0 s to 4.0 s: confirmed, lost and gone after the same seconds, whatever the rate.

    Four cameras that agree confirm sooner than the time that one camera alone needs.
    """
    site = hall()
    policy = site.policy
    frames = frames_of(site, [standing(12.0, 6.0, 1.0, 4.0)], 16.0, rate_hz=rate_hz)
    ticks = followed(site, frames, 16.0)
    present = [i * TICK_S + TICK_S for i, people in enumerate(ticks) if people]
    lost = [i * TICK_S + TICK_S for i, people in enumerate(ticks) if people and people[0].lost]
    slack = TICK_S + 1.0 / rate_hz
    assert 1.0 < present[0] <= 1.0 + policy.birth_time_s + 2 * slack + 0.2
    assert lost, "four cameras look at the place and see nobody: the person is lost, not silently gone"
    assert lost[0] <= 4.0 + policy.coast_time_s + slack
    assert present[-1] == pytest.approx(4.0 + policy.coast_time_s + policy.lost_keep_s, abs=2 * slack)
    assert len(ids(ticks)) == 1


def test_life_cycles_of_three_rates_agree_within_a_tick() -> None:
    site = hall()
    births, ends = [], []
    for rate_hz in (5.0, 10.0, 25.0):
        frames = frames_of(site, [standing(12.0, 6.0, 1.0, 4.0)], 16.0, rate_hz=rate_hz, sigma_px=0.5)
        ticks = followed(site, frames, 16.0)
        present = [i for i, people in enumerate(ticks) if people]
        births.append(present[0])
        ends.append(present[-1])
    # One period of the slowest camera is two ticks.
    assert max(births) - min(births) <= 2
    assert max(ends) - min(ends) <= 2


def test_a_ghost_that_one_of_four_cameras_sees_is_nobody() -> None:
    site = hall()
    truth = frames_of(site, [standing(8.0, 4.0)], 8.0)
    ghost = frames_of(site, [standing(13.0, 7.0)], 8.0, cameras=["cam2"], seed=2)
    boxes = {(b.camera, b.time_s): b.boxes for b in ghost if b.boxes}
    assert len(boxes) > 70
    # The ghost's frames are those of cam2, so it takes part with its own stamps.
    mixed = []
    queue = [b.boxes for b in ghost]
    for frame in truth:
        extra = queue.pop(0) if frame.camera == "cam2" and queue else ()
        mixed.append(boxes_at(frame.camera, frame.time_s, (*frame.boxes, *extra)))
    ticks = followed(site, mixed, 8.0)
    assert len(ids(ticks)) == 1
    assert all(abs(p.x_m - 8.0) < 0.5 for people in ticks for p in people)


def test_somebody_whom_only_one_camera_can_see_is_followed() -> None:
    site = hall(1)
    ticks = followed(site, frames_of(site, [standing(12.0, 6.0)], 4.0), 4.0)
    assert [p.id for p in ticks[-1]] == ["P1"]
    assert ticks[-1][0].sources == ("cam1",)


def test_people_who_cross_keep_their_ids() -> None:
    site = hall()
    pair = [walking(6.0, 5.6, 1.2, 0.0), walking(18.0, 6.4, -1.2, 0.0)]
    for seed in range(3):
        ticks = followed(site, frames_of(site, pair, 9.0, seed=seed), 9.0)
        assert len(ids(ticks)) == 2, seed
        early = {p.id: p for p in at(ticks, 2.0)}
        late = {p.id: p for p in ticks[-1]}
        assert set(early) == set(late)
        for name, person in early.items():
            assert np.sign(person.vx_mps) == np.sign(late[name].vx_mps), seed


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("speed_mps", [(1.2, -1.2), (1.2, 0.3), (1.5, -0.8)])
def test_people_who_pass_each_other_at_arm_s_length_keep_their_ids(seed: int, speed_mps: tuple[float, float]) -> None:
    """0.4 m between their middles where they pass, at the middle of the hall."""
    site, (one_mps, other_mps) = hall(), speed_mps
    pair = [walking(12.0 - 4.5 * one_mps, 5.8, one_mps, 0.0), walking(12.0 - 4.5 * other_mps, 6.2, other_mps, 0.0)]
    ticks = followed(site, frames_of(site, pair, 9.0, seed=seed, missed=0.1), 9.0)
    assert len(ids(ticks)) == 2
    early, late = ({p.id: p.vx_mps for p in at(ticks, t)} for t in (3.0, 8.9))
    assert set(early) == set(late)
    for name, speed in early.items():
        assert late[name] == pytest.approx(speed, abs=0.35)


@pytest.mark.parametrize("apart_m", [0.6, 0.4])
def test_people_side_by_side_stay_two(apart_m: float) -> None:
    site = hall()
    pair = [walking(6.0, 6.0, 1.0, 0.0), walking(6.0, 6.0 + apart_m, 1.0, 0.0)]
    ticks = followed(site, frames_of(site, pair, 9.0), 9.0)
    assert len(ids(ticks)) == 2
    assert all(len(people) == 2 for people in ticks[15:])


def test_two_who_talk_very_near_each_other_stay_two() -> None:
    """They come together to 0.3 m, nearer than what one person followed twice would be, and stay."""
    site = hall()

    def other(t: float) -> tuple[float, float]:
        return 11.3 + max(0.0, 3.0 - t), 6.0

    ticks = followed(site, frames_of(site, [standing(11.0, 6.0), other], 9.0), 9.0)
    assert all(len(people) == 2 for people in ticks[15:])
    assert len(ids(ticks)) == 2


def test_existence_grows_with_what_is_seen_and_falls_with_what_is_missed() -> None:
    """Hidden from no camera, and yet missed by all: with each look it is less probable that there is somebody."""
    site = hall()
    ticks = followed(site, frames_of(site, [standing(11.0, 6.0, until_s=4.0)], 12.0), 12.0)
    seen = [p.existence for now in ticks[10:40] for p in now]
    missed = [now[0] for now in ticks[42:] if now]
    assert min(seen) > 0.9
    assert [p.existence for p in missed] == sorted((p.existence for p in missed), reverse=True)
    assert missed[-1].existence < 0.1
    # Never gone before it was unknown: it is lost, and stays so for as long as the policy says.
    assert missed[-1].lost
    assert missed[-1].unseen_s > site.policy.coast_time_s
    first_lost = next(k for k, p in enumerate(missed) if p.lost)
    assert all(p.lost for p in missed[first_lost:])


def test_a_camera_that_drops_out_loses_nobody() -> None:
    site = hall()
    people = [standing(10.0, 5.0), walking(7.0, 7.0, 0.8, 0.0)]
    frames = [f for f in frames_of(site, people, 10.0) if f.camera != "cam2" or not 3.0 < f.time_s < 7.0]
    ticks = followed(site, frames, 10.0)
    assert len(ids(ticks)) == 2
    assert all(len(now) == 2 and not any(p.lost for p in now) for now in ticks[15:])


def test_all_cameras_silent_coasts_then_is_lost_then_found_again() -> None:
    site = hall()
    frames = [f for f in frames_of(site, [standing(12.0, 6.0)], 12.0) if not 4.0 < f.time_s < 8.0]
    ticks = followed(site, frames, 12.0)
    assert not at(ticks, 5.5)[0].lost
    assert at(ticks, 5.5)[0].unseen_s == pytest.approx(1.5, abs=0.2)
    assert at(ticks, 7.0)[0].lost
    assert at(ticks, 7.0)[0].sigma_m > 2 * at(ticks, 3.9)[0].sigma_m
    assert [p.lost for p in ticks[-1]] == [False]
    assert ids(ticks) == {"P1"}


def test_late_frames_follow_as_well_a_little_wider() -> None:
    site = hall()
    path = walking(7.0, 6.0, 1.0, 0.0)
    prompt = followed(site, frames_of(site, [path], 8.0), 8.0)
    frames = frames_of(site, [path], 8.0)
    # cam3 and cam4 come 0.3 s after the others.
    late = [boxes_at(f.camera, f.time_s, f.boxes, 0.3 if f.camera in ("cam3", "cam4") else 0.0) for f in frames]
    late.sort(key=lambda f: (f.ready_s, f.camera))
    tracker = Tracker(site)
    ticks = followed(site, late, 8.0, tracker)
    assert ids(ticks) == {"P1"}
    off = [np.hypot(p.x_m - path(p.time_s)[0], p.y_m - 6.0) for now in ticks[20:] for p in now]  # type: ignore[index]
    assert np.median(off) < 0.3
    assert max(off) < 0.7
    assert prompt[-1][0].sigma_m <= ticks[-1][0].sigma_m + 1e-9


def test_a_bias_between_two_cameras_does_not_make_two_people() -> None:
    site = hall()
    table = site.camera[1]
    # cam2 hangs 6 cm aside of where the file says it does, and is turned by a fifth of a degree.
    camera = Camera.from_table(table)
    turned = np.array([[1, 0, 0.0035], [0, 1, 0], [-0.0035, 0, 1]]) @ camera.rotation
    aside = camera.translation_m + np.array([0.06, 0.0, 0.0])
    true = Camera(camera.name, camera.size_px, camera.matrix, camera.distortion, turned, aside)
    random = np.random.default_rng(5)
    frames = []
    for frame in frames_of(site, [standing(11.0, 5.0), standing(14.0, 8.0)], 10.0):
        if frame.camera == "cam2":
            feet = np.array([[11.0, 5.0], [14.0, 8.0]])
            boxes = shaken(body_boxes(true, feet, site.policy), random, 2.0)
            frames.append(boxes_at("cam2", frame.time_s, boxes))
        else:
            frames.append(frame)
    ticks = followed(site, frames, 10.0)
    assert len(ids(ticks)) == 2
    assert all(len(now) == 2 for now in ticks[15:])


def test_missed_detections_do_not_break_a_track() -> None:
    site = hall()
    ticks = followed(site, frames_of(site, [walking(6.0, 6.0, 1.1, 0.0)], 9.0, missed=0.4), 9.0)
    assert ids(ticks) == {"P1"}
    assert all(len(now) == 1 for now in ticks[15:])


def test_who_walks_out_of_the_watched_floor_is_gone_not_lost() -> None:
    site = hall()
    path = walking(12.0, 10.0, 0.0, 1.2)
    ticks = followed(site, frames_of(site, [path], 8.0), 8.0)
    assert ids(ticks) == {"P1"}
    assert not ticks[-1], "left by the boundary at 1.7 s"


def test_ids_are_never_given_twice_and_do_not_depend_on_other_trackers() -> None:
    site = hall()
    path = standing(12.0, 6.0, 0.0, 2.0)
    again = standing(6.0, 6.0, 14.0, 18.0)
    frames = frames_of(site, [path, again], 18.0)
    first, second = followed(site, frames, 18.0), followed(site, frames, 18.0)
    assert first == second
    names = [p.id for now in first for p in now]
    assert names[0] == "P1"
    assert names[-1] != "P1"


def test_a_second_box_on_somebody_followed_is_not_a_second_person() -> None:
    site = hall(1)
    random = np.random.default_rng(3)
    frames = [
        boxes_at(f.camera, f.time_s, f.boxes if f.time_s < 2.0 else (*f.boxes, *shaken(f.boxes, random, 6.0)))
        for f in frames_of(site, [standing(10.0, 6.0)], 6.0)
    ]
    ticks = followed(site, frames, 6.0)
    assert all(len(now) == 1 for now in ticks[10:])


def test_people_of_sources_in_metres_are_followed_too() -> None:
    site = hall(0)
    sights = [sight_at("uwb", k / 5, [seen_at("person", 5.0 + 0.2 * k, 6.0, sigma_m=0.1)]) for k in range(25)]
    ticks = followed(site, sights, 5.0)
    assert ids(ticks) == {"P1"}
    assert ticks[-1][0].vx_mps == pytest.approx(1.0, abs=0.25)
    assert ticks[-1][0].sources == ("uwb",)


def test_many_people_are_counted_right() -> None:
    site = hall()
    spots = [(x, y) for x in (5.0, 8.0, 11.0, 14.0, 17.0) for y in (3.0, 5.5, 8.0, 10.0)]
    ticks = followed(site, frames_of(site, [standing(x, y) for x, y in spots], 6.0, missed=0.1), 6.0)
    found = np.array([(p.x_m, p.y_m) for p in ticks[-1]])
    assert len(found) == 20
    away = np.linalg.norm(found[:, None] - np.array(spots)[None], axis=2)
    assert away.min(axis=1).max() < 0.25
    assert sorted(away.argmin(axis=1).tolist()) == list(range(20))
