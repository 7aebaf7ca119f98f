"""The page on which the site is edited: by mouse on plan and picture, by keyboard, and what becomes of applying."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from calibration.site import Site, Zone
from calibration.site_change import changes, public_site, version_of
from calibration.site_file import parse_site, site_text
from safety.records import Picture, Refusal, SessionView
from safety.site_records import ApplySite, SiteEntry, SiteNews
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, snapshot
from tests.ui.windows import keep
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.site_dialogs import BackDialog, LeaveDialog
from ui.site_draft import Ref, points_of
from ui.site_editor import ShapeEditor
from ui.text import Language

SITE = example_site()
AISLE = Ref("zone", 0)
KIM = SessionView(console="console-1", user="kim", role="engineer", until_s=START_S + 1e4)


def news(site: Site, by: str = "", n: int = 1, before: Site | None = None) -> SiteNews:
    made = changes(before, site) if before is not None else ()
    entry = SiteEntry(n=n, version=version_of(site), wall_s=1.79e9, by=by, changes=made)
    return SiteNews(time_s=START_S, version=version_of(site), text=site_text(public_site(site)), history=(entry,))


class Page:
    """A console with the page open, an engineer signed in, at a moment that the test sets."""

    def __init__(self, qtbot: QtBot, language: Language = "en", told: bool = True) -> None:
        self.sent: list[Any] = []
        self.now_s = START_S
        self.model = ConsoleModel(SITE, language=language, send=self.sent.append)
        self.window = ConsoleWindow(self.model, lambda: self.now_s)
        keep(qtbot, self.window)
        self.bot, self.page, self.edit = qtbot, self.window.site_page, self.model.site_page
        self.model.receive(snapshot(SITE, sessions=(KIM,), sign_in_required=True), START_S)
        if told:
            self.model.receive(news(SITE), START_S)
        self.window.resize(1280, 800)
        self.window.show()
        self.window.pages.setCurrentIndex(PAGES.index("site"))
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.window.refresh()
            QApplication.processEvents()

    def drag(self, editor: ShapeEditor, start: QPointF, end: QPointF) -> None:
        """Press, move in steps, let go."""
        left = Qt.MouseButton.LeftButton
        self.bot.mousePress(editor, left, pos=start.toPoint())
        for share in (0.3, 0.7, 1.0):
            self.bot.mouseMove(editor, (start + share * (end - start)).toPoint())
        self.bot.mouseRelease(editor, left, pos=end.toPoint())
        self.settle()

    def status(self) -> str:
        self.settle()
        return self.page.status.text()

    def corners(self, ref: Ref = AISLE) -> tuple[tuple[float, float], ...]:
        row = self.edit.draft.row(ref)
        assert row is not None
        return points_of(row)


def px(editor: ShapeEditor, x_m: float, y_m: float) -> QPointF:
    at = editor.floor.to_px((x_m, y_m))
    assert at is not None
    return at


def test_a_zone_is_moved_and_reshaped_by_mouse_applied_and_taken(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    plan = desk.page.plan
    assert desk.status() == "This is the site that runs."
    assert not desk.page.buttons["apply"].isEnabled()
    desk.drag(plan, px(plan, 5.0, 5.5), px(plan, 5.0, 6.5))
    assert desk.edit.selected == AISLE
    assert desk.corners()[0] == pytest.approx((0.0, 6.0), abs=0.05)
    desk.drag(plan, px(plan, *desk.corners()[1]), px(plan, 20.0, 4.0))
    assert desk.corners()[1] == pytest.approx((20.0, 4.0), abs=0.05)
    middle = np.mean(desk.corners()[:2], axis=0)
    desk.drag(plan, px(plan, *middle), px(plan, 10.0, 3.0))
    assert len(desk.corners()) == 5
    assert desk.status().startswith("NOT APPLIED YET · changed: 1.")
    assert desk.window.pages.tabText(PAGES.index("site")) == "Site *"
    qtbot.keyClicks(desk.page.comment, "aisle as painted")
    qtbot.mouseClick(desk.page.buttons["apply"], Qt.MouseButton.LeftButton)
    (command,) = desk.sent
    assert isinstance(command, ApplySite)
    assert (command.base, command.comment) == (version_of(SITE), "aisle as painted")
    new = parse_site(command.text, "t")
    assert new.zone[0].polygon_m == desk.corners()
    assert "Sent" in desk.status()
    desk.model.receive(news(new, "kim@console-1", 2, SITE), START_S)
    assert "Applied" in desk.status()
    assert desk.page.comment.text() == "", "the next change needs words of its own"
    assert not desk.edit.draft.dirty
    assert desk.window.plan.site.zone[0].polygon_m == new.zone[0].polygon_m, "the live plan shows it too"
    assert "Corners, m redrawn" in desk.page.versions.item(0).text()  # type: ignore[union-attr]


def test_a_corner_is_drawn_on_a_cameras_picture_where_the_floor_is(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    jpeg = cv2.imencode(".jpg", np.full((270, 480, 3), 90, np.uint8))[1].tobytes()
    desk.model.receive(Picture(camera="cam1", time_s=START_S, scale=0.25, jpeg=jpeg), START_S)
    desk.page.choice.setCurrentIndex(1)
    desk.settle()
    picture = desk.page.pictures["cam1"]
    bay = Ref("zone", 1)
    desk.edit.select(bay)
    desk.page.refresh()
    assert desk.corners(bay)[0] == (8.0, 7.0)
    desk.drag(picture, px(picture, 8.0, 7.0), px(picture, 7.0, 6.5))
    one_px_m = np.hypot(*(np.array(picture.floor.to_floor(px(picture, 7.0, 6.5) + QPointF(1, 1))) - (7.0, 6.5)))
    assert np.hypot(*(np.array(desk.corners(bay)[0]) - (7.0, 6.5))) < one_px_m + 0.01
    # And drawn back: the grip lies where the corner was let go.
    back = px(picture, *desk.corners(bay)[0]) - px(picture, 7.0, 6.5)
    assert abs(back.x()) < 1.0
    assert abs(back.y()) < 1.0
    assert picture.floor.to_floor(QPointF(picture.width() / 2, -5.0)) is None, "beside the picture there is no floor"
    qtbot.mouseClick(desk.page.buttons["undo"], Qt.MouseButton.LeftButton)
    assert desk.corners(bay)[0] == (8.0, 7.0)


def test_everything_by_keyboard(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    plan = desk.page.plan
    qtbot.keyClick(desk.window, Qt.Key.Key_F2)
    qtbot.keyClick(desk.window, Qt.Key.Key_F6)
    assert desk.page.isVisible()
    qtbot.mouseClick(desk.page.buttons["add_structure"], Qt.MouseButton.LeftButton)
    new = desk.edit.selected
    assert new == Ref("structure", 4)
    before = desk.corners(new)
    qtbot.keyClick(plan, Qt.Key.Key_Right)
    qtbot.keyClick(plan, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert np.subtract(desk.corners(new), before) == pytest.approx(np.tile([0.1, 1.0], (4, 1)))
    qtbot.keyClick(plan, Qt.Key.Key_N)
    qtbot.keyClick(plan, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert desk.corners(new)[0][0] == pytest.approx(before[0][0] + 0.09)
    qtbot.keyClick(plan, Qt.Key.Key_Insert)
    assert len(desk.corners(new)) == 5
    qtbot.keyClick(plan, Qt.Key.Key_Delete)
    assert len(desk.corners(new)) == 4
    height: Any = desk.page.form.fields["height_m"]
    height.setFocus()
    height.selectAll()
    qtbot.keyClicks(height, "zwei")
    qtbot.keyClick(height, Qt.Key.Key_Return)
    assert "CANNOT BE APPLIED" in desk.status()
    assert "must be a number, is “zwei”" in desk.status()
    assert not desk.page.buttons["apply"].isEnabled()
    assert desk.edit.faulty() == {new}
    height.selectAll()
    qtbot.keyClicks(height, "3,5")
    qtbot.keyClick(height, Qt.Key.Key_Return)
    assert desk.edit.draft.row(new)["height_m"] == 3.5  # type: ignore[index]
    qtbot.keyClick(plan, Qt.Key.Key_Delete)
    assert desk.edit.draft.row(new) is None
    for _ in range(9):
        qtbot.keyClick(plan, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not desk.edit.draft.dirty
    qtbot.keyClick(plan, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert desk.edit.draft.row(new) is not None


def lines(qtbot: QtBot, text: Any, *typed: str) -> None:
    for line in typed:
        qtbot.keyClicks(text, line)
        qtbot.keyClick(text, Qt.Key.Key_Return)


def test_corners_can_be_typed_and_a_line_that_is_none_is_marked(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    desk.edit.select(AISLE)
    desk.page.refresh()
    text: Any = desk.page.form.fields["polygon_m"]
    text.setFocus()
    text.selectAll()
    lines(qtbot, text, "1, 5", "2 x")
    desk.page.comment.setFocus()
    assert desk.corners() == SITE.zone[0].polygon_m
    assert "border" in text.styleSheet()
    text.setFocus()
    text.selectAll()
    lines(qtbot, text, "1, 5", "20, 5", "20, 6.5")
    desk.page.comment.setFocus()
    assert desk.corners() == ((1.0, 5.0), (20.0, 5.0), (20.0, 6.5))


def test_a_refusal_and_silence_are_told_and_the_edits_stay(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    desk.edit.select(AISLE)
    desk.edit.put("kind", "work")
    desk.page.refresh()
    desk.page.buttons["apply"].click()
    desk.model.receive(Refusal(time_s=0.0, command="ApplySite", reason="no room on the disk"), START_S)
    assert desk.status() == "NOT applied: no room on the disk"
    assert desk.edit.draft.dirty
    desk.page.buttons["apply"].click()
    desk.now_s += 61.0
    assert "has not answered" in desk.status()


def test_edits_of_an_older_version_cannot_be_applied(qtbot: QtBot) -> None:
    desk = Page(qtbot, "ko")
    desk.edit.select(AISLE)
    desk.edit.put("name", "통로")
    theirs = SITE.model_copy(update={"zone": SITE.zone[:2]})
    desk.model.receive(news(theirs, "lee@console-2", 2, SITE), START_S)
    assert "lee@console-2" in desk.status()
    assert "이전 버전" in desk.status()
    assert not desk.page.buttons["apply"].isEnabled()
    assert [z.name for z in desk.window.plan.site.zone] == ["aisle", "bay"], "the live plan follows the engine"
    qtbot.mouseClick(desk.page.buttons["discard"], Qt.MouseButton.LeftButton)
    assert len(desk.edit.draft.rows["zone"]) == 2
    assert not desk.edit.stale


def test_before_the_engine_has_told_its_site_nothing_can_be_applied(qtbot: QtBot) -> None:
    desk = Page(qtbot, told=False)
    desk.edit.select(AISLE)
    desk.edit.put("kind", "work")
    assert "has not told its site" in desk.status()
    assert not desk.page.buttons["apply"].isEnabled()
    desk.model.receive(news(SITE), START_S)
    desk.settle()
    assert desk.page.buttons["apply"].isEnabled()


def test_going_back_is_asked_about_and_sent(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    past = SiteEntry(n=1, version="000000000000", wall_s=1.7e9, by="")
    now = news(SITE, "lee@console-2", 2)
    desk.model.receive(SiteNews(time_s=0.0, version="v2", text=now.text, history=(past, *now.history)), START_S)
    desk.page.side.setCurrentIndex(1)
    desk.settle()
    desk.page.versions.setCurrentRow(1)
    qtbot.mouseClick(desk.page.buttons["go_back"], Qt.MouseButton.LeftButton)
    dialog = next(d for d in desk.window.findChildren(QDialog) if isinstance(d, BackDialog))
    assert desk.sent == []
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    (command,) = desk.sent
    assert (command.base, command.back_to, command.comment) == ("v2", 1, "back to version 1")


def test_edits_are_asked_about_before_the_console_ends(qtbot: QtBot) -> None:
    desk = Page(qtbot)
    desk.edit.select(AISLE)
    desk.edit.delete_selected()
    qtbot.keyClick(desk.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    dialog = next(d for d in desk.window.findChildren(QDialog) if isinstance(d, LeaveDialog))
    assert desk.window.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert desk.window.isVisible()
    qtbot.keyClick(desk.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    again = [d for d in desk.window.findChildren(QDialog) if isinstance(d, LeaveDialog)][-1]
    qtbot.mouseClick(again.confirm, Qt.MouseButton.LeftButton)
    assert not desk.window.isVisible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_fits_a_small_screen(qtbot: QtBot, language: Language) -> None:
    desk = Page(qtbot, language)
    desk.edit.select(Ref("hoist", 0))
    desk.page.refresh()
    desk.settle()
    assert desk.window.width() == 1280
    assert desk.window.height() == 800
    for widget in desk.page.findChildren((QPushButton, QLabel)):  # type: ignore[call-overload]
        if widget.isVisible() and isinstance(widget, QPushButton):
            assert widget.width() >= widget.sizeHint().width() - 1, widget.text()
    assert desk.page.plan.height() > 250
    hint = desk.page.plan.mapTo(desk.window, QPoint(0, 0))
    assert hint.x() + desk.page.plan.width() <= 1280


def test_hall_with_nothing_in_it(qtbot: QtBot) -> None:
    model = ConsoleModel(example_site(cameras=0, hoists=0).model_copy(update={"zone": (), "structure": ()}))
    window = ConsoleWindow(model, lambda: START_S)
    keep(qtbot, window)
    window.show()
    window.pages.setCurrentIndex(PAGES.index("site"))
    for table in ("zone", "structure", "hoist"):
        window.site_page.buttons[f"add_{table}"].click()
    site, faults = model.site_page.checked()
    assert faults == ()
    assert site is not None
    assert (site.zone[0].name, isinstance(site.zone[0], Zone)) == ("zone 1", True)
