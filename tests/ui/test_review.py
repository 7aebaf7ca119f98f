"""The review page with a real clip: choosing, playing, stepping, why, and a verdict that comes back from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from recordings.clips import load_clip
from recordings.store import Recording
from safety.audit import AUDIT_FILE, AuditLog
from safety.records import AlarmTransition, Refusal, Verdict
from tests.recordings.live_like import live_folder
from tests.ui.example_site import example_site
from tests.ui.scenes import snapshot
from tests.ui.windows import keep
from ui.clip_view import ClipView
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow

Folder = tuple[Path, float, list[AlarmTransition]]
SITE = example_site()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    where = tmp_path_factory.mktemp("live")
    path, alarms = live_folder(where, "passer-by", 23.0)
    return where, Recording(path).info.wall_offset_s, alarms


class Desk:
    def __init__(self, qtbot: QtBot, folder: Folder) -> None:
        where, offset_s, _ = folder
        self.sent: list[Any] = []
        self.model = ConsoleModel(SITE, send=self.sent.append)
        self.window = ConsoleWindow(self.model, lambda: 100.0, audit=where / AUDIT_FILE)
        self.page = self.window.review
        self.page._wall = lambda: offset_s + 60.0
        keep(qtbot, self.window)
        self.model.receive(snapshot(SITE), 100.0)
        self.window.resize(1500, 850)
        self.window.show()
        QApplication.processEvents()
        qtbot.keyClick(self.window, Qt.Key.Key_F3)
        qtbot.waitUntil(lambda: self.page.table.rowCount() >= 2, timeout=5000)


def test_an_alarm_is_looked_at_again(qtbot: QtBot, folder: Folder) -> None:
    desk = Desk(qtbot, folder)
    page = desk.page
    assert "Choose an alarm" in page.message.text()
    assert not page.buttons["true"].isEnabled()
    rows = [[item.text() if (item := page.table.item(i, j)) else "" for j in range(5)] for i in range(2)]
    assert [row[1] for row in rows] == ["Caution", "Danger"], "newest first"
    assert rows[1][2:4] == ["Struck by moving load", "H1 · P3"]
    page.table.selectRow(1)
    assert "Reading the recording" in page.message.text()
    qtbot.waitUntil(lambda: page.view is not None, timeout=20000)
    assert page.view is not None
    assert page.view.badge.text() == "RECORDED, NOT LIVE"
    assert "+0.0 s from the alarm" in page.view.caption.text()
    assert page.reason.text().startswith("Why: P3 is ")
    assert set(page.view.cameras.tiles) == {"cam1", "cam2", "cam3"}
    assert page.buttons["true"].isEnabled()
    desk.window.retranslate("ko")
    assert page.reason.text().startswith("사유: P3")
    assert page.view.badge.text() == "녹화 화면 (실시간 아님)"


def test_a_clip_plays_steps_and_scrubs(qtbot: QtBot, folder: Folder) -> None:
    where, offset_s, alarms = folder
    clip = load_clip(where, offset_s + alarms[0].time_s, before_s=1.0, after_s=1.0)
    now_s = 0.0
    view = ClipView(clip, "en", clock=lambda: now_s)
    keep(qtbot, view)
    view.show()
    view.setFocus()
    QApplication.processEvents()
    start_s = view.time_s
    assert start_s == pytest.approx(alarms[0].time_s)
    view.step(1)
    assert view.time_s == pytest.approx(start_s + 0.1, abs=0.051)
    view.step(-1)
    view.step(-1)
    assert view.time_s < start_s
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.time_s == pytest.approx(clip.moment_s)
    view.slider.setValue(0)
    assert view.time_s == pytest.approx(clip.from_s)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.playing
    assert view.buttons["play"].text() == "Pause"
    view.speed.setCurrentIndex(view.speed.findData(0.5))
    now_s = 1.0
    view._on_timer()
    assert view.time_s == pytest.approx(clip.from_s + 0.5)
    now_s = 99.0
    view._on_timer()
    assert not view.playing
    assert view.time_s == pytest.approx(clip.to_s)
    view.play_or_pause()
    assert view.time_s == pytest.approx(clip.from_s), "from the end it plays from the beginning"
    view.play_or_pause()


def test_a_verdict_goes_to_the_engine_and_comes_back_from_its_log(qtbot: QtBot, folder: Folder) -> None:
    where, offset_s, _ = folder
    desk = Desk(qtbot, folder)
    page = desk.page
    page.table.selectRow(1)
    page.comment.setText("stepped back in time")
    qtbot.mouseClick(page.buttons["near_miss"], Qt.MouseButton.LeftButton)
    assert "Saving" in page.word.feedback.text()
    (told,) = desk.sent
    assert isinstance(told, Verdict)
    assert (told.verdict, told.comment, told.by) == ("near_miss", "stepped back in time", "console-1")
    with AuditLog(where / AUDIT_FILE) as log:  # what the engine does with it
        log.append(offset_s + 60.0, 60.0, "console", "console-1", "verdict", msgspec.to_builtins(told))
    qtbot.waitUntil(lambda: "Saved" in page.word.feedback.text(), timeout=5000)
    item = page.table.item(1, 4)
    assert item is not None
    assert item.text() == "Near miss"
    assert page.buttons["near_miss"].objectName() == "primary"


def test_a_verdict_that_is_not_taken_is_told(qtbot: QtBot, folder: Folder) -> None:
    desk = Desk(qtbot, folder)
    page = desk.page
    page.table.selectRow(0)
    page.buttons["nuisance"].click()
    desk.model.receive(Refusal(time_s=0.0, command="Verdict", reason="no", code="role"), 100.0)
    desk.window.refresh()
    assert page.word.feedback.text() == "NOT saved: your role may not do this"
    page.buttons["nuisance"].click()
    qtbot.waitUntil(lambda: "the audit log does not show it" in page.word.feedback.text(), timeout=5000)


def test_a_recording_that_is_gone_is_told(qtbot: QtBot, folder: Folder, tmp_path: Path) -> None:
    where, offset_s, alarms = folder
    (tmp_path / AUDIT_FILE).write_bytes((where / AUDIT_FILE).read_bytes())
    desk = Desk(qtbot, (tmp_path, offset_s, alarms))
    desk.page.table.selectRow(0)
    qtbot.waitUntil(lambda: "Nothing to show" in desk.page.message.text(), timeout=5000)
    assert "no recording of" in desk.page.message.text()
