"""What the review page shows: past alarms as rows, and a clip at an instant, by the console's own presenter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recordings.alarm_history import PastAlarm
from recordings.shifts import Span
from safety.records import Level
from ui.alarm_rows import AlarmRow
from ui.console_model import ConsoleModel, PlanView
from ui.health_model import Tile
from ui.statistics_model import Loaded, situation_words
from ui.text import Language, say, word

if TYPE_CHECKING:
    from recordings.clips import Clip


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One past alarm of the list; ``verdict`` in words."""

    alarm: PastAlarm
    raised: str
    level: Level
    level_text: str
    situation: str
    who: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A clip at an instant: plan, tiles, the alarms that stood then, and where in the clip it is."""

    plan: PlanView
    tiles: tuple[Tile, ...]
    rows: tuple[AlarmRow, ...]
    caption: str


def rows_of(loaded: Loaded | None, span: Span, language: Language) -> list[ReviewRow]:
    """Alarms raised in a span, newest first."""
    if loaded is None or loaded.history is None:
        return []
    return [
        ReviewRow(
            alarm=alarm,
            raised=dt.datetime.fromtimestamp(alarm.raised_s).strftime("%m-%d %H:%M:%S"),
            level=alarm.worst,
            level_text=word(language, alarm.worst),
            situation=situation_words(alarm.situation, language),
            who=" · ".join(filter(None, (alarm.hoist, alarm.person))),
            verdict=say(language, f"judge.{alarm.verdict}"),
        )
        for alarm in reversed(loaded.history.alarms)
        if span[0] <= alarm.raised_s < span[1]
    ]


def moment_of(clip: Clip, time_s: float, language: Language) -> Moment:
    """What the console would have shown at a time of the clip."""
    model = ConsoleModel(clip.site, language=language)
    for record in clip.until(time_s):
        model.receive(record, record.time_s)
    snapshot = model.snapshot
    wall_s = 0.0 if snapshot is None else snapshot.wall_s + time_s - snapshot.time_s
    return Moment(
        plan=model.plan(time_s),
        tiles=tuple(model.tiles(time_s)),
        rows=tuple(model.rows(time_s)),
        caption=say(
            language,
            "review.at",
            clock=dt.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d %H:%M:%S"),
            offset=f"{time_s - clip.moment_s:+.1f}",
        ),
    )


def why(moment: Moment, alarm: PastAlarm, language: Language) -> str:
    """Why it alarmed, in the numbers of that instant; before and after, what stood in the log as it was raised."""
    row = next((r for r in moment.rows if r.id == alarm.id), None)
    return row.reason if row is not None and row.reason else (alarm.reason or say(language, "review.nothing"))
