"""What a long run keeps of itself: one line of JSON every few seconds."""

from __future__ import annotations

from typing import Literal

import msgspec


class ProcessUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one process holds: resident memory in bytes, threads, open file handles; ``cpu_s`` since it started."""

    memory_bytes: int
    threads: int
    handles: int
    cpu_s: float


class Permits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Permits at a relay node since it started, by the node's own counts.

    ``refused`` ones came late or were not for it; ``lapsed`` counts how often one ran out before the next had come;
    ``margin_s`` is the least time that one still had when the next came.
    """

    accepted: int = 0
    refused: int = 0
    lapsed: int = 0
    margin_s: float | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera: pictures a second that it brings, and those that the detector has looked at."""

    received_hz: float
    looked_hz: float
    alive: bool


class Sample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One look at everything, ``time_s`` seconds after the chain stood.

    ``p50_s`` and ``p99_s``: from a picture's receipt to the permits that were decided with it, over the last minute, of
    ``pictures`` samples. ``load`` is the machine's load of the last minute, ``overruns`` ticks that began late, and
    ``alarms``, ``resets`` and ``overruns`` count since the start.
    """

    time_s: float
    load: float
    processes: dict[str, ProcessUse]
    permits: Permits = Permits()
    p50_s: float | None = None
    p99_s: float | None = None
    pictures: int = 0
    looks: dict[str, Look] = msgspec.field(default_factory=dict)
    overruns: int = 0
    alarms: int = 0
    resets: int = 0


OpeningCause = Literal["decided", "lapsed", "fault", "unknown"]


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The permit contact opened at ``time_s``, seen from outside, and why.

    ``decided``: the engine had withdrawn the permit. ``lapsed``: no fresh permit had come in time. ``fault``: the node
    told of one. ``unknown``: none of these.
    """

    time_s: float
    cause: OpeningCause
    detail: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run was made.

    ``brought`` is the share of the time in which each camera brings pictures, by camera. ``parts`` are the product's
    own processes, all others of the samples stand in for cameras and cabinet. ``ended`` says how it ended: empty while
    it runs, "in full", "interrupted", or what broke.
    """

    minutes: float
    rate_hz: float
    detector_px: int
    brought: dict[str, float]
    parts: tuple[str, ...]
    machine: str
    period_s: float
    warm_up_s: float
    begun_wall_s: float
    closed_though_denied: int = 0
    openings: tuple[Opening, ...] = ()
    ended: str = ""
