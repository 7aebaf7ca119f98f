"""Spoken sentences as samples: recorded files first, else the voice of espeak-ng. Made before they are needed."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import threading
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from calibration.annunciator import Annunciator, Language
from calibration.errors import BadInput, HoistwatchError
from safety.annunciator.measure import level_db
from safety.annunciator.sentences import NAMES, sentences
from safety.annunciator.tones import EDGE_S, Samples

ESPEAK = "espeak-ng"
VOICES: Mapping[Language, str] = {
    "ko": "ko",
    "en": "en-gb",
    "vi": "vi",
    # Its voice "cmn" reads the pinyin of each character as if it were English.
    "zh": "cmn-latn-pinyin",
    "ne": "ne",
    "uz": "uz",
}
"""Language to the voice of espeak-ng 1.51 that speaks it. None for Thai: that voice, in every version so far, has
neither words nor tones and leaves out vowels. Whoever wants it all the same names it in ``voices``."""
CLIP = 2.5
"""Speech is driven this far into a soft limit: loud and still clear, as in every public address."""
_TIMEOUT_S = 10.0
_QUIET = 0.02


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence: samples with peak 1, and its A-weighted level relative to a 1 kHz sine at full scale."""

    samples: Samples
    level_db: float


class SpeechFault(HoistwatchError):
    """A sentence could not be spoken; the text says why."""


class Speech:
    """All sentences of one annunciator, prepared in a thread of its own, the most urgent first.

    Args:
        annunciator: its table of the site file.
        folder: where ``recordings`` lies, that of the site file.
    """

    def __init__(self, annunciator: Annunciator, folder: Path) -> None:
        self._annunciator, self._folder = annunciator, folder
        self._ready: dict[tuple[str, Language], Spoken] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._prepare, name="speech", daemon=True)
        self.faults: tuple[str, ...] = ()
        """What could not be spoken, a sentence each; complete once ``finished``."""

    def start(self) -> None:
        self._thread.start()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def get(self, key: str, language: Language) -> Spoken | None:
        """A sentence, or None where it is not (yet) there. Never waits."""
        return self._ready.get((key, language))

    def wait(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return self.finished

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_TIMEOUT_S)

    def _prepare(self) -> None:
        for key in sentences():
            for language in self._annunciator.languages:
                if self._stop.is_set():
                    return
                try:
                    self._ready[key, language] = sentence(key, language, self._annunciator, self._folder)
                except (SpeechFault, BadInput) as error:
                    self.faults = (*self.faults, f"{key}.{language}: {error}")


def sentence(key: str, language: Language, annunciator: Annunciator, folder: Path) -> Spoken:
    """One sentence at the annunciator's rate.

    Raises:
        BadInput: a recorded file cannot be used.
        SpeechFault: no recorded file, and no voice that can speak it.
    """
    recorded = recording_of(key, language, annunciator, folder)
    if recorded is not None:
        samples, rate_hz = read_wav(recorded)
    else:
        voice = voice_of(language, annunciator)
        if voice is None:
            raise SpeechFault(f"{NAMES[language]} has no usable voice of {ESPEAK}, and no recorded file")
        samples, rate_hz = speak(sentences()[key][language], voice, annunciator.words_per_minute)
    made = loud(resampled(samples, rate_hz, annunciator.rate_hz), annunciator.rate_hz)
    return Spoken(made, level_db(made, annunciator.rate_hz))


def recording_of(key: str, language: Language, annunciator: Annunciator, folder: Path) -> Path | None:
    """The recorded file of a sentence, where there is one."""
    if annunciator.recordings is None:
        return None
    path = folder / annunciator.recordings / f"{key}.{language}.wav"
    return path if path.exists() else None


def voice_of(language: Language, annunciator: Annunciator) -> str | None:
    return annunciator.voices.get(language) or VOICES.get(language)


def speech_problems(annunciator: Annunciator, folder: Path, voices: Callable[[], frozenset[str]]) -> list[str]:
    """What of this site's speech is missing, a sentence each.

    Args:
        annunciator: its table of the site file.
        folder: that of the site file.
        voices: the names that espeak-ng knows, empty where it is not installed.
    """
    if not annunciator.speech:
        return []
    out = []
    for language in annunciator.languages:
        missing = [key for key in sentences() if recording_of(key, language, annunciator, folder) is None]
        if not missing:
            continue
        voice = voice_of(language, annunciator)
        if voice is None:
            reason = f"{ESPEAK} has no voice that speaks it so that it can be understood"
        elif not voices():
            reason = f"{ESPEAK} is not installed"
        elif not _known(voice, voices()):
            reason = f"{ESPEAK} has no voice {voice!r}"
        else:
            continue
        out.append(
            f"{NAMES[language]} ({language}): {reason}, so recorded files are needed; missing in "
            f"{annunciator.recordings or 'recordings (not given)'}: {missing[0]}.{language}.wav"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
        )
    return out


@cache
def installed_voices() -> frozenset[str]:
    """Language codes that the installed espeak-ng lists; empty where there is none."""
    if shutil.which(ESPEAK) is None:
        return frozenset()
    try:
        listed = subprocess.run([ESPEAK, "--voices"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    rows = (line.split() for line in listed.stdout.splitlines()[1:])
    return frozenset(row[1] for row in rows if len(row) > 1)


def speak(text: str, voice: str, words_per_minute: int) -> tuple[Samples, int]:
    """Let espeak-ng speak; samples and their rate.

    Raises:
        SpeechFault: it is not installed, does not know the voice, or gives no sound.
    """
    if not _known(voice, installed_voices()):  # it would speak with another voice instead
        raise SpeechFault(f"{ESPEAK} has no voice {voice!r}" if installed_voices() else f"{ESPEAK} is not installed")
    # A comma is a shorter rest than a full stop: who is in danger has no time for either.
    text = text.rstrip(".。।").replace(". ", ", ").replace("। ", ", ")
    command = [ESPEAK, "-v", voice, "-s", str(words_per_minute), "--stdout", "--", text]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise SpeechFault(f"{ESPEAK} is not installed") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise SpeechFault(f"{ESPEAK} failed: {error}") from None
    data = done.stdout
    start = data.find(b"data")
    if done.returncode != 0 or not data.startswith(b"RIFF") or start < 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SpeechFault(f"{ESPEAK} -v {voice} gave no sound" + (f": {said[0]}" if said else ""))
    # A stream's header does not tell its true length, so all that follows counts.
    raw = data[start + 8 :]
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768.0
    return samples, int.from_bytes(data[24:28], "little")


def _known(voice: str, voices: frozenset[str]) -> bool:
    """Whether there is such a voice, a variant such as ``vi+f3`` left aside."""
    return voice.partition("+")[0] in voices


def read_wav(path: Path) -> tuple[Samples, int]:
    """A recorded file as one channel, and its rate.

    Raises:
        BadInput: not a WAV file of 16-bit samples.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError, RuntimeError, struct.error):
        raise BadInput(f"{path}: expected a WAV file, found something else") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None
    if width != 2 or len(raw) < width * channels or rate_hz < 1:
        raise BadInput(f"{path}: expected 16-bit samples, found {8 * width}-bit ones of {len(raw)} bytes in all")
    whole = len(raw) // (width * channels) * width * channels  # a file that was cut may end within a sample
    samples = np.frombuffer(raw[:whole], "<i2").reshape(-1, channels).mean(axis=1) / 32768.0
    return samples.astype(np.float32), rate_hz


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """The same sound at another rate, by its spectrum."""
    if from_hz == to_hz:
        return samples
    common = math.gcd(from_hz, to_hz)
    wanted = round(len(samples) * to_hz / from_hz)
    # A length that both rates share, and that a Fourier transform likes.
    samples = np.pad(samples, (0, -len(samples) % (16 * from_hz // common)))
    count = len(samples) * to_hz // from_hz
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, complex)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.asarray(np.fft.irfft(kept, count)[:wanted] * (to_hz / from_hz), np.float32)


def loud(samples: Samples, rate_hz: int) -> Samples:
    """Without silence at its ends, softly limited, peak 1, with edges that do not click.

    Raises:
        SpeechFault: it is silent.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-4:
        raise SpeechFault("it is silent")
    heard = np.flatnonzero(np.abs(samples) > _QUIET * peak)
    cut = samples[heard[0] : heard[-1] + 1] / peak
    out = np.tanh(CLIP * cut) / np.tanh(CLIP)
    edge = min(round(EDGE_S * rate_hz), len(out) // 2)
    ramp = np.linspace(0.0, 1.0, edge, endpoint=False)
    out[:edge] *= ramp
    out[len(out) - edge :] *= ramp[::-1]
    return np.asarray(out, np.float32)
