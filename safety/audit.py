"""Who did what, and when: an append-only log in SQLite in which every row vouches for those before it.

Each row holds the SHA-256 of itself and of the row before, so a row that is changed, removed or put in
between shows in ``verify``. Two things do not show by the file alone: rows cut off at the very end, and
a file rewritten from some row on. Against these, keep ``head`` elsewhere from time to time, in print or
on another machine, and compare.

A row is on the disk when ``append`` returns: the writer can be killed at any instant, and the power can
fail. That costs a disk flush, a few milliseconds and at times more, so a loop with a deadline should
use ``AuditQueue``.
"""

from __future__ import annotations

import hashlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from calibration.errors import BadInput, Unavailable

AUDIT_FILE = "audit.sqlite"
"""Its name in the folder in which an engine keeps its records."""
APPLICATION_ID = 0x48574155  # "HWAU"
VERSION = 1
GENESIS = "0" * 64
BUSY_ATTEMPTS = 100
RETRY_S = 0.5
COLUMNS = ("n", "wall_s", "time_s", "role", "name", "what", "detail", "previous", "hash")

_SCHEMA = f"""
CREATE TABLE audit (
    n INTEGER PRIMARY KEY, wall_s REAL NOT NULL, time_s REAL NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
    what TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log.

    ``wall_s`` is Unix time for people, ``time_s`` the engine's monotonic time, ``what`` a short word such
    as ``alarm``, ``acknowledge``, ``shelve``, ``reset``, ``refused``, ``relay``, ``start``, ``stop`` or
    ``config``, ``detail`` a JSON object as text, and role and name whom the bus has authenticated.
    """

    n: int
    wall_s: float
    time_s: float
    role: str
    name: str
    what: str
    detail: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of ``verify``: ``message`` says which row is bad and how, or that all are sound."""

    sound: bool
    rows: int
    message: str


class AuditLog:
    """One audit file. Any number of processes may read it, and several may append.

    Args:
        path: the file; made, with mode 0600, where it is missing and ``read_only`` is not set.
        read_only: open for reading alone.

    Raises:
        BadInput: the file is something else, or of another version.
        Unavailable: the file is missing in read-only mode, or cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        if read_only and not path.exists():
            raise Unavailable(f"{path}: no such audit log")
        try:
            if not read_only:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}",
                uri=True,
                timeout=10.0,
                isolation_level=None,
                check_same_thread=False,
            )
        except (OSError, sqlite3.OperationalError) as error:
            raise Unavailable(f"{path}: audit log cannot be opened ({error})") from None
        try:
            self._prepare_when_free(read_only)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise BadInput(f"{path}: expected an audit log, found something else ({error})") from None
        except (BadInput, Unavailable):
            self._db.close()
            raise

    def _prepare_when_free(self, read_only: bool) -> None:
        """SQLite answers a change of journal mode with "locked" at once, without its own time-out."""
        for attempt in range(BUSY_ATTEMPTS):
            try:
                return self._prepare(read_only)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
                time.sleep(0.01 * min(attempt + 1, 10))
        raise Unavailable(f"{self.path}: audit log is held by another program")

    def _prepare(self, read_only: bool) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables or read_only:
            self._check_kind()  # before anything is changed in a file that may be somebody else's
        if not read_only:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
        if not tables and not read_only:
            self._create()
            self._check_kind()

    def _check_kind(self) -> None:
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise BadInput(f"{self.path}: expected an audit log, found another database")
        if version != VERSION:
            raise BadInput(f"{self.path}: audit log of version {version}, expected version {VERSION}")

    def _create(self) -> None:
        """Make the table in one transaction: a kill leaves an empty file or a finished one."""
        with suppress(sqlite3.OperationalError):  # another process was quicker, which _check_kind confirms
            self._db.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA} COMMIT;")
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def append(
        self, wall_s: float, time_s: float, role: str, name: str, what: str, detail: Mapping[str, object] | None = None
    ) -> AuditRow:
        """Add a row and return it once it is on the disk.

        Args:
            wall_s: Unix time.
            time_s: monotonic time of the engine.
            role: role of who did it, as authenticated; ``engine`` for what the engine did by itself.
            name: name of who did it.
            what: what was done.
            detail: anything that msgspec can write as JSON; numbers that are not finite become null.

        Raises:
            Unavailable: the disk is full, or the file cannot be written.
        """
        text = msgspec.json.encode(dict(detail or {}), order="sorted").decode()
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                row = self._append(wall_s, time_s, role, name, what, text)
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise Unavailable(f"{self.path}: audit log cannot be written ({error})") from None
        return row

    def _append(self, wall_s: float, time_s: float, role: str, name: str, what: str, detail: str) -> AuditRow:
        n, previous = self._head()
        fields = (n + 1, float(wall_s), float(time_s), role, name, what, detail, previous)
        digest = _digest(fields)
        self._db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*fields, digest))
        return _row((*fields, digest))

    def _head(self) -> tuple[int, str]:
        found = self._db.execute("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").fetchone()
        return (int(found[0]), str(found[1])) if found else (0, GENESIS)

    def head(self) -> tuple[int, str]:
        """Number and hash of the last row: kept elsewhere, they vouch for every row up to it. Raises BadInput."""
        with self._lock, self._readable():
            return self._head()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """A file whose pages or values are damaged is told by name. Raises BadInput, or Unavailable while locked."""
        try:
            yield
        except sqlite3.OperationalError as error:
            # Text that is no UTF-8 is an error of the module's own, without a code.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Unavailable(f"{self.path}: audit log is held by another program") from None
            raise BadInput(f"{self.path}: audit log is damaged ({error})") from None
        except (sqlite3.DatabaseError, msgspec.ValidationError, OverflowError) as error:
            raise BadInput(f"{self.path}: audit log is damaged ({error})") from None

    def rows(self, since: int = 0) -> Iterator[AuditRow]:
        """Rows with a number above ``since``, in order; those appended meanwhile may follow.

        Raises BadInput where the file is damaged.
        """
        while True:
            with self._lock, self._readable():
                found = self._db.execute("SELECT * FROM audit WHERE n > ? ORDER BY n LIMIT 500", (since,)).fetchall()
                rows = [_row(values) for values in found]
            if not rows:
                return
            yield from rows
            since = rows[-1].n

    def rows_of(self, what: str) -> Iterator[AuditRow]:
        """Every row of one kind, in order. Raises BadInput where the file is damaged."""
        with self._lock, self._readable():
            found = self._db.execute("SELECT * FROM audit WHERE what = ? ORDER BY n", (what,)).fetchall()
            rows = [_row(values) for values in found]
        yield from rows

    def verify(self, head: tuple[int, str] | None = None) -> Verdict:
        """Check every row against the one before it, and against a ``head`` that was kept elsewhere."""
        previous, count = GENESIS, 0
        for row in self.rows():
            if row.n != count + 1:
                return Verdict(False, count, f"row {count + 1} is missing")
            if row.previous != previous:
                return Verdict(False, count, f"row {row.n} does not follow the row before it")
            if row.hash != _digest((*[getattr(row, name) for name in COLUMNS[:-1]],)):
                return Verdict(False, count, f"row {row.n} was changed")
            previous, count = row.hash, row.n
            if head is not None and head[0] == count and head[1] != previous:
                return Verdict(False, count, f"row {count} is not the one whose hash was kept")
        if head is not None and head[0] > count:
            return Verdict(False, count, f"rows {count + 1} to {head[0]} are missing at the end")
        return Verdict(True, count, f"{count} rows, all sound")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_Entry = tuple[
    tuple[float, float, str, str, str, Mapping[str, object]], Callable[["AuditRow"], None] | None
]  # fields of a row, and who wants to be told of it


class AuditQueue:
    """Appends in a thread of its own, in order, so that a slow disk does not hold the caller.

    Args:
        log: where rows go; closed with the queue.
    """

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._waiting: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self.fault = ""
        self._put = self._done = 0
        self._moved = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def append(
        self,
        wall_s: float,
        time_s: float,
        role: str,
        name: str,
        what: str,
        detail: Mapping[str, object] | None = None,
        told: Callable[[AuditRow], None] | None = None,
    ) -> None:
        """As ``AuditLog.append``, but returns at once. ``fault`` says when rows can no longer be written.

        ``told`` gets the row, in this queue's thread, once it is on the disk.
        """
        with self._moved:
            self._put += 1
        self._waiting.put(((wall_s, time_s, role, name, what, dict(detail or {})), told))

    def written(self, timeout_s: float) -> bool:
        """Wait until all that was handed over is on the disk; False where that takes longer, or the disk is at fault.

        What is told only after this is in the log, even if this process dies then.
        """
        with self._moved:
            return (
                self._moved.wait_for(lambda: self._done >= self._put or bool(self.fault), timeout_s) and not self.fault
            )

    def close(self) -> None:
        """Write what waits, then close the log."""
        self._waiting.put(None)
        self._closing.set()
        self._thread.join()
        self._log.close()

    def _run(self) -> None:
        while (entry := self._waiting.get()) is not None:
            fields, told = entry
            while True:
                try:
                    row = self._log.append(*fields)
                except Unavailable as error:
                    self._now(fault=str(error))
                    # A disk that is full now has room again some day: the row waits for it, and the rest behind it.
                    if self._closing.wait(RETRY_S):
                        break
                else:
                    self._now(fault="", done=1)
                    if told is not None:
                        told(row)
                    break

    def _now(self, fault: str, done: int = 0) -> None:
        with self._moved:
            self.fault = fault
            self._done += done
            self._moved.notify_all()


def _digest(fields: tuple[object, ...]) -> str:
    """SHA-256 over the JSON array of every column but the hash itself."""
    return hashlib.sha256(msgspec.json.encode(list(fields))).hexdigest()


def _row(values: tuple[object, ...]) -> AuditRow:
    return msgspec.convert(dict(zip(COLUMNS, values, strict=True)), AuditRow)
