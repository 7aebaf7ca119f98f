"""The command line in a process of its own, forked from one that has imported what every command needs.

A hundred fresh starts would cost two minutes of imports alone. What counts is kept: own process, own folder, own
environment, own limits, what it wrote to its two streams, its exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

_PRELOAD = [
    "tests.ui.forked_cli",
    "ui.cli",
    "recordings.replay",
    "recordings.live",
    "recordings.report",
    "recordings.plant.simulate",
    "safety.relay_service",
    "safety.audit_export",
    "ui.console",
]
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(_PRELOAD)


def run_forked(
    arguments: list[str], folder: Path, environment: dict[str, str], limit_s: float, file_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end.

    Args:
        arguments: those of the command line.
        folder: where it runs.
        environment: what differs from this process's.
        limit_s: afterwards it is killed and subprocess.TimeoutExpired raised.
        file_bytes: the largest file that it may write, None without a limit.
    """
    with tempfile.TemporaryDirectory() as kept:
        streams = [Path(kept, name) for name in ("out", "err")]
        process = _forks.Process(target=_command, args=(arguments, folder, environment, streams, file_bytes))
        process.start()
        process.join(limit_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, limit_s, streams[0].read_text(), streams[1].read_text())
        out, err = (stream.read_text(encoding="utf-8") for stream in streams)
        return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


def _command(
    arguments: list[str], folder: Path, environment: dict[str, str], streams: list[Path], file_bytes: int | None
) -> None:
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = os.fdopen(0, closefd=False)
    os.chdir(folder)
    os.environ.update(environment)
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.argv = ["hoistwatch", *arguments]
    del sys.modules["ui.cli"]  # it is run anew, as a program
    runpy.run_module("ui.cli", run_name="__main__")
