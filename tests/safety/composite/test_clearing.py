"""What loads do by themselves is raised while the danger lasts, and cleared once it has passed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from safety.alarms import AlarmBook
from safety.records import AlarmTransition, Level, Phase, Situation
from safety.situations.moment import Rule
from safety.situations.side_pull import side_pull
from safety.situations.sling_slip import SlingSlip
from safety.situations.snag import Snag
from safety.situations.topple import Topple
from tests.safety.composite.moments import moment
from tests.safety.composite.test_sling_slip import slips
from tests.safety.composite.test_snag import LOAD_Z_M, caught_series, trolley_x_m
from tests.safety.composite.test_topple import CABINET, rises
from tests.safety.composite.walks import TICK_S, hanging
from tests.safety.situations import HOIST, POLICY, Somebody, scene
from tests.worlds import hall
from tracking.records import HoistState

SITE = hall(0, [HOIST])
State = Callable[[float], HoistState]
CAUGHT = caught_series(4.0, 7.0)


def logged(
    rule: Rule, state: State, until_s: float, who: Callable[[float], Somebody], phase: Phase
) -> Sequence[AlarmTransition]:
    """The alarm log of one rule over a series."""
    book, out = AlarmBook(POLICY), []
    for tick in range(round(until_s / TICK_S)):
        now_s = tick * TICK_S
        hazards = rule(moment(scene(state(now_s), [who(now_s)], phase), now_s=now_s))
        out += book.step(now_s, hazards, {})
    return out


def beside(_: float) -> Somebody:
    return Somebody(7.3, 6.0)


def pulled(now_s: float) -> HoistState:
    """Lifts from 2 s on with the load 0.9 m aside; from 4 s on the trolley comes above it, and lifts again."""
    trolley = 6.0 - min(0.9, 0.3 * max(0.0, now_s - 4.0))
    lifts = 2.0 <= now_s < 4.0 or 8.0 <= now_s < 9.0
    return hanging(now_s, trolley, 5.1, 2.2, 0.4, vz_mps=0.1 if lifts else 0.0, load_resting=True)


def caught(now_s: float) -> HoistState:
    return hanging(now_s, trolley_x_m(now_s), CAUGHT[round(now_s * 10)], load_z_m=LOAD_Z_M)


def slipped(now_s: float) -> HoistState:
    """A slip at 6 s; at 9 s the load is set down."""
    if now_s < 9.0:
        return hanging(now_s, 6.0, 6.0, 3.0, slips(0.2)(now_s))
    return hanging(now_s, 6.0, 6.0, 1.3, 0.4, load_resting=True)


def left_standing(now_s: float) -> HoistState:
    """The hook leaves a slender load at 5 s."""
    return hanging(now_s, 6.0, 6.0, rises(5.0, 2.6)(now_s), 0.9, load_resting=True, x_m=6.0, **CABINET)


def steps_back(now_s: float) -> Somebody:
    return Somebody(6.0, 7.0 + min(3.0, max(0.0, now_s - 8.0)))


CASES = {
    Situation.SIDE_PULL: (side_pull, pulled, 12.0, beside, Phase.RIGGING, (2.0, 4.0), 8.0),
    Situation.SNAG: (Snag(SITE), caught, 9.9, beside, Phase.TRAVELLING, (4.0, 6.5), 9.8),
    Situation.SLING_SLIP: (SlingSlip(SITE), slipped, 14.0, beside, Phase.LOWERING, (6.0, 7.0), 11.0),
    Situation.TOPPLE: (Topple(SITE), left_standing, 15.0, steps_back, Phase.RIGGING, (5.0, 6.5), 12.0),
}


@pytest.mark.parametrize("situation", CASES)
def test_it_is_raised_while_the_danger_lasts_and_cleared_when_it_has_passed(situation: Situation) -> None:
    rule, state, until_s, who, phase, (from_s, latest_s), over_s = CASES[situation]
    log = logged(rule, state, until_s, who, phase)
    assert {t.situation for t in log} == {situation}
    assert log[0].event == "raised"
    assert from_s <= log[0].time_s <= latest_s
    assert max(t.level.rank for t in log) >= Level.WARNING.rank
    cleared = [t.time_s for t in log if t.event == "cleared"]
    assert len(cleared) == 1
    assert log[-1].event == "cleared"
    assert cleared[0] <= over_s
