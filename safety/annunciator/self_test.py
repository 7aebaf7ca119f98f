"""The self-test: every tone and every voice is played, heard, and measured against what was asked.

What a microphone hears is measured in memory and dropped; nothing of it is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from calibration.annunciator import Annunciator, Language
from calibration.errors import BadInput
from safety.alarm_table import Tone
from safety.annunciator.loudness import Loudness, loudness, tone_loudness
from safety.annunciator.measure import Measured, Sound, filtered, level_db, measure, shares
from safety.annunciator.records import TEXT_MAX, SoundCheck
from safety.annunciator.sentences import NAMES, SELF_TEST
from safety.annunciator.sinks import HEADER_BYTES, portaudio, wait_played
from safety.annunciator.speech import Speech
from safety.annunciator.tones import PARTIALS, PATTERNS, Samples, burst

TONES: tuple[Tone, ...] = ("attention", "warning", "danger", "fault")
AT_LEAST_S = 2.0
"""A tone is played this long, and at least two periods of it."""
FREQUENCY_SHARE, PULSE_SHARE, LEVEL_DB, WORDS_DB = 0.04, 0.05, 3.0, 6.0
"""How far what is heard may be from what was asked."""
WITHIN, EACH = 0.8, 0.03
"""Share of the power that must be where the tone's partials are, and at each of them. A hall shifts power between
them as it likes, but adds none elsewhere."""
_AFTER_S = 0.4
"""How late the last of it may be heard: the delays of loudspeaker and microphone."""
_WORDS_WAIT_S = 20.0


class Ears(Protocol):
    """What hears the loudspeaker."""

    @property
    def full_scale_dba(self) -> float | None:
        """Level at the listening place that full scale stands for; None where nobody has measured it."""

    def begin(self) -> None:
        """Forget what was heard so far."""

    def heard(self) -> Sound:
        """All that was heard since ``begin``, (n,).

        Raises:
            BadInput: nothing can be heard.
        """

    def close(self) -> None: ...


class FileEars:
    """Reads what the file sink has written since it began to listen."""

    def __init__(self, path: Path, full_scale_dba: float | None) -> None:
        self._path = path
        self.full_scale_dba = 0.0 if full_scale_dba is None else full_scale_dba
        self._from = HEADER_BYTES

    def begin(self) -> None:
        self._from = max(HEADER_BYTES, self._path.stat().st_size if self._path.exists() else 0)

    def heard(self) -> Sound:
        try:
            with self._path.open("rb") as file:
                file.seek(self._from)
                raw = file.read()
        except OSError as error:
            raise BadInput(f"{self._path}: cannot be read ({error.strerror})") from None
        return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / np.float32(32768.0)

    def close(self) -> None:
        pass


class Microphone:
    """A sound device that listens: a microphone in the hall, or the monitor of a sound server.

    Raises:
        BadInput: it cannot be opened.
    """

    def __init__(self, device: str | int, rate_hz: int, full_scale_dba: float | None) -> None:
        self.full_scale_dba = full_scale_dba
        self._lock = threading.Lock()
        self._blocks: list[Samples] = []
        library = portaudio()
        try:
            self._stream = library.InputStream(
                samplerate=rate_hz, device=device, channels=1, dtype="float32", callback=self._take
            )
            self._stream.start()
        except (library.PortAudioError, ValueError) as error:
            raise BadInput(f"microphone {device!r} cannot be opened: {str(error).splitlines()[0]}") from None

    def begin(self) -> None:
        with self._lock:
            self._blocks.clear()

    def heard(self) -> Sound:
        with self._lock:
            return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)

    def close(self) -> None:
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _take(self, block: Any, _count: int, _times: Any, _status: Any) -> None:
        with self._lock:
            self._blocks.append(np.array(block[:, 0]))


class Player(Protocol):
    """What plays: a mixer, or one that gives way."""

    @property
    def rate_hz(self) -> int: ...
    @property
    def busy(self) -> bool: ...
    def play(self, pieces: Iterator[Samples]) -> None: ...


def open_ears(annunciator: Annunciator, played: Path) -> Ears:
    """What hears this annunciator: the file of output ``file``, else its microphone.

    Raises:
        BadInput: there is none, or it cannot be opened.
    """
    if annunciator.output == "file":
        return FileEars(played, annunciator.full_scale_dba)
    if annunciator.microphone is None:
        raise BadInput("microphone is not given, so nothing hears what is played, expected a sound device that does")
    return Microphone(annunciator.microphone, annunciator.rate_hz, annunciator.microphone_full_scale_dba)


def self_test(
    annunciator: Annunciator,
    mixer: Player,
    ears: Ears,
    speech: Speech | None,
    hour: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[SoundCheck]:
    """Play and measure everything, words first, so that people know that it is a test. One result after the other.

    Args:
        annunciator: its table of the site file.
        mixer: what plays; nothing else may be playing.
        ears: what hears it.
        speech: spoken sentences, or None.
        hour: of the day, 0 to 23, for the level.
        stopped: asked often; where it is true, the test ends without further results.
    """
    if speech is not None:
        speech.wait(_WORDS_WAIT_S)
        for language in annunciator.languages:
            spoken = _words(annunciator, mixer, ears, (speech, language, hour), stopped)
            if stopped():
                return
            yield spoken
    for tone in TONES:
        asked = burst(tone, annunciator.rate_hz, max(AT_LEAST_S, 2.0 * PATTERNS[tone].period_s))
        wanted = tone_loudness(annunciator, hour, tone)
        heard = _play(asked * np.float32(wanted.gain), mixer, ears, stopped)
        if stopped():
            return
        clear = filtered(heard, annunciator.rate_hz)
        found = measure(clear, annunciator.rate_hz)
        flaws = _flaws(found, measure(asked, annunciator.rate_hz), wanted, ears, annunciator)
        flaws += _off_key(shares(clear, annunciator.rate_hz, _bands(tone)), tone) if found.pulse_hz else []
        yield SoundCheck(what=tone, passed=not flaws, text="; ".join(flaws)[:TEXT_MAX] or _told(found, ears))


def _words(
    annunciator: Annunciator,
    mixer: Player,
    ears: Ears,
    said: tuple[Speech, Language, int],
    stopped: Callable[[], bool],
) -> SoundCheck:
    speech, language, hour = said
    words = speech.get(SELF_TEST, language)
    what = f"words in {NAMES[language]}"
    if words is None:
        why = next((fault for fault in speech.faults if fault.startswith(f"{SELF_TEST}.{language}")), "not made yet")
        return SoundCheck(what=what, passed=False, text=why[:TEXT_MAX])
    gain = loudness(annunciator, hour, words.level_db).gain
    heard = _play(words.samples * np.float32(gain), mixer, ears, stopped)
    loud = np.flatnonzero(np.abs(heard) > 0.05 * np.abs(heard).max(initial=0.0))
    if len(loud) == 0 or np.abs(heard).max() < 1e-4:
        return SoundCheck(what=what, passed=False, text="nothing was heard")
    level = level_db(heard[loud[0] : loud[-1] + 1], annunciator.rate_hz)
    wanted = words.level_db + 20.0 * float(np.log10(gain))
    off_db = level + _offset_db(ears, annunciator) - wanted
    passed = ears.full_scale_dba is None or abs(off_db) <= WORDS_DB
    return SoundCheck(what=what, passed=passed, text="heard" if passed else f"{off_db:+.0f} dB from what was asked")


def _play(sound: Samples, mixer: Player, ears: Ears, stopped: Callable[[], bool]) -> Sound:
    """Play one piece to its end and return what was heard of it."""
    ears.begin()
    mixer.play(iter([sound]))
    wait_played(lambda: mixer.busy, len(sound) / mixer.rate_hz + 5.0, _AFTER_S, stopped)
    return ears.heard()


def _flaws(found: Measured, asked: Measured, wanted: Loudness, ears: Ears, annunciator: Annunciator) -> list[str]:
    """What is wrong with a tone as it was heard, a few words each."""
    if found.pulse_hz == 0.0:
        return ["nothing was heard, or no pulses"]
    flaws = []
    if abs(found.pulse_hz / asked.pulse_hz - 1.0) > PULSE_SHARE:
        flaws.append(f"{found.pulse_hz:.2f} pulses a second, asked {asked.pulse_hz:.2f}")
    if found.evacuation:
        flaws.append("it is the evacuation pattern of ISO 8201")
    if ears.full_scale_dba is not None:
        expected = asked.level_db + 20.0 * float(np.log10(wanted.gain))
        off_db = found.level_db + _offset_db(ears, annunciator) - expected
        if abs(off_db) > LEVEL_DB:
            flaws.append(f"{off_db:+.1f} dB from the level that was asked")
    return flaws


def _bands(tone: Tone) -> tuple[tuple[float, float], ...]:
    """Where each partial of each note of a tone may be heard."""
    return tuple(
        (
            min(glide.from_hz, glide.to_hz) * multiple * (1.0 - FREQUENCY_SHARE),
            max(glide.from_hz, glide.to_hz) * multiple * (1.0 + FREQUENCY_SHARE),
        )
        for glide in PATTERNS[tone].pulse
        for multiple, _ in PARTIALS
    )


def _off_key(heard: tuple[float, ...], tone: Tone) -> list[str]:
    """What is wrong with the frequencies; ``heard`` is the share of the power in each band."""
    missing = [band for band, share in zip(_bands(tone), heard, strict=True) if share < EACH]
    if missing:
        return [f"nothing between {low:.0f} and {high:.0f} Hz" for low, high in missing]
    return [f"{1.0 - sum(heard):.0%} of it is at other frequencies than asked"] if sum(heard) < WITHIN else []


def _offset_db(ears: Ears, annunciator: Annunciator) -> float:
    """From the scale of the ears to that of the loudspeaker."""
    return (ears.full_scale_dba or 0.0) - (annunciator.full_scale_dba or 0.0)


def _told(found: Measured, ears: Ears) -> str:
    level = "level not judged" if ears.full_scale_dba is None else f"{found.level_db + ears.full_scale_dba:.1f} dB(A)"
    if ears.full_scale_dba == 0.0:
        level = f"{found.level_db:.1f} dB of full scale"
    return f"{found.low_hz:.0f} to {found.high_hz:.0f} Hz, {found.pulse_hz:.2f} pulses a second, {level}"
