"""Struck by and fall zone: known situations, the probability, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.policy import Policy
from safety.alarm_words import reason
from safety.fall_zone import fall_zone
from safety.records import Hazard, Level, Phase
from safety.stopping import stop_now
from safety.struck import struck_by
from tests.safety.situations import HOIST, POLICY, Somebody, hoist_state, lift, run, scene, sights
from tests.worlds import hall, seen_at
from tracking.records import Observation

TOUCH_M = HOIST.load_radius_m + POLICY.person_radius_m

DROP_M = HOIST.sling_length_m + HOIST.load_height_m


def worst(hazards: list[Hazard]) -> Level:
    return max((h.level for h in hazards), key=lambda level: level.rank, default=Level.CLEAR)


# --- one tick ----------------------------------------------------------------------------------------


def test_a_person_in_the_path_within_the_stopping_way_is_danger() -> None:
    s = scene(hoist_state(vx_mps=0.67), [Somebody(6.0 + TOUCH_M + 1.0, 6.0)])
    (hazard,) = struck_by(s, POLICY)
    assert hazard.level is Level.DANGER
    assert hazard.person == "P1"
    assert hazard.hoist == "H1"
    assert hazard.probability is not None
    assert hazard.probability > 0.8
    assert hazard.gap_m == pytest.approx(1.0)
    assert hazard.time_to_contact_s == pytest.approx(1.0 / 0.67, abs=0.6)
    assert hazard.time_to_last_safe_stop_s == 0.0, "reaction and brake need 1.2 m"
    assert hazard.terms["stop_m"] == pytest.approx(0.67 * 0.5 + 0.67**2 / 0.5)


def test_level_rises_as_the_load_comes_nearer() -> None:
    levels = []
    for gap_m in (4.5, 2.6, 2.0, 1.7, 1.5, 1.2, 0.8, 0.3):
        s = scene(hoist_state(vx_mps=0.67), [Somebody(6.0 + TOUCH_M + gap_m, 6.0)])
        levels.append(worst(struck_by(s, POLICY)).rank)
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert levels[-1] == Level.DANGER.rank
    assert Level.WARNING.rank in levels


def test_what_is_safe_because_it_is_slow_stays_slow_while_it_comes_nearer() -> None:
    """Let go, it would gather speed towards somebody a metre away, and be stopped too late."""
    fast = HOIST.travel_speed_mps[1]
    stop = stop_now(fast, 3.7, 0.0, HOIST, POLICY).distance_m + fast * POLICY.human_reaction_s
    edge = 6.0 + HOIST.load_radius_m + POLICY.person_radius_m
    creeping = hoist_state(vx_mps=0.2)
    (near,) = struck_by(scene(creeping, [Somebody(edge + 1.0, 6.0)]), POLICY)
    assert near.level is Level.WARNING
    assert near.gap_m is not None
    assert near.gap_m < stop


@pytest.mark.parametrize("phase", [Phase.TRAVELLING, Phase.LIFTING, Phase.LOWERING])
def test_a_person_behind_or_aside_is_left_alone(phase: Phase) -> None:
    behind = Somebody(6.0 - TOUCH_M - 1.2, 6.0)
    aside = Somebody(8.0, 6.0 + TOUCH_M + 1.6)
    leaving = Somebody(6.0 - TOUCH_M - 0.9, 7.5, -1.0, 0.5)
    assert struck_by(scene(hoist_state(vx_mps=0.4), [behind, aside, leaving], phase), POLICY) == []


def test_a_person_who_walks_into_the_path_is_seen_coming() -> None:
    s = scene(hoist_state(vx_mps=0.6), [Somebody(8.0, 8.5, 0.0, -1.3)])
    (hazard,) = struck_by(s, POLICY)
    assert hazard.level.rank >= Level.CAUTION.rank
    assert struck_by(scene(hoist_state(vx_mps=0.6), [Somebody(8.0, 8.5)]), POLICY) == []


def test_a_load_above_heads_strikes_nobody_but_can_fall() -> None:
    high = hoist_state(vx_mps=0.5, hook_m=5.0)
    s = scene(high, [Somebody(6.0, 6.0), Somebody(6.0 + TOUCH_M + 0.2, 6.0), Somebody(12.0, 6.0)])
    assert struck_by(s, POLICY) == []
    below = fall_zone(s, POLICY)
    assert [(h.person, h.level) for h in below] == [("P1", Level.DANGER), ("P2", Level.WARNING)]
    assert below[0].terms["bottom_m"] == pytest.approx(3.7)
    assert below[0].terms["zone_m"] == pytest.approx(TOUCH_M + 0.15 * (3.7 + 0.1))


def test_a_load_that_is_lowered_onto_a_head_strikes_it() -> None:
    down = hoist_state(vx_mps=0.2, vz_mps=-0.12, hook_m=3.6)
    (hazard,) = struck_by(scene(down, [Somebody(6.5, 6.0)], Phase.LOWERING), POLICY)
    assert hazard.time_to_contact_s is not None
    assert hazard.time_to_contact_s > 1.5, "the lower edge reaches 2 m only then"


def test_unknown_height_is_taken_at_its_worst_and_said_so() -> None:
    blind = hoist_state(vx_mps=0.5, hook_m=5.0, height_known=False, sigma_z_m=2.0)
    s = scene(blind, [Somebody(6.0 + TOUCH_M + 0.5, 6.0)])
    (hit,) = struck_by(s, POLICY)
    assert hit.level is Level.DANGER
    assert "height unknown, worst case" in reason(hit, "en")
    assert "최악" in reason(hit, "ko")
    (below,) = fall_zone(scene(blind, [Somebody(6.0, 6.0)]), POLICY)
    assert below.terms["bottom_m"] == pytest.approx(6.0 - 1.3)
    assert "worst case" in reason(below, "en")


def test_unknown_load_counts_as_a_load_and_only_cautions_at_rest() -> None:
    rest = hoist_state(hook_m=4.0, carrying="unknown")
    (hazard,) = fall_zone(scene(rest, [Somebody(6.0, 6.0)]), POLICY)
    assert hazard.level is Level.CAUTION
    assert "not confirmed" in reason(hazard, "en")
    moving = hoist_state(hook_m=4.0, carrying="unknown", vx_mps=0.3)
    (hazard,) = fall_zone(scene(moving, [Somebody(6.0, 6.0)]), POLICY)
    assert hazard.level is Level.DANGER


def test_an_empty_hook_has_no_fall_zone_and_is_small() -> None:
    empty = hoist_state(hook_m=1.5, carrying="empty", vx_mps=0.5)
    near = Somebody(6.0 + 0.25 + 0.3 + 0.6, 6.0)
    s = scene(empty, [near])
    assert fall_zone(s, POLICY) == []
    (hazard,) = struck_by(s, POLICY)
    assert hazard.gap_m == pytest.approx(0.6)


def test_a_low_load_has_no_fall_zone() -> None:
    low = hoist_state(hook_m=1.3 + 0.3, vx_mps=0.2)
    assert fall_zone(scene(low, [Somebody(6.0 + TOUCH_M + 0.3, 6.0)]), POLICY) == []


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.RIGGING, Phase.LANDED])
def test_no_fall_zone_around_what_does_not_hang(phase: Phase) -> None:
    assert fall_zone(scene(hoist_state(hook_m=1.3), [Somebody(6.3, 6.0)], phase), POLICY) == []


def test_who_walks_towards_the_fall_zone_is_told_before() -> None:
    high = hoist_state(hook_m=5.0, vx_mps=0.3)
    coming = Somebody(6.0, 6.0 + TOUCH_M + 0.57 + 1.8, 0.0, -1.4)
    (hazard,) = fall_zone(scene(high, [coming]), POLICY)
    assert hazard.level is Level.CAUTION
    assert hazard.time_to_contact_s is not None
    assert 0.0 < hazard.time_to_contact_s <= POLICY.human_reaction_s
    assert "from the fall zone" in reason(hazard, "en")
    staying = Somebody(6.0, 6.0 + TOUCH_M + 0.57 + 1.8)
    assert fall_zone(scene(high, [staying]), POLICY) == []


def test_who_is_about_to_walk_under_the_load_is_warned_a_reaction_before() -> None:
    high = hoist_state(hook_m=5.0, vx_mps=0.3)
    under_soon = Somebody(6.0, 6.0 + TOUCH_M + 1.2, 0.0, -1.4)
    (hazard,) = fall_zone(scene(high, [under_soon]), POLICY)
    assert hazard.level is Level.WARNING
    assert hazard.time_to_contact_s is not None
    assert hazard.time_to_contact_s > 0.0, "still outside the zone"


def test_nobody_there_and_nothing_moving_is_quiet() -> None:
    assert struck_by(scene(hoist_state(vx_mps=0.6), []), POLICY) == []
    assert fall_zone(scene(hoist_state(vx_mps=0.6, hook_m=5.0), []), POLICY) == []
    assert struck_by(scene(hoist_state(), [Somebody(6.9, 6.0)]), POLICY) == []


@pytest.mark.parametrize("gap_m", [0.1, 0.4, 0.8, 1.2])
def test_losing_certainty_never_makes_a_near_person_look_safe(gap_m: float) -> None:
    """Probability falls when the uncertainty grows; the level must not follow it down to nothing."""
    levels = []
    for sigma_m in (0.05, 0.2, 0.4, 0.8, 1.5, 2.5):
        somebody = Somebody(6.0 + TOUCH_M + gap_m, 6.0, sigma_m=sigma_m, unseen_s=sigma_m)
        levels.append(worst(struck_by(scene(hoist_state(vx_mps=0.5), [somebody]), POLICY)).rank)
    assert min(levels) >= Level.WARNING.rank, levels


# --- over time, through the whole engine ---------------------------------------------------------------


def announced(steps: list, situation: str = "struck_by") -> list[tuple[float, str, str]]:  # type: ignore[type-arg]
    return [(t.time_s, t.event, t.level.value) for s in steps for t in s.transitions if t.situation.value == situation]


def test_head_on_the_danger_comes_while_a_stop_still_helps() -> None:
    """A load at 0.5 m/s towards a standing person: warned, and permit dropped in time to stop short of them."""
    speed, start_x, person_x = 0.5, 4.0, 13.0

    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = start_x + speed * max(0.0, t - 3.0)
        return [*lift(x, 6.0), seen_at("person", person_x, 6.0, sigma_m=0.05)]

    steps = run(None, sights(seen, 22.0, sigma_m=0.03), 22.0)
    dropped = next(s for s in steps if not s.snapshot.outputs["H1/permit"])
    slowed = next(s for s in steps if not s.snapshot.outputs["H1/slow"])
    x = start_x + speed * (dropped.snapshot.time_s - 3.0)
    stops_at = x + speed * POLICY.reaction_time_s + speed**2 / (2 * HOIST.deceleration_mps2)
    left_m = person_x - TOUCH_M - stops_at
    assert left_m > 0.2, "the load must come to rest short of the person, swing included"
    assert left_m < 3.0, "and not so early that it would be a nuisance"
    assert slowed.snapshot.time_s <= dropped.snapshot.time_s
    events = announced(steps)
    assert events[0][1] == "raised"
    warned = next(t for t, _, level in events if level in ("warning", "danger"))
    assert warned <= dropped.snapshot.time_s


def test_a_person_crossing_behind_the_load_is_left_alone() -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.5 * max(0.0, t - 3.0)
        return [*lift(x, 6.0), seen_at("person", x - 3.0, 1.0 + 1.2 * max(0.0, t - 4.0), sigma_m=0.05)]

    assert announced(run(None, sights(seen, 12.0, sigma_m=0.03), 12.0)) == []


def test_a_person_standing_aside_is_left_alone() -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.5 * max(0.0, t - 3.0)
        return [*lift(x, 6.0), seen_at("person", 10.0, 6.0 + TOUCH_M + 1.7, sigma_m=0.05)]

    assert announced(run(None, sights(seen, 20.0, sigma_m=0.03), 20.0)) == []


@pytest.mark.parametrize("sigma_m", [0.0, 0.03, 0.06])
def test_a_slinger_at_a_resting_load_is_left_alone(sigma_m: float) -> None:
    """Rigging for half a minute, touching the load, with the noise of real sensors."""

    def seen(t: float) -> list:  # type: ignore[type-arg]
        load = lift(10.0, 6.0, hook_m=1.3, sigma_m=max(sigma_m, 0.03))
        return [*load, seen_at("person", 10.85 + 0.1 * np.sin(t), 6.0, sigma_m=max(sigma_m, 0.05))]

    steps = run(None, sights(seen, 30.0, sigma_m=sigma_m), 30.0)
    assert [t for s in steps for t in s.transitions] == []
    assert all(s.snapshot.outputs["H1/permit"] for s in steps[10:])
    assert steps[-1].snapshot.hoists[0].phase is Phase.RIGGING


@pytest.mark.parametrize("sigma_m", [0.0, 0.03])
def test_an_operator_who_walks_beside_the_load_is_left_alone(sigma_m: float) -> None:
    """1.5 m of clear space beside a load at slow travel, a hand's height above the floor."""

    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.17 * max(0.0, t - 3.0)
        return [*lift(x, 6.0, hook_m=1.3 + 0.4), seen_at("person", x, 6.0 + TOUCH_M + 1.5, sigma_m=0.05)]

    steps = run(None, sights(seen, 40.0, sigma_m=sigma_m), 40.0)
    assert [(t.event, t.level.value, t.situation.value) for s in steps for t in s.transitions] == []


def test_a_person_passing_a_load_that_stands_is_left_alone() -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        return [*lift(10.0, 6.0, hook_m=1.3), seen_at("person", 2.0 + 1.3 * t, 7.2, sigma_m=0.05)]

    steps = run(None, sights(seen, 14.0, sigma_m=0.03), 14.0)
    assert [(t.event, t.situation.value) for s in steps for t in s.transitions] == []


def test_an_empty_hook_parked_high_disturbs_nobody() -> None:
    site = hall(0, [HOIST])

    def seen(t: float) -> list:  # type: ignore[type-arg]
        loaded = t < 1.0
        return [*lift(10.0, 6.0, hook_m=4.5, loaded=loaded), seen_at("person", 2.0 + 0.8 * t, 6.0, sigma_m=0.05)]

    steps = run(site, sights(seen, 18.0, sigma_m=0.02), 18.0)
    assert [t for s in steps for t in s.transitions if t.time_s > 6.0] == []
    assert steps[-1].snapshot.hoists[0].phase is Phase.IDLE


def test_a_passer_by_under_a_travelling_load_is_in_the_fall_zone_only() -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 6.0 + 0.4 * max(0.0, t - 2.0)
        return [*lift(x, 6.0, hook_m=4.5), seen_at("person", 10.0, 0.5 + 1.0 * max(0.0, t - 6.0), sigma_m=0.05)]

    steps = run(None, sights(seen, 20.0, sigma_m=0.03), 20.0)
    assert announced(steps) == []
    events = announced(steps, "fall_zone")
    assert events[0][1] == "raised"
    assert any(level == "danger" for _, _, level in events)
    assert events[-1][1] == "cleared"


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 25.0])
def test_danger_does_not_depend_on_the_frame_rate(rate_hz: float) -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.5 * max(0.0, t - 3.0)
        return [*lift(x, 6.0), seen_at("person", 12.0, 6.0, sigma_m=0.05)]

    steps = run(None, sights(seen, 20.0, rate_hz=rate_hz, sigma_m=0.0), 20.0)
    first = next(t for t, _, level in announced(steps) if level == "danger")
    assert first == pytest.approx(13.6, abs=2.0)


def test_policy_widens_the_margin() -> None:
    near = [Somebody(6.0 + TOUCH_M + 0.45, 6.0)]
    slow = hoist_state(vx_mps=0.12)
    strict = Policy(separation_floor_m=0.6)
    assert (
        worst(struck_by(scene(slow, near, policy=strict), strict)).rank
        >= worst(struck_by(scene(slow, near), POLICY)).rank
    )


def test_a_load_that_lands_before_anybody_comes_strikes_nobody() -> None:
    """It comes down at 0.12 m/s; the person needs two seconds more to it than the lower one to the floor."""
    comer = [Somebody(6.0 - 3.6, 6.0, 1.2, 0.0)]
    low, high = (hoist_state(hook_m=DROP_M + gap_m, vz_mps=-0.12, sigma_z_m=0.01) for gap_m in (0.16, 0.9))
    assert worst(struck_by(scene(low, comer, Phase.LOWERING), POLICY)) is Level.CLEAR
    assert worst(struck_by(scene(high, comer, Phase.LOWERING), POLICY)) is not Level.CLEAR


def set_off_lags_s(rate_hz: float, sigma_m: float) -> tuple[list[float], int]:
    """How late tracks show that somebody who stood walks at 1.2 m/s, and the most tracks there were of that one."""

    def seen(time_s: float) -> list[Observation]:
        return [seen_at("person", 2.0 + 1.2 * max(time_s - 4.0, 0.0), 6.0, sigma_m=sigma_m)]

    lags_s, most = [], 0
    for seed in range(10):
        steps = run(None, sights(seen, 6.0, rate_hz=rate_hz, sigma_m=sigma_m, seed=seed), 6.0)
        times = [s.snapshot.time_s for s in steps if any(p.speed_mps > 0.6 for p in s.snapshot.people)]
        lags_s.append(min(t for t in times if t > 4.0) - 4.0)
        most = max(most, *(len(s.snapshot.people) for s in steps))
    return lags_s, most


def test_a_track_shows_as_late_as_the_policy_says_that_somebody_sets_off() -> None:
    """Half of the speed is reckoned with so long after the first step; what waits for a stop includes that."""
    lags_s, most = set_off_lags_s(20.0, 0.1)
    assert np.median(lags_s) == pytest.approx(POLICY.track_lag_s, abs=0.15)
    assert max(lags_s) < 0.8
    assert most == 1


def test_who_sets_off_between_two_looks_of_one_source_stays_one_person() -> None:
    """A step of 0.2 m is outside of the gate of a track that stands for sure: it took 1.2 s and a second track."""
    lags_s, most = set_off_lags_s(6.0, 0.05)
    assert max(lags_s) < 0.7
    assert most == 1
