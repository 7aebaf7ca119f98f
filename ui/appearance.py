"""How this console looks on this desk: theme and size, kept for the person who sits there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import cast, get_args

from PyQt6.QtCore import QSettings, QStandardPaths

from calibration.errors import BadInput
from ui.hues import Theme

SIZES = (100, 125, 150, 175, 200)
"""Per cent. Everything grows, pictures and letters alike."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """``size`` in per cent counts from the next start: Qt measures a screen only then."""

    theme: Theme = "light"
    size: int = 100


FIRST = Appearance()
"""How it looks before anybody has chosen."""


def load() -> Appearance:
    """What was chosen last on this desk; what is missing or makes no sense is as at first."""
    kept = _settings()
    theme = kept.value("theme", "light")
    try:
        size = int(str(kept.value("size", 100)))
    except ValueError:
        size = 100
    return Appearance(
        cast(Theme, theme) if theme in get_args(Theme) else "light",
        size if size in SIZES else 100,
    )


def keep(appearance: Appearance) -> None:
    """Remember it. What cannot be written is forgotten with the window, which is no fault."""
    kept = _settings()
    kept.setValue("theme", appearance.theme)
    kept.setValue("size", appearance.size)
    kept.sync()


def theme_of(name: str | None) -> Theme | None:
    """Raises BadInput where there is no theme of that name."""
    if name is None or name in get_args(Theme):
        return cast(Theme | None, name)
    raise BadInput(f"--theme {name}: expected one of {', '.join(get_args(Theme))}")


def enlarge(size: int) -> None:
    """Before the QApplication: everything in ``size`` per cent. Where QT_SCALE_FACTOR is set, that counts."""
    if size != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{size / 100:g}")


def _settings() -> QSettings:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.ConfigLocation)
    return QSettings(f"{folder}/Hoistwatch/console.ini", QSettings.Format.IniFormat)
