"""Starts the parts of a site, starts them again when they crash or hang, and never leaves one behind.

It frees nothing: a relay node that comes back is latched as after every start, and waits for a person.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from calibration.errors import Unavailable
from calibration.site import Site
from calibration.site_file import load_site
from safety.audit import AuditLog
from safety.health_records import PartEvent, PartState, PartView
from safety.heartbeat import FD
from safety.parts_file import PARTS_FILE, PartsWriter
from safety.restarts import BUDGET, WINDOW_S, Restarts

_POLL_S = 0.1
_TERM_S = 8.0
_REPEAT_S = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One process. ``said`` is what people must know once it is given up."""

    name: str
    arguments: tuple[str, ...]
    said: str


def parts_of(site: Site, site_path: Path, run: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """What a site needs, in the order of starting: relay nodes first, so that outputs have an owner.

    run: further arguments of ``hoistwatch run``.
    """
    at = ("--site", str(site_path))
    open_ = "its outputs are open; start it by hand once it is mended"
    gateway = site.gateway.opcua is not None or site.gateway.mqtt is not None
    return (
        *(Part(f"relay {r.name}", ("relay", *at, "--node", r.name), open_) for r in site.relay),
        Part("engine", ("run", *at, *run), "nobody watches, every permit is withdrawn"),
        *(Part(f"annunciator {a.name}", ("annunciator", *at, "--name", a.name), "silent") for a in site.annunciator),
        *((Part("gateway", ("gateway", *at), "the plant's own systems hear nothing"),) if gateway else ()),
    )


@dataclass(slots=True)
class _Running:
    part: Part
    life: Restarts = field(default_factory=Restarts)
    process: subprocess.Popen[bytes] | None = None
    pipe: int | None = None
    starts: int = 0
    how: PartEvent = "none"
    code: int = 0
    event: str = ""
    wall_s: float = 0.0

    def view(self, now_s: float) -> PartView:
        state: PartState = "running" if self.process is not None else "waiting"
        return PartView(
            part=self.part.name,
            state="given_up" if self.life.given_up else state,
            restarts=self.life.count(now_s),
            restarts_all=max(0, self.starts - 1),
            how=self.how,
            code=self.code,
            event=self.event,
            wall_s=self.wall_s,
            said=self.part.said,
        )


class Supervisor:
    """Runs parts until ``stop``. For the main thread: children follow the thread that started them into death.

    Args:
        parts: what to run, in the order of starting.
        log: gets one line on every start, end and restart.
        audit: where the same is kept, or None; how the parts stand is told in a file beside it.
    """

    def __init__(self, parts: tuple[Part, ...], log: Callable[[str], None], audit: Path | None = None) -> None:
        self._running = [_Running(part) for part in parts]
        self._log, self._audit = log, audit
        self._writer = None if audit is None else PartsWriter(audit.with_name(PARTS_FILE))
        self._told_s = -1e9

    @property
    def processes(self) -> dict[str, int]:
        """Process id of every part that runs."""
        return {r.part.name: r.process.pid for r in self._running if r.process is not None}

    @property
    def given_up(self) -> list[str]:
        return [r.part.name for r in self._running if r.life.given_up]

    def step(self) -> None:
        """One turn: take in beats and ends, start what is due. Waits up to a tenth of a second for a beat."""
        self._listen()
        now_s = time.monotonic()
        for running in self._running:
            self._reap(running, now_s)
            match running.life.verdict(now_s):
                case "hangs" if running.process is not None:
                    self._say(running, "hangs: killed", "hangs")
                    running.process.kill()
                    running.process.wait()
                    self._reap(running, now_s)
                case "start":
                    self._start(running, now_s)
        if self._writer is not None:
            self._writer.write(tuple(running.view(now_s) for running in self._running), now_s)
        if self.given_up and now_s - self._told_s > _REPEAT_S:
            self._told_s = now_s
            for running in self._running:
                if running.life.given_up:
                    self._log(f"ALARM: {running.part.name} is given up: {running.part.said}")

    def close(self) -> None:
        """End every part, the last started first; kill what does not end."""
        for running in reversed(self._running):
            if running.process is None:
                continue
            running.process.send_signal(signal.SIGTERM)
            # One that was stopped by a signal cannot hear the other.
            running.process.send_signal(signal.SIGCONT)
            try:
                running.process.wait(_TERM_S)
            except subprocess.TimeoutExpired:
                self._log(f"{running.part.name} does not end: killed")
                running.process.kill()
                running.process.wait()
            self._drop(running)
        if self._writer is not None:
            self._writer.close()

    def _listen(self) -> None:
        pipes = {r.pipe: r for r in self._running if r.pipe is not None}
        if not pipes:
            time.sleep(_POLL_S)
            return
        ready, _, _ = select.select(list(pipes), [], [], _POLL_S)
        for pipe in ready:
            if os.read(pipe, 4096):
                pipes[pipe].life.beat(time.monotonic())
            else:
                os.close(pipe)
                pipes[pipe].pipe = None

    def _start(self, running: _Running, now_s: float) -> None:
        ours, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        try:
            running.process = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", *running.part.arguments],
                stdin=subprocess.DEVNULL,
                env={**os.environ, FD: str(theirs)},
                pass_fds=(theirs,),
                # Safe here: this process has one thread.
                preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509
            )
        finally:
            os.close(theirs)
        running.pipe = ours
        running.life.started(now_s)
        running.starts += 1
        self._say(running, f"started as process {running.process.pid}", "started")

    def _reap(self, running: _Running, now_s: float) -> None:
        if running.process is None or (code := running.process.poll()) is None:
            return
        self._drop(running)
        running.life.ended(now_s)
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        more = f"; given up after {BUDGET} restarts in {WINDOW_S:.0f} s" if running.life.given_up else ""
        self._say(running, how + more, "killed" if code < 0 else "ended", abs(code))

    def _drop(self, running: _Running) -> None:
        running.process = None
        if running.pipe is not None:
            os.close(running.pipe)
            running.pipe = None

    def _say(self, running: _Running, what: str, how: PartEvent, code: int = 0) -> None:
        self._log(f"{running.part.name}: {what}")
        running.event, running.wall_s, running.how, running.code = what, time.time(), how, code
        if self._audit is not None:
            # A log that cannot be written must not keep anything from being started.
            with suppress(Unavailable, OSError), AuditLog(self._audit) as log:
                detail = {"part": running.part.name, "event": what}
                log.append(time.time(), time.monotonic(), "engine", "supervisor", "supervisor", detail)


def run_supervisor(site_path: Path, run: tuple[str, ...], record_to: Path | None, log: Callable[[str], None]) -> int:
    """Supervise a site until SIGTERM or SIGINT. 0 when all parts were well at the end, else 1.

    Raises:
        BadInput: the site file cannot be used.
    """
    site = load_site(site_path)
    folder = record_to or site_path.resolve().parent / site.recording.folder
    folder.mkdir(parents=True, exist_ok=True)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    supervisor = Supervisor(parts_of(site, site_path, run), log, folder / "audit.sqlite")
    try:
        while not asked:
            supervisor.step()
    finally:
        supervisor.close()
    return 1 if supervisor.given_up else 0


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the part: ask for SIGTERM when this process is gone, however it ends.

    SIGTERM, not SIGKILL: a relay node that hears it opens its contacts.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask
