"""A console at a moment that a test sets."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from safety.records import Command, Level
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, danger, snapshot
from tests.ui.windows import keep
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.text import Language

SITE = example_site()


class Desk:
    """A console at a moment that the test sets."""

    def __init__(self, qtbot: QtBot, language: Language = "en", **site: int) -> None:
        self.sent: list[Command] = []
        self.now_s = START_S
        self.model = ConsoleModel(example_site(**site), language=language, send=self.sent.append)  # type: ignore[arg-type]
        self.window = ConsoleWindow(self.model, lambda: self.now_s)
        keep(qtbot, self.window)
        self.bot = qtbot

    def show(self, *messages: object, size_px: tuple[int, int] = (1600, 900)) -> ConsoleWindow:
        for message in messages:
            self.model.receive(message, self.now_s)
        self.window.resize(*size_px)
        self.window.show()
        for _ in range(3):
            self.window.refresh()
            QApplication.processEvents()
        return self.window


STATES: dict[str, tuple] = {  # type: ignore[type-arg]
    "quiet": (snapshot(SITE),),
    "danger": (danger(SITE), scenes.RAISED),
    "blind": (snapshot(SITE, level=Level.CAUTION, alarms=(scenes.BLIND,)),),
    "bypassed": (scenes.bypassed(SITE),),
    "short": (scenes.short_of_looks(SITE),),
    "waiting": (),
}
