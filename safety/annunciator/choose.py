"""What is to be told now, and by whom: from the newest decision to one call, or none. Pure.

The most severe alarm wins, and among equals the newest; nothing waits its turn. Shelved alarms are silent, as
``alarms.py`` has it. Alarms about the system's own sight are told by the fault tone, below every warning to
people, until somebody has acknowledged them; a hazard sounds as long as it lasts, whoever has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Point, Polygon

from calibration.annunciator import Annunciator
from calibration.site import Site
from calibration.table import HALL
from safety.alarm_table import TABLE, TONES, Tone
from safety.annunciator.sentences import key_of
from safety.records import Alarm, AlarmState, Level, Snapshot

RANK: tuple[Tone, ...] = ("none", "attention", "fault", "warning", "danger")
"""Tones by rising severity: what people can still run from comes before what the system cannot see."""

EARSHOT_M = 2.0
"""Who is this near to a served zone is told too: a step later they are in it."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is told. ``words`` is a key of the sentences; ``alarm`` the alarm's id, empty for an engine's silence."""

    tone: Tone
    words: str
    alarm: str = ""


ENGINE_SILENT = Call("fault", "fault")
"""Nothing is heard from the engine, so nothing is known."""


def choose(snapshot: Snapshot, site: Site, annunciator: Annunciator) -> Call | None:
    """What an annunciator tells of this snapshot."""
    found: list[tuple[int, float, str, Call]] = []
    for alarm in snapshot.alarms:
        tone = tone_of(alarm, annunciator)
        if tone != "none" and concerns(alarm, snapshot, site, annunciator):
            call = Call(tone, key_of(alarm.situation.value, tone), alarm.id)
            found.append((RANK.index(tone), alarm.raised_s, alarm.id, call))
    return max(found, key=lambda row: row[:3])[3] if found else None


def tone_of(alarm: Alarm, annunciator: Annunciator) -> Tone:
    """The tone of one alarm by the alarm table, ``none`` where it is not to be heard."""
    if alarm.level is Level.CLEAR or alarm.state is AlarmState.SHELVED:
        return "none"
    tone = TONES[alarm.level]
    if tone == "none":
        return "attention" if annunciator.caution and not TABLE[alarm.situation].health else "none"
    if TABLE[alarm.situation].health:
        return "none" if alarm.state is AlarmState.ACKNOWLEDGED else "fault"
    return tone


def concerns(alarm: Alarm, snapshot: Snapshot, site: Site, annunciator: Annunciator) -> bool:
    """Whether people whom this annunciator serves are to hear of an alarm.

    Its hoist is served, or its person or its hoist's hook is in a served zone. What cannot be placed, such as
    an alarm of a person who was lost from sight, or one without hoist and person, concerns everybody.
    """
    if HALL in annunciator.serves or {alarm.hoist, alarm.source} & set(annunciator.serves):
        return True
    zones = [Polygon(z.polygon_m).buffer(EARSHOT_M) for z in site.zone if z.name in annunciator.serves]
    places = [(p.x_m, p.y_m) for p in snapshot.people if p.id == alarm.person]
    unplaced = alarm.person is not None and not places
    places += [(h.state.x_m, h.state.y_m) for h in snapshot.hoists if h.state.name == alarm.hoist]
    if not places and not alarm.hoist:
        return True
    if unplaced and zones:
        return True
    return any(zone.covers(Point(place)) for zone in zones for place in places)
