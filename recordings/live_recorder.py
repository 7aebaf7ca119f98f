"""Keeps what a live engine sees and decides: recordings of limited length, deleted when their time is over."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput, Unavailable
from calibration.site import RecordingTable, Site
from calibration.site_file import site_text
from recordings.replay import LIVE
from recordings.store import RecordingWriter
from safety.records import Picture
from tracking.records import Record

Bgr = NDArray[np.uint8]
SUFFIX = ".mcap"
_PENDING_FRAMES = 24
RETRY_S = 5.0
"""After a disk has failed: how often room for a new file is looked for."""
_NAME = re.compile(r"^.+-\d{8}T\d{6}Z\.mcap$")


@dataclass(frozen=True, slots=True)
class _NewSite:
    """From here on another version of the site holds: a file has one."""

    text: str


@dataclass(frozen=True, slots=True)
class _Frame:
    camera: str
    time_s: float
    ready_s: float
    bgr: Bgr


class LiveRecorder:
    """Writes in a thread of its own, so that a slow disk never holds a decision.

    Records are never dropped; pictures are, when more than a second of them wait, and counted. A disk
    that fails is told by ``fault``, and the engine goes on without recording; a new file is tried every ``RETRY_S``.

    Args:
        folder: made where it is missing.
        table: the site's ``[recording]`` table.
        site_text: kept in every file.
        site_name: begins every file's name.
        wall_offset_s: wall time minus monotonic time.
        model_sha256: hash of the detector's weights, if one is used.
        log: gets one line on each new file, deletion or fault.
        deleted: gets each file whose retention time was over.

    Raises:
        Unavailable: the folder cannot be made or written.
    """

    def __init__(
        self,
        folder: Path,
        table: RecordingTable,
        *,
        site_text: str,
        site_name: str,
        wall_offset_s: float,
        model_sha256: str | None,
        log: Callable[[str], None],
        deleted: Callable[[Path], None],
    ) -> None:
        self._folder, self._table, self._log, self._deleted = folder, table, log, deleted
        self._site_text, self._wall_offset_s, self._model = site_text, wall_offset_s, model_sha256
        self._stem = re.sub(r"[^\w.-]+", "-", site_name).strip("-") or "site"
        self._queue: queue.SimpleQueue[tuple[Record, float] | _Frame | _NewSite | None] = queue.SimpleQueue()
        self._frames_waiting = 0
        self.frames_dropped = 0
        self.fault = ""
        self._failed_s = 0.0
        self.files: list[Path] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._clean()
            self._writer = self._new_file()
        except OSError as error:
            raise Unavailable(f"{folder}: recordings cannot be kept there ({error.strerror})") from None
        self._opened_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def write(self, record: Record, log_time_s: float) -> None:
        """Keep one record. Returns at once."""
        self._queue.put((record, log_time_s))

    def write_frame(self, camera: str, time_s: float, bgr: Bgr, ready_s: float) -> None:
        """Keep one picture, where the site records video. Returns at once."""
        if not self._table.video:
            return
        if self._frames_waiting >= _PENDING_FRAMES:
            self.frames_dropped += 1
            return
        self._frames_waiting += 1
        self._queue.put(_Frame(camera, time_s, ready_s, bgr))

    def write_picture(self, picture: Picture, log_time_s: float) -> None:
        """Keep a reduced picture that a detect node sent, where the site records video. Returns at once."""
        if self._table.video:
            self.write(picture, log_time_s)

    def take_site(self, site: Site) -> None:
        """Go on in a new file, since a replay goes by the site of its recording. Returns at once."""
        self._queue.put(_NewSite(site_text(site)))

    def close(self) -> None:
        """Write what waits and end the file."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, _Frame):
                self._frames_waiting -= 1
            if not self.fault or self._goes_on(time.monotonic()):
                self._guarded(item)
        try:
            if not self.fault:
                self._writer.close()
        except OSError as error:
            self._fail(error)

    def _goes_on(self, now_s: float) -> bool:
        """After a fault: whether there is a new file to write to; what came in between is in none."""
        if now_s - self._failed_s < RETRY_S:
            return False
        self._failed_s = now_s
        try:
            self._writer = self._new_file()
        except (OSError, BadInput):
            return False
        self.fault, self._opened_s = "", now_s
        return True

    def _guarded(self, item: tuple[Record, float] | _Frame | _NewSite) -> None:
        try:
            if isinstance(item, _NewSite):
                self._site_text = item.text
            if isinstance(item, _NewSite) or time.monotonic() - self._opened_s > self._table.file_minutes * 60.0:
                self._writer.close()
                self._clean()
                self._writer = self._new_file()
                self._opened_s = time.monotonic()
            if isinstance(item, _Frame):
                self._writer.write_frame(item.camera, item.time_s, item.bgr, item.ready_s)
            elif not isinstance(item, _NewSite):
                self._writer.write(*item)
        except (OSError, BadInput) as error:
            self._fail(error)
        except ValueError as error:
            # One record that no recording can hold, such as one with NaN, must not end them all.
            self._log(f"not recorded: {error}")

    def _fail(self, error: OSError | BadInput) -> None:
        why = getattr(error, "strerror", None) or error
        self.fault, self._failed_s = f"recording stopped: {why}", time.monotonic()
        self._log(self.fault)
        with suppress(OSError):
            self._writer.close()

    def _new_file(self) -> RecordingWriter:
        begun_s = time.time()
        while (path := self._folder / f"{self._stem}-{_stamp(begun_s)}{SUFFIX}").exists():
            begun_s += 1.0  # two files begun within a second
        writer = RecordingWriter(
            path,
            site_text=self._site_text,
            wall_offset_s=self._wall_offset_s,
            made_by=LIVE,
            model_sha256=self._model,
            atomic=False,
        )
        self.files.append(path)
        self._log(f"recording to {path}")
        return writer

    def _clean(self) -> None:
        """Delete this engine's recordings whose retention time is over."""
        oldest_s = time.time() - self._table.retention_days * 86400.0
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if _NAME.match(path.name) and path.stat().st_mtime < oldest_s:
                path.unlink()
                self._deleted(path)
                self._log(f"deleted {path.name}: older than {self._table.retention_days:g} days")


def _stamp(wall_s: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wall_s))
