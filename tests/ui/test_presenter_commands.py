"""The presenter without a screen: commands, and what became of them."""

from __future__ import annotations

import msgspec
import pytest

from safety.records import Acknowledge, AlarmState, Refusal, Reset, Shelve
from tests.ui import scenes
from tests.ui.presenter import SITE, desk_of
from tests.ui.scenes import START_S, danger, snapshot
from ui.commands import CommandDesk


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
