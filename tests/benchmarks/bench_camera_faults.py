"""The fault table's cameras: pictures are altered, and how long until the permit contact is open.

A hoist hangs over floor that one camera alone sees. The real engine plays altered pictures through its detector
and its picture checks, a real relay node switches a coil of a real Modbus server. The instant of the fault is
known on the observer's clock by a counter that the recording carries in the camera's health.
Run: python -m tests.benchmarks.bench_camera_faults [NAME …]
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from calibration.site import DetectorTable, Site
from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.records import Snapshot
from tests.benchmarks.faults import said
from tests.live_chain import Chain
from tests.tracking.test_picture_faults import filmed, moved, scene, spoils
from tests.worlds import bridge, hall, looking
from tracking.records import CameraHealth, Telemetry

FAULT_S, LENGTH_S, RATE_HZ = 14.0, 20.0, 8.0
SIZE_PX = (480, 270)


def hall_of_one_camera() -> Site:
    camera = looking("cam1", (2.0, -2.0, 6.0), (9.0, 6.0, 0.0), size_px=SIZE_PX, rate_hz=RATE_HZ)
    site = hall(cameras=0, hoists=[bridge()])
    return site.model_copy(update={"camera": (camera,), "detector": DetectorTable(size_px=320)})


def recorded(path: Path, site: Site, fault: str) -> Path:
    """A resting scene below a hoist, spoilt from ``FAULT_S`` on."""
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as out:
        events: list[tuple[float, object]] = []
        for k in range(round(LENGTH_S * 10)):
            t = k / 10
            # What the capture thread says of an unplugged camera; ``gaps`` is the counter.
            there = fault != "unplugged" or t <= FAULT_S + site.policy.camera_silent_s
            events.append((t, CameraHealth(camera="cam1", time_s=t, ready_s=t, connected=there, gaps=k)))
            events.append((t, Telemetry(hoist="H1", time_s=t, ready_s=t, x_m=9.0, y_m=6.0, z_m=3.0)))
        last = None
        for t, bgr in filmed(scene(*SIZE_PX), LENGTH_S, RATE_HZ):
            picture = bgr
            if t >= FAULT_S:
                if fault == "unplugged":
                    break
                picture = last if fault == "frozen" else SPOILS[fault](bgr, t)
            else:
                last = bgr
            events.append((t, picture))
        for t, event in sorted(events, key=lambda e: e[0]):
            if isinstance(event, np.ndarray):
                out.write_frame("cam1", t, event, t)
            else:
                out.write(event, t)
    return path


SPOILS = {name: spoil for name, (_, _, spoil) in spoils().items() if name != "half the light"}
SPOILS["turned by a tenth of the view"] = moved(48.0)


def measured(folder: Path, fault: str) -> tuple[float | None, str]:
    """Seconds from the first spoilt picture until the permit contact is open, and what is said then."""
    site = hall_of_one_camera()
    folder.mkdir(parents=True)
    recording = recorded(folder / "r.mcap", site, fault)
    start_s = np.inf
    with Chain(folder / "chain", site, "--playback", recording, "--detect", "--no-record") as chain:
        with suppress(Exception):
            chain.free()
        opened, words = None, ""
        while chain.process("engine").poll() is None:
            chain.listen(0.005)
            for snapshot in (m for m in chain.messages if isinstance(m, Snapshot) and m.cameras):
                start_s = min(start_s, snapshot.time_s - snapshot.cameras[0].gaps / 10)
            chain.messages.clear()
            now_s = time.monotonic()
            if opened is None and now_s > start_s + FAULT_S and not chain.permit_closed():
                opened = time.monotonic() - start_s - FAULT_S
            if opened is None and now_s < start_s + FAULT_S and not chain.permit_closed() and chain.newest is not None:
                with suppress(Exception):
                    chain.free()
            if opened is not None and now_s > start_s + FAULT_S + opened + 1.0:
                words = said(chain)
                break
            if now_s > start_s + LENGTH_S - 0.3:
                words = said(chain)
                break
        return opened, words


def main() -> None:
    wanted = sys.argv[1:]
    print("| fault of the only camera that sees | contact open after | console |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for k, fault in enumerate(["unplugged", "frozen", *SPOILS]):
            if wanted and not any(w in fault for w in wanted):
                continue
            took_s, words = measured(Path(name) / str(k), fault)
            shown = "stays closed" if took_s is None else f"{1e3 * took_s:.0f} ms"
            print(f"| {fault} | {shown} | {words} |", flush=True)


if __name__ == "__main__":
    main()
