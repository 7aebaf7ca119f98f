"""Site, alarms and snapshots for the tests of the annunciator."""

from __future__ import annotations

import tomllib

import msgspec

from calibration.annunciator import Annunciator
from calibration.site import Site
from safety.alarm_table import TABLE
from safety.records import Alarm, AlarmState, Level, Situation, Snapshot
from tests.safety.bus_helpers import site_text
from tests.ui import scenes
from tracking.records import Mode

RATE_HZ = 22_050


def speaker(**other: object) -> Annunciator:
    return Annunciator.model_validate({"name": "south", "rate_hz": RATE_HZ, "output": "file"} | other)


def site(*annunciators: Annunciator, extra: str = "") -> Site:
    tables = tomllib.loads(site_text() + extra)
    return Site.model_validate(tables | {"annunciator": [a.model_dump() for a in annunciators]})


def alarm(situation: Situation, level: Level, number: int = 1, **other: object) -> Alarm:
    base = Alarm(
        id=f"a-{number}",
        situation=situation,
        level=level,
        worst=level,
        state=AlarmState.UNACKNOWLEDGED,
        raised_s=float(number),
        changed_s=float(number),
        reason_en="",
        reason_ko="",
        hoist=None if TABLE[situation].health else "H1",
        person=None if TABLE[situation].health else "P1",
    )
    return msgspec.structs.replace(base, **other)


def snapshot(
    *alarms: Alarm,
    seq: int = 1,
    time_s: float = 10.0,
    person_m: tuple[float, float] | None = None,
    hook_m: tuple[float, float] | None = None,
) -> Snapshot:
    """What the engine says: these alarms, P1 and the hook of H1 where they are given."""
    return Snapshot(
        time_s=time_s,
        wall_s=0.0,
        seq=seq,
        level=max((a.level for a in alarms), key=lambda v: v.rank, default=Level.CLEAR),
        people=() if person_m is None else (scenes.person("P1", *person_m, 0.0, 0.0, Mode.STAND),),
        paths=(),
        hoists=() if hook_m is None else (scenes.hoist("H1", *hook_m, 0.0),),
        hazards=(),
        alarms=alarms,
        outputs={},
        cameras=(),
    )
