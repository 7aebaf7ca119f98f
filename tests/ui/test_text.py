"""Every text exists in both languages with the same blanks, and the colours can be read."""

from __future__ import annotations

import string
from enum import Enum
from itertools import pairwise
from pathlib import Path

import pytest

import ui
from safety.records import AlarmState, Level, Phase, Role
from tracking.records import Mode
from ui.hues import PAIRS
from ui.text import TEXT, duration, other, say, word
from ui.theme import FLASH_HZ, contrast


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXT))
def test_both_languages_and_the_same_blanks(key: str) -> None:
    english, korean = TEXT[key]
    assert english.strip()
    assert korean.strip()
    assert blanks(english) == blanks(korean)
    filled = dict.fromkeys(blanks(english), "X")
    assert "{" not in say("en", key, **filled) + say("ko", key, **filled)


def test_no_text_is_left_over() -> None:
    """A key that no module names, whole or by its group, is a text that nobody sees."""
    source = "\n".join(p.read_text() for p in Path(ui.__file__).parent.glob("*.py") if not p.name.startswith("text"))
    source += Path(ui.__file__).with_name("text.py").read_text().split("LANGUAGE_NAMES")[1]
    computed = {"level", "state", "phase", "mode", "role", "event", "menu", "layer", "alarms", "button", "tip", "zone"}
    computed |= {"headline", "command", "signal", "carrying", "reason", "unit", "unused", "refused", "signin", "user"}
    computed |= {
        "tone",
        "page",
        "period",
        "column",
        "limit",
        "verdict",
        "judge",
        "review",
        "trouble",
        "handover",
        "site",
        "detect",
        "group",
        "theme",
        "chart",
    }
    computed |= {
        "health",
        "healthcol",
        "camstate",
        "outstate",
        "partstate",
        "partevent",
        "given_up",
        "latency",
        "selfcol",
        "selfkind",
        "selfverdict",
        "selfwhy",
        "selftest",
        "about",
    }
    assert [
        k for k in TEXT if f'"{k}"' not in source and f"'{k}'" not in source and k.split(".")[0] not in computed
    ] == []


@pytest.mark.parametrize("kind", [Level, AlarmState, Phase, Mode, Role])
def test_every_state_has_a_word(kind: type[Enum]) -> None:
    for value in kind:
        key = "state" if kind is AlarmState else kind.__name__.lower()
        assert f"{key}.{value.value}" in TEXT
    assert word("ko", Level.DANGER) == "위험"


def test_durations_read_naturally() -> None:
    assert [duration("en", s) for s in (0.04, 3.21, 12.4, 185.0, 7800.0)] == [
        "0.0 s",
        "3.2 s",
        "12 s",
        "3 min 05 s",
        "2 h 10 min",
    ]
    assert duration("ko", 185.0) == "3분 05초"
    assert duration("en", -1.0) == "0.0 s"
    assert other(other("en")) == "en"


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_every_text_stands_out(name: str) -> None:
    assert contrast(PAIRS[name].text, PAIRS[name].ground) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_levels_do_not_look_alike() -> None:
    grounds = [PAIRS[level.value].ground for level in Level]
    assert len(set(grounds)) == len(grounds)
    assert all(contrast(a, b) > 1.15 for a, b in pairwise(grounds))


def test_the_flash_is_slow_enough() -> None:
    assert FLASH_HZ <= 2.0
