"""The live recorder's folder: what is old goes, and it is told; what is not its own stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from calibration.site import RecordingTable
from calibration.site_file import site_text
from recordings.live_recorder import LiveRecorder
from recordings.store import Recording
from tests.worlds import bridge, hall


def test_recordings_older_than_their_retention_are_deleted_and_told(tmp_path: Path) -> None:
    old, young, foreign = (
        tmp_path / name for name in ("Hall-20200101T000000Z.mcap", "Hall-20260101T000000Z.mcap", "kept.mcap")
    )
    days_s = 86_400.0
    for path, age_s in ((old, 31.0 * days_s), (young, 29.0 * days_s), (foreign, 99.0 * days_s)):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age_s,) * 2)
    said: list[str] = []
    deleted: list[Path] = []
    site = hall(cameras=0, hoists=[bridge()])
    recorder = LiveRecorder(
        tmp_path,
        RecordingTable(retention_days=30.0),
        site_text=site_text(site),
        site_name="Hall",
        wall_offset_s=0.0,
        model_sha256=None,
        log=said.append,
        deleted=deleted.append,
    )
    recorder.close()
    assert deleted == [old]
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()
    assert any("deleted Hall-20200101T000000Z.mcap: older than 30 days" in line for line in said)
    assert Recording(recorder.files[0]).info.complete
