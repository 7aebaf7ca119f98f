"""The alarm list and the headline above it: what a snapshot's alarms mean, in words and in order."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from calibration.outputs import Relay
from safety.alarm_table import TABLE
from safety.freshness import Pulse
from safety.records import Alarm, AlarmState, AlarmTransition, Level, Situation, Snapshot
from ui.commands import TO_ACKNOWLEDGE, to_acknowledge
from ui.outputs_model import bypass_reason, bypass_text, bypassed
from ui.text import Language, duration, say, word

BLIND = (Situation.CAMERA_BLIND, Situation.HOIST_LOST, Situation.PERSON_LOST)
"""Situations in which the system cannot see; they are told apart from hazards to people."""
_BLIND_NAMES = 3

_STATE_ORDER = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.ACKNOWLEDGED, AlarmState.SHELVED)
Kind = Literal["waiting", "silent", "clear", "caution", "warning", "danger"]
_KINDS: dict[Level, Kind] = {
    Level.CLEAR: "clear",
    Level.CAUTION: "caution",
    Level.WARNING: "warning",
    Level.DANGER: "danger",
}


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One line of the alarm list, ready to show. ``active`` is False once the situation has passed."""

    id: str
    level: Level
    active: bool
    level_text: str
    state: AlarmState
    state_text: str
    time_text: str
    situation: str
    hoist: str
    who: str
    reason: str
    can_acknowledge: bool
    can_shelve: bool
    can_unshelve: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """What the banner says. ``blind`` names what cannot be seen, ``bypass`` which outputs are bypassed, both empty
    where nothing is amiss; ``alarm`` is the id of the alarm that the sentence is about."""

    kind: Kind
    title: str
    reason: str
    action: str = ""
    blind: str = ""
    bypass: str = ""
    flash: bool = False
    unacknowledged: int = 0
    alarm: str = ""


def alarm_order(alarm: Alarm) -> tuple[int, int, int, float, str]:
    """Sort key: shelved last, then present level, the worst it was, state, and the newest first."""
    shelved = alarm.state is AlarmState.SHELVED
    state = _STATE_ORDER.index(alarm.state) if alarm.state in _STATE_ORDER else len(_STATE_ORDER)
    return (shelved * 10 - alarm.level.rank, -alarm.worst.rank, state, -alarm.raised_s, alarm.id)


def wall_text(snapshot: Snapshot, time_s: float) -> str:
    """Local time of day of a monotonic time of the engine."""
    stamp = snapshot.wall_s + time_s - snapshot.time_s
    return datetime.datetime.fromtimestamp(stamp).strftime("%H:%M:%S")


def alarm_rows(snapshot: Snapshot | None, language: Language) -> list[AlarmRow]:
    """The rows of the alarm list, most pressing first."""
    if snapshot is None:
        return []
    shown = [a for a in snapshot.alarms if a.state is not AlarmState.NORMAL]
    return [_row(a, snapshot, language) for a in sorted(shown, key=alarm_order)]


def _row(alarm: Alarm, snapshot: Snapshot, language: Language) -> AlarmRow:
    active = alarm.level is not Level.CLEAR
    level = alarm.level if active else alarm.worst
    named = word(language, level)
    reason = reason_of(alarm, language)
    if alarm.state is AlarmState.SHELVED:
        left = duration(language, (alarm.shelved_until_s or snapshot.time_s) - snapshot.time_s)
        state_text = say(language, "state.shelved", left=left)
        reason = f"{reason}\n{say(language, 'alarms.shelved_because', reason=alarm.shelve_reason or '–')}"
    else:
        state_text = word(language, alarm.state)
    return AlarmRow(
        id=alarm.id,
        level=level,
        active=active,
        level_text=named if active else say(language, "alarms.was", level=named),
        state=alarm.state,
        state_text=state_text,
        time_text=wall_text(snapshot, alarm.raised_s),
        situation=title_of(alarm.situation, language),
        hoist=alarm.hoist or "–",
        who=alarm.person or alarm.source or "–",
        reason=reason,
        can_acknowledge=alarm.state in TO_ACKNOWLEDGE,
        can_shelve=alarm.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED),
        can_unshelve=alarm.state is AlarmState.SHELVED,
    )


def title_of(situation: Situation, language: Language) -> str:
    row = TABLE[situation]
    return row.title_ko if language == "ko" else row.title_en


def reason_of(alarm: Alarm, language: Language) -> str:
    return alarm.reason_ko if language == "ko" else alarm.reason_en


def headline(
    snapshot: Snapshot | None,
    pulse: Pulse,
    language: Language,
    waiting_for: str,
    hoists: bool,
    relays: Collection[Relay] = (),
) -> Headline:
    """The one thing to read first. Silence outranks everything, because then nothing else is known.

    ``waiting_for`` is the sentence to show before the first snapshot, ``hoists`` whether the site has any,
    ``relays`` its relay nodes.
    """
    if snapshot is None or pulse.kind == "waiting":
        return Headline("waiting", say(language, "headline.waiting"), waiting_for)
    waiting = len(to_acknowledge(snapshot.alarms))
    if not pulse.live:
        late = pulse.kind == "late"
        age = duration(language, pulse.late_s if late else pulse.age_s)
        reason = say(language, "reason.late" if late else "reason.silent", age=age)
        return Headline("silent", say(language, "headline.silent"), reason, unacknowledged=waiting)
    level = worst_level(snapshot)
    top, reason = _reason(snapshot, level, language, hoists, waiting)
    held = bypassed(snapshot.nodes, relays)
    calm_but_bypassed = bool(held) and level is Level.CLEAR
    return Headline(
        kind="caution" if calm_but_bypassed else _KINDS[level],
        title=say(language, "headline.bypass" if calm_but_bypassed else f"headline.{level.value}"),
        reason=bypass_reason(held, language) if calm_but_bypassed else reason,
        action=_action(snapshot, top, language, {b.target for b in held if b.signal == "permit"}),
        blind=_blind(snapshot, top, language),
        bypass=bypass_text(held, language),
        flash=any(a.level is Level.DANGER and a.state is AlarmState.UNACKNOWLEDGED for a in snapshot.alarms),
        unacknowledged=waiting,
        alarm=top.id if top is not None else "",
    )


def worst_level(snapshot: Snapshot) -> Level:
    """The most severe of the engine's level and of every alarm that nobody has shelved."""
    levels = [a.level for a in snapshot.alarms if a.state is not AlarmState.SHELVED]
    return max([snapshot.level, *levels], key=lambda level: level.rank)


def _reason(
    snapshot: Snapshot, level: Level, language: Language, hoists: bool, waiting: int
) -> tuple[Alarm | None, str]:
    """The alarm behind ``level`` and the sentence for it."""
    if level is Level.CLEAR:
        if waiting:
            return None, say(language, "reason.returned", count=waiting)
        if not hoists:
            return None, say(language, "reason.clear_no_hoist")
        return None, say(language, "reason.clear" if snapshot.hoists else "reason.clear_unlocated")
    for alarm in sorted(snapshot.alarms, key=alarm_order):
        if alarm.level is level:
            text = reason_of(alarm, language)
            shelved = alarm.state is AlarmState.SHELVED
            return alarm, say(language, "reason.shelved", reason=text) if shelved else text
    for hazard in snapshot.hazards:
        if hazard.level is level:
            who = " · ".join(x for x in (hazard.hoist, hazard.person, hazard.source) if x)
            return None, say(language, "reason.bare", situation=title_of(hazard.situation, language), who=who)
    return None, say(language, "reason.outputs")


def _action(snapshot: Snapshot, top: Alarm | None, language: Language, bypassed_hoists: Collection[str]) -> str:
    """What the outputs do to the hoists now, and what a person should do."""
    stopped = ", ".join(h.state.name for h in snapshot.hoists if not h.permit and h.state.name not in bypassed_hoists)
    slowed = ", ".join(h.state.name for h in snapshot.hoists if h.permit and h.slow and not h.near)
    parts = []
    if bypassed_hoists:
        parts.append(say(language, "action.bypass", hoists=", ".join(sorted(bypassed_hoists))))
    if stopped:
        parts.append(say(language, "action.stop", hoists=stopped))
    if slowed:
        parts.append(say(language, "action.slow", hoists=slowed))
    for view in snapshot.hoists:
        if view.permit and view.near:
            parts.append(say(language, "action.near", hoist=view.state.name, people=", ".join(view.near)))
    if top is not None and top.state is not AlarmState.SHELVED:
        row = TABLE[top.situation]
        parts.append(row.advice_ko if language == "ko" else row.advice_en)
    return "   ".join(parts)


def _blind(snapshot: Snapshot, top: Alarm | None, language: Language) -> str:
    """All that cannot be seen, unless it is one thing and the headline itself says so."""
    names: list[str] = []
    beside_top = False
    for alarm in sorted(snapshot.alarms, key=alarm_order):
        if alarm.situation in BLIND and alarm.level is not Level.CLEAR:
            name = alarm.source or alarm.person or alarm.hoist or title_of(alarm.situation, language)
            # One alarm may name several cameras, and each of them has one of its own.
            fresh = [each for each in name.split(", ") if each not in names]
            names += fresh
            beside_top |= bool(fresh) and alarm is not top
    if not beside_top:
        return ""
    more = len(names) - _BLIND_NAMES
    return ", ".join(names[:_BLIND_NAMES]) + (f" +{more}" if more > 0 else "")


def event_text(event: AlarmTransition, snapshot: Snapshot | None, language: Language) -> str:
    """One line for an alarm transition."""
    time = wall_text(snapshot, event.time_s) if snapshot is not None else "–"
    who = " · ".join(x for x in (event.hoist, event.person, event.source) if x)
    words = (
        title_of(event.situation, language),
        who,
        word(language, event.level),
        say(language, f"event.{event.event}"),
    )
    # A cleared alarm has no level any more, so the level is left out.
    told = [w for w in words if w and not (event.event == "cleared" and w == words[2])]
    return say(language, "alarms.last_event", time=time, event=" · ".join(told))
