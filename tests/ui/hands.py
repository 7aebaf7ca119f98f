"""A person's mouse and keyboard at the windows of this process: only what is in sight and free can be clicked.

Every event goes to the window as it would from the screen's server, so that Qt itself finds the widget under the
pointer: whatever lies above it, a dialog or a menu, gets the click instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QAction, QGuiApplication, QWindow
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMainWindow, QMenu, QMenuBar, QTableWidget, QWidget

PATIENCE_S = 40.0
_LEFT = Qt.MouseButton.LeftButton


class Hands:
    """Acts on windows, waits for what they show, and takes pictures of the whole screen into ``shots``."""

    def __init__(self, shots: Path) -> None:
        self._shots = shots
        self._count = 0
        shots.mkdir(parents=True, exist_ok=True)

    # Eyes

    def wait(self, seen: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> None:
        """Let the program run until something is seen. Raises AssertionError where it is not."""
        end_s = time.monotonic() + limit_s
        while not seen():
            if time.monotonic() > end_s:
                self.look("in-vain")
                raise AssertionError(f"waited {limit_s:g} s in vain for {what}")
            QTest.qWait(20)

    def look(self, name: str) -> None:
        """Keep a picture of the whole screen."""
        QTest.qWait(150)
        self._count += 1
        screen = QGuiApplication.primaryScreen()
        assert screen is not None
        path = self._shots / f"{self._count:02d}-{name}.png"
        assert screen.grabWindow(0).save(str(path)), path
        print(path.name, flush=True)

    # Mouse

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click a widget in its middle, or at a place in its own pixels."""
        place = widget.rect().center() if at is None else at
        self.wait(lambda: _reachable(widget, place), f"{_name(widget)} to be in sight, free and not greyed")
        window, there = _in_window(widget, place)
        QTest.mouseMove(window, there)
        QTest.mouseClick(window, _LEFT, Qt.KeyboardModifier.NoModifier, there)
        QTest.qWait(20)

    def choose_row(self, table: QTableWidget, row: Callable[[], int]) -> None:
        """Click a row of a table, or go there by arrow key where it is out of sight; rows may move meanwhile."""
        viewport = table.viewport()
        assert viewport is not None
        if (middle := _middle(table, row())) is not None:
            self.click(viewport, middle)
            return
        top = _middle(table, table.rowAt(2)) or viewport.rect().center()
        self.click(viewport, top)
        for _ in range(table.rowCount() * 2):
            if table.currentRow() == row():
                return
            self.press(Qt.Key.Key_Down if table.currentRow() < row() else Qt.Key.Key_Up)
        raise AssertionError(f"row {row()} cannot be reached, the keyboard stands at {table.currentRow()}")

    def drag(self, widget: QWidget, start: QPointF, end: QPointF) -> None:
        """Press at one place, move in steps, let go at another."""
        self.wait(lambda: _reachable(widget, start.toPoint()), f"{_name(widget)} to be in sight")
        window, there = _in_window(widget, start.toPoint())
        QTest.mousePress(window, _LEFT, Qt.KeyboardModifier.NoModifier, there)
        for k in range(1, 9):
            _, there = _in_window(widget, (start + (end - start) * (k / 8)).toPoint())
            QTest.mouseMove(window, there)
            QTest.qWait(15)
        QTest.mouseRelease(window, _LEFT, Qt.KeyboardModifier.NoModifier, there)
        QTest.qWait(20)

    def choose(self, bar: QMenuBar, menu: QMenu, action: QAction, shot: str = "") -> None:
        """Open a menu of the bar and choose from it."""
        opening = menu.menuAction()
        self.click(bar, bar.actionGeometry(opening).center())
        self.wait(menu.isVisible, "the menu")
        if shot:
            self.look(shot)
        self.click(menu, menu.actionGeometry(action).center())

    # Keyboard

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key wherever the keyboard is."""
        QTest.keyClick(_keyboard(), key, held)
        QTest.qWait(20)

    def type(self, text: str) -> None:
        """Type where the keyboard is."""
        for letter in text:
            QTest.keyClick(_keyboard(), letter)
        QTest.qWait(20)


def _keyboard() -> QWindow:
    """The window that has the keyboard. A bare X server gives it to nobody when a dialog closes; a desktop does."""
    if QGuiApplication.focusWindow() is None:
        shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow) and w.isVisible()]
        (QApplication.activeModalWidget() or shown[0]).activateWindow()
        end_s = time.monotonic() + 5.0
        while QGuiApplication.focusWindow() is None and time.monotonic() < end_s:
            QTest.qWait(10)
    window = QGuiApplication.focusWindow()
    assert window is not None, "no window has the keyboard"
    return window


def _in_window(widget: QWidget, at: QPoint) -> tuple[QWindow, QPoint]:
    top = widget.window()
    window = top.windowHandle() if top is not None else None
    assert top is not None
    assert window is not None, f"{_name(widget)} stands in no window"
    return window, widget.mapTo(top, at) if widget is not top else at


def _reachable(widget: QWidget, at: QPoint) -> bool:
    """Whether a person could click there now."""
    if not (widget.isVisible() and widget.isEnabled() and QRect(QPoint(), widget.size()).contains(at)):
        return False
    under = QApplication.widgetAt(widget.mapToGlobal(at))
    return under is not None and (under is widget or widget.isAncestorOf(under))


def _middle(table: QTableWidget, row: int) -> QPoint | None:
    """The middle of a row's first cell, where all of it is in sight."""
    item, viewport = table.item(row, 0), table.viewport()
    if item is None or viewport is None:
        return None
    place = table.visualItemRect(item)
    return place.center() if viewport.rect().contains(place) else None


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")()
    return f"{type(widget).__name__} {text!r}"
