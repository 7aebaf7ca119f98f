"""How the console looks: colours with fixed meanings, fonts that hold Korean, one style sheet.

Colours follow IEC 60073: red danger, yellow (and amber) abnormal, green normal, blue mandatory, and
grey or black where no meaning is meant. Colour never stands alone: word and shape go with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtGui import QColor, QFont, QFontDatabase

from safety.records import Level


@dataclass(frozen=True, slots=True)
class Pair:
    """A text colour and the ground on which it is read."""

    text: str
    ground: str


PAGE = "#E4E7EA"
PANEL = "#FAFBFC"
EDGE = "#B6BEC6"
INK = "#171C21"
SOFT = "#4A545E"
RED = "#C40D28"
RED_DARK = "#7E0819"
AMBER = "#FFAE00"
YELLOW = "#FFE14D"
GREEN = "#12733A"
BLUE = "#0B4F9E"
BLACK = "#101316"
WHITE = "#FFFFFF"
GHOST = "#6B747C"
"""Ink of anything that is not live."""

PAIRS: dict[str, Pair] = {
    "page": Pair(INK, PAGE),
    "panel": Pair(INK, PANEL),
    "soft": Pair(SOFT, PANEL),
    "soft_page": Pair(SOFT, PAGE),
    "ghost": Pair(GHOST, PANEL),
    "clear": Pair(WHITE, GREEN),
    "caution": Pair(BLACK, YELLOW),
    "warning": Pair(BLACK, AMBER),
    "danger": Pair(WHITE, RED),
    "danger_dark": Pair(WHITE, RED_DARK),
    "silent": Pair(WHITE, BLACK),
    "waiting": Pair(WHITE, "#4B545D"),
    "calm": Pair("#0C5128", "#DDEBE1"),
    "primary": Pair(WHITE, BLUE),
    "disabled": Pair("#596169", "#E3E6E9"),
    "selected": Pair(INK, "#C9DCF2"),
    "error": Pair(RED, PANEL),
    "tile": Pair(WHITE, "#22282E"),
}
"""Every pair of text and ground in use; a test holds each to a contrast of 4.5 or better."""

FLASH_HZ = 1.5
"""Flash of an unacknowledged danger: in the normal flashing band of IEC 60073 (1.4 to 2.8 Hz), under 2 Hz,
and well under the three flashes a second that WCAG 2.2 sets as a limit."""

KOREAN_FAMILIES = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumBarunGothic",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
)


def level_pair(level: Level) -> Pair:
    return PAIRS[level.value]


def level_colour(level: Level) -> QColor:
    return QColor(level_pair(level).ground)


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two sRGB colours after WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    bright, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    def linear(byte: int) -> float:
        c = byte / 255.0
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def korean_families() -> list[str]:
    """Installed families that hold Korean, best first; empty where there are none."""
    held = set(QFontDatabase.families(QFontDatabase.WritingSystem.Korean))
    chosen = [f for f in KOREAN_FAMILIES if f in held]
    return chosen or sorted(held)[:1]


def base_font(point_size: float = 10.5) -> QFont:
    """The console's font: a sans family with Korean behind it."""
    font = QFont()
    font.setFamilies([*korean_families(), "DejaVu Sans", "Sans Serif"])
    font.setPointSizeF(point_size)
    return font


def sized(point_size: float, bold: bool = False) -> QFont:
    font = base_font(point_size)
    font.setBold(bold)
    return font


def css(pair: Pair) -> str:
    return f"color: {pair.text}; background: {pair.ground};"


def style_sheet() -> str:
    """The style sheet of the whole window."""
    p = PAIRS
    return f"""
    QMainWindow, QDialog {{ {css(p["page"])} }}
    QMenuBar, QMenu {{ {css(p["panel"])} }}
    QMenuBar::item:selected, QMenu::item:selected {{ {css(p["selected"])} }}
    QToolTip {{ {css(p["panel"])} border: 1px solid {EDGE}; padding: 3px; }}
    QFrame#panel {{ {css(p["panel"])} border: 1px solid {EDGE}; border-radius: 4px; }}
    QLabel {{ background: transparent; color: {INK}; }}
    QLabel#soft {{ color: {SOFT}; }}
    QPushButton {{ {css(p["panel"])} border: 1px solid {SOFT}; border-radius: 4px; padding: 5px 12px; }}
    QPushButton:hover {{ border: 1px solid {BLUE}; }}
    QPushButton:focus {{ border: 2px solid {BLUE}; padding: 4px 11px; }}
    QPushButton#primary {{ {css(p["primary"])} border-color: {BLUE}; font-weight: bold; }}
    QPushButton#primary:focus {{ border-color: {INK}; }}
    QPushButton:disabled, QPushButton#primary:disabled {{ {css(p["disabled"])} border-color: {EDGE}; }}
    QTableWidget {{ {css(p["panel"])} gridline-color: {EDGE}; border: none; selection-background-color:
        {p["selected"].ground}; selection-color: {INK}; }}
    QTableWidget::item {{ padding: 0px 6px; }}
    QHeaderView::section {{ {css(p["page"])} border: none; border-right: 1px solid {EDGE}; padding: 3px 6px; }}
    QSplitter::handle {{ background: {PAGE}; }}
    QLineEdit {{ {css(p["panel"])} border: 1px solid {SOFT}; border-radius: 3px; padding: 4px; }}
    QLineEdit:focus {{ border: 2px solid {BLUE}; padding: 3px; }}
    """
