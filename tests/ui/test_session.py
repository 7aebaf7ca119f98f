"""Signing in at the console: the presenter by the clock, and the real window with its dialog."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from safety.records import Acknowledge, Refusal, SessionView, SignIn, SignOut
from tests.ui.example_site import example_site
from tests.ui.scenes import danger, snapshot
from tests.ui.windows import keep
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.session_model import SILENT_S

SITE = example_site()
KIM = SessionView(console="console-1", user="kim", role="operator", until_s=50_000.0)
OTHER = SessionView(console="console-2", user="lee", role="engineer", until_s=50_000.0)


def asking(base: Any, *sessions: SessionView) -> Any:
    """A snapshot of an engine that has users, and of who is signed in."""
    return msgspec.structs.replace(base, sign_in_required=True, sessions=sessions)


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.sent: list[Any] = []
        self.now_s = 1000.0
        self.model = ConsoleModel(SITE, send=self.sent.append)
        self.window = ConsoleWindow(self.model, lambda: self.now_s)
        keep(qtbot, self.window)
        self.window.resize(1400, 800)
        self.window.show()

    def get(self, *messages: object) -> None:
        for message in messages:
            self.model.receive(message, self.now_s)
        self.window.refresh()
        QApplication.processEvents()

    def type(self, qtbot: QtBot, user: str, password: str) -> None:
        dialog = self.window.session.dialog
        assert dialog is not None
        dialog.user.setText(user)
        dialog.password.setText(password)
        qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)


def refusal(code: str, wait_s: float = 0.0) -> Refusal:
    return Refusal(time_s=0.0, command="SignIn", reason="told by the engine", code=code, wait_s=wait_s)


def test_the_corner_says_who_is_signed_in(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.get()
    assert desk.window.session.text() == "–"
    desk.get(snapshot(SITE))
    assert desk.window.session.text() == "No sign-in set up"
    desk.get(asking(snapshot(SITE, seq=104), OTHER))
    assert desk.window.session.text() == "Not signed in"
    desk.get(asking(snapshot(SITE, seq=105), KIM, OTHER))
    assert desk.window.session.text() == "kim · operator"
    assert "Signed in as operator until" in desk.window.session.toolTip()
    corner = desk.window.session
    assert corner.width() >= corner.sizeHint().width()


def test_a_command_waits_for_the_sign_in_and_is_then_given(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.get(asking(danger(SITE)))
    qtbot.keyClick(desk.window, Qt.Key.Key_A)
    assert desk.sent == []
    desk.type(qtbot, "kim", "a wrong one")
    assert [(m.user, m.password, m.by) for m in desk.sent] == [("kim", "a wrong one", "console-1")]
    dialog = desk.window.session.dialog
    assert dialog is not None
    assert "Checking" in dialog.result_line.text()
    assert not dialog.confirm.isEnabled()
    desk.get(refusal("wrong"))
    assert dialog.result_line.text() == "Name or password is wrong."
    assert dialog.password.text() == ""
    assert dialog.user.text() == "kim"
    desk.type(qtbot, "kim", "the right one")
    desk.get(asking(danger(SITE, seq=105), KIM))
    assert desk.window.session.dialog is None
    assert isinstance(desk.sent[-1], Acknowledge)
    assert desk.sent[-1].alarm == "a-17"


def test_giving_up_gives_no_command(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.get(asking(danger(SITE)))
    qtbot.keyClick(desk.window, Qt.Key.Key_A)
    dialog = desk.window.session.dialog
    assert dialog is not None
    dialog.reject()
    desk.get(asking(danger(SITE, seq=105), KIM))
    assert desk.sent == []
    desk.window.session.sign_in_or_out()
    assert [type(m) for m in desk.sent] == [SignOut]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (refusal("locked", 240.0), "Locked after too many wrong passwords. Try again in 4 min."),
        (refusal("no_users"), "This site has no users yet."),
        (refusal(""), "The engine does not answer."),
    ],
)
def test_what_the_engine_says_is_told(qtbot: QtBot, answer: Refusal, says: str) -> None:
    desk = Desk(qtbot)
    desk.get(asking(snapshot(SITE)))
    desk.window.session.sign_in()
    desk.type(qtbot, "kim", "something")
    desk.get(answer)
    dialog = desk.window.session.dialog
    assert dialog is not None
    assert says in dialog.result_line.text()


def test_an_engine_that_says_nothing_is_told_after_a_while(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.get(asking(snapshot(SITE)))
    desk.window.session.sign_in()
    desk.type(qtbot, "kim", "something")
    assert isinstance(desk.sent[0], SignIn)
    assert "something" not in repr(desk.sent[0])
    desk.now_s += SILENT_S + 0.1
    desk.get()
    dialog = desk.window.session.dialog
    assert dialog is not None
    assert dialog.result_line.text() == "The engine does not answer."


def test_a_refusal_for_want_of_a_role_is_told_in_the_language(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.get(asking(danger(SITE), KIM))
    qtbot.keyClick(desk.window, Qt.Key.Key_A)
    desk.get(Refusal(time_s=0.0, command="Acknowledge", reason="Acknowledge is not for a viewer", code="role"))
    assert "your role may not do this" in desk.window.alarms.feedback.text()
    desk.window.retranslate("ko")
    assert "현재 권한으로는" in desk.window.alarms.feedback.text()
