"""When is a part of the system started again, and when not any more? Pure: times are arguments, in seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

BUDGET = 5
WINDOW_S = 60.0
HANG_S = 3.0
"""A part that beat before and has not for so long hangs."""
START_S = 180.0
"""Longest time to the first beat: a detector that compiles its model takes long."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0

Verdict = Literal["well", "hangs", "wait", "start", "given_up"]


@dataclass(slots=True)
class Restarts:
    """One part's life. After ``BUDGET`` restarts in ``WINDOW_S`` it is given up, for a person to look at."""

    started_s: float = 0.0
    beat_s: float | None = None
    running: bool = False
    given_up: bool = False
    _due_s: float = 0.0
    _wait_s: float = _FIRST_WAIT_S
    _restarted_s: deque[float] = field(default_factory=deque)

    def started(self, now_s: float) -> None:
        self.running, self.started_s, self.beat_s = True, now_s, None

    def beat(self, now_s: float) -> None:
        self.beat_s = now_s

    def ended(self, now_s: float) -> None:
        """It crashed, hung or ended by itself: again in a while, unless that was once too often."""
        if now_s - self.started_s > WINDOW_S:
            self._wait_s = _FIRST_WAIT_S
        self.running = False
        while self._restarted_s and now_s - self._restarted_s[0] > WINDOW_S:
            self._restarted_s.popleft()
        if len(self._restarted_s) >= BUDGET:
            self.given_up = True
            return
        self._restarted_s.append(now_s)
        self._due_s, self._wait_s = now_s + self._wait_s, min(2.0 * self._wait_s, _LONGEST_WAIT_S)

    def verdict(self, now_s: float) -> Verdict:
        """What to do at ``now_s``."""
        if self.given_up:
            return "given_up"
        if not self.running:
            return "start" if now_s >= self._due_s else "wait"
        if self.beat_s is None:
            return "hangs" if now_s - self.started_s > START_S else "well"
        return "hangs" if now_s - self.beat_s > HANG_S else "well"

    def count(self, now_s: float) -> int:
        """Restarts within the window that ends at ``now_s``."""
        return sum(now_s - at_s <= WINDOW_S for at_s in self._restarted_s)
