"""A load that swings below a trolley at rest: who is in its way is told while there is time to step back."""

from __future__ import annotations

import math

import pytest

from safety.records import Level, Phase, Situation
from safety.situations.swing import swing
from tests.safety.composite.moments import moment, transitions
from tests.safety.situations import HOIST, POLICY, Somebody, hoist_state, lift, run, scene, sights
from tests.worlds import hall, seen_at

TOUCH_M = HOIST.load_radius_m + POLICY.person_radius_m
ROPE_M = 7.0 - 2.3


def level(who: Somebody, sway_m: float = 0.5, speed_mps: float = 0.0, hook_m: float = 2.3, **state: object) -> Level:
    angle = math.asin(sway_m / (7.0 - hook_m))
    swinging = hoist_state(
        vx_mps=speed_mps, hook_m=hook_m, sway_amplitude_m=abs(sway_m), sway_x_rad=angle, x_m=6.0, **state
    )
    hazards = swing(moment(scene(swinging, [who], Phase.TRAVELLING)))
    return max((h.level for h in hazards), key=lambda v: v.rank, default=Level.CLEAR)


def test_who_is_within_the_swing_is_told_by_the_time_that_is_left() -> None:
    assert level(Somebody(6.0 + TOUCH_M + 0.25, 6.0)) is Level.DANGER
    # On the other side it comes half a period, 2.2 s, later, and hardly so far.
    assert level(Somebody(6.0 - TOUCH_M - 0.7, 6.0)) is Level.WARNING
    assert level(Somebody(6.0, 6.0 + TOUCH_M + 1.0)) is Level.CLEAR
    assert level(Somebody(6.0 + TOUCH_M + 1.6, 6.0)) is Level.CLEAR


def test_only_a_swing_that_counts_is_one() -> None:
    near = Somebody(6.0 + TOUCH_M + 0.05, 6.0)
    assert level(near, 0.1) is Level.CLEAR
    assert level(near, 0.3, sigma_m=0.2) is Level.CLEAR
    assert level(near, 0.5, hook_m=5.5) is Level.CLEAR
    assert level(near, 0.5, hook_m=1.3) is Level.CLEAR, "the load stands, only its hook sways"


def test_while_it_travels_struck_by_speaks_for_it() -> None:
    assert level(Somebody(6.0 + TOUCH_M + 0.25, 6.0), speed_mps=0.5) is Level.CLEAR


def test_end_to_end_after_a_stop_and_until_it_hangs_still() -> None:
    """A hook stops hard at 6 s and swings by 0.6 m until it is steadied; somebody comes close, and leaves."""
    omega = math.sqrt(9.81 / ROPE_M)

    def seen(time_s: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.6 * min(time_s, 6.0)
        if time_s > 6.0:
            fade = 1.0 if time_s < 16.0 else math.exp(-(time_s - 16.0))
            x += 0.6 / omega * math.sin(omega * (time_s - 6.0)) * fade
        y = max(6.1, 9.5 - 1.1 * max(0.0, time_s - 6.5))
        return [*lift(x, 6.0), seen_at("trolley", min(x, 7.6) if time_s < 6 else 7.6, 6.0, 7.0, 0.02),
                seen_at("person", 8.75, y, sigma_m=0.05)]  # fmt: skip

    steps = run(hall(0, [HOIST]), sights(seen, 26.0, sigma_m=0.01), 26.0)
    told = transitions(steps, Situation.SWING)
    assert told[0].event == "raised"
    assert 6.5 < told[0].time_s < 10.0
    assert "swings by 0." in told[0].reason
    assert any(t.level is Level.DANGER for t in told)
    assert told[-1].event == "cleared"
    assert 16.0 < told[-1].time_s < 22.0
    assert told[-1].time_s == pytest.approx(max(t.time_s for t in told))
