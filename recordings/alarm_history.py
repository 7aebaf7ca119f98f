"""What alarms were there, from the audit log: when raised, how severe, when acknowledged and by whom, when over.

Pure: rows in, records out. Times are Unix seconds. An alarm's name counts within one run of the engine; one that
stood when its run ended is over by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from safety.audit import AuditRow
from safety.records import Level

_SAME_S = 1.0
"""An alarm's name comes again in the next run of the engine; when it was raised tells which one is meant."""


@dataclass(frozen=True, slots=True)
class PastAlarm:
    """One alarm from raised to cleared; ``cleared_s`` and ``acknowledged_s`` are None where that has not come yet."""

    id: str
    situation: str
    hoist: str
    person: str
    worst: Level
    raised_s: float
    cleared_s: float | None
    acknowledged_s: float | None
    acknowledged_by: str
    shelved: bool
    reason: str
    verdict: str = ""
    """What a person holds it for: ``true``, ``near_miss``, ``nuisance``, or nothing yet."""
    comment: str = ""
    verdict_by: str = ""
    at_m: tuple[float, float] | None = None
    """Where the person, else the hook, was when it was worst; None where the log does not tell."""
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShiftNote:
    """What one shift told the next: when, who, and the text."""

    wall_s: float
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """Alarms in the order in which they were raised, and when the engine ran: spans (from, to)."""

    alarms: tuple[PastAlarm, ...]
    runs: tuple[tuple[float, float], ...]
    notes: tuple[ShiftNote, ...] = ()
    accesses: frozenset[str] = frozenset()
    """Who asked for recorded pictures was noted under these ids."""

    @property
    def to_s(self) -> float:
        """The newest time that the log tells of, 0 where it tells of none."""
        return max((end for _, end in self.runs), default=0.0)


@dataclass(slots=True)
class _Open:
    """An alarm of the present run, as far as it is known."""

    raised: _Transition
    raised_s: float
    worst: Level
    cleared_s: float | None = None
    acknowledged_s: float | None = None
    acknowledged_by: str = ""
    shelved: bool = False
    at_m: tuple[float, float] | None = None
    zones: tuple[str, ...] = ()


class _Transition(msgspec.Struct, frozen=True):
    """What of an alarm transition is read here; further fields are left aside."""

    alarm: str
    event: str
    level: Level
    situation: str
    hoist: str | None = None
    person: str | None = None
    source: str | None = None
    reason: str = ""
    at_m: tuple[float, float] | None = None
    zones: tuple[str, ...] = ()


class _Judged(msgspec.Struct, frozen=True):
    alarm: str
    raised_wall_s: float
    verdict: str
    comment: str = ""
    by: str = ""


class _Noted(msgspec.Struct, frozen=True):
    by: str
    text: str


class _Accessed(msgspec.Struct, frozen=True):
    id: str


class _Order(msgspec.Struct, frozen=True):
    alarm: str
    by: str = ""
    for_s: float = 1.0


_Told = TypeVar("_Told", bound=msgspec.Struct)


@dataclass(slots=True)
class _Run:
    from_s: float
    to_s: float
    alarms: dict[str, _Open] = field(default_factory=dict)
    over: list[tuple[str, _Open]] = field(default_factory=list)
    """Cleared ones whose name was raised again: an alarm that nobody acknowledged keeps its name."""


def history_of(rows: Iterable[AuditRow]) -> History:
    """Read the log from its beginning, or from the start of a run; rows that tell of nothing here are passed over."""
    alarms: list[PastAlarm] = []
    verdicts: list[_Judged] = []
    notes: list[ShiftNote] = []
    accesses: set[str] = set()
    runs: list[tuple[float, float]] = []
    run: _Run | None = None
    for row in rows:
        if row.what == "start" or run is None:
            if run is not None:
                alarms += _ended(run)
                runs.append((run.from_s, run.to_s))
            run = _Run(row.wall_s, row.wall_s)
        # A clock that was set back must not shorten a run.
        run.to_s = max(run.to_s, row.wall_s)
        if row.what == "verdict":
            verdict = _read(row, _Judged)
            verdicts += [verdict] if verdict is not None else []
        if row.what == "handover" and (noted := _read(row, _Noted)) is not None:
            notes.append(ShiftNote(row.wall_s, noted.by, noted.text))
        if row.what == "access" and (accessed := _read(row, _Accessed)) is not None:
            accesses.add(accessed.id)
        _take(run, row)
    if run is not None:
        alarms += _standing(run)
        runs.append((run.from_s, run.to_s))
    alarms.sort(key=lambda a: a.raised_s)
    return History(tuple(_judged(alarms, verdicts)), tuple(runs), tuple(notes), frozenset(accesses))


def _judged(alarms: list[PastAlarm], verdicts: list[_Judged]) -> list[PastAlarm]:
    """The alarms with what people hold them for; the newest word counts."""
    places: dict[str, list[int]] = {}
    for k, alarm in enumerate(alarms):
        places.setdefault(alarm.id, []).append(k)
    for told in verdicts:
        for k in places.get(told.alarm, ()):
            if abs(alarms[k].raised_s - told.raised_wall_s) <= _SAME_S:
                alarms[k] = replace(alarms[k], verdict=told.verdict, comment=told.comment, verdict_by=told.by)
    return alarms


def _take(run: _Run, row: AuditRow) -> None:
    match row.what:
        case "alarm":
            told = _read(row, _Transition)
            if told is not None:
                _transition(run, told, row.wall_s)
        case "acknowledge":
            order = _read(row, _Order)
            known = run.alarms.get(order.alarm) if order is not None else None
            if order is not None and known is not None and known.acknowledged_s is None:
                known.acknowledged_s, known.acknowledged_by = row.wall_s, order.by or row.name
        case "shelve":
            order = _read(row, _Order)
            known = run.alarms.get(order.alarm) if order is not None else None
            if order is not None and known is not None and order.for_s > 0.0:
                known.shelved = True


def _transition(run: _Run, told: _Transition, wall_s: float) -> None:
    known = run.alarms.get(told.alarm)
    if told.event == "raised" or known is None:
        if known is not None:
            known.cleared_s = known.cleared_s if known.cleared_s is not None else wall_s
            run.over.append((told.alarm, known))
        run.alarms[told.alarm] = _Open(told, wall_s, told.level, at_m=told.at_m, zones=told.zones)
        return
    if told.at_m is not None and (known.at_m is None or told.level.rank > known.worst.rank):
        known.at_m, known.zones = told.at_m, told.zones
    known.worst = max(known.worst, told.level, key=lambda level: level.rank)
    known.cleared_s = wall_s if told.event == "cleared" else None


def _read(row: AuditRow, kind: type[_Told]) -> _Told | None:
    try:
        return msgspec.json.decode(row.detail, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _ended(run: _Run) -> Iterator[PastAlarm]:
    for known in run.alarms.values():
        known.cleared_s = known.cleared_s if known.cleared_s is not None else run.to_s
    yield from _standing(run)


def _standing(run: _Run) -> Iterator[PastAlarm]:
    for name, known in (*run.over, *run.alarms.items()):
        told = known.raised
        yield PastAlarm(
            id=name,
            situation=told.situation,
            hoist=told.hoist or told.source or "",
            person=told.person or "",
            worst=known.worst,
            raised_s=known.raised_s,
            cleared_s=known.cleared_s,
            acknowledged_s=known.acknowledged_s,
            acknowledged_by=known.acknowledged_by,
            shelved=known.shelved,
            reason=told.reason,
            at_m=known.at_m,
            zones=known.zones,
        )
