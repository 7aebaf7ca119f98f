"""Who is told what: the most severe, the newest, the place, and what is silent."""

from __future__ import annotations

import itertools

import pytest

from calibration.errors import BadInput
from calibration.site_file import parse_site
from safety.annunciator.choose import Call, choose
from safety.annunciator.sentences import LANGUAGES, SELF_TEST, key_of, sentences, sign_word
from safety.annunciator.tones import PATTERNS
from safety.records import AlarmState, Level, Situation
from tests.safety.annunciator.scenes import alarm, site, snapshot, speaker
from tests.safety.bus_helpers import site_text

ZONES = """
[[zone]]
name = "south bay"
kind = "work"
polygon_m = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]

[[hoist]]
name = "H2"
kind = "monorail"
travel_m = [[1.0, 8.0], [8.0, 8.0]]
beam_height_m = 6.0
hook_height_m = [0.3, 5.0]
travel_speed_mps = [0.1, 0.5]
hoist_speed_mps = [0.03, 0.1]
deceleration_mps2 = 0.3
load_radius_m = 0.5
load_height_m = 0.8
"""
STRUCK, SWING, BLIND = Situation.STRUCK_BY, Situation.SWING, Situation.CAMERA_BLIND


def told(*alarms, where=None, **other):
    one = speaker(**other)
    return choose(snapshot(*alarms, **(where or {})), site(one, extra=ZONES), one)


def test_nothing_to_tell_is_silence() -> None:
    assert told() is None
    assert told(alarm(STRUCK, Level.CLEAR, state=AlarmState.RETURNED)) is None


def test_the_most_severe_wins_and_among_equals_the_newest() -> None:
    danger, warning = alarm(STRUCK, Level.DANGER, 1), alarm(SWING, Level.WARNING, 2)
    newer = alarm(Situation.CRUSH, Level.DANGER, 3)
    for order in itertools.permutations((danger, warning)):
        assert told(*order) == Call("danger", "struck_by", "a-1")
    for order in itertools.permutations((danger, warning, newer)):
        assert told(*order) == Call("danger", "crush", "a-3")


def test_a_blind_system_is_told_by_its_own_tone_below_warnings_until_somebody_knows() -> None:
    blind = alarm(BLIND, Level.DANGER, 5)
    assert told(blind) == Call("fault", "fault", "a-5")
    assert told(blind, alarm(SWING, Level.WARNING, 1)) == Call("warning", "swing", "a-1")
    assert told(alarm(BLIND, Level.DANGER, 5, state=AlarmState.ACKNOWLEDGED)) is None


def test_shelved_is_silent_but_acknowledged_hazards_sound_on() -> None:
    assert told(alarm(STRUCK, Level.DANGER, state=AlarmState.SHELVED)) is None
    assert told(alarm(STRUCK, Level.DANGER, state=AlarmState.ACKNOWLEDGED)) is not None


def test_a_caution_sounds_only_where_the_site_wants_it() -> None:
    caution = alarm(STRUCK, Level.CAUTION)
    assert told(caution) is None
    assert told(caution, caution=True) == Call("attention", "struck_by", "a-1")
    assert told(alarm(BLIND, Level.CAUTION), caution=True) is None


@pytest.mark.parametrize(
    ("serves", "where", "heard"),
    [
        (("hall",), {}, True),
        (("H1",), {}, True),
        (("H2",), {"person_m": (2.0, 2.0), "hook_m": (2.0, 1.0)}, False),
        (("south bay",), {"person_m": (2.0, 2.0), "hook_m": (8.0, 8.0)}, True),
        (("south bay",), {"person_m": (5.5, 2.0), "hook_m": (8.0, 8.0)}, True),  # a step away
        (("south bay",), {"person_m": (8.0, 8.0), "hook_m": (2.0, 1.0)}, True),
        (("south bay",), {"person_m": (8.0, 8.0), "hook_m": (8.0, 8.0)}, False),
        (("south bay",), {"hook_m": (8.0, 8.0)}, True),  # nobody knows where P1 is
        (("H2", "south bay"), {"person_m": (8.0, 8.0), "hook_m": (8.0, 8.0)}, False),
    ],
)
def test_who_hears_of_an_alarm(serves: tuple[str, ...], where: dict[str, object], heard: bool) -> None:
    assert (told(alarm(STRUCK, Level.DANGER), where=where, serves=serves) is not None) is heard


def test_what_has_no_place_and_two_hoists_concern_all_they_should() -> None:
    assert told(alarm(BLIND, Level.WARNING, source="cam1"), serves=("H2",)) is not None
    closing = alarm(Situation.HOISTS_CLOSING, Level.DANGER, person=None, source="H2")
    assert told(closing, serves=("H2",)) is not None


def test_every_situation_and_tone_has_a_sentence_in_every_language() -> None:
    keys = {key_of(s.value, "danger") for s in Situation} | set(PATTERNS) | {SELF_TEST}
    assert keys == set(sentences())
    for row in sentences().values():
        assert set(row) == set(LANGUAGES)
        for text in row.values():
            assert 3 <= len(text) <= 60
            assert text == text.strip()
    assert all(sign_word(tone, language) for tone in PATTERNS for language in LANGUAGES)


def test_each_language_is_written_in_its_own_letters() -> None:
    blocks = {"ko": (0xAC00, 0xD7A3), "zh": (0x4E00, 0x9FFF), "ne": (0x0900, 0x097F), "th": (0x0E00, 0x0E7F)}
    for key, row in sentences().items():
        for language, text in row.items():
            letters = [c for c in text if c.isalpha()]
            low, high = blocks.get(language, (0x41, 0x1EFF))
            assert all(low <= ord(c) <= high or c in "’‘" for c in letters), (key, language)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('serves = ["H9"]', "serves names 'H9', expected hoists or zones of this file or 'hall'"),
        ('languages = ["fr"]', "languages[0] must be 'ko', 'en', 'vi', 'zh', 'ne', 'th' or 'uz'"),
        ('languages = ["ko", "ko"]', "must name each language once"),
        ("ambient_dba = [80.0, 70.0]", "must have 1 value or 24, one for each hour, has 2"),
        ("ambient_dba = [nan]", "must be a finite number"),
        ("loud = true", "loud is not a known key"),
        ('sign = { output = "tcp", address = "sign" }', "address must be HOST:PORT for output 'tcp'"),
        ('sign = { output = "tcp", address = "a:1", bold = 1 }', "is not a known key"),
        ("rate_hz = 8000", "must be 22050, 32000, 44100 or 48000"),
    ],
)
def test_a_fault_in_the_table_is_one_sentence(line: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        parse_site(site_text() + f'\n[[annunciator]]\nname = "south"\n{line}\n', "site.toml")
    assert said in str(error.value)
    assert "[[annunciator]]" in str(error.value)
