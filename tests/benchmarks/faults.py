"""Faults for ``bench_faults``: what is done to the real processes, one function each, and a proxy on the bus."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.live_chain import NODE, Chain
from tests.safety.bus_helpers import free_port

Mangle = Callable[[bytes], list[bytes]]


class Proxy:
    """A TCP proxy that does something to what passes, once ``mangle`` is set; ``hole`` swallows everything."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self.mangle: Mangle | None = None
        self.hole = False
        self.delay_s = 0.0
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


def libfaketime() -> Path | None:
    """The library that gives a process another wall clock, where it is installed."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def clock(folder: Path, offset: str) -> dict[str, str]:
    """Environment of processes whose wall clock follows the file ``clock`` in a folder, as it is changed."""
    (folder / "clock").write_text(offset)
    return {
        "LD_PRELOAD": str(libfaketime()),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
        "PATH": os.environ["PATH"],
    }


def said(chain: Chain) -> str:
    """What the console has to say: the newest alarm's reason or the node's fault, or that the engine is silent."""
    newest = chain.newest
    if newest is None or time.monotonic() - newest.time_s > 1.0:
        return "engine silent"
    if newest.alarms:
        return f"{newest.alarms[0].reason_en} [{newest.alarms[0].level.value}]"
    node = next((n for n in newest.nodes if n.node == NODE), None)
    faults = [name for name in ("audit_fault", "recording_fault") if newest.counts.get(name)]
    if faults:
        return ", ".join(faults)
    if node is not None and node.fault:
        return f"relay: {node.fault}"
    return "relay latched, needs reset" if node is not None and node.latched else "nothing (hoist may move)"
