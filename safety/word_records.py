"""What people say at a console that the engine keeps in its audit log, and decides nothing by."""

from __future__ import annotations

from typing import Literal

from tracking.records import Record


class Verdict(Record, frozen=True, kw_only=True):
    """What a person holds a past alarm for, with a comment."""

    time_s: float
    by: str
    alarm: str
    raised_wall_s: float
    verdict: Literal["true", "near_miss", "nuisance"]
    comment: str = ""


class HandOver(Record, frozen=True, kw_only=True):
    """What one shift tells the next."""

    time_s: float
    by: str
    text: str


class Access(Record, frozen=True, kw_only=True):
    """Somebody looks at recorded pictures of people, or takes them out; the log of these is the access log.

    From and to are Unix seconds of what is shown. ``id`` is the asker's own, to find the row again. Faces may be
    shown in an export only to an engineer who gives a reason.
    """

    time_s: float
    by: str
    id: str
    purpose: Literal["look", "export"]
    from_wall_s: float
    to_wall_s: float
    alarm: str = ""
    faces: Literal["blurred", "shown"] = "blurred"
    reason: str = ""


Word = Verdict | HandOver | Access
