"""What came of one variation, as it is kept in a file."""

from __future__ import annotations

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alarm that was raised, or rose."""

    time_s: float
    situation: str
    level: str


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One variation of one scenario.

    ``event_s``: when the situation truly came, None for a normal one. ``named_s``: when it was told by its
    name and level in time; ``acted_s``: when anything was told that slows or stops the hoist; None where
    that was too late or not at all. ``needless``: what was told long before, or of a normal one at all.
    ``redrawn``: draws before this one that were no instance; not ``valid``: none of them was.
    """

    scenario: str
    situation: str
    number: int
    redrawn: int
    valid: bool = True
    seconds: float = 0.0
    event_s: float | None = None
    named_s: float | None = None
    acted_s: float | None = None
    needless: tuple[Told, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def lead_s(self) -> float | None:
        """How long before the event it was told by its name; negative: so long after."""
        return None if self.named_s is None or self.event_s is None else self.event_s - self.named_s
