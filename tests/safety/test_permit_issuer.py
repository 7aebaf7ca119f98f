"""The engine's half of the permits, alone and against the node's half."""

from __future__ import annotations

import msgspec

from calibration.outputs import Relay
from safety.permit import PermitGate
from safety.permit_issuer import NodeMonitor
from safety.records import RelayStatus

A = Relay.model_validate({"name": "A", "outputs": {"K1": ["H1", "permit"], "K2": ["H1", "slow"]}})
B = Relay.model_validate({"name": "B", "outputs": {"S": ["hall", "danger"]}})
OUTPUTS = {"H1/permit": True, "H1/slow": False, "hall/danger": True}
OPEN = {"K1": False, "K2": False}


def monitor() -> NodeMonitor:
    return NodeMonitor((A, B), "E1", 0.25, start_s=0.0)


def status(seq: int, **other: object) -> RelayStatus:
    base = RelayStatus(node="A", boot="b1", stamp_ns=seq * 1000, seq=seq, commanded=OPEN, contacts=OPEN, latched=True)
    return msgspec.structs.replace(base, **other)


def test_a_permit_goes_to_every_node_that_reports() -> None:
    m = monitor()
    assert m.permits(OUTPUTS, 0.0) == ()
    m.observe(status(7), 1.0)
    (permit,) = m.permits(OUTPUTS, 1.01)
    assert (permit.node, permit.boot, permit.engine, permit.seq) == ("A", "b1", "E1", 1)
    assert (permit.echo_ns, permit.validity_ns) == (7000, 250_000_000)
    assert permit.outputs == {"K1": True, "K2": False}
    assert not permit.reset
    m.observe(status(1, node="B", commanded={"S": False}, contacts={"S": False}), 1.02)
    first, second = m.permits({"H1/permit": True}, 1.03)
    assert (first.seq, second.seq) == (2, 1)
    assert second.outputs == {"S": False}, "what the snapshot leaves out is off"
    assert [p.node for p in m.permits(OUTPUTS, 1.04, only=("B",))] == ["B"]
    assert m.permits(OUTPUTS, 1.6) == (), "nobody writes to a silent node"


def test_the_newest_report_counts() -> None:
    m = monitor()
    assert m.observe(status(7), 1.0)
    assert not m.observe(status(6), 1.1)
    assert not m.observe(status(7), 1.1)
    assert not m.observe(status(1, node="Z"), 1.1)
    assert m.permits(OUTPUTS, 1.2)[0].echo_ns == 7000


def test_an_old_decision_is_silence() -> None:
    m = monitor()
    m.observe(status(1), 1.0)
    assert m.permits(OUTPUTS, 1.0, decided_s=0.8)
    assert m.permits(OUTPUTS, 1.0, decided_s=0.6) == ()


def test_a_reset_is_passed_on_once() -> None:
    m = monitor()
    m.observe(status(1), 1.0)
    assert m.permits(OUTPUTS, 1.0, {"A"})[0].reset
    assert not m.permits(OUTPUTS, 1.1)[0].reset


def test_says_why_a_reset_would_free_nothing() -> None:
    m = monitor()
    assert "no relay node 'Z'" in m.reset_obstacle("Z", OUTPUTS, 0.0)
    assert "does not report" in m.reset_obstacle("A", OUTPUTS, 0.0)
    m.observe(status(1), 1.0)
    assert m.reset_obstacle("A", OUTPUTS, 1.0) == ""
    assert "can be given" in m.reset_obstacle("A", {"H1/permit": False}, 1.0)
    m.observe(status(2, latched=False), 1.1)
    assert "not latched" in m.reset_obstacle("A", OUTPUTS, 1.1)
    m.observe(status(3, fault="no answer"), 1.2)
    assert "no answer" in m.reset_obstacle("A", OUTPUTS, 1.2)


def test_decision_times_are_remembered() -> None:
    m = monitor()
    for k in range(600):
        m.observe(status(k + 1), k * 0.1)
        m.permits(OUTPUTS, k * 0.1 + 0.01, decided_s=k * 0.1)
    assert m.decision_s("A", 600) == 599 * 0.1
    assert m.decision_s("A", 1) is None
    assert m.decision_s("Z", 1) is None


def test_silence_and_first_report() -> None:
    m = monitor()
    assert m.faults(1.0) == {}
    assert m.faults(2.1) == {"A": "has not reported yet", "B": "has not reported yet"}
    m.observe(status(1), 2.2)
    assert "A" not in m.faults(2.7)
    assert m.faults(2.71)["A"] == "does not report"
    a, b = m.views(2.71)
    assert (a.node, a.connected, a.latched) == ("A", False, True)
    assert round(a.age_s, 2) == 0.51
    assert (b.connected, b.fault) == (False, "has not reported yet")


def test_a_restart_shows_for_a_while() -> None:
    m = monitor()
    m.observe(status(50), 1.0)
    assert m.observe(status(1, boot="b2"), 1.1)
    assert m.faults(1.2) == {"A": "has restarted"}
    m.observe(status(2, boot="b2"), 2.15)
    assert "A" not in m.faults(2.2)
    assert m.permits(OUTPUTS, 2.2)[0].boot == "b2"


def test_two_nodes_with_one_key_are_a_lasting_fault() -> None:
    m = monitor()
    for k in range(100):
        m.observe(status(k + 1, boot=("b1", "b2")[k % 2]), 1.0 + k * 0.05)
    assert m.faults(6.0)["A"] == "has restarted"


def test_a_contact_that_does_not_follow() -> None:
    m = monitor()
    m.observe(status(1, commanded={"K1": True, "K2": False}), 1.0)
    m.observe(status(2, commanded={"K1": True, "K2": False}), 1.29)
    assert "A" not in m.faults(1.29)
    m.observe(status(3, commanded={"K1": True, "K2": False}), 1.35)
    assert m.faults(1.35)["A"] == "contact K1 does not follow its command"
    m.observe(status(4), 1.4)
    assert "A" not in m.faults(1.4)


def test_a_contact_that_stays_closed_against_the_engine() -> None:
    m = monitor()
    closed = {"K1": True, "K2": False}
    for k in range(20):
        now_s = 1.0 + k * 0.05
        m.observe(status(k + 1, commanded=closed, contacts=closed), now_s)
        m.permits({}, now_s)
    assert m.faults(1.95)["A"] == "contact K1 stays closed although it must be open"


def test_other_contacts_than_the_site_file_names() -> None:
    m = monitor()
    m.observe(status(1, commanded={"K1": False}, contacts={"K1": False}), 1.0)
    assert "other contacts" in m.faults(1.0)["A"]


def test_both_halves_together() -> None:
    """Engine and node with 20 ms between them: reset, run, withdraw, reset, all by real messages."""
    m = monitor()
    gate = PermitGate("A", "b1", 250_000_000, {"K1": "permit", "K2": "slow"})
    seen = []
    for k in range(60):
        now_ns = k * 50_000_000
        contacts = gate.tick(now_ns)
        seen.append(contacts["K1"])
        m.observe(status(k + 1, stamp_ns=now_ns, commanded=contacts, contacts=contacts, latched=gate.latched), k * 0.05)
        wanted = {"H1/permit": not 20 <= k < 25}
        (permit,) = m.permits(wanted, k * 0.05 + 0.01, {"A"} if k in (10, 22, 40) else ())
        assert gate.offer(permit, now_ns + 20_000_000) == ""
    assert seen == [False] * 11 + [True] * 10 + [False] * 20 + [True] * 19
    assert gate.refused == 0
