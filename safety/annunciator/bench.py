"""The self-test of a running annunciator: asked for over the bus, and given up at once for anything real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from calibration.annunciator import Annunciator
from calibration.errors import BadInput
from safety.annunciator.mixer import Mixer
from safety.annunciator.records import TEXT_MAX, SoundCheck
from safety.annunciator.self_test import open_ears, self_test
from safety.annunciator.sinks import sound_file
from safety.annunciator.speech import Speech
from safety.annunciator.tones import Samples


class GivingWay:
    """A mixer for a test that ends at once when something real is to be told; nothing it plays comes after that."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def rate_hz(self) -> int:
        return self._mixer.rate_hz

    @property
    def busy(self) -> bool:
        return self._mixer.busy

    def play(self, pieces: Iterator[Samples]) -> None:
        with self._lock:
            if not self._stopped:
                self._mixer.play(pieces)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True

    def stopped(self) -> bool:
        return self._stopped


class TestBench:
    """Runs one self-test at a time in a thread of its own; whatever is really to be told ends it."""

    __test__ = False  # no test of pytest

    def __init__(self, annunciator: Annunciator, mixer: Mixer, speech: Speech | None, folder: Path) -> None:
        self._annunciator, self._mixer, self._speech, self._folder = annunciator, mixer, speech, folder
        self._way: GivingWay | None = None
        self._thread: threading.Thread | None = None
        self.number = 0
        self.results: tuple[SoundCheck, ...] = ()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, hour: int) -> None:
        """Begin a test; while one runs, nothing happens."""
        if not self.running:
            self._way = GivingWay(self._mixer)
            self._thread = threading.Thread(target=self._run, args=(self._way, hour), name="self-test", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it now: it plays nothing any more. Does not wait."""
        if self._way is not None:
            self._way.stop()

    def _run(self, way: GivingWay, hour: int) -> None:
        results: list[SoundCheck] = []
        try:
            ears = open_ears(self._annunciator, sound_file(self._annunciator, self._folder))
            try:
                results += self_test(self._annunciator, way, ears, self._speech, hour, way.stopped)
            finally:
                ears.close()
        except BadInput as error:
            results = [SoundCheck(what="self-test", passed=False, text=str(error)[:TEXT_MAX])]
        # What was cut short says nothing, for or against.
        self.results = () if way.stopped() else tuple(results)
        self.number += 1
