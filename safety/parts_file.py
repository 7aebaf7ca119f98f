"""What the supervisor tells others on its machine: a small file beside the audit log, fresh while it is at work.

Not over the bus: what matters most to be told is that the engine, which binds the bus, is gone for good.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from safety.health_records import PartView

PARTS_FILE = "supervisor.json"
FRESH_S = 5.0
"""The supervisor touches its file every second; one that is older was left behind by a supervisor that is gone."""
TOUCH_S = 1.0
_BYTES_MAX = 1_000_000
_decoder = msgspec.json.Decoder(tuple[PartView, ...])


class PartsWriter:
    """The supervisor's end. A file that cannot be written must keep nothing from being started: it stays silent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told: tuple[PartView, ...] | None = None
        self._touched_s = -1e9

    def write(self, parts: tuple[PartView, ...], now_s: float) -> None:
        """Tell how the parts are at ``now_s`` (monotonic); the same again only keeps the file fresh."""
        if parts == self._told and now_s - self._touched_s < TOUCH_S:
            return
        with suppress(OSError):
            if parts == self._told and self._path.exists():
                os.utime(self._path)
            else:
                self._replace(msgspec.json.encode(parts))
            self._told, self._touched_s = parts, now_s

    def close(self) -> None:
        """Nobody supervises any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _replace(self, data: bytes) -> None:
        """mkstemp makes it 0600, and whole or not at all it appears."""
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def read_parts(path: Path) -> tuple[PartView, ...] | None:
    """The supervisor's parts; None where none is at work here, or its file cannot be understood."""
    try:
        found = path.stat()
        if abs(time.time() - found.st_mtime) > FRESH_S or found.st_size > _BYTES_MAX:
            return None
        return _decoder.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
