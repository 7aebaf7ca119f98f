"""The audit log as a file that other programs read."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from calibration.errors import Unavailable
from safety.audit import COLUMNS, AuditLog, AuditRow


def export(log: AuditLog, path: Path, form: Literal["csv", "json"], since: int = 0, what: str | None = None) -> int:
    """Write rows above ``since``, all or of one kind, to a CSV file with a header, or a JSON array. Returns how many.

    Raises:
        Unavailable: the file cannot be written; nothing is left behind.
    """
    temporary = ""
    pieces = _csv if form == "csv" else _json
    written = 0
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            for text in pieces(row for row in log.rows(since) if what in (None, row.what)):
                file.write(text)
                written += 1
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise Unavailable(f"{path}: cannot be written ({error.strerror})") from None
    return written - (1 if form == "csv" else 2)  # less header, or brackets


def _csv(rows: Iterator[AuditRow]) -> Iterator[str]:
    """A header, then one piece per row."""
    line = io.StringIO()
    writer = csv.writer(line)
    for values in _with_header(rows):
        writer.writerow(values)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _with_header(rows: Iterator[AuditRow]) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for row in rows:
        yield tuple(getattr(row, name) for name in COLUMNS)


def _json(rows: Iterator[AuditRow]) -> Iterator[str]:
    """A bracket, one piece per row with its detail as an object, a bracket."""
    yield "["
    comma = "\n"
    for row in rows:
        table = {name: getattr(row, name) for name in COLUMNS} | {"detail": msgspec.Raw(row.detail.encode())}
        yield comma + msgspec.json.encode(table).decode()
        comma = ",\n"
    yield "\n]\n"
