"""Roles by behaviour, and what the table allows to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest

from calibration import allowed as table
from calibration.allowed import ALLOWED, Allowance
from calibration.site import Zone
from safety.allowed import Allowed
from safety.records import Hazard, Level, Phase, Role, RoleView, Situation
from safety.roles import RoleTracker
from tests.safety.situations import HOIST, Somebody, hoist_state, lift, run, scene, sights
from tests.worlds import hall, seen_at
from tracking.records import Observation

DROP_M = HOIST.sling_length_m + HOIST.load_height_m
Way = Callable[[float], Somebody]


def roles_after(
    way: Way,
    seconds: float,
    *,
    hoist_mps: float = 0.0,
    phase: Phase = Phase.TRAVELLING,
    hook_m: float = 2.3,
    top_m: float | None = None,
    tracker: RoleTracker | None = None,
    from_s: float = 0.0,
) -> RoleView:
    """What somebody is taken for after a while beside a hoist that starts at (6, 6) along x."""
    tracker = tracker or RoleTracker(hall(0, [HOIST]))
    for k in range(round(seconds * 10)):
        t = from_s + k / 10
        state = hoist_state(x_m=6.0 + hoist_mps * k / 10, vx_mps=hoist_mps, hook_m=hook_m)
        now = scene(state, [way(k / 10)], phase)
        people = tuple(msgspec.structs.replace(p, top_m=top_m) for p in now.people)
        (view,) = tracker.step(t, people, (now,))
    return view


def test_who_walks_along_with_a_moving_hoist_at_pendant_distance_is_its_operator() -> None:
    view = roles_after(lambda t: Somebody(6.0 + 0.4 * t, 9.0, 0.4, 0.0), 6.0, hoist_mps=0.4)
    assert view.role is Role.OPERATOR
    assert view.probability > 0.9


def test_who_leads_a_slow_load_at_arms_length_is_a_slinger() -> None:
    view = roles_after(lambda t: Somebody(6.0 + 0.15 * t, 7.9, 0.15, 0.0), 12.0, hoist_mps=0.15)
    assert view.role is Role.SLINGER


def test_who_stays_at_a_resting_load_is_a_slinger_and_bending_shows_it_sooner() -> None:
    def way(_: float) -> Somebody:
        return Somebody(6.0, 7.1)

    upright = roles_after(way, 2.0, phase=Phase.RIGGING, hook_m=DROP_M, top_m=1.7)
    bent = roles_after(way, 2.0, phase=Phase.RIGGING, hook_m=DROP_M, top_m=1.1)
    assert bent.role is Role.SLINGER
    assert upright.probability < bent.probability
    assert roles_after(way, 6.0, phase=Phase.RIGGING, hook_m=DROP_M, top_m=1.7).role is Role.SLINGER


def test_who_crosses_at_walking_pace_passes_by() -> None:
    view = roles_after(lambda t: Somebody(2.0 + 1.3 * t, 10.0, 1.3, 0.0), 4.0)
    assert view.role is Role.PASSER_BY


def test_nobody_has_a_role_before_anything_was_seen() -> None:
    view = roles_after(lambda _: Somebody(18.0, 10.0), 0.3)
    assert view.role is Role.UNKNOWN


def test_a_role_is_kept_through_what_contradicts_it_for_a_moment_and_given_up_after_long() -> None:
    tracker = RoleTracker(hall(0, [HOIST]))
    roles_after(lambda t: Somebody(6.0 + 0.4 * t, 9.0, 0.4, 0.0), 8.0, hoist_mps=0.4, tracker=tracker)
    brief = roles_after(lambda t: Somebody(12.0 + 1.2 * t, 10.5, 1.2, 0.0), 1.0, tracker=tracker, from_s=8.0)
    assert brief.role is Role.OPERATOR
    later = roles_after(lambda t: Somebody(2.0 + 1.2 * t, 10.5, 1.2, 0.0), 14.0, tracker=tracker, from_s=9.0)
    assert later.role is Role.PASSER_BY


def test_a_walkway_speaks_for_a_passer_by() -> None:
    way = Zone(name="aisle", kind="walkway", polygon_m=((0.0, 9.0), (24.0, 9.0), (24.0, 11.0), (0.0, 11.0)))
    inside, outside = (RoleTracker(hall(0, [HOIST], zones=zones)) for zones in ((way,), ()))

    def stroll(t: float) -> Somebody:
        return Somebody(2.0 + 0.9 * t, 10.0, 0.9, 0.0)

    assert roles_after(stroll, 2.0, tracker=inside).probability > roles_after(stroll, 2.0, tracker=outside).probability


def test_who_is_lost_keeps_the_role() -> None:
    tracker = RoleTracker(hall(0, [HOIST]))
    roles_after(lambda t: Somebody(6.0 + 0.4 * t, 9.0, 0.4, 0.0), 8.0, hoist_mps=0.4, tracker=tracker)
    lost = roles_after(lambda _: Somebody(9.0, 9.0, lost=True), 5.0, tracker=tracker, from_s=8.0)
    assert lost.role is Role.OPERATOR


def test_a_tag_tells_at_once_and_outweighs_behaviour() -> None:
    def seen(t: float) -> list[Observation]:
        tagged = msgspec.structs.replace(seen_at("person", 2.0 + 1.3 * t, 9.5, sigma_m=0.05), role="slinger")
        return [*lift(12.0, 4.0, hook_m=3.0), tagged, seen_at("person", 2.0 + 1.3 * t, 6.5, sigma_m=0.05)]

    roles = run(None, sights(seen, 6.0), 6.0)[-1].snapshot.roles
    assert sorted(view.role.value for view in roles) == ["passer_by", "slinger"]


def hazard(situation: Situation, level: Level) -> Hazard:
    return Hazard(situation=situation, level=level, hoist="H1", person="P1", terms={"gap_m": 1.0})


def judged(h: Hazard, role: Role, phase: Phase, *rows: Allowance, speed: float = 0.5, hook_m: float = 2.3) -> Level:
    """The level that the table leaves."""
    site = hall(0, [HOIST]).model_copy(update={"allowed": rows})
    here = scene(hoist_state(vx_mps=speed, hook_m=hook_m), [Somebody(8.0, 6.0)], phase)
    left = Allowed(site).judge([h], [here], {"P1": role})
    return left[0].level if left else Level.CLEAR


def test_a_load_that_is_being_rigged_is_no_stop_for_its_slinger_but_is_for_anybody_else() -> None:
    danger = hazard(Situation.STRUCK_BY, Level.DANGER)
    assert judged(danger, Role.SLINGER, Phase.RIGGING) is Level.CAUTION
    for role in (Role.PASSER_BY, Role.UNKNOWN):
        assert judged(danger, role, Phase.RIGGING) is Level.DANGER
    assert judged(danger, Role.SLINGER, Phase.TRAVELLING) is Level.DANGER


def test_a_slow_load_led_by_its_slinger_is_slowed_not_stopped() -> None:
    danger = hazard(Situation.STRUCK_BY, Level.DANGER)
    slow, fast = HOIST.travel_speed_mps
    assert judged(danger, Role.SLINGER, Phase.TRAVELLING, speed=slow) is Level.WARNING
    assert judged(danger, Role.SLINGER, Phase.TRAVELLING, speed=fast) is Level.DANGER
    assert judged(danger, Role.OPERATOR, Phase.TRAVELLING, speed=slow) is Level.DANGER


def test_beside_a_low_load_that_is_set_down_a_slinger_is_warned_not_stopped() -> None:
    below = hazard(Situation.FALL_ZONE, Level.DANGER)
    assert judged(below, Role.SLINGER, Phase.LOWERING, hook_m=DROP_M + 0.5) is Level.WARNING
    assert judged(below, Role.SLINGER, Phase.LOWERING, hook_m=DROP_M + 2.0) is Level.DANGER
    assert judged(below, Role.PASSER_BY, Phase.LOWERING, hook_m=DROP_M + 0.5) is Level.DANGER


def test_what_a_row_clears_is_gone_and_what_it_changes_says_what_it_was() -> None:
    back = hazard(Situation.OPERATOR_BACKWARDS, Level.WARNING)
    assert judged(back, Role.PASSER_BY, Phase.TRAVELLING) is Level.CLEAR
    site = hall(0, [HOIST])
    here = scene(hoist_state(), [Somebody(8.0, 6.0)], Phase.RIGGING)
    (left,) = Allowed(site).judge([hazard(Situation.STRUCK_BY, Level.DANGER)], [here], {"P1": Role.SLINGER})
    assert left.terms["judged_rank"] == Level.DANGER.rank
    assert left.terms["gap_m"] == 1.0


def test_a_sites_own_row_comes_first() -> None:
    strict = Allowance(situation="struck_by", lowest="danger")
    assert judged(hazard(Situation.STRUCK_BY, Level.CAUTION), Role.SLINGER, Phase.RIGGING, strict) is Level.DANGER


def test_the_tables_names_are_those_of_the_records() -> None:
    for names, enum in (
        (table.SituationName, Situation),
        (table.RoleName, Role),
        (table.PhaseName, Phase),
        (table.LevelName, Level),
    ):
        assert set(names.__args__) == {member.value for member in enum}


def test_no_row_ever_clears_what_hurts_a_stranger() -> None:
    for row in ALLOWED:
        strangers = not row.role or {"unknown", "passer_by"} & set(row.role)
        if strangers:
            # Load against structure is about goods; whoever is between is told by crush and struck by.
            assert row.highest == "danger" or row.situation in ("operator_backwards", "load_structure")


def test_nothing_is_allowed_of_what_a_load_does_by_itself() -> None:
    judged = {"sling_slip", "snag", "side_pull", "topple", "hoists_closing", "crush", "swing", "person_down"}
    assert not any(row.situation in judged and row.highest != "danger" for row in ALLOWED)


def test_goods_are_laid_against_things_slowly_and_run_against_none_fast() -> None:
    rack = Hazard(situation=Situation.LOAD_STRUCTURE, level=Level.DANGER, hoist="H1", source="rack")
    for speed_mps, level in ((0.17, Level.WARNING), (0.5, Level.DANGER)):
        now = scene(hoist_state(vx_mps=speed_mps), [])
        (told,) = Allowed(hall(0, [HOIST])).judge([rack], [now], {})
        assert told.level is level


def test_contradicting_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="lowest must not exceed highest"):
        Allowance(situation="struck_by", lowest="danger", highest="caution")


def test_directions_do_not_matter() -> None:
    for angle in (0.0, 1.0, 2.5):
        c, s = math.cos(angle), math.sin(angle)
        tracker = RoleTracker(hall(0, [HOIST]))
        for k in range(60):
            along = 0.04 * k
            state = hoist_state(x_m=12.0 + along * c, y_m=6.0 + along * s, vx_mps=0.4 * c, vy_mps=0.4 * s)
            who = Somebody(12.0 + along * c - 3.0 * s, 6.0 + along * s + 3.0 * c, 0.4 * c, 0.4 * s)
            now = scene(state, [who])
            (view,) = tracker.step(k / 10, now.people, (now,))
        assert view.role is Role.OPERATOR
