"""The annunciator as a process on a real bus: what it plays, how soon, and what it does when the engine is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from safety.annunciator.measure import measure
from safety.annunciator.records import SoundTest
from safety.annunciator.service import play_tone
from safety.annunciator.tones import PATTERNS
from safety.records import AlarmState, Level, Situation
from tests.safety.annunciator.hall import Hall
from tests.safety.annunciator.scenes import RATE_HZ, alarm
from tests.safety.bus_helpers import ROOT, wait_for

DANGER = alarm(Situation.STRUCK_BY, Level.DANGER, 1)
WARNING = alarm(Situation.SWING, Level.WARNING, 2)
DECISION_TO_SOUND_S = 0.15
"""Bus, choice, one block of the file, and a busy test machine."""
SILENCE_TO_FAULT_S = 1.0


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def rate_of(tone: str) -> float:
    return PATTERNS[tone].rate_hz


def sounds_since(hall: Hall, seconds: float) -> float | None:
    """How long ago the first sound within the last ``seconds`` was."""
    loud = np.flatnonzero(np.abs(hall.last(seconds)) > 1e-3)
    return None if len(loud) == 0 else (min(len(hall.samples()), round(seconds * RATE_HZ)) - loud[0]) / RATE_HZ


def test_danger_warning_and_silence_follow_the_engine(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack, more='speech = false\n[annunciator.sign]\noutput = "file"\naddress = "sign.txt"')
    engine, child = hall.engine(), hall.annunciator()
    sign = tmp_path / "sign.txt"
    time.sleep(0.5)
    assert hall.silent()

    start_s = engine.tell(DANGER)
    wait_for(lambda: sounds_since(hall, 1.0) is not None, 2.0, "the first sound")
    # Heard at the latest so long after the decision; the file's own writing included.
    assert time.monotonic() - start_s < DECISION_TO_SOUND_S + 0.05
    wait_for(lambda: hall.pulses(rate_of("danger")), 4.0, "the danger tone")
    found = hall.hears(1.5)
    assert found.in_band > 0.99
    assert 105.0 + found.level_db == pytest.approx(95.0, abs=1.0)
    wait_for(lambda: "DANGER Load coming" in sign.read_text("utf-8"), 1.0, "the sign")

    engine.tell(WARNING)
    wait_for(lambda: hall.pulses(rate_of("warning")), 4.0, "the warning tone")
    engine.tell(WARNING, DANGER)
    wait_for(lambda: hall.pulses(rate_of("danger")), 4.0, "the danger tone again")

    end_s = engine.tell()
    wait_for(hall.silent, 2.0, "silence")
    assert time.monotonic() - end_s < 0.3 + DECISION_TO_SOUND_S + 0.05
    wait_for(lambda: not sign.read_text("utf-8").strip(), 1.0, "an empty sign")

    engine.tell(alarm(Situation.STRUCK_BY, Level.DANGER, state=AlarmState.SHELVED))
    time.sleep(0.4)
    assert hall.silent()
    child.send_signal(signal.SIGTERM)
    assert child.wait(5.0) == 0
    assert child.stderr is not None
    assert "danger: struck_by (a-1)" in child.stderr.read()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_an_engine_that_is_gone_is_told_by_the_fault_tone(
    stack: ExitStack, tmp_path: Path, how: signal.Signals
) -> None:
    from tests.safety.bus_helpers import process

    hall = Hall(tmp_path, stack, more="speech = false")
    engine = stack.enter_context(process("-m", "tests.safety.mini_engine", hall.site_path))
    assert engine.stdout is not None
    engine.stdout.readline()
    child = hall.annunciator()
    time.sleep(1.0)
    assert hall.silent()
    engine.send_signal(how)
    gone_s = time.monotonic()
    wait_for(lambda: not hall.silent(0.1), 3.0, "the fault tone")
    took_s = time.monotonic() - gone_s
    print(f"{how.name}: fault tone after {took_s * 1e3:.0f} ms")
    assert took_s < SILENCE_TO_FAULT_S
    wait_for(lambda: hall.pulses(rate_of("fault"), 3.4), 5.0, "the pulses of the fault tone")
    if how == signal.SIGSTOP:
        engine.send_signal(signal.SIGCONT)
    else:
        engine.wait()
        again = stack.enter_context(process("-m", "tests.safety.mini_engine", hall.site_path))
        assert again.stdout is not None
        again.stdout.readline()
    wait_for(lambda: hall.silent(2.0), 12.0, "silence with the engine back")
    child.terminate()
    assert child.wait(5.0) == 0


def test_words_follow_the_tone_and_stop_with_the_danger(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack)
    engine = hall.engine()
    hall.annunciator()
    wait_for(lambda: (tmp_path / "south.wav").stat().st_size > 2 * RATE_HZ * 2, 10.0)  # two seconds to prepare words
    engine.tell(DANGER)
    time.sleep(3.2)  # two seconds of tone, then the first sentence
    spoken = hall.last(0.6)
    power = np.square(np.abs(np.fft.rfft(spoken)))
    bins = np.fft.rfftfreq(len(spoken), 1 / RATE_HZ)
    assert power[(bins > 80) & (bins < 480)].sum() > 0.1 * power.sum()  # a voice: no tone has anything there
    end_s = engine.tell()
    wait_for(lambda: hall.silent(0.15), 2.0, "silence")
    assert time.monotonic() - end_s < 0.15 + DECISION_TO_SOUND_S + 0.05


def test_a_killed_annunciator_starts_again_into_the_danger(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack, more="speech = false")
    engine, child = hall.engine(), hall.annunciator()
    engine.tell(DANGER)
    wait_for(lambda: hall.pulses(rate_of("danger")), 5.0)
    child.kill()
    child.wait()
    hall.annunciator()
    wait_for(lambda: hall.pulses(rate_of("danger")), 8.0, "the danger tone of the new process")


# --- reports, and the self-test over the bus ---

ASK = SoundTest(time_s=0.0, by="kim@console-1", annunciator="south")


def test_it_reports_what_it_tells_how_soon_and_its_end(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack, more="speech = false")
    engine, child = hall.engine(), hall.annunciator()
    wait_for(lambda: (r := engine.report()) is not None and r.tone == "none" and not r.fault, 5.0, "a report")
    engine.tell(DANGER)
    wait_for(lambda: (r := engine.report()) is not None and r.latency_s is not None, 3.0, "the report of the danger")
    report = engine.report()
    assert report is not None
    assert (report.tone, report.words) == ("danger", "struck_by")
    assert 0.0 <= report.latency_s < DECISION_TO_SOUND_S
    child.terminate()
    child.wait(5.0)
    wait_for(lambda: (r := engine.report()) is not None and r.fault == "the annunciator was ended", 3.0, "its farewell")


def test_a_danger_ends_the_self_test_at_once(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack, more="speech = false")
    engine = hall.engine()
    hall.annunciator()
    wait_for(lambda: engine.report() is not None, 5.0, "a report")
    engine.send(ASK)
    time.sleep(1.0)
    assert not hall.silent(1.0)
    engine.tell(DANGER)
    wait_for(lambda: (r := engine.report()) is not None and r.tests == 1 and not r.testing, 2.0, "the end of the test")
    report = engine.report()
    assert report is not None
    assert report.test == ()
    time.sleep(1.6)
    assert hall.pulses(rate_of("danger"))
    engine.send(ASK)  # not while something is told
    time.sleep(0.5)
    assert (r := engine.report()) is not None
    assert not r.testing


# --- starting ---


def ends(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.safety.annunciator.annunciator_process", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_bad_input_ends_in_one_sentence(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack)
    ended = ends(hall.site_path, "north")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "site.toml: annunciator: no 'north', expected one of this file's: 'south'" in ended.stderr
    (tmp_path / "keys" / "annunciator-south.key").unlink()
    ended = ends(hall.site_path, "south")
    assert ended.returncode == 2
    assert "annunciator-south.key: no such key file" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_one_tone_can_be_played_alone_to_be_measured(stack: ExitStack, tmp_path: Path) -> None:
    hall = Hall(tmp_path, stack)
    play_tone(hall.site_path, "south", "warning", 2.0)
    found = measure(hall.samples(), RATE_HZ)
    assert found.pulse_hz == pytest.approx(rate_of("warning"), rel=0.02)
    assert 105.0 + found.level_db == pytest.approx(95.0, abs=0.5)
    with pytest.raises(BadInput, match="expected one of attention, warning, danger, fault"):
        play_tone(hall.site_path, "south", "foghorn", 1.0)


def test_it_needs_nothing_heavy() -> None:
    code = "import sys, safety.annunciator.service; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(ended.stdout.split()) & {"cv2", "torch", "ultralytics", "openvino", "matplotlib", "PyQt6", "scipy"}
