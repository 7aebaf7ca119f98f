"""The console's end of the bus: one thread that listens and speaks, and a mailbox between it and the screen.

This module reads the monotonic clock: the age of what is shown counts from its arrival here, not from
when the screen gets round to it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from safety.health_records import EngineHealth, PartsStatus
from safety.parts_file import TOUCH_S, read_parts
from safety.records import Command, Picture, SignIn, SignOut, Snapshot
from tracking.records import Boxes
from ui.console_model import Connection, ConsoleModel

_WAIT_S = 0.25
_KEPT = 1000


class Client(Protocol):
    """What the console needs of a bus client; ``safety.bus_client.BusClient`` is one."""

    @property
    def state(self) -> str: ...
    @property
    def undecodable(self) -> int: ...
    def receive(self, timeout_s: float = 0.0) -> list: ...  # type: ignore[type-arg]
    def send(self, message: Command | SignIn | SignOut) -> None: ...
    def wake(self) -> None: ...
    def close(self, linger_s: float = 0.0) -> None: ...


def now_s() -> float:
    """The console's monotonic seconds."""
    return time.monotonic()


class Mailbox:
    """Between threads: of snapshots, and of pictures and boxes per camera, only the newest waits.

    So a screen that is slow for a moment catches up at once instead of showing the past as if it were
    the present. Alarm transitions and refusals all wait, to a bound.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[tuple[str, str], tuple[object, float]] = {}
        self._all: deque[tuple[object, float]] = deque(maxlen=_KEPT)

    def put(self, message: object, received_s: float) -> None:
        with self._lock:
            if isinstance(message, Snapshot):
                self._newest["snapshot", ""] = (message, received_s)
            elif isinstance(message, EngineHealth | PartsStatus):
                self._newest[type(message).__name__, ""] = (message, received_s)
            elif isinstance(message, Boxes | Picture):
                self._newest[type(message).__name__, message.camera] = (message, received_s)
            else:
                self._all.append((message, received_s))

    def drain(self) -> list[tuple[object, float]]:
        """Everything that waits, with its time of arrival; refusals and transitions after the snapshot."""
        with self._lock:
            out = [*self._newest.values(), *self._all]
            self._newest.clear()
            self._all.clear()
        return out


class ConsoleFeed(QObject):
    """Runs the bus client in a thread of its own. ``arrived`` says that the mailbox holds something."""

    arrived = pyqtSignal()

    def __init__(self, client: Client, parent: QObject | None = None, *, parts: Path | None = None) -> None:
        """``parts``: where a supervisor of this machine tells of its processes."""
        super().__init__(parent)
        self._client = client
        self._parts, self._parts_s = parts, -1e9
        self._mailbox = Mailbox()
        self._stop = threading.Event()
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name="console-bus", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, command: Command | SignIn | SignOut) -> None:
        """Hand a command to the bus thread; never blocks."""
        self._client.send(command)

    def pass_on(self, model: ConsoleModel) -> None:
        """Give the model everything that has arrived, and how the connection stands. Called by the screen's thread."""
        for message, received_s in self._mailbox.drain():
            model.receive(message, received_s)
        model.connection = self._connection()

    @property
    def fault(self) -> str:
        """Why the bus thread ended by itself, empty while it runs."""
        return self._fault

    def close(self) -> None:
        """Stop the thread and close the client. May be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._client.wake()
            self._thread.join(timeout=5.0)

    def _supervisor(self, now_s: float) -> list[PartsStatus]:
        """What the supervisor's file says, once a second."""
        if self._parts is None or now_s - self._parts_s < TOUCH_S:
            return []
        self._parts_s = now_s
        return [PartsStatus(time_s=now_s, parts=read_parts(self._parts) or ())]

    def _connection(self) -> Connection:
        if self._client.state == "refused":
            return "refused"
        return "version" if self._client.undecodable else "waiting"

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                messages = self._client.receive(_WAIT_S)
                received_s = now_s()
                messages += self._supervisor(received_s)
                for message in messages:
                    self._mailbox.put(message, received_s)
                if messages and not self._stop.is_set():
                    self.arrived.emit()
        except Exception as error:
            # The screen shows the silence by itself; the reason goes with it.
            self._fault = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._client.close(linger_s=0.2)
