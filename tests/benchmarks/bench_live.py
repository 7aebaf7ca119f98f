"""How long from a frame's receipt to a relay contact that has moved?

``python -m tests.benchmarks.bench_live [--seconds S]`` prints a table. Engine, relay node and Modbus
server are processes of the real command line on real sockets; a recording is played in real time.

One camera gives a frame about twice a second, in no step with the engine's tick, and counts as blind
0.2 s after each: so every frame clears a warning, whose contact moves. On-delays are zero, because
they are policy and not latency. Half a tick of the median, and a whole one of the worst case, is the
wait for the next tick. "Read back" is when the node's report of the moved contact has reached the
engine, as the console shows it; "outside" is when a Modbus client of its own saw the coil move.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from calibration.policy import Policy
from calibration.site import DetectorTable, Site
from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.records import Latency
from tests.live_chain import Chain
from tests.safety.bus_helpers import Coils
from tests.shared_data import SHARED
from tests.worlds import hall
from tracking.detector_export import cached_export
from tracking.records import Box, Boxes
from tracking.video_file import frames_of

PERIOD_S = 0.5
POLICY = Policy(camera_stale_s=0.2, on_delay_s=0.0, off_delay_s=0.0, startup_grace_s=0.0)
OUTPUTS = {"lamp": ("hall", "warning")}
PEOPLE = tuple(Box(100.0 + 150.0 * n, 300.0, 60.0, 170.0, 0.9) for n in range(5))


def times_s(seconds: float) -> Iterator[float]:
    """About two a second, their distances uneven."""
    random = np.random.default_rng(7)
    return (n * PERIOD_S + float(random.uniform(0.0, 0.1)) for n in range(round(seconds / PERIOD_S)))


def scripted(folder: Path, seconds: float) -> tuple[Path, Site]:
    """A recording of boxes."""
    site = hall(cameras=1).model_copy(update={"policy": POLICY})
    with _writer(folder / "scripted.mcap", site) as out:
        for time_s in times_s(seconds):
            out.write(Boxes(camera="cam1", time_s=time_s, ready_s=time_s, boxes=PEOPLE), time_s)
    return folder / "scripted.mcap", site


def filmed(folder: Path, seconds: float, exported: Path) -> tuple[Path, Site]:
    """A recording of real CCTV, to be detected on."""
    plain = hall(cameras=1)
    camera = plain.camera[0].model_copy(update={"size_px": (768, 576)})
    detector = DetectorTable(weights=str(exported.resolve()))
    site = plain.model_copy(update={"policy": POLICY, "camera": (camera,), "detector": detector})
    with _writer(folder / "filmed.mcap", site) as out, frames_of(SHARED / "data/pets2009_s2l1/vtest.avi") as video:
        for time_s, frame in zip(times_s(seconds), video, strict=False):
            out.write_frame("cam1", time_s, frame.bgr, time_s)
    return folder / "filmed.mcap", site


def _writer(path: Path, site: Site) -> RecordingWriter:
    return RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="benchmark", atomic=True)


class Observer(threading.Thread):
    """Looks at the coil about a thousand times a second and notes when it opened, by the system's monotonic clock."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._coils = Coils(port)
        self.opened_s: list[float] = []
        self.stop = threading.Event()

    def run(self) -> None:
        before = False
        while not self.stop.is_set():
            asked_s = time.monotonic()
            now = self._coils.read(1)[0]
            if before and not now:
                self.opened_s.append(asked_s)
            before = now
            time.sleep(0.0005)
        self._coils.close()


def measure(
    folder: Path, recording: Path, site: Site, *options: str, driver: str, seconds: float
) -> tuple[Latency, list[float]]:
    """The engine's own figures at the end, and frame to coil as seen from outside."""
    play = ("--playback", recording, *options, "--no-record")
    with Chain(folder, site, *play, outputs=OUTPUTS, driver=driver) as chain:
        observer = Observer(chain.modbus_port) if driver == "modbus_tcp" else None
        if observer is not None:
            observer.start()
        end_s = time.monotonic() + seconds + 20.0
        while chain.process("engine").poll() is None and time.monotonic() < end_s:
            chain.listen(0.1)
        if observer is not None:
            observer.stop.set()
            observer.join()
        assert chain.newest is not None, chain.log("engine")
        frames_s = [m.time_s for m in chain.messages if isinstance(m, Boxes)]
        return chain.newest.latency, outside(frames_s, observer.opened_s if observer else [])


def outside(frames_s: list[float], opened_s: list[float]) -> list[float]:
    """From each frame to the opening before the next one; both clocks are the system's monotonic one."""
    out = []
    for frame_s, next_s in pairwise(sorted(frames_s)):
        out += [t - frame_s for t in opened_s if frame_s < t < next_s][:1]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=45.0, help="of each of the three measurements")
    parser.add_argument("--weights", type=Path, default=SHARED / "data/weights/yolov8n.pt")
    chosen = parser.parse_args()
    print(f"\nFrame receipt to relay contact, ms; ticks of {1e3 * POLICY.tick_s:.0f} ms, {os.cpu_count()} cores")
    head = f"{'':<44}{'detector':>9}{'decision':>16}{'read back':>16}{'outside':>16}"
    print(f"{head}\n{'':<44}{'p50':>9}" + 3 * f"{'p50':>9}{'p99':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording, site = scripted(folder, chosen.seconds)
        for driver in ("simulated", "modbus_tcp"):
            figures = measure(folder / driver, recording, site, driver=driver, seconds=chosen.seconds)
            row(f"boxes from a recording, driver {driver}", *figures)
        if not (chosen.weights.is_file() and (SHARED / "data/pets2009_s2l1/vtest.avi").is_file()):
            print("real CCTV with the detector: skipped, the shared test data is not beside this checkout")
            return
        recording, site = filmed(folder, chosen.seconds, cached_export(chosen.weights, folder))
        figures = measure(folder / "film", recording, site, "--detect", driver="modbus_tcp", seconds=chosen.seconds)
        row("real CCTV, YOLOv8n on OpenVINO, modbus_tcp", *figures)


def row(name: str, latency: Latency, seen_s: list[float]) -> None:
    cells = [_ms(latency.detect_p50_s, 9)]
    cells += [_ms(latency.frame_to_decision_p50_s, 9), _ms(latency.frame_to_decision_p99_s, 7)]
    cells += [_ms(latency.frame_to_contact_p50_s, 9), _ms(latency.frame_to_contact_p99_s, 7)]
    if seen_s:
        cells += [_ms(statistics.median(seen_s), 9), _ms(float(np.percentile(seen_s, 99)), 7)]
    note = f"   {len(seen_s)} movements" if seen_s else ""
    print(f"{name:<44}{''.join(cells)}{note}", flush=True)


def _ms(seconds: float | None, width: int) -> str:
    return f"{'-' if seconds is None else format(1e3 * seconds, '.0f'):>{width}}"


if __name__ == "__main__":
    main()
