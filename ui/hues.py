"""The console's colours: three themes, of which one is in use by the whole process.

Colours follow IEC 60073: red danger, yellow (and amber) abnormal, green normal, blue mandatory, and grey or black
where no meaning is meant. Those of the levels are the same in every theme: nobody has to learn them again at night.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Theme = Literal["light", "night", "contrast"]
THEMES: tuple[Theme, ...] = ("light", "night", "contrast")


@dataclass(frozen=True, slots=True)
class Pair:
    """A text colour and the ground on which it is read."""

    text: str
    ground: str


@dataclass(slots=True)
class Hues:
    """Single colours, ``#RRGGBB``.

    ``page`` and ``panel`` are grounds, ``edge`` parts them, ``ink`` and ``soft`` are read on either; ``ghost`` is ink
    of what is not live. ``accent`` shows what is chosen, ``fault`` what is wrong. The plan's: ``floor``, ``halo``
    behind what stands on it, ``structure``, ``camera``, ``hoist``, ``swept``, ``hatch`` of zones, ``seen`` and
    ``unseen`` floor.
    """

    page: str
    panel: str
    edge: str
    ink: str
    soft: str
    ghost: str
    accent: str
    fault: str
    floor: str
    halo: str
    structure: str
    camera: str
    hoist: str
    swept: str
    hatch: str
    seen: str
    unseen: str


RED = "#C40D28"
RED_DARK = "#7E0819"
AMBER = "#FFAE00"
YELLOW = "#FFE14D"
GREEN = "#007A5E"
"""Bluish, so that eyes that take red for green tell it from danger."""
BLACK = "#101316"
WHITE = "#FFFFFF"

_HUES: dict[Theme, Hues] = {
    "light": Hues(
        page="#E4E7EA", panel="#FAFBFC", edge="#B6BEC6", ink="#171C21", soft="#4A545E", ghost="#6B747C",
        accent="#0B4F9E", fault=RED, floor="#F7F8F9", halo="#FFFFFF", structure="#8A939B", camera="#34495C",
        hoist="#23323F", swept="#7C8790", hatch="#606870", seen="#5B8FA8", unseen="#5A626A",
    ),
    "night": Hues(
        page="#12161A", panel="#1B2025", edge="#47515B", ink="#E6EAEE", soft="#A8B2BC", ghost="#848E98",
        accent="#6CB1FF", fault="#FF8B95", floor="#20262C", halo="#12161A", structure="#6A747D", camera="#A9C2D8",
        hoist="#D5E0EA", swept="#95A2AE", hatch="#8A949E", seen="#4C8CA8", unseen="#8D97A1",
    ),
    "contrast": Hues(
        page="#000000", panel="#000000", edge="#FFFFFF", ink="#FFFFFF", soft="#FFFFFF", ghost="#C4C4C4",
        accent="#5CC8FF", fault="#FF9AA2", floor="#000000", halo="#000000", structure="#8C8C8C", camera="#FFFFFF",
        hoist="#FFFFFF", swept="#C4C4C4", hatch="#C4C4C4", seen="#3C88A8", unseen="#C4C4C4",
    ),
}  # fmt: skip
_CALM: dict[Theme, Pair] = {
    "light": Pair("#0C5128", "#DDEBE1"),
    "night": Pair("#A4E5BC", "#16301F"),
    "contrast": Pair("#FFFFFF", "#003D1A"),
}
_PRIMARY: dict[Theme, Pair] = {
    "light": Pair(WHITE, "#0B4F9E"),
    "night": Pair(WHITE, "#1B5FAE"),
    "contrast": Pair("#000000", "#5CC8FF"),
}
_DISABLED: dict[Theme, Pair] = {
    "light": Pair("#596169", "#E3E6E9"),
    "night": Pair("#98A2AC", "#262C32"),
    "contrast": Pair("#C4C4C4", "#000000"),
}
_SELECTED: dict[Theme, Pair] = {
    "light": Pair("#171C21", "#C9DCF2"),
    "night": Pair("#FFFFFF", "#234A72"),
    "contrast": Pair("#000000", "#FFE14D"),
}


def _pairs(theme: Theme, hues: Hues) -> dict[str, Pair]:
    dark_red = Pair(WHITE, RED_DARK)
    return {
        "page": Pair(hues.ink, hues.page),
        "panel": Pair(hues.ink, hues.panel),
        "soft": Pair(hues.soft, hues.panel),
        "soft_page": Pair(hues.soft, hues.page),
        "ghost": Pair(hues.ghost, hues.panel),
        "not_live": Pair(WHITE, "#6B747C" if theme != "contrast" else "#4A4A4A"),
        "clear": Pair(WHITE, GREEN),
        "caution": Pair(BLACK, YELLOW),
        "warning": Pair(BLACK, AMBER),
        "danger": Pair(WHITE, RED) if theme != "contrast" else dark_red,
        "danger_dark": dark_red if theme != "contrast" else Pair(WHITE, "#4A0510"),
        "silent": Pair(WHITE, BLACK),
        "waiting": Pair(WHITE, "#4B545D"),
        "calm": _CALM[theme],
        "primary": _PRIMARY[theme],
        "disabled": _DISABLED[theme],
        "selected": _SELECTED[theme],
        "error": Pair(hues.fault, hues.panel),
        "tile": Pair(WHITE, "#22282E" if theme != "contrast" else "#000000"),
    }


HUES = Hues(**{f.name: getattr(_HUES["light"], f.name) for f in fields(Hues)})
"""The single colours in use."""
PAIRS: dict[str, Pair] = _pairs("light", HUES)
"""Every pair of text and ground in use; a test holds each to a contrast of 4.5 or better, 7 in theme ``contrast``."""


def use(theme: Theme) -> None:
    """Change the colours of the whole process. What is on the screen has to be drawn anew after that."""
    for field in fields(Hues):
        setattr(HUES, field.name, getattr(_HUES[theme], field.name))
    PAIRS.update(_pairs(theme, HUES))
