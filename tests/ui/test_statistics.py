"""The statistics page on a real audit log: words, figures, periods by the local clock, and what it says without one."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from recordings.shifts import PERIODS, edges_of, span_of
from safety.audit import AuditLog
from tests.ui.example_site import example_site
from tests.ui.scenes import snapshot
from tests.ui.windows import keep
from ui.audit_reader import AuditReader
from ui.bar_chart import step_of
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow
from ui.heat_map import warmth
from ui.statistics_model import CHARTS, load, view_of
from ui.statistics_page import StatisticsPage
from ui.text import Language

STARTS = ("06:00", "14:00", "22:00")
NOW_S = dt.datetime(2026, 11, 20, 16, 30).timestamp()


def an_audit(path: Path) -> Path:
    """A day of a hall: an engine since midnight, a few alarms, one camera that chatters in the afternoon."""
    day = dt.datetime(2026, 11, 20).timestamp()

    def raised(name: str, situation: str, level: str, **who: str) -> dict[str, object]:
        return {"alarm": name, "event": "raised", "level": level, "situation": situation, **who}

    with AuditLog(path) as log:
        log.append(day, 0.0, "engine", "engine", "start", {"site": "Hall 3"})
        for n, hour in enumerate((1, 7, 9, 15, 16)):
            at_s = day + 3600.0 * hour + 60.0
            alarm = raised(f"a-{n}", "struck_by", "danger" if hour == 15 else "warning", hoist="H1", person="P1")
            log.append(at_s, 0.0, "engine", "engine", "alarm", alarm)
            log.append(at_s + 4.0, 0.0, "console", "console-1", "acknowledge", {"alarm": f"a-{n}", "by": "kim"})
            log.append(at_s + 9.0, 0.0, "engine", "engine", "alarm", alarm | {"event": "cleared", "level": "clear"})
        for k in range(12):
            blink = raised(f"b-{k}", "camera_blind", "caution", source="cam2")
            log.append(day + 15.2 * 3600.0 + 15.0 * k, 0.0, "engine", "engine", "alarm", blink)
        log.append(NOW_S, 0.0, "engine", "engine", "alarm", raised("c-1", "a_later_one", "caution", hoist="H2"))
    return path


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_shows_the_shift(qtbot: QtBot, tmp_path: Path, language: Language) -> None:
    page = StatisticsPage(AuditReader(an_audit(tmp_path / "audit.sqlite")), STARTS, lambda: NOW_S, language)
    keep(qtbot, page)
    page.resize(1300, 640)
    page.show()
    qtbot.waitUntil(lambda: page.limits.rowCount() == 6, timeout=5000)
    words = ["2026-11-20 14:00", "2026-11-20 22:00", "2 h 30 min" if language == "en" else "2시간 30분"]
    assert all(word in page.headline.text() for word in words)
    cells = [[item.text() if (item := page.limits.item(i, j)) else "" for j in range(4)] for i in range(6)]
    # 15 alarms of this shift in two and a half hours; 12 within three minutes are a flood and four times chatter.
    assert [row[1] for row in cells] == ["144", "1.00", "5.2 %", "4", "0", "6.7 %"]
    exceeded = "✗ exceeded" if language == "en" else "✗ 초과"
    assert [row[3] == exceeded for row in cells] == [False, False, True, True, False, True]
    kinds = [[item.text() if (item := page.kinds.item(i, j)) else "" for j in range(5)] for i in range(3)]
    assert [row[1:] for row in kinds] == [
        ["cam2", "12", "80 %", "4"], ["H1", "2", "13 %", "0"], ["H2", "1", "7 %", "0"],
    ]  # fmt: skip
    assert kinds[2][0] == "a_later_one", "a situation of a later version keeps its name"
    assert "15" in page.chart.accessibleName()
    page.period.setCurrentIndex(PERIODS.index("today"))
    assert "18" in page.more.text()
    page.period.setCurrentIndex(PERIODS.index("last_shift"))
    assert ("2 alarms" if language == "en" else "경보 2건") in page.more.text()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_stands_where_there_is_no_log_to_read(tmp_path: Path, language: Language) -> None:
    (tmp_path / "broken.sqlite").write_text("not a database, and long enough to look like a file of some kind\n" * 4)
    empty = tmp_path / "empty.sqlite"
    AuditLog(empty).close()
    views = [
        view_of(loaded, "today", NOW_S, STARTS, language)
        for loaded in (None, load(tmp_path / "none.sqlite"), load(tmp_path / "broken.sqlite"), load(empty))
    ]
    english = ("Reading the audit log", "not on this machine", "cannot be read", "no engine ran")
    korean = ("읽는 중", "이 컴퓨터에 없습니다", "읽을 수 없습니다", "가동되지 않았습니다")
    for view, says in zip(views, english if language == "en" else korean, strict=True):
        assert says in view.empty
        assert view.limits == ()
    assert "none.sqlite" in views[1].empty


def test_the_window_opens_it_by_key_and_the_banner_stays(qtbot: QtBot, tmp_path: Path) -> None:
    model = ConsoleModel(example_site())
    window = ConsoleWindow(model, lambda: 100.0, audit=an_audit(tmp_path / "audit.sqlite"))
    keep(qtbot, window)
    model.receive(snapshot(example_site()), 100.0)
    window.resize(1400, 800)
    window.show()
    QApplication.processEvents()
    assert window.pages.tabText(2) == "Statistics"
    qtbot.keyClick(window, Qt.Key.Key_F4)
    assert window.statistics.isVisible()
    assert window.banner.isVisible()
    assert window.health.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F2)
    assert window.plan.isVisible()


def test_periods_by_the_local_clock() -> None:
    def words(span: tuple[float, float]) -> list[str]:
        return [dt.datetime.fromtimestamp(t).strftime("%d %H:%M") for t in span]

    assert words(span_of("this_shift", NOW_S, STARTS)) == ["20 14:00", "20 22:00"]
    assert words(span_of("last_shift", NOW_S, STARTS)) == ["20 06:00", "20 14:00"]
    night_s = dt.datetime(2026, 11, 20, 2, 0).timestamp()
    assert words(span_of("this_shift", night_s, STARTS)) == ["19 22:00", "20 06:00"]
    assert words(span_of("today", NOW_S, STARTS)) == ["20 00:00", "21 00:00"]
    assert words(span_of("week", NOW_S, STARTS)) == ["14 00:00", "21 00:00"]
    assert words(span_of("this_shift", NOW_S, ("07:30",))) == ["20 07:30", "21 07:30"]


@given(st.floats(1.6e9, 2.0e9), st.sampled_from(PERIODS))
def test_a_period_holds_the_present_or_ends_before_it(now_s: float, period: str) -> None:
    begin, end = span_of(period, now_s, STARTS)  # type: ignore[arg-type]
    assert begin < end
    assert (end <= now_s) if period == "last_shift" else (begin <= now_s < end)
    edges = edges_of((begin, end))
    assert (edges[0], edges[-1]) == (begin, end)
    assert all(a < b for a, b in itertools.pairwise(edges))
    assert len(edges) <= 52


@given(st.integers(0, 10**7))
def test_axes_have_few_round_lines(most: int) -> None:
    step = step_of(most)
    assert most <= 5 * step
    assert int(str(step).rstrip("0")) in (1, 2, 5)
    assert step == 1 or most > 2 * step


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_chart_by_shift_by_zone_and_as_a_map(qtbot: QtBot, tmp_path: Path, language: Language) -> None:
    site, day = example_site(), dt.datetime(2026, 11, 20).timestamp()
    (x_m, y_m), zone = site.zone[0].polygon_m[0], site.zone[0].name
    with AuditLog(tmp_path / "audit.sqlite") as log:
        log.append(day, 0.0, "engine", "engine", "start", {})
        for n, place in enumerate(({"at_m": [x_m, y_m], "zones": [zone]}, {"at_m": [0.5, 0.5], "zones": []}, {})):
            alarm = {"alarm": f"a-{n}", "event": "raised", "level": "danger", "situation": "struck_by", "person": "P1"}
            log.append(day + 3600.0 * (8 + n), 0.0, "engine", "engine", "alarm", alarm | place)
            told = {"alarm": f"a-{n}", "raised_wall_s": day + 3600.0 * (8 + n), "by": "kim"}
            verdict = "nuisance" if n == 1 else "true"
            log.append(day + 3600.0 * 12, 0.0, "console", "console-1", "verdict", told | {"verdict": verdict})
        log.append(NOW_S, 0.0, "engine", "engine", "end", {})
    page = StatisticsPage(AuditReader(tmp_path / "audit.sqlite"), STARTS, lambda: NOW_S, language, site=site)
    keep(qtbot, page)
    page.resize(1280, 700)
    page.period.setCurrentIndex(PERIODS.index("today"))
    page.show()
    qtbot.waitUntil(lambda: page.limits.rowCount() == 6, timeout=5000)
    assert "33 %" in page.more.text(), "one of three judged is a nuisance"
    page.chart_box.setCurrentIndex(CHARTS.index("shift"))
    assert "06:00–14:00 3" in page.chart.accessibleName()
    page.chart_box.setCurrentIndex(CHARTS.index("zone"))
    outside, unknown = ("no zone", "place unknown") if language == "en" else ("구역 밖", "위치 불명")
    assert page.chart.accessibleName().endswith(f"{zone} 1, {outside} 1, {unknown} 1")
    page.chart_box.setCurrentIndex(CHARTS.index("map"))
    assert page.map is not None
    assert page.map.isVisible()
    assert not page.chart.isVisible()
    note = page.map.accessibleName()
    assert ("Near misses: 2" if language == "en" else "아차사고: 2건") in note
    assert ("known place: 1" if language == "en" else "없음: 1건") in note
    shown = page.map.grab().toImage()
    page.period.setCurrentIndex(PERIODS.index("this_shift"))
    assert page.map.grab().toImage() != shown, "no near miss in this shift"


def test_warmth_is_one_at_a_single_spot_and_adds_up() -> None:
    one, three = warmth([(2.1, 1.1)], (0.0, 0.0), (6.0, 4.0)), warmth([(2.1, 1.1)] * 3, (0.0, 0.0), (6.0, 4.0))
    assert one.shape == (20, 30)
    assert one.max() == pytest.approx(one[5, 10]) == pytest.approx(1.0)
    np.testing.assert_allclose(three, 3.0 * one)
    assert warmth([], (0.0, 0.0), (6.0, 4.0)).max() == 0.0
