"""The self-test finds what is wrong with a loudspeaker, and passes one that is not, in a noisy hall too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from safety.annunciator.measure import filtered
from safety.annunciator.mixer import Mixer
from safety.annunciator.records import SoundCheck
from safety.annunciator.self_test import TONES, self_test
from safety.annunciator.tones import period
from tests.safety.annunciator.scenes import RATE_HZ, speaker

Room = Callable[[np.ndarray], np.ndarray]


class QuickEars:
    """Pulls the mixer as fast as it goes, and hears it through a room; a quarter second of that between pieces."""

    full_scale_dba: float | None = 105.0

    def __init__(self, mixer: Mixer, room: Room) -> None:
        self._mixer, self._room = mixer, room
        self._blocks: list[np.ndarray] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def begin(self) -> None:
        self._blocks.clear()

    def heard(self) -> np.ndarray:
        quiet = np.zeros(RATE_HZ // 4, np.float32)
        return self._room(np.concatenate([quiet, *self._blocks, quiet]))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._mixer.busy:
                self._blocks.append(self._mixer.take(RATE_HZ // 100))
            else:
                time.sleep(0.001)


@contextmanager
def ears_in(room: Room, mixer: Mixer) -> Iterator[QuickEars]:
    ears = QuickEars(mixer, room)
    try:
        yield ears
    finally:
        ears.close()


def results(room: Room, **other: object) -> dict[str, SoundCheck]:
    one = speaker(**({"full_scale_dba": 105.0, "ambient_dba": [75.0], "speech": False} | other))
    mixer = Mixer(RATE_HZ)
    with ears_in(room, mixer) as ears:
        return {check.what: check for check in self_test(one, mixer, ears, None, 12)}


def as_it_is(sound: np.ndarray) -> np.ndarray:
    return sound


def noisy(sound: np.ndarray) -> np.ndarray:
    """A hall 15 dB(A) softer than the signal, most of it rumble, and an echo."""
    rng = np.random.default_rng(3)
    spectrum = np.fft.rfft(rng.normal(0.0, 1.0, len(sound)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, len(sound))
    echo = np.zeros_like(sound)
    late = RATE_HZ // 20
    echo[late:] = 0.2 * sound[:-late]
    return sound + echo + 0.02 * noise / noise.std()


def test_a_good_loudspeaker_passes() -> None:
    found = results(as_it_is)
    assert set(found) == set(TONES)
    assert all(check.passed for check in found.values()), found
    assert found["warning"].text == "998 to 1500 Hz, 2.00 pulses a second, 90.1 dB(A)"


def test_a_noisy_hall_with_an_echo_does_not_fail_it() -> None:
    found = results(noisy)
    assert all(check.passed for check in found.values()), found


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (lambda sound: 0.4 * sound, "dB from the level that was asked"),
        (lambda sound: 0.0 * sound, "nothing was heard"),
        (lambda sound: sound[::2], "pulses a second, asked"),
        (lambda sound: filtered(sound, RATE_HZ, 300.0, 900.0), "nothing between"),  # a torn cone
        (lambda sound: np.full(RATE_HZ * 4, 0.1), "nothing was heard"),
    ],
)
def test_a_bad_one_fails_and_says_how(room: Room, said: str) -> None:
    found = results(room)
    assert not any(check.passed for check in found.values() if said in check.text)
    assert [check.what for check in found.values() if said in check.text], found
    assert not found["danger"].passed


def test_another_tone_in_its_place_is_found() -> None:
    """As if somebody had wired a horn of their own to it."""
    horn = np.tile(period("attention", RATE_HZ), 4)
    found = results(lambda sound: horn)
    assert found["attention"].text.endswith("from the level that was asked")
    assert not found["warning"].passed
    assert not found["danger"].passed
    assert not found["fault"].passed


def test_it_ends_at_once_when_it_is_told_to() -> None:
    mixer = Mixer(RATE_HZ)  # nobody pulls: without being told, it would wait for the end of the tone
    with ears_in(as_it_is, Mixer(RATE_HZ)) as ears:
        start_s = time.monotonic()
        assert list(self_test(speaker(speech=False), mixer, ears, None, 12, lambda: True)) == []
        assert time.monotonic() - start_s < 0.5
