"""Records of what people do with outputs: bypasses and proof tests. They travel within those of ``safety.records``."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracking.records import Record


class Bypass(Record, frozen=True, kw_only=True):
    """An engineer keeps an output away from the engine's decision for a stated time and reason; zero seconds ends it.

    A permit or full-speed output is held closed, a beacon or siren quiet.
    """

    time_s: float
    by: str
    node: str
    contact: str
    for_s: float
    reason: str


class ProofTest(Record, frozen=True, kw_only=True):
    """Somebody has every output of a node moved and read back."""

    time_s: float
    by: str
    node: str


class BypassOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the engine hands a node once: keep an output as it is named until ``for_ns`` is over; 0 ends it."""

    id: str
    contact: str
    for_ns: int
    by: str
    reason: str


class BypassState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bypass that a node carries out now; ``left_s`` runs by the node's clock."""

    id: str
    contact: str
    by: str
    reason: str
    left_s: float


class ProofResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One output in a proof test. ``unread``: it was moved, but whether it moved only a person can tell."""

    contact: str
    verdict: Literal["passed", "failed", "unread", "skipped"]
    detail: str = ""
    took_s: float | None = None


class ProofReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node's newest proof test, while it runs and after."""

    id: str
    done: bool
    results: tuple[ProofResult, ...] = ()


class ProofDue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an output was tested last and has to be again, in Unix time; ``passed`` is of the newest test that moved it.

    ``state``: due within a tenth of the interval, overdue where it is past or was never tested.
    """

    node: str
    contact: str
    state: Literal["good", "due", "overdue", "failed"]
    last_s: float | None
    due_s: float
