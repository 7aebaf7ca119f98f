"""A process that watches over people outlives what takes its lines."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from tests.shared_data import ROOT

SAYS = "from safety.stderr import to_stderr; [to_stderr('x' * 100) for _ in range(3)]; print('lives')"


def test_a_full_disk_or_a_reader_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        full = subprocess.run(
            [sys.executable, "-c", SAYS],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        )
    assert full.stdout == "lives\n"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.stdin.read(); {SAYS}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    assert process.communicate("")[0] == "lives\n"
