"""What the system cannot see is said, is no silence, and withdraws the permit where it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec
import numpy as np
import pytest

from calibration.camera import Camera
from calibration.site import Site
from safety.engine import Step
from safety.records import Event, Level, Situation
from tests.safety.situations import HOIST, lift, run, sights
from tests.worlds import body_boxes, boxes_at, hall, seen_at
from tracking.records import CameraHealth, PictureHealth, Trouble


def frames(site: Site, until_s: float, silent: dict[str, tuple[float, float]] | None = None) -> list[Event]:
    """Empty frames of every camera at 10 Hz, with a pause in some."""
    out: list[Event] = []
    for table in site.camera:
        start, end = (silent or {}).get(table.name, (1e9, 1e9))
        out += [boxes_at(table.name, k / 10, []) for k in range(1, round(until_s * 10)) if not start <= k / 10 < end]
    return out


def told(steps: Sequence[Step], situation: Situation) -> list[tuple[float, str, str, str | None]]:
    return [
        (round(t.time_s, 1), t.event, t.level.value, t.source)
        for s in steps
        for t in s.transitions
        if t.situation is situation
    ]


def hanging(x_m: float, y_m: float, until_s: float, speed_mps: float = 0.0, from_s: float = 0.0) -> list[Event]:
    return list(sights(lambda t: lift(x_m + speed_mps * max(0.0, t - from_s), y_m, hook_m=4.0), until_s, 10.0, 0.01))


def test_all_cameras_alive_is_quiet_and_counted() -> None:
    site = hall(4, [HOIST])
    steps = run(site, [*frames(site, 6.0), *hanging(12.0, 6.0, 6.0)], 5.9)
    assert [t for s in steps for t in s.transitions] == []
    views = steps[-1].snapshot.cameras
    assert [v.camera for v in views] == ["cam1", "cam2", "cam3", "cam4"]
    assert all(v.alive for v in views)
    assert all(v.rate_hz == pytest.approx(10.0, rel=0.05) for v in views)
    assert all(v.age_s < 0.2 for v in views)


def test_a_silent_camera_is_blind_and_slows_the_hoist_but_does_not_stop_it() -> None:
    site = hall(4, [HOIST])
    steps = run(site, [*frames(site, 14.0, {"cam2": (5.0, 9.0)}), *hanging(12.0, 6.0, 14.0)], 13.9)
    events = told(steps, Situation.CAMERA_BLIND)
    assert [e[1:] for e in events] == [("raised", "warning", "cam2"), ("cleared", "warning", "cam2")]
    assert 5.0 + site.policy.camera_stale_s < events[0][0] < 5.0 + site.policy.camera_stale_s + 0.8
    blind = next(s for s in steps if s.snapshot.time_s > 8.0)
    assert not blind.snapshot.outputs["H1/slow"]
    assert blind.snapshot.outputs["H1/permit"]
    assert not next(v for v in blind.snapshot.cameras if v.camera == "cam2").alive
    assert "No picture from cam2" in next(a for a in blind.snapshot.alarms if a.source == "cam2").reason_en


def test_a_load_that_no_living_camera_sees_any_more_loses_its_permit() -> None:
    site = hall(1, [HOIST])
    steps = run(site, [*frames(site, 14.0, {"cam1": (5.0, 99.0)}), *hanging(12.0, 6.0, 14.0)], 13.0)
    levels = {(e[1], e[2]) for e in told(steps, Situation.CAMERA_BLIND)}
    assert ("raised", "danger") in levels
    assert not steps[-1].snapshot.outputs["H1/permit"]
    words = [a.reason_en for a in steps[-1].snapshot.alarms]
    assert any("no camera sees the floor below H1" in w for w in words)


def test_a_load_travelling_where_no_camera_ever_looked_is_a_blind_lift() -> None:
    site = hall(1, [HOIST])
    # cam1 hangs in the corner at the origin: straight below it, it sees nothing.
    events = [*frames(site, 16.0), *hanging(4.0, 1.2, 16.0, -0.3, 5.0)]
    steps = run(site, events, 14.0)
    blind = told(steps, Situation.BLIND_LIFT)
    assert "warning" in {event[2] for event in blind}
    assert not told(steps, Situation.CAMERA_BLIND)
    assert steps[-1].snapshot.outputs["H1/permit"]


def test_cameras_may_be_silent_while_starting_and_no_longer() -> None:
    site = hall(2, [])
    steps = run(site, [], 6.0)
    events = told(steps, Situation.CAMERA_BLIND)
    assert {e[3] for e in events} == {"cam1", "cam2"}
    assert min(e[0] for e in events) > site.policy.startup_grace_s


def test_what_a_camera_says_of_itself_is_shown() -> None:
    site = hall(1, [])
    health = CameraHealth(
        camera="cam1", time_s=1.0, ready_s=1.0, connected=False, gaps=7, reconnects=2, message="no route to camera"
    )
    view = run(site, [health, *frames(site, 2.0)], 2.0)[-1].snapshot.cameras[0]
    assert view.gaps == 7
    assert view.message == "no route to camera"
    assert view.alive, "what reaches the core counts, not what a thread says"


def test_frames_refused_for_their_stamps_do_not_keep_a_camera_alive() -> None:
    site = hall(1, [])
    frozen = [boxes_at("cam1", 3.0, []) for _ in range(30)]
    frozen = [boxes_at("cam1", 3.0, [], k / 10) for k in range(30)]
    steps = run(site, [*frames(site, 3.0), *frozen], 6.0)
    assert told(steps, Situation.CAMERA_BLIND)
    assert steps[-1].snapshot.cameras[0].rejected >= 28


def test_a_hoist_that_no_source_locates_is_lost_and_may_not_move() -> None:
    events = [e for e in hanging(12.0, 6.0, 12.0) if not 4.0 < e.time_s < 8.0]
    steps = run(None, events, 11.9)
    raised, cleared = told(steps, Situation.HOIST_LOST)
    assert raised[1:3] == ("raised", "warning")
    assert 4.0 + 1.5 < raised[0] < 4.0 + 1.5 + 0.8
    assert cleared[1] == "cleared"
    assert all(not s.snapshot.outputs["H1/permit"] for s in steps if raised[0] < s.snapshot.time_s < 8.0)
    assert steps[-1].snapshot.outputs["H1/permit"]


def test_a_hoist_lost_while_it_travels_is_danger() -> None:
    events = [e for e in hanging(4.0, 6.0, 8.0, 0.5, 1.0) if e.time_s < 6.0]
    events_told = told(run(None, events, 10.0), Situation.HOIST_LOST)
    assert events_told[0][2] == "danger"


def test_a_hoist_never_located_is_said_after_the_start() -> None:
    steps = run(None, [], 5.0)
    (event,) = told(steps, Situation.HOIST_LOST)
    assert event[0] > 2.0
    assert not steps[-1].snapshot.outputs["H1/permit"]


def person_frames(site: Site, until_s: float, gone_s: float, x_m: float) -> list[Event]:
    random = np.random.default_rng(1)
    out: list[Event] = []
    for table in site.camera:
        camera = Camera.from_table(table)
        for k in range(1, round(until_s * 10)):
            people = body_boxes(camera, np.array([[x_m, 6.0]]), site.policy) if k / 10 < gone_s else []
            out.append(boxes_at(table.name, k / 10, people if random.random() > 0.05 else []))
    return out


def test_a_person_who_vanishes_near_a_moving_load_is_not_forgotten() -> None:
    """In the load's path, then seen by no camera any more: the warning must stay."""
    site = hall(4, [HOIST])
    load = sights(lambda t: lift(6.0 + 0.4 * max(0.0, t - 3.0), 6.0, hook_m=2.3), 14.0, 10.0, 0.01)
    steps = run(site, [*person_frames(site, 14.0, 6.0, 12.0), *load], 13.0)
    level = [
        (
            s.snapshot.time_s,
            max((a.level.rank for a in s.snapshot.alarms if a.person is not None), default=0),
        )
        for s in steps
    ]
    after = [rank for t, rank in level if 8.5 < t < 12.5]
    assert min(after) >= Level.WARNING.rank
    lost = told(steps, Situation.PERSON_LOST)
    assert lost
    assert lost[0][1] == "raised"


def test_a_person_who_vanishes_far_from_any_load_disturbs_nobody() -> None:
    site = hall(4, [HOIST])
    load = sights(lambda _: lift(4.0, 3.0, hook_m=2.3), 12.0, 10.0, 0.01)
    steps = run(site, [*person_frames(site, 12.0, 5.0, 18.0), *load], 11.9)
    assert told(steps, Situation.PERSON_LOST) == []


def test_a_person_who_vanishes_beside_a_load_on_the_floor_disturbs_nobody() -> None:
    site = hall(4, [HOIST])
    load = sights(lambda _: lift(12.0, 7.2, hook_m=1.3), 12.0, 10.0, 0.01)
    steps = run(site, [*person_frames(site, 12.0, 5.0, 12.0), *load], 11.9)
    assert told(steps, Situation.PERSON_LOST) == []


def test_a_site_without_cameras_has_no_blind_ones() -> None:
    steps = run(None, [*hanging(12.0, 6.0, 5.0), *sights(lambda _: [seen_at("person", 3.0, 3.0)], 5.0)], 4.9)
    assert told(steps, Situation.CAMERA_BLIND) == []


SAID: dict[Trouble, tuple[str, str]] = {
    "frozen": ("cam1 sends the same picture again and again ", "감시 불능: cam1 화면 정지 "),
    "dark": ("cam1 sees only darkness ", "감시 불능: cam1 화면이 어두움 "),
    "blinded": ("cam1 is blinded by light ", "감시 불능: cam1 빛에 의해 눈부심 "),
    "covered": ("cam1 is covered ", "감시 불능: cam1 렌즈 가림 "),
    "defocused": ("cam1 is out of focus ", "감시 불능: cam1 초점 흐림 "),
    "moved": ("cam1 was moved ", "감시 불능: cam1 카메라 위치 틀어짐 "),
}


def ailing(camera: str, trouble: Trouble | None, time_s: float, blind: bool = True, shift_px: float = 0.0) -> Event:
    return PictureHealth(
        camera=camera,
        time_s=time_s,
        ready_s=time_s,
        trouble=trouble,
        since_s=time_s - 0.4,
        blind=blind,
        shift_px=shift_px,
    )


@pytest.mark.parametrize("trouble", get_args(Trouble))
def test_a_camera_that_sees_nothing_is_told_by_name_and_its_floor_is_unprotected(trouble: Trouble) -> None:
    """Its pictures go on coming, so nothing else would tell; a load hangs where only it looks."""
    site = hall(1, [HOIST])
    events = [
        *frames(site, 8.0),
        *hanging(12.0, 6.0, 8.0),
        ailing("cam1", trouble, 4.0),
        ailing("cam1", None, 6.0, blind=False),
    ]
    steps = run(site, events, 7.9)
    raised = [t for s in steps for t in s.transitions if t.situation is Situation.CAMERA_BLIND and t.event == "raised"]
    assert {(t.level, t.hoist) for t in raised} == {(Level.WARNING, None), (Level.DANGER, "H1")}
    # Its pictures were watched for that long already: no delay of alarms comes on top.
    assert all(4.0 <= t.time_s < 4.15 for t in raised)
    alarms = next(s.snapshot.alarms for s in steps if len(s.snapshot.alarms) == 2)
    assert set(SAID[trouble]) <= {w.split("(")[0] for a in alarms for w in (a.reason_en, a.reason_ko)}
    views = {round(s.snapshot.time_s, 1): s.snapshot for s in steps}
    view = views[5.0].cameras[0]
    assert (view.alive, view.trouble) == (False, trouble)
    assert view.trouble_s == pytest.approx(1.4, abs=0.1)
    assert not views[5.0].outputs["H1/permit"]
    assert views[7.9].cameras[0].alive


def test_ghosts_in_a_frozen_picture_are_nobody() -> None:
    site = hall(1, [])
    camera = Camera.from_table(site.camera[0])
    boxes = body_boxes(camera, np.array([(12.0, 6.0)]), site.policy)
    ghosts = [boxes_at("cam1", k / 10, boxes) for k in range(1, 60)]
    for trouble, people in ((None, 1), ("frozen", 0)):
        steps = run(site, [ailing("cam1", trouble, 0.05, blind=trouble is not None), *ghosts], 5.8)
        assert (max(len(s.snapshot.people) for s in steps) > 0) == bool(people)


def test_a_knocked_camera_goes_on_seeing_less_exactly_as_a_caution() -> None:
    site = hall(1, [])
    camera = Camera.from_table(site.camera[0])
    boxes = body_boxes(camera, np.array([(12.0, 6.0)]), site.policy)
    spread = {}
    for sigma_px in (0.0, 30.0):
        looks = [boxes_at("cam1", k / 10, boxes) for k in range(1, 60)]
        looks = [msgspec.structs.replace(look, sigma_px=sigma_px) for look in looks]
        steps = run(site, [*looks, ailing("cam1", "moved", 3.0, blind=False, shift_px=30.0)], 5.8)
        spread[sigma_px] = steps[-1].snapshot.people[0].sigma_m
        assert told(steps, Situation.CAMERA_BLIND)[0][1:3] == ("raised", "caution")
        assert steps[-1].snapshot.cameras[0].alive
        assert "30 px" in steps[-1].snapshot.alarms[0].reason_en
        assert "30 px" in steps[-1].snapshot.alarms[0].reason_ko
    assert spread[30.0] > 1.5 * spread[0.0]


def test_a_camera_whose_capture_lost_it_is_blind_before_its_looks_are_stale() -> None:
    site = hall(1, [HOIST])
    gone = CameraHealth(camera="cam1", time_s=4.6, ready_s=4.6, connected=False, message="no picture for 0.6 s")
    events = [*frames(site, 4.0), gone, *hanging(12.0, 6.0, 6.0)]
    steps = run(site, events, 5.9)
    stopped = next(s.snapshot.time_s for s in steps if s.snapshot.time_s > 3 and not s.snapshot.outputs["H1/permit"])
    assert stopped - 3.9 <= 0.9


@pytest.mark.parametrize("stops", [False, True])
def test_a_hoist_at_rest_over_blind_floor_is_stopped_where_the_policy_says(stops: bool) -> None:
    site = hall(1, [HOIST])
    site = site.model_copy(update={"policy": site.policy.model_copy(update={"blind_stops_idle": stops})})
    on_floor_m = HOIST.sling_length_m + HOIST.load_height_m
    resting = list(sights(lambda t: lift(12.0, 6.0, hook_m=on_floor_m), 6.0, 10.0, 0.01))
    steps = run(site, [*frames(site, 6.0), *resting, ailing("cam1", "covered", 4.0)], 5.9)
    assert steps[35].snapshot.outputs["H1/permit"]
    assert steps[-1].snapshot.outputs["H1/permit"] is not stops
    assert not steps[-1].snapshot.outputs["H1/slow"]
