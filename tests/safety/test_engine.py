"""One decision a tick: outputs for every situation, commands, relay faults, and that nothing leaks between runs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.outputs import Relay
from calibration.site import Site
from safety.engine import Engine, Step
from safety.records import (
    Acknowledge,
    AlarmState,
    Event,
    Level,
    RelayStatus,
    Reset,
    Shelve,
    Situation,
)
from tests.safety.situations import HOIST, lift, run, sights
from tests.worlds import bridge, hall, seen_at

CABINET = Relay(
    name="cabinet",
    outputs={"permit": ("H1", "permit"), "slow": ("H1", "slow"), "siren": ("hall", "danger"), "lamp": ("H1", "danger")},
)


def wired(*hoists: object, relays: Sequence[Relay] = (CABINET,)) -> Site:
    site = hall(0, hoists or (HOIST,))  # type: ignore[arg-type]
    return site.model_copy(update={"relay": tuple(relays)})


def quiet(until_s: float) -> list[Event]:
    return list(sights(lambda _: lift(6.0, 6.0), until_s, 10.0, 0.01))


def threat(until_s: float, from_s: float = 2.0) -> list[Event]:
    """A load at 0.5 m/s towards a standing person, away again from 13 s on."""

    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.5 * min(max(0.0, t - from_s), 10.0) - 0.5 * max(0.0, t - 13.0)
        return [*lift(x, 6.0), seen_at("person", 10.5, 6.0, sigma_m=0.05)]

    return list(sights(seen, until_s, 10.0, 0.01))


def status(
    time_s: float, seq: int, contacts: dict[str, bool] | None = None, node: str = "cabinet", **changes: object
) -> tuple[float, RelayStatus]:
    values: dict[str, object] = {
        "node": node,
        "boot": "b1",
        "stamp_ns": int(time_s * 1e9),
        "seq": seq,
        "commanded": contacts or dict.fromkeys(CABINET.outputs, True),
        "contacts": contacts or dict.fromkeys(CABINET.outputs, True),
        "latched": False,
    }
    return time_s, RelayStatus(**(values | changes))  # type: ignore[arg-type]


def ticks(
    site: Site, looks: Sequence[Event], others: Sequence[tuple[float, Event]], until_s: float, watch: bool = False
) -> list[Step]:
    """The engine with events that carry no ready time of their own, each given for a moment."""
    engine = Engine(site, watch_relays=watch)
    out = []
    timed = sorted([*((e.ready_s, e) for e in looks), *others], key=lambda item: item[0])  # type: ignore[union-attr]
    for tick in range(1, round(until_s * 10) + 1):
        now_s = round(tick / 10, 9)
        arrived = [e for t, e in timed if now_s - 0.1 + 1e-9 < t <= now_s + 1e-9]
        out.append(engine.step(now_s, arrived))
    return out


def at(steps: Sequence[Step], time_s: float) -> Step:
    return steps[round(time_s * 10) - 1]


# --- outputs -----------------------------------------------------------------------------------------


def test_all_is_well_gives_permit_and_full_speed_and_no_signal() -> None:
    outputs = run(wired(), quiet(5.0), 5.0)[-1].snapshot.outputs
    assert outputs == {
        "H1/permit": True,
        "H1/slow": True,
        "H1/caution": False,
        "H1/warning": False,
        "H1/danger": False,
        "hall/caution": False,
        "hall/warning": False,
        "hall/danger": False,
    }


def test_no_permit_before_the_hoist_was_located() -> None:
    """A fresh engine knows nothing yet: it must not permit what it cannot see."""
    steps = ticks(wired(), [e for e in quiet(6.0) if e.time_s > 1.5], [], 5.0)  # type: ignore[union-attr]
    assert not at(steps, 0.1).snapshot.outputs["H1/permit"]
    assert not at(steps, 1.4).snapshot.outputs["H1/permit"]
    assert at(steps, 3.0).snapshot.outputs["H1/permit"]
    assert [t for s in steps for t in s.transitions] == [], "starting up is no alarm"


def test_danger_drops_the_permit_and_sounds_and_gives_it_back_only_after_a_while() -> None:
    steps = run(wired(), threat(28.0), 28.0)
    dropped = [s.snapshot for s in steps if not s.snapshot.outputs["H1/permit"] and s.snapshot.time_s > 1.0]
    assert dropped
    for snapshot in dropped:
        assert snapshot.level is Level.DANGER
        assert not snapshot.outputs["H1/slow"], "without a permit there is no full speed either"
        assert snapshot.outputs["H1/danger"]
        assert snapshot.outputs["H1/warning"]
        assert snapshot.outputs["H1/caution"]
        assert snapshot.outputs["hall/danger"]
    last = steps[-1].snapshot
    assert last.outputs["H1/permit"]
    assert last.outputs["H1/slow"]
    assert last.level is Level.CLEAR
    assert dropped[-1].time_s - dropped[0].time_s >= 1.5


def test_warning_takes_full_speed_but_not_the_permit() -> None:
    steps = run(wired(), threat(12.0), 12.0)
    warned = [s.snapshot for s in steps if s.snapshot.level is Level.WARNING and s.snapshot.time_s > 1.0]
    for snapshot in warned:
        assert snapshot.outputs["H1/permit"]
        assert not snapshot.outputs["H1/slow"]
        assert snapshot.outputs["H1/warning"]
        assert not snapshot.outputs["H1/danger"]


def test_one_hoist_s_danger_leaves_the_other_alone() -> None:
    two = wired(HOIST, bridge("H2"))

    def seen(t: float) -> list:  # type: ignore[type-arg]
        x = 4.0 + 0.5 * max(0.0, t - 2.0)
        return [*lift(x, 3.0), *lift(18.0, 9.0), seen_at("person", 10.0, 3.0, sigma_m=0.05)]

    steps = run(two, sights(seen, 12.0, 10.0, 0.01), 12.0)
    danger = [s.snapshot for s in steps if s.snapshot.level is Level.DANGER]
    assert danger
    hit = {h.state.name for h in danger[-1].hoists if not h.permit}
    assert len(hit) == 1
    (other,) = {"H1", "H2"} - hit
    assert all(s.outputs[f"{other}/permit"] and s.outputs[f"{other}/slow"] for s in danger)
    assert all(not s.outputs[f"{other}/danger"] for s in danger)
    assert all(s.outputs["hall/danger"] for s in danger)


def test_views_of_hoists_agree_with_the_outputs() -> None:
    for step in run(wired(), threat(14.0), 14.0):
        s = step.snapshot
        for view in s.hoists:
            assert view.permit == s.outputs[f"{view.state.name}/permit"]
            assert view.slow == (not s.outputs[f"{view.state.name}/slow"])
            assert view.level.rank <= s.level.rank
            assert view.swept is not None
            assert len(view.swept.outline_m) > 8
            assert view.swept.bottom_m < view.swept.top_m


# --- commands ----------------------------------------------------------------------------------------


def raised(steps: Sequence[Step]) -> tuple[float, str]:
    first = next(t for s in steps for t in s.transitions if t.event == "raised")
    return first.time_s, first.alarm


def test_acknowledging_changes_the_list_and_nothing_else() -> None:
    looks = threat(13.0)
    plain = ticks(wired(), looks, [], 13.0)
    time_s, alarm = raised(plain)
    acked = ticks(wired(), looks, [(time_s + 0.5, Acknowledge(time_s=time_s + 0.5, by="Kim", alarm=alarm))], 13.0)
    assert [s.snapshot.outputs for s in acked] == [s.snapshot.outputs for s in plain]
    assert [s.transitions for s in acked] == [s.transitions for s in plain]
    states = {a.state for a in at(acked, time_s + 0.6).snapshot.alarms if a.id == alarm}
    assert AlarmState.ACKNOWLEDGED in states or AlarmState.UNACKNOWLEDGED in states
    assert at(plain, time_s + 0.6).snapshot.alarms[0].state is AlarmState.UNACKNOWLEDGED


def test_shelving_silences_and_never_frees_an_output() -> None:
    looks = threat(13.0)
    plain = ticks(wired(), looks, [], 13.0)
    time_s, alarm = raised(plain)
    command = Shelve(time_s=time_s + 0.3, by="Kim", alarm=alarm, for_s=600.0, reason="test run")
    shelved = ticks(wired(), looks, [(time_s + 0.3, command)], 13.0)
    for before, after in zip(plain, shelved, strict=True):
        for key in ("H1/permit", "H1/slow"):
            assert before.snapshot.outputs[key] == after.snapshot.outputs[key]
        assert before.snapshot.level is after.snapshot.level
    loud = [s for s in plain if s.snapshot.outputs["hall/danger"]]
    assert loud
    later = [s for s in shelved if s.snapshot.time_s > time_s + 0.4 and not _other_alarm(s, alarm)]
    assert all(not s.snapshot.outputs["hall/danger"] for s in later)
    assert any(a.state is AlarmState.SHELVED for a in at(shelved, time_s + 0.5).snapshot.alarms)


def _other_alarm(step: Step, alarm: str) -> bool:
    return any(a.id != alarm and a.level is not Level.CLEAR for a in step.snapshot.alarms)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Acknowledge(time_s=1.0, by="Kim", alarm="a-99"), "there is no alarm 'a-99'"),
        (Shelve(time_s=1.0, by="Kim", alarm="a-99", for_s=60.0, reason="x"), "there is no alarm 'a-99'"),
    ],
)
def test_commands_that_cannot_be_carried_out_are_answered(command: Event, why: str) -> None:
    steps = ticks(wired(), quiet(2.0), [(1.0, command)], 2.0)
    (refusal,) = [r for s in steps for r in s.refusals]
    assert why in refusal.reason
    assert refusal.command == type(command).__name__


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"for_s": 1e9}, "1800 s"), ({"for_s": -5.0}, "not -5"), ({"reason": "  "}, "needs a reason")],
)
def test_shelving_has_its_limits(changes: dict[str, object], why: str) -> None:
    looks = threat(13.0)
    time_s, alarm = raised(ticks(wired(), looks, [], 13.0))
    values = {"time_s": time_s + 0.3, "by": "Kim", "alarm": alarm, "for_s": 60.0, "reason": "test"} | changes
    steps = ticks(wired(), looks, [(time_s + 0.3, Shelve(**values))], 13.0)  # type: ignore[arg-type]
    (refusal,) = [r for s in steps for r in s.refusals]
    assert why in refusal.reason
    assert all(a.state is not AlarmState.SHELVED for s in steps for a in s.snapshot.alarms)


def test_a_reset_is_none_of_the_core_s_business() -> None:
    steps = ticks(wired(), quiet(2.0), [(1.0, Reset(time_s=1.0, by="Kim", node="cabinet"))], 2.0)
    assert [r for s in steps for r in s.refusals] == []


# --- relay nodes -------------------------------------------------------------------------------------


def reports(until_s: float, silent: tuple[float, float] = (1e9, 1e9), **changes: object) -> list[tuple[float, Event]]:
    out = []
    for k in range(1, round(until_s * 20)):
        time_s = k / 20
        if not silent[0] < time_s < silent[1]:
            # A node that heard nothing for a while has opened and waits for its reset.
            before = time_s <= silent[0]
            contacts = {"permit": before, "slow": before, "siren": False, "lamp": False}
            out.append(status(time_s, k, contacts, **changes))
    return out  # type: ignore[return-value]


def test_a_relay_node_that_reports_is_shown_and_is_no_alarm() -> None:
    steps = ticks(wired(), quiet(6.0), reports(6.0), 6.0, watch=True)
    assert [t for s in steps for t in s.transitions] == []
    (node,) = steps[-1].snapshot.nodes
    assert node.connected
    assert node.fault == ""
    assert node.contacts["permit"]


def test_a_relay_node_that_falls_silent_drops_the_permit() -> None:
    steps = ticks(wired(), quiet(12.0), reports(12.0, (5.0, 8.0)), 12.0, watch=True)
    events = [(t.event, t.situation) for s in steps for t in s.transitions]
    assert events == [("raised", Situation.RELAY_FAULT), ("cleared", Situation.RELAY_FAULT)]
    assert at(steps, 5.0).snapshot.outputs["H1/permit"]
    assert not at(steps, 7.0).snapshot.outputs["H1/permit"]
    assert at(steps, 12.0).snapshot.outputs["H1/permit"]
    assert "does not report" in at(steps, 7.0).snapshot.alarms[0].reason_en
    assert not at(steps, 7.0).snapshot.nodes[0].connected


def test_a_contact_that_does_not_follow_is_a_fault() -> None:
    welded = [
        status(k / 20, k, {"permit": True, "slow": True, "siren": False, "lamp": False}) for k in range(1, 40)
    ] + [
        (
            k / 20,
            RelayStatus(
                node="cabinet",
                boot="b1",
                stamp_ns=int(k / 20 * 1e9),
                seq=k,
                commanded={"permit": False, "slow": True, "siren": False, "lamp": False},
                contacts={"permit": True, "slow": True, "siren": False, "lamp": False},
                latched=True,
            ),
        )
        for k in range(40, 100)
    ]
    steps = ticks(wired(), quiet(5.0), welded, 4.9, watch=True)  # type: ignore[arg-type]
    assert not steps[-1].snapshot.outputs["H1/permit"]
    assert "contact permit" in steps[-1].snapshot.alarms[0].reason_en


def test_a_fault_of_a_node_concerns_the_hoists_that_it_serves() -> None:
    other = Relay(name="other", outputs={"permit": ("H2", "permit")})
    site = wired(HOIST, bridge("H2"), relays=(CABINET, other))
    looks = sights(lambda _: [*lift(6.0, 3.0), *lift(18.0, 9.0)], 8.0, 10.0, 0.01)
    both: list[tuple[float, Event]] = [*reports(8.0)]
    both += [status(k / 20, k, {"permit": True}, node="other") for k in range(1, 80)]
    steps = ticks(site, looks, both, 8.0, watch=True)
    assert at(steps, 3.5).snapshot.outputs["H2/permit"]
    outputs = steps[-1].snapshot.outputs
    assert outputs["H1/permit"]
    assert not outputs["H2/permit"]


def test_relay_nodes_of_a_recording_without_any_are_not_missed() -> None:
    steps = ticks(wired(), quiet(6.0), [], 6.0)
    assert [t for s in steps for t in s.transitions] == []
    assert steps[-1].snapshot.nodes == ()


# --- the whole ---------------------------------------------------------------------------------------


def test_a_snapshot_can_be_sent_and_read_again() -> None:
    for step in run(wired(), threat(13.0), 13.0)[::7]:
        data = msgspec.json.encode(step.snapshot)
        assert b"null" not in data or msgspec.json.decode(data, type=type(step.snapshot)) == step.snapshot
        assert b"NaN" not in data


def test_ticks_are_numbered_and_the_most_severe_level_wins() -> None:
    steps = run(wired(), threat(13.0), 13.0)
    assert [s.snapshot.seq for s in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        ranks = [a.level.rank for a in step.snapshot.alarms]
        assert step.snapshot.level.rank == max(ranks, default=0)
        assert ranks == sorted(ranks, reverse=True)


def test_wall_time_is_shown_and_changes_nothing() -> None:
    looks = threat(10.0)
    one, two = Engine(wired()), Engine(wired(), wall_offset_s=1.7e9)
    for tick in range(1, 100):
        now_s = tick / 10
        arrived = [e for e in looks if now_s - 0.1 < e.ready_s <= now_s + 1e-9]  # type: ignore[union-attr]
        a, b = one.step(now_s, arrived), two.step(now_s, arrived)
        assert a.transitions == b.transitions
        assert a.snapshot.outputs == b.snapshot.outputs
        assert b.snapshot.wall_s == pytest.approx(now_s + 1.7e9)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_order_in_which_sources_arrive_within_a_tick_does_not_matter(data: st.DataObject) -> None:
    site = wired()
    people = sights(lambda t: [seen_at("person", 9.0 + 0.1 * t, 6.0, sigma_m=0.05)], 3.0, 10.0, 0.02)
    hooks = [msgspec.structs.replace(s, source="tag") for s in sights(lambda t: lift(5.0 + 0.3 * t, 6.0), 3.0)]
    one, two = Engine(site), Engine(site)
    for tick in range(1, 20):
        now_s = tick / 10
        arrived = [e for e in (*people, *hooks) if now_s - 0.1 < e.ready_s <= now_s + 1e-9]
        shuffled = data.draw(st.permutations(arrived))
        assert one.step(now_s, arrived).snapshot == two.step(now_s, shuffled).snapshot
