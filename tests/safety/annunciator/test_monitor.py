"""The engine's side: an annunciator that is gone or unwell is an alarm, and stops no hoist."""

from __future__ import annotations

import msgspec

from safety.annunciator.monitor import GRACE_S, SILENCE_S, AnnunciatorMonitor
from safety.annunciator.records import TEXT_MAX, AnnunciatorStatus, SoundCheck
from safety.bus_wire import decode_from_peer, encode
from safety.engine import Engine, Step
from safety.records import Level, Situation
from tests.safety.annunciator.scenes import site, speaker

WELL = AnnunciatorStatus(annunciator="south", boot="b", seq=1, tone="none", words="")
GOOD = SoundCheck(what="danger", passed=True, text="")
BAD = SoundCheck(what="danger", passed=False, text="nothing was heard")


def status(seq: int, **other: object) -> AnnunciatorStatus:
    return msgspec.structs.replace(WELL, seq=seq, **other)


def monitor() -> AnnunciatorMonitor:
    return AnnunciatorMonitor([speaker()], 0.0)


def test_it_must_report_and_go_on_reporting() -> None:
    watch = monitor()
    assert watch.faults(GRACE_S) == {}
    assert watch.faults(GRACE_S + 0.1) == {"south": "has not reported yet"}
    assert not watch.views(11.0)[0].connected
    assert watch.observe(status(1), 20.0)
    assert watch.faults(20.0 + SILENCE_S) == {}
    assert watch.views(20.5)[0].connected
    assert watch.faults(20.1 + SILENCE_S) == {"south": "does not report"}


def test_old_and_strange_reports_do_not_count() -> None:
    watch = monitor()
    assert not watch.observe(msgspec.structs.replace(WELL, annunciator="attic"), 1.0)
    assert watch.observe(status(7), 1.0)
    assert not watch.observe(status(7), 2.0)
    assert not watch.observe(status(3), 2.0)
    assert watch.observe(status(1, boot="c"), 2.0)


def test_its_own_fault_and_a_failed_test_are_told_and_a_good_one_mends_it() -> None:
    watch = monitor()
    watch.observe(status(1, fault="sound device 'x' cannot be opened"), 1.0)
    assert watch.faults(1.0) == {"south": "sound device 'x' cannot be opened"}
    watch.observe(status(2, tests=1, test=(GOOD, BAD)), 2.0)
    assert watch.faults(2.0) == {"south": "failed its self-test: danger"}
    assert watch.views(2.5)[0].tested_s == 2.0
    watch.observe(status(3, tests=1, test=(GOOD, BAD)), 3.0)
    assert watch.views(3.5)[0].tested_s == 2.0
    watch.observe(status(4, tests=2, test=(GOOD,)), 4.0)
    assert watch.faults(4.0) == {}
    assert watch.views(4.5)[0].tested_s == 4.0


def steps(*, watched: bool) -> list[Step]:
    """Eight seconds with an annunciator that reports for two."""
    engine = Engine(site(speaker()).model_copy(update={"relay": (), "hoist": ()}), watch_relays=watched)
    return [engine.step(tick / 10, [status(tick)] if tick <= 20 else []) for tick in range(1, 81)]


def test_the_engine_raises_a_caution_that_slows_nobody() -> None:
    run = steps(watched=True)
    raised = [t for step in run for t in step.transitions if t.situation is Situation.ANNUNCIATOR_FAULT]
    assert [(t.event, t.level, t.source) for t in raised] == [("raised", Level.CAUTION, "south")]
    assert 2.0 + SILENCE_S < raised[0].time_s < 2.0 + SILENCE_S + 1.0
    last = run[-1].snapshot
    alarm = next(a for a in last.alarms if a.situation is Situation.ANNUNCIATOR_FAULT)
    assert alarm.reason_en == "Annunciator south: does not report"
    assert alarm.reason_ko == "경보기 south: 보고가 없음"
    assert not last.annunciators[0].connected
    assert run[10].snapshot.annunciators[0].connected
    assert last.outputs["hall/warning"] is False


def test_recordings_made_without_any_expect_none() -> None:
    run = steps(watched=False)
    assert not any(t.situation is Situation.ANNUNCIATOR_FAULT for step in run for t in step.transitions)
    assert run[-1].snapshot.annunciators == ()


def test_a_report_that_is_too_long_is_no_report() -> None:
    """It would go out again with every snapshot."""
    assert decode_from_peer(encode(status(1, fault="x" * TEXT_MAX))) is not None
    assert decode_from_peer(encode(status(1, fault="x" * (TEXT_MAX + 1)))) is None
    assert decode_from_peer(encode(status(1, test=(GOOD,) * 33))) is None
    assert decode_from_peer(encode(status(1, latency_s=float("nan")))) is None
