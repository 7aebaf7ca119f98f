"""Spoken words by the real espeak-ng and from recorded files; what is missing is said before anybody needs it."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from safety.annunciator.sentences import sentences
from safety.annunciator.speech import (
    ESPEAK,
    VOICES,
    Speech,
    SpeechFault,
    installed_voices,
    read_wav,
    resampled,
    sentence,
    speak,
    speech_problems,
)
from tests.safety.annunciator.scenes import RATE_HZ, speaker


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, channels: int = 1, width: int = 2) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes((samples * 20_000).astype("<i2").tobytes())


def sine(hz: float, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


@pytest.mark.parametrize("language", sorted(VOICES))
def test_every_voice_is_there_and_speaks_its_language(language: str) -> None:
    assert VOICES[language] in installed_voices()
    text = sentences()["struck_by"][language]
    phonemes = subprocess.run(
        [ESPEAK, "-v", VOICES[language], "-x", "-q", "--", text], capture_output=True, text=True, check=True
    ).stdout
    # "(en)" is how it marks that it has switched to English: what its voice "cmn" does with Chinese.
    assert "(en)" not in phonemes
    spoken = sentence("struck_by", language, speaker(languages=[language]), Path())
    assert 0.8 < len(spoken.samples) / RATE_HZ < 3.5
    assert np.abs(spoken.samples).max() == pytest.approx(1.0, abs=0.02)
    assert -20.0 < spoken.level_db < 0.0


def test_the_usual_chinese_voice_would_read_english() -> None:
    """Why another one is taken; once this fails, espeak-ng is mended and either will do."""
    said = subprocess.run([ESPEAK, "-v", "cmn", "-x", "-q", "--", "快躲开"], capture_output=True, text=True, check=True)
    assert "(en)" in said.stdout


def test_thai_needs_recorded_files_and_the_check_says_so(tmp_path: Path) -> None:
    thai = speaker(languages=["ko", "th"], recordings="words")
    (said,) = speech_problems(thai, tmp_path, installed_voices)
    assert said.startswith("Thai (th): espeak-ng has no voice that speaks it")
    assert f"danger.th.wav and {len(sentences()) - 1} more" in said
    with pytest.raises(SpeechFault, match="Thai has no usable voice"):
        sentence("danger", "th", thai, tmp_path)
    (tmp_path / "words").mkdir()
    for key in sentences():
        write_wav(tmp_path / "words" / f"{key}.th.wav", sine(300.0, 1.0))
    assert not speech_problems(thai, tmp_path, installed_voices)


def test_the_check_names_missing_programs_and_voices(tmp_path: Path) -> None:
    assert "espeak-ng is not installed" in speech_problems(speaker(languages=["ko"]), tmp_path, frozenset)[0]
    odd = speaker(languages=["ko"], voices={"ko": "klingon"})
    assert "espeak-ng has no voice 'klingon'" in speech_problems(odd, tmp_path, installed_voices)[0]
    assert not speech_problems(speaker(speech=False, languages=["th"]), tmp_path, frozenset)


def test_a_recorded_file_comes_before_the_voice_at_any_rate_and_in_stereo(tmp_path: Path) -> None:
    both = np.repeat(sine(440.0, 1.0, 44_100)[:, None], 2, axis=1).ravel()
    write_wav(tmp_path / "swing.en.wav", both, 44_100, channels=2)
    one = speaker(languages=["en"], recordings=".")
    spoken = sentence("swing", "en", one, tmp_path).samples
    assert len(spoken) == pytest.approx(RATE_HZ, rel=0.02)
    power = np.abs(np.fft.rfft(spoken))
    assert np.fft.rfftfreq(len(spoken), 1 / RATE_HZ)[power.argmax()] == pytest.approx(440.0, abs=2.0)
    assert spoken[0] == 0.0


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all", b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_a_file_that_is_no_sound_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "swing.en.wav").write_bytes(content)
    with pytest.raises(BadInput, match=r"swing\.en\.wav: expected a WAV file"):
        read_wav(tmp_path / "swing.en.wav")


def test_unfit_samples_and_silence_are_named(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", sine(300.0, 0.5), width=1)
    with pytest.raises(BadInput, match="expected 16-bit samples"):
        read_wav(tmp_path / "a.wav")
    write_wav(tmp_path / "swing.en.wav", np.zeros(RATE_HZ))
    with pytest.raises(SpeechFault, match="silent"):
        sentence("swing", "en", speaker(languages=["en"], recordings="."), tmp_path)


def test_a_voice_that_is_not_there_is_a_fault_and_text_is_never_an_option() -> None:
    with pytest.raises(SpeechFault, match="no voice 'klingon'"):
        speak("hello", "klingon", 150)
    samples, rate_hz = speak("--voices", "en-gb", 150)
    assert len(samples) > 0.3 * rate_hz


def test_another_rate_is_the_same_sound() -> None:
    for to_hz in (32_000, 44_100, 48_000):
        there = resampled(sine(1000.0, 1.0).astype(np.float32), RATE_HZ, to_hz)
        assert len(there) == pytest.approx(to_hz, rel=0.05)
        inner = slice(to_hz // 4, to_hz // 2)
        assert np.abs(there[inner] - sine(1000.0, 1.0, to_hz)[inner]).max() < 1e-3


def test_all_sentences_are_made_ahead_and_what_fails_is_told(tmp_path: Path) -> None:
    write_wav(tmp_path / "danger.en.wav", sine(300.0, 0.2))
    (tmp_path / "fault.en.wav").write_bytes(b"broken")
    speech = Speech(speaker(languages=["en"], recordings=".", rate_hz=22_050), tmp_path)
    speech.start()
    assert speech.wait(60.0)
    assert len(speech.faults) == 1
    assert speech.faults[0].startswith("fault.en: ")
    assert speech.get("fault", "en") is None
    assert {key for key in sentences() if speech.get(key, "en") is not None} == set(sentences()) - {"fault"}
    speech.close()
