"""The presenter without a screen: freshness, headline, order of alarms, commands, health."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.freshness import EngineWatch
from safety.records import Acknowledge, AlarmState, Command, Level, Refusal, Reset, Shelve, Situation, Snapshot
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, danger, snapshot
from ui.alarm_rows import alarm_order, alarm_rows
from ui.calm import Calm
from ui.commands import CommandDesk
from ui.console_model import ConsoleModel
from ui.health_model import Chip

SITE = example_site()


def model_of(*messages: object, language: str = "en", at_s: float = START_S) -> ConsoleModel:
    model = ConsoleModel(SITE, language=language)  # type: ignore[arg-type]
    for message in messages:
        model.receive(message, at_s)
    return model


# Freshness


def test_nothing_received_is_not_normal() -> None:
    model = model_of()
    head = model.headline(0.0)
    assert head.kind == "waiting"
    assert head.reason == "Nothing received yet from 127.0.0.1:5570."
    assert not model.plan(0.0).live
    assert model.rows(0.0) == []
    assert model.clock(0.0) == "--:--:--"


def test_a_key_that_is_not_admitted_is_told() -> None:
    model = model_of()
    model.connection = "refused"
    assert "key" in model.headline(0.0).reason


@pytest.mark.parametrize(("age_s", "kind"), [(0.0, "danger"), (0.5, "danger"), (0.51, "silent"), (900.0, "silent")])
def test_silence_outranks_even_danger(age_s: float, kind: str) -> None:
    model = model_of(danger(SITE))
    assert model.headline(START_S + age_s).kind == kind
    assert model.plan(START_S + age_s).live == (kind == "danger")


def test_silence_greys_every_camera_and_says_for_how_long() -> None:
    quiet = snapshot(SITE)
    model = model_of(*scenes.pictures(SITE, quiet), quiet)
    assert not any(t.dim for t in model.tiles(START_S + 0.1))
    tiles = model.tiles(START_S + 3.2)
    assert all(t.dim and not t.alive for t in tiles)
    assert tiles[0].notice == "NO PICTURE 3.3 s"
    assert "3.2 s" in model.headline(START_S + 3.2).reason


def test_a_repeated_snapshot_is_no_sign_of_life() -> None:
    watch = EngineWatch()
    shot = snapshot(SITE)
    assert watch.receive(shot, 10.0)
    for i in range(20):
        assert not watch.receive(shot, 10.0 + 0.1 * i)
    assert watch.pulse(12.0).kind == "silent"


def test_an_engine_that_starts_again_is_live_at_once() -> None:
    watch = EngineWatch()
    watch.receive(snapshot(SITE, time_s=90_000.0, seq=4000), 10.0)
    assert watch.receive(snapshot(SITE, time_s=12.0, seq=1), 30.0)
    assert watch.pulse(30.1).kind == "live"


def test_data_that_arrive_late_are_not_live() -> None:
    watch = EngineWatch()
    for i in range(30):
        watch.receive(snapshot(SITE, time_s=START_S + 0.1 * i, seq=i), 100.0 + 0.1 * i)
    assert watch.pulse(103.0).kind == "live"
    assert watch.pulse(103.0).rate_hz == pytest.approx(10.0)
    # A queue grows somewhere: each snapshot takes longer than the one before.
    for i in range(30, 90):
        watch.receive(snapshot(SITE, time_s=START_S + 0.1 * i, seq=i), 100.0 + 0.1 * i + 0.05 * (i - 29))
    pulse = watch.pulse(100.0 + 9.0 + 0.05 * 60)
    assert pulse.kind == "late"
    assert pulse.late_s == pytest.approx(3.0, abs=0.1)


@given(st.floats(-1e6, 1e6), st.floats(-2e-4, 2e-4))
def test_clocks_of_two_machines_may_differ_and_drift(offset_s: float, drift: float) -> None:
    watch = EngineWatch()
    for i in range(0, 40_000, 400):  # over an hour, with gaps shorter than silence left out for speed
        t = 0.1 * i
        watch.receive(snapshot_at(offset_s + t * (1.0 + drift), i), t)
        assert watch.pulse(t + 0.05).kind == "live"


QUIET = snapshot(SITE)


def snapshot_at(time_s: float, seq: int) -> Snapshot:
    return msgspec.structs.replace(QUIET, time_s=time_s, seq=seq)


# Headline


def test_the_headline_names_the_worst_and_what_was_done() -> None:
    head = model_of(danger(SITE)).headline(START_S)
    assert (head.kind, head.title) == ("danger", "DANGER")
    assert head.reason.startswith("P3 is 1.3 m from the load of H1")
    assert head.action.startswith("Permit withdrawn: H1")
    assert "the load swings on" in head.action
    assert head.blind == "cam2"
    assert head.flash
    assert head.unacknowledged == 3
    korean = model_of(danger(SITE), language="ko").headline(START_S)
    assert korean.title == "위험"
    assert korean.reason.startswith("P3 – H1 하물까지")


def test_the_badge_names_everything_that_cannot_be_seen_unless_the_headline_does() -> None:
    one = model_of(snapshot(SITE, level=Level.CAUTION, alarms=(scenes.BLIND,))).headline(START_S)
    assert (one.alarm, one.blind) == ("a-15", "")
    more = [msgspec.structs.replace(scenes.BLIND, id=f"a-{i}", source=f"cam{i}", raised_s=0.0) for i in range(1, 6)]
    five = model_of(snapshot(SITE, level=Level.CAUTION, alarms=tuple(more))).headline(START_S)
    assert five.blind == "cam1, cam2, cam3 +2"


def test_an_acknowledged_danger_no_longer_flashes() -> None:
    calm = msgspec.structs.replace(scenes.STRUCK, state=AlarmState.ACKNOWLEDGED)
    head = model_of(snapshot(SITE, level=Level.DANGER, alarms=(calm,))).headline(START_S)
    assert head.kind == "danger"
    assert not head.flash


def test_a_level_without_an_alarm_still_shows() -> None:
    head = model_of(snapshot(SITE, level=Level.WARNING)).headline(START_S)
    assert head.kind == "warning"
    assert head.reason


def test_a_shelved_alarm_does_not_raise_the_headline_by_itself_but_the_engines_level_does() -> None:
    shelved = msgspec.structs.replace(scenes.STRUCK, state=AlarmState.SHELVED)
    assert model_of(snapshot(SITE, alarms=(shelved,))).headline(START_S).kind == "clear"
    head = model_of(snapshot(SITE, level=Level.DANGER, alarms=(shelved,))).headline(START_S)
    assert head.kind == "danger"
    assert head.reason.startswith("Shelved: ")
    assert not head.flash


def test_calm_says_so_and_reminds_of_what_has_passed() -> None:
    assert model_of(snapshot(SITE)).headline(START_S).reason == "No person is endangered by a hoist."
    head = model_of(snapshot(SITE, alarms=(scenes.PASSED,))).headline(START_S)
    assert head.kind == "clear"
    assert "1" in head.reason
    assert model_of(snapshot(SITE, hoists=())).headline(START_S).reason == "No hoist has been located yet."


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Level), st.sampled_from(Level), st.sampled_from(AlarmState), st.sampled_from(Situation)
        ),
        max_size=8,
    ),
    st.sampled_from(Level),
)
def test_the_headline_is_never_milder_than_any_alarm_that_is_not_shelved(rows: list[tuple], level: Level) -> None:  # type: ignore[type-arg]
    alarms = tuple(
        msgspec.structs.replace(scenes.STRUCK, id=f"a-{i}", level=now, worst=worst, state=state, situation=situation)
        for i, (now, worst, state, situation) in enumerate(rows)
    )
    shot = snapshot_at(START_S, 5)
    head = model_of(msgspec.structs.replace(shot, level=level, alarms=alarms)).headline(START_S)
    order = ("clear", "caution", "warning", "danger")
    least = max([level.rank, *(a.level.rank for a in alarms if a.state is not AlarmState.SHELVED)])
    assert order.index(head.kind) >= least
    assert head.reason


# Alarm list


def test_the_list_puts_the_most_pressing_first_and_the_shelved_last() -> None:
    ids = [r.id for r in alarm_rows(danger(SITE), "en")]
    assert ids == ["a-17", "a-16", "a-15", "a-12", "a-9"]


@given(st.permutations([scenes.SHELVED, scenes.PASSED, scenes.BLIND, scenes.FALL, scenes.STRUCK]))
def test_the_order_does_not_depend_on_how_they_came(alarms: list) -> None:  # type: ignore[type-arg]
    assert [a.id for a in sorted(alarms, key=alarm_order)] == ["a-17", "a-16", "a-15", "a-12", "a-9"]


def test_a_row_says_everything_in_words() -> None:
    rows = {r.id: r for r in alarm_rows(danger(SITE), "en")}
    assert rows["a-12"].level_text == "was Warning"
    assert rows["a-12"].can_acknowledge
    assert not rows["a-12"].can_shelve
    assert rows["a-9"].state_text == "Shelved, 9 min left"
    assert "electrician" in rows["a-9"].reason
    assert rows["a-9"].can_unshelve
    assert not rows["a-16"].can_acknowledge
    assert rows["a-15"].who == "cam2"
    korean = {r.id: r for r in alarm_rows(danger(SITE), "ko")}
    assert korean["a-17"].situation == "이동 중 하물 충돌"
    assert all(rows[i].reason != korean[i].reason for i in rows)


def test_numbers_are_held_back_but_meaning_is_not() -> None:
    calm: Calm[str] = Calm(0.5)
    assert calm.take("caution", "3.1 s", 0.0) == "3.1 s"
    assert calm.take("caution", "3.2 s", 0.1) == "3.1 s"
    assert calm.take("danger", "3.3 s", 0.2) == "3.3 s"
    assert calm.take("danger", "3.9 s", 0.8) == "3.9 s"


# Commands


class Sent(list[Command]):
    """A bus that takes everything."""

    def send(self, command: Command) -> None:
        self.append(command)


def desk_of(site_shot: Snapshot | None = None) -> tuple[ConsoleModel, Sent]:
    sent = Sent()
    model = ConsoleModel(SITE, "console-1", "en", sent.send)
    if site_shot is not None:
        model.receive(site_shot, START_S)
    return model, sent


def test_acknowledge_is_pending_until_the_engine_shows_it() -> None:
    model, sent = desk_of(danger(SITE))
    model.desk.acknowledge("a-17", START_S)
    assert sent == [Acknowledge(time_s=START_S, by="console-1", alarm="a-17")]
    notice = model.notice(START_S + 0.1)
    assert notice is not None
    assert notice.outcome == "pending"
    model.receive(msgspec.structs.replace(danger(SITE), seq=101, time_s=START_S + 0.1), START_S + 0.1)
    assert model.desk.pending("a-17"), "a snapshot in which nothing changed confirms nothing"
    seen = msgspec.structs.replace(scenes.STRUCK, state=AlarmState.ACKNOWLEDGED)
    model.receive(snapshot(SITE, seq=102, time_s=START_S + 0.2, alarms=(seen,)), START_S + 0.2)
    notice = model.notice(START_S + 0.2)
    assert notice is not None
    assert notice.text("en") == "Acknowledge a-17: done"
    assert not model.desk.pending("a-17")


def test_a_command_without_an_answer_is_told_as_not_carried_out() -> None:
    model, _ = desk_of(danger(SITE))
    model.desk.acknowledge("a-17", START_S)
    notice = model.notice(START_S + 1.6)
    assert notice is not None
    assert notice.failed
    assert "NOT confirmed" in notice.text("en")
    assert model.notice(START_S + 60.0) is None


def test_a_refusal_goes_to_the_command_that_it_names() -> None:
    model, _ = desk_of(danger(SITE))
    for alarm in ("a-1", "a-17"):
        model.desk.acknowledge(alarm, START_S)
    model.desk.shelve("a-16", 60.0, "test", START_S)
    model.receive(Refusal(time_s=1.0, command="Acknowledge", reason="there is no alarm 'a-17'"), START_S + 0.1)
    notice = model.notice(START_S + 0.1)
    assert notice is not None
    assert (notice.outcome, notice.target) == ("refused", "a-17")
    assert model.desk.pending("a-1")
    assert model.desk.pending("a-16")


def test_shelving_needs_a_time_and_a_reason() -> None:
    model, sent = desk_of(danger(SITE))
    for for_s, reason in ((60.0, "  "), (0.0, "why")):
        with pytest.raises(ValueError, match="reason"):
            model.desk.shelve("a-17", for_s, reason, START_S)
    model.desk.shelve("a-17", 600.0, " crane test ", START_S)
    model.desk.unshelve("a-9", START_S)
    assert [(s.alarm, s.for_s, s.reason) for s in sent if isinstance(s, Shelve)] == [
        ("a-17", 600.0, "crane test"),
        ("a-9", 0.0, "ended at the console"),
    ]
    back = msgspec.structs.replace(scenes.SHELVED, state=AlarmState.UNACKNOWLEDGED)
    gone = msgspec.structs.replace(scenes.STRUCK, state=AlarmState.SHELVED)
    model.receive(snapshot(SITE, seq=101, time_s=START_S + 0.1, alarms=(back, gone)), START_S + 0.1)
    assert not model.desk.pending("a-9")
    assert not model.desk.pending("a-17")


def test_a_reset_is_done_when_the_node_is_free() -> None:
    model, sent = desk_of(danger(SITE))
    model.desk.reset("cabinet-1", START_S)
    assert sent == [Reset(time_s=START_S, by="console-1", node="cabinet-1")]
    assert model.desk.pending("cabinet-1")
    model.receive(snapshot(SITE, seq=101, time_s=START_S + 0.1), START_S + 0.1)
    assert not model.desk.pending("cabinet-1")


def test_a_failure_is_not_wiped_out_by_a_success() -> None:
    desk = CommandDesk("console-1", lambda _: None)
    desk.acknowledge("a-1", 0.0)
    desk.acknowledge("a-2", 0.0)
    desk.refused(Refusal(time_s=0.0, command="Acknowledge", reason="there is no alarm 'a-1'"), 0.1)
    desk.observe(snapshot(SITE))
    notice = desk.notice(0.2)
    assert notice is not None
    assert notice.outcome == "refused"


def test_without_an_engine_a_command_says_so() -> None:
    desk = CommandDesk("console-1")
    desk.acknowledge("a-1", 0.0)
    notice = desk.notice(0.0)
    assert notice is not None
    assert notice.outcome == "unsent"


# Health and tiles


def chip_values(model: ConsoleModel) -> dict[str, str]:
    return {c.title: c.value for c in model.chips(START_S)}


def test_health_says_rates_latency_and_contacts() -> None:
    values = chip_values(model_of(snapshot(SITE)))
    assert values["Frame to contact"] == "p50 124 ms · p99 213 ms"
    assert values["cam1"] == "9.8 Hz · 0.1 s ago"
    assert values["cabinet-1"] == "permit on · full speed on"
    assert values["H1"] == "travelling · permit given"


def test_health_of_a_bad_day() -> None:
    model = model_of(danger(SITE))
    chips = {c.title: c for c in model.chips(START_S)}
    assert chips["cam2"].value == "BLIND 3.2 s"
    assert chips["cam2"].mark == "bad"
    assert chips["cabinet-1"].value == "LATCHED, needs reset · permit off · full speed off · danger on"
    assert chips["cabinet-1"].node == "cabinet-1"
    assert chips["H1"].value == "travelling · PERMIT WITHDRAWN"


def test_what_could_not_be_used_is_said() -> None:
    def shown(**counts: int) -> Chip:
        model = model_of(msgspec.structs.replace(snapshot(SITE), counts=counts))
        return next(c for c in model.chips(START_S) if c.title == "Unused input")

    assert (shown(too_late=0).value, shown().mark) == ("none", "good")
    late = shown(too_late=3, hoist_outliers=4)
    assert (late.value, late.mark) == ("7 since start", "good")
    assert late.tip.splitlines()[0] == "3 that came too late to be used"
    assert shown(person_bad_boxes=1).mark == "abnormal"


def test_a_camera_that_brings_more_than_is_inspected_says_so() -> None:
    quiet = snapshot(SITE)
    first, *others = quiet.cameras
    busy = msgspec.structs.replace(first, rate_hz=6.2, received_hz=15.0, wait_s=0.21)
    chips = {c.title: c for c in model_of(msgspec.structs.replace(quiet, cameras=(busy, *others))).chips(START_S)}
    assert chips["cam1"].value == "6.2 of 15.0 Hz · 0.1 s ago"
    assert chips["cam1"].mark == "good", "the reaction time includes so long a wait"
    assert "Longest wait between two looks lately: 210 ms" in chips["cam1"].tip
    late = msgspec.structs.replace(busy, rate_hz=2.1, wait_s=0.55)
    model = model_of(msgspec.structs.replace(quiet, cameras=(late, *others)))
    chips = {c.title: c for c in model.chips(START_S)}
    assert chips["cam1"].mark == "abnormal"
    assert "reckons with 300 ms more reaction time" in chips["cam1"].tip
    assert model.tiles(START_S)[0].caption == "2.1 of 15.0 Hz · 0.1 s ago"
    nearly = msgspec.structs.replace(first, rate_hz=9.8, received_hz=10.0)
    values = chip_values(model_of(msgspec.structs.replace(quiet, cameras=(nearly, *others))))
    assert values["cam1"] == "9.8 Hz · 0.1 s ago"


def test_a_hoist_that_goes_slowly_for_somebody_near_says_for_whom_and_raises_no_alarm() -> None:
    quiet = snapshot(SITE)
    first, *others = quiet.hoists
    held = msgspec.structs.replace(first, slow=True, near=("P1", "P3"))
    for language, action in (("en", "H1 goes slowly, P1, P3 near it"), ("ko", "H1 저속 운전, P1, P3 가까이 있음")):
        model = model_of(msgspec.structs.replace(quiet, hoists=(held, *others)), language=language)
        headline = model.headline(START_S)
        assert headline.kind == model_of(quiet).headline(START_S).kind, "no alarm"
        assert action in headline.action
        chip = next(c for c in model.chips(START_S) if c.title == "H1")
        assert chip.mark == "abnormal"
        assert chip.tip.startswith("P1, P3:")


def test_a_contact_that_does_not_follow_is_seen() -> None:
    quiet = snapshot(SITE)
    stuck = msgspec.structs.replace(quiet.nodes[0], commanded={"permit": False, "slow": True, "siren": False})
    values = chip_values(model_of(msgspec.structs.replace(quiet, nodes=(stuck,))))
    assert values["cabinet-1"].startswith("permit sent off, reads on")


def test_a_bypass_stands_in_the_banner_and_on_the_node() -> None:
    model = model_of(scenes.bypassed(SITE))
    head = model.headline(START_S)
    assert head.bypass.splitlines() == ["H1 permit, 4 min 13 s left", "hall danger kept quiet, 32 s left"]
    assert (head.kind, head.title) == ("caution", "BYPASS"), "never NORMAL while somebody holds an output"
    assert head.reason == "kim@console-1 took outputs away from the system: camera 3 is being replaced"
    assert "H1: runs on a bypass, the system does not stop it" in head.action
    assert "stopped" not in head.action.lower(), "a hoist that runs must not be called stopped"
    chip = next(c for c in model.chips(START_S) if c.title == "cabinet-1")
    assert chip.mark == "bad"
    assert chip.value.startswith("BYPASSED: permit, danger")
    assert "permit is bypassed by kim@console-1 for 4 min 13 s more: camera 3 is being replaced" in chip.tip
    assert model_of(snapshot(SITE)).headline(START_S).bypass == ""


def test_a_bypass_of_a_node_that_is_gone_is_none() -> None:
    held = scenes.bypassed(SITE)
    gone = tuple(msgspec.structs.replace(n, connected=False) for n in held.nodes)
    assert model_of(msgspec.structs.replace(held, nodes=gone)).headline(START_S).bypass == ""


def test_proof_tests_have_a_card() -> None:
    chip = next(c for c in model_of(scenes.bypassed(SITE)).chips(START_S) if c.title == "Proof tests")
    assert (chip.value, chip.mark) == ("1 FAILED · 1 OVERDUE", "abnormal")
    assert chip.tip.splitlines()[:2] == ["cabinet-1 slow: the newest test failed", "cabinet-1 permit: never tested"]
    assert not any(c.title == "Proof tests" for c in model_of(snapshot(SITE)).chips(START_S))


def test_what_the_engine_does_not_mention_is_missing_not_absent() -> None:
    values = chip_values(model_of(snapshot(SITE, nodes=(), hoists=())))
    assert values["cabinet-1"] == "NOT CONNECTED"
    assert values["H1"] == "not located yet"


def test_before_any_sample_there_is_no_latency() -> None:
    bare = msgspec.structs.replace(snapshot(SITE), latency=type(QUIET.latency)())
    assert chip_values(model_of(bare))["Frame to contact"] == "no sample"


def test_tiles_take_the_boxes_that_fit_the_picture() -> None:
    quiet = snapshot(SITE)
    picture, boxes = scenes.pictures(SITE, quiet)[:2]
    later = msgspec.structs.replace(boxes, time_s=START_S + 0.4)
    model = model_of(picture, boxes, later, quiet)
    tile = model.tiles(START_S)[0]
    assert tile.boxes is boxes
    assert model.tiles(START_S + 0.3)[0].boxes is boxes


def test_a_camera_that_lives_but_sends_no_picture_is_not_called_blind() -> None:
    tile = model_of(snapshot(SITE)).tiles(START_S)[0]
    assert tile.notice == "Alive; sends no picture"
    assert not tile.dim


def test_a_picture_that_stays_the_same_goes_stale_though_the_camera_lives() -> None:
    quiet = snapshot(SITE)
    model = model_of(*scenes.pictures(SITE, quiet), quiet)
    for i in range(1, 31):
        model.receive(msgspec.structs.replace(quiet, seq=100 + i, time_s=START_S + 0.1 * i), START_S + 0.1 * i)
    tile = model.tiles(START_S + 3.0)[0]
    assert tile.dim
    assert tile.notice == "NO PICTURE 3.0 s"


def test_every_transition_makes_a_line_in_both_languages() -> None:
    for language, event in itertools.product(("en", "ko"), ("raised", "escalated", "eased", "cleared")):
        moved = msgspec.structs.replace(scenes.RAISED, event=event)
        line = model_of(snapshot(SITE), moved, language=language).event()
        assert "H1 · P3" in line
