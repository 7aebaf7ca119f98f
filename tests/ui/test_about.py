"""The about page: what is said is what is installed, all of it can be reached, and nothing secret leaves."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtCore import Qt, qVersion
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from calibration.policy import Policy
from calibration.product import product_version
from calibration.site_change import version_of
from tests.ui import scenes
from tests.ui.example_site import example_site
from tests.ui.windows import keep
from tracking import own_weights
from tracking.detector_files import sha256_of
from ui.about import AboutDialog
from ui.about_facts import SOURCE, as_text, machine, needed, parts, policy_words, site_facts
from ui.text import LANGUAGE_NAMES, Language

SITE = example_site()
OWN = ("opencv-python", "ultralytics", "filterpy", "numpy", "pyzmq", "pyqt6", "openvino")
SECRET = "rtsp://admin:letmein@192.0.2.10/stream1"


def test_every_package_that_runs_is_named_with_its_version_and_licence() -> None:
    found = {part.name.lower(): part for part in parts()}
    # Its own needs, what those need in turn, and what an extra brings.
    for name in (*OWN, "pyqt6-qt6", "torch"):
        assert found[name].version == version(name)
        assert found[name].licence, name
    assert "AGPL" in found["ultralytics"].licence
    assert "asyncua" in found
    assert not found.keys() & {"pytest", "ruff", "mypy", "hoistwatch"}, "what only builds or tests does not run"
    assert all("\n" not in part.licence for part in found.values())
    undeclared = [part.name for part in found.values() if not part.licence]
    assert len(undeclared) <= 0.1 * len(found), undeclared


def test_extras_are_followed_only_where_they_are_asked_for() -> None:
    lines = ["psycopg[binary]>=3.2; extra == 'group'", "numpy>=2.0", "gpiod>=2.2; sys_platform == 'linux'"]
    assert needed(lines, frozenset()) == [("numpy", frozenset()), ("gpiod", frozenset())]
    assert needed(lines, frozenset({"group"}))[0] == ("psycopg", frozenset({"binary"}))


def test_site_policy_and_detector_bear_names_that_can_be_compared() -> None:
    health = scenes.health(SITE)
    own = msgspec.structs.replace(health, product="0.9", model_sha256=sha256_of(own_weights.OPENVINO))
    facts = dict(site_facts(SITE, "956cb039d365", own, "en"))
    assert facts["Engine"] == "0.9"
    assert facts["Site"] == "Hall 3, 956cb039d365 (as the engine runs it)"
    assert facts["Detector"].endswith("Hoistwatch's own, see its model card")
    other = msgspec.structs.replace(own, model_sha256="0" * 64)
    assert "not of this version's model card" in dict(site_facts(SITE, "", other, "en"))["Detector"]
    silent = dict(site_facts(SITE, "", None, "en"))
    assert silent["Site"] == f"Hall 3, {version_of(SITE)} (as this machine's site file says)"
    assert "no engine has answered" in silent["Engine"]
    slower = policy_words(Policy(reaction_time_s=0.9), "en")
    assert slower.endswith("changed: reaction_time_s = 0.9")
    assert slower[:12] != policy_words(Policy(), "en")[:12]
    assert policy_words(Policy(), "en").endswith("all values as delivered")


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_the_page_shows_and_copies_it_without_secrets(qtbot: QtBot, language: Language) -> None:
    cameras = tuple(camera.model_copy(update={"source": SECRET}) for camera in SITE.camera)
    site = SITE.model_copy(update={"camera": cameras})
    dialog = AboutDialog(language, None, site_facts(site, "", None, language))
    keep(qtbot, dialog)
    dialog.show()
    qtbot.waitUntil(dialog.copy.isEnabled, timeout=20_000)
    shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for text in (product_version(), qVersion() or "-", "AGPL-3.0-or-later", "Hall 3", str(SOURCE)):
        assert text in shown
    assert dialog.table.rowCount() == len(parts())
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    dialog.copy.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(dialog.copy, Qt.Key.Key_Space)
    copied = clipboard.text()
    assert copied == as_text((*machine(language), *site_facts(site, "", None, language)), parts())
    for secret in ("letmein", "192.0.2.10", str(Path.home()), str(SOURCE)):
        assert secret not in copied
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_source_that_is_told_is_the_source_that_runs() -> None:
    assert (SOURCE / "ui" / "about.py").is_file()
