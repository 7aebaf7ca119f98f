"""Records of the system's own health that change slowly: ways of time, parts that run, tests. Told once a second."""

from __future__ import annotations

from typing import Literal

import msgspec

from safety.self_test_records import SelfTestReport
from tracking.records import Record

PartState = Literal["running", "waiting", "given_up"]
PartEvent = Literal["none", "started", "ended", "killed", "hangs"]


class Spread(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something took, of ``count`` samples; quantiles are None without any.

    ``bars`` are the numbers of samples between ``safety.latency_bins.EDGES_S``: below the first edge, between each
    two, and above the last.
    """

    count: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    bars: tuple[int, ...] = ()


class Ways(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way that is measured, over the last minute and since the engine started."""

    minute: Spread = Spread()
    start: Spread = Spread()


class PartView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One process that a supervisor keeps alive.

    ``restarts`` counts those of the last minute, ``restarts_all`` all since the supervisor began. What happened to it
    last, at ``wall_s`` (Unix time), is ``how`` with ``code`` (of exit, or number of the signal), and ``event`` the same
    in words; ``said`` is what people must know while it is given up.
    """

    part: str
    state: PartState
    restarts: int = 0
    restarts_all: int = 0
    how: PartEvent = "none"
    code: int = 0
    event: str = ""
    wall_s: float = 0.0
    said: str = ""


class PartsStatus(Record, frozen=True, kw_only=True):
    """What the supervisor tells of its parts, as the engine takes it in on every change."""

    time_s: float
    parts: tuple[PartView, ...] = ()


class SoundTested(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An annunciator's newest self-test by the audit log, in Unix time: also one before this run of the engine."""

    annunciator: str
    wall_s: float
    passed: int
    of: int


class EngineHealth(Record, frozen=True, kw_only=True):
    """What the live engine tells of itself once a second, beside its snapshots.

    ``to_permit`` is from a picture's receipt to the permits that were decided with it, ``to_contact`` from there on
    until the relay node has read the contact back. ``product`` is the engine's version, ``model_sha256`` its
    detector's weights, empty where it has none. ``supervised`` says whether a supervisor tells of ``parts``;
    ``self_test`` is the one that runs, or the newest.
    """

    time_s: float
    wall_s: float
    started_wall_s: float
    to_permit: Ways = Ways()
    to_contact: Ways = Ways()
    supervised: bool = False
    parts: tuple[PartView, ...] = ()
    sounds: tuple[SoundTested, ...] = ()
    self_test: SelfTestReport | None = None
    product: str = ""
    model_sha256: str = ""
