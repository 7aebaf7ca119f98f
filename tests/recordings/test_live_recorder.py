"""The live recorder's folder: what is old goes, and it is told; what is not its own stays."""

from __future__ import annotations

import math
import os
import resource
import time
from pathlib import Path

import pytest

from calibration.site import RecordingTable
from calibration.site_file import site_text
from recordings import live_recorder
from recordings.live_recorder import LiveRecorder
from recordings.store import Recording
from tests.safety.bus_helpers import wait_for
from tests.worlds import bridge, hall
from tracking.records import Telemetry


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


def test_a_recorder_goes_on_in_a_new_file_once_its_disk_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_recorder, "RETRY_S", 0.05)
    said: list[str] = []
    recorder = LiveRecorder(
        tmp_path,
        RecordingTable(),
        site_text=site_text(hall(cameras=0, hoists=[bridge()])),
        site_name="Hall",
        wall_offset_s=0.0,
        model_sha256=None,
        log=said.append,
        deleted=lambda _: None,
    )

    def record(time_s: float, x_m: float = 1.0) -> None:
        recorder.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=x_m, y_m=1.0, z_m=None), time_s)

    record(1.0)
    record(2.0, math.nan)
    record(3.0)
    wait_for(lambda: any("not finite" in line for line in said), what="the record that cannot be kept")
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, free[1]))
    try:
        record(4.0)
        wait_for(lambda: "recording stopped" in recorder.fault, what="the full disk being told")
        time.sleep(0.1)
        record(5.0)
        time.sleep(0.1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, free)
    wait_for(lambda: not (record(6.0) or recorder.fault), what="room again")
    record(7.0)
    recorder.close()
    kept = sorted(tmp_path.glob("*.mcap"))
    assert kept == sorted(recorder.files), "no file that was begun in vain stays"
    assert len(kept) == 2
    times = [[t for t, _ in Recording(path).timed_events()] for path in recorder.files]
    assert times[0] == [1.0, 3.0]
    assert times[1][-1] == 7.0
