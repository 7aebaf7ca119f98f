"""Delays in seconds, and the operator's states of ISA-18.2."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.policy import Policy
from safety.alarms import AlarmBook, Ladder
from safety.records import Acknowledge, AlarmState, AlarmTransition, Hazard, Level, Shelve, Situation

POLICY = Policy(on_delay_s=0.2, off_delay_s=1.5, shelve_limit_s=600.0)
LEVELS = list(Level)


def hazard(level: Level = Level.DANGER, person: str = "P1") -> Hazard:
    return Hazard(situation=Situation.STRUCK_BY, level=level, hoist="H1", person=person, gap_m=1.0)


class Clock:
    """An alarm book that is stepped every 0.1 s."""

    def __init__(self) -> None:
        self.book = AlarmBook(POLICY)
        self.now_s = 0.0
        self.log: list[AlarmTransition] = []

    def run(self, seconds: float, *hazards: Hazard) -> None:
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            self.log += self.book.step(self.now_s, hazards, {})

    @property
    def states(self) -> list[AlarmState]:
        return [a.state for a in self.book.alarms(self.now_s)]


@given(
    st.lists(st.tuples(st.sampled_from(LEVELS), st.floats(0.02, 2.0)), min_size=1, max_size=30),
    st.sampled_from([0.02, 0.05, 0.1]),
)
def test_ladder_never_runs_ahead_of_what_was_judged(parts: list[tuple[Level, float]], tick_s: float) -> None:
    ladder = Ladder(POLICY, 1.0)
    raw: list[tuple[float, Level]] = []
    now_s = 0.0
    for level, length_s in parts:
        for _ in range(max(1, round(length_s / tick_s))):
            now_s += tick_s
            raw.append((now_s, level))
            before = ladder.level
            after = ladder.step(now_s, level)
            if after.rank > before.rank:
                delay_s = POLICY.on_delay_s if after is Level.DANGER else 2 * POLICY.on_delay_s
                held = [lv for t, lv in raw if t >= now_s - delay_s + tick_s / 2]
                assert all(lv.rank >= after.rank for lv in held)
            if after.rank < before.rank:
                away = [lv for t, lv in raw if t > now_s - POLICY.off_delay_s + tick_s / 2]
                assert all(lv.rank < before.rank for lv in away)


@pytest.mark.parametrize("tick_s", [0.02, 0.05, 0.1])
def test_a_danger_is_announced_after_its_delay_whatever_the_tick(tick_s: float) -> None:
    ladder = Ladder(POLICY, 1.0)
    ticks = 1
    while ladder.step(ticks * tick_s, Level.DANGER) is Level.CLEAR:
        ticks += 1
    assert (ticks - 1) * tick_s == pytest.approx(POLICY.on_delay_s, abs=tick_s + 1e-9)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 3.0])
def test_what_is_known_to_have_lasted_counts_into_the_delay(share: float) -> None:
    ladder = Ladder(POLICY, 1.0)
    now_s = 7.0
    while ladder.step(now_s, Level.DANGER, share * POLICY.on_delay_s) is Level.CLEAR:
        now_s += 0.01
    assert now_s - 7.0 == pytest.approx(max(0.0, 1.0 - share) * POLICY.on_delay_s, abs=0.011)


def test_one_tick_of_danger_announces_nothing() -> None:
    clock = Clock()
    clock.run(0.1, hazard())
    clock.run(3.0)
    assert clock.log == []
    assert clock.states == []


def test_raise_escalate_ease_clear() -> None:
    clock = Clock()
    clock.run(1.0, hazard(Level.CAUTION))
    clock.run(1.0, hazard(Level.DANGER))
    clock.run(2.0, hazard(Level.WARNING))
    clock.run(2.0)
    assert [t.event for t in clock.log] == ["raised", "escalated", "eased", "cleared"]
    assert [t.level for t in clock.log] == [Level.CAUTION, Level.DANGER, Level.WARNING, Level.DANGER]
    assert {t.alarm for t in clock.log} == {"a-1"}
    assert all(a.time_s < b.time_s for a, b in pairwise(clock.log))


def test_acknowledged_then_returned_leaves_the_list() -> None:
    clock = Clock()
    clock.run(1.0, hazard())
    assert clock.states == [AlarmState.UNACKNOWLEDGED]
    assert clock.book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm="a-1"), clock.now_s) is None
    assert clock.states == [AlarmState.ACKNOWLEDGED]
    clock.run(2.0)
    assert clock.states == []


def test_returned_without_acknowledgement_stays_until_somebody_has_seen_it() -> None:
    clock = Clock()
    clock.run(1.0, hazard())
    clock.run(5.0)
    assert clock.states == [AlarmState.RETURNED]
    clock.book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm="a-1"), clock.now_s)
    clock.run(0.1)
    assert clock.states == []


def test_an_acknowledged_alarm_that_escalates_asks_again() -> None:
    clock = Clock()
    clock.run(1.0, hazard(Level.CAUTION))
    clock.book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm="a-1"), clock.now_s)
    clock.run(1.0, hazard(Level.DANGER))
    assert clock.states == [AlarmState.UNACKNOWLEDGED]


def test_a_new_occurrence_gets_a_new_number() -> None:
    clock = Clock()
    for _ in range(2):
        clock.run(1.0, hazard())
        clock.book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm=f"a-{clock.log[-1].alarm[2:]}"), clock.now_s)
        clock.run(3.0)
    assert [t.alarm for t in clock.log if t.event == "raised"] == ["a-1", "a-2"]


def test_shelving_is_limited_hides_the_tone_and_frees_no_output() -> None:
    clock = Clock()
    clock.run(1.0, hazard())
    assert clock.book.audible(clock.now_s) is Level.DANGER
    assert clock.book.shelve(shelved(60.0), clock.now_s) is None
    assert clock.states == [AlarmState.SHELVED]
    assert clock.book.audible(clock.now_s) is Level.CLEAR
    assert [level for _, level in clock.book.announced()] == [Level.DANGER]
    clock.run(61.0, hazard())
    assert clock.states == [AlarmState.UNACKNOWLEDGED]
    assert clock.book.audible(clock.now_s) is Level.DANGER


def test_shelving_can_be_ended() -> None:
    clock = Clock()
    clock.run(1.0, hazard())
    clock.book.shelve(shelved(60.0), clock.now_s)
    assert clock.book.shelve(shelved(0.0), clock.now_s) is None
    assert clock.states == [AlarmState.UNACKNOWLEDGED]


@pytest.mark.parametrize(
    ("for_s", "why", "words"),
    [
        (601.0, "maintenance", "600"),
        (-1.0, "maintenance", "0 to"),
        (float("nan"), "maintenance", "0 to"),
        (60.0, "  ", "reason"),
    ],
)
def test_shelving_beyond_its_rules_is_refused(for_s: float, why: str, words: str) -> None:
    clock = Clock()
    clock.run(1.0, hazard())
    refusal = clock.book.shelve(shelved(for_s, why), clock.now_s)
    assert refusal is not None
    assert words in refusal.reason
    assert clock.states == [AlarmState.UNACKNOWLEDGED]


def test_commands_on_unknown_alarms_are_refused() -> None:
    book = AlarmBook(POLICY)
    assert book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm="a-9"), 0.0) is not None
    assert book.acknowledge(Acknowledge(time_s=0.0, by="me", alarm=""), 0.0) is not None
    assert book.shelve(shelved(10.0), 0.0) is not None


def test_each_person_has_an_alarm_of_their_own_and_the_worst_comes_first() -> None:
    clock = Clock()
    clock.run(1.0, hazard(Level.CAUTION, "P1"), hazard(Level.DANGER, "P2"))
    assert [(a.person, a.level) for a in clock.book.alarms(clock.now_s)] == [
        ("P2", Level.DANGER),
        ("P1", Level.CAUTION),
    ]


def shelved(for_s: float, why: str = "maintenance") -> Shelve:
    return Shelve(time_s=0.0, by="me", alarm="a-1", for_s=for_s, reason=why)
