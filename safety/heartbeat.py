"""A part's sign of life to whoever supervises it: one byte into a pipe, from the loop that does the work.

The supervisor puts the number of the pipe's end into ``HOISTWATCH_HEARTBEAT_FD``. Without it there is nobody
to tell, and ``beat`` does nothing.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

FD = "HOISTWATCH_HEARTBEAT_FD"
PERIOD_S = 0.2


class Heartbeat:
    """Call ``beat`` in every turn of the loop whose standstill must be noticed."""

    def __init__(self) -> None:
        """Take the pipe out of the environment, so that no child of this process beats in its place."""
        given = os.environ.pop(FD, "")
        self._fd = int(given) if given.isdigit() else None
        self._beat_s = -1e9
        if self._fd is not None:
            with suppress(OSError):
                os.set_blocking(self._fd, False)
                os.set_inheritable(self._fd, False)

    def beat(self) -> None:
        """At most five bytes a second; a full or broken pipe holds and raises nothing."""
        now_s = time.monotonic()
        if self._fd is None or now_s - self._beat_s < PERIOD_S:
            return
        self._beat_s = now_s
        with suppress(OSError):
            os.write(self._fd, b".")
