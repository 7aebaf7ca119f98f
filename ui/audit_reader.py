"""Reads the engine's audit log beside the screen, for every page that looks back."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from ui.statistics_model import Loaded, load


class AuditReader(QObject):
    """One log, read whole in a thread of its own whenever a page asks. ``loaded`` is None while it is read first.

    What was read before stays until the next reading is there, so that a page never flickers empty.
    """

    changed = pyqtSignal()
    _read = pyqtSignal(object)

    def __init__(self, audit: Path | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._audit = audit
        self.loaded: Loaded | None = None if audit is not None else Loaded(None, absent="-")
        self.finished = 0
        """Number of the newest reading that is there; one that began after something was written shows it."""
        self._begun = 0
        self._again = False
        self._read.connect(self._take)

    @property
    def log(self) -> Path | None:
        """The log itself."""
        return self._audit

    @property
    def folder(self) -> Path | None:
        """Where the log lies, and the engine's recordings beside it."""
        return self._audit.parent if self._audit is not None else None

    def read(self) -> int:
        """Read anew, after the present reading where there is one. Returns its number: see ``finished``."""
        if self._audit is None:
            return self.finished
        if self._begun > self.finished:
            self._again = True
            return self._begun + 1
        self._start(self._audit)
        return self._begun

    def _start(self, audit: Path) -> None:
        self._begun += 1

        def work() -> None:
            loaded = load(audit)
            with suppress(RuntimeError):  # the window was closed meanwhile
                self._read.emit(loaded)

        threading.Thread(target=work, name="audit-reader", daemon=True).start()

    def _take(self, loaded: Loaded) -> None:
        self.loaded, self.finished = loaded, self._begun
        if self._again and self._audit is not None:
            self._again = False
            self._start(self._audit)
        self.changed.emit()
