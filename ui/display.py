"""Whether Qt can open windows here, found out before Qt would end the process by itself."""

from __future__ import annotations

import os
import subprocess
import sys

from calibration.errors import Unavailable

_PROBE = "from PyQt6.QtWidgets import QApplication; QApplication(['probe'])"
_PROBE_LIMIT_S = 30.0
_HINT = "use --headless, or `hoistwatch replay` on a recording"
DEBIAN_PACKAGES = (
    "libegl1",
    "libgl1",
    "libxkbcommon-x11-0",
    "libdbus-1-3",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
)
"""What Qt 6 needs from a bare Debian or Ubuntu besides what pip brings."""


def has_display() -> bool:
    """Whether a screen is there to open a window on; "offscreen" is none."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    return not sys.platform.startswith("linux") or any(os.environ.get(v) for v in ("DISPLAY", "WAYLAND_DISPLAY"))


def prepare_display(headless: bool = False) -> None:
    """Make the environment fit for a QApplication. Raises Unavailable where no window can open.

    Args:
        headless: draw into memory; needs no display.
    """
    # OpenCV points this at its own Qt plugins, which another Qt cannot load.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    if headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    seen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in seen):
        raise Unavailable(f"console: no display (DISPLAY and WAYLAND_DISPLAY are not set): {_HINT}")
    _probe()


def _probe() -> None:
    """Start Qt in another process: a missing display or library aborts it there and not here."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"console: the display did not answer within {_PROBE_LIMIT_S:g} s: {_HINT}") from None
    if done.returncode != 0:
        raise Unavailable(f"console: {_why(done.stderr)}")


def _why(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    missing = next((line for line in lines if "cannot open shared object" in line), "")
    if missing:
        library = next((w.rstrip(":") for w in missing.split() if ".so" in w), missing)
        return f"Qt needs the system library {library}: on Debian, apt install {' '.join(DEBIAN_PACKAGES)}"
    if any("could not connect to display" in line for line in lines):
        return f"the display {os.environ.get('DISPLAY', '')!r} does not answer: {_HINT}"
    # Qt gives this advice after every failure of its X11 part, so it counts only where nothing else is known.
    if any("xcb-cursor0" in line for line in lines):
        return "Qt needs the system library libxcb-cursor.so.0: on Debian, apt install libxcb-cursor0"
    return f"Qt cannot start ({lines[0] if lines else 'no reason given'}): {_HINT}"
