"""Operator backwards, people on platforms, blind lifts, hands on the load, people down: when, why, until when."""

from __future__ import annotations

import math

from calibration.site import Structure
from recordings.plant.records import BodyState
from safety.records import Level, Situation
from tests.safety.composite.plays import body, cleared_s, play, ramp, reached_s, reasons, told
from tests.safety.situations import HOIST
from tests.worlds import hall

DROP_M = HOIST.sling_length_m + HOIST.load_height_m
PALLET = Structure(name="pallet", polygon_m=((15.0, 5.4), (16.2, 5.4), (16.2, 6.6), (15.0, 6.6)), height_m=0.15)
STAND = Structure(
    name="coating stand", polygon_m=((10.0, 4.5), (13.0, 4.5), (13.0, 7.5), (10.0, 7.5)), height_m=2.2, platform=True
)
RACK = Structure(name="rack", polygon_m=((12.0, 0.5), (13.0, 0.5), (13.0, 11.5), (12.0, 11.5)), height_m=4.0)


def test_an_operator_who_backs_into_a_pallet_is_told_a_second_before_and_it_ends_when_he_steps_aside() -> None:
    def cast(t: float) -> list[BodyState]:
        back = ramp(t, 2.0, 0.42, 3.2)
        aside = ramp(t, 11.0, 0.8, 2.5)
        return [body("operator", 11.4 + back, 6.0 - aside, "pendant", up=math.pi)]

    steps = play(hall(4, [HOIST], [PALLET]), cast, lambda t: (8.0 + ramp(t, 1.5, 0.4, 3.0), 6.0, 2.4), 15.0)
    # The pallet's edge less the body's radius is reached after (15.0 − 0.3 − 11.4) / 0.42 = 7.9 s of walking.
    there_s = 2.0 + 7.6
    raised = reached_s(steps, Situation.OPERATOR_BACKWARDS, Level.WARNING)
    assert raised is not None
    assert 0.5 <= there_s - raised <= 2.6
    assert "pallet" in reasons(steps, Situation.OPERATOR_BACKWARDS)[0]
    over = cleared_s(steps, Situation.OPERATOR_BACKWARDS)
    assert over is not None
    assert over < 14.0


def test_an_operator_beside_the_load_with_nothing_in_the_way_is_not_told() -> None:
    def cast(t: float) -> list[BodyState]:
        return [body("operator", 8.0 + ramp(t, 1.5, 0.4, 4.0), 9.2, "pendant", up=0.0)]

    steps = play(hall(4, [HOIST], [PALLET]), cast, lambda t: (8.0 + ramp(t, 1.5, 0.4, 4.0), 6.0, 2.4), 12.0)
    assert [t for s in steps for t in s.transitions] == []


def test_a_load_at_the_height_of_a_platform_stops_for_who_stands_there() -> None:
    def cast(_: float) -> list[BodyState]:
        return [body("fitter", 11.3, 6.0, z_m=2.2)]

    steps = play(hall(4, [HOIST], [STAND]), cast, lambda t: (4.0 + ramp(t, 1.0, 0.5, 5.6), 6.0, 2.8 + DROP_M), 14.0)
    # Side meets side at x = 11.3 − 0.5 − 0.3.
    contact_s = 1.0 + (10.5 - 4.0) / 0.5
    danger = reached_s(steps, Situation.PLATFORM, Level.DANGER)
    assert danger is not None
    assert 1.5 <= contact_s - danger <= 5.0
    assert "coating stand" in reasons(steps, Situation.PLATFORM)[0]
    assert not told(steps, Situation.STRUCK_BY)
    at_danger = next(s for s in steps if s.snapshot.time_s >= danger)
    assert not at_danger.snapshot.outputs["H1/permit"]
    (person,) = steps[60].snapshot.people
    assert person.floor_m == 2.2
    assert math.hypot(person.x_m - 11.3, person.y_m - 6.0) < 0.2


def test_a_load_far_above_a_platform_strikes_nobody_on_it() -> None:
    def cast(_: float) -> list[BodyState]:
        return [body("fitter", 11.3, 8.9), body("painter", 10.6, 7.0, z_m=2.2)]

    steps = play(hall(4, [HOIST], [STAND]), cast, lambda t: (4.0 + ramp(t, 1.0, 0.5, 4.6), 2.5, 5.6), 12.0)
    assert not told(steps, Situation.PLATFORM)
    assert not told(steps, Situation.STRUCK_BY)


def test_a_load_that_goes_behind_a_rack_is_a_blind_lift_until_it_comes_back() -> None:
    site = hall(1, [HOIST], [RACK])

    def hook(t: float) -> tuple[float, float, float]:
        return 9.0 + ramp(t, 1.0, 0.5, 6.0) - ramp(t, 18.0, 0.5, 6.0), 6.0, 5.8

    steps = play(site, lambda _: [], hook, 32.0)
    warned = reached_s(steps, Situation.BLIND_LIFT, Level.WARNING)
    # The middle of the load passes over the middle of the rack 3.5 m on: half the floor around it is hidden then.
    assert warned is not None
    assert 6.0 <= warned <= 11.0
    noticed = reached_s(steps, Situation.BLIND_LIFT, Level.CAUTION)
    assert noticed is not None
    assert noticed < warned
    over = cleared_s(steps, Situation.BLIND_LIFT)
    assert over is not None
    assert over > 22.0
    assert steps[-1].snapshot.outputs["H1/permit"]
    assert not told(steps, Situation.CAMERA_BLIND)


def test_hands_on_a_load_are_told_as_it_leaves_the_floor_and_not_before() -> None:
    def cast(t: float) -> list[BodyState]:
        away = ramp(t, 10.0, 1.0, 3.0)
        return [body("slinger", 8.0, 6.85 + away, "bend" if away == 0.0 else "walk", up=-math.pi / 2)]

    def hook(t: float) -> tuple[float, float, float]:
        return 8.0, 6.0, DROP_M + ramp(t, 6.0, 0.12, 1.2)

    steps = play(hall(4, [HOIST]), cast, hook, 16.0)
    raised = reached_s(steps, Situation.HANDS_ON_LOAD, Level.WARNING)
    assert raised is not None
    assert 6.0 <= raised <= 7.8
    assert "P1" in reasons(steps, Situation.HANDS_ON_LOAD)[0]
    over = cleared_s(steps, Situation.HANDS_ON_LOAD)
    assert over is not None
    assert over < 14.0


def set_down(t: float) -> float:
    """How high the hook is above where its load touched the floor, at 6 s; at 14 s it goes up again."""
    return 0.5 - ramp(t, 1.0, 0.1, 0.5) + ramp(t, 14.0, 0.12, 0.4)


def slinger_comes(t: float) -> list[BodyState]:
    return [body("slinger", 8.0, 6.85 + 4.0 - ramp(t, 7.0, 1.2, 4.0), "stand", up=-math.pi / 2)]


def test_a_hook_that_leaves_the_load_it_has_set_down_is_no_lift_off() -> None:
    def load_z(t: float) -> float:
        return HOIST.load_height_m / 2 + 0.5 - ramp(t, 1.0, 0.1, 0.5)

    steps = play(hall(4, [HOIST]), slinger_comes, lambda t: (8.0, 6.0, DROP_M + set_down(t)), 18.0, load_z=load_z)
    assert reached_s(steps, Situation.HANDS_ON_LOAD, Level.WARNING) is None
    assert steps[-1].snapshot.hoists[0].state.z_m > DROP_M + 0.3


def test_a_load_that_is_taken_up_again_with_hands_on_it_is_one() -> None:
    steps = play(hall(4, [HOIST]), slinger_comes, lambda t: (8.0, 6.0, DROP_M + set_down(t)), 18.0)
    raised = reached_s(steps, Situation.HANDS_ON_LOAD, Level.WARNING)
    assert raised is not None
    assert 14.0 <= raised <= 15.5


def test_hands_on_a_load_that_rests_are_normal() -> None:
    def cast(t: float) -> list[BodyState]:
        return [body("slinger", 8.0, 6.85, "bend" if t > 4.0 else "stand", up=-math.pi / 2)]

    steps = play(hall(4, [HOIST]), cast, lambda _: (8.0, 6.0, DROP_M), 12.0)
    assert [t for s in steps for t in s.transitions] == []
    assert steps[-1].snapshot.roles[0].role.value == "slinger"


def test_the_permit_stays_away_as_long_as_somebody_lies_before_the_load() -> None:
    up_s, stops_at = 22.0, 6.4

    def cast(t: float) -> list[BodyState]:
        if t < 2.5:
            return [body("worker", 12.0, 6.0)]
        if t < up_s:
            return [body("worker", 12.0, 6.0, "lie", up=math.pi / 3)]
        return [body("worker", 12.0, 6.0 + ramp(t, up_s, 1.2, 5.0), "walk")]

    steps = play(hall(4, [HOIST]), cast, lambda t: (4.0 + ramp(t, 2.0, 0.5, stops_at), 6.0, 2.2), 30.0)
    danger = reached_s(steps, Situation.PERSON_DOWN, Level.DANGER)
    # Load's side to the body's end, which may lie half its length towards the load.
    contact_s = 2.0 + (12.0 - 0.5 - 0.9 - 4.0) / 0.5
    assert danger is not None
    assert contact_s - danger >= 1.5
    assert "has not moved for" in reasons(steps, Situation.PERSON_DOWN)[0]
    # The load stands, a metre short of the body, from 14.8 s on: nothing moves, and the permit stays away.
    waits = [s.snapshot for s in steps if 16.5 <= s.snapshot.time_s <= up_s]
    assert not any(s.outputs["H1/permit"] for s in waits)
    over = cleared_s(steps, Situation.PERSON_DOWN)
    assert over is not None
    assert up_s < over < up_s + 5.0
    assert steps[-1].snapshot.outputs["H1/permit"]
