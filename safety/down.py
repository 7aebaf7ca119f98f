"""Who lies on the floor, or has not moved for very long? Known also after the last look, for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from calibration.policy import Policy
from tracking.records import Person

_MOVES_MPS = 0.3
_STAYS_M = 0.5
_TAKES_OVER_M = 1.5


@dataclass(frozen=True, slots=True)
class Down:
    """Somebody who is down, as last seen. ``still_s``: how long without leaving the place; ``lies``: seen lying."""

    person: Person
    still_s: float
    lies: bool


@dataclass(slots=True)
class _Watched:
    """Where one person has stayed, since when, and since when low."""

    person: Person
    place_m: tuple[float, float]
    still_since_s: float
    seen_s: float
    low_since_s: float | None = None
    down: bool = False


@dataclass(slots=True)
class DownMonitor:
    """Follows who is down. Deterministic by what it is given, in time order.

    Somebody who was down and is not found any more is still taken to lie there for ``down_keep_s``: a body
    on the floor is what a detector loses first. A new track at that place takes the state over, and ends it
    only by standing up or walking away.
    """

    policy: Policy
    _watched: dict[str, _Watched] = field(default_factory=dict)

    def step(self, now_s: float, people: tuple[Person, ...]) -> tuple[Down, ...]:
        """All who are down at ``now_s``, in a fixed order."""
        for person in people:
            if not person.lost:
                self._see(now_s, person)
        self._forget(now_s)
        out = []
        for name in sorted(self._watched):
            w = self._watched[name]
            still_s = now_s - w.still_since_s
            if w.down or still_s >= self.policy.still_time_s:
                out.append(Down(w.person, still_s, w.down))
        return tuple(out)

    def _see(self, now_s: float, person: Person) -> None:
        here = (person.x_m, person.y_m)
        w = self._watched.get(person.id)
        if w is None:
            w = self._watched[person.id] = self._new(now_s, person)
        w.person, w.seen_s = person, now_s
        if math.dist(here, w.place_m) > _STAYS_M + 2 * person.sigma_m:
            w.place_m, w.still_since_s = here, now_s
        if person.top_m is None:
            return
        low = person.top_m < self.policy.down_of_height * (person.height_m or self.policy.person_height_m)
        if not low:
            w.low_since_s, w.down = None, False
        elif w.low_since_s is None:
            w.low_since_s = now_s
        # A body that is dragged along moves; one that lies does not get up, whatever it moves with.
        settled = low and w.low_since_s is not None and now_s - w.low_since_s >= self.policy.down_time_s - 1e-9
        w.down |= settled and person.speed_mps < _MOVES_MPS

    def _new(self, now_s: float, person: Person) -> _Watched:
        """A track that begins where somebody lies unseen is that body."""
        here = (person.x_m, person.y_m)
        for name in sorted(self._watched):
            known = self._watched[name]
            gone = known.seen_s < now_s - self.policy.tick_s
            if known.down and gone and math.dist(here, known.place_m) < _TAKES_OVER_M:
                del self._watched[name]
                return _Watched(person, here, known.still_since_s, now_s, known.low_since_s, True)
        return _Watched(person, here, now_s, now_s)

    def _forget(self, now_s: float) -> None:
        keep_s = {True: self.policy.down_keep_s, False: self.policy.coast_time_s}
        self._watched = {n: w for n, w in self._watched.items() if now_s - w.seen_s <= keep_s[w.down]}
