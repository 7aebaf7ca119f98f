"""The node's half of the permit protocol: silence, delay, replay and reordering never energise."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.permit import RESTART_SEQ_MAX, PermitGate, Signal
from safety.records import Permit

MS = 1_000_000
VALIDITY = 250 * MS
CONTACTS: dict[str, Signal] = {"K1": "permit", "K2": "permit", "K3": "slow", "H1": "danger"}
ALL_ON = dict.fromkeys(CONTACTS, True)
ALL_OFF = dict.fromkeys(CONTACTS, False)


def gate() -> PermitGate:
    return PermitGate("N", "boot", VALIDITY, CONTACTS)


def permit(
    seq: int, echo_ns: int, *, on: dict[str, bool] | bool = True, reset: bool = False, **other: object
) -> Permit:
    outputs = on if isinstance(on, dict) else dict.fromkeys(CONTACTS, on)
    base = Permit(
        node="N", boot="boot", engine="E", seq=seq, echo_ns=echo_ns, validity_ns=VALIDITY, outputs=outputs, reset=reset
    )
    return msgspec.structs.replace(base, **other)


def freed() -> PermitGate:
    g = gate()
    assert g.offer(permit(1, 0, reset=True), 0) == ""
    assert g.tick(0) == ALL_ON
    return g


def test_starts_latched_and_open() -> None:
    g = gate()
    assert g.latched
    assert g.tick(0) == ALL_OFF
    assert g.offer(permit(1, 0), MS) == ""
    assert g.tick(MS) == {"K1": False, "K2": False, "K3": True, "H1": True}
    assert g.latched


def test_reset_in_sequence_frees() -> None:
    g = gate()
    g.offer(permit(1, 0), MS)
    assert g.offer(permit(2, 0, reset=True), 2 * MS) == ""
    assert not g.latched
    assert g.tick(3 * MS) == ALL_ON
    assert g.moved_by_seq == 2


def test_reset_frees_only_what_is_asked_for() -> None:
    g = gate()
    g.offer(permit(1, 0, on=ALL_ON | {"K2": False}, reset=True), MS)
    assert g.tick(MS) == ALL_ON | {"K2": False}
    assert g.latched_contacts == {"K2"}
    g.offer(permit(2, MS), 2 * MS)
    assert g.tick(2 * MS)["K2"] is False


def test_contacts_open_when_the_permit_ends() -> None:
    g = freed()
    assert g.tick(VALIDITY - 1) == ALL_ON
    assert g.tick(VALIDITY) == ALL_OFF
    assert g.latched
    assert g.offer(permit(2, VALIDITY), VALIDITY + MS) == ""
    assert g.tick(VALIDITY + MS)["K1"] is False
    assert g.tick(VALIDITY + MS)["K3"] is True


def test_the_shorter_validity_holds() -> None:
    g = gate()
    g.offer(permit(1, 0, reset=True, validity_ns=10 * MS), 0)
    assert g.tick(9 * MS) == ALL_ON
    assert g.tick(10 * MS) == ALL_OFF
    g = gate()
    g.offer(permit(1, 0, reset=True, validity_ns=10**12), 0)
    assert g.tick(VALIDITY) == ALL_OFF


def test_engine_withdraws_one_hoist_and_the_other_moves_on() -> None:
    g = freed()
    g.offer(permit(2, MS, on=ALL_ON | {"K1": False}), MS)
    g.offer(permit(3, MS), 2 * MS)
    assert g.tick(2 * MS) == ALL_ON | {"K1": False}
    assert g.latched_contacts == {"K1"}


def test_a_fault_opens_everything_and_latches() -> None:
    g = freed()
    g.set_fault("no answer")
    assert g.tick(MS) == ALL_OFF
    assert g.fault == "no answer"
    g.offer(permit(2, MS, reset=True), 2 * MS)
    assert g.tick(2 * MS) == ALL_OFF
    g.set_fault("")
    assert g.tick(3 * MS) == ALL_ON | {"K1": False, "K2": False}
    g.offer(permit(3, 3 * MS, reset=True), 4 * MS)
    assert g.tick(4 * MS) == ALL_ON


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (permit(1, 90 * MS), "out of sequence"),
        (permit(0, 90 * MS), "not positive"),
        (permit(2, 101 * MS), "future"),
        (permit(2, 90 * MS, node="M"), "another node"),
        (permit(2, 90 * MS, boot="old"), "earlier start"),
        (permit(2, 90 * MS, validity_ns=0), "validity"),
        (permit(2, 90 * MS, on={"K1": True}), "contacts"),
        (permit(RESTART_SEQ_MAX + 1, 90 * MS, engine="F"), "count from the start"),
        (permit(2, 90 * MS, validity_ns=10 * MS), "late"),
    ],
)
def test_refuses_and_counts(bad: Permit, reason: str) -> None:
    g = freed()
    assert reason in g.offer(bad, 100 * MS)
    assert (g.refused, reason in g.refusal, g.fault) == (1, True, "")
    assert g.tick(100 * MS) == ALL_ON, "a refused permit changes nothing by itself"
    assert g.tick(VALIDITY) == ALL_OFF
    assert g.fault.startswith("permit refused: ")
    assert g.offer(permit(3, VALIDITY), VALIDITY) == ""
    assert g.fault == ""


def test_refuses_a_late_permit() -> None:
    g = gate()
    assert "late" in g.offer(permit(1, 0, reset=True), VALIDITY)
    assert g.tick(VALIDITY) == ALL_OFF


def test_a_new_engine_counts_as_a_restart() -> None:
    g = freed()
    g.offer(permit(50, MS), MS)
    assert g.offer(permit(1, MS, engine="F", reset=True), 2 * MS) == ""
    assert g.tick(2 * MS)["K1"] is False
    assert g.latched
    assert "replaced" in g.offer(permit(51, MS, reset=True), 3 * MS)
    assert g.offer(permit(2, MS, engine="F", reset=True), 4 * MS) == ""
    assert g.tick(4 * MS) == ALL_ON


def test_drop_opens_and_latches() -> None:
    g = freed()
    assert g.drop() == ALL_OFF
    assert g.latched


def test_a_node_without_permit_contacts_never_latches() -> None:
    g = PermitGate("N", "boot", VALIDITY, {"H1": "danger"})
    assert not g.latched
    g.offer(permit(1, 0, on={"H1": True}), 0)
    assert g.tick(0) == {"H1": True}
    assert g.tick(VALIDITY) == {"H1": False}


# --- properties ---------------------------------------------------------------------------------


@dataclass
class World:
    """What an outsider who saw every message and every moment would conclude."""

    g: PermitGate = field(default_factory=gate)
    now: int = 0
    accepted: list[tuple[int, Permit]] = field(default_factory=list)
    reset_since_drop: dict[str, bool] = field(default_factory=lambda: {"K1": False, "K2": False})

    def in_force(self) -> Permit | None:
        if not self.accepted:
            return None
        _, last = self.accepted[-1]
        return last if self.now < last.echo_ns + min(last.validity_ns, VALIDITY) else None


messages = st.builds(
    permit,
    seq=st.integers(0, 40),
    echo_ns=st.integers(-400, 100),  # milliseconds relative to now, made absolute in deliver()
    on=st.fixed_dictionaries({name: st.booleans() for name in CONTACTS}),
    reset=st.booleans(),
    engine=st.sampled_from(["E", "E", "E", "F"]),
    boot=st.sampled_from(["boot", "boot", "boot", "older"]),
    node=st.sampled_from(["N", "N", "N", "M"]),
    validity_ns=st.sampled_from([-1, 50 * MS, VALIDITY, 9 * VALIDITY]),
)
events = st.lists(
    st.one_of(
        st.integers(0, 300).map(lambda ms: ms * MS),
        messages,
        st.sampled_from(["", "driver fault"]),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(events)
def test_never_energised_without_a_fresh_accepted_permit(stream: list[int | str | Permit]) -> None:
    world, fault = World(), ""
    for event in stream:
        if isinstance(event, int):
            world.now += event
        elif isinstance(event, str):
            fault = event
            world.g.set_fault(fault)
        else:
            deliver(world, event, fault)
        energised = world.g.tick(world.now)
        force = world.in_force()
        for name, on in energised.items():
            if on:
                assert not fault
                assert force is not None
                assert force.outputs[name]
                assert force.node == "N"
                assert force.boot == "boot"
        for name in world.reset_since_drop:
            if energised[name]:
                assert world.reset_since_drop[name], "energised though nobody has reset since it dropped"
            if fault or force is None or not force.outputs[name]:
                world.reset_since_drop[name] = False


def deliver(world: World, message: Permit, fault: str) -> None:
    message = msgspec.structs.replace(message, echo_ns=world.now + message.echo_ns * MS)
    if world.g.offer(message, world.now):
        return
    assert message.echo_ns <= world.now < message.echo_ns + VALIDITY
    same = [p for _, p in world.accepted if p.engine == message.engine]
    assert all(message.seq > p.seq for p in same), "a sequence number was accepted twice"
    restarted = bool(world.accepted) and world.accepted[-1][1].engine != message.engine
    world.accepted.append((world.now, message))
    for name in world.reset_since_drop:
        if restarted or not message.outputs[name]:
            world.reset_since_drop[name] = False
        elif message.reset and not fault:
            world.reset_since_drop[name] = True


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_replayed_late_and_reordered_streams_never_energise(data: st.DataObject) -> None:
    """Every permit of a good run, in any order, any number of times, after the run has ended."""
    g = gate()
    sent = [permit(seq, (seq - 1) * 50 * MS, reset=True) for seq in range(1, 20)]
    for message in sent:
        assert g.offer(message, message.echo_ns + 5 * MS) == ""
    end = sent[-1].echo_ns + VALIDITY
    assert g.tick(end) == ALL_OFF
    now = end
    for message in data.draw(st.lists(st.sampled_from(sent), max_size=40)):
        now += data.draw(st.integers(0, 20)) * MS
        assert g.offer(message, now) != ""
        assert g.tick(now) == ALL_OFF
    assert g.latched


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(1, 13)))
def test_reordering_accepts_only_what_is_newer(order: list[int]) -> None:
    g, newest = gate(), 0
    for seq in order:
        accepted = g.offer(permit(seq, 0), MS) == ""
        assert accepted == (seq > newest)
        newest = max(newest, seq)
    assert g.refused == len(order) - sum(1 for i, s in enumerate(order) if s > max([0, *order[:i]]))
