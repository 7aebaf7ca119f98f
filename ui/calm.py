"""Numbers that change ten times a second cannot be read: let them change twice a second instead."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
HOLD_S = 0.5


class Calm(Generic[T]):
    """Holds a value back while only its numbers change; whatever changes its meaning shows at once."""

    def __init__(self, hold_s: float = HOLD_S) -> None:
        self._hold_s = hold_s
        self._shown: tuple[object, T, float] | None = None

    def take(self, meaning: object, value: T, now_s: float) -> T:
        """The new value, or the last one where ``meaning`` is the same and the hold is not over.

        ``meaning`` is whatever must never wait, such as level, state and language.
        """
        shown = self._shown
        if shown is not None and shown[0] == meaning and 0.0 <= now_s - shown[2] < self._hold_s:
            return shown[1]
        self._shown = (meaning, value, now_s)
        return value
