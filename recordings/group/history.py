"""From a hall's events in the database to what every statistic here goes by: alarms and when they were watched for.

Pure. A run of an engine becomes the rows that its own audit log would have, and ``alarm_history`` reads them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from recordings.alarm_history import History, history_of
from recordings.group.store import EventRow
from safety.audit import AuditRow

_WHAT = {"alarm": "alarm", "acknowledge": "acknowledge", "shelve": "shelve", "verdict": "verdict"}


def history_of_hall(rows: Iterable[EventRow]) -> History:
    """Rows in their order of time, of any number of runs; runs follow one another."""
    runs: dict[str, list[EventRow]] = {}
    for row in rows:
        runs.setdefault(row.run, []).append(row)
    ordered = sorted(runs.values(), key=lambda of_run: of_run[0].at)
    return history_of(audit for of_run in ordered for audit in _audit(of_run))


def _audit(rows: list[EventRow]) -> Iterator[AuditRow]:
    yield _row(rows[0].at, "start", {})
    for row in rows:
        if row.what in _WHAT:
            yield _row(row.at, _WHAT[row.what], _detail(row))
    yield _row(max(row.until or row.at for row in rows), "watched", {})


def _detail(row: EventRow) -> dict[str, object]:
    """As the audit log has it."""
    if row.what == "verdict":
        raised = dt.datetime.fromisoformat(str(row.body["raised"]))
        return {**row.body, "raised_wall_s": raised.timestamp()}
    return row.body


def _row(at: dt.datetime, what: str, detail: dict[str, object]) -> AuditRow:
    return AuditRow(
        n=0,
        wall_s=at.timestamp(),
        time_s=0.0,
        role="",
        name="",
        what=what,
        detail=msgspec.json.encode(detail).decode(),
        previous="",
        hash="",
    )
