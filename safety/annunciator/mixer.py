"""The player: what sounds now, sample by sample, and what replaces it at once.

A programme is an endless or ending row of pieces. The audio thread takes samples, any other thread may put another
programme in its place: the old one fades out within ``FADE_S``, without a click, and the new one begins.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Protocol

import numpy as np

from calibration.annunciator import Annunciator, Language
from safety.annunciator.choose import Call
from safety.annunciator.loudness import loudness, tone_loudness
from safety.annunciator.speech import Spoken
from safety.annunciator.tones import Samples, period

FADE_S = 0.01
TONE_S = 2.0
"""Tone before each sentence."""
PAUSE_S = 0.12
"""Silence before and after a sentence."""


class Sentences(Protocol):
    """Where spoken sentences come from."""

    def get(self, key: str, language: Language) -> Spoken | None: ...


def programme(call: Call, annunciator: Annunciator, hour: int, speech: Sentences | None) -> Iterator[Samples]:
    """The pieces that tell a call, each at its level; endless where the call lasts until it is replaced.

    Warning and danger: tone, one sentence, tone, the sentence in the next language, and so on. Caution: once. Fault:
    tone and sentences, then silence until it is repeated.
    """
    tone = period(call.tone, annunciator.rate_hz) * np.float32(tone_loudness(annunciator, hour, call.tone).gain)
    return _pieces(call, tone, annunciator, hour, speech)


def _pieces(
    call: Call, tone: Samples, annunciator: Annunciator, hour: int, speech: Sentences | None
) -> Iterator[Samples]:
    lasting = call.tone in ("warning", "danger")
    while True:
        samples = 0
        for piece in _round(call, tone, annunciator, hour, speech):
            samples += len(piece)
            yield piece
        if call.tone == "fault":
            yield _silence(annunciator.fault_repeat_s - samples / annunciator.rate_hz, annunciator.rate_hz)
        elif not lasting:
            return


def _round(
    call: Call, tone: Samples, annunciator: Annunciator, hour: int, speech: Sentences | None
) -> Iterator[Samples]:
    """Tone and sentences once through all languages; tone alone where nothing can be spoken."""
    pause = _silence(PAUSE_S, annunciator.rate_hz)
    periods = max(1, math.ceil(TONE_S * annunciator.rate_hz / len(tone)))
    spoken = False
    for language in annunciator.languages if speech is not None else ():
        words = speech.get(call.words, language) if speech is not None else None
        if words is None:
            continue
        if not spoken or call.tone in ("warning", "danger"):
            yield from repeat(tone, periods)
        spoken = True
        gain = loudness(annunciator, hour, words.level_db).gain
        yield from (pause, words.samples * np.float32(gain), pause)
    if not spoken:
        yield from repeat(tone, periods)


class Mixer:
    """Hands out samples of the programme that was asked for last.

    Args:
        rate_hz: samples a second.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.fault = ""
        """Why a programme broke off, from then on."""
        self._lock = threading.Lock()
        self._asked: tuple[Iterator[Samples] | None, Callable[[float], None] | None] | None = None
        self._pieces: Iterator[Samples] | None = None
        self._piece: Samples = np.zeros(0, np.float32)
        self._at = 0

    def play(self, pieces: Iterator[Samples] | None, on_start: Callable[[float], None] | None = None) -> None:
        """Put another programme, or silence, in place of what sounds now. From any thread.

        ``on_start`` is told, by the audio thread, when the first sample of the programme is heard.
        """
        with self._lock:
            self._asked = (pieces, on_start)

    @property
    def busy(self) -> bool:
        """Whether anything sounds, or is about to."""
        with self._lock:
            return self._pieces is not None or self._asked is not None

    def take(self, count: int, heard_s: float = 0.0) -> Samples:
        """The next ``count`` samples. ``heard_s`` is the monotonic time at which the first of them is heard."""
        with self._lock:
            asked, self._asked = self._asked, None
            if asked is None:
                return self._next(count)
            fade = min(count, round(FADE_S * self.rate_hz)) if self._pieces is not None else 0
            tail = self._next(fade) * np.linspace(1.0, 0.0, fade, dtype=np.float32)
            self._pieces, on_start = asked
            self._piece, self._at = np.zeros(0, np.float32), 0
            if on_start is not None:
                on_start(heard_s + fade / self.rate_hz)
            return np.concatenate([tail, self._next(count - fade)])

    def _next(self, count: int) -> Samples:
        out = np.zeros(count, np.float32)
        done = 0
        while done < count and self._pieces is not None:
            if self._at >= len(self._piece):
                following = self._following(self._pieces)
                if following is None:
                    self._pieces = None
                    break
                self._piece, self._at = following, 0
            here = min(count - done, len(self._piece) - self._at)
            out[done : done + here] = self._piece[self._at : self._at + here]
            done, self._at = done + here, self._at + here
        return out

    def _following(self, pieces: Iterator[Samples]) -> Samples | None:
        """The next piece. A programme that breaks ends here, with its fault told, and not the audio thread."""
        try:
            return next(pieces, None)
        except Exception as error:  # noqa: BLE001 - silence without a word is the one thing that must not come of it
            self.fault = f"what was to be told broke off ({type(error).__name__}: {error})"
            return None


def _silence(length_s: float, rate_hz: int) -> Samples:
    return np.zeros(max(1, round(length_s * rate_hz)), np.float32)
