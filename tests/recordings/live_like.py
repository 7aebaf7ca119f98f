"""A folder as a live engine leaves it: a recording with decisions and pictures, and the audit log of its alarms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from recordings.replay import steps
from recordings.sample_files import sample_path
from recordings.store import Recording, RecordingWriter
from safety.audit import AUDIT_FILE, AuditLog
from safety.records import AlarmTransition
from tracking.records import Boxes


def live_folder(folder: Path, sample: str, to_s: float) -> tuple[Path, list[AlarmTransition]]:
    """The beginning of a sample as if it had been recorded live, in the recording's own times; its alarms.

    Pictures are those of the last six seconds, for the tests' time.
    """
    source = Recording(sample_path(sample))
    offset_s = source.info.wall_offset_s
    stamp = dt.datetime.fromtimestamp(offset_s + source.info.start_s, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    items: list[tuple[float, int, object]] = []
    alarms: list[AlarmTransition] = []
    for event in source.events():
        if isinstance(event, Boxes):
            items.append((event.ready_s, 0, event))
    for step in steps(source):
        if step.snapshot.time_s > to_s:
            break
        items.append((step.snapshot.time_s, 1, step.snapshot))
        alarms += step.transitions
    for frame in source.frames(from_s=to_s - 6.0, to_s=to_s):
        items.append((frame.ready_s, 2, frame))
    items.sort(key=lambda item: item[:2])
    path = folder / f"Hall-3-{stamp}.mcap"
    with RecordingWriter(path, site_text=source.site_text, wall_offset_s=offset_s, made_by="test", atomic=True) as out:
        for time_s, kind, item in items:
            if time_s > to_s:
                break
            if kind == 2:
                out.write_frame(item.camera, item.time_s, item.bgr, item.ready_s)  # type: ignore[attr-defined]
            else:
                out.write(item, time_s)  # type: ignore[arg-type]
    with AuditLog(folder / AUDIT_FILE) as log:
        log.append(offset_s, 0.0, "engine", "engine", "start", {"site": "Hall 3"})
        for told in alarms:
            detail = msgspec.to_builtins(told)
            log.append(offset_s + told.time_s, told.time_s, "engine", "engine", "alarm", detail)
        log.append(offset_s + to_s, to_s, "engine", "engine", "stop", {})
    return path, alarms
