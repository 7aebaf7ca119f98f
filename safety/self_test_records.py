"""Records of the shift-start self-test: who asked for it, what was tested, and how each of it came out."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracking.records import Record

Kind = Literal["camera", "place", "relay", "sound"]
Verdict = Literal["waiting", "running", "passed", "failed", "untested"]


class SelfTest(Record, frozen=True, kw_only=True):
    """Somebody has everything tested: cameras, their places, relays with read-back, sirens and voices."""

    time_s: float
    by: str


class SelfTestItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing in a self-test. ``place`` is a camera's picture against that of its calibration.

    ``name`` is a camera, ``NODE OUTPUT``, an annunciator or ``ANNUNCIATOR WHAT``. ``why`` is a word for what was found,
    ``about`` the number or name that goes with it. ``untested`` says that it could not be found out; that is no pass.
    """

    kind: Kind
    name: str
    verdict: Verdict = "waiting"
    why: str = ""
    about: str = ""


class SelfTestReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A self-test while it runs (``ended_wall_s`` is None) and after. Times are Unix time.

    Once it is in the audit log, ``row`` is its number there and ``hash`` that row's, which vouches for it and for
    every row before it.
    """

    id: str
    by: str
    began_wall_s: float
    ended_wall_s: float | None = None
    items: tuple[SelfTestItem, ...] = ()
    row: int = 0
    hash: str = ""

    @property
    def done(self) -> bool:
        return self.ended_wall_s is not None

    def count(self, verdict: Verdict) -> int:
        return sum(item.verdict == verdict for item in self.items)
