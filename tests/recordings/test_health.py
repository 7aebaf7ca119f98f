"""The system's own health: quantiles in little memory, what the supervisor tells, and the alarm of what is given up."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.live_health import HealthDesk
from safety.engine import Engine
from safety.health_records import PartsStatus, PartView
from safety.latency_bins import EDGES_S, WINDOW_S, Spreads
from safety.parts_file import FRESH_S, PARTS_FILE, PartsWriter, read_parts
from safety.proof_schedule import ProofSchedule
from safety.records import Level, Situation, Snapshot
from tests.worlds import bridge, hall

GIVEN_UP = PartView(part="gateway", state="given_up", event="ended with code 2; given up after 5 restarts in 60 s")


@given(st.lists(st.floats(0.006, 9.0), min_size=1, max_size=400))
def test_quantiles_are_those_of_numpy_to_within_a_bin(samples: list[float]) -> None:
    spreads = Spreads()
    for sample in samples:
        spreads.add(sample, 0.0)
    told = spreads.ways(0.0).start
    assert told.count == sum(told.bars) == len(samples)
    for share, value in ((50, told.p50_s), (95, told.p95_s), (99, told.p99_s)):
        assert value is not None
        low = np.percentile(samples, share, method="inverted_cdf")
        assert low / 1.045 <= value <= low * 1.045


def test_the_last_minute_forgets_and_the_whole_run_does_not() -> None:
    spreads = Spreads()
    for tick in range(1200):
        spreads.add(0.1 if tick < 600 else 0.2, 0.1 * tick)
    ways = spreads.ways(120.0)
    assert ways.start.count == 1200
    assert 590 <= ways.minute.count <= 610
    assert ways.minute.p50_s == pytest.approx(0.2, rel=0.05)
    assert ways.start.p50_s == pytest.approx(0.1, rel=0.05)
    assert spreads.ways(121.0 + WINDOW_S).minute.count == 0


def test_what_is_beyond_the_bars_and_what_is_no_time() -> None:
    spreads = Spreads()
    for sample in (0.0, 50.0, float("nan"), float("inf")):
        spreads.add(sample, 1.0)
    told = spreads.ways(1.0).minute
    assert (told.bars[0], told.bars[-1], told.count) == (1, 1, 2)
    assert len(told.bars) == len(EDGES_S) + 1


def test_the_supervisors_file_is_private_whole_and_grows_old(tmp_path: Path) -> None:
    path = tmp_path / PARTS_FILE
    assert read_parts(path) is None
    writer = PartsWriter(path)
    writer.write((GIVEN_UP,), 10.0)
    assert read_parts(path) == (GIVEN_UP,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == [PARTS_FILE]
    then_s = time.time() - FRESH_S - 1.0
    os.utime(path, (then_s, then_s))
    assert read_parts(path) is None, "whoever wrote it is gone"
    writer.write((GIVEN_UP,), 12.0)
    assert read_parts(path) == (GIVEN_UP,)
    path.write_bytes(b"[{}")
    assert read_parts(path) is None
    writer.close()
    assert not path.exists()
    writer.close()


def test_a_folder_that_cannot_be_written_holds_nothing_up(tmp_path: Path) -> None:
    PartsWriter(tmp_path / "none" / PARTS_FILE).write((GIVEN_UP,), 1.0)


def test_the_core_hears_of_parts_once_for_every_change(tmp_path: Path) -> None:
    desk = HealthDesk(tmp_path, ProofSchedule(()), (), 0.0, 1000.0)
    assert desk.parts_changed(1.0) is None
    writer = PartsWriter(tmp_path / PARTS_FILE)
    writer.write((GIVEN_UP,), 1.0)
    told = desk.parts_changed(2.0)
    assert told == PartsStatus(time_s=2.0, parts=(GIVEN_UP,))
    assert desk.parts_changed(3.0) is None
    assert desk.health(3.0).supervised
    assert desk.health(3.0).parts == (GIVEN_UP,)
    writer.close()
    assert desk.parts_changed(4.0) == PartsStatus(time_s=4.0), "a supervisor that ended has nothing given up"


def test_a_part_that_is_given_up_is_an_alarm_that_slows_nobody() -> None:
    engine, calm = (Engine(hall(cameras=0, hoists=[bridge()])) for _ in range(2))
    shots: list[Snapshot] = []
    for tick in range(1, 61):
        told = {10: (GIVEN_UP,), 40: ()}.get(tick)
        events = [] if told is None else [PartsStatus(time_s=tick / 10, parts=told)]
        shots.append(engine.step(tick / 10, events).snapshot)
        before = calm.step(tick / 10, []).snapshot.outputs
        assert {k: on for k, on in shots[-1].outputs.items() if before[k] != on and "/caution" not in k} == {}
    alarms = [a for a in shots[30].alarms if a.situation is Situation.PART_GIVEN_UP]
    assert [(a.level, a.source) for a in alarms] == [(Level.CAUTION, "gateway")]
    assert "given up after 5 restarts" in alarms[0].reason_en
    assert all(a.level is Level.CLEAR for a in shots[-1].alarms if a.situation is Situation.PART_GIVEN_UP)
