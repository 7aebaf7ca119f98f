"""The hand-over dialog: what was told before, a note that goes to the engine and comes back from its log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from safety.audit import AUDIT_FILE, AuditLog
from safety.records import Refusal
from safety.word_records import HandOver
from tests.ui.example_site import example_site
from tests.ui.scenes import snapshot
from tests.ui.windows import keep
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.hand_over import LONGEST, HandOverDialog
from ui.text import Language

SITE = example_site()
T0 = 1_795_000_000.0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / AUDIT_FILE
    with AuditLog(path) as opened:
        opened.append(T0, 0.0, "engine", "engine", "start", {})
        note = HandOver(time_s=1.0, by="kim@console-1", text="cam2 <b>is loose</b>\n& the siren of H1 is bypassed")
        opened.append(T0 + 60.0, 1.0, "console", "console-1", "handover", msgspec.to_builtins(note))
    return path


def opened(
    qtbot: QtBot, path: Path | None, language: Language = "en"
) -> tuple[HandOverDialog, ConsoleModel, list[Any]]:
    sent: list[Any] = []
    model = ConsoleModel(SITE, language=language, send=sent.append)
    window = ConsoleWindow(model, lambda: 100.0, audit=path)
    keep(qtbot, window)
    model.receive(snapshot(SITE), 100.0)
    window.show()
    QApplication.processEvents()
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert window.past.hand_over is not None
    return window.past.hand_over, model, sent


def test_what_was_told_before_is_shown_as_it_was_written(qtbot: QtBot, log: Path) -> None:
    dialog, _, _ = opened(qtbot, log)
    qtbot.waitUntil(lambda: "kim@console-1" in dialog.past.toPlainText(), timeout=5000)
    assert "cam2 <b>is loose</b>\n& the siren of H1 is bypassed" in dialog.past.toPlainText()
    assert not dialog.keep.isEnabled()
    dialog.text.setPlainText("x" * (LONGEST + 1))
    assert not dialog.keep.isEnabled()


def test_a_note_goes_to_the_engine_and_comes_back(qtbot: QtBot, log: Path) -> None:
    dialog, _, sent = opened(qtbot, log)
    dialog.text.setPlainText("  watch the new slinger  ")
    qtbot.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    (note,) = sent
    assert isinstance(note, HandOver)
    assert (note.text, note.by) == ("watch the new slinger", "console-1")
    with AuditLog(log) as kept:  # what the engine does with it
        kept.append(T0 + 99.0, 99.0, "console", "console-1", "handover", msgspec.to_builtins(note))
    qtbot.waitUntil(lambda: "Kept" in dialog.word.feedback.text(), timeout=5000)
    assert dialog.text.toPlainText() == ""
    assert "watch the new slinger" in dialog.past.toPlainText()


def test_a_note_that_is_not_taken_stays_to_be_sent_again(qtbot: QtBot, log: Path) -> None:
    dialog, model, _ = opened(qtbot, log, "ko")
    dialog.text.setPlainText("다음 교대에 전달")
    dialog.keep.click()
    model.receive(Refusal(time_s=0.0, command="HandOver", reason="no", code="role"), 100.0)
    window = dialog.parent()
    assert isinstance(window, ConsoleWindow)
    window.refresh()
    assert "현재 권한으로는" in dialog.word.feedback.text()
    assert dialog.text.toPlainText() == "다음 교대에 전달"


def test_without_a_log_it_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, _, _ = opened(qtbot, tmp_path / AUDIT_FILE)
    qtbot.waitUntil(lambda: "not on this machine" in dialog.past.toPlainText(), timeout=5000)
