"""A real X server with a screen in memory, so that a test can start a program as it runs on a desk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.shared_data import ROOT


@contextmanager
def virtual_screen(width_px: int, height_px: int) -> Iterator[dict[str, str]]:
    """The environment of a process that is to open its windows there; the server chooses a free number itself."""
    tell, told = os.pipe()[::-1]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tell), "-screen", "0", f"{width_px}x{height_px}x24", "-nolisten", "tcp"],
        pass_fds=(tell,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(tell)
    try:
        with os.fdopen(told) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        # OpenCV leaves the path of its own Qt behind, this package's tests that of memory instead of a screen.
        gone = ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_SCALE_FACTOR")
        kept = {name: value for name, value in os.environ.items() if name not in gone}
        yield kept | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    finally:
        server.terminate()
        server.wait(10.0)
