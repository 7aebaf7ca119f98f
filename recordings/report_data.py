"""What happened in a recording? Gathered tick by tick for the report; numbers only, no words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from calibration.camera import Array
from calibration.site import Site
from recordings.evaluate_recording import Episode, episodes_of
from safety.engine import Step
from safety.records import AlarmTransition, Level, Situation, Snapshot

TRACK_STEP_S = 0.3
NEAR_ZERO_S = 10.0
"""A recording that begins before this keeps its own times; of others, the first tick is 0."""
FLOOD_WINDOW_S, FLOOD_COUNT = 600.0, 10
CHATTER_WINDOW_S, CHATTER_COUNT = 60.0, 3
SpellKind = Literal["level", "phase", "permit", "slow", "contact", "camera"]


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm transition, its time, why in both languages, and where on the floor."""

    time_s: float
    transition: AlarmTransition
    reason_en: str
    reason_ko: str
    place_m: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Change:
    """Something else that changed: a lift phase (its name), an output, a contact or a camera (on or off)."""

    time_s: float
    kind: SpellKind
    name: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Spell:
    """A state that lasted: from, until, and its value."""

    from_s: float
    until_s: float
    value: str | bool


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """One camera: share of ticks alive, median rate while alive, longest silence, refused frames."""

    name: str
    alive_share: float
    rate_hz: float
    longest_age_s: float
    rejected: int


@dataclass(frozen=True, slots=True)
class AlarmLoad:
    """What the alarms ask of a person (ISA-18.2, EEMUA 191). ``most_in_window``: within any ten minutes."""

    raised: int
    per_hour: float
    most_in_window: int
    flood: bool
    chattering: tuple[tuple[Situation, str], ...]
    standing_at_end: int


@dataclass(frozen=True, slots=True)
class KindFigures:
    """All alarms of one situation: how many, the worst level, how long they stood together."""

    situation: Situation
    count: int
    worst: Level
    stood_s: float


@dataclass(frozen=True, slots=True)
class Happened:
    """A whole recording. Times are seconds from ``origin_s``; ``spells`` are keyed by kind and name."""

    site: Site
    origin_s: float
    wall_s: float
    first_s: float
    duration_s: float
    ticks: int
    worst: Level
    told: tuple[Told, ...]
    changes: tuple[Change, ...]
    spells: dict[tuple[str, str], tuple[Spell, ...]]
    people_m: dict[str, Array]
    hooks_m: dict[str, Array]
    cameras: tuple[CameraFigures, ...]
    kinds: tuple[KindFigures, ...]
    load: AlarmLoad
    counts: dict[str, int]


@dataclass(slots=True)
class Gathering:
    """Takes the steps of a replay one by one; ``happened`` then gives the whole."""

    site: Site
    _origin_s: float | None = None
    _first_s: float = 0.0
    _wall_s: float = 0.0
    _last_s: float = 0.0
    _ticks: int = 0
    _worst: Level = Level.CLEAR
    _told: list[Told] = field(default_factory=list)
    _changes: list[Change] = field(default_factory=list)
    _spells: dict[tuple[str, str], list[Spell]] = field(default_factory=dict)
    _people: dict[str, list[tuple[float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    _hooks: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    _alive: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    _rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _ages: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _rejected: dict[str, int] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """One tick, in order."""
        s = step.snapshot
        if self._origin_s is None:
            self._origin_s = 0.0 if 0.0 <= s.time_s < NEAR_ZERO_S else s.time_s
            self._first_s, self._wall_s = s.time_s - self._origin_s, s.wall_s
        now_s = self._last_s = s.time_s - self._origin_s
        self._ticks += 1
        self._worst = max(self._worst, s.level, key=lambda level: level.rank)
        self._counts = s.counts
        reasons = {a.id: (a.reason_en, a.reason_ko) for a in s.alarms}
        for t in step.transitions:
            english, korean = reasons.get(t.alarm, (t.reason, t.reason))
            self._told.append(Told(now_s, t, english, korean, self._place(t, s)))
        self._states(now_s, s)
        self._tracks(now_s, s)

    def happened(self) -> Happened:
        """Everything up to the last tick."""
        origin_s = self._origin_s or 0.0
        episodes = episodes_of(t.transition for t in self._told)
        return Happened(
            site=self.site,
            origin_s=origin_s,
            wall_s=self._wall_s,
            first_s=self._first_s,
            duration_s=self._last_s - self._first_s,
            ticks=self._ticks,
            worst=self._worst,
            told=tuple(self._told),
            changes=tuple(self._changes),
            spells={
                key: (*spells[:-1], Spell(spells[-1].from_s, self._last_s, spells[-1].value))
                for key, spells in self._spells.items()
            },
            people_m={name: np.array(rows) for name, rows in self._people.items() if rows},
            hooks_m={name: np.array(rows) for name, rows in self._hooks.items() if rows},
            cameras=tuple(self._camera(c.name) for c in self.site.camera),
            kinds=kinds_of(episodes, origin_s + self._last_s),
            load=load_of(episodes, self._last_s - self._first_s),
            counts=dict(sorted(self._counts.items())),
        )

    def _states(self, now_s: float, s: Snapshot) -> None:
        for hoist in s.hoists:
            name = hoist.state.name
            self._state(now_s, "phase", name, hoist.phase.value)
            self._state(now_s, "level", name, hoist.level.value)
        self._state(now_s, "level", "hall", s.level.value)
        for key, on in s.outputs.items():
            target, _, signal = key.rpartition("/")
            if signal == "permit":
                self._state(now_s, "permit", target, on)
            if signal == "slow":
                self._state(now_s, "slow", target, on)
        for node in s.nodes:
            for contact, closed in node.contacts.items():
                self._state(now_s, "contact", f"{node.node} {contact}", closed)
        for camera in s.cameras:
            self._state(now_s, "camera", camera.camera, camera.alive)
            alive = self._alive[camera.camera]
            alive[0] += camera.alive
            alive[1] += 1
            if camera.alive and camera.rate_hz > 0.0:
                self._rates[camera.camera].append(camera.rate_hz)
            self._ages[camera.camera] = max(self._ages[camera.camera], camera.age_s)
            self._rejected[camera.camera] = camera.rejected

    def _state(self, now_s: float, kind: SpellKind, name: str, value: str | bool) -> None:
        """Lengthen the spell that lasts, or begin another; what is no level is a change worth telling."""
        spells = self._spells.setdefault((kind, name), [])
        if not spells:
            spells.append(Spell(now_s, now_s, value))
            return
        last = spells[-1]
        if last.value == value:
            return
        spells[-1] = Spell(last.from_s, now_s, last.value)
        spells.append(Spell(now_s, now_s, value))
        if kind != "level":
            self._changes.append(Change(now_s, kind, name, value))

    def _tracks(self, now_s: float, s: Snapshot) -> None:
        for p in s.people:
            rows = self._people[p.id]
            if not p.lost and (not rows or now_s - rows[-1][0] >= TRACK_STEP_S - 1e-6):
                rows.append((now_s, p.x_m, p.y_m))
        for hoist in s.hoists:
            path, h = self._hooks[hoist.state.name], hoist.state
            if not h.lost and (not path or now_s - path[-1][0] >= TRACK_STEP_S - 1e-6):
                path.append((now_s, h.x_m, h.y_m, h.z_m))

    def _place(self, t: AlarmTransition, s: Snapshot) -> tuple[float, float] | None:
        """Where an alarm was: its person, else its hoist."""
        for p in s.people:
            if p.id == t.person:
                return (p.x_m, p.y_m)
        for hoist in s.hoists:
            if hoist.state.name == t.hoist:
                return (hoist.state.x_m, hoist.state.y_m)
        return None

    def _camera(self, name: str) -> CameraFigures:
        alive, looked = self._alive[name]
        rates = self._rates[name]
        return CameraFigures(
            name=name,
            alive_share=alive / looked if looked else 0.0,
            rate_hz=float(np.median(rates)) if rates else 0.0,
            longest_age_s=self._ages[name],
            rejected=self._rejected.get(name, 0),
        )


def gather(steps: Iterable[Step], site: Site) -> Happened:
    """All steps of a replay."""
    gathering = Gathering(site)
    for step in steps:
        gathering.add(step)
    return gathering.happened()


def kinds_of(episodes: Iterable[Episode], end_s: float) -> tuple[KindFigures, ...]:
    """Figures by situation, the worst first. An alarm that was not cleared stood until ``end_s``."""
    by_kind: dict[Situation, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_kind[episode.situation].append(episode)
    rows = [
        KindFigures(
            situation=situation,
            count=len(group),
            worst=max((level for e in group for _, level in e.levels), key=lambda level: level.rank),
            stood_s=sum((end_s if e.cleared_s is None else e.cleared_s) - e.raised_s for e in group),
        )
        for situation, group in by_kind.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-r.worst.rank, -r.count, r.situation.value)))


def load_of(episodes: tuple[Episode, ...], duration_s: float) -> AlarmLoad:
    """Alarm load of all alarms raised within ``duration_s``.

    A flood is more than 10 alarms in 10 minutes, chatter one and the same alarm 3 times in a minute.
    """
    raised = np.array(sorted(e.raised_s for e in episodes))
    same: dict[tuple[Situation, str, str, str], list[float]] = defaultdict(list)
    for e in episodes:
        same[e.situation, e.hoist or "", e.person or "", e.source or ""].append(e.raised_s)
    chattering = [
        (key[0], " ".join(part for part in key[1:] if part))
        for key, times in same.items()
        if _most_within(np.array(sorted(times)), CHATTER_WINDOW_S) >= CHATTER_COUNT
    ]
    most = _most_within(raised, FLOOD_WINDOW_S)
    return AlarmLoad(
        raised=len(raised),
        per_hour=3600.0 * len(raised) / duration_s if duration_s > 0 else 0.0,
        most_in_window=most,
        flood=most > FLOOD_COUNT,
        chattering=tuple(sorted(chattering, key=lambda c: (c[0].value, c[1]))),
        standing_at_end=sum(e.cleared_s is None for e in episodes),
    )


def _most_within(times_s: Array, window_s: float) -> int:
    """The largest number of sorted times in any window, its ends included."""
    if not len(times_s):
        return 0
    until = np.searchsorted(times_s, times_s + window_s, side="right")
    return int((until - np.arange(len(times_s))).max())
