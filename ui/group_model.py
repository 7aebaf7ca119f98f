"""Statistics over many halls in words: the presenter of the console's page and of ``hoistwatch group report``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordings.alarm_history import History
from recordings.group.figures import Counts, HallFigures, figures_of
from recordings.shifts import Period, edges_of, span_of
from safety.records import Level
from ui.statistics_model import Bar
from ui.text import Language, say

COLUMNS = (
    "hall",
    "count",
    "per_day",
    "busiest",
    "flood_share",
    "chatter",
    "stale",
    "danger_share",
    "nuisance",
    "verdict",
)


@dataclass(frozen=True, slots=True)
class HallRow:
    """One hall's line, its words in the order of ``COLUMNS``; ``kept`` is None where nothing can be judged."""

    words: tuple[str, ...]
    kept: bool | None


@dataclass(frozen=True, slots=True)
class AllHallsView:
    """The page of all halls. ``empty`` stands in place of everything where there is nothing to show."""

    headline: str
    empty: str = ""
    rows: tuple[HallRow, ...] = ()
    chart_title: str = ""
    bars: tuple[Bar, ...] = ()


def all_halls_view(
    group: str,
    halls: Mapping[str, History] | None,
    fault: str,
    period: Period,
    now_s: float,
    starts: tuple[str, ...],
    language: Language,
) -> AllHallsView:
    """All halls in a period around ``now_s`` (Unix time); ``halls`` is None while the database is read first."""
    if fault:
        return AllHallsView("", say(language, "group.broken", why=fault))
    if halls is None:
        return AllHallsView("", say(language, "group.reading"))
    if not halls:
        return AllHallsView("", say(language, "group.none"))
    span = span_of(period, now_s, starts)
    figures = figures_of(halls, span, starts)
    begin, end = (dt.datetime.fromtimestamp(t).strftime("%Y-%m-%d %H:%M") for t in span)
    edges = edges_of(span)
    hours = len(edges) < 3 or edges[2] - edges[1] < 7200.0
    return AllHallsView(
        headline=say(language, "group.span", group=group, from_=begin, to=end),
        rows=hall_rows(figures, language),
        chart_title=say(language, "statistics.chart_hours" if hours else "statistics.chart_days"),
        bars=tuple(
            Bar(dt.datetime.fromtimestamp(t).strftime("%H" if hours else "%m-%d"), counts)
            for t, counts in total_by_day(figures)
        ),
    )


def hall_rows(figures: Sequence[HallFigures], language: Language) -> tuple[HallRow, ...]:
    """A line a hall."""
    return tuple(_row(one, language) for one in figures)


def heads(language: Language) -> tuple[str, ...]:
    return tuple(say(language, f"group.{column}") for column in COLUMNS)


def total_by_day(figures: Sequence[HallFigures]) -> list[tuple[float, Counts]]:
    """Alarms of all halls together, for each day or hour of the period."""
    totals: dict[float, Counts] = {}
    for one in figures:
        for begin_s, counts in one.days:
            known = totals.setdefault(begin_s, dict.fromkeys(counts, 0))
            for level, count in counts.items():
                known[level] += count
    return sorted(totals.items())


def levels_words(counts: Counts, language: Language) -> str:
    """How many alarms of each level."""
    return say(language, "group.levels", **{level.value: counts[level] for level in counts})


def _row(one: HallFigures, language: Language) -> HallRow:
    found = one.statistics
    watched = found.watched_s > 0.0
    limits = {limit.name: limit for limit in found.limits()}
    nuisance = "–"
    if one.nuisance_share is not None:
        share = f"{100 * one.nuisance_share:.0f} %"
        nuisance = say(language, "group.nuisance_value", share=share, judged=found.judged)
    verdict = say(language, "group.unwatched")
    if watched:
        verdict = say(language, "verdict.kept" if one.limits_kept else "verdict.exceeded")
    words = (
        one.hall,
        str(found.count),
        "–" if found.per_day is None else f"{found.per_day:.0f}",
        str(found.busiest),
        _share(limits["flood_share"].value),
        str(found.chatters),
        str(found.stale),
        _share(limits["danger_share"].value),
        nuisance,
        verdict,
    )
    return HallRow(words, one.limits_kept if watched else None)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def total_of(counts: Counts) -> int:
    return sum(counts[level] for level in (Level.CAUTION, Level.WARNING, Level.DANGER))
