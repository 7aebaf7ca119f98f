"""The figures of many halls side by side: alarms by hall, day, shift and kind, against the limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordings.alarm_history import History
from recordings.alarm_statistics import Statistics, counts_by, counts_by_shift, statistics_of
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
        return self.statistics.nuisance_share

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
            shifts=tuple(counts_by_shift(history, span, shift_starts).items()),
        )
        for name, history in halls.items()
    )
