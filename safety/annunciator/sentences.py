"""What is said and shown, in all languages: the table ``sentences.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from calibration.annunciator import Language
from safety.alarm_table import Tone

LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: Mapping[Language, str] = {
    "ko": "Korean",
    "en": "English",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "ne": "Nepali",
    "th": "Thai",
    "uz": "Uzbek",
}
SELF_TEST = "self_test"
_APART = ("checked", "sign")


@cache
def sentences() -> Mapping[str, Mapping[Language, str]]:
    """Key (a situation's value, a tone, or ``self_test``) to language to sentence; every language is there."""
    return {key: row for key, row in _table().items() if key not in _APART}


def key_of(situation: str, tone: Tone) -> str:
    """The sentence of a situation; that of the tone where it has none of its own."""
    return situation if situation in sentences() and situation not in _APART else tone


def sign_word(tone: Tone, language: Language) -> str:
    """One word for a sign, such as DANGER."""
    return str(_table()["sign"][tone][language])


def checked_by(language: Language) -> str:
    """Which native speaker has checked this language; empty where its sentences are machine-written."""
    return str(_table()["checked"][language])


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("sentences.toml").read_text(encoding="utf-8"))
