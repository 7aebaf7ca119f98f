"""The annunciator's sound in figures: tones as measured on their samples, latency from decision to sound, silence.

The annunciator runs as a process on a real bus; its output is a file written at the pace of real time and, where
PulseAudio is installed, a sound device through PortAudio whose monitor is heard by this program.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from safety.annunciator.measure import measure
from safety.annunciator.tones import PATTERNS, burst
from safety.records import Level, Situation
from tests.safety.annunciator.hall import Hall
from tests.safety.annunciator.scenes import alarm
from tests.safety.annunciator.test_device import TABLE, SoundServer
from tests.safety.bus_helpers import process, wait_for

CHANGES, KILLS = 20, 5
RATE_HZ = 48_000
DANGER = alarm(Situation.STRUCK_BY, Level.DANGER, 1)
WARNING = alarm(Situation.SWING, Level.WARNING, 2)


def main() -> None:
    tones()
    row = "{:<44}{:>9}{:>9}{:>9}"
    print("\n" + row.format(f"seconds, {CHANGES} changes each", "median", "p95", "largest"))
    for name, times in (("to a file: decision to first sample", to_file()), *devices()):
        print(row.format(name, *(f"{v:.3f}" for v in figures(times))))
    times = silences()
    print(row.format(f"engine killed to fault tone, {KILLS} times", *(f"{v:.3f}" for v in figures(times))))


def figures(times: list[float]) -> tuple[float, float, float]:
    return statistics.median(times), float(np.percentile(times, 95)), max(times)


def tones() -> None:
    row = "{:<11}{:>16}{:>14}{:>10}{:>10}{:>12}{:>10}"
    print(row.format("tone", "fundamental Hz", "85 % below Hz", "in band", "pulses/s", "pulse s", "T3"))
    for tone, pattern in PATTERNS.items():
        found = measure(burst(tone, RATE_HZ, 6.0), RATE_HZ)
        low, high = pattern.fundamental_hz
        print(
            row.format(
                tone,
                f"{low:.0f}–{high:.0f}",
                f"{found.high_hz:.0f}",
                f"{found.in_band:.2%}",
                f"{found.pulse_hz:.2f}",
                f"{found.pulse_s:.2f}",
                "yes" if found.evacuation else "no",
            )
        )


def reported(hall: Hall, name: str) -> list[float]:
    """Changes between warning and danger; what the annunciator says of each: arrival to first sample heard."""
    engine = hall.engine()
    with process("-m", "tests.safety.annunciator.annunciator_process", hall.site_path, name):
        wait_for(lambda: (r := engine.report()) is not None and not r.fault, 20.0, "a report")
        times: list[float] = []
        for number in range(CHANGES):
            before = engine.report()
            engine.tell(DANGER if number % 2 else WARNING)
            wait_for(
                lambda before=before: (
                    (r := engine.report()) is not None
                    and r.latency_s is not None
                    and r.latency_s != (before.latency_s if before else None)
                ),
                3.0,
                "the report of the change",
            )
            report = engine.report()
            assert report is not None
            assert report.latency_s is not None
            times.append(report.latency_s)
            time.sleep(0.4)
    engine.close()
    return times


def to_file() -> list[float]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        return reported(Hall(Path(folder), stack, more="speech = false"), "south")


def devices() -> list[tuple[str, list[float]]]:
    if shutil.which("pulseaudio") is None:
        return []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = SoundServer(Path(folder) / "pulse")
        server.home.mkdir(mode=0o700)
        with environment(server):
            server.start()
            stack.callback(server.stop)
            (Path(folder) / "site").mkdir()
            hall = Hall(Path(folder) / "site", stack, more=TABLE)
            said = reported(hall, "device")
            return [
                ("to a device: decision to first sample, as told", said),
                ("the same, heard by its monitor", heard(hall)),
            ]


def heard(hall: Hall) -> list[float]:
    """From the decision to the first block of the monitor that is not silent, silence before it; with its own delay."""
    import sounddevice

    onset_s: list[float] = []
    quiet = threading.Event()

    def take(block: Any, count: int, _times: Any, _status: Any) -> None:
        loud = np.flatnonzero(np.abs(block[:, 0]) > 1e-3)
        if len(loud) == 0:
            quiet.set()
        elif quiet.is_set() and not onset_s:
            onset_s.append(time.monotonic() - (count - loud[0]) / RATE_HZ)

    engine = hall.engine()
    times = []
    with (
        process("-m", "tests.safety.annunciator.annunciator_process", hall.site_path, "device"),
        sounddevice.InputStream(samplerate=RATE_HZ, device="pulse", channels=1, blocksize=480, callback=take),
    ):
        wait_for(lambda: (r := engine.report()) is not None and not r.fault, 20.0, "a report")
        for _ in range(CHANGES):
            time.sleep(0.6)
            quiet.clear()
            wait_for(quiet.is_set, 5.0, "silence")
            onset_s.clear()
            told_s = engine.tell(DANGER)
            wait_for(lambda: bool(onset_s), 5.0, "the first sound")
            times.append(onset_s[0] - told_s)
            engine.tell()
    return times


def silences() -> list[float]:
    times = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        hall = Hall(Path(folder), stack, more="speech = false")
        for _ in range(KILLS):
            with process("-m", "tests.safety.mini_engine", hall.site_path) as engine:
                assert engine.stdout is not None
                engine.stdout.readline()
                child = hall.annunciator()
                time.sleep(1.5)
                engine.send_signal(signal.SIGKILL)
                gone_s = time.monotonic()
                wait_for(lambda: not hall.silent(0.1), 5.0, "the fault tone")
                times.append(time.monotonic() - gone_s)
                child.kill()
                child.wait()
    return times


@contextmanager
def environment(server: SoundServer) -> Iterator[None]:
    """This process's environment with a sound server's in it, for every process started within."""
    before = dict(os.environ)
    os.environ.update(server.environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    main()
