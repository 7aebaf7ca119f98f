"""What a live run brought, for the line at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from safety.engine import Step
from safety.records import Level


@dataclass(slots=True)
class LiveSummary:
    """Counts of one run."""

    ticks: int = 0
    events: Counter[str] = field(default_factory=Counter)
    worst: Level = Level.CLEAR
    overruns: int = 0

    def count(self, step: Step) -> None:
        """Take in one decision."""
        self.ticks += 1
        self.worst = max(self.worst, step.snapshot.level, key=lambda level: level.rank)
        self.events.update(t.event for t in step.transitions)
