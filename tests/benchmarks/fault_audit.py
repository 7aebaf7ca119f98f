"""Was no audited event lost? What was seen on the bus is looked for in the audit log, row by row."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from safety.audit import AuditLog, AuditRow
from safety.records import AlarmTransition, Refusal, Snapshot

SETTLE_S = 4.0
"""How long a row that waits for its disk may take, once nothing is wrong any more."""


@dataclass
class Seen:
    """What a console on the bus saw that must stand in the log."""

    from_s: float
    moves: set[tuple[str, str, float]] = field(default_factory=set)
    """Transitions of alarms: alarm, event, time in ms."""
    runs: set[str] = field(default_factory=set)
    """Starts of the engine since then."""
    refusals: int = 0
    acknowledged: int = 0
    """Alarms that this console acknowledged, and was not refused."""
    resets: int = 0
    """Resets after which the contact closed."""

    def take(self, messages: Iterable[object], run_before: str) -> None:
        for message in messages:
            if isinstance(message, AlarmTransition) and message.time_s > self.from_s:
                self.moves.add((message.alarm, message.event, _ms(message.time_s)))
            # The client's own are no events of the engine; those of the bus ("late") come many in a row.
            elif isinstance(message, Refusal) and message.code != "late" and "not connected" not in message.reason:
                self.refusals += 1
                self.acknowledged -= message.command == "Acknowledge"
            elif isinstance(message, Snapshot) and message.time_s > self.from_s:
                if message.run != run_before:
                    self.runs.add(message.run)
                # One that was raised while this console had no connection is listed all the same.
                self.moves |= {(a.id, "raised", _ms(a.raised_s)) for a in message.alarms if a.raised_s > self.from_s}


@dataclass(frozen=True)
class Count:
    """Of so many events of one kind, so many stand in the log."""

    kind: str
    there: int
    of: int

    def __str__(self) -> str:
        return f"{self.kind} {self.there}/{self.of}"


def rows_since(path: Path, n: int) -> list[AuditRow]:
    with AuditLog(path, read_only=True) as log:
        return list(log.rows(n))


def head(path: Path) -> int:
    with AuditLog(path, read_only=True) as log:
        return log.head()[0]


def counted(rows: list[AuditRow], seen: Seen, leaves: Iterable[str]) -> list[Count]:
    """What must stand in the log, and how much of it does.

    Args:
        rows: those since the fault.
        seen: on the bus.
        leaves: what the fault must leave beside that, such as ``"refused"`` or ``"supervisor given up"``: the kind of
            a row, and a word of its detail.
    """
    moves = set()
    for row in rows:
        if row.what == "alarm":
            told = json.loads(row.detail)
            moves.add((told["alarm"], told["event"], _ms(told["time_s"])))
    out = [Count("alarm", len(seen.moves & moves), len(seen.moves))] if seen.moves else []
    for kind, name, number in (
        ("start", "engine", len(seen.runs)),
        ("reset", "console-1", seen.resets),
        ("acknowledge", "console-1", seen.acknowledged),
        ("refused", "console-1", seen.refusals),
    ):
        if number:
            out.append(
                Count(kind, min(number, sum(r.what == kind and name in f"{r.name} {r.detail}" for r in rows)), number)
            )
    for wanted in leaves:
        kind, _, word = wanted.partition(" ")
        found = any(r.what == kind and word in r.detail for r in rows)
        out.append(Count(wanted, int(found), 1))
    return out


def judged(
    path: Path, before: int, seen: Seen, leaves: Iterable[str], listen: Callable[[], object]
) -> tuple[str, bool]:
    """``"alarm 2/2, reset 1/1; sound"`` and whether all is there, once the writer had its time."""
    end_s = time.monotonic() + SETTLE_S
    while True:
        listen()
        counts = counted(rows_since(path, before), seen, leaves)
        whole = all(c.there == c.of for c in counts)
        if whole or time.monotonic() > end_s:
            break
    with AuditLog(path, read_only=True) as log:
        verdict = log.verify()
    words = ", ".join(map(str, counts)) or "nothing to hold"
    return f"{words}; {'sound' if verdict.sound else verdict.message}", whole and verdict.sound


def _ms(time_s: float) -> float:
    return round(time_s, 3)
