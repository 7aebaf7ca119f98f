"""Windows of the tests that are running. Python must not collect one while Qt still paints it."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

ALIVE: list[QWidget] = []


def keep(qtbot: QtBot, window: QWidget) -> None:
    """Hold a window until its test has been torn down; qtbot alone holds it weakly."""
    qtbot.addWidget(window)
    ALIVE.append(window)
