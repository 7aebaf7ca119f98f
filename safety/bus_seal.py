"""Is a command of now, of this console, and not one of too many? What CURVE does not answer.

CURVE proves who sent a message and that it was neither changed nor played back. It cannot tell one that was held
up on the way, by a network or by a console that hung. So every snapshot carries the engine's clock as it left, and
every command the newest such stamp that its console had heard, and a number. No clocks need to agree.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Hashable

import msgspec

STAMP_BYTES = 8
_NS = 1_000_000_000


class Seal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What goes with a command: the run of the client, its number in that run, and the newest stamp heard, or 0."""

    run: str
    number: int
    heard_ns: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Seal)


def stamp(now_ns: int) -> bytes:
    """A snapshot's last frame: the engine's monotonic clock."""
    return now_ns.to_bytes(STAMP_BYTES, "big")


class Sealer:
    """The client's half. ``heard`` and ``seal`` are called by one thread."""

    def __init__(self) -> None:
        self._run = uuid.uuid4().hex
        self._number = 0
        self._heard_ns = 0

    def heard(self, frame: bytes) -> None:
        if len(frame) == STAMP_BYTES:
            self._heard_ns = int.from_bytes(frame, "big")

    def seal(self) -> bytes:
        self._number += 1
        return _encoder.encode(Seal(self._run, self._number, self._heard_ns))


class SealBook:
    """The engine's half: remembers the newest number of each party's run."""

    def __init__(self, age_s: float) -> None:
        self._age_ns = round(age_s * _NS)
        self._newest: dict[Hashable, tuple[str, int]] = {}

    def flaw(self, party: Hashable, frame: bytes | None, now_ns: int) -> str:
        """Why a command with this seal is not to be carried out; empty where it may be."""
        try:
            seal = _decoder.decode(frame or b"")
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return "it bears no seal"
        run, newest = self._newest.get(party, ("", 0))
        if run == seal.run and seal.number <= newest:
            return "it has come before, or out of its order"
        self._newest[party] = (seal.run, seal.number)
        if seal.heard_ns <= 0:
            return "its console had not heard the engine yet"
        late_s = (now_ns - seal.heard_ns) / _NS
        if not 0 <= now_ns - seal.heard_ns <= self._age_ns:
            return f"it is late: what its console had heard last was {late_s:.1f} s old"
        return ""


class RateLimit:
    """A bucket of tokens a party: ``burst`` at once, ``rate_hz`` for long."""

    def __init__(self, rate_hz: float, burst: int) -> None:
        self._rate_hz, self._burst = rate_hz, burst
        self._left: dict[Hashable, tuple[float, float]] = {}

    def admits(self, party: Hashable, now_s: float) -> bool:
        left, at_s = self._left.get(party, (float(self._burst), now_s))
        left = min(float(self._burst), left + max(0.0, now_s - at_s) * self._rate_hz)
        admitted = left >= 1.0 or math.isclose(left, 1.0)
        self._left[party] = (left - 1.0 if admitted else left, now_s)
        return admitted
