"""The review page with a real clip: choosing, playing, stepping, why, and a verdict that comes back from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from recordings.clips import load_clip
from recordings.store import Recording
from safety.audit import AUDIT_FILE, AuditLog
from safety.records import AlarmTransition, Refusal, SessionView
from safety.word_records import Access, Verdict
from tests.recordings.live_like import live_folder
from tests.ui.example_site import example_site
from tests.ui.scenes import snapshot
from tests.ui.windows import keep
from ui.clip_view import ClipView
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.export_dialog import ExportDialog

Folder = tuple[Path, float, list[AlarmTransition]]
SITE = example_site()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    where = tmp_path_factory.mktemp("live")
    path, alarms = live_folder(where, "passer-by", 23.0)
    return where, Recording(path).info.wall_offset_s, alarms


class Desk:
    def __init__(self, qtbot: QtBot, folder: Folder, live: bool = True) -> None:
        where, offset_s, _ = folder
        self.sent: list[Any] = []
        self.model = ConsoleModel(SITE, send=self.sent.append)
        self.window = ConsoleWindow(self.model, lambda: 100.0, audit=where / AUDIT_FILE)
        self.page = self.window.review
        self.page._wall = lambda: offset_s + 60.0
        keep(qtbot, self.window)
        self.model.receive(snapshot(SITE), 100.0 if live else 90.0)
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
    looked, told = desk.sent
    assert isinstance(looked, Access)
    assert (looked.purpose, looked.alarm, looked.by) == ("look", told.alarm, "console-1")
    assert looked.to_wall_s - looked.from_wall_s == pytest.approx(20.0)
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


def test_who_looks_is_noted_also_while_the_engine_is_silent(qtbot: QtBot, folder: Folder, tmp_path: Path) -> None:
    where, offset_s, alarms = folder
    (tmp_path / AUDIT_FILE).write_bytes((where / AUDIT_FILE).read_bytes())
    desk = Desk(qtbot, (tmp_path, offset_s, alarms), live=False)
    kim = SessionView(console="console-1", user="kim", role="operator", until_s=3600.0)
    desk.model.receive(snapshot(SITE, seq=200, sessions=(kim,), sign_in_required=True), 90.0)
    desk.page.table.selectRow(0)
    qtbot.waitUntil(lambda: "Nothing to show" in desk.page.message.text(), timeout=5000)
    assert desk.sent == []
    with AuditLog(tmp_path / AUDIT_FILE) as log:
        (row,) = log.rows_of("access")
        assert log.verify().sound
    assert (row.role, row.name) == ("console", "console-1")
    assert '"engine":"silent"' in row.detail
    assert '"by":"kim@console-1"' in row.detail


def exporting(qtbot: QtBot, folder: Folder) -> tuple[Desk, ExportDialog]:
    desk = Desk(qtbot, folder)
    desk.page.table.selectRow(1)
    qtbot.waitUntil(desk.page.take_out.isEnabled, timeout=20000)
    desk.page.take_out.click()
    dialog = desk.window.past.export
    assert dialog is not None
    return desk, dialog


def allow(folder: Folder, access: Access) -> None:
    """What the engine does with it."""
    where, offset_s, _ = folder
    with AuditLog(where / AUDIT_FILE) as log:
        log.append(offset_s + 61.0, 61.0, "console", "console-1", "access", msgspec.to_builtins(access))


def test_a_clip_is_exported_once_the_engine_has_noted_it(qtbot: QtBot, folder: Folder, tmp_path: Path) -> None:
    desk, dialog = exporting(qtbot, folder)
    target = tmp_path / "clip.mp4"
    dialog.path.setText(str(target))
    dialog.write.click()
    access = desk.sent[-1]
    assert isinstance(access, Access)
    assert (access.purpose, access.faces, access.reason) == ("export", "blurred", "")
    assert not target.exists(), "nothing is written before it is noted"
    allow(folder, access)
    qtbot.waitUntil(lambda: "Written" in dialog.word.feedback.text(), timeout=60000)
    with av.open(str(target)) as video:
        pictures = sum(1 for _ in video.decode(video=0))
        assert "Faces blurred" in video.metadata["comment"]
    assert desk.page.view is not None
    clip = desk.page.view.clip
    assert pictures == pytest.approx((clip.to_s - clip.from_s) * 10.0, abs=2)
    assert list(tmp_path.iterdir()) == [target]
    dialog.close()
    assert desk.window.past.export is None


def test_faces_need_a_reason_and_an_engineer(qtbot: QtBot, folder: Folder, tmp_path: Path) -> None:
    desk, dialog = exporting(qtbot, folder)
    dialog.path.setText(str(tmp_path / "clip.mp4"))
    dialog.faces.setChecked(True)
    assert not dialog.write.isEnabled()
    dialog.reason.setText("police report 12/26")
    dialog.write.click()
    access = desk.sent[-1]
    assert (access.faces, access.reason) == ("shown", "police report 12/26")
    desk.model.receive(Refusal(time_s=0.0, command="Access", reason="no", code="role"), 100.0)
    desk.window.refresh()
    assert "your role may not do this" in dialog.word.feedback.text()
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_cannot_be_written_is_told(qtbot: QtBot, folder: Folder, tmp_path: Path) -> None:
    desk, dialog = exporting(qtbot, folder)
    dialog.path.setText(str(tmp_path / "missing" / "clip.mp4"))
    dialog.write.click()
    allow(folder, desk.sent[-1])
    qtbot.waitUntil(lambda: "NOT written" in dialog.word.feedback.text(), timeout=20000)
    assert "clip.mp4" in dialog.word.feedback.text()
    assert dialog.write.isEnabled(), "another place can be tried"
