"""Shifts, days and weeks as spans of Unix seconds, by the local clock. Pure: the present is an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

Period = Literal["this_shift", "last_shift", "today", "week", "month"]
PERIODS: tuple[Period, ...] = ("this_shift", "last_shift", "today", "week", "month")
Span = tuple[float, float]
_DAYS: dict[Period, int] = {"today": 1, "week": 7, "month": 30}


def span_of(period: Period, now_s: float, starts: Sequence[str]) -> Span:
    """From and to of a period around ``now_s``. A week and a month end with today.

    Args:
        starts: when shifts begin, ``"HH:MM"``, rising; the last one goes on until the first of the next day.
    """
    if period in ("this_shift", "last_shift"):
        begins = _begins(now_s, starts)
        k = max(i for i, begin in enumerate(begins) if begin <= now_s)
        if period == "last_shift":
            k -= 1
        return begins[k], begins[k + 1]
    today = dt.datetime.fromtimestamp(now_s).date()
    first = today - dt.timedelta(days=_DAYS[period] - 1)
    return _at(first), _at(today + dt.timedelta(days=1))


def shift_at(time_s: float, starts: Sequence[str]) -> str:
    """The begin of the shift that a moment falls into, one of ``starts`` ("HH:MM", rising)."""
    clock = dt.datetime.fromtimestamp(time_s).strftime("%H:%M")
    return max((start for start in starts if start <= clock), default=starts[-1])


def edges_of(span: Span) -> list[float]:
    """Where to cut a span for a chart: each full hour of up to two days, each midnight of a longer one."""
    from_s, to_s = span
    begin = dt.datetime.fromtimestamp(from_s)
    edges = [from_s]
    if to_s - from_s <= 2 * 86_400.0 + 3600.0:
        hour = begin.replace(minute=0, second=0, microsecond=0)
        ahead = [(hour + dt.timedelta(hours=k)).timestamp() for k in range(1, 51)]
    else:
        ahead = [_at(begin.date() + dt.timedelta(days=k)) for k in range(1, 400)]
    edges += [t for t in ahead if from_s < t < to_s]
    return [*edges, to_s]


def _begins(now_s: float, starts: Sequence[str]) -> list[float]:
    """Begins of the shifts from two days before to two days after."""
    today = dt.datetime.fromtimestamp(now_s).date()
    times = [dt.time.fromisoformat(start) for start in starts]
    return [_at(today + dt.timedelta(days=day), time) for day in range(-2, 3) for time in times]


def _at(day: dt.date, time: dt.time = dt.time()) -> float:
    return dt.datetime.combine(day, time).timestamp()
