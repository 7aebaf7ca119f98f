"""Somebody between a load and something fixed is told before the gap is too narrow; who stands elsewhere is not."""

from __future__ import annotations

import pytest

from calibration.site import Structure
from safety.records import Level, Situation
from safety.situations.crush import Crush
from tests.safety.composite.moments import moment, transitions
from tests.safety.situations import HOIST, Somebody, hoist_state, lift, run, scene, sights
from tests.worlds import hall, seen_at

RACK = Structure(name="rack", polygon_m=((10.0, 3.0), (11.0, 3.0), (11.0, 9.0), (10.0, 9.0)), height_m=2.6)
KERB = Structure(name="kerb", polygon_m=((10.0, 3.0), (11.0, 3.0), (11.0, 9.0), (10.0, 9.0)), height_m=0.2)
SITE = hall(0, [HOIST], [RACK])
RULE = Crush(SITE)
AT_RACK = Somebody(9.6, 6.0)


def level(x_m: float, speed_mps: float, who: Somebody = AT_RACK, rule: Crush = RULE, **state: object) -> Level:
    hazards = rule(moment(scene(hoist_state(x_m=x_m, vx_mps=speed_mps, **state), [who])))
    return max((h.level for h in hazards), key=lambda v: v.rank, default=Level.CLEAR)


def test_levels_follow_the_time_that_is_left() -> None:
    # 0.5 m/s: 0.75 m of stop, and 0.5 m must be left between the load's side and the rack.
    assert level(5.0, 0.5) is Level.CLEAR
    assert level(6.9, 0.5).rank >= Level.CAUTION.rank
    assert level(7.5, 0.5) is Level.WARNING
    assert level(8.0, 0.5) is Level.DANGER


@pytest.mark.parametrize("who", [Somebody(9.6, 8.5), Somebody(6.5, 6.0), Somebody(11.6, 6.0), Somebody(8.0, 7.6)])
def test_who_is_not_between_is_not_told(who: Somebody) -> None:
    assert level(8.0, 0.5, who) is Level.CLEAR


def test_who_walks_into_the_gap_is_told() -> None:
    assert level(8.0, 0.5, Somebody(9.6, 8.2, 0.0, -1.2)) is Level.DANGER


def test_no_gap_closes_without_a_wall_a_low_load_or_a_way_to_it() -> None:
    assert level(8.0, 0.5, rule=Crush(hall(0, [HOIST], [KERB]))) is Level.CLEAR
    assert level(8.0, 0.5, hook_m=5.5) is Level.CLEAR
    assert level(8.0, -0.5) is Level.CLEAR
    assert level(8.0, 0.0, vy_mps=0.5) is Level.CLEAR
    assert level(8.8, 0.0) is Level.CLEAR


def test_end_to_end_alarm_stop_and_clearing() -> None:
    def seen(time_s: float) -> list:  # type: ignore[type-arg]
        away_m = 1.2 * max(0.0, time_s - 11.0)
        return [*lift(4.0 + 0.5 * min(time_s, 9.0), 6.0), seen_at("person", 9.6, 6.0 - away_m, sigma_m=0.05)]

    steps = run(SITE, sights(seen, 17.0, sigma_m=0.02), 17.0)
    told = transitions(steps, Situation.CRUSH)
    assert told[0].event == "raised"
    assert (told[0].person, told[0].source) == ("P1", "rack")
    assert 3.5 < told[0].time_s < 7.0
    danger = next(t for t in told if t.level is Level.DANGER)
    # The gap is 0.5 m wide at 10 s if nobody stops the hoist.
    assert danger.time_s < 8.6
    assert "0.5 m needed" in danger.reason
    assert told[-1].event == "cleared"
    assert told[-1].time_s < 14.0
