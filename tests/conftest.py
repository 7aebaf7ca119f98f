"""What tests of every package share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every process that they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples every time; HYPOTHESIS_PROFILE=search looks for new ones. No deadline: a busy machine is no fault.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models exported in this run are kept: each costs half a minute, so all tests and workers share them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "models"
    folder.mkdir(exist_ok=True)
    return folder


SLOWEST = (
    "ui/test_cli_bad_input.py",
    "recordings/test_samples.py",
    "recordings/situations/test_load_situations.py",
    "tracking/test_detector.py",
    "recordings/closed_loop/test_course.py",
    "recordings/test_replay.py",
    "recordings/test_report.py",
    "recordings/test_faces.py",
    "recordings/plant/test_simulate.py",
    "tracking/test_picture_faults.py",
    "safety/test_carry_on.py",
    "safety/test_engine.py",
    "safety/composite/test_people_situations.py",
    "test_self_test_live.py",
    "test_real_live.py",
    "ui/test_supervise.py",
    "test_detect_node.py",
    "test_bad_clients.py",
)
"""Files that take longest: begun first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, all else in the order in which it was found."""
    here = Path(__file__).parent
    rank = {here / name: k for k, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
