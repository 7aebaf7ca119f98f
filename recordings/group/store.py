"""The events of many halls in one PostgreSQL. Makes its tables, and changes those of older versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from calibration.errors import BadInput, Unavailable
from calibration.group import DatabaseTable
from recordings.group.events import HallEvent
from safety.mqtt_client import read_secret

if TYPE_CHECKING:
    import psycopg

CONNECT_S = 5
STATEMENT_MS = 10_000
_LOCK = 0x484F4953  # "HOIS": two collectors must not change the tables at once

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE hall (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL UNIQUE,
        name text NOT NULL,
        heard timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE event (
        hall integer NOT NULL REFERENCES hall,
        id text NOT NULL,
        run text NOT NULL,
        what text NOT NULL,
        at timestamptz NOT NULL,
        until timestamptz,
        body jsonb NOT NULL,
        received timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (hall, id)
    );
    CREATE INDEX event_hall_run ON event (hall, run, at);
    CREATE INDEX event_at ON event (at);
    CREATE TABLE refused (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        received timestamptz NOT NULL DEFAULT now(),
        topic text NOT NULL,
        why text NOT NULL,
        payload bytea NOT NULL
    );
    """,
)
"""Statements that lead from one version of the tables to the next; the first makes them. Never changed, only more."""

_HALL = """
    INSERT INTO hall (topic, name) VALUES (%s, %s)
    ON CONFLICT (topic) DO UPDATE SET name = excluded.name, heard = now()
"""
_EVENT = """
    INSERT INTO event (hall, id, run, what, at, until, body)
    VALUES ((SELECT id FROM hall WHERE topic = %s), %s, %s, %s, %s, %s, %s::jsonb)
    ON CONFLICT (hall, id) DO UPDATE SET until = greatest(event.until, excluded.until)
    WHERE excluded.until > event.until
"""
_ROWS = """
    SELECT run, what, at, until, body FROM event
    WHERE hall = %(hall)s AND run IN (
        SELECT run FROM event WHERE hall = %(hall)s GROUP BY run
        HAVING min(at) < %(to)s AND max(coalesce(until, at)) >= %(from)s
    )
    ORDER BY at, id
"""


@dataclass(frozen=True, slots=True)
class Hall:
    """A hall that was heard of."""

    number: int
    topic: str
    name: str
    heard: dt.datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is no event, and why."""

    topic: str
    why: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it lies in the database."""

    run: str
    what: str
    at: dt.datetime
    until: dt.datetime | None
    body: dict[str, object]


class GroupStore:
    """One connection. A context manager; for one thread.

    Args:
        table: ``[database]`` of the group file.
        base: the folder of the group file.
        read_only: for reports; the tables must be there.

    Raises:
        BadInput: password file unfit, or the tables are those of a newer version.
        Unavailable: psycopg is not installed, or the database cannot be reached.
    """

    def __init__(self, table: DatabaseTable, base: Path, *, read_only: bool = False) -> None:
        try:
            import psycopg
            from psycopg.conninfo import make_conninfo
        except ImportError as error:
            raise Unavailable(f"the database needs the package {error.name}: pip install 'hoistwatch[group]'") from None
        self._errors = psycopg.Error
        self._of_data = (psycopg.DataError, psycopg.IntegrityError)
        secret = read_secret(base / table.password_file) if table.password_file else None
        tls = {"sslmode": "verify-full", "sslrootcert": str(base / table.ca_file)} if table.ca_file else {}
        self._where = f"database {table.name!r} at {table.host}:{table.port}"
        try:
            self._link: psycopg.Connection[tuple[object, ...]] = psycopg.connect(
                make_conninfo(
                    host=table.host,
                    port=table.port,
                    dbname=table.name,
                    user=table.user,
                    password=secret,
                    connect_timeout=CONNECT_S,
                    application_name="hoistwatch group",
                    # A database that is stuck must not be waited for without end.
                    options=f"-c statement_timeout={STATEMENT_MS}",
                    **tls,
                )
            )
        except psycopg.Error as error:
            raise Unavailable(f"{self._where} cannot be reached ({_first_line(error)})") from None
        self._link.read_only = read_only
        try:
            self._migrate(read_only)
        except BaseException:
            self._link.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._link.close()

    def write(self, events: Sequence[HallEvent], refused: Sequence[Refused] = ()) -> int:
        """Keep all of them or none, safe on the disk when this returns. Those that are there already change nothing.

        Returns how many were new, or grew.

        Raises:
            Unavailable: the database cannot be reached, or failed; nothing was written.
            ValueError: an event that the database cannot hold; nothing was written.
        """
        try:
            with self._link.transaction(), self._link.cursor() as cursor:
                halls = {event.topic: event.hall for event in events}
                cursor.executemany(_HALL, sorted(halls.items()))
                new = 0
                for e in events:
                    cursor.execute(_EVENT, (e.topic, e.ident, e.run, e.what, e.at, e.until, e.body))
                    new += max(0, cursor.rowcount)
                rows = [(r.topic.replace("\0", " "), r.why.replace("\0", " "), r.payload) for r in refused]
                cursor.executemany("INSERT INTO refused (topic, why, payload) VALUES (%s, %s, %s)", rows)
            return new
        except self._of_data as error:
            raise ValueError(_first_line(error)) from None
        except self._errors as error:
            raise self._failed(error) from None

    def halls(self) -> tuple[Hall, ...]:
        """Every hall, by name. Raises Unavailable."""
        rows = self._all("SELECT id, topic, name, heard FROM hall ORDER BY name, topic", {})
        return tuple(Hall(*row) for row in rows)  # type: ignore[arg-type]

    def rows(self, hall: int, from_s: float, to_s: float) -> tuple[EventRow, ...]:
        """Events of all runs that reach into a span of Unix seconds, in their order. Raises Unavailable."""
        span = {"from": dt.datetime.fromtimestamp(from_s, dt.UTC), "to": dt.datetime.fromtimestamp(to_s, dt.UTC)}
        return tuple(EventRow(*row) for row in self._all(_ROWS, {"hall": hall, **span}))  # type: ignore[arg-type]

    def forget(self, before_s: float) -> int:
        """Delete what is older than a Unix time; how many events that were. Raises Unavailable."""
        before = dt.datetime.fromtimestamp(before_s, dt.UTC)
        try:
            with self._link.transaction(), self._link.cursor() as cursor:
                cursor.execute("DELETE FROM event WHERE coalesce(until, at) < %s", (before,))
                gone = cursor.rowcount
                cursor.execute("DELETE FROM refused WHERE received < %s", (before,))
            return gone
        except self._errors as error:
            raise self._failed(error) from None

    def _all(self, statement: str, values: dict[str, object]) -> Iterator[tuple[object, ...]]:
        try:
            with self._link.transaction(), self._link.cursor() as cursor:
                cursor.execute(statement, values)
                return iter(cursor.fetchall())
        except self._errors as error:
            raise self._failed(error) from None

    def _migrate(self, read_only: bool) -> None:
        try:
            with self._link.transaction(), self._link.cursor() as cursor:
                if not read_only:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                    cursor.execute("CREATE TABLE IF NOT EXISTS hoistwatch_schema (version integer NOT NULL)")
                cursor.execute("SELECT to_regclass('hoistwatch_schema') IS NOT NULL")
                there = cursor.fetchone() == (True,)
                cursor.execute("SELECT max(version) FROM hoistwatch_schema") if there else None
                row = cursor.fetchone() if there else None
                version = int(str(row[0])) if row is not None and row[0] is not None else 0
                if version > len(MIGRATIONS) or (read_only and version < len(MIGRATIONS)):
                    raise BadInput(
                        f"{self._where} has tables of version {version}, expected {len(MIGRATIONS)}: "
                        f"{'run the newer hoistwatch' if version else 'start hoistwatch group collect first'}"
                    )
                for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
                    cursor.execute(statements)
                    cursor.execute("INSERT INTO hoistwatch_schema (version) VALUES (%s)", (number,))
        except self._errors as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> Unavailable:
        return Unavailable(f"{self._where} failed ({_first_line(error)})")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
