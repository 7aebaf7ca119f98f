"""What annunciators and engine say to each other."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tracking.records import Record

TEXT_MAX = 300
"""Characters of a text from an annunciator: it goes out again with every snapshot."""
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]


class SoundCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tone or voice of an annunciator's self-test: what it was, and how it was heard."""

    what: Text
    passed: bool
    text: Text


class AnnunciatorStatus(Record, frozen=True, kw_only=True):
    """What an annunciator reports, once a second and on every change.

    ``tone`` and ``words`` are what is being told, ``latency_s`` how long the newest change took from its arrival to the
    first sample heard. ``test`` is the result of the newest self-test, number ``tests`` since the process began.
    """

    annunciator: str
    boot: str
    seq: int
    tone: Text
    words: Text
    fault: Text = ""
    latency_s: float | None = None
    testing: bool = False
    tests: int = 0
    test: Annotated[tuple[SoundCheck, ...], msgspec.Meta(max_length=32)] = ()


class SoundTest(Record, frozen=True, kw_only=True):
    """Somebody has an annunciator test itself. The engine hands it on to that annunciator."""

    time_s: float
    by: str
    annunciator: str


class AnnunciatorView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One annunciator as the console shows it. ``tested_s`` is when, by the engine's time, it was tested last."""

    annunciator: str
    connected: bool
    tone: str = "none"
    fault: str = ""
    latency_s: float | None = None
    testing: bool = False
    tested_s: float | None = None
    test: tuple[SoundCheck, ...] = ()
    age_s: float = 0.0
