"""Where an alarm happened: by person, by hook, in which zones, and nowhere where nobody can tell."""

from __future__ import annotations

import msgspec

from calibration.site import Zone
from recordings.alarm_place import Place, place_of
from safety.records import AlarmTransition, Level, Situation
from tests.ui.example_site import example_site
from tests.ui.scenes import danger

TOLD = AlarmTransition(
    time_s=1.0, alarm="a-1", event="raised", level=Level.DANGER, situation=Situation.STRUCK_BY, hoist="H1",
    person="P1", source=None, probability=0.5, time_to_contact_s=1.0, time_to_last_safe_stop_s=0.1, reason="near",
)  # fmt: skip


def test_the_place_is_the_person_s_else_the_hook_s() -> None:
    shot = danger(example_site())
    person, hook = shot.people[0], shot.hoists[0].state
    x, y = person.x_m, person.y_m
    around = ((x - 1.0, y - 1.0), (x + 1.0, y - 1.0), (x + 1.0, y + 1.0), (x - 1.0, y + 1.0))
    beside = tuple((a + 3.0, b) for a, b in around)
    zones = tuple(Zone(name=n, kind="work", polygon_m=p) for n, p in (("a", around), ("b", beside), ("c", around)))
    site = example_site().model_copy(update={"zone": zones})
    told = msgspec.structs.replace(TOLD, person=person.id, hoist=hook.name)
    assert place_of(told, shot, site) == Place((round(x, 2), round(y, 2)), ("a", "c"))
    assert place_of(msgspec.structs.replace(told, person="nobody"), shot, site) is None, "gone is not at the hook"
    bare, bound = msgspec.structs.replace(told, person=None), example_site().model_copy(update={"zone": ()})
    assert place_of(bare, shot, bound) == Place((round(hook.x_m, 2), round(hook.y_m, 2)), ())
    assert place_of(msgspec.structs.replace(bare, hoist=None, source="cam1"), shot, site) is None
