"""The whole window, drawn into memory: colours, keys, staleness."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QAction, QColor, QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from calibration.coverage import coverage_map
from safety.records import Acknowledge, Level, Reset, Shelve
from tests.ui import scenes
from tests.ui.desk import SITE, Desk
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, danger, snapshot
from tests.ui.test_window_words import words
from ui.about import AboutDialog
from ui.banner import flash_on
from ui.dialogs import ResetDialog, ShelveDialog
from ui.theme import korean_families


def colours(image: QImage, step: int = 7) -> set[int]:
    return {image.pixel(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)}


def test_the_floor_plan_and_tiles_are_painted(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(*scenes.pictures(SITE, snapshot(SITE)), snapshot(SITE))
    window.plan.set_coverage(coverage_map(SITE))
    plan = window.plan.grab().toImage()
    assert len(colours(plan)) > 20
    tile = window.cameras.tiles["cam1"].grab().toImage()
    assert len(colours(tile, 3)) > 20


def test_a_silent_engine_drains_the_colour(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))

    def red() -> int:
        image = window.plan.grab().toImage()
        pixels = (QColor(image.pixel(x, y)) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))
        return sum(c.red() > 150 and c.green() < 90 for c in pixels)

    assert red() > 50
    desk.now_s += 2.0
    desk.show()
    assert red() < 25, "the red that is left belongs to the exclusion zone, faded"
    assert window.banner.title.text() == "ENGINE SILENT"
    assert not window.alarms.buttons["acknowledge"].isEnabled()
    assert not any(card.button.isEnabled() and card.button.isVisible() for card in window.health.cards)


def test_a_silent_engine_never_claims_that_there_are_no_alarms(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(snapshot(SITE))
    assert window.alarms.empty.text() == "No alarms"
    desk.now_s += 2.0
    desk.show()
    assert window.alarms.empty.text() == "Alarms unknown: no live data"


def test_the_flash_is_slow_and_only_for_what_nobody_has_acknowledged(qtbot: QtBot) -> None:
    changes = [flash_on(i / 1000.0) for i in range(10_000)]
    assert sum(a != b for a, b in itertools.pairwise(changes)) / 2 / 10.0 <= 2.0
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    seen = set()
    for i in range(20):
        desk.now_s = START_S + 0.02 * i
        window.refresh()
        seen.add(window.banner.grab().toImage().pixel(4, 50))
    assert len(seen) >= 2


def test_empty_sites_say_so(qtbot: QtBot) -> None:
    site = example_site(cameras=0, hoists=0)
    window = Desk(qtbot, cameras=0, hoists=0).show(snapshot(site))
    texts = list(words(window))
    assert "No cameras in this site: observations only" in texts
    assert "No relay node in this site" in texts
    assert "Following people; this site has no hoist." in texts


def test_korean_can_be_drawn() -> None:
    if not korean_families():
        pytest.skip("no Korean font on this machine")
    assert korean_families()[0] != ""


# What a person does


def test_keys_acknowledge_and_the_click_is_told(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    qtbot.keyClick(window, Qt.Key.Key_A)
    assert [c.alarm for c in desk.sent if isinstance(c, Acknowledge)] == ["a-17"], "the most pressing one"
    assert "waiting for the engine" in window.alarms.feedback.text()
    desk.now_s += 0.4
    desk.show(danger(SITE, time_s=desk.now_s, seq=104))
    desk.now_s += 1.2
    desk.show(danger(SITE, time_s=desk.now_s, seq=116))
    assert "NOT confirmed" in window.alarms.feedback.text()


def test_acknowledge_all_shown_leaves_out_what_is_scrolled_away(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    many = tuple(msgspec.structs.replace(scenes.STRUCK, id=f"a-{i}", raised_s=START_S - i) for i in range(1, 40))
    window = desk.show(snapshot(SITE, level=Level.DANGER, alarms=many), size_px=(1366, 768))
    qtbot.mouseClick(window.alarms.buttons["acknowledge_visible"], Qt.MouseButton.LeftButton)
    asked = [c.alarm for c in desk.sent if isinstance(c, Acknowledge)]
    assert 1 <= len(asked) < 15
    assert asked[0] == "a-1"


def test_shelving_asks_for_a_reason(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    window.alarms.table.selectRow(2)
    QApplication.processEvents()
    qtbot.mouseClick(window.alarms.buttons["shelve"], Qt.MouseButton.LeftButton)
    dialog = next(d for d in window.findChildren(QDialog) if isinstance(d, ShelveDialog))
    assert not dialog.confirm.isEnabled()
    assert dialog.time.maximum() == 30
    qtbot.keyClicks(dialog.reason, "lens is cleaned")
    dialog.time.setValue(5)
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    shelved = [c for c in desk.sent if isinstance(c, Shelve)]
    assert [(c.alarm, c.for_s, c.reason) for c in shelved] == [("a-15", 300.0, "lens is cleaned")]


def test_a_selection_survives_new_snapshots(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    window.alarms.table.selectRow(1)
    desk.now_s += 0.1
    first = msgspec.structs.replace(scenes.STRUCK, id="a-18", raised_s=START_S)
    shot = danger(SITE, time_s=desk.now_s, seq=101)
    desk.show(msgspec.structs.replace(shot, alarms=(first, *shot.alarms)))
    chosen = window.alarms.selected()
    assert chosen is not None
    assert chosen.id == "a-16"
    assert window.alarms.table.rowCount() == 6


def test_reset_needs_a_confirmation_and_cancel_is_the_default(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    button = next(c.button for c in window.health.cards if c.button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = next(d for d in window.findChildren(QDialog) if isinstance(d, ResetDialog))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.sent == []
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    again = [d for d in window.findChildren(QDialog) if isinstance(d, ResetDialog)][-1]
    qtbot.mouseClick(again.confirm, Qt.MouseButton.LeftButton)
    assert [c.node for c in desk.sent if isinstance(c, Reset)] == ["cabinet-1"]


def test_full_screen_and_layers_and_about(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(snapshot(SITE))
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert not window.isFullScreen()
    before = window.plan.grab().toImage()
    action = next(a for a in window.findChildren(QAction) if a.text() == "Zones")
    action.trigger()
    assert not window.plan.layers.zones
    assert window.plan.grab().toImage() != before
    window.show_about()
    about = next(d for d in window.findChildren(QDialog) if isinstance(d, AboutDialog))
    text = " ".join(label.text() for label in about.findChildren(QLabel))
    assert "not a certified safety function" in text
    assert "claims no performance level" in text
    assert "AGPL-3.0-or-later" in text


def test_zoom_keeps_the_point_under_the_pointer(qtbot: QtBot) -> None:
    window = Desk(qtbot).show(snapshot(SITE))
    plan = window.plan
    before = plan.view().floor(300.0, 200.0)
    wheel = QWheelEvent(
        QPointF(300, 200), QPointF(300, 200), QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    plan.wheelEvent(wheel)
    assert plan.view().floor(300.0, 200.0) == pytest.approx(before)
    whole = plan.view().scale_px_per_m
    qtbot.mouseDClick(plan, Qt.MouseButton.LeftButton)
    assert plan.view().scale_px_per_m < whole
