"""Whether what a client of the bus shows or tells is live: the engine's pulse, judged by the client's own clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from safety.records import Snapshot

SILENT_S = 0.5
"""Without a new snapshot for longer than this, nothing that was heard counts as live."""
LATE_S = 1.0
"""Snapshots that arrive this much later than the quickest ones are no longer live either."""
_RATE_WINDOW_S = 5.0
_LEAK = 1e-3
"""How fast the shortest transit time is forgotten, in s/s: more than clocks drift apart, less than a queue grows."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """State of the engine as seen from here. ``age_s`` is since the last new snapshot, ``late_s`` its delay."""

    kind: Literal["waiting", "live", "silent", "late"]
    age_s: float = 0.0
    late_s: float = 0.0
    rate_hz: float = 0.0

    @property
    def live(self) -> bool:
        return self.kind == "live"


class EngineWatch:
    """Takes each snapshot with the client's monotonic time of receipt and tells the pulse at any time.

    The engine's clock and this one may belong to different machines, so only differences count:
    the quickest transit so far is taken as no delay.
    """

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._received_s = 0.0
        self._arrivals: deque[float] = deque()
        self._quickest_s = 0.0
        self._late_s = 0.0

    def receive(self, snapshot: Snapshot, now_s: float) -> bool:
        """Note a snapshot; False where it repeats the last one and so is no sign of life."""
        last = self._last
        transit_s = now_s - snapshot.time_s
        if last is not None and snapshot.seq == last.seq and snapshot.time_s == last.time_s:
            return False
        if last is None or snapshot.seq < last.seq or snapshot.time_s < last.time_s:
            # The first one, or an engine that has started again, perhaps on another clock.
            self._quickest_s = transit_s
            self._arrivals.clear()
        else:
            leaked = self._quickest_s + _LEAK * (now_s - self._received_s)
            self._quickest_s = min(transit_s, leaked)
        self._late_s = transit_s - self._quickest_s
        self._last = snapshot
        self._received_s = now_s
        self._arrivals.append(now_s)
        return True

    def pulse(self, now_s: float) -> Pulse:
        if self._last is None:
            return Pulse("waiting")
        while self._arrivals and self._arrivals[0] < now_s - _RATE_WINDOW_S:
            self._arrivals.popleft()
        age_s = max(0.0, now_s - self._received_s)
        span_s = self._arrivals[-1] - self._arrivals[0] if len(self._arrivals) > 1 else 0.0
        rate_hz = (len(self._arrivals) - 1) / span_s if span_s > 0.0 else 0.0
        if age_s > SILENT_S:
            return Pulse("silent", age_s, self._late_s, 0.0)
        if self._late_s > LATE_S:
            return Pulse("late", age_s, self._late_s, rate_hz)
        return Pulse("live", age_s, self._late_s, rate_hz)
