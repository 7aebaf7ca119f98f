"""A real PostgreSQL for tests: a cluster of its own in a folder, run by a user that is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from tests.safety.bus_helpers import free_port, wait_for

USER, PASSWORD = "hoistwatch", "correct horse"
DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of initdb and postgres; skips the test where there is none."""
    newest = max(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    if found is None:
        pytest.skip("needs PostgreSQL's initdb: install the Debian package postgresql")
    return Path(found).resolve().parent


class Postgres:
    """A context manager. Its folder is not pytest's, into which no other user may look."""

    def __init__(self) -> None:
        self.port, self._bin = free_port(), programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        self._kept = tempfile.TemporaryDirectory(prefix="hoistwatch-postgres-")
        self.folder = Path(self._kept.name)
        if os.geteuid() == 0:
            try:
                account = pwd.getpwnam("postgres")
            except KeyError:
                pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def __enter__(self) -> Self:
        secret = self.folder / "superuser"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)  # initdb runs as another user
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "scram-sha-256", "--pwfile", secret, "-N", "-E", "UTF8")
        self.start()
        with psycopg.connect(self.address("postgres"), autocommit=True) as link:
            link.execute("CREATE DATABASE hoistwatch")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill(signal.SIGQUIT)
        self._kept.cleanup()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, name: str = "hoistwatch") -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} password='{PASSWORD}' dbname={name} connect_timeout=2"

    def start(self) -> None:
        options = ("-p", self.port, "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *map(str, options)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        wait_for(self._answers, 20.0, f"PostgreSQL ({self.folder / 'log'})")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it at once, as when the power fails; SIGKILL leaves its children, which then end by themselves."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(10.0)

    def rows(self, statement: str) -> Sequence[tuple[object, ...]]:
        with psycopg.connect(self.address()) as link:
            return link.execute(statement).fetchall()  # type: ignore[call-overload]

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.address("postgres")).close()
            return True
        return False

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._bin / program, *map(str, arguments)], check=False, capture_output=True, cwd=self.folder, **self._as
        )
        assert done.returncode == 0, done.stderr.decode()
