"""What is played: level, order, interruption within a hundredth of a second, nothing that waits its turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np
import pytest

from safety.annunciator.choose import Call
from safety.annunciator.loudness import loudness_problems, tone_loudness
from safety.annunciator.measure import level_db, measure
from safety.annunciator.mixer import FADE_S, PAUSE_S, TONE_S, Mixer, programme
from safety.annunciator.speech import Spoken
from safety.annunciator.tones import PATTERNS
from tests.safety.annunciator.scenes import RATE_HZ, site, speaker

BLOCK = RATE_HZ // 100
DANGER, WARNING, FAULT = Call("danger", "struck_by"), Call("warning", "swing"), Call("fault", "fault")
HUM_HZ = 220.0
"""Words of the tests: below every tone, so that they are told apart."""


class Hums:
    """Each language a hum of its own length: 0.5 s, 0.6 s …"""

    LANGUAGES = ("ko", "en", "vi")

    def get(self, key: str, language: str) -> Spoken | None:
        if language not in self.LANGUAGES:
            return None
        count = round((0.5 + 0.1 * self.LANGUAGES.index(language)) * RATE_HZ)
        hum = np.sin(2 * np.pi * HUM_HZ * np.arange(count) / RATE_HZ).astype(np.float32)
        return Spoken(hum, level_db(hum, RATE_HZ))


def played(call: Call, seconds: float, speech: Hums | None = None, **other: object) -> np.ndarray:
    mixer = Mixer(RATE_HZ)
    mixer.play(programme(call, speaker(**other), 12, speech))
    return np.concatenate([mixer.take(BLOCK) for _ in range(round(seconds * 100))])


def spans(sound: np.ndarray) -> str:
    """What is heard in each tenth of a second: t tone, w words, or a dot."""
    out = ""
    for tenth in np.array_split(sound, len(sound) * 10 // RATE_HZ):
        power = np.square(np.abs(np.fft.rfft(tenth)))
        bins = np.fft.rfftfreq(len(tenth), 1 / RATE_HZ)
        low, high = power[(bins > 100) & (bins < 400)].sum(), power[bins > 480].sum()
        out += "." if low + high < 1.0 else "w" if low > high else "t"
    return out


def test_danger_lasts_and_its_words_come_after_the_tone_in_the_order_of_the_languages() -> None:
    heard = spans(played(DANGER, 12.0, Hums(), languages=["en", "ko"]))
    runs = [run for run in "".join("w" if c == "w" else " " for c in heard).split()]
    assert [len(run) for run in runs[:4]] == pytest.approx([6, 5, 6, 5], abs=1)
    assert "w" not in heard[: round(TONE_S * 10)]
    assert heard.rstrip(".")[-1] in "tw"
    assert "...." not in heard


def test_without_words_the_tone_goes_on_alone() -> None:
    found = measure(played(WARNING, 6.0), RATE_HZ)
    assert found.pulse_hz == pytest.approx(PATTERNS["warning"].rate_hz, rel=0.01)
    assert "w" not in spans(played(DANGER, 5.0, Hums(), languages=["th"]))


def test_a_caution_is_told_once() -> None:
    heard = spans(played(Call("attention", "swing"), 12.0, Hums(), languages=["ko", "en"]))
    assert heard.count("w") == pytest.approx(11, abs=2)
    assert not heard[60:].strip(".")


def test_a_fault_comes_again_after_its_pause() -> None:
    heard = spans(played(FAULT, 25.0, Hums(), languages=["ko"], fault_repeat_s=10.0))
    starts = [i for i in range(len(heard)) if heard[i] == "t" and not heard[max(0, i - 30) : i].strip(".")]
    assert starts == pytest.approx([0, 100, 200], abs=1)


def test_another_call_takes_over_within_a_tenth_of_a_second_and_without_a_click() -> None:
    mixer = Mixer(RATE_HZ)
    mixer.play(programme(WARNING, speaker(), 12, Hums()))
    before = np.concatenate([mixer.take(BLOCK) for _ in range(227)])  # amid the words
    assert np.abs(before[-BLOCK:]).max() > 0.01
    began: list[float] = []
    mixer.play(programme(DANGER, speaker(), 12, Hums()), began.append)
    after = np.concatenate([mixer.take(BLOCK, heard_s=50.0) for _ in range(60)])
    assert began == [pytest.approx(50.0 + FADE_S, abs=1e-3)]
    found = measure(after[round(0.02 * RATE_HZ) :], RATE_HZ)
    assert found.pulse_hz == pytest.approx(PATTERNS["danger"].rate_hz, rel=0.05)
    both = np.concatenate([before, after])
    steps = np.abs(np.diff(both))
    seam = steps[len(before) - 5 : len(before) + 2 * BLOCK]
    assert seam.max() <= 1.05 * steps.max(where=np.arange(len(steps)) < len(before) - 10, initial=0.0)


def test_silence_is_asked_for_like_any_other_programme() -> None:
    mixer = Mixer(RATE_HZ)
    assert not mixer.busy
    assert not mixer.take(BLOCK).any()
    mixer.play(programme(DANGER, speaker(), 12, None))
    mixer.take(5 * BLOCK)
    mixer.play(None)
    assert mixer.busy
    assert not mixer.take(10 * BLOCK)[round(FADE_S * RATE_HZ) :].any()
    assert not mixer.busy


def test_of_many_calls_in_a_row_only_the_last_is_heard() -> None:
    mixer = Mixer(RATE_HZ)
    for _ in range(50):
        mixer.play(iter([np.ones(RATE_HZ, np.float32)]))
    mixer.play(repeat(np.full(7, 0.25, np.float32)))
    assert set(mixer.take(3 * BLOCK)) == {np.float32(0.25)}


def test_pieces_of_any_length_make_one_row() -> None:
    row = np.arange(1, 1000, dtype=np.float32)
    mixer = Mixer(RATE_HZ)
    mixer.play(chain([row[:1], row[1:1], row[1:500]], [row[500:]]))
    assert np.array_equal(np.concatenate([mixer.take(n) for n in (1, 0, 333, 700)])[:999], row)


def test_a_programme_that_breaks_off_is_told_and_ends_nothing_else() -> None:
    def broken() -> Iterator[np.ndarray]:
        yield np.ones(BLOCK, np.float32)
        raise OSError("no such file")

    mixer = Mixer(RATE_HZ)
    mixer.play(broken())
    assert mixer.take(2 * BLOCK).sum() == BLOCK
    assert mixer.fault == "what was to be told broke off (OSError: no such file)"
    mixer.play(repeat(np.ones(7, np.float32)))
    assert mixer.take(BLOCK).all()


# --- how loud ---


@pytest.mark.parametrize(("hour", "hall"), [(3, 60.0), (12, 85.0)])
@pytest.mark.parametrize("call", [DANGER, WARNING, FAULT])
def test_tone_and_words_are_15_db_over_the_hall_at_that_hour(call: Call, hour: int, hall: float) -> None:
    by_hour = [60.0] * 6 + [85.0] * 18
    one = speaker(ambient_dba=by_hour, full_scale_dba=115.0, languages=["ko"])
    mixer = Mixer(RATE_HZ)
    mixer.play(programme(call, one, hour, Hums()))
    sound = np.concatenate([mixer.take(BLOCK) for _ in range(round(100 * 4.6))])
    periods = int(np.ceil(TONE_S / PATTERNS[call.tone].period_s - 1e-9))
    tone_end = round(periods * PATTERNS[call.tone].period_s * RATE_HZ)
    assert 115.0 + measure(sound[:tone_end], RATE_HZ).level_db == pytest.approx(hall + 15.0, abs=0.5)
    words = sound[tone_end + round(PAUSE_S * RATE_HZ) :][: RATE_HZ // 2]
    assert 115.0 + level_db(words, RATE_HZ) == pytest.approx(hall + 15.0, abs=0.5)


def test_a_quiet_hall_still_gets_65_and_no_ear_more_than_the_limit() -> None:
    assert tone_loudness(speaker(ambient_dba=[35.0], full_scale_dba=100.0), 0, "danger").given_dba == pytest.approx(65)
    loud = tone_loudness(speaker(ambient_dba=[108.0], full_scale_dba=125.0, level_max_dba=110.0), 0, "danger")
    assert loud.given_dba == pytest.approx(110.0)
    assert loud.short_db == pytest.approx(13.0)


def test_a_loudspeaker_that_cannot_says_by_how_much_and_asks_for_light() -> None:
    weak = speaker(ambient_dba=[95.0], full_scale_dba=100.0)
    assert tone_loudness(weak, 0, "danger").gain == 1.0
    (said,) = loudness_problems(site(weak), weak)
    assert "gives 14 dB less than the 110 dB(A) needed" in said
    loud = speaker(ambient_dba=[*[80.0] * 23, 103.0], full_scale_dba=125.0, level_max_dba=118.0)
    assert not loudness_problems(site(loud), loud)  # the small site has a beacon on hall/danger
    dark = site(loud).model_copy(update={"relay": ()})
    assert ["103 dB(A), where sound alone is not enough" in text for text in loudness_problems(dark, loud)] == [True]
    signed = speaker(**loud.model_dump(exclude={"sign"}), sign={"output": "file", "address": "s.txt"})
    assert not loudness_problems(dark, signed)


def test_an_unmeasured_loudspeaker_plays_as_loud_as_it_can() -> None:
    sound = played(DANGER, 3.0, ambient_dba=[40.0])
    assert np.abs(sound).max() == pytest.approx(1.0, abs=0.01)
    assert "nobody has measured" in loudness_problems(site(speaker()), speaker())[0]
