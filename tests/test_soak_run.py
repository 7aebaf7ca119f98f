"""A long run of a few seconds, by its command, with all its real processes; ended as a person would end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from recordings.soak.folder import SAMPLES, read_run
from recordings.soak.records import Sample
from tests.shared_data import ROOT

pytestmark = pytest.mark.slow

LIMIT_S = 300.0
"""Until everything stands: films are made, the detector compiled, a hoist found, on a machine that may be busy."""


def test_a_run_ended_by_ctrl_c_has_its_report_and_leaves_no_process(tmp_path: Path) -> None:
    out = tmp_path / "soak"
    command = ["soak", "--minutes", "30", "--detector-px", "320", "--every", "0.5", "--warm-up", "0", "-o", str(out)]
    run = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        end_s = time.monotonic() + LIMIT_S
        kept = out / SAMPLES
        while (kept.read_bytes().count(b"\n") if kept.exists() else 0) < 16:
            assert run.poll() is None, run.communicate()[0]
            assert time.monotonic() < end_s, "too few samples"
            time.sleep(0.2)
        children = psutil.Process(run.pid).children(recursive=True)
        assert len(children) >= 6
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        said = run.communicate(timeout=60.0)[0]
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()
    assert run.returncode == 1, said
    assert not any(child.is_running() for child in children)
    whole, samples = read_run(out)
    assert whole.ended == "interrupted"
    last: Sample = samples[-1]
    assert set(last.processes) == {"cameras", "modbus", "relay", "console", "annunciator", "engine"}
    assert last.permits.accepted > 20
    assert last.pictures > 20
    assert set(last.looks) == {"cam1", "cam2", "cam3", "cam4"}
    page = (out / "report.md").read_text(encoding="utf-8")
    assert "not shown" in page
    assert (out / "courses.png").is_file()
    again = subprocess.run(
        [sys.executable, "-m", "ui.cli", "soak", "--judge", "-o", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert "engine: memory" in again.stdout
