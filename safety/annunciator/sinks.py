"""Where the sound goes: a sound device through PortAudio, or a file on machines that have none.

A sink pulls samples from the mixer in blocks of ``BLOCK_S``, in a thread of its own, and says in ``fault`` when it
cannot; it keeps trying.
"""

from __future__ import annotations

import os
import threading
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from calibration.annunciator import Annunciator
from calibration.errors import BadInput
from safety.annunciator.mixer import Mixer
from safety.annunciator.tones import Samples

BLOCK_S = 0.01
_LOOK_S = 0.02
RETRY_S = 2.0
HEADER_BYTES = 44
"""Of the files that are written here: the samples come after."""
_LATENCY_S = 0.06
"""Asked of the device: little enough to be quick, enough that a busy machine does not stutter."""
_STALLED_S = 1.0
"""A device that took no block for this long has stopped, whatever it says."""


class Sink(Protocol):
    """Plays what a mixer gives."""

    @property
    def fault(self) -> str:
        """Why nothing is heard, as a sentence; empty where all is well."""

    def close(self) -> None:
        """Stop, and let go of device or file. May be called twice."""


def open_sink(annunciator: Annunciator, mixer: Mixer, folder: Path) -> Sink:
    """The sink that an ``[[annunciator]]`` asks for; files lie beside the site file in ``folder``.

    Raises:
        BadInput: PortAudio is missing, or the file cannot be written.
    """
    if annunciator.output == "file":
        return FileSink(sound_file(annunciator, folder), mixer, annunciator.file_keep_s)
    return DeviceSink(annunciator.device, mixer)


def sound_file(annunciator: Annunciator, folder: Path) -> Path:
    """Where output ``file`` goes."""
    return folder / (annunciator.file or f"{annunciator.name}.wav")


class FileSink:
    """Writes a WAV file at the pace of real time. At ``keep_s`` it becomes ``NAME.old.wav`` and a new one is begun.

    Raises:
        BadInput: the file cannot be written.
    """

    def __init__(self, path: Path, mixer: Mixer, keep_s: float) -> None:
        self._path, self._mixer, self._keep_s = path, mixer, keep_s
        self._fault = ""
        self._stop = threading.Event()
        try:
            self._file = self._open()
        except OSError as error:
            raise BadInput(f"{path}: sound cannot be written there ({error.strerror})") from None
        self._thread = threading.Thread(target=self._run, name="sound-file", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str:
        if not self._thread.is_alive() and not self._stop.is_set():
            return f"{self._path}: nothing writes sound there any more"
        return self._fault

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5.0)

    def _open(self) -> wave.Wave_write:
        file = wave.open(str(self._path), "wb")  # noqa: SIM115 - closed by the thread that writes it
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(self._mixer.rate_hz)
        return file

    def _run(self) -> None:
        block = round(BLOCK_S * self._mixer.rate_hz)
        start_s, written = time.monotonic(), 0
        while not self._stop.is_set():
            due_s = start_s + written / self._mixer.rate_hz
            late_s = time.monotonic() - due_s
            if late_s < 0.0:
                self._stop.wait(-late_s)
                continue
            if late_s > _STALLED_S:  # a machine that slept does not play what it missed
                start_s += late_s
            samples = self._mixer.take(block, max(due_s, time.monotonic()))
            written += block
            self._write(samples)
            if self._file.getnframes() >= self._keep_s * self._mixer.rate_hz:
                self._begin_anew()
        with suppress(OSError):
            self._file.close()

    def _write(self, samples: Samples) -> None:
        try:
            # Patches the length in the header each time, so that a reader always finds a whole file.
            self._file.writeframes(_pcm(samples))
            self._fault = ""
        except OSError as error:
            self._fault = f"{self._path}: sound cannot be written ({error.strerror})"

    def _begin_anew(self) -> None:
        try:
            self._file.close()
            os.replace(self._path, self._path.with_suffix(".old.wav"))
            self._file = self._open()
        except OSError as error:
            self._fault = f"{self._path}: sound cannot be written ({error.strerror})"


class DeviceSink:
    """Plays on a sound device through PortAudio, and opens it again whenever it fails.

    Args:
        device: name, a part of it, or number; None for the machine's own.
        mixer: where samples come from.

    Raises:
        BadInput: PortAudio is not installed.
    """

    def __init__(self, device: str | int | None, mixer: Mixer) -> None:
        self._device, self._mixer = device, mixer
        self._portaudio = portaudio()
        self._stream: Any = None
        self._fault = "the sound device is not open yet"
        self._pulled_s = time.monotonic()
        self._stop = threading.Event()
        self._open()
        self._thread = threading.Thread(target=self._watch, name="sound-device", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str:
        if self._fault:
            return self._fault
        if time.monotonic() - self._pulled_s > _STALLED_S:
            return f"sound device {self._named()} has stopped taking samples"
        return ""

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5.0)
        self._let_go()

    def _named(self) -> str:
        return "of the machine" if self._device is None else repr(self._device)

    def _open(self) -> None:
        try:
            self._stream = self._portaudio.OutputStream(
                samplerate=self._mixer.rate_hz,
                blocksize=round(BLOCK_S * self._mixer.rate_hz),
                device=self._device,
                channels=1,
                dtype="float32",
                latency=_LATENCY_S,
                callback=self._pull,
            )
            self._stream.start()
            self._pulled_s = time.monotonic()
            self._fault = ""
        except (self._portaudio.PortAudioError, ValueError) as error:
            self._let_go()
            self._fault = f"sound device {self._named()} cannot be opened: {str(error).splitlines()[0]}"

    def _pull(self, out: Any, count: int, times: Any, _status: Any) -> None:
        """Called by PortAudio's thread for each block."""
        now_s = time.monotonic()
        delay_s = times.outputBufferDacTime - times.currentTime
        if not 0.0 < delay_s < 1.0:  # some back ends do not tell
            delay_s = float(self._stream.latency) if self._stream is not None else 0.0
        self._pulled_s = now_s
        out[:, 0] = np.clip(self._mixer.take(count, now_s + delay_s), -1.0, 1.0)

    def _watch(self) -> None:
        while not self._stop.wait(RETRY_S):
            if self.fault or not (self._stream is not None and self._stream.active):
                self._let_go()
                with suppress(self._portaudio.PortAudioError):
                    # Devices that came or went are seen only after this.
                    self._portaudio._terminate()
                    self._portaudio._initialize()
                self._open()

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(self._portaudio.PortAudioError):
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)


def portaudio() -> Any:
    """The module ``sounddevice``.

    Raises:
        BadInput: it or PortAudio is not installed.
    """
    try:
        import sounddevice
    except (ImportError, OSError):
        raise BadInput(
            "output 'device' needs PortAudio: install libportaudio2 (Debian, Ubuntu), or take output = \"file\""
        ) from None
    return sounddevice


def _pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def wait_played(busy: Callable[[], bool], limit_s: float, after_s: float, stopped: Callable[[], bool]) -> None:
    """Wait until nothing is played any more, ``limit_s`` at most, and then for what the device still holds.

    Args:
        busy: whether something is played.
        limit_s: afterwards the device counts as stuck.
        after_s: how long what it was given last takes on its way.
        stopped: asked often; where it is true, this returns at once.
    """
    end_s = time.monotonic() + limit_s
    while busy() and time.monotonic() < end_s and not stopped():
        time.sleep(_LOOK_S)
    end_s = time.monotonic() + after_s
    while time.monotonic() < end_s and not stopped():
        time.sleep(_LOOK_S)
