"""The health page at a running engine: real processes, a real Modbus server, clicks by pytest-qt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from calibration.site_file import site_text
from safety.audit import AuditLog
from safety.bus_client import BusClient
from safety.users import add_user
from tests.live_chain import NODE, START_S, Chain, resting_hoist
from tests.ui.windows import keep
from tests.worlds import bridge, hall
from ui.console_bus import ConsoleFeed, now_s
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.output_dialogs import BypassDialog

PASSWORD = "heron over water"
PATIENCE_MS = round(START_S * 1000)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    site = hall(cameras=0, hoists=[bridge()])
    played = resting_hoist(tmp_path / "rest.mcap", site_text(site))
    started = Chain(tmp_path, site, "--playback", played, "--no-record", read_back="discrete_inputs",
                    output={"siren": {"minimum_on_s": 0.5}})  # fmt: skip
    add_user(tmp_path / "keys", "kim", "engineer", PASSWORD)
    with started as chain:
        chain.sign_in("kim", PASSWORD)
        chain.free()
        yield chain


@pytest.fixture
def window(chain: Chain, qtbot: QtBot) -> Iterator[ConsoleWindow]:
    chain.console.close()  # its key is the window's from now on
    client = BusClient.of_site(chain.site.bus, chain.folder / "keys", "console", "console-1")
    feed = ConsoleFeed(client)
    model = ConsoleModel(chain.site, "console-1", send=feed.send)
    window = ConsoleWindow(model, now_s, lambda: feed.pass_on(model), chain.records / "audit.sqlite")
    keep(qtbot, window)
    feed.arrived.connect(window.refresh)
    feed.start()
    window.resize(1280, 800)
    window.show()
    window.start()
    window.pages.setCurrentIndex(PAGES.index("health"))
    yield window
    window.close()
    feed.close()


def test_a_self_test_and_a_bypass_by_clicks(chain: Chain, window: ConsoleWindow, qtbot: QtBot) -> None:
    gaps_s: list[float] = []
    last_s = time.monotonic()

    def beat() -> None:
        nonlocal last_s
        gaps_s.append(time.monotonic() - last_s)
        last_s = time.monotonic()

    timer = QTimer(window)
    timer.timeout.connect(beat)
    timer.start(5)
    page = window.health_page
    qtbot.waitUntil(lambda: window.model.session.mine is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(page.buttons["self_test"].isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.buttons["self_test"], Qt.MouseButton.LeftButton)
    dialog = window.health_actions.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.head.text() == "PASSED: all 3", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "Row " in dialog.record.text(), timeout=PATIENCE_MS)
    dialog.write(chain.folder / "record.html")
    qtbot.waitUntil(lambda: "Saved" in dialog.feedback.text(), timeout=PATIENCE_MS)
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        (row,) = log.rows_of("self_test")
    assert row.hash in (chain.folder / "record.html").read_text()
    dialog.close()
    assert not chain.permit_closed(), "a tested permit waits for a reset"

    page.outputs.table.setCurrentCell(0, 0)
    qtbot.waitUntil(page.buttons["bypass"].isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.buttons["bypass"], Qt.MouseButton.LeftButton)
    asked = next(d for d in window.findChildren(QDialog) if isinstance(d, BypassDialog))
    qtbot.keyClicks(asked.reason, "load hangs over the aisle")
    qtbot.mouseClick(asked.confirm, Qt.MouseButton.LeftButton)

    def state() -> str:
        item = page.outputs.table.item(0, 3)
        return item.text() if item is not None else ""

    qtbot.waitUntil(lambda: state().startswith("BYPASS 4 min"), timeout=PATIENCE_MS)
    assert "H1 permit" in window.banner.bypass.text()
    assert chain.permit_closed()
    qtbot.waitUntil(page.buttons["unbypass"].isEnabled, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.buttons["unbypass"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state() == "latched, needs reset", timeout=PATIENCE_MS)
    assert not chain.permit_closed()
    assert [row.cells[0] for row in window.model.health_page(now_s()).outputs] == [
        f"{NODE} {c}" for c in chain.site.relay[0].outputs
    ]
    timer.stop()
    print(f"\nlongest gap of the screen's thread {1e3 * max(gaps_s[5:]):.0f} ms, {len(gaps_s)} beats")
