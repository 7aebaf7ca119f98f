"""Themes: every pair can be read, levels stay apart also for colour-blind eyes, and a change reaches every view."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from calibration.errors import BadInput
from safety.records import Level
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, danger, snapshot
from tests.ui.windows import keep
from ui.appearance import Appearance, load, theme_of
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.hues import HUES, PAIRS, THEMES, Theme, use
from ui.theme import contrast

SITE = example_site()
LEAST: dict[Theme, float] = {"light": 4.5, "night": 4.5, "contrast": 7.0}


@pytest.fixture(autouse=True)
def light_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Colours belong to the process, choices to the person whose home it is."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield
    use("light")


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out(theme: Theme) -> None:
    use(theme)
    for name, pair in PAIRS.items():
        least = LEAST[theme] if name not in ("warning", "caution", "clear") else 4.5  # the same in all themes
        assert contrast(pair.text, pair.ground) >= least, (name, pair)
    for ink in (HUES.ink, HUES.soft, HUES.fault, HUES.accent):
        assert contrast(ink, HUES.floor) >= 4.5
    for line in (HUES.camera, HUES.hoist, HUES.structure):
        assert contrast(line, HUES.floor) >= 2.5, "lines and shapes need less than words"


# Vienot, Brettel and Mollon 1999, Digital video colourmaps for checking the legibility of displays by dichromats:
# linear RGB to LMS, the missing cone from the two others, and back.
_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
_SEEN = {
    "protanopia": np.array([[0.0, 2.02344, -2.52581], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    "deuteranopia": np.array([[1.0, 0.0, 0.0], [0.494207, 0.0, 1.24827], [0.0, 0.0, 1.0]]),
}


def as_seen(colour: str, how: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.clip(np.linalg.inv(_LMS) @ _SEEN[how] @ _LMS @ linear, 0.0, 1.0)


@pytest.mark.parametrize("how", sorted(_SEEN))
@pytest.mark.parametrize("theme", THEMES)
def test_levels_differ_in_brightness_or_hue_for_colour_blind_eyes(theme: Theme, how: str) -> None:
    use(theme)
    for a, b in combinations(Level, 2):
        apart = np.abs(as_seen(PAIRS[a.value].ground, how) - as_seen(PAIRS[b.value].ground, how)).max()
        assert apart >= 0.1, (a, b, apart)


def window(qtbot: QtBot, theme: Theme = "light") -> ConsoleWindow:
    model = ConsoleModel(SITE)
    out = ConsoleWindow(model, lambda: START_S, appearance=Appearance(theme))
    keep(qtbot, out)
    model.receive(snapshot(SITE), START_S)
    out.resize(1280, 800)
    out.show()
    out.refresh()
    QApplication.processEvents()
    return out


def brightness(image: QImage) -> float:
    small = image.scaled(64, 40, transformMode=Qt.TransformationMode.SmoothTransformation)
    return float(np.mean([QColor(small.pixel(x, y)).lightness() for x in range(64) for y in range(40)]))


def test_every_page_turns_dark_and_light_again(qtbot: QtBot) -> None:
    shown = window(qtbot)
    for place, page in enumerate(PAGES):
        shown.pages.setCurrentIndex(place)
        shown.restyle("light")
        QApplication.processEvents()
        before = shown.grab().toImage()
        shown.restyle("night")
        QApplication.processEvents()
        night = shown.grab().toImage()
        shown.restyle("light")
        QApplication.processEvents()
        assert brightness(night) < 70.0, page
        assert brightness(before) > 170.0, page
        assert shown.grab().toImage() == before, f"{page} is as it was"


@pytest.mark.parametrize("theme", ["night", "contrast"])
def test_danger_is_as_loud_in_the_dark(qtbot: QtBot, theme: Theme) -> None:
    shown = window(qtbot, theme)
    shown.model.receive(danger(SITE, START_S + 0.1, 101), START_S + 0.1)
    shown._clock = lambda: START_S + 0.1
    shown.refresh()
    QApplication.processEvents()
    image = shown.banner.grab().toImage()
    grounds = [QColor(PAIRS[name].ground) for name in ("danger", "danger_dark")]
    assert QColor(image.pixel(image.width() // 2, 3)) in grounds


def test_a_choice_is_kept_for_the_next_start(qtbot: QtBot) -> None:
    shown = window(qtbot)
    qtbot.keyClick(shown, Qt.Key.Key_T)
    assert shown.looks.appearance == Appearance("night", 100)
    shown.looks.sizes[150].trigger()
    told = shown.findChild(QMessageBox)
    assert told is not None
    assert "next start" in told.text()
    told.close()
    assert load() == Appearance("night", 150)


def test_a_choice_that_makes_no_sense_is_as_at_first(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "Hoistwatch"
    folder.mkdir(parents=True)
    (folder / "console.ini").write_text("[General]\ntheme=pink\nsize=huge\n")
    assert load() == Appearance("light", 100)
    assert theme_of("night") == "night"
    with pytest.raises(BadInput, match="expected one of light, night, contrast"):
        theme_of("pink")
