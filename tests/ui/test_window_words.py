"""The words of the whole window: each in its language, none cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QAction, QTextDocument
from PyQt6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from safety.records import Level
from tests.ui import scenes
from tests.ui.desk import SITE, STATES, Desk
from tests.ui.scenes import snapshot
from tests.ui.windows import keep
from ui.about import AboutDialog
from ui.about_facts import SOURCE, machine
from ui.console_window import ConsoleWindow
from ui.dialogs import ResetDialog, ShelveDialog
from ui.sign_in import SignInDialog
from ui.text import Language, other, say

SIZES = [(1366, 768), (1600, 900), (1920, 1080)]
NAMES = re.compile(
    r"\b(cam|cabinet-|P|H|C|a-)\d+|Hall 3|Shift|Ctrl|hoistwatch users add|kim|Hoistwatch|English"
    r"|camera 3 is being replaced|@console-1"
    r"|\b(Hz|ms|s|m|min|p50|p99|A|I|O|AGPL\S*|GNU)\b"
)


def words(root: QWidget) -> Iterator[str]:
    """Every text that a person can read in a window, menus and tooltips included."""
    yield root.windowTitle()
    for label in root.findChildren(QLabel):
        if label.isVisibleTo(root):
            yield re.sub(r"<[^>]*>", " ", label.text())
    for button in root.findChildren(QPushButton):
        yield button.text()
        yield button.toolTip()
    for menu in root.findChildren(QMenu):
        yield menu.title()
    for action in root.findChildren(QAction):
        yield action.text()
    if isinstance(root, ConsoleWindow):
        table = root.alarms.table
        for j in range(table.columnCount()):
            header = table.horizontalHeaderItem(j)
            yield header.text() if header else ""
            for i in range(table.rowCount()):
                item = table.item(i, j)
                yield item.text() if item else ""
        for tile in root.cameras.tiles.values():
            yield tile.accessibleName()
        yield root.banner.accessibleName()


def untranslated(texts: Iterator[str], language: Language) -> list[str]:
    """Texts with words of the other language in them, names and units aside."""
    foreign = r"[A-Za-z]{2,}" if language == "ko" else r"[가-힣]"
    return [t for t in texts if t != "한국어" and re.search(foreign, NAMES.sub("", t))]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_switching_the_language_changes_every_word(qtbot: QtBot, state: str, language: Language) -> None:
    desk = Desk(qtbot, language)
    # The reason of shelving is what a person typed; in this test it has no language.
    messages = [_without_typed_text(m) for m in STATES[state]]
    window = desk.show(*messages)
    assert untranslated(words(window), language) == []
    qtbot.keyClick(window, Qt.Key.Key_L)
    QApplication.processEvents()
    assert desk.model.language == other(language)
    assert untranslated(words(window), other(language)) == []


def _without_typed_text(message: object) -> object:
    if not isinstance(message, type(snapshot(SITE))):
        return message
    alarms = tuple(msgspec.structs.replace(a, shelve_reason="123") for a in message.alarms)
    return msgspec.structs.replace(message, alarms=alarms)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_dialogs_speak_the_language(qtbot: QtBot, language: Language) -> None:
    for dialog in (
        ShelveDialog("a-17", "H1", 1800.0, language, None),
        ResetDialog("cabinet-1", language, None),
        SignInDialog(language, say(language, "command.acknowledge", target="a-17"), None),
        AboutDialog(language),
    ):
        keep(qtbot, dialog)
        # Names and versions of what runs are the same in every language.
        same = {text for pair in machine(language) for text in pair if text != say(language, "about.system")}
        marks = ("AGPL", "ISO 13849", str(SOURCE), "Hoistwatch ")
        texts = [t for t in words(dialog) if t not in same and not any(mark in t for mark in marks)]
        assert untranslated(iter(texts), language) == []


# Nothing is cut off


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons whose text needs more room than they have, or that reach out of their parent."""
    out = []
    for widget in [*root.findChildren(QLabel), *root.findChildren(QPushButton)]:
        if not widget.isVisibleTo(root) or not widget.text():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            fits = widget.heightForWidth(widget.width()) <= widget.height() + 1
        else:
            hint = widget.sizeHint()
            fits = hint.width() <= widget.width() + 1 and hint.height() <= widget.height() + 1
        place = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())
        if not fits or not root.rect().contains(place) or not _inside_parents(widget, root):
            out.append(f"{widget.text()!r} {widget.geometry()} needs {widget.sizeHint()}")
    return out


def _inside_parents(widget: QWidget, root: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and parent is not root:
        if not parent.rect().contains(QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size())):
            return False
        parent = parent.parentWidget()
    return True


def cut_cells(window: ConsoleWindow) -> list[str]:
    table, header = window.alarms.table, window.alarms.table.horizontalHeader()
    assert header is not None
    out = []
    for j in range(table.columnCount()):
        item = table.horizontalHeaderItem(j)
        if item is not None and header.sectionSizeHint(j) > header.sectionSize(j):
            out.append(item.text())
        for i in range(table.rowCount()):
            cell = table.item(i, j)
            if cell is None:
                continue
            # Without the cell's padding of 6 px and the style's own margin of 3 px on either side.
            document = QTextDocument(cell.text())
            document.setDocumentMargin(0.0)
            document.setDefaultFont(cell.font())
            document.setTextWidth(
                table.columnWidth(j) - (20.0 if j == table.columnCount() - 1 else 18.0) - (22.0 if j == 0 else 0.0)
            )
            if document.size().height() > table.rowHeight(i) or document.size().width() > table.columnWidth(j):
                out.append(f"{cell.text()!r} needs {document.size()}, has {table.rowHeight(i)}")
    return out


@pytest.mark.parametrize("state", [*STATES, "silent"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size_px", SIZES)
def test_no_text_is_cut_off(qtbot: QtBot, state: str, language: Language, size_px: tuple[int, int]) -> None:
    desk = Desk(qtbot, language)
    window = desk.show(*STATES["danger" if state == "silent" else state], size_px=size_px)
    if state == "silent":
        desk.now_s += 125.0
        window = desk.show(size_px=size_px)
    assert (window.width(), window.height()) == size_px, "the window must fit the screen"
    assert cut_off(window) == []
    assert cut_cells(window) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_dialogs_are_not_cut_off(qtbot: QtBot, language: Language) -> None:
    for dialog in (
        ShelveDialog("a-17", scenes.STRUCK.reason_en, 1800.0, language, None),
        ResetDialog("cabinet-1", language, None),
        SignInDialog(language, say(language, "command.acknowledge", target="a-17"), None),
        AboutDialog(language),
    ):
        keep(qtbot, dialog)
        dialog.show()
        QApplication.processEvents()
        assert cut_off(dialog) == []


def test_a_very_long_reason_is_shown_whole(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    wordy = msgspec.structs.replace(scenes.STRUCK, reason_en=" ".join([scenes.STRUCK.reason_en] * 2))
    window = desk.show(snapshot(SITE, level=Level.DANGER, alarms=(wordy, scenes.BLIND)), size_px=(1366, 768))
    assert cut_off(window) == []
    assert cut_cells(window) == []


# What the picture shows
