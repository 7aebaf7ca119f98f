"""Speed limit near people: who holds a hoist back, from how far, and that it is quiet."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.records import Level, Phase
from safety.speed_limit import SpeedLimits, full_speed_needs_m, near_ids, within_full_speed
from safety.stopping import stop_now
from tests.safety.situations import HOIST, POLICY, Somebody, hoist_state, lift, run, scene, sights
from tests.worlds import seen_at
from tracking.records import Observation

TOUCH_M = HOIST.load_radius_m + POLICY.person_radius_m
FAST_MPS = HOIST.travel_speed_mps[1]


def needs_m(somebody: Somebody, vx_mps: float = 0.0) -> float:
    (need,) = full_speed_needs_m(scene(hoist_state(vx_mps=vx_mps), [somebody]), POLICY)
    return float(need)


def limited(gap_m: float, vx_mps: float = 0.0, phase: Phase = Phase.TRAVELLING, **changes: object) -> bool:
    s = scene(hoist_state(vx_mps=vx_mps, **changes), [Somebody(6.0 + TOUCH_M + gap_m, 6.0)], phase)  # type: ignore[arg-type]
    return bool(within_full_speed(s, POLICY)[0])


def test_who_stands_where_a_stop_from_full_speed_ends_holds_back_a_load_that_hangs() -> None:
    stop = stop_now(FAST_MPS, 7.0 - 2.3, 0.0, HOIST, POLICY)
    need = needs_m(Somebody(9.0, 6.0))
    assert need == pytest.approx(stop.distance_m + stop.swing_m + 2 * (0.05 + 0.05))
    assert limited(need - 0.01)
    assert not limited(need + 0.01)


def test_a_load_that_goes_away_or_past_needs_less() -> None:
    ahead, beside, behind = (needs_m(Somebody(x, y), FAST_MPS) for x, y in ((9.0, 6.0), (6.0, 9.0), (3.0, 6.0)))
    assert ahead > beside > 0.3
    assert behind == pytest.approx(beside), "its swing stays"
    assert limited(1.0, FAST_MPS)
    assert not limited(1.0, -FAST_MPS)


def test_who_follows_with_the_pendant_does_not_slow_it() -> None:
    """Two metres behind and as fast as the load."""
    follower = Somebody(6.0 - TOUCH_M - 2.0, 6.0, FAST_MPS, 0.0)
    assert not within_full_speed(scene(hoist_state(vx_mps=FAST_MPS), [follower]), POLICY).any()


def test_who_comes_is_reckoned_with_earlier() -> None:
    stop = stop_now(FAST_MPS, 7.0 - 2.3, 0.0, HOIST, POLICY)
    standing, coming = needs_m(Somebody(9.0, 6.0)), needs_m(Somebody(9.0, 6.0, -1.2, 0.0))
    assert coming - standing == pytest.approx(1.2 * stop.time_s)


@given(
    angle=st.floats(-math.pi, math.pi),
    speed_mps=st.floats(0.0, 2.0),
    faster_mps=st.floats(0.0, 1.0),
    vx_mps=st.floats(0.0, 0.67),
)
def test_whoever_closes_in_faster_needs_no_less(
    angle: float, speed_mps: float, faster_mps: float, vx_mps: float
) -> None:
    x, y = 6.0 + 3.0 * math.cos(angle), 6.0 + 3.0 * math.sin(angle)
    slow, fast = (
        needs_m(Somebody(x, y, -v * math.cos(angle), -v * math.sin(angle)), vx_mps)
        for v in (speed_mps, speed_mps + faster_mps)
    )
    assert fast >= slow - 1e-9


def test_what_cannot_strike_goes_as_fast_as_it_likes() -> None:
    assert limited(0.5)
    assert not limited(0.5, hook_m=5.5), "over heads"
    assert not limited(0.5, phase=Phase.RIGGING), "a load that is being slung"
    assert not limited(0.5, load_resting=True), "one that stands"
    assert not limited(0.5, carrying="empty"), "an empty hook that hangs still"
    assert limited(0.5, FAST_MPS, carrying="empty", hook_m=1.5), "one that travels low"
    assert not within_full_speed(scene(hoist_state(), []), POLICY).any()


def test_who_stands_on_a_platform_is_reckoned_with_from_there() -> None:
    """The load hangs at 2.5 m, over heads on the floor and at the chest of somebody on a platform of 1.5 m."""
    s = scene(hoist_state(hook_m=3.8), [Somebody(6.0 + TOUCH_M + 0.5, 6.0)])
    assert near_ids(s, POLICY) == ()
    raised = replace(s, people=tuple(msgspec.structs.replace(p, floor_m=1.5) for p in s.people))
    assert near_ids(raised, POLICY) == ("P1",)


def test_it_comes_soon_and_goes_late() -> None:
    limits = SpeedLimits(POLICY)
    near, far = (scene(hoist_state(), [Somebody(6.0 + TOUCH_M + gap, 6.0)]) for gap in (0.6, 4.0))
    told = {}
    for tick in range(60):
        at_s = tick * POLICY.tick_s
        told[tick] = limits.step(at_s, [near if 10 <= tick < 20 else far])
    first, last = (pick(t for t in told if told[t]) for pick in (min, max))
    assert first == 10 + round(POLICY.on_delay_s / POLICY.tick_s)
    assert last == 18 + round(POLICY.off_delay_s / POLICY.tick_s)
    assert told[first] == told[last] == {"H1": ("P1",)}


def test_the_engine_slows_a_hoist_at_its_slinger_without_an_alarm() -> None:
    """A load is lifted and hangs, its slinger beside it until 12 s, who then steps back."""

    def seen(time_s: float) -> list[Observation]:
        hook_m = 1.3 + min(max(time_s - 2.0, 0.0) * 0.12, 0.6)
        gap_m = 0.7 + min(max(time_s - 12.0, 0.0) * 0.8, 4.0)
        return [*lift(6.0, 6.0, hook_m), seen_at("person", 6.0 + TOUCH_M + gap_m, 6.0, sigma_m=0.05)]

    steps = run(None, sights(seen, 22.0, sigma_m=0.02), 22.0)
    slow = [s.snapshot.time_s for s in steps if s.snapshot.time_s > 1.0 and not s.snapshot.outputs["H1/slow"]]
    assert slow
    assert 2.0 < slow[0] < 8.0
    assert 13.0 < slow[-1] < 18.0
    assert all(s.snapshot.outputs["H1/permit"] for s in steps if s.snapshot.time_s > 1.0)
    assert all(s.snapshot.level is Level.CLEAR for s in steps)
    held = next(s for s in steps if s.snapshot.time_s >= slow[3])
    assert held.snapshot.hoists[0].near == ("P1",)
    assert held.snapshot.hoists[0].slow
