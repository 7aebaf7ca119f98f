"""Has a file changed since it was looked at last?"""

from __future__ import annotations

from pathlib import Path


class FileWatch:
    """Tells by time of change and inode; a file that is written whole, beside and moved into place, always shows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Once after each change; a file that is gone, or has come, counts as changed."""
        now = self._stamp()
        seen, self._seen = self._seen, now
        return now != seen

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
