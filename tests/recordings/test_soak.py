"""What a long run is judged by and kept in: the judging is a function of what was sampled."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import BadInput
from recordings.soak.contact_watch import WAIT_S, Told, denied_since, heard_enough, opening
from recordings.soak.folder import SAMPLES, SoakFolder, read_run
from recordings.soak.judge import Line, growth, judge, passed, slope
from recordings.soak.process_meter import ProcessMeter
from recordings.soak.records import Kept, Look, Opening, Permits, ProcessUse, Sample
from recordings.soak.report import page, verdict, write_soak_report

KEPT = Kept(
    minutes=10.0,
    rate_hz=10.0,
    detector_px=320,
    brought={"cam1": 1.0, "cam2": 0.8},
    parts=("engine",),
    machine="a machine",
    period_s=5.0,
    warm_up_s=100.0,
    begun_wall_s=1.7e9,
    ended="in full",
)


def sample(time_s: float, **changes: object) -> Sample:
    use = ProcessUse(memory_bytes=200 << 20, threads=20, handles=60, cpu_s=time_s * 0.5)
    looks = {name: Look(received_hz=10.0, looked_hz=9.8, alive=True) for name in ("cam1", "cam2")}
    whole = Sample(
        time_s=time_s,
        load=1.0,
        processes={"engine": use},
        permits=Permits(accepted=10 * round(time_s) + 1, margin_s=0.15),
        p50_s=0.06,
        p99_s=0.1,
        pictures=2400,
        looks=looks,
        resets=1,
    )
    return msgspec.structs.replace(whole, **changes)


def used(time_s: float, **changes: int) -> Sample:
    whole = sample(time_s)
    return msgspec.structs.replace(
        whole, processes={"engine": msgspec.structs.replace(whole.processes["engine"], **changes)}
    )


STEADY = [sample(5.0 * n) for n in range(121)]


def verdicts(kept: Kept, samples: list[Sample]) -> dict[str, str]:
    return {line.what: line.verdict for line in judge(kept, samples)}


# --- judging ----------------------------------------------------------------------------------------------------------


def test_a_steady_run_passes() -> None:
    assert passed(judge(KEPT, STEADY)), judge(KEPT, STEADY)


def test_one_thread_more_is_growth_and_one_for_a_moment_is_not() -> None:
    grown = [used(s.time_s, threads=20 + (s.time_s > 400.0)) for s in STEADY]
    moment = [used(s.time_s, threads=20 + 9 * (s.time_s % 50.0 == 0.0)) for s in STEADY]
    assert verdicts(KEPT, grown)["engine: threads"] == "failed"
    assert verdicts(KEPT, moment)["engine: threads"] == "passed"


def test_what_grows_in_warm_up_alone_passes() -> None:
    samples = [used(s.time_s, memory_bytes=(100 << 20) + int(min(s.time_s, 100.0) * 1e6)) for s in STEADY]
    assert verdicts(KEPT, samples)["engine: memory"] == "passed"
    assert verdicts(msgspec.structs.replace(KEPT, warm_up_s=0.0), samples)["engine: memory"] == "failed"


@given(st.floats(-0.3, 0.3), st.integers(0, 2**32 - 1))
def test_growth_is_what_was_put_in(share: float, seed: int) -> None:
    """A straight course of that growth from end to end shows four fifths of it, through noise of half a per cent."""
    times = np.arange(0.0, 3600.0, 5.0)
    noise = 1.0 + 0.005 * np.random.default_rng(seed).standard_normal(len(times))
    found = growth(times.tolist(), (100.0 * (1.0 + share * times / times[-1]) * noise).tolist())
    assert found is not None
    middle_first, middle_last = 1.0 + 0.1 * share, 1.0 + 0.9 * share
    assert found.share == pytest.approx(middle_last / middle_first - 1.0, abs=0.004)
    assert found.slope * times[-1] == pytest.approx(100.0 * share, abs=0.5)


@given(st.floats(-5.0, 5.0), st.integers(3, 400))
def test_the_slope_passes_over_a_fifth_of_wild_values(rate: float, count: int) -> None:
    times = np.arange(count, dtype=float)
    values = 50.0 + rate * times
    values[:: max(5, count // 5)] += 1e6
    assert slope(times.tolist(), values.tolist()) == pytest.approx(rate, abs=0.5 + 1e-6) or count < 10


def test_permits_that_lapsed_fail_and_those_refused_are_told() -> None:
    lapsed = [*STEADY, sample(605.0, permits=Permits(accepted=9000, refused=2, lapsed=1, margin_s=0.01))]
    lines = {line.what: line for line in judge(KEPT, lapsed)}
    assert lines["permits missed"].verdict == "failed"
    assert lines["permits missed"].figures.startswith("1 missed, 2 late or refused, of 9002")


def test_an_opening_that_nobody_decided_fails() -> None:
    wrong = msgspec.structs.replace(KEPT, openings=(Opening(time_s=60.0, cause="decided"),))
    assert verdicts(wrong, STEADY)["contact opened unasked"] == "passed"
    wrong = msgspec.structs.replace(wrong, openings=(*wrong.openings, Opening(time_s=90.0, cause="unknown")))
    assert verdicts(wrong, STEADY)["contact opened unasked"] == "failed"
    stuck = msgspec.structs.replace(KEPT, closed_though_denied=1)
    assert verdicts(stuck, STEADY)["contact open when denied"] == "failed"


def test_p99_may_rise_to_one_and_a_half_times_its_start() -> None:
    for times, expected in ((1.45, "passed"), (1.6, "failed")):
        samples = [sample(s.time_s, p99_s=0.1 * (1.0 + (times - 1.0) * (s.time_s > 450.0))) for s in STEADY]
        assert verdicts(KEPT, samples)["picture to permit, p99"] == expected


def test_a_machine_that_is_too_slow_is_told_and_not_hidden() -> None:
    few = {name: Look(received_hz=10.0, looked_hz=6.0, alive=True) for name in ("cam1", "cam2")}
    lines = judge(KEPT, [sample(s.time_s, looks=few) for s in STEADY])
    (line,) = [line for line in lines if line.what == "pictures looked at"]
    assert line.verdict == "failed"
    assert "60 %, 12.0 of 20.0 a second: this machine is too slow" in line.figures
    silent = {"cam1": few["cam1"], "cam2": Look(received_hz=0.0, looked_hz=0.0, alive=False)}
    lines = judge(KEPT, [sample(s.time_s, looks=silent) for s in STEADY])
    assert {line.what: line.verdict for line in lines}["cameras bring 10 pictures a second"] == "failed"


def test_a_run_that_was_cut_short_is_not_shown_and_one_that_broke_fails() -> None:
    for ended, expected in (("", "untested"), ("interrupted", "untested"), ("engine ended with code 1", "failed")):
        kept = msgspec.structs.replace(KEPT, ended=ended)
        assert verdicts(kept, STEADY)["run"] == expected
        assert not passed(judge(kept, STEADY))
    few = judge(KEPT, STEADY[:22])
    assert "engine: memory" in verdict(few)
    assert not passed(few)
    assert not passed(judge(KEPT, []))


# --- why a contact opened ---------------------------------------------------------------------------------------------


def told(*permits: bool, lapsed: int = 0, fault: str = "") -> list[Told]:
    """Ten a second up to 10 s; the counts are those of the last."""
    at = [10.0 - 0.1 * (len(permits) - n) for n in range(len(permits))]
    return [
        Told(t, permit, lapsed if n == len(permits) - 1 else 0, fault)
        for n, (t, permit) in enumerate(zip(at, permits, strict=True))
    ]


def test_an_opening_is_explained_by_what_the_engine_told_around_it() -> None:
    assert opening(9.9, told(True, True, False, False)).cause == "decided"
    assert opening(9.9, told(True, True, True, True)).cause == "unknown"
    assert opening(9.9, told(True, True, True, False, lapsed=1)).cause == "lapsed"
    assert opening(9.9, told(True, True, fault="no answer")).detail == "no answer"
    assert opening(4.0, told(True, False)).detail == "the engine was silent"
    assert opening(9.9, told(False), zero_s=4.9).time_s == pytest.approx(5.0)


def test_an_opening_is_judged_once_the_engine_was_heard_after_it() -> None:
    """Told late is not untold: a busy machine brings snapshots seconds after their time."""
    assert not heard_enough(9.9, told(True, True), now_s=12.0)
    assert heard_enough(9.0, told(True, True), now_s=10.0)
    assert heard_enough(9.9, told(True, True), now_s=9.9 + WAIT_S + 0.1)


def test_a_denial_counts_from_its_first_tick() -> None:
    assert denied_since(told(False, True, False, False)) == pytest.approx(9.8)
    assert denied_since(told(False, True)) is None
    assert denied_since([]) is None


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_run_is_kept_sample_by_sample_and_read_however_it_ended(tmp_path: Path) -> None:
    folder = SoakFolder(tmp_path / "run")
    folder.keep(KEPT)
    for one in STEADY[:3]:
        folder.add(one)
    assert read_run(tmp_path / "run") == (KEPT, STEADY[:3])
    with (tmp_path / "run" / SAMPLES).open("ab") as stream:
        stream.write(b'{"time_s": 3')  # killed while writing
    assert read_run(tmp_path / "run") == (KEPT, STEADY[:3])
    folder.close()
    with pytest.raises(BadInput, match="holds a run already"):
        SoakFolder(tmp_path / "run")
    with pytest.raises(BadInput, match="expected a run's folder"):
        read_run(tmp_path)


def test_the_report_has_every_line_and_a_picture(tmp_path: Path) -> None:
    lines = judge(KEPT, STEADY)
    path = write_soak_report(tmp_path, KEPT, STEADY, lines)
    text = path.read_text(encoding="utf-8")
    assert all(line.what in text and line.figures in text for line in lines)
    assert "**passed**" in text
    assert (tmp_path / "courses.png").read_bytes().startswith(b"\x89PNG")
    assert "FAILED" in page(KEPT, [], (Line("run", "failed", "broke"),))


def test_a_process_is_measured_and_one_that_is_gone_gives_nothing() -> None:
    meter = ProcessMeter({"self": os.getpid()})
    before = meter.look()["self"]
    ends = [os.pipe() for _ in range(5)]
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    after = meter.look()["self"]
    stop.set()
    thread.join()
    for end in ends:
        os.close(end[0])
        os.close(end[1])
    assert after.handles == before.handles + 10
    assert after.threads == before.threads + 1
    assert after.memory_bytes > 1 << 20
