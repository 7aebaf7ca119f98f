"""The whole window, drawn into memory: words, sizes, keys, staleness."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import msgspec
import pytest
from PyQt6.QtCore import QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QAction, QColor, QImage, QTextDocument, QWheelEvent
from PyQt6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from calibration.coverage import coverage_map
from safety.records import Acknowledge, Command, Level, Reset, Shelve
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, danger, snapshot
from tests.ui.windows import keep
from ui.about import AboutDialog
from ui.about_facts import SOURCE, machine
from ui.banner import flash_on
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.dialogs import ResetDialog, ShelveDialog
from ui.sign_in import SignInDialog
from ui.text import Language, other, say
from ui.theme import korean_families

SITE = example_site()
SIZES = [(1366, 768), (1600, 900), (1920, 1080)]
NAMES = re.compile(
    r"\b(cam|cabinet-|P|H|C|a-)\d+|Hall 3|Shift|Ctrl|hoistwatch users add|kim|Hoistwatch|English"
    r"|camera 3 is being replaced|@console-1"
    r"|\b(Hz|ms|s|m|min|p50|p99|A|I|O|AGPL\S*|GNU)\b"
)


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


def colours(image: QImage, step: int = 7) -> set[int]:
    return {image.pixel(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)}


def test_the_floor_plan_and_tiles_are_painted(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(*scenes.pictures(SITE, snapshot(SITE)), snapshot(SITE))
    window.plan.set_coverage(coverage_map(SITE))
    plan = window.plan.grab().toImage()
    assert len(colours(plan)) > 20
    tile = window.cameras.tiles["cam1"].grab().toImage()
    assert len(colours(tile, 3)) > 20


def test_a_silent_engine_drains_the_colour(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))

    def red() -> int:
        image = window.plan.grab().toImage()
        pixels = (QColor(image.pixel(x, y)) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))
        return sum(c.red() > 150 and c.green() < 90 for c in pixels)

    assert red() > 50
    desk.now_s += 2.0
    desk.show()
    assert red() < 25, "the red that is left belongs to the exclusion zone, faded"
    assert window.banner.title.text() == "ENGINE SILENT"
    assert not window.alarms.buttons["acknowledge"].isEnabled()
    assert not any(card.button.isEnabled() and card.button.isVisible() for card in window.health.cards)


def test_a_silent_engine_never_claims_that_there_are_no_alarms(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(snapshot(SITE))
    assert window.alarms.empty.text() == "No alarms"
    desk.now_s += 2.0
    desk.show()
    assert window.alarms.empty.text() == "Alarms unknown: no live data"


def test_the_flash_is_slow_and_only_for_what_nobody_has_acknowledged(qtbot: QtBot) -> None:
    changes = [flash_on(i / 1000.0) for i in range(10_000)]
    assert sum(a != b for a, b in itertools.pairwise(changes)) / 2 / 10.0 <= 2.0
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    seen = set()
    for i in range(20):
        desk.now_s = START_S + 0.02 * i
        window.refresh()
        seen.add(window.banner.grab().toImage().pixel(4, 50))
    assert len(seen) >= 2


def test_empty_sites_say_so(qtbot: QtBot) -> None:
    site = example_site(cameras=0, hoists=0)
    window = Desk(qtbot, cameras=0, hoists=0).show(snapshot(site))
    texts = list(words(window))
    assert "No cameras in this site: observations only" in texts
    assert "No relay node in this site" in texts
    assert "Following people; this site has no hoist." in texts


def test_korean_can_be_drawn() -> None:
    if not korean_families():
        pytest.skip("no Korean font on this machine")
    assert korean_families()[0] != ""


# What a person does


def test_keys_acknowledge_and_the_click_is_told(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    qtbot.keyClick(window, Qt.Key.Key_A)
    assert [c.alarm for c in desk.sent if isinstance(c, Acknowledge)] == ["a-17"], "the most pressing one"
    assert "waiting for the engine" in window.alarms.feedback.text()
    desk.now_s += 0.4
    desk.show(danger(SITE, time_s=desk.now_s, seq=104))
    desk.now_s += 1.2
    desk.show(danger(SITE, time_s=desk.now_s, seq=116))
    assert "NOT confirmed" in window.alarms.feedback.text()


def test_acknowledge_all_shown_leaves_out_what_is_scrolled_away(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    many = tuple(msgspec.structs.replace(scenes.STRUCK, id=f"a-{i}", raised_s=START_S - i) for i in range(1, 40))
    window = desk.show(snapshot(SITE, level=Level.DANGER, alarms=many), size_px=(1366, 768))
    qtbot.mouseClick(window.alarms.buttons["acknowledge_visible"], Qt.MouseButton.LeftButton)
    asked = [c.alarm for c in desk.sent if isinstance(c, Acknowledge)]
    assert 1 <= len(asked) < 15
    assert asked[0] == "a-1"


def test_shelving_asks_for_a_reason(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    window.alarms.table.selectRow(2)
    QApplication.processEvents()
    qtbot.mouseClick(window.alarms.buttons["shelve"], Qt.MouseButton.LeftButton)
    dialog = next(d for d in window.findChildren(QDialog) if isinstance(d, ShelveDialog))
    assert not dialog.confirm.isEnabled()
    assert dialog.time.maximum() == 30
    qtbot.keyClicks(dialog.reason, "lens is cleaned")
    dialog.time.setValue(5)
    qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
    shelved = [c for c in desk.sent if isinstance(c, Shelve)]
    assert [(c.alarm, c.for_s, c.reason) for c in shelved] == [("a-15", 300.0, "lens is cleaned")]


def test_a_selection_survives_new_snapshots(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    window.alarms.table.selectRow(1)
    desk.now_s += 0.1
    first = msgspec.structs.replace(scenes.STRUCK, id="a-18", raised_s=START_S)
    shot = danger(SITE, time_s=desk.now_s, seq=101)
    desk.show(msgspec.structs.replace(shot, alarms=(first, *shot.alarms)))
    chosen = window.alarms.selected()
    assert chosen is not None
    assert chosen.id == "a-16"
    assert window.alarms.table.rowCount() == 6


def test_reset_needs_a_confirmation_and_cancel_is_the_default(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(danger(SITE))
    button = next(c.button for c in window.health.cards if c.button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = next(d for d in window.findChildren(QDialog) if isinstance(d, ResetDialog))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.sent == []
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    again = [d for d in window.findChildren(QDialog) if isinstance(d, ResetDialog)][-1]
    qtbot.mouseClick(again.confirm, Qt.MouseButton.LeftButton)
    assert [c.node for c in desk.sent if isinstance(c, Reset)] == ["cabinet-1"]


def test_full_screen_and_layers_and_about(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(snapshot(SITE))
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert not window.isFullScreen()
    before = window.plan.grab().toImage()
    action = next(a for a in window.findChildren(QAction) if a.text() == "Zones")
    action.trigger()
    assert not window.plan.layers.zones
    assert window.plan.grab().toImage() != before
    window.show_about()
    about = next(d for d in window.findChildren(QDialog) if isinstance(d, AboutDialog))
    text = " ".join(label.text() for label in about.findChildren(QLabel))
    assert "not a certified safety function" in text
    assert "claims no performance level" in text
    assert "AGPL-3.0-or-later" in text


def test_zoom_keeps_the_point_under_the_pointer(qtbot: QtBot) -> None:
    window = Desk(qtbot).show(snapshot(SITE))
    plan = window.plan
    before = plan.view().floor(300.0, 200.0)
    wheel = QWheelEvent(
        QPointF(300, 200), QPointF(300, 200), QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    plan.wheelEvent(wheel)
    assert plan.view().floor(300.0, 200.0) == pytest.approx(before)
    whole = plan.view().scale_px_per_m
    qtbot.mouseDClick(plan, Qt.MouseButton.LeftButton)
    assert plan.view().scale_px_per_m < whole
