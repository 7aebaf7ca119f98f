"""Contacts prevented, softened and missed, needless actions and leads, from results written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from recordings.closed_loop.figures import band_names, band_of, encounters, needless, sums
from recordings.closed_loop.records import Action, ArmResult, CaseResult, Crash, Touch


def touch(person: str, energy_j: float, from_s: float = 10.0) -> Touch:
    return Touch(
        person=person, hoist="H1", from_s=from_s, energy_j=energy_j, relative_j=energy_j, load_mps=0.4, kind="body_load"
    )


def action(**changes: Any) -> Action:
    base = Action(
        hoist="H1",
        kind="stop",
        causes=("struck_by",),
        decided_s=8.0,
        from_s=8.35,
        until_s=14.0,
        gap_m=None,
        below=False,
        thing_gap_m=None,
        called_for=False,
    )
    return msgspec.structs.replace(base, **changes)


def case(arm: ArmResult, *touches: Touch, number: int = 0) -> CaseResult:
    return CaseResult(
        number=number,
        stratum="hall",
        name="bridge",
        situation="normal",
        seconds=36.0,
        people=2,
        motion_s=10.0,
        arms=(ArmResult(arm="open", touches=touches), arm),
    )


def test_bands_have_an_end_each() -> None:
    assert [band_of(e) for e in (0.0, 1.59, 1.6, 9.9, 10.0, 49.9, 50.0, 900.0)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert len(band_names()) == 4


def test_a_contact_is_prevented_softened_or_missed() -> None:
    open_arm = ArmResult(arm="open", touches=(touch("a", 30.0), touch("b", 30.0), touch("c", 3.0), touch("d", 3.0)))
    arm = ArmResult(arm="x", touches=(touch("b", 2.0), touch("c", 4.0), touch("d", 60.0), touch("e", 1.0)))
    assert [e.fate for e in encounters(0, open_arm, arm)] == ["prevented", "softened", "missed", "missed"]
    (total,) = sums([case(arm, *open_arm.touches)], ["x"])
    assert (total.prevented, total.harder, [t.person for _, t in total.new]) == (1, 1, ["e"])
    assert [len(total.band(k)) for k in (None, 0, 1, 2, 3)] == [4, 0, 2, 2, 0]


@pytest.mark.parametrize(
    ("stop", "lead_s"),
    [
        ({"decided_s": 8.0, "until_s": 14.0}, 2.0),
        ({"decided_s": 8.0, "until_s": 9.5}, 2.0),
        ({"decided_s": 5.0, "until_s": 8.5}, None),
        ({"decided_s": 10.1, "until_s": 14.0}, None),
        ({"kind": "slow"}, None),
        ({"hoist": "H2"}, None),
    ],
)
def test_the_lead_is_that_of_a_stop_in_force_when_contact_would_come(
    stop: dict[str, Any], lead_s: float | None
) -> None:
    arm = ArmResult(arm="x", actions=(action(**stop),))
    (encounter,) = encounters(0, ArmResult(arm="open", touches=(touch("a", 5.0),)), arm)
    assert encounter.lead_s == lead_s


@pytest.mark.parametrize(
    ("changes", "is_needless"),
    [
        ({}, True),
        ({"gap_m": 0.51}, True),
        ({"gap_m": 0.5}, False),
        ({"kind": "slow", "gap_m": 0.9}, False),
        ({"kind": "slow", "gap_m": 1.1}, True),
        ({"below": True}, False),
        ({"thing_gap_m": 0.2}, False),
        ({"called_for": True}, False),
    ],
)
def test_needless_is_what_nothing_came_near_without(changes: dict[str, Any], is_needless: bool) -> None:
    assert needless(action(**changes)) is is_needless


def test_sums_are_over_the_scenarios_that_all_arms_ran() -> None:
    done = ArmResult(
        arm="x",
        actions=(action(), action(gap_m=0.1), action(kind="slow")),
        crashes=(Crash(hoist="H1", other="rack", from_s=3.0, energy_j=5.0),),
        lost_s=2.5,
    )
    (x, o) = sums([case(done), case(replace_arm(done, "y"), number=1)], ["x", "open"])
    assert (x.scenarios, x.stops, x.needless_stops, x.slows, x.needless_slows) == (1, 2, 1, 1, 1)
    assert (x.hours, x.lost_share, x.crashes_new, o.stops) == (0.01, 0.25, 1, 0)
    assert replace(x, motion_s=0.0).lost_share == 0.0


def test_energy_left_counts_what_came_all_the_same_and_what_is_new() -> None:
    open_arm = ArmResult(arm="open", touches=(touch("a", 30.0), touch("b", 10.0)))
    arm = ArmResult(arm="x", touches=(touch("b", 4.0), touch("e", 2.0)))
    (total,) = sums([case(arm, *open_arm.touches)], ["x"])
    assert (total.energy_open_j, total.energy_missed_j, total.energy_new_j) == (40.0, 4.0, 2.0)
    assert total.energy_left_share == pytest.approx(0.15)


def test_energy_left_can_be_more_than_there_was_and_needs_some() -> None:
    (worse,) = sums([case(ArmResult(arm="x", touches=(touch("e", 30.0),)), touch("a", 10.0))], ["x"])
    assert worse.energy_left_share == pytest.approx(3.0)
    (nothing,) = sums([case(ArmResult(arm="x", touches=(touch("e", 30.0),)))], ["x"])
    assert nothing.energy_left_share is None


def replace_arm(arm: ArmResult, name: str) -> ArmResult:
    return msgspec.structs.replace(arm, arm=name)
