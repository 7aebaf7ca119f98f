"""Qt draws into memory in these tests, so that they run without a screen."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)


@pytest.fixture(autouse=True)
def _windows_end_with_their_test() -> Iterator[None]:
    """Delete every window now: one that the garbage collector meets later, while another paints, ends the process."""
    yield
    from PyQt6.QtCore import QEvent
    from PyQt6.QtWidgets import QApplication

    from tests.ui.windows import ALIVE

    if QApplication.instance() is not None and QApplication.topLevelWidgets():
        for window in QApplication.topLevelWidgets():
            window.close()
            window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        ALIVE.clear()
        gc.collect()
