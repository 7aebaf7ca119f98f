"""Proof tests: what is moved, what it takes to pass, and when the next one is due."""

from __future__ import annotations

import pytest

from calibration.outputs import Relay
from safety.output_records import ProofResult
from safety.proof_schedule import DAY_S, ProofSchedule
from safety.proof_test import ProofRun

MS = 1_000_000
RELAY = Relay.model_validate(
    {
        "name": "N",
        "driver": "modbus_tcp",
        "outputs": {"K1": ("H1", "permit"), "K2": ("H1", "slow"), "S1": ("hall", "danger"), "L1": ("hall", "warning")},
        "output": {"L1": {"reads_back": False}},
    }
)
GIVEN = {"K1": True, "K2": True, "S1": False, "L1": False}


class Bench:
    """A test whose contacts follow after 50 ms, but for those that are stuck."""

    def __init__(self, stuck: dict[str, bool] | None = None) -> None:
        self.run = ProofRun("t1", RELAY.rules())
        self.stuck = stuck or {}
        self.contacts = GIVEN | self.stuck
        self.asked: list[dict[str, bool]] = [dict(GIVEN)] * 5
        self.now_ns = 0

    def step(self, commanded: dict[str, bool]) -> dict[str, bool]:
        self.now_ns += 10 * MS
        self.contacts = self.asked[-5] | self.stuck
        wanted = self.run.step(commanded, self.contacts, self.now_ns)
        self.asked.append(wanted)
        return wanted

    def finish(self, commanded: dict[str, bool]) -> dict[str, ProofResult]:
        for _ in range(2000):
            if self.run.done:
                break
            wanted = self.step(commanded)
            assert wanted["K1"] <= commanded["K1"], "a test never closes an enabling output"
            assert wanted["K2"] <= commanded["K2"]
            assert sum(wanted[n] != commanded[n] for n in wanted) <= 1, "one after the other"
        return {result.contact: result for result in self.run.report().results}


def test_every_output_moves_one_after_the_other() -> None:
    bench = Bench()
    results = bench.finish(GIVEN)
    assert {name: r.verdict for name, r in results.items()} == {
        "K1": "passed", "K2": "passed", "S1": "passed", "L1": "unread",
    }  # fmt: skip
    assert results["K1"].took_s == pytest.approx(0.05, abs=0.02)
    on_s = sum(asked["S1"] for asked in bench.asked) * 0.01
    assert 1.0 <= on_s <= 1.1, "a siren sounds for its minimum time"


@pytest.mark.parametrize(
    ("stuck", "contact", "detail"),
    [({"K1": True}, "K1", "stuck on"), ({"S1": False}, "S1", "stuck off"), ({"K2": True}, "K2", "stuck on")],
)
def test_a_stuck_contact_fails(stuck: dict[str, bool], contact: str, detail: str) -> None:
    results = Bench(stuck).finish(GIVEN)
    assert (results[contact].verdict, results[contact].detail) == ("failed", detail)


def test_what_is_open_or_on_already_is_skipped_with_the_reason() -> None:
    results = Bench().finish(GIVEN | {"K1": False, "S1": True})
    assert "free it, then test again" in results["K1"].detail
    assert "it was on already" in results["S1"].detail
    assert (results["K1"].verdict, results["S1"].verdict) == ("skipped", "skipped")


def test_an_end_before_its_time_fails_the_rest() -> None:
    bench = Bench()
    for _ in range(60):
        bench.step(GIVEN)
    bench.run.abort("no permit arrives")
    verdicts = [r.verdict for r in bench.run.report().results]
    assert bench.run.done
    assert verdicts[0] == "passed"
    assert set(verdicts[1:]) == {"failed"}


def result(contact: str, verdict: str) -> dict[str, object]:
    return {"node": "N", "contact": contact, "verdict": verdict}


def states(schedule: ProofSchedule, wall_s: float) -> dict[str, str]:
    return {due.contact: due.state for due in schedule.due(wall_s)}


def test_the_schedule_follows_the_log() -> None:
    schedule = ProofSchedule((RELAY,))
    assert set(states(schedule, 0.0).values()) == {"overdue"}, "never tested"
    for contact in GIVEN:
        schedule.note(0.0, result(contact, "passed"))
    assert set(states(schedule, 80 * DAY_S).values()) == {"good"}
    assert set(states(schedule, 82 * DAY_S).values()) == {"due"}
    assert set(states(schedule, 90 * DAY_S).values()) == {"overdue"}
    schedule.note(1.0, result("K1", "skipped"))
    assert states(schedule, 80 * DAY_S)["K1"] == "good"
    schedule.note(2.0, result("K1", "failed"))
    assert states(schedule, 80 * DAY_S)["K1"] == "failed"
    schedule.note(3.0, result("K1", "passed"))
    assert states(schedule, 80 * DAY_S)["K1"] == "good"


@pytest.mark.parametrize("detail", ["", "[]", "{}", "{", '{"node": 1, "contact": [], "verdict": "passed"}'])
def test_strange_rows_change_nothing(detail: str) -> None:
    schedule = ProofSchedule((RELAY,))
    schedule.read(5.0, detail)
    assert set(states(schedule, 6.0).values()) == {"overdue"}
