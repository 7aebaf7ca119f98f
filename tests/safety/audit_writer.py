"""Appends rows without end and says each number once it is written: ``audit_writer.py FILE NAME``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from safety.audit import AuditLog

if __name__ == "__main__":
    log = AuditLog(Path(sys.argv[1]))
    while True:
        print(log.append(1.0, 2.0, "engine", sys.argv[2], "alarm", {"text": "x" * 2000}).n, flush=True)
        time.sleep(0.002)  # SQLite's lock is not fair: a writer without any pause keeps the others out
