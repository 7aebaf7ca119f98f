"""Safe states, minimum times on, the run input and bypasses, as the node's gate has them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.outputs import Relay
from safety.output_records import BypassOrder
from safety.permit import PermitGate
from safety.records import Permit

MS = 1_000_000
S = 1000 * MS
VALIDITY = 250 * MS
MAX = 60 * S
RELAY = Relay.model_validate(
    {
        "name": "N",
        "outputs": {
            "K1": ("H1", "permit"),
            "K2": ("H1", "slow"),
            "siren": ("hall", "danger"),
            "lamp": ("hall", "warning"),
        },
        "output": {"siren": {"minimum_on_s": 1.0}, "lamp": {"safe_state": "on", "minimum_on_s": 0.0}},
    }
)
RULES = RELAY.rules()
SAFE = {"K1": False, "K2": False, "siren": False, "lamp": True}


class Node:
    """A gate that is told something every 100 ms."""

    def __init__(self) -> None:
        self.gate = PermitGate("N", "boot", VALIDITY, {n: r.signal for n, r in RULES.items()}, RULES, MAX)
        self.now_ns = S
        self.seq = 0
        self.out = SAFE

    def told(self, for_s: float = 0.1, **other: object) -> dict[str, bool]:
        """Permits for a while, the first with what is given in ``other``; K1 and K2 on, siren and lamp off."""
        outputs = {"K1": True, "K2": True, "siren": False, "lamp": False}
        outputs |= other.pop("outputs", {})
        end_ns = self.now_ns + round(for_s * 1e9)
        while self.now_ns < end_ns:
            self.seq += 1
            permit = Permit(
                node="N",
                boot="boot",
                engine="E",
                seq=self.seq,
                echo_ns=self.now_ns,
                validity_ns=VALIDITY,
                outputs=outputs,
            )
            assert self.gate.offer(msgspec.structs.replace(permit, **other), self.now_ns) == ""
            other = {}
            self.out = self.gate.tick(self.now_ns)
            self.now_ns += 100 * MS
        return self.out

    def silent(self, for_s: float) -> dict[str, bool]:
        end_ns = self.now_ns + round(for_s * 1e9)
        while self.now_ns < end_ns:
            self.now_ns += 10 * MS
            self.out = self.gate.tick(self.now_ns)
        return self.out


@pytest.fixture
def node() -> Node:
    node = Node()
    node.told(reset=True)
    return node


def order(contact: str = "K1", for_s: float = 10.0, identity: str = "b1", **other: str) -> tuple[BypassOrder, ...]:
    fields = {"by": "engineer-1", "reason": "camera 3 is broken"} | other
    return (BypassOrder(id=identity, contact=contact, for_ns=round(for_s * 1e9), **fields),)


NO = {"K1": False, "K2": False}


def test_safe_states_hold_before_the_first_permit_and_after_the_last(node: Node) -> None:
    assert Node().gate.tick(0) == SAFE
    assert node.out == {"K1": True, "K2": True, "siren": False, "lamp": False}
    assert node.silent(0.4) == SAFE
    node.told()
    node.gate.set_fault("contact stuck")
    assert node.gate.tick(node.now_ns) == SAFE
    assert node.gate.drop() == SAFE


def test_a_siren_sounds_for_its_minimum_time_and_a_permit_opens_at_once(node: Node) -> None:
    node.told(outputs={"siren": True})
    began_ns = node.now_ns - 100 * MS
    assert node.told(outputs=NO) == {"K1": False, "K2": False, "siren": True, "lamp": False}
    while node.told()["siren"]:
        pass
    assert 1.0 * S <= node.now_ns - 100 * MS - began_ns <= 1.15 * S


def test_a_siren_sounds_on_through_silence_but_not_through_a_fault_or_the_nodes_end(node: Node) -> None:
    node.told(outputs={"siren": True})
    assert node.silent(0.4) == SAFE | {"siren": True}
    assert node.silent(1.0) == SAFE
    node.told(outputs={"siren": True})
    node.gate.set_fault("driver")
    assert node.gate.tick(node.now_ns) == SAFE
    node.gate.set_fault("")
    node.told(outputs={"siren": True})
    assert node.gate.drop() == SAFE


def test_no_reset_while_somebody_commands_a_motion(node: Node) -> None:
    node.told(outputs=NO)
    node.gate.run_commanded = True
    assert not node.told(reset=True)["K1"]
    node.gate.run_commanded = False
    assert not node.told()["K1"], "the reset of before must not act later"
    assert node.told(reset=True)["K1"]


def test_a_bypass_holds_a_permit_against_a_denial_until_its_time_is_over(node: Node) -> None:
    node.told(outputs=NO)
    began_ns = node.now_ns
    node.told(outputs=NO, bypasses=order(for_s=2.0))
    assert node.out == {"K1": True, "K2": False, "siren": False, "lamp": False}
    assert node.gate.bypasses(node.now_ns)[0].contact == "K1"
    while node.told(outputs=NO)["K1"]:
        pass
    assert 2.0 * S <= node.now_ns - began_ns <= 2.15 * S
    assert node.gate.bypasses(node.now_ns) == ()
    assert not node.told()["K1"], "it ends latched, whatever the engine now allows"
    assert node.told(reset=True)["K1"]


def test_a_bypass_keeps_a_siren_quiet(node: Node) -> None:
    node.told(outputs={"siren": True})
    assert not node.told(outputs={"siren": True}, bypasses=order("siren", 1.0))["siren"]
    assert node.told(1.2, outputs={"siren": True})["siren"]


@pytest.mark.parametrize("how", ["silence", "fault", "another engine"])
def test_a_bypass_never_outlives_the_engine_or_a_fault(node: Node, how: str) -> None:
    node.told(outputs=NO, bypasses=order(for_s=50.0))
    assert node.out["K1"]
    if how == "silence":
        assert not node.silent(0.3)["K1"]
    elif how == "fault":
        node.gate.set_fault("contact stuck")
        assert not node.gate.tick(node.now_ns)["K1"]
        node.gate.set_fault("")
    else:
        node.seq = 0
        assert not node.told(engine="F", outputs=NO)["K1"]
    assert node.gate.bypasses(node.now_ns) == ()
    node.seq = 0 if how == "another engine" else node.seq


def test_a_bypass_begins_once_and_is_not_prolonged(node: Node) -> None:
    node.told(outputs=NO, bypasses=order(for_s=1.0))
    node.told(outputs=NO, bypasses=order(for_s=9.0, identity="b2"))
    node.told(0.9, outputs=NO)
    assert not node.told(outputs=NO)["K1"]
    assert not node.told(outputs=NO, bypasses=order(for_s=1.0))["K1"], "a replayed order"


@pytest.mark.parametrize(
    "bad", [order(for_s=61.0), order(reason=" "), order(by=""), order("K9"), order(for_s=0.0)], ids=str
)
def test_orders_that_no_node_takes(node: Node, bad: tuple[BypassOrder, ...]) -> None:
    node.told(outputs=NO)
    assert not node.told(outputs=NO, bypasses=bad)["K1"]


def test_a_bypass_of_a_permit_is_not_taken_while_somebody_commands_a_motion(node: Node) -> None:
    node.told(outputs=NO)
    node.gate.run_commanded = True
    assert not node.told(outputs=NO, bypasses=order())["K1"]


def test_a_bypass_is_ended_by_order(node: Node) -> None:
    node.told(outputs=NO, bypasses=order())
    assert node.out["K1"]
    assert not node.told(outputs=NO, bypasses=order(for_s=0.0, identity="b2"))["K1"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["permit", "deny", "silence", "bypass", "reset", "fault", "mend", "run"]), max_size=40))
def test_a_permit_is_closed_only_by_permit_or_bypass_and_never_out_of_the_latch(steps: list[str]) -> None:
    node = Node()
    count = 0
    for step in steps:
        before = node.out["K1"]
        match step:
            case "permit":
                node.told()
                assert node.out["K1"] <= before, "no permit alone closes a contact that was open"
            case "deny":
                node.told(outputs=NO)
                assert node.out["K1"] <= bool(node.gate.bypasses(node.now_ns - 100 * MS))
            case "silence":
                assert node.silent(0.4) | {"siren": False} == SAFE
            case "bypass":
                count += 1
                node.told(outputs=NO, bypasses=order(identity=f"b{count}", for_s=0.5))
            case "reset":
                node.told(reset=True)
                assert not (node.gate.run_commanded and node.out["K1"] and not before)
            case "fault" | "mend":
                node.gate.set_fault("stuck" if step == "fault" else "")
                node.out = node.gate.tick(node.now_ns)
                assert step == "mend" or not node.out["K1"]
            case "run":
                node.gate.run_commanded = not node.gate.run_commanded
