"""The statistics page over many halls, on a real PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from calibration.group import DatabaseTable
from recordings.group.events import read_event
from recordings.group.store import GroupStore
from recordings.shifts import PERIODS
from safety.plant_events import alarm_event
from safety.plant_log import PlantLog
from safety.records import Level
from tests.recordings.postgres import PASSWORD, Postgres
from tests.recordings.test_group import GROUP, snapshot, transition
from tests.ui.windows import keep
from ui.audit_reader import AuditReader
from ui.group_reader import GroupReader
from ui.hall_box import ALL, THIS, HallBox
from ui.statistics_page import StatisticsPage

HALLS = {"Press shop": 5, "Paint shop": 2}


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A group file whose database has some alarms of today in two halls, the last one of danger."""
    (tmp_path / "secret").write_text(PASSWORD)
    (tmp_path / "secret").chmod(0o600)
    with Postgres() as running:
        table = DatabaseTable(port=running.port, password_file="secret")
        with GroupStore(table, tmp_path) as store:
            for name, count in HALLS.items():
                topic = f"plant/{name}"
                now_s = time.time()
                told = [e for ago_s in (600.0, 0.0) for e in PlantLog(name).take(snapshot(now_s - ago_s))]
                events = [read_event(f"{topic}/log", msgspec.json.encode(e)) for e in told]
                for k in range(count):
                    level = Level.DANGER if k == count - 1 else Level.WARNING
                    event = alarm_event(name, transition(f"a-{k}", "raised", float(k), level), now_s - k, "r1")
                    events.append(read_event(f"{topic}/alarm", msgspec.json.encode(event)))
                store.write(events)
        database = f'[database]\nport = {running.port}\npassword_file = "secret"\n'
        (tmp_path / "group.toml").write_text(GROUP + database)
        yield tmp_path / "group.toml"


def test_all_halls_or_one(qtbot: QtBot, config: Path) -> None:
    page = StatisticsPage(AuditReader(None), ("06:00",), time.time, "en", group=GroupReader(config))
    keep(qtbot, page)
    page.resize(1280, 640)
    page.period.setCurrentIndex(PERIODS.index("week"))
    page.show()
    assert page.hall.isVisible()
    qtbot.waitUntil(lambda: page.hall.count() == 4, timeout=20_000)
    page.hall.setCurrentIndex(ALL)
    assert page.halls.isVisible()
    assert not page.limits.isVisible()
    shown = [[item.text() if (item := page.halls.item(i, j)) else "" for j in range(2)] for i in range(2)]
    assert shown == [["Paint shop", "2"], ["Press shop", "5"]]
    assert page.chart.accessibleName().endswith("7")
    verdict = page.halls.item(0, page.halls.columnCount() - 1)
    assert verdict is not None
    assert verdict.text() == "✗ exceeded", "half of its alarms are of danger"
    page.hall.setCurrentIndex(page.hall.findText("Press shop"))
    assert page.limits.isVisible()
    assert "5 alarms" in page.more.text()
    page.retranslate("ko")
    assert page.hall.currentText() == "Press shop"
    assert page.hall.itemText(ALL) == "모든 공장동"
    page.hall.setCurrentIndex(THIS)
    assert page.empty.isVisible(), "this machine has no audit log"


def test_a_database_that_is_away_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "group.toml").write_text(GROUP + "[database]\nport = 1\n")
    page = StatisticsPage(AuditReader(None), ("06:00",), time.time, "en", group=GroupReader(tmp_path / "group.toml"))
    keep(qtbot, page)
    page.show()
    page.hall.setCurrentIndex(ALL)
    qtbot.waitUntil(lambda: "cannot be reached" in page.empty.text(), timeout=15_000)


def test_a_page_without_a_group_offers_no_choice(qtbot: QtBot) -> None:
    page = StatisticsPage(AuditReader(None), ("06:00",), time.time, "en")
    keep(qtbot, page)
    page.show()
    assert not page.hall.isVisible()


def test_a_hall_stays_chosen_while_it_is_there(qtbot: QtBot) -> None:
    box = HallBox(None)  # type: ignore[arg-type]
    qtbot.addWidget(box)
    box.show_halls(["A", "B"])
    box.setCurrentIndex(ALL + 2)
    box.show_halls(["AA", "B", "C"])
    assert box.hall == "B"
    box.show_halls(["C"])
    assert (box.hall, box.all_halls) == (None, False)
    box.setCurrentIndex(ALL)
    box.show_halls([])
    assert box.all_halls
