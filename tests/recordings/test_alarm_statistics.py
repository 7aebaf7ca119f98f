"""Past alarms from a real audit log, and their figures against brute force."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.alarm_history import History, PastAlarm, history_of
from recordings.alarm_statistics import close_calls, counts_by, counts_by_shift, counts_by_zone, statistics_of
from safety.audit import AuditLog
from safety.records import Level

T0 = 1_800_000_000.0


def alarm(raised_s: float, situation: str = "struck_by", hoist: str = "H1", **other: object) -> PastAlarm:
    given_ = {
        "id": "a", "person": "P1", "worst": Level.WARNING, "cleared_s": raised_s + 5.0, "acknowledged_s": None,
        "acknowledged_by": "", "shelved": False, "reason": "",
    } | other  # fmt: skip
    return PastAlarm(situation=situation, hoist=hoist, raised_s=raised_s, **given_)  # type: ignore[arg-type]


def told(event: str, name: str, level: str, **other: object) -> dict[str, object]:
    base = {"alarm": name, "event": event, "level": level, "situation": "struck_by", "hoist": "H1", "person": "P1"}
    return base | {"time_s": 1.0, "reason": "near"} | other


def judged(name: str, raised_s: float, verdict: str, comment: str) -> dict[str, object]:
    by = {"by": "kim@console-1", "time_s": 1.0}
    return {"alarm": name, "raised_wall_s": T0 + raised_s, "verdict": verdict, "comment": comment} | by


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    with AuditLog(tmp_path / "audit.sqlite") as log:
        yield log


def test_an_alarm_is_followed_from_raised_to_cleared(log: AuditLog) -> None:
    blind = told("raised", "a-2", "warning", situation="camera_blind", source="cam1", hoist=None)
    rows = [
        (0.0, "engine", "engine", "start", {}),
        (10.0, "engine", "engine", "alarm", told("raised", "a-1", "caution")),
        (11.0, "engine", "engine", "alarm", told("escalated", "a-1", "danger")),
        (12.0, "engine", "engine", "alarm", blind),
        (14.0, "console", "console-1", "acknowledge", {"alarm": "a-1", "by": "kim@console-1", "time_s": 1.0}),
        (15.0, "console", "console-1", "acknowledge", {"alarm": "a-1", "by": "lee@console-1", "time_s": 1.0}),
        (16.0, "console", "console-1", "shelve", {"alarm": "a-2", "by": "kim@console-1", "for_s": 60.0}),
        (17.0, "engine", "engine", "alarm", told("eased", "a-1", "warning")),
        (18.0, "engine", "engine", "alarm", told("cleared", "a-1", "clear")),
        (19.0, "engine", "engine", "alarm", {"not": "one"}),
        (19.5, "console", "console-1", "acknowledge", {"alarm": "a-99"}),
        (20.0, "engine", "engine", "stop", {}),
        (50.0, "engine", "engine", "start", {}),
        (60.0, "engine", "engine", "alarm", told("raised", "a-1", "danger")),
        (61.0, "console", "console-1", "verdict", judged("a-1", 10.0, "nuisance", "a bird")),
        (62.0, "console", "console-1", "verdict", judged("a-1", 10.0, "near_miss", "he jumped")),
        (63.0, "console", "console-1", "verdict", judged("a-1", 30.0, "true", "")),
        (64.0, "engine", "engine", "alarm", told("cleared", "a-1", "clear")),
        (65.0, "engine", "engine", "alarm", told("raised", "a-1", "caution")),
    ]  # fmt: skip
    for wall_s, role, name, what, detail in rows:
        log.append(T0 + wall_s, wall_s, role, name, what, detail)
    history = history_of(log.rows())
    assert history.runs == ((T0, T0 + 20.0), (T0 + 50.0, T0 + 65.0))
    assert history.to_s == T0 + 65.0
    first, second, third, again = history.alarms
    assert (first.id, first.worst, first.raised_s, first.cleared_s) == ("a-1", Level.DANGER, T0 + 10.0, T0 + 18.0)
    assert (first.acknowledged_s, first.acknowledged_by, first.shelved) == (T0 + 14.0, "kim@console-1", False)
    assert (second.hoist, second.situation, second.shelved) == ("cam1", "camera_blind", True)
    assert second.cleared_s == T0 + 20.0, "over with its run"
    assert (third.id, third.cleared_s, third.verdict) == ("a-1", T0 + 64.0, "")
    assert (first.verdict, first.comment, first.verdict_by) == ("near_miss", "he jumped", "kim@console-1")
    assert (again.id, again.worst, again.cleared_s) == ("a-1", Level.CAUTION, None), "its name comes again"


def test_no_rows_are_no_history() -> None:
    empty = history_of([])
    assert (empty.alarms, empty.runs, empty.to_s) == ((), (), 0.0)
    figures = statistics_of(empty, T0, T0 + 60.0)
    assert (figures.count, figures.per_day, figures.acknowledge_p50_s) == (0, None, None)
    assert all(limit.value is None and limit.kept for limit in figures.limits())


def test_figures_of_a_shift() -> None:
    quiet = [alarm(3600.0 * k, acknowledged_s=3600.0 * k + k + 1.0) for k in range(8)]
    blinking = [alarm(9000.0 + 20.0 * k, "camera_blind", "cam1", worst=Level.DANGER) for k in range(6)]
    history = History(tuple(sorted(quiet + blinking, key=lambda a: a.raised_s)), ((0.0, 28_800.0),))
    figures = statistics_of(history, 0.0, 28_800.0)
    assert (figures.count, figures.watched_s) == (14, 28_800.0)
    assert figures.by_level == {Level.CAUTION: 0, Level.WARNING: 8, Level.DANGER: 6}
    assert (figures.busiest, figures.flood_s, figures.chatters) == (6, 0.0, 2)
    assert (figures.acknowledged, figures.acknowledge_p50_s, figures.acknowledge_p95_s) == (8, 4.0, 8.0)
    assert [(k.situation, k.count, k.chatters) for k in figures.kinds] == [("struck_by", 8, 0), ("camera_blind", 6, 2)]
    values = {limit.name: (limit.value, limit.kept) for limit in figures.limits()}
    assert values["per_day"] == (42.0, True)
    assert values["per_10_min"] == (pytest.approx(14 / 48), True)
    assert values["chatter"] == (2.0, False)
    assert values["danger_share"] == (pytest.approx(6 / 14), False)


def test_only_the_time_in_which_an_engine_ran_is_watched() -> None:
    history = History((alarm(50.0), alarm(250.0)), ((0.0, 100.0), (200.0, 300.0)))
    assert statistics_of(history, 80.0, 260.0).watched_s == 80.0
    assert statistics_of(history, 80.0, 260.0).count == 1
    assert [sum(n.values()) for n in counts_by(history, [0.0, 50.0, 100.0, 400.0])] == [0, 1, 1]


def test_an_alarm_of_more_than_a_day_is_stale() -> None:
    standing = alarm(0.0, cleared_s=None)
    over = alarm(10.0, cleared_s=86_400.0)
    history = History((standing, over), ((0.0, 90_000.0),))
    assert statistics_of(history, 0.0, 90_000.0).stale == 1


@given(st.lists(st.floats(0.0, 4000.0), max_size=60))
def test_floods_against_brute_force(times: list[float]) -> None:
    times.sort()
    history = History(tuple(alarm(t) for t in times), ((0.0, 5000.0),))
    figures = statistics_of(history, 0.0, 5000.0)
    assert figures.busiest == max((sum(t - 600.0 <= u <= t for u in times) for t in times), default=0)
    # Every change of the count of the last ten minutes, and what it is between two changes.
    edges = sorted({*times, *(t + 600.0 for t in times)})
    flood_s = sum(b - a for a, b in itertools.pairwise(edges) if sum(t <= a and t + 600.0 > a for t in times) > 10)
    assert figures.flood_s == pytest.approx(flood_s, abs=1e-6)


@given(st.lists(st.floats(0.0, 600.0), max_size=40))
def test_chatter_never_counts_an_alarm_twice(times: list[float]) -> None:
    times.sort()
    figures = statistics_of(History(tuple(alarm(t) for t in times), ((0.0, 600.0),)), 0.0, 601.0)
    assert 3 * figures.chatters <= len(times)
    close = any(np.array(times[k + 2]) - times[k] < 60.0 for k in range(len(times) - 2))
    assert (figures.chatters > 0) == close


def test_alarms_by_shift_and_zone() -> None:
    day = dt.datetime(2026, 11, 20).timestamp()
    alarms = (
        alarm(day + 2 * 3600.0, at_m=(1.0, 1.0), zones=("aisle",)),
        alarm(day + 7 * 3600.0, worst=Level.DANGER, at_m=(1.0, 2.0), zones=("aisle", "dock")),
        alarm(day + 15 * 3600.0, at_m=(5.0, 5.0)),
        alarm(day + 15.5 * 3600.0),
        alarm(day + 16 * 3600.0, worst=Level.CLEAR),
        alarm(day + 25 * 3600.0),
    )
    history, span = History(alarms, ((day, day + 90_000.0),)), (day, day + 86_400.0)
    shifts = counts_by_shift(history, span, ("06:00", "14:00", "22:00"))
    assert {start: sum(counts.values()) for start, counts in shifts.items()} == {"06:00": 1, "14:00": 2, "22:00": 1}
    assert shifts["06:00"][Level.DANGER] == 1
    zones = counts_by_zone(history, span, ("walkway",))
    assert {zone: sum(c.values()) for zone, c in zones.items()} == {"walkway": 0, "aisle": 2, "dock": 1, "": 1, "?": 1}


def test_close_calls_are_dangers_and_what_people_hold_for_near_misses() -> None:
    alarms = (
        alarm(T0, worst=Level.DANGER, at_m=(1.0, 1.0)),
        alarm(T0 + 1, worst=Level.DANGER, at_m=(1.0, 1.0), verdict="nuisance"),
        alarm(T0 + 2, verdict="near_miss", at_m=(2.0, 1.0)),
        alarm(T0 + 3, at_m=(3.0, 1.0)),
        alarm(T0 + 4, worst=Level.DANGER),
        alarm(T0 + 5, worst=Level.DANGER, person="", at_m=(4.0, 1.0)),
        alarm(T0 + 60, worst=Level.DANGER, at_m=(1.0, 1.0)),
    )
    placed, unplaced = close_calls(History(alarms, ((T0, T0 + 99.0),)), (T0, T0 + 60.0))
    assert [a.at_m for a in placed] == [(1.0, 1.0), (2.0, 1.0)]
    assert unplaced == 1


def test_the_place_is_that_of_the_worst_moment(log: AuditLog) -> None:
    rows = [
        (told("raised", "a-1", "caution", at_m=[1.0, 1.0], zones=["aisle"])),
        (told("escalated", "a-1", "danger", at_m=[2.0, 1.0], zones=[])),
        (told("eased", "a-1", "caution", at_m=[3.0, 1.0], zones=["dock"])),
        (told("cleared", "a-1", "clear")),
    ]
    log.append(T0, 0.0, "engine", "engine", "start", {})
    for k, row in enumerate(rows):
        log.append(T0 + k, 0.0, "engine", "engine", "alarm", row)
    (only,) = history_of(log.rows()).alarms
    assert (only.at_m, only.zones) == ((2.0, 1.0), ())
