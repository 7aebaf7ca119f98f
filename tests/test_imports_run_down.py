"""The shape of the house: imports run down only, modules stay small, light parts stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import ROOT

PACKAGES = ("calibration", "tracking", "safety", "recordings", "ui")
HEAVY = ("torch", "ultralytics", "cv2", "openvino", "PyQt6", "matplotlib")
LINES_MOST = 400


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """First names of everything that a module imports, wherever in it."""
    out: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            out.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            out.add(node.module.partition(".")[0])
    return out


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_down(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    above = set(PACKAGES[PACKAGES.index(package) + 1 :]) | {"tests"}
    assert not imported(path) & above


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_answers_one_question(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MOST


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("safety.relay_service", ()),
        ("recordings.replay", ()),
        ("safety.engine", ()),
        ("recordings.live", ()),
        ("ui.cli", ()),
        ("ui.console_window", ("PyQt6",)),
    ],
)
def test_light_parts_do_not_load_heavy_packages(module: str, allowed: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*[h for h in {HEAVY!r} if h in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(done.stdout.split()) <= set(allowed)
