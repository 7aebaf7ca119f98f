"""Faults for ``bench_faults``: what is done to the real processes, one function each, and a proxy on the bus."""

from __future__ import annotations

import resource
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.live_chain import Chain
from tests.safety.bus_helpers import free_port

Mangle = Callable[[bytes], list[bytes]]
_TAPE = 200
"""Packets kept of a connection."""


class Proxy:
    """A TCP proxy that does something to what passes, once ``mangle`` is set; ``hole`` swallows everything."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self.mangle: Mangle | None = None
        self.hole = False
        self.delay_s = 0.0
        self._tape: list[bytes] = []
        self._near: socket.socket | None = None
        self._end = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._server.settimeout(0.2)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection."""
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def clear(self) -> None:
        self.mangle, self.hole, self.delay_s = None, False, 0.0
        self.cut()

    def tape(self) -> list[bytes]:
        """What the newest connection sent from its first byte on, as far as it was kept."""
        return list(self._tape)

    def close(self) -> None:
        self._end.set()
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        while not self._end.is_set():
            with suppress(OSError):
                near, _ = self._server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    near.close()
                    continue
                self._pairs.append((near, far))
                self._tape = []
                self._near = near
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        waiting: list[tuple[float, bytes]] = []
        with suppress(OSError, ValueError):
            while not self._end.is_set():
                ready, _, _ = select.select([source], [], [], 0.005)
                if ready:
                    data = source.recv(65536)
                    if not data:
                        break
                    if source is self._near and len(self._tape) < _TAPE:
                        self._tape.append(data)
                    if not self.hole:
                        parts = self.mangle(data) if self.mangle else [data]
                        waiting += [(time.monotonic() + self.delay_s, part) for part in parts]
                while waiting and waiting[0][0] <= time.monotonic():
                    sink.sendall(waiting.pop(0)[1])
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def flipped(data: bytes) -> list[bytes]:
    """One bit in each packet is another."""
    middle = len(data) // 2
    return [data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]]


class Swapped:
    """Every second packet goes before the first."""

    def __init__(self) -> None:
        self._held: bytes | None = None

    def __call__(self, data: bytes) -> list[bytes]:
        if self._held is None:
            self._held = data
            return []
        out, self._held = [data, self._held], None
        return out


class Third:
    """Every third packet is lost."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, data: bytes) -> list[bytes]:
        self._count += 1
        return [] if self._count % 3 == 0 else [data]


class Meanwhile:
    """Does something again and again in a thread, until left."""

    def __init__(self, what: Callable[[], object], period_s: float) -> None:
        self._what, self._period_s, self._end = what, period_s, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Meanwhile:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._period_s):
            with suppress(Exception):
                self._what()


def slowed(chain: Chain, name: str, stop_s: float, go_s: float) -> Meanwhile:
    """A process that is stopped most of the time."""
    process = chain.process(name)

    def turn() -> None:
        process.send_signal(signal.SIGSTOP)
        time.sleep(stop_s)
        process.send_signal(signal.SIGCONT)

    return Meanwhile(turn, go_s)


def full_disk(chain: Chain, extra_bytes: int = 0) -> None:
    """The engine's files grow no further: every write ends as it does on a full disk, but by EFBIG."""
    resource.prlimit(chain.process("engine").pid, resource.RLIMIT_FSIZE, (extra_bytes, resource.RLIM_INFINITY))


def disk_free_again(chain: Chain) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(chain.process("engine").pid, resource.RLIMIT_FSIZE, unlimited)
