"""What ``hoistwatch group report`` prints: all halls beside each other, then each by shift, day and kind."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence

from recordings.group.figures import HallFigures
from recordings.shifts import Span
from ui.group_model import hall_rows, heads, levels_words, total_of
from ui.statistics_model import situation_words
from ui.text import Language, say

_HOURS_S = 7200.0


def report_lines(group: str, figures: Sequence[HallFigures], span: Span, language: Language) -> Iterator[str]:
    """Lines of the report on a span of Unix seconds."""
    begin, end = (dt.datetime.fromtimestamp(t).strftime("%Y-%m-%d %H:%M") for t in span)
    yield say(language, "group.span", group=group, from_=begin, to=end)
    if not figures:
        yield say(language, "group.none")
        return
    yield ""
    yield from _table([heads(language), *(row.words for row in hall_rows(figures, language))], words=(0, -1))
    for one in figures:
        yield ""
        yield one.hall
        yield from _of_hall(one, language)


def _of_hall(one: HallFigures, language: Language) -> Iterator[str]:
    yield f"  {say(language, 'group.by_shift')}"
    for start, counts in one.shifts:
        yield f"    {start}  {total_of(counts):5d}  {levels_words(counts, language)}"
    hours = len(one.days) < 3 or one.days[2][0] - one.days[1][0] < _HOURS_S
    told = [(begin_s, counts) for begin_s, counts in one.days if total_of(counts)]
    if told:
        yield f"  {say(language, 'group.by_hour' if hours else 'group.by_day')}"
    for begin_s, counts in told:
        begin = dt.datetime.fromtimestamp(begin_s).strftime("%m-%d %H:%M" if hours else "%Y-%m-%d")
        yield f"    {begin}  {total_of(counts):5d}  {levels_words(counts, language)}"
    if one.statistics.kinds:
        yield f"  {say(language, 'group.by_kind')}"
        rows = [
            (
                f"    {situation_words(kind.situation, language)}",
                kind.hoist,
                str(kind.count),
                f"{100 * kind.share:.0f} %",
                say(language, "group.chattered", n=kind.chatters) if kind.chatters else "",
            )
            for kind in one.statistics.kinds
        ]
        yield from _table(rows, words=(0, 1, -1))


def _table(rows: Sequence[Sequence[str]], words: tuple[int, ...]) -> Iterator[str]:
    """Columns of equal width; those of ``words`` to the left, numbers to the right."""
    widths = [max(_width(row[k]) for row in rows) for k in range(len(rows[0]))]
    left = {k % len(widths) for k in words}
    for row in rows:
        cells = []
        for k, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(cell))
            cells.append(cell + space if k in left else space + cell)
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
