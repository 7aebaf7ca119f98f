"""Events of many halls without a broker and a database: what is read, what is refused, what figures come of it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest

from calibration.errors import BadInput
from calibration.group import load_group
from recordings.group.events import BYTES_MAX, HallEvent, read_event
from recordings.group.figures import figures_of
from recordings.group.history import history_of_hall
from recordings.group.store import EventRow
from recordings.shifts import span_of
from safety.plant_events import alarm_event
from safety.plant_log import WATCHED_PERIOD_S, PlantLog
from safety.records import Alarm, AlarmState, AlarmTransition, Level, Situation, Snapshot
from safety.word_records import Verdict
from ui.group_model import total_by_day
from ui.group_report import report_lines

DAY0_S = dt.datetime(2026, 3, 2, 6, 0).timestamp()
STARTS = ("06:00", "14:00", "22:00")


def transition(alarm: str, event: str, time_s: float, level: Level = Level.WARNING) -> AlarmTransition:
    return AlarmTransition(
        time_s=time_s,
        alarm=alarm,
        event=event,
        level=level,
        situation=Situation.FALL_ZONE,
        hoist="H1",
        person="P3",
        source=None,
        probability=0.5,
        time_to_contact_s=None,
        time_to_last_safe_stop_s=None,
        reason="P3 is in the fall zone",
    )


def snapshot(wall_s: float, run: str = "r1", *alarms: Alarm) -> Snapshot:
    return Snapshot(
        time_s=wall_s - DAY0_S,
        wall_s=wall_s,
        seq=1,
        level=Level.CLEAR,
        people=(),
        paths=(),
        hoists=(),
        hazards=(),
        alarms=alarms,
        outputs={},
        cameras=(),
        run=run,
    )


def alarm(name: str, state: AlarmState, raised_s: float) -> Alarm:
    return Alarm(
        id=name,
        situation=Situation.FALL_ZONE,
        level=Level.WARNING,
        worst=Level.WARNING,
        state=state,
        raised_s=raised_s,
        changed_s=raised_s,
        reason_en="",
        reason_ko="",
    )


def sent(event: dict[str, object], topic: str = "plant/a/log") -> HallEvent:
    return read_event(topic, msgspec.json.encode(event))


def told(name: str, event: str, wall_s: float, level: Level = Level.WARNING, run: str = "r1") -> HallEvent:
    return sent(alarm_event("Hall A", transition(name, event, wall_s - DAY0_S, level), wall_s, run), "plant/a/alarm")


def rows(events: list[HallEvent]) -> list[EventRow]:
    """As the database gives them: each once, the newest end of a span, in their order."""
    kept: dict[str, HallEvent] = {}
    for event in events:
        known = kept.get(event.ident)
        if known is None or (event.until and known.until and event.until > known.until):
            kept[event.ident] = event
    ordered = sorted(kept.values(), key=lambda e: (e.at, e.ident))
    return [EventRow(e.run, e.what, e.at, e.until, json.loads(e.body)) for e in ordered]


def test_a_transition_keeps_its_name_time_and_hall() -> None:
    event = told("a-1", "raised", DAY0_S + 60.0)
    assert (event.topic, event.hall, event.what, event.run) == ("plant/a", "Hall A", "alarm", "r1")
    assert event.at.timestamp() == pytest.approx(DAY0_S + 60.0, abs=1e-3)
    assert event == told("a-1", "raised", DAY0_S + 60.0)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "invalid"),
        (b"[1, 2]", "Expected `object`"),
        (b"[" * 100_000, "has 100000 bytes"),
        (b"[" * 50_000, "plant/a/alarm"),
        (b'{"schema": "hoistwatch.alarm/2"}', "is not known"),
        (b'{"schema": "hoistwatch.alarm/1", "hall": "A"}', "missing required field"),
        (b"x" * (BYTES_MAX + 1), "expected at most"),
    ],
)
def test_what_is_no_event_is_refused_in_a_sentence(payload: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_event("plant/a/alarm", payload)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hall": ""}, "hall has 0 characters"),
        ({"id": "x" * 301}, "id has 301 characters"),
        ({"run": "x" * 301}, "run has 301 characters"),
        ({"time": "2026-03-02T06:00:00"}, "time has no zone"),
        ({"time": "yesterday"}, "datetime"),
        ({"reason": "a\0b"}, "zero byte"),
        ({"level": "panic"}, "panic"),
    ],
)
def test_fields_that_no_database_row_can_hold_are_refused(change: dict[str, object], why: str) -> None:
    event = alarm_event("Hall A", transition("a-1", "raised", 1.0), DAY0_S, "r1") | change
    with pytest.raises(BadInput, match=why):
        sent(event, "plant/a/alarm")


def test_a_hall_tells_when_it_watched_and_what_was_said_of_its_alarms_each_once() -> None:
    book = PlantLog("Hall A")
    events = book.take(snapshot(DAY0_S))
    assert [e["what"] for e in events] == ["watched"]
    standing = alarm("a-1", AlarmState.UNACKNOWLEDGED, 5.0)
    assert book.take(snapshot(DAY0_S + 6.0, "r1", standing)) == []
    seen = alarm("a-1", AlarmState.ACKNOWLEDGED, 5.0)
    first = book.take(snapshot(DAY0_S + 9.0, "r1", seen))
    assert [(e["what"], e["alarm"]) for e in first] == [("acknowledge", "a-1")]
    assert book.take(snapshot(DAY0_S + 10.0, "r1", seen)) == []
    again = book.take(snapshot(DAY0_S + WATCHED_PERIOD_S, "r1", seen))
    assert [e["id"] for e in again] == [events[0]["id"]], "the same span, grown"
    anew = book.take(snapshot(DAY0_S + 2000.0, "r2"))
    assert [e["run"] for e in anew] == ["r1", "r2"]
    verdict = Verdict(time_s=1.0, by="kim@console-1", alarm="a-1", raised_wall_s=DAY0_S + 5.0, verdict="nuisance")
    judged = book.judged(msgspec.structs.replace(verdict, comment="was Lee"), DAY0_S + 2100.0)
    assert judged["verdict"] == "nuisance"
    assert not {"kim", "Lee"} & set(json.dumps(judged).replace('"', " ").replace("@", " ").split())
    for event in (*events, *first, *again, *anew, judged):
        assert sent(event).what == event["what"]


def test_the_same_figures_as_from_the_halls_own_audit_log() -> None:
    """Alarms, chatter, acknowledgements, verdicts and watched time of two runs of an engine."""
    book = PlantLog("Hall A")
    events = [sent(e) for e in book.take(snapshot(DAY0_S))]
    for k in range(3):  # within a minute: chatter
        events += [told(f"a-{k}", "raised", DAY0_S + 100.0 + 10 * k)]
        events += [told(f"a-{k}", "cleared", DAY0_S + 105.0 + 10 * k, Level.CLEAR)]
    seen = alarm("a-2", AlarmState.ACKNOWLEDGED, 120.0)
    events += [sent(e) for e in book.take(snapshot(DAY0_S + 150.0, "r1", seen))]
    events += [sent(e) for e in book.take(snapshot(DAY0_S + 3600.0))]
    next_day_s = DAY0_S + 86_400.0 + 9 * 3600.0
    events += [sent(e) for e in book.take(snapshot(next_day_s, "r2"))]
    # The same name again, of another run, and never cleared.
    events += [told("a-0", "raised", next_day_s + 60.0, Level.DANGER, "r2")]
    said = Verdict(time_s=0.0, by="x", alarm="a-1", raised_wall_s=DAY0_S + 110.2, verdict="nuisance")
    events += [sent(book.judged(said, next_day_s + 100.0))]
    events += [sent(e) for e in book.take(snapshot(next_day_s + 7200.0, "r2"))]
    history = history_of_hall(rows([*events, *events[::-1]]))
    assert [(a.id, a.worst) for a in history.alarms] == [
        ("a-0", Level.WARNING),
        ("a-1", Level.WARNING),
        ("a-2", Level.WARNING),
        ("a-0", Level.DANGER),
    ]
    span = span_of("week", next_day_s, STARTS)
    (one,) = figures_of({"Hall A": history}, span, STARTS)
    found = one.statistics
    assert found.watched_s == pytest.approx(3600.0 + 7200.0, abs=1.0)
    assert (found.count, found.chatters, found.acknowledged, found.judged) == (4, 1, 1, 1)
    assert one.nuisance_share == 1.0
    assert found.acknowledge_p50_s == pytest.approx(30.0, abs=1.0)
    assert history.alarms[3].cleared_s is None
    assert {start: sum(counts.values()) for start, counts in one.shifts} == {"06:00": 3, "14:00": 1, "22:00": 0}
    assert [sum(counts.values()) for _, counts in one.days if sum(counts.values())] == [3, 1]
    assert sum(sum(c.values()) for _, c in total_by_day([one, one])) == 8
    english = "\n".join(report_lines("Group", [one], span, "en"))
    assert "100 % of 1" in english
    assert "✗ exceeded" in english
    assert "chattered 1 times" in english
    korean = "\n".join(report_lines("그룹", [one], span, "ko"))
    assert "✗ 초과" in korean
    assert "교대별" in korean


def test_before_the_first_shift_it_is_the_last_one_of_the_day_before() -> None:
    night_s = DAY0_S - 2 * 3600.0
    history = history_of_hall(rows([told("a-1", "raised", night_s)]))
    (one,) = figures_of({"A": history}, (night_s - 60.0, night_s + 60.0), STARTS)
    assert dict(one.shifts)["22:00"][Level.WARNING] == 1


GROUP = '[group]\nname = "G"\n[broker]\naddress = "127.0.0.1:1883"\ntopics = ["plant/+"]\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GROUP.replace("plant/+", "plant/#"), "topics"),
        (GROUP.replace("plant/+", "/plant/"), "topics"),
        (GROUP + '[database]\nhost = "192.0.2.1"\n', "ca_file is needed"),
        (GROUP + "[database]\nsecret = 1\n", r"\[database\] secret is not a known key"),
        (GROUP.replace('"G"', '"G"\nshift_starts = ["14:00", "06:00"]'), "must rise"),
    ],
)
def test_a_group_file_that_cannot_be_meant_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "group.toml").write_text(text)
    with pytest.raises(BadInput, match=why):
        load_group(tmp_path / "group.toml")


def test_a_group_file_with_defaults(tmp_path: Path) -> None:
    (tmp_path / "group.toml").write_text(GROUP + '[database]\nhost = "/run/postgresql"\n')
    group = load_group(tmp_path / "group.toml")
    assert group.broker.topics == ("plant/+",)
    assert group.database.port == 5432
