"""What commands share: progress on stderr, paths in messages, pairs of camera and file."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Literal

from calibration.errors import BadInput

_QUIET_S = 2.0
_MINUTES_FROM_S = 90.0


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr for a share from 0 to 1; on a terminal it moves, in a log it says tenths of what takes long.

    Whoever works below it is interrupted by Ctrl-C at the next share told, if not before.
    """
    with _interrupts() as check, _drawn(label) as draw:

        def tell(share: float) -> None:
            check()
            draw(share)

        yield tell


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Gives what raises KeyboardInterrupt once SIGINT has come.

    Python drops an exception that is raised while an object is finalised, and Ctrl-C with it.
    """
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield check
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _drawn(label: str) -> Iterator[Callable[[float], None]]:
    if not sys.stderr.isatty():
        yield _Tenths(label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


class _Tenths:
    """One line for each tenth, once it has taken longer than anybody waits without a word."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._told = 0
        self._from: tuple[float, float] | None = None
        self._quiet_until_s = monotonic() + _QUIET_S

    def __call__(self, share: float) -> None:
        tenth, now_s = int(share * 10 + 1e-9), monotonic()
        # Work of an earlier run that this one goes on from says nothing of the pace.
        self._from = self._from or (share, now_s)
        if tenth > self._told and now_s >= self._quiet_until_s:
            self._told = tenth
            print(f"{self._label}: {tenth * 10} %{self._left(share, now_s)}", file=sys.stderr, flush=True)

    def _left(self, share: float, now_s: float) -> str:
        assert self._from is not None
        share_done, took_s = share - self._from[0], now_s - self._from[1]
        if share >= 1.0 or share_done <= 0.0:
            return ""
        left_s = took_s / share_done * (1.0 - share)
        return f", {left_s / 60.0:.0f} min left" if left_s >= _MINUTES_FROM_S else f", {left_s:.0f} s left"


def counted(report: Callable[[float], None]) -> Callable[[int, int | None], None]:
    """Turns done and total, which may be unknown, into a share."""

    def tell(done: int, total: int | None) -> None:
        if total:
            report(min(1.0, done / total))

    return tell


def pairs(values: list[str], what: str) -> dict[str, Path]:
    """``CAM=file`` arguments as a dictionary. Raises BadInput for other forms and for a camera given twice."""
    out: dict[str, Path] = {}
    for value in values:
        name, sign, path = value.partition("=")
        if not sign or not name or not path:
            raise BadInput(f"{value!r}: expected CAM={what}, a camera of the site file and its file")
        if name in out:
            raise BadInput(f"{value!r}: camera {name!r} is given twice")
        out[name] = Path(path)
    return out


def language_of(value: str | None) -> Literal["en", "ko"] | None:
    """``en`` or ``ko``, or None where nothing is given. Raises BadInput for anything else."""
    match value:
        case None | "en" | "ko":
            return value
    raise BadInput(f"--language {value!r}: expected en or ko")
