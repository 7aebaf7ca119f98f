"""Reads the group's database beside the screen, for the statistics over all halls."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from calibration.errors import BadInput
from calibration.group import Group, load_group
from recordings.alarm_history import History
from recordings.group.load import load_halls
from recordings.shifts import span_of


@dataclass(frozen=True, slots=True)
class GroupLoaded:
    """The last thirty days of every hall, or why there are none."""

    halls: dict[str, History] = field(default_factory=dict)
    fault: str = ""


class GroupReader(QObject):
    """One group file. ``loaded`` is None while the database is read first; what was read stays until the next.

    Raises:
        BadInput: the group file cannot be used.
    """

    changed = pyqtSignal()
    _read = pyqtSignal(object)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.group: Group = load_group(path)
        self._base = path.resolve().parent
        self.loaded: GroupLoaded | None = None
        self._reading = False
        self._read.connect(self._take)

    def read(self) -> None:
        """Read anew, unless it is being read already. The database may be far and slow: a thread of its own waits."""
        if self._reading:
            return
        self._reading = True
        threading.Thread(target=self._work, name="group-reader", daemon=True).start()

    def _work(self) -> None:
        try:
            span = span_of("month", time.time(), self.group.group.shift_starts)
            loaded = GroupLoaded(load_halls(self.group, self._base, span))
        except BadInput as error:
            loaded = GroupLoaded(fault=str(error))
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._read.emit(loaded)

    def _take(self, loaded: GroupLoaded) -> None:
        self.loaded, self._reading = loaded, False
        self.changed.emit()
