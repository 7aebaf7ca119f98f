"""The health page: what its presenter says of cameras, outputs, sounds and processes, and that it can be read."""

from __future__ import annotations

import re

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from safety.annunciator.records import AnnunciatorView
from safety.health_records import EngineHealth, PartsStatus, PartView
from safety.output_records import BypassState, ProofDue, ProofReport
from safety.records import Snapshot
from tests.ui import scenes
from tests.ui.desk import Desk
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S, WALL_S, snapshot
from tests.ui.test_window_words import cut_off, untranslated, words
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.health_page_model import HealthView, Row
from ui.text import Language

SITE = example_site()
HEALTH = scenes.health(SITE)
TYPED = re.compile(
    r"engine|relay|cabinet-1|annunciator|south|north|gateway|permit|slow|siren|does not report|hoistwatch supervise|p95"
)
"""Names of this site, and what processes say in their own words."""
GONE = PartView(part="engine", state="given_up", restarts=5, restarts_all=5, how="killed", code=9, wall_s=WALL_S)


def view(*messages: object, language: Language = "en", later_s: float = 0.0) -> HealthView:
    model = ConsoleModel(SITE, language=language)
    for message in messages:
        model.receive(message, START_S)
    return model.health_page(START_S + later_s)


def row(rows: tuple[Row, ...] | None, *key: str) -> Row:
    return next(r for r in rows or () if r.key == key)


def with_node(**changes: object) -> Snapshot:
    quiet = snapshot(SITE)
    return msgspec.structs.replace(quiet, nodes=(msgspec.structs.replace(quiet.nodes[0], **changes),))


def output(shot: Snapshot, contact: str = "permit") -> Row:
    return row(view(shot).outputs, "cabinet-1", contact)


def test_cameras_are_told_with_their_faults_by_name() -> None:
    quiet = snapshot(SITE)
    first, second, third, last = quiet.cameras
    told = msgspec.structs.replace(
        quiet,
        cameras=(
            msgspec.structs.replace(first, alive=False, trouble="covered", trouble_s=12.0),
            msgspec.structs.replace(second, alive=False, rate_hz=0.0, age_s=4.0, message="cannot be opened"),
            msgspec.structs.replace(third, received_hz=15.0, wait_s=0.7),
            msgspec.structs.replace(last, trouble="moved", trouble_s=3.0),
        ),
    )
    rows = view(told).cameras
    assert [(r.mark, r.cells[1]) for r in rows] == [
        ("bad", "COVERED 12 s"),
        ("bad", "BLIND 4.0 s"),
        ("abnormal", "looks come late"),
        ("abnormal", "CAMERA MOVED 3.0 s"),
    ]
    assert rows[2].cells[3] == "9.8 / 15.0 Hz"
    assert "cannot be opened" in rows[1].tip


@pytest.mark.parametrize(
    ("changes", "mark", "state"),
    [
        ({}, "good", "follows"),
        ({"connected": False}, "bad", "NOT CONNECTED"),
        ({"fault": "no answer"}, "bad", "FAULT: no answer"),
        ({"contacts": {"permit": False, "slow": True, "siren": False}}, "abnormal", "sent on, reads off"),
        ({"latched": True, "commanded": {"permit": False}, "contacts": {"permit": False}}, "abnormal", "latched"),
        ({"proof": ProofReport(id="1", done=False)}, "abnormal", "being tested"),
    ],
)
def test_an_output_says_what_is_most_pressing(changes: dict[str, object], mark: str, state: str) -> None:
    found = output(with_node(**changes))
    assert found.mark == mark
    assert state in found.cells[3]
    assert found.cells[1] == "H1 permit"


def test_a_bypass_stands_there_with_its_time_left() -> None:
    state = BypassState(id="b", contact="permit", by="kim@console-1", reason="crane stuck", left_s=61.2)
    found = output(with_node(bypasses=(state,), fault=""))
    assert (found.mark, found.cells[3]) == ("bad", "BYPASS 1 min 02 s left")
    assert output(with_node(bypasses=(state,)), "slow").mark == "good"


def test_proof_tests_are_told_with_the_next() -> None:
    dues = {
        "permit": ProofDue(node="cabinet-1", contact="permit", state="overdue", last_s=None, due_s=WALL_S),
        "slow": ProofDue(node="cabinet-1", contact="slow", state="failed", last_s=WALL_S, due_s=WALL_S + 1e6),
        "siren": ProofDue(node="cabinet-1", contact="siren", state="good", last_s=WALL_S, due_s=WALL_S + 86_400.0),
    }
    shot = msgspec.structs.replace(snapshot(SITE), proofs=tuple(dues.values()))
    assert [(output(shot, c).mark, *output(shot, c).cells[3:]) for c in dues] == [
        ("abnormal", "test OVERDUE", "never", "now: OVERDUE"),
        ("abnormal", "test FAILED", "FAILED, passed 2026-09-21", "2026-10-03"),
        ("good", "follows", "2026-09-21", "2026-09-22"),
    ]
    assert output(snapshot(SITE)).cells[4:] == ("–", "–"), "no test is asked for"


def test_annunciators_with_a_test_from_before_this_run() -> None:
    quiet = msgspec.structs.replace(
        snapshot(SITE), annunciators=(AnnunciatorView(annunciator="south", connected=True, latency_s=0.031),)
    )
    assert view(quiet).sounds[0].cells == ("south", "ready", "31 ms", "never")
    assert re.fullmatch(r"2026-09-21 \d\d:\d\d: 4 of 4", view(quiet, HEALTH).sounds[0].cells[3])


def test_latency_of_both_ways_and_spans() -> None:
    told = view(snapshot(SITE), HEALTH)
    assert len(told.latency) == 4
    assert re.fullmatch(
        r"picture to permit, last minute: p50 1\d\d ms · p95 1\d\d ms · p99 \d+ ms \(600\)", told.latency[0]
    )
    bare = EngineHealth(time_s=START_S, wall_s=WALL_S, started_wall_s=WALL_S)
    assert view(snapshot(SITE), bare).latency == ("No picture has led to a permit yet",)


def test_processes_by_the_engine_or_by_this_machine_and_none_without_supervisor() -> None:
    told = view(snapshot(SITE), scenes.health(SITE, given_up=True))
    assert row(told.parts, "relay cabinet-1").mark == "good"
    assert row(told.parts, "annunciator south").cells[1:3] == ("starts again", "3 in 60 s, 3 in all")
    assert row(told.parts, "gateway").mark == "bad"
    assert told.alarm.startswith("GIVEN UP: gateway ended again and again")
    bare = EngineHealth(time_s=START_S, wall_s=WALL_S, started_wall_s=WALL_S)
    assert view(snapshot(SITE), bare).parts is None


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_engine_that_was_given_up_is_the_headline(language: Language) -> None:
    """Nothing comes over the bus any more: what stays is the supervisor's own file."""
    model = ConsoleModel(SITE, language=language)
    model.receive(snapshot(SITE), START_S)
    model.receive(PartsStatus(time_s=START_S, parts=(GONE,)), START_S)
    assert model.headline(START_S + 0.1).kind == "clear"
    head = model.headline(START_S + 3.0)
    assert head.kind == "silent"
    assert ("GIVEN UP: engine" in head.reason) == (language == "en")
    assert "engine" in model.health_page(START_S + 3.0).alarm
    model.receive(PartsStatus(time_s=START_S), START_S + 4.0)
    assert "engine" not in model.headline(START_S + 9.0).reason


# The page itself


def opened(desk: Desk, *messages: object, size_px: tuple[int, int] = (1280, 800)) -> ConsoleWindow:
    desk.show(*messages)
    desk.window.pages.setCurrentIndex(PAGES.index("health"))
    return desk.show(size_px=size_px)


def busy(desk: Desk) -> tuple[object, ...]:
    many = tuple(
        AnnunciatorView(annunciator=name, connected=name == "south", fault="" if name == "south" else "does not report")
        for name in ("south", "north")
    )
    shot = msgspec.structs.replace(scenes.bypassed(desk.model.site), annunciators=many)
    return shot, scenes.health(SITE, given_up=True)


def cells(window: ConsoleWindow) -> list[tuple[str, int, int]]:
    """Every cell and head of the page's tables: text, width that it needs, width that it has."""
    out = []
    for part in window.health_page.tables:
        table, header = part.table, part.table.horizontalHeader()
        if not table.isVisible() or header is None:
            continue
        for j in range(table.columnCount()):
            head = table.horizontalHeaderItem(j)
            assert head is not None
            out.append((head.text(), header.sectionSizeHint(j), header.sectionSize(j)))
            for i in range(table.rowCount()):
                item = table.item(i, j)
                assert item is not None
                needed = (
                    table.fontMetrics().horizontalAdvance(item.text())
                    + 18
                    + (22 if item.icon().availableSizes() else 0)
                )
                out.append((item.text(), needed, table.columnWidth(j)))
    return out


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size_px", [(1280, 800), (1920, 1080)])
def test_nothing_is_cut_off_and_all_is_in_the_language(
    qtbot: QtBot, language: Language, size_px: tuple[int, int]
) -> None:
    desk = Desk(qtbot, language)
    window = opened(desk, *busy(desk), size_px=size_px)
    assert (window.width(), window.height()) == size_px
    assert cut_off(window) == []
    assert [row for row in cells(window) if row[1] > row[2] and "report" not in row[0]] == []
    texts = [*words(window), *(text for text, *_ in cells(window))]
    assert untranslated((TYPED.sub("", text) for text in texts), language) == []


def test_the_page_has_a_key_and_keeps_what_was_chosen(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = desk.show(snapshot(SITE), HEALTH)
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_F2 + PAGES.index("health")))
    QApplication.processEvents()
    assert window.health_page.isVisible()
    table = window.health_page.outputs
    table.table.setFocus()
    table.table.setCurrentCell(0, 0)
    qtbot.keyClick(table.table, Qt.Key.Key_Down)
    desk.now_s += 1.0
    desk.show(msgspec.structs.replace(scenes.bypassed(SITE), time_s=desk.now_s, seq=200))
    assert table.chosen is not None
    assert table.chosen.key == ("cabinet-1", "slow")


def test_a_silent_engine_is_told_and_the_supervisor_still_is(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    window = opened(desk, snapshot(SITE), HEALTH)
    assert "running since" in window.health_page.head.text()
    desk.now_s += 5.0
    desk.show(PartsStatus(time_s=desk.now_s, parts=(GONE,)))
    assert "NOT LIVE" in window.health_page.head.text()
    assert "GIVEN UP: engine" in window.health_page.alarm.text()
    assert window.health_page.alarm.isVisible()
    item = window.health_page.parts.table.item(0, 1)
    assert item is not None
    assert item.text() == "GIVEN UP"
