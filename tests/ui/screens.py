"""Pictures of every page of the console, in both languages, two sizes and two themes, for the guides.

    python -m tests.ui.screens docs/screens

The people are invented; the clip on page Review is of a sample recording.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import msgspec
from PIL import Image
from PyQt6.QtCore import QElapsedTimer
from PyQt6.QtWidgets import QApplication

from calibration.coverage import coverage_map
from recordings.alarm_history import PastAlarm
from recordings.sample_files import sample_path
from recordings.shifts import PERIODS
from recordings.store import Recording
from safety.audit import AUDIT_FILE, AuditLog
from safety.records import Level, SessionView
from tests.recordings.live_like import live_folder
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.test_site_page import news
from ui.appearance import Appearance
from ui.console import application_in_memory, save_picture
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow
from ui.hues import Theme
from ui.site_draft import Ref
from ui.text import LANGUAGE_NAMES, Language

SIZES = ((1280, 800), (1920, 1080))
THEMES: tuple[Theme, ...] = ("light", "night")
SITE = example_site()
_CLIP_LIMIT_S = 60.0
_DAY_S = 86_400.0


def main(folder: Path) -> None:
    """Write ``PAGE-LANGUAGE-WIDTH-THEME.png`` for each."""
    application_in_memory()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        records = Path(name)
        wall_s = _past(records)
        for language, size_px, theme in product(LANGUAGE_NAMES, SIZES, THEMES):
            for page, window in _pages(records, wall_s, language, size_px, theme):
                path = folder / f"{page}-{language}-{size_px[0]}-{theme}.png"
                save_picture(window, path)
                # With a table of its own colours the file is a third as large, and looks the same.
                with Image.open(path) as picture:
                    few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
                few.save(path, optimize=True)
                print(path, flush=True)


def _past(records: Path) -> float:
    """A week of alarms, and a recording of the last of them; the time at which one looks back on it (Unix)."""
    info = Recording(sample_path("passer-by")).info
    start_s = info.wall_offset_s + info.start_s
    with AuditLog(records / AUDIT_FILE) as log:
        for day in range(6, 0, -1):
            _day(log, start_s - day * _DAY_S, day)
    live_folder(records, "passer-by", 23.0)
    return start_s + 60.0


def _day(log: AuditLog, start_s: float, day: int) -> None:
    log.append(start_s, 0.0, "engine", "engine", "start", {"site": SITE.site.name})
    for n in range(3 + day % 4):
        at_s = start_s + 3600.0 * (7.0 + 1.7 * n) + 300.0 * day
        situation = ("struck_by", "fall_zone", "swing", "person_lost", "camera_blind")[(n + day) % 5]
        who = {"source": "cam2"} if situation == "camera_blind" else {"hoist": "H1", "person": f"P{n + 2}"}
        level = ("warning", "caution", "danger")[(n * day) % 3]
        alarm = {"alarm": f"a-{day}{n}", "event": "raised", "level": level, "situation": situation, **who}
        log.append(at_s, 0.0, "engine", "engine", "alarm", alarm)
        given = {"alarm": f"a-{day}{n}", "by": "kim"}
        log.append(at_s + 3.0 + 2.0 * n, 0.0, "console", "console-1", "acknowledge", given)
        over = {**alarm, "event": "cleared", "level": "clear"}
        log.append(at_s + 20.0 + 9.0 * n, 0.0, "engine", "engine", "alarm", over)
    log.append(start_s + 64_000.0, 0.0, "engine", "engine", "stop", {})


def _pages(
    records: Path, wall_s: float, language: Language, size_px: tuple[int, int], theme: Theme
) -> Iterator[tuple[str, ConsoleWindow]]:
    model = ConsoleModel(SITE, language=language, send=lambda _message: None)
    audit = records / AUDIT_FILE
    window = ConsoleWindow(model, lambda: scenes.START_S, audit=audit, appearance=Appearance(theme))
    window.plan.set_coverage(coverage_map(SITE))
    for page in (window.review, window.statistics):
        page._wall = lambda: wall_s
        page.period.setCurrentIndex(PERIODS.index("week"))
    kim = SessionView(console="console-1", user="kim", role="engineer", until_s=scenes.START_S + 3600.0)
    shot = msgspec.structs.replace(scenes.danger(SITE), sessions=(kim,), sign_in_required=True)
    for message in (
        scenes.snapshot(SITE, seq=99, sessions=(kim,), sign_in_required=True),
        *scenes.pictures(SITE, shot),
        shot,
        scenes.RAISED,
        scenes.health(SITE),
        news(SITE),
    ):
        model.receive(message, scenes.START_S)
    window.resize(*size_px)
    window.show()
    for place, name in enumerate(PAGES):
        window.pages.setCurrentIndex(place)
        _settle(window)
        if name == "review":
            _look_back(window)
        if name == "site":
            window.model.site_page.select(Ref("zone", 1))
            window.site_page.refresh()
        _settle(window)
        yield name, window
    window.close()
    window.deleteLater()


def _look_back(window: ConsoleWindow) -> None:
    """Choose the danger, and wait for its clip."""
    review, timer = window.review, QElapsedTimer()
    timer.start()
    rows: list[PastAlarm] = []
    while not rows and timer.elapsed() < _CLIP_LIMIT_S * 1000.0:
        QApplication.processEvents()
        rows = [row.alarm for row in review._rows]
    review.table.selectRow(next(k for k, alarm in enumerate(rows) if alarm.worst is Level.DANGER))
    while not review.take_out.isEnabled() and timer.elapsed() < _CLIP_LIMIT_S * 1000.0:
        QApplication.processEvents()


def _settle(window: ConsoleWindow) -> None:
    timer = QElapsedTimer()
    timer.start()
    while timer.elapsed() < 300:
        QApplication.processEvents()
    window.refresh()
    QApplication.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
