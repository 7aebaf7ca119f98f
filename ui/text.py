"""Every word that the console shows, in English and Korean, in one table.

What an alarm is called and why it was raised is not here: the alarm table and each alarm bring that along.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from safety.fault_words import in_korean
from safety.words import WORDS
from ui.text_commands import COMMANDS
from ui.text_group import GROUP
from ui.text_health import HEALTH
from ui.text_live import LIVE
from ui.text_looks import LOOKS
from ui.text_nodes import NODES
from ui.text_outputs import OUTPUTS
from ui.text_review import REVIEW
from ui.text_self_test import SELF_TEST
from ui.text_session import SESSION
from ui.text_site import SITE
from ui.text_sound import SOUND
from ui.text_statistics import STATISTICS
from ui.text_strip import STRIP
from ui.text_window import WINDOW

Language = Literal["en", "ko"]

TEXT: dict[str, tuple[str, str]] = {
    **WORDS,
    **OUTPUTS,
    **GROUP,
    **NODES,
    **HEALTH,
    **SELF_TEST,
    **SOUND,
    **SITE,
    **SESSION,
    **STATISTICS,
    **REVIEW,
    **LOOKS,
    **LIVE,
    **COMMANDS,
    **STRIP,
    **WINDOW,
}

LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ko": "한국어"}


def say(language: Language, key: str, **values: object) -> str:
    """The text of ``key`` with its values filled in. Raises KeyError on an unknown key."""
    return TEXT[key][language == "ko"].format(**values)


def word(language: Language, value: Enum) -> str:
    """The word for a member of Level, AlarmState, Phase, Role or Mode."""
    group = {"AlarmState": "state"}.get(type(value).__name__, type(value).__name__.lower())
    return say(language, f"{group}.{value.value}")


def refusal_words(language: Language, code: str, reason: str, about: str = "") -> str:
    """Why the engine refused, in the reader's language where the refusal has a code, else in the engine's words."""
    key = f"refused.{code}"
    return say(language, key, about=about) if key in TEXT else reason


def fault_words(language: Language, fault: str) -> str:
    """What a relay node or an annunciator says of its fault, in the reader's language."""
    return in_korean(fault) if language == "ko" else fault


def other(language: Language) -> Language:
    return "en" if language == "ko" else "ko"


def duration(language: Language, seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s`` or ``2 h 10 min``; Korean with its own units."""
    seconds = max(0.0, seconds)
    h, m, s = ("시간", "분", "초") if language == "ko" else (" h", " min", " s")
    if seconds < 9.95:
        return f"{seconds:.1f}{s}"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{s}"
    if whole < 3600 and whole % 60 == 0:
        return f"{whole // 60}{m}"
    if whole < 3600:
        return f"{whole // 60}{m} {whole % 60:02d}{s}"
    return f"{whole // 3600}{h} {whole % 3600 // 60:02d}{m}"


def milliseconds(language: Language, seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f} ms"
