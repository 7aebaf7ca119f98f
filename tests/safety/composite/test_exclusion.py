"""An exclusion zone: told when somebody is in it for sure, until he is out for sure, and no hoist is slowed by it."""

from __future__ import annotations

from calibration.site import Zone
from recordings.plant.records import BodyState
from safety.records import Level, Situation
from tests.safety.composite.plays import body, cleared_s, play, ramp, reached_s, reasons, told
from tests.safety.situations import HOIST
from tests.worlds import hall

PIT = Zone(name="press pit", kind="exclusion", polygon_m=((17.0, 7.0), (21.0, 7.0), (21.0, 10.0), (17.0, 10.0)))
ENTERS_S, WALKS_MPS = 3.0, 1.0


def still(_: float) -> tuple[float, float, float]:
    return 6.0, 3.0, 5.5


def test_who_walks_in_is_told_and_it_ends_outside() -> None:
    def cast(t: float) -> list[BodyState]:
        there = ramp(t, ENTERS_S - 2.0, WALKS_MPS, 4.0)
        back = ramp(t, 9.0, WALKS_MPS, 5.0)
        return [body("fitter", 19.0, 5.0 + there - back)]

    steps = play(hall(4, [HOIST], zones=[PIT]), cast, still, 18.0, loaded=False)
    raised, over = reached_s(steps, Situation.EXCLUSION, Level.CAUTION), cleared_s(steps, Situation.EXCLUSION)
    assert raised is not None
    assert over is not None
    assert ENTERS_S <= raised <= ENTERS_S + 1.5
    assert 11.0 <= over <= 14.5
    assert "press pit" in reasons(steps, Situation.EXCLUSION)[0]
    started = next(s for s in steps if s.snapshot.outputs["H1/permit"])
    later = [s for s in steps if s.snapshot.time_s > started.snapshot.time_s]
    assert all(s.snapshot.outputs["H1/permit"] and s.snapshot.outputs["H1/slow"] for s in later)
    raises = [t for s in steps for t in s.transitions if t.event == "raised" and t.situation is Situation.EXCLUSION]
    assert len(raises) == 1, "going in over the line tells one alarm"


def test_who_walks_along_the_line_outside_is_not_told() -> None:
    def cast(t: float) -> list[BodyState]:
        return [body("fitter", 15.0 + ramp(t, 1.0, WALKS_MPS, 6.0), 6.6)]

    assert not told(play(hall(4, [HOIST], zones=[PIT]), cast, still, 10.0, loaded=False), Situation.EXCLUSION)


def test_other_zones_close_nothing() -> None:
    def cast(_: float) -> list[BodyState]:
        return [body("fitter", 19.0, 8.5)]

    for kind in ("walkway", "work"):
        zone = PIT.model_copy(update={"kind": kind})
        assert not told(play(hall(4, [HOIST], zones=[zone]), cast, still, 6.0, loaded=False), Situation.EXCLUSION)
