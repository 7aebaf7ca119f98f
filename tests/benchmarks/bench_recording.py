"""How fast is a recording written and read? Run with ``python -m tests.benchmarks.bench_recording``.

Four cameras with 10 boxes each and one snapshot of 20 people per tick; video at 1280 x 720. Nothing
is asserted: the figures are for comparison on one machine.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from recordings.store import Recording, RecordingWriter
from tests.recordings.examples import SITE_TOML, person, picture, snapshot
from tracking.records import Box, Boxes

TICKS = 3000
PICTURES = 60


def rows() -> list[tuple[str, str]]:
    """(what, figure) of each measurement."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_records(Path(folder), atomic=True), *_records(Path(folder), atomic=False), *_video(Path(folder))]


def _writer(path: Path, atomic: bool) -> RecordingWriter:
    return RecordingWriter(path, site_text=SITE_TOML, wall_offset_s=0.0, made_by="benchmark", atomic=atomic)


def _records(folder: Path, atomic: bool) -> list[tuple[str, str]]:
    path = folder / f"records-{atomic}.mcap"
    boxes = tuple(Box(10.0 * n, 20.5, 31.25, 80.125, 0.9) for n in range(10))
    tick = snapshot(1.0, tuple(person(f"P{n}", 1.0, n / 3.0, n / 7.0) for n in range(20)))
    start_s = time.perf_counter()
    with _writer(path, atomic) as out:
        for number in range(TICKS):
            time_s = number / 10.0
            for camera in ("cam1", "cam2", "cam3", "cam4"):
                out.write(Boxes(camera=camera, time_s=time_s, ready_s=time_s, boxes=boxes), time_s)
            out.write(tick, time_s)
    written_s = time.perf_counter() - start_s
    mode = "import" if atomic else "live, on disk every second"
    out_rows = [(f"write a tick of 5 records ({mode})", f"{1e6 * written_s / TICKS:.0f} µs")]
    if atomic:
        start_s = time.perf_counter()
        recording = Recording(path)
        opened_s = time.perf_counter()
        count = sum(1 for _ in recording.events())
        read_s = time.perf_counter()
        snapshots = sum(1 for _ in recording.snapshots())
        end_s = time.perf_counter()
        size_mb = recording.info.size_bytes / 1e6
        out_rows += [
            (f"open {size_mb:.0f} MB, {TICKS / 10:.0f} s of time", f"{1e3 * (opened_s - start_s):.0f} ms"),
            ("read events", f"{count / (read_s - opened_s) / 1e3:.0f} k/s"),
            ("read snapshots of 20 people", f"{snapshots / (end_s - read_s) / 1e3:.1f} k/s"),
        ]
    return out_rows


def _video(folder: Path) -> list[tuple[str, str]]:
    path = folder / "video.mcap"
    pictures = [picture(number, 1280, 720) for number in range(PICTURES)]
    start_s = time.perf_counter()
    with _writer(path, True) as out:
        for number, bgr in enumerate(pictures):
            out.write_frame("cam1", number / 10.0, bgr, number / 10.0)
    written_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    count = sum(1 for _ in Recording(path).frames())
    read_s = time.perf_counter() - start_s
    return [
        ("write video 1280 x 720 (made pictures), one thread", f"{PICTURES / written_s:.0f} pictures/s"),
        ("read it", f"{count / read_s:.0f} pictures/s"),
    ]


def main() -> None:
    table = rows()
    width = max(len(what) for what, _ in table)
    for what, figure in table:
        print(f"{what:<{width}}  {figure:>16}")


if __name__ == "__main__":
    main()
