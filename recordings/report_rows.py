"""The report's story: alarms, outputs, phases and cameras as rows of one table, in order of time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from recordings.report_data import Change, Happened, Told
from recordings.report_text import Language, say, title_of

_MOST_ROWS = 400
_WITH = "\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` is the alarm's mark in the plots, ``past`` says that the level has gone."""

    time: str
    what: str
    style: str = "alarm"
    number: str = ""
    level: str = ""
    level_word: str = ""
    past: bool = False
    who: str = ""
    why: str = ""


def story_rows(happened: Happened, language: Language) -> tuple[list[Row], int]:
    """Rows of the story, and how many more there would be beyond the longest table that helps anybody."""
    raised_s: dict[str, float] = {}
    number = 0
    timed: list[tuple[float, int, Row]] = []
    for told in happened.told:
        t = told.transition
        marked = t.event in ("raised", "escalated")
        number += marked
        if t.event == "raised":
            raised_s[t.alarm] = told.time_s
        timed.append((told.time_s, 0, _alarm(told, number if marked else None, raised_s.get(t.alarm), language)))
    for (time_s, _), group in itertools.groupby(happened.changes, key=lambda c: (c.time_s, c.kind)):
        # Contacts of a node often move together: one row tells them all.
        timed.append((time_s, 1, _change(tuple(group), language)))
    timed.sort(key=lambda item: item[:2])
    rows = [row for _, _, row in timed]
    return rows[:_MOST_ROWS], max(0, len(rows) - _MOST_ROWS)


def _alarm(told: Told, number: int | None, raised_s: float | None, language: Language) -> Row:
    t = told.transition
    cleared = t.event == "cleared"
    why = told.reason_ko if language == "ko" else told.reason_en
    if cleared:
        # The last reason tells of the danger, which has passed.
        why = "" if raised_s is None else say(language, "cleared.after", seconds=f"{told.time_s - raised_s:.1f}")
    return Row(
        time=f"{told.time_s:.1f} s",
        what=f"{title_of(language, t.situation)}: {say(language, f'event.{t.event}')}",
        number="" if number is None else str(number),
        level=t.level.value,
        level_word=say(language, f"level.{t.level.value}"),
        past=cleared,
        who=_WITH.join(part for part in (t.person, t.hoist, t.source) if part),
        why=why,
    )


def _change(changes: tuple[Change, ...], language: Language) -> Row:
    """Changes of one kind at one time."""
    kind = changes[0].kind
    style = "change output" if kind in ("permit", "slow", "contact") else "change"
    what = "; ".join(_words(change, language) for change in changes)
    return Row(time=f"{changes[0].time_s:.1f} s", what=what, style=style)


def _words(change: Change, language: Language) -> str:
    if change.kind == "phase":
        value = say(language, f"phase.{change.value}")
        return say(language, "change.phase", name=change.name, value=value)
    return say(language, f"change.{change.kind}.{'on' if change.value else 'off'}", name=change.name)
