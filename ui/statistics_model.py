"""What the statistics page shows: the presenter, without a screen. Its figures are of ``alarm_statistics``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calibration.errors import BadInput, Unavailable
from recordings.alarm_history import History, history_of
from recordings.alarm_statistics import (
    Limit,
    Statistics,
    close_calls,
    counts_by,
    counts_by_shift,
    counts_by_zone,
    statistics_of,
)
from recordings.shifts import Period, Span, edges_of, span_of
from safety.audit import AuditLog
from safety.records import Level, Situation
from ui.alarm_rows import title_of
from ui.text import Language, duration, say

Chart = Literal["time", "shift", "zone", "map"]
CHARTS: tuple[Chart, ...] = ("time", "shift", "zone", "map")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart: when it begins, or which shift or zone, as words, and its alarms by level."""

    label: str
    counts: dict[Level, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """Words and numbers of the page. ``empty`` stands in place of everything where there is nothing to show."""

    headline: str
    empty: str = ""
    more: str = ""
    limits: tuple[tuple[str, str, str, str, bool | None], ...] = ()
    """Figure, value, limit, verdict as words, and whether it is kept; None where there is nothing to judge."""
    kinds: tuple[tuple[str, str, str, str, str], ...] = ()
    chart_title: str = ""
    bars: tuple[Bar, ...] = ()
    spots_m: tuple[tuple[float, float], ...] = ()
    """Where near misses were, for the map; ``map_note`` says what they are."""
    map_note: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What reading the log brought: a history, or why there is none."""

    history: History | None
    absent: str = ""
    fault: str = ""


def load(audit: Path) -> Loaded:
    """Read the whole log; takes a second for some hundred thousand rows, so it is done beside the screen."""
    if not audit.exists():
        return Loaded(None, absent=str(audit))
    try:
        with AuditLog(audit, read_only=True) as log:
            return Loaded(history_of(log.rows()))
    except (BadInput, Unavailable) as error:
        return Loaded(None, fault=str(error))


def view_of(
    loaded: Loaded | None,
    period: Period,
    now_s: float,
    shift_starts: tuple[str, ...],
    language: Language,
    chart: Chart = "time",
    zones: tuple[str, ...] = (),
) -> StatisticsView:
    """The page for a period around ``now_s`` (Unix time); ``loaded`` is None while the log is being read.

    ``zones`` are those of the hall's floor as it is now.
    """
    span = span_of(period, now_s, shift_starts)
    if loaded is None:
        return StatisticsView("", say(language, "statistics.reading"))
    if loaded.history is None:
        absent = say(language, "statistics.absent", file=loaded.absent)
        broken = say(language, "statistics.broken", why=loaded.fault)
        return StatisticsView("", absent if loaded.absent else broken)
    figures = statistics_of(loaded.history, *span)
    begin, end = (dt.datetime.fromtimestamp(t).strftime("%Y-%m-%d %H:%M") for t in span)
    if figures.watched_s <= 0.0:
        return StatisticsView("", say(language, "statistics.unwatched", from_=begin, to=end))
    watched = duration(language, figures.watched_s)
    title, bars = _bars(loaded.history, span, chart, shift_starts, zones, language)
    placed, unplaced = close_calls(loaded.history, span)
    note = say(language, "heat.note", count=len(placed) + unplaced)
    if unplaced:
        note += "\n" + say(language, "heat.unplaced", count=unplaced)
    return StatisticsView(
        headline=say(language, "statistics.span", from_=begin, to=end, watched=watched),
        more=_more(figures, language) if figures.count else say(language, "statistics.none"),
        limits=tuple(_limit(limit, language) for limit in figures.limits()),
        kinds=tuple(
            (situation_words(k.situation, language), k.hoist, str(k.count), f"{100 * k.share:.0f} %", str(k.chatters))
            for k in figures.kinds
        ),
        chart_title=title,
        bars=bars,
        spots_m=tuple(a.at_m for a in placed if a.at_m is not None),
        map_note=note,
    )


def _bars(
    history: History, span: Span, chart: Chart, starts: tuple[str, ...], zones: tuple[str, ...], language: Language
) -> tuple[str, tuple[Bar, ...]]:
    """Title and bars of a chart; the map has none."""
    match chart:
        case "map":
            return "", ()
        case "shift":
            by_shift = counts_by_shift(history, span, starts)
            return say(language, "statistics.chart_shifts"), tuple(
                Bar(f"{start}–{end}", counts)
                for (start, counts), end in zip(by_shift.items(), (*starts[1:], starts[0]), strict=True)
            )
        case "zone":
            words = {"": say(language, "statistics.zone_none"), "?": say(language, "statistics.zone_unknown")}
            by_zone = counts_by_zone(history, span, zones)
            return say(language, "statistics.chart_zones"), tuple(
                Bar(words.get(name, name), counts) for name, counts in by_zone.items()
            )
        case "time":
            edges = edges_of(span)
            hours = len(edges) < 3 or edges[2] - edges[1] < 7200.0
            return say(language, "statistics.chart_hours" if hours else "statistics.chart_days"), tuple(
                Bar(dt.datetime.fromtimestamp(t).strftime("%H" if hours else "%m-%d"), counts)
                for t, counts in zip(edges, counts_by(history, edges), strict=False)
            )


def _more(figures: Statistics, language: Language) -> str:
    def wait(seconds: float | None) -> str:
        return "–" if seconds is None else duration(language, seconds)

    judged = say(language, "statistics.unjudged")
    if figures.nuisance_share is not None:
        share = f"{100 * figures.nuisance_share:.0f} %"
        judged = say(language, "statistics.judged", judged=figures.judged, nuisances=figures.nuisances, share=share)
    return (
        say(
            language,
            "statistics.more",
            count=figures.count,
            danger=figures.by_level[Level.DANGER],
            warning=figures.by_level[Level.WARNING],
            caution=figures.by_level[Level.CAUTION],
            busiest=figures.busiest,
            acknowledged=figures.acknowledged,
            p50=wait(figures.acknowledge_p50_s),
            p95=wait(figures.acknowledge_p95_s),
            shelved=figures.shelved,
        )
        + f" {judged}"
    )


def _limit(limit: Limit, language: Language) -> tuple[str, str, str, str, bool | None]:
    kept = None if limit.value is None else limit.kept
    verdict = "open" if kept is None else ("kept" if kept else "exceeded")
    value = "–" if limit.value is None else _number(limit, limit.value)
    name = say(language, f"limit.{limit.name}")
    return name, value, _number(limit, limit.limit), say(language, f"verdict.{verdict}"), kept


def _number(limit: Limit, value: float) -> str:
    if limit.name in ("flood_share", "danger_share"):
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if limit.name == "per_10_min" else f"{value:.0f}"


def situation_words(situation: str, language: Language) -> str:
    """A log of another version may name a situation that this one does not know."""
    try:
        return title_of(Situation(situation), language)
    except ValueError:
        return situation
