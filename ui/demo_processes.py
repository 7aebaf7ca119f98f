"""Child processes of the demonstration: started, watched, ended, their output in files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from calibration.errors import HoistwatchError, Unavailable

_END_S = 5.0
_TAIL_LINES = 5


class Processes:
    """A context manager; whatever still runs at its end is told to end, and killed if it does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self._children)):
            self.stop(name)
        for log in self._logs:
            log.close()

    def start(self, name: str, command: list[str], *, apart: bool = False) -> None:
        """Start a child whose output goes to ``name``.log; one ``apart`` is not ended by Ctrl-C at the terminal."""
        log = (self.folder / f"{name}.log").open("wb")
        self._logs.append(log)
        try:
            self._children[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ.copy(),
                start_new_session=apart,
            )
        except OSError as error:
            raise Unavailable(f"{name}: cannot be started ({error.strerror})") from None

    def ids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: child.pid for name, child in self._children.items()}

    def running(self, name: str) -> bool:
        return self._children[name].poll() is None

    def check(self) -> None:
        """Raises HoistwatchError where a child has ended with a fault."""
        for name, child in self._children.items():
            if child.poll() not in (None, 0):
                raise HoistwatchError(f"{name} ended with code {child.returncode}: {self._tail(name)}")

    def expect_success(self, name: str) -> None:
        """Raises HoistwatchError unless the child has ended with code 0."""
        code = self._children[name].wait(_END_S)
        if code != 0:
            raise HoistwatchError(f"{name} ended with code {code}: {self._tail(name)}")

    def wait(self, name: str, timeout_s: float | None) -> None:
        """Wait until a child ends by itself."""
        self._children[name].wait(timeout_s)

    def stop(self, name: str) -> None:
        """End a child; safe to call for one that has ended."""
        child = self._children[name]
        if child.poll() is not None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(_END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_END_S)

    def ended(self) -> str:
        """Which child has ended, whatever its code, and what it said last; empty while all run."""
        for name, child in self._children.items():
            if child.poll() is not None:
                return f"{name} ended with code {child.returncode}: {self._tail(name)}"
        return ""

    def log(self, name: str) -> str:
        """All that a child has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _tail(self, name: str) -> str:
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return " / ".join(lines[-_TAIL_LINES:]) or "it said nothing"


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that are free now."""
    links = [socket.socket() for _ in range(count)]
    try:
        for link in links:
            link.bind(("127.0.0.1", 0))
        return [int(link.getsockname()[1]) for link in links]
    finally:
        for link in links:
            link.close()
