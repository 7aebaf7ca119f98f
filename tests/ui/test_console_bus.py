"""The console on a real bus with a real engine: what it shows comes from there, what it asks for gets there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from safety.bus import BusClient, BusPorts
from safety.keys import make_keys
from safety.records import Acknowledge, AlarmState, Shelve
from tests.ui import scenes
from tests.ui.hall import PATIENCE_S, Hall, wait_for
from tests.ui.windows import keep
from ui.console_bus import ConsoleFeed, Mailbox, now_s
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow

WAIT_MS = int(PATIENCE_S * 1000)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.close()


class Console:
    """What ``run_console`` puts together, in the test's own process."""

    def __init__(self, hall: Hall, keys: Path, qtbot: QtBot) -> None:
        bus = hall.site.bus
        client = BusClient(bus.host, BusPorts(bus.publish_port, bus.command_port), keys, "console", "console-1")
        self.feed = ConsoleFeed(client)
        self.model = ConsoleModel(hall.site, "console-1", "en", self.feed.send)
        self.window = ConsoleWindow(self.model, now_s, lambda: self.feed.pass_on(self.model))
        self.feed.arrived.connect(self.window.refresh)
        keep(qtbot, self.window)
        self.feed.start()
        self.window.start()
        self.window.show()

    def alarm(self) -> AlarmState | None:
        return self.model.snapshot.alarms[0].state if self.model.snapshot and self.model.snapshot.alarms else None


@pytest.fixture
def console(hall: Hall, tmp_path: Path, qtbot: QtBot) -> Iterator[Console]:
    console = Console(hall, tmp_path / "keys", qtbot)
    yield console
    console.feed.close()


def test_acknowledge_and_shelve_over_the_bus(hall: Hall, console: Console, qtbot: QtBot) -> None:
    window = console.window
    qtbot.waitUntil(window.alarms.buttons["acknowledge"].isEnabled, timeout=WAIT_MS)
    assert window.banner.title.text() == "WARNING"
    assert console.alarm() is AlarmState.UNACKNOWLEDGED

    first = window.alarms.table.item(0, 0)
    assert first is not None
    chosen = str(first.data(Qt.ItemDataRole.UserRole))
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: "done" in window.alarms.feedback.text(), timeout=WAIT_MS)
    asked = [c for c in hall.commands if isinstance(c, Acknowledge)]
    assert [(c.alarm, c.by) for c in asked] == [(chosen, "console-1")]
    assert console.model.snapshot is not None
    states = {a.id: a.state for a in console.model.snapshot.alarms}
    assert states[chosen] is AlarmState.ACKNOWLEDGED

    console.model.desk.shelve(chosen, 60.0, "camera is being cleaned", now_s())
    qtbot.waitUntil(lambda: not console.model.desk.pending(chosen), timeout=WAIT_MS)
    shelved = next(r for r in console.model.rows(now_s()) if r.id == chosen)
    assert shelved.state is AlarmState.SHELVED
    assert "camera is being cleaned" in shelved.reason
    assert [c.for_s for c in hall.commands if isinstance(c, Shelve)] == [60.0]


def test_the_engines_refusal_is_shown(hall: Hall, console: Console, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: console.alarm() is not None, timeout=WAIT_MS)
    console.model.desk.shelve("a-1", 999_999.0, "for ever", now_s())
    qtbot.waitUntil(lambda: "REFUSED" in console.window.alarms.feedback.text(), timeout=WAIT_MS)


def test_a_command_that_the_engine_does_not_hear_is_told(hall: Hall, console: Console, qtbot: QtBot) -> None:
    qtbot.waitUntil(console.window.alarms.buttons["acknowledge"].isEnabled, timeout=WAIT_MS)
    hall.deaf.set()
    qtbot.keyClick(console.window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: "NOT confirmed" in console.window.alarms.feedback.text(), timeout=WAIT_MS)


def test_an_engine_that_stops_is_told_and_so_is_its_return(hall: Hall, console: Console, qtbot: QtBot) -> None:
    title = console.window.banner.title
    qtbot.waitUntil(lambda: console.alarm() is not None, timeout=WAIT_MS)
    hall.pause.set()
    qtbot.waitUntil(lambda: title.text() == "ENGINE SILENT", timeout=WAIT_MS)
    assert not console.window.alarms.buttons["acknowledge"].isEnabled()
    hall.pause.clear()
    qtbot.waitUntil(lambda: title.text() == "WARNING", timeout=WAIT_MS)


def test_a_key_of_another_hall_is_told_and_not_taken_for_silence(hall: Hall, tmp_path: Path, qtbot: QtBot) -> None:
    make_keys(tmp_path / "others", hall.site)
    (tmp_path / "others" / "engine.pub").write_bytes((tmp_path / "keys" / "engine.pub").read_bytes())
    console = Console(hall, tmp_path / "others", qtbot)
    reason = console.window.banner.reason
    qtbot.waitUntil(lambda: "does not admit this console" in reason.text(), timeout=WAIT_MS)
    assert console.window.banner.title.text() == "WAITING FOR ENGINE"
    console.feed.close()


def test_a_slow_screen_gets_the_present_and_not_the_past() -> None:
    box = Mailbox()
    site_shot = scenes.snapshot(scenes_site := scenes_hall())
    for i in range(50):
        box.put(msgspec.structs.replace(site_shot, seq=i), float(i))
        for message in scenes.pictures(scenes_site, site_shot)[:2]:
            box.put(message, float(i))
        box.put(scenes.RAISED, float(i))
    waiting = box.drain()
    assert len(waiting) == 1 + 2 + 50, "one snapshot, one picture, one set of boxes, every transition"
    assert waiting[0] == (msgspec.structs.replace(site_shot, seq=49), 49.0)
    assert box.drain() == []


def scenes_hall():  # type: ignore[no-untyped-def]
    from tests.ui.example_site import example_site

    return example_site(cameras=1)


def test_closing_ends_the_thread_at_once(hall: Hall, tmp_path: Path, qtbot: QtBot) -> None:
    console = Console(hall, tmp_path / "keys", qtbot)
    wait_for(lambda: bool(hall.bus.ports))
    begun = time.monotonic()
    console.feed.close()
    console.feed.close()
    assert time.monotonic() - begun < 5.0
    assert console.feed.fault == ""
