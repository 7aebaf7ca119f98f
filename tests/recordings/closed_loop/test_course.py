"""One scenario under several systems at once: what they prevent, and that running together changes nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from recordings.closed_loop.arms import ENGINE, FORESIGHT, OPEN, Arm
from recordings.closed_loop.branch import without
from recordings.closed_loop.cases import case_of
from recordings.closed_loop.course import Outcome, contacts, play
from recordings.closed_loop.meter import Meter, lost_s, motion_s
from recordings.closed_loop.minds import GIVEN_BACK_S
from recordings.plant.loop import TRUTH_HZ
from recordings.plant.records import Order
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import site_of
from recordings.plant.world import Plant
from tests.recordings.plant.small_plant import HERE, small

ENGINE_ARM, EARLY, LATE = Arm(ENGINE), Arm("radius", 1.5), Arm("ttc", 0.1)
ORACLE, TOO_LATE = Arm(FORESIGHT, 2.0), Arm(FORESIGHT, 0.2)
REACTION_S, RESET_S = 0.5, 2.0


def meeting(seconds: float = 9.5) -> Scenario:
    """A crate travels into a fitter who looks elsewhere, after about six seconds."""
    text = small(("start_m = [7.2, 4.6]", "start_m = [6.2, 4.6]"))
    about = text.scenario.model_copy(update={"seconds": seconds})
    return text.model_copy(update={"scenario": about, "expect": (), "quiet": ()})


@cache
def together() -> dict[str, Outcome]:
    return {o.arm: o for o in play(meeting(), HERE, (ENGINE_ARM, EARLY, LATE, ORACLE, TOO_LATE))}


def told(outcome: Outcome) -> tuple[object, ...]:
    """Everything of an outcome, to the last bit."""
    meter = outcome.meter
    return meter.touches(), meter.crashes(), meter.way_m, outcome.actions


def test_the_crate_hits_the_fitter_unless_somebody_stops_it() -> None:
    outcomes = together()
    (hit,) = outcomes[OPEN].meter.touches()
    assert (hit.person, hit.hoist, hit.kind) == ("fitter", "H1", "body_load")
    assert 6.0 < hit.from_s < 8.0
    assert hit.load_mps > 0.4
    # Half of μ·v² with 500 kg against 40.
    assert hit.energy_j == pytest.approx(0.5 * 500 * 40 / 540 * hit.load_mps**2, rel=0.01)
    assert hit.relative_j == pytest.approx(hit.energy_j, rel=0.1), "the fitter stood until then"
    for name in (ENGINE, EARLY.name, ORACLE.name):
        assert not outcomes[name].meter.touches(), name
        stop = next(a for a in outcomes[name].actions if a.kind == "stop")
        assert outcomes[name].actions[0].decided_s < hit.from_s - 1.0, "slowed in time, or stopped"
        assert stop.gap_m is not None
        assert stop.gap_m < 0.5, "slowly it would have come near all the same"
        assert lost_s(outcomes[name].meter, outcomes[OPEN].meter) > 1.0
    assert outcomes[ENGINE].actions[0].causes == ("struck_by",)


def test_who_never_acts_is_as_if_nobody_were_there() -> None:
    scenario = meeting(3.0)
    far = scenario.person[0].model_copy(update={"start_m": (13.0, 8.0)})
    scenario = scenario.model_copy(update={"person": (far,)})
    open_loop, *others = play(scenario, HERE, (ENGINE_ARM, EARLY, ORACLE))
    for outcome in others:
        assert not outcome.actions, outcome.arm
        assert told(outcome) == told(open_loop)
        assert lost_s(outcome.meter, open_loop.meter) == 0.0


def test_running_alone_is_running_together() -> None:
    """Copies go on exactly as what they were copied from would have."""
    for arm in (EARLY, LATE, ORACLE, TOO_LATE):
        alone = play(meeting(), HERE, (arm,))
        assert [told(o) for o in alone] == [told(together()[name]) for name in (OPEN, arm.name)]


def test_an_oracle_beside_it_changes_nothing_for_a_rule() -> None:
    both = play(meeting(), HERE, (TOO_LATE, EARLY))
    assert [told(o) for o in both] == [told(together()[name]) for name in (OPEN, TOO_LATE.name, EARLY.name)]


@pytest.mark.parametrize("arm", [ORACLE, TOO_LATE], ids=["in time", "too late"])
def test_an_oracle_stops_so_long_before_the_contact_and_gives_back_after_it(arm: Arm) -> None:
    scenario = meeting(14.0)
    open_loop, outcome = play(scenario, HERE, (arm,))
    (hit,) = open_loop.meter.touches()
    (stop,) = outcome.actions
    assert arm.value is not None
    tick_s = site_of(scenario).policy.tick_s
    assert arm.value <= hit.from_s - stop.decided_s + 1e-3 < arm.value + tick_s + 2e-3
    assert (stop.kind, stop.causes, stop.hoist) == ("stop", (FORESIGHT,), "H1")
    # What the cabinet needs comes after the decision, and the operator's reset after the permit.
    relay_s = scenario.hoist[0].relay_delay_s
    assert stop.from_s - stop.decided_s == pytest.approx(REACTION_S - relay_s, abs=1e-3)
    given_back_s = stop.until_s - (REACTION_S - relay_s) - RESET_S
    assert 0.0 <= given_back_s - (hit.from_s + GIVEN_BACK_S) + 1e-3 < tick_s + 2e-3


def test_an_oracle_that_knows_too_late_softens_at_most() -> None:
    outcomes = together()
    (hit,) = outcomes[OPEN].meter.touches()
    (still,) = outcomes[TOO_LATE.name].meter.touches()
    # The drive brakes 0.3 s after contact.
    assert still.from_s == hit.from_s
    assert 0.0 < still.energy_j <= hit.energy_j


def test_who_still_stands_there_is_hit_once_an_oracle_has_given_back() -> None:
    """The end of what it shows: it does not look."""
    open_loop, outcome = play(meeting(17.0), HERE, (ORACLE,))
    (hit,), (later,) = open_loop.meter.touches(), outcome.meter.touches()
    assert later.from_s > outcome.actions[0].until_s > hit.from_s + GIVEN_BACK_S


def test_an_oracle_need_not_locate_the_hoist_first() -> None:
    """A system has two seconds at the start to find its hoists; one that finds nothing has none to wait."""
    arm = Arm(FORESIGHT, 30.0)
    outcome = play(meeting(), HERE, (arm,))[1]
    assert outcome.actions[0].decided_s < 0.5
    assert not outcome.meter.touches()


def test_an_oracle_is_told_the_contacts_of_the_open_loop() -> None:
    assert contacts(meeting(), HERE) == together()[OPEN].meter.touches()
    # A hall in which somebody is run into and pushed.
    scenario = case_of(1, 1).scenario
    known = contacts(scenario, HERE)
    assert known
    assert play(scenario, HERE, (TOO_LATE,))[0].meter.touches() == known


def test_the_open_loop_is_the_plant_left_alone() -> None:
    scenario = meeting()
    plant, meter = Plant(scenario, HERE), Meter(scenario)
    for k in range(int(scenario.scenario.seconds * TRUTH_HZ) + 1):
        meter.add(plant.advance(k / TRUTH_HZ, {}))
    (outcome,) = play(scenario, HERE, ())
    assert outcome.meter.way_m == meter.way_m
    # A body that is pushed is pushed a little differently where the plant is asked more often.
    assert [(t.person, t.from_s) for t in outcome.meter.touches()] == [(t.person, t.from_s) for t in meter.touches()]
    # From 1 s on the hoist travels.
    assert motion_s(meter) == pytest.approx(scenario.scenario.seconds - 1.0, abs=0.1)


def test_a_hoist_held_for_three_seconds_is_three_seconds_late() -> None:
    scenario = meeting(12.0).model_copy(update={"person": ()})
    scenario = scenario.model_copy(
        update={"hoist": tuple(h.model_copy(update={"travel_m": ((1.0, 1.0), (6.0, 8.0))}) for h in scenario.hoist)}
    )
    meters = []
    for held in (False, True):
        plant, meter = Plant(scenario, HERE), Meter(scenario)
        for k in range(int(12.0 * TRUTH_HZ) + 1):
            permit = not (held and 2.0 < k / TRUTH_HZ <= 5.0)
            meter.add(plant.advance(k / TRUTH_HZ, {"H1": Order(permit=permit)}))
        meters.append(meter)
    assert lost_s(meters[1], meters[0]) == pytest.approx(3.0, abs=1.0)
    assert lost_s(meters[0], meters[0]) == 0.0


def test_a_branch_leaves_the_plant_as_it_is() -> None:
    scenario = meeting()
    plant, other = Plant(scenario, HERE), Plant(scenario, HERE)
    held = {"H1": Order(permit=False)}
    plant.advance(3.0, {})
    other.advance(3.0, {})
    free = without(plant, scenario, 3.0, {"H1": Order()}, "H1")
    still = without(plant, scenario, 3.0, held, "H1")
    assert free.gap_m is not None
    assert free.gap_m <= 0.0
    assert still.gap_m is not None
    assert still.gap_m > 0.5
    assert plant.advance(6.0, {}) == other.advance(6.0, {})


def test_who_appears_inside_a_load_was_not_hit() -> None:
    scenario = meeting(4.0)
    worker = scenario.person[0].model_copy(update={"start_m": (3.4, 4.5)})
    scenario = scenario.model_copy(update={"person": (worker,)})
    (outcome,) = play(scenario, Path(), ())
    assert outcome.meter.touches() == ()
