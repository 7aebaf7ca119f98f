"""Every alarm has words in both languages that fit where they are shown."""

from __future__ import annotations

import pytest

from safety.alarm_table import COLOURS, TABLE, TONES
from safety.alarm_words import reason
from safety.records import Hazard, Level, Situation

LONGEST = 190
"""Two lines of the console's banner at its smallest size."""

FULL = Hazard(
    situation=Situation.STRUCK_BY,
    level=Level.DANGER,
    hoist="Hoist 12",
    person="P1234",
    source="camera hall 3 north",
    probability=0.5,
    gap_m=12.3,
    time_to_contact_s=3.75,
    time_to_last_safe_stop_s=1.25,
    terms={
        "load_mps": 0.67,
        "stop_m": 2.4,
        "stop_s": 4.4,
        "zone_m": 2.2,
        "bottom_m": 5.5,
        "unseen_s": 12.5,
        "uncovered": 1.0,
        "height_known": 0.0,
        "load_known": 0.0,
        **{f"{name}_m": 12.3 for name in ("needed", "drop", "shift", "height", "base", "reach", "swing", "drive")},
        **{f"{name}_m": 12.3 for name in ("moved", "aside")},
        **{f"{name}_s": 12.5 for name in ("in", "period", "still")},
        **{f"{name}_mps": 1.25 for name in ("lift", "person", "closing")},
        **{f"{name}_deg": 12.0 for name in ("tilt", "lean")},
    },
)
BARE = Hazard(situation=Situation.STRUCK_BY, level=Level.CAUTION)


def of(hazard: Hazard, situation: Situation) -> Hazard:
    return Hazard(**{**{f: getattr(hazard, f) for f in hazard.__struct_fields__}, "situation": situation})


def test_every_situation_has_a_row_and_every_level_a_colour_and_a_tone() -> None:
    assert set(TABLE) == set(Situation)
    assert set(COLOURS) == set(TONES) == set(Level)
    assert len({row.priority for row in TABLE.values()}) == len(TABLE)


def test_colours_follow_iec_60073() -> None:
    assert COLOURS[Level.DANGER] == "red"
    assert COLOURS[Level.WARNING] == COLOURS[Level.CAUTION] == "yellow"
    assert COLOURS[Level.CLEAR] == "green"


@pytest.mark.parametrize("situation", Situation)
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("hazard", [FULL, BARE], ids=["full", "bare"])
def test_reasons_fill_and_fit(situation: Situation, language: str, hazard: Hazard) -> None:
    text = reason(of(hazard, situation), language, "does not report")  # type: ignore[arg-type]
    assert text
    assert "{" not in text
    assert "None" not in text
    assert len(text) <= LONGEST


@pytest.mark.parametrize("situation", Situation)
def test_korean_is_korean_and_english_is_not(situation: Situation) -> None:
    row = TABLE[situation]
    for text in (row.title_ko, row.advice_ko, row.reason_ko):
        assert any("가" <= c <= "힣" for c in text)
    for text in (row.title_en, row.advice_en, row.reason_en):
        assert text.isascii() or "–" in text


def test_unknown_height_and_load_are_said() -> None:
    said = reason(of(FULL, Situation.FALL_ZONE), "en")
    assert "height unknown, worst case" in said
    assert "load not confirmed" in said
