"""How much of the model's own speed does the whole chain keep, from recorded video to decisions?

``python -m tests.benchmarks.bench_pipeline [--weights F] [--seconds S]`` prints a table. The chain is
what ``hoistwatch replay --detect`` runs: H.264 decoding, scaling, inference, suppression, tracking,
risk, alarms. Raw is OpenVINO's own asynchronous queue on the same model and input shape, fed with one
constant picture. Short runs of both alternate, and the share is the median over the rounds, so that a
machine that is busy for a while slows both sides of it; the share of processor time is steadier still,
and the same where the machine does nothing else. One camera of 7 Hz needs more ticks for each picture
than any real site; four cameras of 10 Hz are the usual one.

Without the shared test data an untrained YOLOv8n and a synthetic video are used: it sees nobody, so
that the chain behind the detector has little to do.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.site import Site
from calibration.site_file import load_site, site_text
from recordings.replay import steps
from recordings.store import Recording, RecordingWriter
from recordings.telemetry_csv import read_telemetry
from tests.benchmarks.bench_detector import untrained
from tests.real_input import pets_site, pets_telemetry
from tests.shared_data import SHARED
from tests.tracking.videos import make_video
from tests.worlds import bridge, hall
from tracking.detector import Bgr, Boxes, Detector, K
from tracking.detector_boxes import Letterbox
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector, _fitted
from tracking.records import Telemetry
from tracking.video_file import frames_of

ROUNDS = 8
VIDEO = SHARED / "data/pets2009_s2l1/vtest.avi"
SIZE_PX = (768, 576)


class Counting:
    """A detector that notes when the boxes of the first and of the last picture came out, and how many."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.count = 0
        self.first, self.last = (0.0, 0.0), (0.0, 0.0)

    def stream(self, items: Iterable[tuple[K, Bgr]]) -> Iterator[tuple[K, Boxes]]:
        self.count = 0
        for key, boxes in self._detector.stream(items):
            self.last = (time.perf_counter(), time.process_time())
            self.first = self.last if self.count == 0 else self.first
            self.count += 1
            yield key, boxes


@dataclass(frozen=True)
class Speed:
    """Pictures a second of wall time, and seconds of all processors for each."""

    rate_hz: float
    work_s: float


class Raw:
    """OpenVINO alone, with as many requests in flight as it asks for."""

    def __init__(self, exported: Path) -> None:
        import openvino

        core = openvino.Core()
        input_px = Letterbox.tight(SIZE_PX, 640).input_px
        model = _fitted(core.read_model(next(exported.glob("*.xml"))), input_px)
        self._queue = openvino.AsyncInferQueue(core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"}))
        self._picture = np.random.default_rng(1).integers(0, 255, (1, input_px[1], input_px[0], 3), np.uint8)

    def speed(self, pictures: int) -> Speed:
        began_s, used_s = time.perf_counter(), time.process_time()
        for _ in range(pictures):
            self._queue.start_async({0: self._picture}, share_inputs=True)
        self._queue.wait_all()
        return Speed(pictures / (time.perf_counter() - began_s), (time.process_time() - used_s) / pictures)


def chain_speed(recording: Recording, detector: Counting) -> Speed:
    """Of a whole replay, from the first picture's boxes on: what starts up once is not counted."""
    ticks = sum(1 for _ in steps(recording, None, detector))  # type: ignore[arg-type]
    assert ticks > 1
    pictures = detector.count - 1
    return Speed(pictures / (detector.last[0] - detector.first[0]), (detector.last[1] - detector.first[1]) / pictures)


def one_camera(folder: Path, pictures: list[Bgr]) -> Recording:
    """Real CCTV of 7 Hz with the path of a real crane; without them, a hall."""
    if not VIDEO.is_file():
        return _recorded(folder / "one.mcap", _hall(1), pictures, 7.0, [])
    site = load_site(pets_site(folder))
    return _recorded(folder / "one.mcap", site, pictures, 7.0, read_telemetry(pets_telemetry(folder), site))


def four_cameras(folder: Path, pictures: list[Bgr]) -> Recording:
    """The same pictures from four cameras of 10 Hz, each a fifth of them behind the one before."""
    crane = [Telemetry(hoist="H1", time_s=n / 5, ready_s=n / 5, x_m=6.0 + n / 50, y_m=5.0, z_m=3.0) for n in range(60)]
    return _recorded(folder / "four.mcap", _hall(4), pictures, 10.0, crane)


def _hall(cameras: int) -> Site:
    site = hall(cameras=cameras, hoists=[bridge()])
    sized = tuple(camera.model_copy(update={"size_px": SIZE_PX}) for camera in site.camera)
    return site.model_copy(update={"camera": sized})


def _recorded(path: Path, site: Site, pictures: list[Bgr], rate_hz: float, crane: list[Telemetry]) -> Recording:
    left = iter(crane)
    waiting = next(left, None)
    step = len(pictures) // 5
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="benchmark", atomic=True) as out:
        for number in range(len(pictures)):
            time_s = number / rate_hz
            while waiting is not None and waiting.time_s <= time_s:
                out.write(waiting, waiting.ready_s)
                waiting = next(left, None)
            for row, camera in enumerate(site.camera):
                out.write_frame(camera.name, time_s, pictures[(number + row * step) % len(pictures)], time_s)
    return Recording(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--weights", type=Path, default=SHARED / "data/weights/yolov8n.pt")
    parser.add_argument("--pictures", type=int, default=160, help=f"of each run; {ROUNDS} rounds are made")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = chosen.weights if chosen.weights.is_file() else untrained(folder)
        exported = cached_export(weights, folder)
        source = VIDEO if VIDEO.is_file() else make_video(folder / "grey.mp4", frames=200, size_px=SIZE_PX)
        with frames_of(source) as video:
            pictures = [frame.bgr for frame in itertools.islice(video, chosen.pictures)]
        recordings = {
            "one camera of 7 Hz, 1.4 ticks a picture": one_camera(folder, pictures),
            "four cameras of 10 Hz, 4 pictures a tick": four_cameras(folder, pictures[: len(pictures) // 4]),
        }
        print(f"\nVideo to decision: {weights.name}, {source.name}, OpenVINO on the CPU, {os.cpu_count()} cores")
        print(f"{'':<42}{'pictures a second':>28}{'processor ms a picture':>30}")
        print(f"{'':<42}" + 2 * f"{'chain':>10}{'raw':>9}{'share':>9}")
        for what, recording in recordings.items():
            measure(what, recording, exported, len(pictures))


def measure(what: str, recording: Recording, exported: Path, pictures: int) -> None:
    detector = OpenVinoDetector(exported, {"person": "person"})
    counting, raw = Counting(detector), Raw(exported)
    raw.speed(8)
    detector.detect([np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)])
    rounds = [(chain_speed(recording, counting), raw.speed(pictures)) for _ in range(ROUNDS)]
    rate = [statistics.median(speed.rate_hz for speed in column) for column in zip(*rounds, strict=True)]
    work = [statistics.median(speed.work_s for speed in column) for column in zip(*rounds, strict=True)]
    shares = [statistics.median(a.rate_hz / b.rate_hz for a, b in rounds)]
    shares.append(statistics.median(b.work_s / a.work_s for a, b in rounds))
    cells = f"{rate[0]:>10.1f}{rate[1]:>9.1f}{100 * shares[0]:>7.0f} %"
    cells += f"{1e3 * work[0]:>10.1f}{1e3 * work[1]:>9.1f}{100 * shares[1]:>7.0f} %"
    print(f"{what:<42}{cells}", flush=True)
    detector.close()


if __name__ == "__main__":
    main()
