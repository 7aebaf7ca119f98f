"""What a hall's gateway tells, as rows for a database. Pure. The form is that of ``safety/plant_events.py``.

What cannot be understood is a fault of that message alone: it is told in a sentence, kept, and holds nothing up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import msgspec

from calibration.errors import BadInput
from safety.plant_events import ALARM_SCHEMA
from safety.plant_log import LOG_SCHEMA

What = Literal["alarm", "watched", "acknowledge", "shelve", "verdict"]
BYTES_MAX = 65_536
_ID_MAX = 300


@dataclass(frozen=True, slots=True)
class HallEvent:
    """One event of one hall. ``topic`` is the hall's prefix and tells halls apart, ``body`` the JSON as it came.

    ``at`` and ``until`` are aware of their zone; ``until`` is None but for spans that were watched.
    """

    topic: str
    hall: str
    ident: str
    run: str
    what: What
    at: dt.datetime
    until: dt.datetime | None
    body: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What every event has; further fields are left aside."""

    schema: str
    hall: str
    id: str
    time: dt.datetime
    run: str = ""


class _Alarm(_Told, frozen=True, kw_only=True):
    alarm: str
    event: Literal["raised", "escalated", "eased", "cleared"]
    level: Literal["clear", "caution", "warning", "danger"]
    situation: str


class _Watched(_Told, frozen=True, kw_only=True):
    until: dt.datetime


class _Said(_Told, frozen=True, kw_only=True):
    alarm: str


class _Verdict(_Told, frozen=True, kw_only=True):
    alarm: str
    raised: dt.datetime
    verdict: Literal["true", "near_miss", "nuisance"]


class _Kind(msgspec.Struct, frozen=True):
    schema: str = ""
    what: str = "alarm"


_FORMS: dict[tuple[str, str], tuple[What, type[_Told]]] = {
    (ALARM_SCHEMA, "alarm"): ("alarm", _Alarm),
    (LOG_SCHEMA, "watched"): ("watched", _Watched),
    (LOG_SCHEMA, "acknowledge"): ("acknowledge", _Said),
    (LOG_SCHEMA, "shelve"): ("shelve", _Said),
    (LOG_SCHEMA, "verdict"): ("verdict", _Verdict),
}


def read_event(topic: str, payload: bytes) -> HallEvent:
    """Turn a message on ``HALL/alarm`` or ``HALL/log`` into an event.

    Raises:
        BadInput: too long, not JSON of a known form, or with what no database can hold.
    """
    if len(payload) > BYTES_MAX:
        raise BadInput(f"{topic}: has {len(payload)} bytes, expected at most {BYTES_MAX}")
    try:
        kind = msgspec.json.decode(payload, type=_Kind)
        form = _FORMS.get((kind.schema, kind.what))
        if form is None:
            raise BadInput(f"{topic}: schema {kind.schema[:60]!r} with {kind.what[:60]!r} is not known")
        told = msgspec.json.decode(payload, type=form[1])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{topic}: {str(error)[:200]}") from None
    until = told.until if isinstance(told, _Watched) else None
    _check(topic, told, until)
    # Anew, not as it came: unescaped, so that a zero byte cannot hide in it.
    body = msgspec.json.encode(msgspec.json.decode(payload)).decode()
    if "\\u0000" in body:
        raise BadInput(f"{topic}: holds a zero byte, which the database cannot keep")
    prefix = topic.rpartition("/")[0]
    return HallEvent(prefix, told.hall, told.id, told.run, form[0], told.time, until, body)


def _check(topic: str, told: _Told, until: dt.datetime | None) -> None:
    for name, text in (("hall", told.hall), ("id", told.id)):
        if not text or len(text) > _ID_MAX:
            raise BadInput(f"{topic}: {name} has {len(text)} characters, expected 1 to {_ID_MAX}")
    for name, time in (("time", told.time), ("until", until)):
        if time is not None and time.tzinfo is None:
            raise BadInput(f"{topic}: {name} has no zone, expected ISO 8601 with one")
    if len(told.run) > _ID_MAX:
        raise BadInput(f"{topic}: run has {len(told.run)} characters, expected at most {_ID_MAX}")
