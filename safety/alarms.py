"""Alarms over time: delays in seconds, escalation and easing, and the operator's states of ISA-18.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from calibration.policy import Policy
from safety.alarm_table import TABLE
from safety.alarm_words import reason
from safety.records import (
    Acknowledge,
    Alarm,
    AlarmState,
    AlarmTransition,
    Hazard,
    Level,
    Refusal,
    Shelve,
)

Key = tuple[str, str, str, str]
_RISING = (Level.CAUTION, Level.WARNING, Level.DANGER)


class Ladder:
    """One hazard's level with delays: it rises once a level has held, and falls once it stayed away."""

    def __init__(self, policy: Policy, on_factor: float) -> None:
        on = policy.on_delay_s * on_factor
        self._on_delay_s = {Level.CAUTION: 2 * on, Level.WARNING: 2 * on, Level.DANGER: on}
        self._off_delay_s = policy.off_delay_s
        self._since_s: dict[Level, float] = {}
        self._last_s: dict[Level, float] = {}
        self.level = Level.CLEAR

    def step(self, now_s: float, raw: Level, held_s: float = 0.0) -> Level:
        """The announced level after ``raw`` was judged at ``now_s``; known to be so for ``held_s`` by now."""
        risen = Level.CLEAR
        kept = Level.CLEAR
        for level in _RISING:
            if raw.rank >= level.rank:
                self._since_s.setdefault(level, now_s - held_s)
                self._last_s[level] = now_s
                kept = level
                if now_s - self._since_s[level] >= self._on_delay_s[level] - 1e-9:
                    risen = level
            else:
                self._since_s.pop(level, None)
            if now_s - self._last_s.get(level, -1e18) < self._off_delay_s - 1e-9:
                kept = level
        if risen.rank > self.level.rank:
            self.level = risen
        elif kept.rank < self.level.rank:
            self.level = kept
        return self.level

    @property
    def idle(self) -> bool:
        """Nothing announced and nothing about to be."""
        return self.level is Level.CLEAR and not self._since_s


@dataclass(slots=True)
class _Entry:
    """One alarm from its first raise until nobody needs it any more."""

    ladder: Ladder
    hazard: Hazard
    detail: str = ""
    id: str = ""
    worst: Level = Level.CLEAR
    acknowledged: bool = False
    raised_s: float = 0.0
    changed_s: float = 0.0
    shelved_until_s: float | None = None
    shelve_reason: str | None = None
    _told: tuple[Hazard, str, str, str] | None = None

    def words(self) -> tuple[str, str]:
        """Why, in English and Korean; worked out once for a hazard, however long its alarm is listed."""
        if self._told is None or self._told[0] is not self.hazard or self._told[1] != self.detail:
            english, korean = reason(self.hazard, "en", self.detail), reason(self.hazard, "ko", self.detail)
            self._told = (self.hazard, self.detail, english, korean)
        return self._told[2:]

    def state(self, now_s: float) -> AlarmState:
        if self.shelved_until_s is not None and now_s < self.shelved_until_s:
            return AlarmState.SHELVED
        if self.ladder.level is Level.CLEAR:
            return AlarmState.NORMAL if self.acknowledged else AlarmState.RETURNED
        return AlarmState.ACKNOWLEDGED if self.acknowledged else AlarmState.UNACKNOWLEDGED


@dataclass(slots=True)
class AlarmBook:
    """All alarms of one engine. Shelving hides an alarm from lists and tones; it never frees an output."""

    policy: Policy
    language: Literal["en", "ko"] = "en"
    _entries: dict[Key, _Entry] = field(default_factory=dict)
    _next: int = 1

    def step(self, now_s: float, hazards: Sequence[Hazard], details: dict[Key, str]) -> list[AlarmTransition]:
        """Judge all hazards of a tick; what changed comes back in a fixed order."""
        current = {h.key: h for h in hazards}
        for key, hazard in current.items():
            if key not in self._entries:
                ladder = Ladder(self.policy, TABLE[hazard.situation].on_factor)
                self._entries[key] = _Entry(ladder=ladder, hazard=hazard)
        out = []
        for key in sorted(self._entries):
            entry = self._entries[key]
            hazard_now = current.get(key)
            if hazard_now is not None:
                entry.hazard, entry.detail = hazard_now, details.get(key, "")
            transition = self._move(entry, now_s, hazard_now)
            if transition is not None:
                out.append(transition)
        self._entries = {k: e for k, e in self._entries.items() if self._needed(e, now_s)}
        return out

    def acknowledge(self, command: Acknowledge, now_s: float) -> Refusal | None:
        """Mark an alarm as seen. Refused where no such alarm waits for it."""
        entry = self._by_id(command.alarm)
        if entry is None:
            return _refusal(command, now_s, f"there is no alarm {command.alarm!r} to acknowledge")
        entry.acknowledged = True
        entry.changed_s = now_s
        return None

    def shelve(self, command: Shelve, now_s: float) -> Refusal | None:
        """Set an alarm aside for a limited time with a reason; zero seconds brings it back."""
        entry = self._by_id(command.alarm)
        if entry is None:
            return _refusal(command, now_s, f"there is no alarm {command.alarm!r} to shelve")
        if command.for_s == 0.0:
            entry.shelved_until_s = entry.shelve_reason = None
            entry.changed_s = now_s
            return None
        if not 0.0 < command.for_s <= self.policy.shelve_limit_s:
            limit = f"{self.policy.shelve_limit_s:.0f} s"
            return _refusal(command, now_s, f"an alarm can be shelved for 0 to {limit}, not {command.for_s} s")
        if not command.reason.strip():
            return _refusal(command, now_s, "shelving needs a reason")
        entry.shelved_until_s = now_s + command.for_s
        entry.shelve_reason = command.reason.strip()
        entry.changed_s = now_s
        return None

    def alarms(self, now_s: float) -> tuple[Alarm, ...]:
        """All alarms that a console lists, most urgent first."""
        shown = [_alarm(e, now_s) for e in self._entries.values() if e.id]
        return tuple(sorted(shown, key=lambda a: (-a.level.rank, TABLE[a.situation].priority, int(a.id[2:]))))

    def announced(self) -> list[tuple[Hazard, Level]]:
        """Every hazard with its announced level, shelved ones too: what outputs are decided by."""
        return [(e.hazard, e.ladder.level) for e in self._entries.values() if e.ladder.level is not Level.CLEAR]

    def audible(self, now_s: float) -> Level:
        """The most severe level among alarms that are not shelved."""
        levels = [e.ladder.level for e in self._entries.values() if e.state(now_s) is not AlarmState.SHELVED]
        return max(levels, key=lambda level: level.rank, default=Level.CLEAR)

    def _move(self, entry: _Entry, now_s: float, hazard: Hazard | None) -> AlarmTransition | None:
        before = entry.ladder.level
        raw, held_s = (Level.CLEAR, 0.0) if hazard is None else (hazard.level, hazard.held_s)
        after = entry.ladder.step(now_s, raw, held_s)
        if after is before:
            return None
        event: Literal["raised", "escalated", "eased", "cleared"]
        if before is Level.CLEAR:
            event = "raised"
            if not entry.id:
                entry.id = f"a-{self._next}"
                self._next += 1
                entry.raised_s = now_s
            entry.acknowledged = False
        elif after is Level.CLEAR:
            event = "cleared"
        elif after.rank > before.rank:
            event = "escalated"
            entry.acknowledged = False
        else:
            event = "eased"
        entry.worst = max(entry.worst, after, key=lambda level: level.rank)
        entry.changed_s = now_s
        return self._transition(entry, now_s, event, after)

    def _transition(
        self, entry: _Entry, now_s: float, event: Literal["raised", "escalated", "eased", "cleared"], level: Level
    ) -> AlarmTransition:
        h = entry.hazard
        return AlarmTransition(
            time_s=now_s,
            alarm=entry.id,
            event=event,
            level=level if event != "cleared" else entry.worst,
            situation=h.situation,
            hoist=h.hoist,
            person=h.person,
            source=h.source,
            probability=h.probability,
            time_to_contact_s=h.time_to_contact_s,
            time_to_last_safe_stop_s=h.time_to_last_safe_stop_s,
            reason=reason(h, self.language, entry.detail),
        )

    def _needed(self, entry: _Entry, now_s: float) -> bool:
        if not entry.id:
            return not entry.ladder.idle
        return entry.state(now_s) is not AlarmState.NORMAL or not entry.ladder.idle

    def _by_id(self, alarm: str) -> _Entry | None:
        return next((e for e in self._entries.values() if e.id and e.id == alarm), None)


def _alarm(entry: _Entry, now_s: float) -> Alarm:
    h = entry.hazard
    english, korean = entry.words()
    return Alarm(
        id=entry.id,
        situation=h.situation,
        level=entry.ladder.level,
        worst=entry.worst,
        state=entry.state(now_s),
        raised_s=entry.raised_s,
        changed_s=entry.changed_s,
        reason_en=english,
        reason_ko=korean,
        hoist=h.hoist,
        person=h.person,
        source=h.source,
        shelved_until_s=entry.shelved_until_s,
        shelve_reason=entry.shelve_reason,
    )


def _refusal(command: Acknowledge | Shelve, now_s: float, why: str) -> Refusal:
    return Refusal(time_s=now_s, command=type(command).__name__, reason=why)
