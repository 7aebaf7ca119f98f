"""Small screens, and large ones at twice the size: every page fits or scrolls, nothing is out of reach or cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.test_site_page import news
from tests.ui.windows import keep
from ui.about import AboutDialog
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.text import LANGUAGE_NAMES, Language

SITE = example_site()
SMALL = {"1920 x 1080 at 200 %": (960, 540), "1280 x 800 at 150 %": (853, 533)}


def shown(qtbot: QtBot, language: Language, size_px: tuple[int, int]) -> ConsoleWindow:
    model = ConsoleModel(SITE, language=language, send=lambda _message: None)
    window = ConsoleWindow(model, lambda: scenes.START_S)
    keep(qtbot, window)
    shot = scenes.danger(SITE)
    told = (*scenes.pictures(SITE, shot), shot, scenes.RAISED, scenes.health(SITE, given_up=True), news(SITE))
    for message in told:
        model.receive(message, scenes.START_S)
    window.resize(*size_px)
    window.show()
    return window


def pages(window: ConsoleWindow) -> Iterator[tuple[str, QScrollArea]]:
    for place, name in enumerate(PAGES):
        window.pages.setCurrentIndex(place)
        window.refresh()
        for _ in range(4):
            QApplication.processEvents()
        area = window.pages.currentWidget()
        assert isinstance(area, QScrollArea)
        yield name, area


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("screen", SMALL)
def test_every_page_fits_the_screen_and_every_button_can_be_reached(
    qtbot: QtBot, screen: str, language: Language
) -> None:
    window = shown(qtbot, language, SMALL[screen])
    for name, area in pages(window):
        assert (window.width(), window.height()) == SMALL[screen], "the window must fit the screen"
        page, viewport = area.widget(), area.viewport()
        assert page is not None
        assert viewport is not None
        assert page.width() <= viewport.width(), f"{name} needs to be scrolled sideways"
        for button in page.findChildren(QPushButton):
            if not button.isVisibleTo(page):
                continue
            assert button.sizeHint().width() <= button.width() + 1, f"{name}: {button.text()!r} is cut"
            area.ensureWidgetVisible(button)
            QApplication.processEvents()
            place = QRect(button.mapTo(viewport, QPoint()), button.size())
            assert viewport.rect().contains(place), f"{name}: {button.text()!r} is out of reach at {place}"
    assert window.alarms.table.height() >= 60, "the alarms are in sight, not only their heading"
    assert window.banner.reason.font().pointSizeF() >= 8.0


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("size_px", [(1280, 800), (1920, 1080)])
def test_no_page_cuts_its_words_at_100_per_cent(qtbot: QtBot, language: Language, size_px: tuple[int, int]) -> None:
    window = shown(qtbot, language, size_px)
    for name, area in pages(window):
        page = area.widget()
        assert page is not None
        for widget in [*page.findChildren(QLabel), *page.findChildren(QPushButton)]:
            # What may be longer than its place says all of it in a tip.
            if not widget.isVisibleTo(page) or not widget.text() or widget.toolTip() == widget.text():
                continue
            if isinstance(widget, QLabel) and widget.wordWrap():
                fits = widget.heightForWidth(widget.width()) <= widget.height() + 1
            else:
                fits = widget.sizeHint().width() <= widget.width() + 1
            place = QRect(widget.mapTo(page, QPoint()), widget.size())
            assert fits, f"{name}: {widget.text()!r} is cut"
            assert page.rect().contains(place), f"{name}: {widget.text()!r} reaches out of the page"


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_the_about_page_fits_a_small_screen(qtbot: QtBot, language: Language) -> None:
    dialog = AboutDialog(language)
    keep(qtbot, dialog)
    dialog.show()
    qtbot.waitUntil(dialog.copy.isEnabled, timeout=20_000)
    least = dialog.minimumSizeHint()
    assert least.width() <= 853
    assert least.height() <= 533


def test_a_strip_that_is_higher_than_its_share_can_be_scrolled(qtbot: QtBot) -> None:
    window = shown(qtbot, "en", (960, 540))
    window.refresh()
    QApplication.processEvents()
    place = window._strip
    assert place.height() < window.health.height()
    bar = place.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0
    window.resize(1280, 800)
    QApplication.processEvents()
    assert place.height() == window.health.height()
