"""The presenter without a screen: freshness, headline, order of alarms."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.freshness import EngineWatch
from safety.records import AlarmState, Level, Situation, Snapshot
from tests.ui import scenes
from tests.ui.presenter import SITE, model_of
from tests.ui.scenes import START_S, danger, snapshot
from ui.alarm_rows import alarm_order, alarm_rows
from ui.calm import Calm

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
    several = msgspec.structs.replace(scenes.BLIND, id="a-9", source="cam1, cam2, cam3", level=Level.WARNING)
    both = model_of(snapshot(SITE, level=Level.WARNING, alarms=(several, *more))).headline(START_S)
    assert both.blind == "cam1, cam2, cam3 +2", "each is named once"


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
