"""The rows of the fault table about files that are broken before the start: one line names each, and nothing moves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from calibration.site import Site
from safety.audit import AUDIT_FILE, AuditLog
from tests.benchmarks.fault_chain import MUST, Row
from tests.live_chain import Chain
from tests.shared_data import ROOT


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 3]


def _stub(data: bytes) -> bytes:
    """One that is cut later is read as far as it goes."""
    return data[:40]


def _overwritten(data: bytes) -> bytes:
    return b"\x00broken" + data[7:]


FILES: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("key of the engine cut", "keys/engine.key", _cut),
    ("list of keys overwritten before the start", "keys/allow.toml", _overwritten),
    ("site file cut", "site.toml", _cut),
    ("site file overwritten", "site.toml", _overwritten),
    ("audit database cut", AUDIT_FILE, _cut),
    ("audit database overwritten", AUDIT_FILE, _overwritten),
    ("recording cut within its head", "rest.mcap", _stub),
    ("recording overwritten at its head", "rest.mcap", _overwritten),
)


def corrupt_rows(folder: Path, site: Site, recording: Path) -> Iterator[Row]:
    copies = folder / "corrupt"
    copies.mkdir()
    put_up = Chain(copies, site, driver="simulated")
    shutil.copy(recording, copies / "rest.mcap")
    with AuditLog(copies / AUDIT_FILE) as log:
        for k in range(100):
            log.append(0.0, float(k), "engine", "engine", "start", {"k": k})
    play = ("--playback", str(copies / "rest.mcap"), "--record-to", str(copies))
    command = [sys.executable, "-m", "ui.cli", "run", "--site", str(put_up.site_path), *play]
    for name, file, spoil in FILES:
        path = copies / file
        sound = path.read_bytes()
        before = _starts(command)
        path.write_bytes(spoil(sound))
        code, said = _ended(command)
        kept = path.read_bytes() == spoil(sound)
        path.write_bytes(sound)
        for more in copies.glob(f"{AUDIT_FILE}-*"):
            more.unlink()
        good = code == 2 and bool(said) and before and kept
        yield Row(
            name,
            MUST["end"],
            f"code {code}" + ("" if good else ", **MISSED**"),
            "starts" if before else "does not start",
            said.replace(f"{copies}/", ""),
            "file left as it was" if kept else "file changed",
            good,
        )


def _ended(command: list[str]) -> tuple[int, str]:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return -1, "it runs"
    lines = done.stderr.strip().splitlines()
    return done.returncode, lines[-1] if lines else ""


def _starts(command: list[str]) -> bool:
    """The control: with the file as it was, the engine is ready."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        return any("engine ready" in line for line in process.stderr)
    finally:
        process.kill()
        process.communicate()
