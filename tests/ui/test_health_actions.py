"""Buttons of the health page: what they send, what they ask first, and what they say of the answer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from safety.health_records import EngineHealth
from safety.output_records import Bypass, ProofTest
from safety.records import Refusal
from safety.self_test_records import SelfTest
from tests.ui import scenes
from tests.ui.desk import Desk
from tests.ui.example_site import example_site
from tests.ui.scenes import snapshot
from tests.ui.test_health_page import HEALTH, SITE, TYPED, opened
from tests.ui.test_window_words import cut_off, untranslated, words
from tests.ui.windows import keep
from ui.health_actions import HealthActions
from ui.output_dialogs import BypassDialog, ProofDialog
from ui.self_test_dialog import SelfTestDialog
from ui.text import Language


def with_test(*, done: bool = True) -> EngineHealth:
    return msgspec.structs.replace(HEALTH, self_test=scenes.self_test(done=done))


def choose(desk: Desk, contact: str) -> HealthActions:
    names = list(SITE.relay[0].outputs)
    desk.window.health_page.outputs.table.setCurrentCell(names.index(contact), 0)
    desk.window.refresh()
    return desk.window.health_actions


def dialog_of(desk: Desk, kind: type[QDialog]) -> QDialog:
    return [d for d in desk.window.findChildren(QDialog) if isinstance(d, kind)][-1]


def test_one_click_asks_for_the_self_test_and_shows_how_it_goes(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), HEALTH)
    qtbot.mouseClick(window.health_page.buttons["self_test"], Qt.MouseButton.LeftButton)
    assert [type(c) for c in desk.sent] == [SelfTest]
    dialog = window.health_actions.dialog
    assert dialog is not None
    assert "nothing has begun" in dialog.head.text()
    desk.show(with_test(done=False))
    assert dialog.head.text() == "4 of 8"
    assert not dialog.save.isEnabled()
    assert not window.health_page.buttons["self_test"].isEnabled()
    item = dialog.table.item(4, 2)
    assert item is not None
    assert item.text() == "runs"
    desk.show(with_test())
    assert dialog.head.text() == "FAILED: 2 of 8; 4 passed, 2 could not be tested"
    assert "Row 1284" in dialog.record.text()
    assert "reset the relay nodes" in dialog.record.text()
    assert "FAILED: 2 of 8" in window.health_page.tested.text()
    dialog.repeat.click()
    assert [type(c) for c in desk.sent] == [SelfTest, SelfTest]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "H1 carries a load. Set it down first"), ("ko", "H1에 하물이 있습니다")]
)
def test_why_it_was_refused_is_said_in_plain_words(qtbot: QtBot, language: Language, said: str) -> None:
    desk = Desk(qtbot, language)
    window = opened(desk, snapshot(SITE), HEALTH)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    desk.show(Refusal(time_s=0.0, command="SelfTest", reason="x", code="hoist_carries", about="H1"))
    dialog = window.health_actions.dialog
    assert dialog is not None
    assert said in dialog.feedback.text()
    assert dialog.repeat.isEnabled()
    assert cut_off(dialog) == []


def test_the_record_is_saved_as_a_page_and_a_bad_folder_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), with_test())
    window.health_actions.show_self_test()
    dialog = window.health_actions.dialog
    assert dialog is not None
    dialog.write(tmp_path / "record.html")
    qtbot.waitUntil(lambda: "Saved" in dialog.feedback.text(), timeout=5000)
    text = (tmp_path / "record.html").read_text(encoding="utf-8")
    assert "kim@console-1" in text
    assert f"audit verify audit.sqlite --row 1284 --hash {'5c' * 32}" in text
    assert [p.name for p in tmp_path.iterdir()] == ["record.html"]
    dialog.write(tmp_path / "none" / "record.html")
    qtbot.waitUntil(lambda: "Could not be saved" in dialog.feedback.text(), timeout=5000)


def test_a_proof_test_is_asked_about_and_cancel_is_the_default(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), HEALTH)
    assert not window.health_page.buttons["prove"].isEnabled()
    assert "Choose an output" in window.health_page.notice.text()
    choose(desk, "slow")
    qtbot.mouseClick(window.health_page.buttons["prove"], Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog_of(desk, ProofDialog), Qt.Key.Key_Return)
    assert desk.sent == []
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(desk, ProofDialog)
    assert isinstance(dialog, ProofDialog)
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    assert [c.node for c in desk.sent if isinstance(c, ProofTest)] == ["cabinet-1"]
    desk.show(Refusal(time_s=0.0, command="ProofTest", reason="x", code="hoist_moves", about="H1"))
    assert "H1 moves. Bring it to rest first" in window.health_page.notice.text()


def test_a_bypass_needs_a_reason_has_a_limit_and_can_be_ended(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), HEALTH)
    choose(desk, "permit")
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(desk, BypassDialog)
    assert isinstance(dialog, BypassDialog)
    assert dialog.time.maximum() == SITE.policy.bypass_max_s / 60.0
    qtbot.keyClicks(dialog.reason, "  x ")
    assert not dialog.confirm.isEnabled(), "the engine takes three letters and more"
    qtbot.keyClicks(dialog.reason, "load over the aisle")
    dialog.time.setValue(3)
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    assert [(c.contact, c.for_s, c.reason) for c in desk.sent if isinstance(c, Bypass)] == [
        ("permit", 180.0, "x load over the aisle")
    ]
    desk.show(Refusal(time_s=0.0, command="Bypass", reason="x", code="role"))
    assert "REFUSED" in window.health_page.notice.text()
    desk.show(msgspec.structs.replace(scenes.bypassed(SITE), seq=101))
    assert not window.health_page.buttons["bypass"].isEnabled()
    qtbot.mouseClick(window.health_page.buttons["unbypass"], Qt.MouseButton.LeftButton)
    assert [c.for_s for c in desk.sent if isinstance(c, Bypass)] == [180.0, 0.0]
    assert "waiting for the engine" in window.health_page.notice.text()
    desk.show(msgspec.structs.replace(snapshot(SITE), seq=102))
    assert "End the bypass of cabinet-1 permit: done" in window.health_page.notice.text()


def test_a_site_without_bypasses_says_so(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.model.site = SITE.model_copy(update={"policy": SITE.policy.model_copy(update={"bypass_max_s": 0.0})})
    window = opened(desk, snapshot(SITE), HEALTH)
    choose(desk, "permit")
    assert not window.health_page.buttons["bypass"].isEnabled()
    assert "does not allow bypasses" in window.health_page.buttons["bypass"].toolTip()


def test_nothing_can_be_asked_of_an_engine_that_is_silent(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), with_test())
    choose(desk, "permit")
    desk.now_s += 5.0
    desk.show()
    enabled = [name for name, button in window.health_page.buttons.items() if button.isEnabled()]
    assert enabled == ["self_test_show"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_dialogs_speak_the_language_and_are_not_cut_off(qtbot: QtBot, language: Language) -> None:
    shown = SelfTestDialog(example_site().site.name, language, None)
    shown.show_report(scenes.self_test(), None)
    for dialog in (
        BypassDialog("cabinet-1 permit", True, 600.0, language, None),
        BypassDialog("cabinet-1 siren", False, 60.0, language, None),
        ProofDialog("cabinet-1", language, None),
        shown,
    ):
        keep(qtbot, dialog)
        dialog.show()
        QApplication.processEvents()
        assert cut_off(dialog) == []
        texts = [w for w in words(dialog) if "SHA-256" not in w]
        assert untranslated((TYPED.sub("", text) for text in texts), language) == []
    for i in range(shown.table.rowCount() if language == "en" else 0):
        item = shown.table.item(i, 3)
        assert item is not None
        assert item.text()
