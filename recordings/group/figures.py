"""The figures of many halls side by side: alarms by hall, day, shift and kind, against the limits. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordings.alarm_history import History
from recordings.alarm_statistics import Statistics, counts_by, statistics_of
from recordings.shifts import Span, edges_of
from safety.records import Level

Counts = dict[Level, int]


@dataclass(frozen=True, slots=True)
class HallFigures:
    """One hall in one period.

    ``days`` are (begin as Unix seconds, alarms by level) for each day, or hour of a short period; ``shifts`` the
    same for each begin of a shift ("06:00"), summed over the period. ``nuisance_share`` is of the alarms that
    somebody judged, None where nobody judged any.
    """

    hall: str
    statistics: Statistics
    days: tuple[tuple[float, Counts], ...]
    shifts: tuple[tuple[str, Counts], ...]

    @property
    def nuisance_share(self) -> float | None:
        judged = self.statistics.judged
        return self.statistics.nuisances / judged if judged else None

    @property
    def limits_kept(self) -> bool:
        return all(limit.kept for limit in self.statistics.limits())


def figures_of(halls: Mapping[str, History], span: Span, shift_starts: Sequence[str]) -> tuple[HallFigures, ...]:
    """Every hall's figures of a span of Unix seconds, in the order given.

    Limits hold for one operator's load, so that halls are judged one by one and never summed.
    """
    edges = edges_of(span)
    return tuple(
        HallFigures(
            hall=name,
            statistics=statistics_of(history, *span),
            days=tuple(zip(edges, counts_by(history, edges), strict=False)),
            shifts=_by_shift(history, span, shift_starts),
        )
        for name, history in halls.items()
    )


def _by_shift(history: History, span: Span, starts: Sequence[str]) -> tuple[tuple[str, Counts], ...]:
    counts = {start: dict.fromkeys((Level.CAUTION, Level.WARNING, Level.DANGER), 0) for start in starts}
    for alarm in history.alarms:
        if span[0] <= alarm.raised_s < span[1] and alarm.worst is not Level.CLEAR:
            clock = dt.datetime.fromtimestamp(alarm.raised_s).strftime("%H:%M")
            # Before the first shift of a day it is still the last one of the day before.
            start = max((s for s in starts if s <= clock), default=starts[-1])
            counts[start][alarm.worst] += 1
    return tuple(counts.items())
