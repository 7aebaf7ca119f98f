"""The lines that a long-running process says to whoever looks at it."""

from __future__ import annotations

import sys
from contextlib import suppress


def to_stderr(line: str) -> None:
    """Say a line, or nothing: a log on a full disk, or a reader that is gone, must not end what watches over people."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
