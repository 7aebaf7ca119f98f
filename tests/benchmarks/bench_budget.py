"""More cameras than the detector can take: who is looked at how often, how old does it get, does anything queue?

``python -m tests.benchmarks.bench_budget [--weights F] [--seconds S]`` prints two tables.

The first feeds the real detector (OpenVINO, as the live engine opens it) with N cameras of 15 Hz in four ways:
every picture in a queue, the cameras in the order of the site file, the budget with all cameras alike, and the
budget with two cameras at a moving hoist. Rates are pictures whose boxes came out; the age is that of the
newest boxes of a camera, at its worst moment.

The second passes over unchanged pictures of empty places and then inspects them all the same, to count those that
show a person: real CCTV cut into nine cameras, and a worker into five, as they are and in a quarter of the contrast.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from calibration.policy import Policy
from tests.benchmarks.bench_detector import untrained
from tests.shared_data import SHARED
from tests.tracking.test_stillness import corners, found
from tests.tracking.videos import make_video
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector
from tracking.inspection import Bgr, Inspector, Shot
from tracking.stillness import Stillness
from tracking.video_file import frames_of

RATE_HZ = 15.0
BLIND_S = Policy().camera_stale_s
AT_HOIST = ("cam1", "cam2")
WEIGHTED = dict.fromkeys(AT_HOIST, 8.0)
VIDEO = SHARED / "data/pets2009_s2l1/vtest.avi"
WORKER = SHARED / "data/worker_zone/worker-zone-detection.gif"


@dataclass
class Seen:
    """What came out: boxes by camera, the worst age of each camera, and the most pictures that ever waited."""

    counts: Counter[str] = field(default_factory=Counter)
    newest_s: dict[str, float] = field(default_factory=dict)
    worst_s: dict[str, float] = field(default_factory=dict)
    most_waiting: int = 0

    def note(self, now_s: float, done: Sequence[tuple[str, float]], waiting: int) -> None:
        for camera, newest_s in self.newest_s.items():
            self.worst_s[camera] = max(self.worst_s.get(camera, 0.0), now_s - newest_s)
        for camera, time_s in done:
            self.counts[camera] += 1
            self.newest_s[camera] = max(time_s, self.newest_s.get(camera, time_s))
        self.most_waiting = max(self.most_waiting, waiting)


class Queue:
    """What is not done here: every picture waits its turn."""

    def __init__(self, detector: OpenVinoDetector) -> None:
        self._detector = detector
        self._queue: deque[Shot] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def offer(self, shot: Shot) -> None:
        self._queue.append(shot)

    def feed(self, now_s: float, weights: Mapping[str, float]) -> None:
        while self._queue and self._detector.submit((self._queue[0].camera, self._queue[0].time_s), self._queue[0].bgr):
            self._queue.popleft()

    def collect(self, timeout_s: float) -> list[tuple[object, ...]]:
        return [(*key, boxes) for key, boxes in self._detector.collect(timeout_s)]  # type: ignore[misc]


class InOrder(Queue):
    """Newest picture wins, cameras in the order of the site file: the last ones starve."""

    def offer(self, shot: Shot) -> None:
        known = {s.camera: s for s in self._queue} | {shot.camera: shot}
        self._queue = deque(known[name] for name in sorted(known))


def run(
    feeder: Queue | Inspector, cameras: int, pictures: list[Bgr], weights: Mapping[str, float], for_s: float
) -> Seen:
    names = [f"cam{i + 1}" for i in range(cameras)]
    seen = Seen()
    began_s = time.monotonic()
    due_s = {name: began_s + i / RATE_HZ / cameras for i, name in enumerate(names)}
    turn = itertools.count()
    while (now_s := time.monotonic()) < began_s + for_s:
        for name in names:
            if due_s[name] <= now_s:
                due_s[name] += 1 / RATE_HZ
                feeder.offer(Shot(name, now_s, pictures[next(turn) % len(pictures)]))
        feeder.feed(now_s, weights)
        done = feeder.collect(max(0.0, min(0.01, min(due_s.values()) - now_s)))
        seen.note(time.monotonic(), [(str(d[0]), float(d[1])) for d in done], feeder.waiting)  # type: ignore[arg-type]
        if not done and feeder.waiting == 0:
            time.sleep(max(0.0, min(due_s.values()) - time.monotonic()))
    while feeder.waiting and not isinstance(feeder, Queue):
        feeder.feed(time.monotonic(), weights)
        feeder.collect(0.1)
    return seen


def shares(exported: Path, pictures: list[Bgr], for_s: float) -> None:
    print(f"{'cameras':<9}{'way':<34}{'at the hoist':>14}{'others':>10}{'slowest':>10}{'worst age':>22}{'waiting':>9}")
    print(f"{'':<43}{'Hz each':>14}{'Hz each':>10}{'Hz':>10}{'at the hoist, others':>22}{'at most':>9}")
    for cameras in (4, 8):
        ways: list[tuple[str, Callable[[OpenVinoDetector], Queue | Inspector], Mapping[str, float]]] = [
            ("a queue", Queue, {}),
            ("order of the site file", InOrder, {}),
            ("budget, all alike", lambda d: Inspector(d, BLIND_S), {}),
            ("budget, two at a moving hoist", lambda d: Inspector(d, BLIND_S), WEIGHTED),
        ]
        for name, way, weights in ways:
            detector = OpenVinoDetector(exported, {"person": "person"}, hint="latency")
            detector.detect(pictures[:1])
            seen = run(way(detector), cameras, pictures, weights, for_s)
            detector.close()
            everybody = [f"cam{i + 1}" for i in range(cameras)]
            rate = {c: seen.counts[c] / for_s for c in everybody}
            # Who was never looked at is as old as the run.
            age = {c: seen.worst_s.get(c, for_s) for c in everybody}
            others = [c for c in everybody if c not in AT_HOIST]
            cells = f"{np.mean([rate[c] for c in AT_HOIST]):>14.1f}{np.mean([rate[c] for c in others]):>10.1f}"
            cells += f"{min(rate.values()):>10.1f}"
            ages = f"{max(age[c] for c in AT_HOIST):.2f} s, {max(age[c] for c in others):.2f} s"
            print(f"{cameras:<9}{name:<34}{cells}{ages:>22}{seen.most_waiting:>9}", flush=True)


def dim(bgr: Bgr, random: np.random.Generator) -> Bgr:
    """A quarter of the contrast, with the noise of a sensor that is turned up."""
    noisy = 20 + 0.25 * bgr.astype(np.float32) + random.normal(0.0, 2.0, bgr.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def skipping(exported: Path) -> None:
    detector = OpenVinoDetector(exported, {"person": "person"}, size_px=320, confidence=0.1)
    with frames_of(VIDEO) as video:
        cctv = [frame.bgr for frame in itertools.islice(video, 400)]
    with frames_of(WORKER) as video:
        worker = [frame.bgr for frame in video]
    random = np.random.default_rng(1)
    print(f"\n{'pictures':<26}{'may skip':>10}{'passed over':>14}{'of them with a person':>24}")
    for light, cctv_now, worker_now in (
        ("as they are", cctv, worker),
        ("a quarter of contrast", [dim(p, random) for p in cctv], [dim(p, random) for p in worker]),
    ):
        parts = [(part, 7.0) for part in corners(cctv_now, 256, 192)]
        parts += [(part, 5.0) for part in (*corners(worker_now, 240, 128), worker_now)]
        seen = [[boxes for _, boxes in detector.stream(enumerate(part))] for part, _ in parts]
        for skip_s in (0.5, 1.0):
            gone = lost = total = 0
            for (pictures, rate_hz), boxes in zip(parts, seen, strict=True):
                still = Stillness(skip_s)
                for number, bgr in enumerate(pictures):
                    time_s = number / rate_hz
                    if still.may_skip("cam", time_s, bgr):
                        gone += 1
                        lost += found(boxes[number])
                        continue
                    still.inspecting("cam", time_s, bgr)
                    still.inspected("cam", time_s, len(boxes[number]))
                total += len(pictures)
            print(f"{light:<26}{skip_s:>8.2f} s{100 * gone / total:>12.0f} %{lost:>24}", flush=True)
    detector.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--weights", type=Path, default=SHARED / "data/weights/yolov8n.pt")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each way of feeding the detector")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trained = chosen.weights.is_file()
        weights = chosen.weights if trained else untrained(Path(folder))
        exported = cached_export(weights, Path(folder))
        real = VIDEO.is_file()
        source = VIDEO if real else make_video(Path(folder) / "grey.mp4", frames=60, size_px=(768, 576))
        with frames_of(source) as video:
            pictures = [frame.bgr for frame in itertools.islice(video, 60)]
        print(f"\nBudget: {weights.name}, cameras of {RATE_HZ:g} Hz, {source.name}, {os.cpu_count()} cores")
        shares(exported, pictures, chosen.seconds)
        if trained and real and WORKER.is_file():
            skipping(exported)
        else:
            print("\npassing over what has not changed: skipped, the shared test data is not beside this checkout")


if __name__ == "__main__":
    main()
