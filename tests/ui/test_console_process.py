"""The console as a process: pictures without a screen, an orderly end, and one clear sentence where it cannot start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtGui import QImage

from calibration.errors import BadInput
from calibration.site_file import site_text
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.hall import PATIENCE_S, Hall, wait_for
from ui.console import render_console

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys
from pathlib import Path
from calibration.errors import BadInput
from ui.console import ConsoleOptions, run_console
try:
    sys.exit(run_console(Path(sys.argv[1]), options=ConsoleOptions(headless="headless" in sys.argv,
        screenshot=Path(sys.argv[2]) / "worst.png", screenshot_dir=Path(sys.argv[2]) / "all")))
except BadInput as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without any display, and then some."""
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {k: v for k, v in os.environ.items() if k not in gone} | {"PYTHONPATH": str(ROOT)} | changes


def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments], env=environment(**changes), stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    hall.close()


def test_a_headless_console_keeps_pictures_and_ends_on_sigterm(hall: Hall, tmp_path: Path) -> None:
    out = tmp_path / "out"
    # OpenCV leaves this behind in a process that imported it; the console must not trip over it.
    process = start(str(hall.site_path), str(out), "headless", QT_QPA_PLATFORM_PLUGIN_PATH="/nowhere")
    try:
        wait_for(lambda: any((out / "all").glob("*-warning.png")), "a picture of the alarm")
        hall.pause.set()
        wait_for(lambda: any((out / "all").glob("*-silent.png")), "a picture of the silence")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.communicate()
    assert next(p.name for p in sorted((out / "all").iterdir())).startswith("001-")
    assert not list(out.rglob("*.part"))
    worst = QImage(str(out / "worst.png"))
    assert (worst.width(), worst.height()) == (1600, 900)
    assert worst == QImage(str(next((out / "all").glob("*-warning.png"))))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "no display"),
        ({"DISPLAY": ":4987"}, "does not answer"),
        ({"QT_QPA_PLATFORM": "nonsense"}, "Qt cannot start"),
    ],
)
def test_a_missing_display_is_one_sentence(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    (tmp_path / "site.toml").write_text(site_text(example_site()), encoding="utf-8")
    process = start(str(tmp_path / "site.toml"), str(tmp_path / "out"), **changes)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_key_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(site_text(example_site()), encoding="utf-8")
    process = start(str(tmp_path / "site.toml"), str(tmp_path / "out"), "headless")
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(stderr.strip().splitlines()) == 1
    assert "keys" in stderr


def test_the_console_needs_neither_torch_nor_opencv() -> None:
    code = "import sys, ui.console, ui.console_window, ui.console_bus; print([m for m in sys.modules if m in HEAVY])"
    heavy = "('torch', 'ultralytics', 'openvino', 'cv2', 'matplotlib', 'av')"
    command = [sys.executable, "-c", code.replace("HEAVY", heavy)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_picture_without_a_bus(tmp_path: Path, qapp: object, language: str) -> None:
    site = example_site()
    shot = scenes.danger(site)
    out = render_console(
        site, [*scenes.pictures(site, shot), shot, scenes.RAISED], tmp_path / "deep" / "c.png", language
    )  # type: ignore[arg-type]
    image = QImage(str(out))
    assert (image.width(), image.height()) == (1600, 900)
    seen = {image.pixel(x, y) for x in range(0, 1600, 9) for y in range(0, 900, 9)}
    assert len(seen) > 100
    silent = render_console(site, [shot], tmp_path / "silent.png", now_s=scenes.START_S + 5.0)
    assert QImage(str(silent)) != image


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path, qapp: object) -> None:
    site = example_site(cameras=0)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"c\.png"):
        render_console(site, [scenes.snapshot(site)], tmp_path / "file" / "c.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(BadInput, match="folder"):
        render_console(site, [scenes.snapshot(site)], tmp_path / "folder.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]
