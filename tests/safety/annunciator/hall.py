"""A small hall for tests: the engine's own bus in a thread, an annunciator as a process, its file as the ears."""

from __future__ import annotations

import subprocess
import threading
import time
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from calibration.site import Site
from safety.annunciator.measure import Measured, measure
from safety.annunciator.records import AnnunciatorStatus, SoundTest
from safety.bus import BusPorts, EngineBus
from safety.keys import make_keys
from safety.records import Alarm
from tests.safety.annunciator.scenes import RATE_HZ, snapshot
from tests.safety.bus_helpers import free_port, process, site_text, wait_for

TICK_S = 0.05
HEADER_BYTES = 44
TABLE = """
[[annunciator]]
name = "south"
output = "file"
rate_hz = 22050
full_scale_dba = 105.0
languages = ["ko", "en"]
fault_repeat_s = 5.0
{more}
"""


@dataclass
class Engine:
    """Publishes a snapshot each tick, as the live engine does. ``alarms`` may change at any time."""

    site: Site
    keys: Path
    alarms: tuple[Alarm, ...] = ()
    changed_s: float = 0.0
    received: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._pending: tuple[Alarm, ...] | None = None
        self._outbox: list[SoundTest] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._bus = EngineBus(self.site.bus, self.keys, lambda *_: None)
        self._thread.start()

    def tell(self, *alarms: Alarm) -> float:
        """Publish these alarms now; returns when they went out."""
        before = self.changed_s
        self._pending = alarms
        self._bus.wake()
        wait_for(lambda: self.changed_s > before, 2.0)
        return self.changed_s

    def send(self, message: SoundTest) -> None:
        """Hand a message to the annunciator that it names."""
        self._outbox.append(message)
        self._bus.wake()

    def report(self) -> AnnunciatorStatus | None:
        """The newest report of an annunciator."""
        return next((m for m in reversed(self.received) if isinstance(m, AnnunciatorStatus)), None)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._bus.close()

    def _run(self) -> None:
        seq = 0
        while not self._stop.is_set():
            self.received += [entry.message for entry in self._bus.receive(TICK_S)]
            while self._outbox:
                message = self._outbox.pop()
                assert self._bus.send("annunciator", message.annunciator, message)
            pending, self._pending = self._pending, None
            if pending is not None:
                self.alarms = pending
            seq += 1
            self._bus.publish(snapshot(*self.alarms, seq=seq, time_s=time.monotonic()))
            if pending is not None:
                self.changed_s = time.monotonic()


@dataclass
class Hall:
    """Site file and keys of a test, its engine and its annunciator."""

    folder: Path
    stack: ExitStack
    more: str = ""

    def __post_init__(self) -> None:
        ports = BusPorts(free_port(), free_port())
        self.site_path = self.folder / "site.toml"
        text = site_text(ports) + TABLE.format(more=self.more)
        self.site_path.write_text(text, encoding="utf-8")
        self.site = Site.model_validate(tomllib.loads(text))
        make_keys(self.folder / "keys", self.site)

    def engine(self) -> Engine:
        engine = Engine(self.site, self.folder / "keys")
        self.stack.callback(engine.close)
        return engine

    def annunciator(self) -> subprocess.Popen[str]:
        wav = self.folder / "south.wav"
        wav.unlink(missing_ok=True)
        child = self.stack.enter_context(
            process("-m", "tests.safety.annunciator.annunciator_process", self.site_path, "south")
        )
        wait_for(lambda: wav.exists() and wav.stat().st_size > HEADER_BYTES, 20.0, "the annunciator playing")
        return child

    def samples(self) -> np.ndarray:
        """Everything that was played so far; its end is now."""
        raw = (self.folder / "south.wav").read_bytes()[HEADER_BYTES:]
        return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / 32767.0

    def last(self, seconds: float) -> np.ndarray:
        return self.samples()[-round(seconds * RATE_HZ) :]

    def hears(self, seconds: float) -> Measured:
        return measure(self.last(seconds), RATE_HZ)

    def silent(self, seconds: float = 0.3) -> bool:
        return not np.abs(self.last(seconds)).max(initial=0.0) > 1e-3

    def pulses(self, rate_hz: float, seconds: float = 1.5) -> bool:
        """Whether that many pulses a second were heard of late."""
        return abs(self.hears(seconds).pulse_hz - rate_hz) < 0.15 * rate_hz
