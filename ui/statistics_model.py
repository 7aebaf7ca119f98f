"""What the statistics page shows: the presenter, without a screen. Its figures are of ``alarm_statistics``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from calibration.errors import BadInput, Unavailable
from recordings.alarm_history import History, history_of
from recordings.alarm_statistics import Limit, Statistics, counts_by, statistics_of
from recordings.shifts import Period, edges_of, span_of
from safety.audit import AuditLog
from safety.records import Level, Situation
from ui.alarm_rows import title_of
from ui.text import Language, duration, say


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart: when it begins, as words, and its alarms by level."""

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
    loaded: Loaded | None, period: Period, now_s: float, shift_starts: tuple[str, ...], language: Language
) -> StatisticsView:
    """The page for a period around ``now_s`` (Unix time); ``loaded`` is None while the log is being read."""
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
    edges = edges_of(span)
    hours = len(edges) < 3 or edges[2] - edges[1] < 7200.0
    return StatisticsView(
        headline=say(language, "statistics.span", from_=begin, to=end, watched=watched),
        more=_more(figures, language) if figures.count else say(language, "statistics.none"),
        limits=tuple(_limit(limit, language) for limit in figures.limits()),
        kinds=tuple(
            (situation_words(k.situation, language), k.hoist, str(k.count), f"{100 * k.share:.0f} %", str(k.chatters))
            for k in figures.kinds
        ),
        chart_title=say(language, "statistics.chart_hours" if hours else "statistics.chart_days"),
        bars=tuple(
            Bar(dt.datetime.fromtimestamp(t).strftime("%H" if hours else "%m-%d"), counts)
            for t, counts in zip(edges, counts_by(loaded.history, edges), strict=False)
        ),
    )


def _more(figures: Statistics, language: Language) -> str:
    def wait(seconds: float | None) -> str:
        return "–" if seconds is None else duration(language, seconds)

    return say(
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
