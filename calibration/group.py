"""The group of halls whose events go into one database: ``group.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from calibration.site import ShiftStarts
from calibration.table import Name, Table
from calibration.toml_file import parse_tables, read_text

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
TopicPrefix = Annotated[str, Field(pattern=r"^[^#\x00/][^#\x00]*[^#\x00/]$|^[^#\x00/]$", max_length=200)]


class GroupTable(Table):
    """Table ``[group]``."""

    name: Name
    shift_starts: ShiftStarts = Field(
        ("06:00", "14:00", "22:00"), description="When shifts begin in all halls, local time, rising."
    )
    retention_days: float = Field(1825.0, ge=1.0, le=36500.0, description="Older events are deleted.")


class BrokerTable(Table):
    """Table ``[broker]``: where the halls' gateways tell."""

    address: str = Field(description="HOST:PORT of the broker.")
    topics: tuple[TopicPrefix, ...] = Field(
        min_length=1, max_length=1000, description="Topic of each hall's gateway; '+' stands for any one level."
    )
    client_id: Name = Field("hoistwatch-group", description="The broker keeps messages under this name.")
    username: str = ""
    password_file: str = Field("", description="File with the password alone, mode 0600, relative to this file.")
    ca_file: str = Field("", description="Certificate authority for TLS, relative to this file; empty: no TLS.")
    keepalive_s: int = Field(10, ge=1, le=300)


class DatabaseTable(Table):
    """Table ``[database]``: a PostgreSQL."""

    host: str = Field("127.0.0.1", description="Host, or the folder of its socket.")
    port: int = Field(5432, ge=1, le=65535)
    name: str = "hoistwatch"
    user: str = "hoistwatch"
    password_file: str = Field("", description="File with the password alone, mode 0600, relative to this file.")
    ca_file: str = Field("", description="Certificate authority for TLS, relative to this file.")

    @model_validator(mode="after")
    def _guarded(self) -> DatabaseTable:
        if not self.ca_file and not self.host.startswith("/") and self.host not in _LOOPBACK:
            raise ValueError("ca_file is needed: the database is on another machine, and TLS must prove which")
        return self


class Group(Table):
    """A whole group file."""

    group: GroupTable
    broker: BrokerTable
    database: DatabaseTable = DatabaseTable()


def load_group(path: Path | str) -> Group:
    """Read a group file. Raises BadInput naming file, table, field and what was expected."""
    return parse_tables(read_text(path, "group file"), str(path), Group)
