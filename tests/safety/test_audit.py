"""The audit log: append-only, readable at any time, whole after a kill, and tampering shows."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from calibration.errors import BadInput, Unavailable
from safety.audit import AuditLog, AuditQueue
from safety.audit_export import export
from safety.records import Level
from tests.safety.bus_helpers import process


def filled(path: Path, rows: int = 5) -> AuditLog:
    log = AuditLog(path)
    for k in range(rows):
        log.append(1.7e9 + k, k * 0.1, "console", "console-1", "acknowledge", {"alarm": f"a-{k}"})
    return log


def test_keeps_rows_in_order_and_across_reopening(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with AuditLog(path) as log:
        assert log.head() == (0, "0" * 64)
        first = log.append(1.5, 0.1, "engine", "engine", "start", {"config": "ab", "level": Level.DANGER, "p": None})
        assert (first.n, first.detail) == (1, '{"config":"ab","level":"danger","p":null}')
    with AuditLog(path) as log:
        second = log.append(2.5, 0.2, "console", "반장", "reset", {"node": "홀 2", "x": float("nan")})
        assert second.previous == first.hash
        assert list(log.rows()) == [first, second]
        assert list(log.rows(since=1)) == [second]
        assert log.verify().sound
        assert log.head() == (2, second.hash)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_rows(tmp_path: Path) -> None:
    with filled(tmp_path / "audit.db", 1201) as log:
        assert [row.n for row in log.rows()] == list(range(1, 1202))
        assert log.verify().rows == 1201


def test_is_append_only_and_durable(tmp_path: Path) -> None:
    log = filled(tmp_path / "audit.db")
    assert log._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert log._db.execute("PRAGMA synchronous").fetchone() == (2,)
    for statement in ("UPDATE audit SET name = 'x'", "DELETE FROM audit WHERE n = 2"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            log._db.execute(statement)
    log.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE audit SET detail = '{}' WHERE n = 3", "row 3 was changed"),
        ("UPDATE audit SET wall_s = wall_s + 1 WHERE n = 1", "row 1 was changed"),
        ("UPDATE audit SET hash = previous WHERE n = 2", "row 2 was changed"),
        ("DELETE FROM audit WHERE n = 2", "row 2 is missing"),
        ("DELETE FROM audit WHERE n = 1", "row 1 is missing"),
        ("UPDATE audit SET n = 9 WHERE n = 5", "row 5 is missing"),
        ("DELETE FROM audit WHERE n > 3", "rows 4 to 5 are missing at the end"),
    ],
)
def test_tampering_shows(tmp_path: Path, statement: str, message: str) -> None:
    path = tmp_path / "audit.db"
    log = filled(path)
    head = log.head()
    log.close()
    tamper = sqlite3.connect(path)
    tamper.executescript(f"DROP TRIGGER no_update; DROP TRIGGER no_delete; {statement};")
    tamper.close()
    with AuditLog(path, read_only=True) as log:
        assert log.verify(head).message == message
        assert not log.verify(head).sound


def test_a_file_rewritten_shows_against_a_kept_head(tmp_path: Path) -> None:
    log = filled(tmp_path / "audit.db")
    head = log.head()
    log.close()
    other = filled(tmp_path / "other.db", 4)
    other.append(0.0, 0.0, "engine", "engine", "start")
    other.append(0.0, 0.0, "engine", "engine", "start")
    assert other.verify().sound
    assert "not the one whose hash was kept" in other.verify(head).message
    other.close()


@pytest.mark.parametrize("after_rows", [1, 20, 60])
def test_a_writer_killed_midway_leaves_a_whole_log(tmp_path: Path, after_rows: int) -> None:
    path = tmp_path / "audit.db"
    with process("-m", "tests.safety.audit_writer", path, "w") as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(after_rows)][-1]
        with AuditLog(path, read_only=True) as reader:
            assert reader.head()[0] >= told, "readable while it is written"
        writer.kill()
        writer.wait()
        told = max([told, *map(int, writer.stdout.read().split())])
    with AuditLog(path) as log:
        verdict = log.verify()
        assert verdict.sound, verdict.message
        assert verdict.rows >= told, "a row that was reported written is there"
        assert log.append(1.0, 2.0, "engine", "engine", "start").n == verdict.rows + 1
        assert log.verify().sound


def test_two_writers_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with process("-m", "tests.safety.audit_writer", path, "a"), process("-m", "tests.safety.audit_writer", path, "b"):
        end_s = time.monotonic() + 10.0
        names: set[str] = set()
        while names != {"a", "b"} and time.monotonic() < end_s:
            time.sleep(0.05)
            if path.exists() and path.stat().st_size:
                with AuditLog(path) as log:
                    names = {row.name for row in log.rows()}
    with AuditLog(path) as log:
        assert {row.name for row in log.rows()} == {"a", "b"}
        assert log.verify().sound


def test_a_log_that_another_program_holds_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
    release.start()
    with AuditLog(path) as log:
        log.append(1.0, 2.0, "engine", "engine", "start")
        assert log.verify().sound
    release.join()
    other.close()


def test_the_queue_writes_everything_before_it_closes(tmp_path: Path) -> None:
    waiting = AuditQueue(AuditLog(tmp_path / "audit.db"))
    for k in range(50):
        waiting.append(1.0, k * 1.0, "engine", "engine", "alarm", {"k": k})
    waiting.close()
    assert waiting.fault == ""
    with AuditLog(tmp_path / "audit.db", read_only=True) as log:
        assert [json.loads(row.detail)["k"] for row in log.rows()] == list(range(50))


def test_what_is_written_stands_in_the_file_and_a_held_disk_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    log = AuditLog(path)
    queue = AuditQueue(log)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        for k in range(3):
            queue.append(1.0, float(k), "engine", "engine", "alarm", {"k": k})
            assert queue.written(5.0)
            assert other.execute("SELECT count(*) FROM audit").fetchone() == (k + 1,)
        other.execute("BEGIN IMMEDIATE")
        queue.append(1.0, 3.0, "engine", "engine", "alarm", {"k": 3})
        began_s = time.monotonic()
        assert not queue.written(0.05)
        assert time.monotonic() - began_s < 2.0
        other.execute("ROLLBACK")
        assert queue.written(15.0)
    queue.close()


def test_exports(tmp_path: Path) -> None:
    with filled(tmp_path / "audit.db") as log:
        log.append(1.0, 2.0, "console", 'a,"b"', "shelve", {"reason": "line\nbreak, 시험"})
        assert export(log, tmp_path / "a.csv", "csv") == 6
        assert export(log, tmp_path / "a.json", "json") == 6
        assert export(log, tmp_path / "b.csv", "csv", since=6) == 0
        assert export(log, tmp_path / "b.json", "json", since=6) == 0
        with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert (rows[5]["n"], rows[5]["name"]) == ("6", 'a,"b"')
        assert json.loads(rows[5]["detail"]) == {"reason": "line\nbreak, 시험"}
        table = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
        assert table[5]["detail"] == {"reason": "line\nbreak, 시험"}
        assert [row["hash"] for row in table] == [row["hash"] for row in rows]
        assert json.loads((tmp_path / "b.json").read_text()) == []
        with pytest.raises(Unavailable, match="cannot be written"):
            export(log, tmp_path / "nowhere" / "a.csv", "csv")


def test_files_that_are_no_audit_log(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such audit log"):
        AuditLog(tmp_path / "missing.db", read_only=True)
    with pytest.raises(Unavailable, match="cannot be opened"):
        AuditLog(tmp_path / "nowhere" / "audit.db")
    (tmp_path / "text.db").write_text("not a database " * 100)
    with pytest.raises(BadInput, match="expected an audit log"):
        AuditLog(tmp_path / "text.db")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(BadInput, match="found another database"):
        AuditLog(tmp_path / "other.db")
    filled(tmp_path / "new.db").close()
    assert sqlite3.connect(tmp_path / "other.db").execute("PRAGMA journal_mode").fetchone() == ("delete",), "untouched"
    newer = sqlite3.connect(tmp_path / "new.db")
    newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(BadInput, match="version 9, expected version 1"):
        AuditLog(tmp_path / "new.db")


def test_rows_that_a_full_disk_refuses_wait_for_room(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.sqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "audit.sqlite", isolation_level=None)) as other:
        log._db.execute("PRAGMA busy_timeout = 20")
        other.execute("BEGIN IMMEDIATE")
        queue = AuditQueue(log)
        for k in range(3):
            queue.append(1.0, float(k), "engine", "engine", "alarm", {"k": k})
        deadline_s = time.monotonic() + 5.0
        while not queue.fault and time.monotonic() < deadline_s:
            time.sleep(0.01)
        assert "cannot be written" in queue.fault
        other.execute("ROLLBACK")
        while queue.fault and time.monotonic() < deadline_s:
            time.sleep(0.01)
        queue.close()
    with AuditLog(tmp_path / "audit.sqlite", read_only=True) as kept:
        assert [row.time_s for row in kept.rows()] == [0.0, 1.0, 2.0]
