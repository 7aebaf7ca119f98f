"""How the console looks: fonts that hold Korean, the palette and the style sheet of the theme in use.

Colour never stands alone: word and shape go with it.
"""

from __future__ import annotations

from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QWidget

from safety.records import Level
from ui.hues import BLACK, HUES, PAIRS, Pair

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


def wear(widget: QWidget, pair: str, *, ground: bool = False) -> None:
    """Give a label or frame the ink of a pair, or its ground too; it follows a change of the theme by itself."""
    worn = f"{pair} ground" if ground else pair
    if widget.property("wear") == worn:
        return
    widget.setProperty("wear", worn)
    style = widget.style()
    if style is not None:  # Qt looks at properties only then
        style.unpolish(widget)
        style.polish(widget)


def palette() -> QPalette:
    """What Qt's own widgets take their colours from."""
    out = QPalette()
    role = QPalette.ColorRole
    for name, colour in (
        (role.Window, HUES.page),
        (role.WindowText, HUES.ink),
        (role.Base, HUES.panel),
        (role.AlternateBase, HUES.page),
        (role.Text, HUES.ink),
        (role.Button, HUES.panel),
        (role.ButtonText, HUES.ink),
        (role.BrightText, HUES.fault),
        (role.PlaceholderText, HUES.soft),
        (role.ToolTipBase, HUES.panel),
        (role.ToolTipText, HUES.ink),
        (role.Link, HUES.accent),
        (role.Highlight, PAIRS["selected"].ground),
        (role.HighlightedText, PAIRS["selected"].text),
        (role.Mid, HUES.edge),
        (role.Dark, HUES.edge),
    ):
        out.setColor(name, QColor(colour))
    for name in (role.Text, role.ButtonText, role.WindowText):
        out.setColor(QPalette.ColorGroup.Disabled, name, QColor(PAIRS["disabled"].text))
    return out


def style_sheet() -> str:
    """The style sheet of the whole window."""
    p, h = PAIRS, HUES
    worn = "".join(
        f'QLabel[wear="{name}"] {{ color: {pair.text}; }} *[wear="{name} ground"] {{ {css(pair)} }}\n'
        for name, pair in p.items()
    )
    return f"""
    QMainWindow, QDialog {{ {css(p["page"])} }}
    QMenuBar, QMenu {{ {css(p["panel"])} }}
    QMenuBar::item:selected, QMenu::item:selected {{ {css(p["selected"])} }}
    QToolTip {{ {css(p["panel"])} border: 1px solid {h.edge}; padding: 3px; }}
    QFrame#panel {{ {css(p["panel"])} border: 1px solid {h.edge}; border-radius: 4px; }}
    QLabel {{ background: transparent; color: {h.ink}; }}
    QLabel#soft {{ color: {h.soft}; }}
    QPushButton {{ {css(p["panel"])} border: 1px solid {h.soft}; border-radius: 4px; padding: 5px 12px; }}
    QPushButton:hover {{ border: 1px solid {h.accent}; }}
    QPushButton:focus {{ border: 2px solid {h.accent}; padding: 4px 11px; }}
    QPushButton#primary {{ {css(p["primary"])} border-color: {h.accent}; font-weight: bold; }}
    QPushButton#primary:focus {{ border-color: {h.ink}; }}
    QPushButton:disabled, QPushButton#primary:disabled {{ {css(p["disabled"])} border-color: {h.edge}; }}
    QTableWidget {{ {css(p["panel"])} gridline-color: {h.edge}; border: none; selection-background-color:
        {p["selected"].ground}; selection-color: {p["selected"].text}; }}
    QTableWidget {{ outline: none; }}
    QTableWidget::item {{ padding: 0px 6px; }}
    QHeaderView::section {{ {css(p["page"])} border: none; border-right: 1px solid {h.edge}; padding: 3px 6px; }}
    QTableCornerButton::section {{ {css(p["page"])} border: none; }}
    QSplitter::handle {{ background: {h.page}; }}
    QLineEdit {{ {css(p["panel"])} border: 1px solid {h.soft}; border-radius: 3px; padding: 4px; }}
    QLineEdit:focus {{ border: 2px solid {h.accent}; padding: 3px; }}
    QLabel#badge {{ border: 2px solid {BLACK}; padding: 6px 10px; }}
    {worn}
    """
