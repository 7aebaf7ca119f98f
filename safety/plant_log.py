"""What statistics over many halls need beside the alarms: when an engine watched, what people said of its alarms.

Pure: snapshots and verdicts in, events out. Who said it is not told. Each event has an ``id`` that is the same for
every copy of it; of the spans that were watched, which grow, the newest copy counts.
"""

from __future__ import annotations

from safety.plant_events import Json, wall_time
from safety.records import Alarm, AlarmState, Snapshot
from safety.word_records import Verdict

LOG_SCHEMA = "hoistwatch.log/1"
WATCHED_PERIOD_S = 900.0
"""A span is told when it begins, this often, and when it ends as far as can be foreseen."""


class PlantLog:
    """Follows one hall.

    Args:
        hall: name of the site.
    """

    def __init__(self, hall: str) -> None:
        self._hall = hall
        self._run: str | None = None
        self._from_s = self._to_s = self._told_s = 0.0
        self._acknowledged: set[str] = set()
        self._shelved: set[str] = set()

    def take(self, snapshot: Snapshot) -> list[Json]:
        """What a new snapshot brings."""
        events: list[Json] = []
        if snapshot.run != self._run:
            events += self.close()
            self._run, self._from_s, self._told_s = snapshot.run, snapshot.wall_s, -WATCHED_PERIOD_S
            self._acknowledged.clear()
            self._shelved.clear()
        self._to_s = max(self._from_s, snapshot.wall_s)
        if self._to_s - self._told_s >= WATCHED_PERIOD_S:
            events.append(self._watched())
        for alarm in snapshot.alarms:
            key = f"{alarm.id}@{round(1e3 * alarm.raised_s)}"
            if alarm.state is AlarmState.ACKNOWLEDGED and key not in self._acknowledged:
                self._acknowledged.add(key)
                events.append(self._said("acknowledge", key, alarm, snapshot))
            if alarm.state is AlarmState.SHELVED and key not in self._shelved:
                self._shelved.add(key)
                events.append(self._said("shelve", key, alarm, snapshot))
        return events

    def judged(self, verdict: Verdict, wall_s: float) -> Json:
        """What somebody holds a past alarm for. Its comment stays in the hall."""
        key = f"{verdict.alarm}@{round(1e3 * verdict.raised_wall_s)}"
        return self._event("verdict", f"{key}/verdict@{round(1e3 * wall_s)}", wall_s) | {
            "alarm": verdict.alarm,
            "raised": wall_time(verdict.raised_wall_s),
            "verdict": verdict.verdict,
        }

    def close(self) -> list[Json]:
        """The span until now, where there is one."""
        return [] if self._run is None else [self._watched()]

    def _watched(self) -> Json:
        self._told_s = self._to_s
        ident = f"{self._run}/watched@{round(1e3 * self._from_s)}"
        return self._event("watched", ident, self._from_s) | {"until": wall_time(self._to_s)}

    def _said(self, what: str, key: str, alarm: Alarm, snapshot: Snapshot) -> Json:
        return self._event(what, f"{self._run}/{key}/{what}", snapshot.wall_s) | {"alarm": alarm.id}

    def _event(self, what: str, ident: str, wall_s: float) -> Json:
        return {
            "schema": LOG_SCHEMA,
            "hall": self._hall,
            "id": ident,
            "time": wall_time(wall_s),
            "what": what,
            "run": self._run or "",
        }
