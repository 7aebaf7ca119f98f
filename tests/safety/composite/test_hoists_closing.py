"""Two hoists that drive towards each other are slowed and stopped in time, and otherwise left alone."""

from __future__ import annotations

from safety.records import Level, Situation
from safety.situations.hoists_closing import hoists_closing
from tests.safety.composite.moments import moment, transitions
from tests.safety.situations import hoist_state, lift, run, scene, sights
from tests.worlds import bridge, hall

FIRST, SECOND = bridge("H1"), bridge("H2")
SITE = hall(0, [FIRST, SECOND])


def judged(
    apart_m: float, first_mps: float = 0.5, second_mps: float = -0.5, hook_m: float = 2.3, aside_m: float = 0.0
) -> list[Level]:
    a = scene(hoist_state(FIRST, 6.0, 6.0, 2.3, first_mps), [], hoist=FIRST)
    b = scene(hoist_state(SECOND, 6.0 + apart_m, 6.0 + aside_m, hook_m, second_mps), [], hoist=SECOND)
    return [h.level for h in hoists_closing(moment(a, b))]


def test_levels_follow_the_time_that_is_left() -> None:
    # Loads of 0.5 m radius: 3.0 m between hooks are 2.0 m of gap, which two hoists of 0.5 m/s need to stop.
    assert judged(9.0) == []
    assert judged(4.2) == [Level.WARNING, Level.WARNING]
    assert judged(3.0) == [Level.DANGER, Level.DANGER]


def test_slow_hoists_are_warned_by_a_caution_only() -> None:
    assert set(judged(1.9, 0.17, -0.17)) == {Level.CAUTION}


def test_only_the_one_that_travels_is_told() -> None:
    a = scene(hoist_state(FIRST, 6.0, 6.0, 2.3, 0.5), [], hoist=FIRST)
    b = scene(hoist_state(SECOND, 7.8, 6.0, 2.3), [], hoist=SECOND)
    (hazard,) = hoists_closing(moment(a, b))
    assert (hazard.hoist, hazard.source, hazard.level) == ("H1", "H2", Level.DANGER)
    assert hazard.gap_m is not None
    assert abs(hazard.gap_m - 0.8) < 1e-6


def test_passing_beside_and_driving_apart_are_quiet() -> None:
    assert judged(4.0, aside_m=3.5) == []
    assert judged(1.5, -0.5, 0.5) == []
    assert judged(1.2, 0.0, 0.0) == []


def test_a_load_above_another_still_meets_its_rope() -> None:
    """Hooks 0.9 m apart at their nearest: two loads of 0.5 m radius touch, a load and a rope do not."""
    assert judged(3.0, aside_m=0.9, hook_m=2.3) != []
    assert judged(3.0, aside_m=0.9, hook_m=5.8) == []
    assert judged(3.0, aside_m=0.3, hook_m=5.8) != []


def test_end_to_end_alarm_stop_and_clearing() -> None:
    def seen(time_s: float) -> list:  # type: ignore[type-arg]
        # Towards each other at 0.5 m/s until 8 s, 1.6 m apart; then apart again.
        way = 0.5 * time_s if time_s < 8.0 else 0.5 * (16.0 - time_s)
        return [*lift(5.0 + way, 6.0, hoist=FIRST), *lift(14.6 - way, 6.0, hoist=SECOND)]

    steps = run(SITE, sights(seen, 14.0), 14.0)
    told = transitions(steps, Situation.HOISTS_CLOSING)
    raised = [t for t in told if t.event == "raised"]
    assert {t.hoist for t in raised} == {"H1", "H2"}
    assert all(4.0 < t.time_s < 7.0 for t in raised)
    assert all(any(t.level is Level.DANGER for t in told if t.hoist == name) for name in ("H1", "H2"))
    assert all(8.0 < t.time_s < 11.0 for t in told if t.event == "cleared")
    assert "together they need" in raised[0].reason
    stopped = [s.snapshot.time_s for s in steps if s.snapshot.time_s > 2.0 and not s.snapshot.outputs["H1/permit"]]
    assert stopped
    assert min(stopped) < 7.5
