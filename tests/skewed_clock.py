"""Runs the command line with clocks that are ahead by what a file says, read anew ten times a second.

python -m tests.skewed_clock [--wall] FILE COMMAND …  Only for tests: a machine whose clock is off, or jumps.
With --wall only the time of day is ahead, as when somebody sets it: monotonic clocks do not follow.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

_monotonic, _wall = time.monotonic, time.time
_READ_S = 0.1


class _Skew:
    def __init__(self, file: Path) -> None:
        self._file, self._read_s, self._ahead_s = file, -1e9, 0.0

    def __call__(self) -> float:
        now_s = _monotonic()
        if now_s - self._read_s > _READ_S:
            self._read_s, self._ahead_s = now_s, float(self._file.read_text())
        return self._ahead_s


def _skew_monotonic(skew: Callable[[], float]) -> None:
    time.monotonic = lambda: _monotonic() + skew()
    time.monotonic_ns = lambda: round((_monotonic() + skew()) * 1e9)


def main() -> None:
    arguments = sys.argv[1:]
    wall = arguments[0] == "--wall"
    file, *arguments = arguments[wall:]
    skew = _Skew(Path(file))
    time.time = lambda: _wall() + skew()
    time.time_ns = lambda: round((_wall() + skew()) * 1e9)
    if not wall:
        _skew_monotonic(skew)
    sys.argv = ["hoistwatch", *arguments]
    # Imported only now: some modules keep the clock that they find.
    from ui.cli import main as command

    command()


if __name__ == "__main__":
    main()
