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
        self._thread: threading.Thread | None = None
        self._read.connect(self._take)

    @property
    def folder(self) -> Path | None:
        """Where the log lies, and the engine's recordings beside it."""
        return self._audit.parent if self._audit is not None else None

    def read(self) -> None:
        """Read anew; while it is being read, a second call changes nothing."""
        audit = self._audit
        if audit is None or (self._thread is not None and self._thread.is_alive()):
            return

        def work() -> None:
            loaded = load(audit)
            with suppress(RuntimeError):  # the window was closed meanwhile
                self._read.emit(loaded)

        self._thread = threading.Thread(target=work, name="audit-reader", daemon=True)
        self._thread.start()

    def _take(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.changed.emit()
