"""How far is another machine's clock from this one's, and how sure is that? Pure: times are arguments.

Four stamps of one exchange, as in NTP (RFC 5905, section 8): T1 the question leaves (our clock), T2 it arrives
(theirs), T3 the answer leaves (theirs), T4 it arrives (ours). Then

    offset θ = ((T2 - T1) + (T3 - T4)) / 2        delay δ = (T4 - T1) - (T3 - T2)

and the true offset lies within θ ± δ/2, however unequal the two ways were. Of the newest exchanges the one with the
least error counts (the clock filter of section 10), which is half its delay and what the clocks can have drifted
apart since: twice the frequency tolerance MAXFREQ, 500 ppm, at which NTP slews a clock.

Two such intervals, the older one widened by the drift, must overlap. Where they do not, one clock has jumped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

DRIFT = 2 * 500e-6
_KEPT = 16
_READING_S = 1e-6
_SURE = 4
"""Exchanges that must agree before the offset counts, at the start and after a jump."""
_NS = 1e-9


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer; nanoseconds: ``asked`` and ``answered`` of our clock, the others of theirs."""

    asked_ns: int
    received_ns: int
    sent_ns: int
    answered_ns: int

    @property
    def offset_s(self) -> float:
        """Their clock minus ours."""
        return _NS * ((self.received_ns - self.asked_ns) + (self.sent_ns - self.answered_ns)) / 2

    @property
    def delay_s(self) -> float:
        """Time on the way, there and back."""
        return _NS * ((self.answered_ns - self.asked_ns) - (self.sent_ns - self.received_ns))

    def error_s(self, now_s: float) -> float:
        """How far ``offset_s`` can be from the true one at ``now_s`` of our clock."""
        return self.delay_s / 2 + DRIFT * max(0.0, now_s - _NS * self.answered_ns) + _READING_S


@dataclass(frozen=True, slots=True)
class Offset:
    """Their clock minus ours, in seconds: within ``error_s`` of ``offset_s``."""

    offset_s: float
    error_s: float
    delay_s: float


class ClockOffset:
    """Follows one other clock."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self._jumped = False
        self.steps = 0
        self.step_s = 0.0
        """Jumps seen, and by how much their clock jumped against ours the last time."""

    @property
    def sure(self) -> bool:
        """Whether enough exchanges agree."""
        return len(self._exchanges) >= _SURE

    @property
    def stepped(self) -> bool:
        """Whether it is because of a jump that too few agree."""
        return self._jumped and not self.sure

    def add(self, exchange: Exchange) -> None:
        """Take in an exchange; one that contradicts what is known starts all anew."""
        now_s = _NS * exchange.answered_ns
        known = self.offset(now_s)
        if known is not None:
            apart_s = exchange.offset_s - known.offset_s
            # Held for longer than the whole exchange took: their clock jumped between its two stamps.
            torn = exchange.delay_s < -2 * _READING_S or exchange.sent_ns < exchange.received_ns
            if torn or abs(apart_s) > known.error_s + exchange.error_s(now_s):
                self.jumped(apart_s)
        if exchange.delay_s >= -2 * _READING_S and exchange.sent_ns >= exchange.received_ns:
            self._exchanges.append(exchange)
            self._jumped = self._jumped and not self.sure

    def jumped(self, by_s: float) -> None:
        """Forget what is known, because their clock has jumped by so much against ours."""
        self.steps += 1
        self._jumped = True
        self.step_s = by_s
        self._exchanges.clear()

    def offset(self, now_s: float) -> Offset | None:
        """The best that is known at ``now_s`` of our clock; None before the first exchange."""
        if not self._exchanges:
            return None
        best = min(self._exchanges, key=lambda e: e.error_s(now_s))
        return Offset(best.offset_s, best.error_s(now_s), best.delay_s)
