"""What does a training tell while it runs? A record apart from the trainer, which takes seconds to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands. ``epoch`` and ``batch`` count from 1; ``left_s`` is a guess, None at first."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    left_s: float | None
