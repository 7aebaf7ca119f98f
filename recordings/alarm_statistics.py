"""How much alarm do people bear? Figures of a period against the limits of ISA-18.2 and EEMUA 191.

Pure. A period is a span of Unix seconds; only the time in which an engine ran counts as watched.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recordings.alarm_history import History, PastAlarm
from recordings.shifts import Span, shift_at
from safety.records import Level

FLOOD_S, FLOOD_COUNT = 600.0, 10
"""More than ten in ten minutes is a flood."""
CHATTER_S, CHATTER_COUNT = 60.0, 3
STALE_S = 86_400.0
DAY_S = 86_400.0
_TOP = 10
Name = Literal["per_day", "per_10_min", "flood_share", "chatter", "stale", "danger_share"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One figure and the most that it should be; ``value`` is None where there is nothing to judge."""

    name: Name
    value: float | None
    limit: float

    @property
    def kept(self) -> bool:
        return self.value is None or self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Kind:
    """Alarms of one situation at one hoist or camera: how many, what share of all, how often they chattered."""

    situation: str
    hoist: str
    count: int
    share: float
    chatters: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of a period. Times to acknowledge are over the alarms that were; None where none was."""

    from_s: float
    to_s: float
    watched_s: float
    count: int
    by_level: dict[Level, int]
    busiest: int
    flood_s: float
    chatters: int
    stale: int
    acknowledged: int
    acknowledge_p50_s: float | None
    acknowledge_p95_s: float | None
    shelved: int
    judged: int
    nuisances: int
    kinds: tuple[Kind, ...]

    @property
    def nuisance_share(self) -> float | None:
        """Of the alarms that somebody judged; None where nobody did."""
        return self.nuisances / self.judged if self.judged else None

    @property
    def per_day(self) -> float | None:
        return self.count * DAY_S / self.watched_s if self.watched_s > 0.0 else None

    def limits(self) -> tuple[Limit, ...]:
        """ISA-18.2-2016, table 5, and EEMUA 191: what is likely to be acceptable."""
        watched, count = self.watched_s, self.count
        return (
            Limit("per_day", self.per_day, 150.0),
            Limit("per_10_min", count * FLOOD_S / watched if watched > 0.0 else None, 1.0),
            Limit("flood_share", self.flood_s / watched if watched > 0.0 else None, 0.01),
            Limit("chatter", float(self.chatters) if watched > 0.0 else None, 0.0),
            Limit("stale", float(self.stale) if watched > 0.0 else None, 5.0),
            Limit("danger_share", self.by_level[Level.DANGER] / count if count else None, 0.05),
        )


def statistics_of(history: History, from_s: float, to_s: float) -> Statistics:
    """Figures of ``[from_s, to_s)``: of the alarms that were raised in it."""
    alarms = [a for a in history.alarms if from_s <= a.raised_s < to_s]
    waits = sorted(a.acknowledged_s - a.raised_s for a in alarms if a.acknowledged_s is not None)
    chatters = _chatters(alarms)
    kinds = Counter((a.situation, a.hoist) for a in alarms)
    by_level = Counter(a.worst for a in alarms)
    newest_s = min(to_s, history.to_s)
    return Statistics(
        from_s=from_s,
        to_s=to_s,
        watched_s=sum(max(0.0, min(end, to_s) - max(begin, from_s)) for begin, end in history.runs),
        count=len(alarms),
        by_level={level: by_level[level] for level in (Level.CAUTION, Level.WARNING, Level.DANGER)},
        busiest=_busiest([a.raised_s for a in alarms]),
        flood_s=_flood_s([a.raised_s for a in alarms]),
        chatters=sum(chatters.values()),
        stale=sum((a.cleared_s if a.cleared_s is not None else newest_s) - a.raised_s > STALE_S for a in alarms),
        acknowledged=len(waits),
        acknowledge_p50_s=_quantile(waits, 0.5),
        acknowledge_p95_s=_quantile(waits, 0.95),
        shelved=sum(a.shelved for a in alarms),
        judged=sum(bool(a.verdict) for a in alarms),
        nuisances=sum(a.verdict == "nuisance" for a in alarms),
        kinds=tuple(
            Kind(situation, hoist, count, count / len(alarms), chatters[situation, hoist])
            for (situation, hoist), count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:_TOP]
        ),
    )


def counts_by_shift(history: History, span: Span, starts: Sequence[str]) -> dict[str, dict[Level, int]]:
    """Alarms raised in ``span``, by the begin of the shift ("06:00") that they fell into, and by their worst level."""
    out = {start: _none() for start in starts}
    for alarm in history.alarms:
        if span[0] <= alarm.raised_s < span[1]:
            _count(out[shift_at(alarm.raised_s, starts)], alarm)
    return out


def counts_by_zone(history: History, span: Span, zones: Sequence[str]) -> dict[str, dict[Level, int]]:
    """Alarms raised in ``span`` by the zone of the floor that they happened in, and by their worst level.

    First the given zones, then those that the log alone knows; ``""`` is floor outside every zone, last ``"?"``
    where no place is known. An alarm in two zones that overlap counts in both.
    """
    alarms = [a for a in history.alarms if span[0] <= a.raised_s < span[1]]
    out = {zone: _none() for zone in (*zones, *sorted({z for a in alarms for z in a.zones}), "", "?")}
    for alarm in alarms:
        for zone in alarm.zones or ("" if alarm.at_m is not None else "?",):
            _count(out[zone], alarm)
    return out


def close_calls(history: History, span: Span) -> tuple[list[PastAlarm], int]:
    """Alarms of ``span`` in which somebody nearly came to harm, and how many more of them no place is known.

    Those that were of level danger or judged a near miss and were not judged a nuisance, of a person.
    """
    found = [
        a
        for a in history.alarms
        if span[0] <= a.raised_s < span[1]
        and a.person
        and a.verdict != "nuisance"
        and (a.worst is Level.DANGER or a.verdict == "near_miss")
    ]
    placed = [a for a in found if a.at_m is not None]
    return placed, len(found) - len(placed)


def _none() -> dict[Level, int]:
    return dict.fromkeys((Level.CAUTION, Level.WARNING, Level.DANGER), 0)


def _count(counts: dict[Level, int], alarm: PastAlarm) -> None:
    if alarm.worst in counts:  # a log cut at its head may know of an alarm only that it was cleared
        counts[alarm.worst] += 1


def counts_by(history: History, edges_s: Sequence[float]) -> list[dict[Level, int]]:
    """Alarms raised between each two of the rising ``edges_s``, by their worst level."""
    out = [_none() for _ in edges_s[1:]]
    for alarm in history.alarms:
        k = bisect.bisect_right(edges_s, alarm.raised_s) - 1
        if 0 <= k < len(out):
            _count(out[k], alarm)
    return out


def _busiest(times_s: Sequence[float]) -> int:
    """The most alarms in any ten minutes; times rise."""
    return max((k + 1 - bisect.bisect_left(times_s, t - FLOOD_S) for k, t in enumerate(times_s)), default=0)


def _flood_s(times_s: Sequence[float]) -> float:
    """For how long there had been more than ten in the last ten minutes; times rise."""
    total, until_s = 0.0, -math.inf
    for k in range(FLOOD_COUNT, len(times_s)):
        oldest_s = times_s[k - FLOOD_COUNT]
        if times_s[k] - oldest_s < FLOOD_S:
            end_s = oldest_s + FLOOD_S
            total += max(0.0, end_s - max(times_s[k], until_s))
            until_s = max(until_s, end_s)
    return total


def _chatters(alarms: Sequence[PastAlarm]) -> Counter[tuple[str, str]]:
    """How often one kind was raised three times within a minute; each alarm counts into one such time only."""
    out: Counter[tuple[str, str]] = Counter()
    recent: dict[tuple[str, str], list[float]] = {}
    for alarm in alarms:
        kind = (alarm.situation, alarm.hoist)
        times = [t for t in recent.get(kind, []) if alarm.raised_s - t < CHATTER_S] + [alarm.raised_s]
        if len(times) >= CHATTER_COUNT:
            out[kind] += 1
            times = []
        recent[kind] = times
    return out


def _quantile(values: Sequence[float], share: float) -> float | None:
    """The least value that so large a share of them does not exceed; they rise."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None
