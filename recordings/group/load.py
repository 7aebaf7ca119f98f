"""Reads a group's database for those who show it: the report on the command line, and the console."""

from __future__ import annotations

from pathlib import Path

from calibration.errors import BadInput
from calibration.group import Group
from recordings.alarm_history import History
from recordings.group.history import history_of_hall
from recordings.group.store import GroupStore
from recordings.shifts import Span


def load_halls(group: Group, base: Path, span: Span, hall: str | None = None) -> dict[str, History]:
    """The history of every hall that was heard of, or of one, as far as it reaches into a span of Unix seconds.

    Two halls of the same name are told apart by their topics.

    Raises:
        BadInput: no such hall.
        Unavailable: the database cannot be reached.
    """
    with GroupStore(group.database, base, read_only=True) as store:
        known = store.halls()
        names = [row.name for row in known]
        shown = {row: row.name if names.count(row.name) == 1 else f"{row.name} ({row.topic})" for row in known}
        chosen = {row: name for row, name in shown.items() if hall in (None, name)}
        if hall is not None and not chosen:
            listed = ", ".join(repr(name) for name in shown.values()) or "none yet"
            raise BadInput(f"--hall {hall!r}: no such hall in the database, expected one of {listed}")
        return {name: history_of_hall(store.rows(row.number, *span)) for row, name in chosen.items()}
