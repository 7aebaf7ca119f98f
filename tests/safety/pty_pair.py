"""A serial cable: two pseudo-terminals, what is written into one coming out of the other."""

from __future__ import annotations

import os
import pty
import threading
import tty


def pty_pair() -> tuple[str, str]:
    """Device files of both ends. The cable lasts as long as the process."""
    ends = [pty.openpty() for _ in range(2)]
    for _, slave in ends:
        tty.setraw(slave)
    for source, sink in ((ends[0][0], ends[1][0]), (ends[1][0], ends[0][0])):
        threading.Thread(target=_carry, args=(source, sink), daemon=True).start()
    return os.ttyname(ends[0][1]), os.ttyname(ends[1][1])


def _carry(source: int, sink: int) -> None:
    while data := os.read(source, 4096):
        os.write(sink, data)
