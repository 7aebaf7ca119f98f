"""How fast is the project's own detector at its shipped size, beside the bare model and beside YOLOv8n at 640?

``python -m tests.benchmarks.bench_own_detector [--weights FOLDER] [--size PX] [--seconds S]`` prints a table.
Raw is OpenVINO's own asynchronous queue on the same compiled model, fed with one constant picture, as its
``benchmark_app`` does. Rounds of all measurements alternate, and each figure is the median over the rounds,
so that a machine that is busy for a while slows all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.bench_detector import raw_queue, untrained
from tests.shared_data import ROOT, SHARED
from tracking.detector_boxes import Letterbox
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector
from tracking.records import Kind
from tracking.video_file import frames_of

PICTURE_PX = (1920, 1080)
ROUNDS = 5
KINDS: dict[str, Kind] = {"person": "person", "hook": "hook", "load": "load", "trolley": "trolley"}


def rate_of(step: Callable[[], object], seconds: float) -> float:
    count, began_s = 0, time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        step()
        count += 1
    return count / (time.perf_counter() - began_s)


def latencies_ms(detector: OpenVinoDetector, picture: np.ndarray, seconds: float) -> list[float]:
    took = []
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        start_s = time.perf_counter()
        detector.detect([picture])
        took.append(1e3 * (time.perf_counter() - start_s))
    return took


def scene() -> np.ndarray:
    """A real street scene where there is one, or else soft shapes: noise would be full of false boxes."""
    import cv2

    video = SHARED / "data/pets2009_s2l1/vtest.avi"
    if video.is_file():
        with frames_of(video) as frames:
            return np.asarray(cv2.resize(next(frames).bgr, PICTURE_PX), np.uint8)
    coarse = np.random.default_rng(1).integers(60, 160, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, PICTURE_PX, interpolation=cv2.INTER_CUBIC), np.uint8)


def shipped() -> Path | None:
    """The weights in the project, where there are any."""
    found = sorted(path.parent for path in ROOT.glob("*/**/*.xml") if path.with_suffix(".bin").is_file())
    found = [path for path in found if not any(part.startswith(".") or part == "out" for part in path.parts)]
    return found[0] if found else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--weights", type=Path, help="the exported model; default: the one in the project")
    parser.add_argument("--size", type=int, default=640, help="longer side of its input, px")
    parser.add_argument("--against", type=Path, default=SHARED / "data/weights/yolov8n.pt")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round of a measurement")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = chosen.against if chosen.against.is_file() else untrained(Path(folder))
        models = {"YOLOv8n, 640 px": (cached_export(base, Path(folder)), 640)}
        own = chosen.weights or shipped()
        if own is not None:
            models = {f"own, {chosen.size} px": (own, chosen.size), **models}
        else:
            print("no weights of its own are in the project yet: YOLOv8n alone")
        measure(models, chosen.seconds)


def measure(models: dict[str, tuple[Path, int]], seconds: float) -> None:
    picture = scene()
    runs: dict[tuple[str, str], list[float]] = {}
    steps: list[tuple[str, str, Callable[[], float]]] = []
    detectors = []
    for name, (exported, size_px) in models.items():
        quick = OpenVinoDetector(exported, KINDS, size_px=size_px, hint="latency")
        many = OpenVinoDetector(exported, KINDS, size_px=size_px, hint="throughput")
        detectors += [quick, many]
        raw = raw_queue(exported, Letterbox.tight(PICTURE_PX, size_px).input_px, "throughput")
        batch = [picture] * 4
        many.detect(batch)
        steps += [
            (name, "latency, one picture, ms", lambda d=quick: statistics.median(latencies_ms(d, picture, seconds))),
            (
                name,
                "latency, 95th percentile, ms",
                lambda d=quick: statistics.quantiles(latencies_ms(d, picture, seconds), n=20)[-1],
            ),
            (name, "pictures a second, all cores", lambda d=many, b=batch: 4 * rate_of(lambda: d.detect(b), seconds)),
            (name, "raw asynchronous inference, pictures a second", lambda r=raw: r(seconds)),
        ]
    for _ in range(ROUNDS):
        for name, what, step in steps:
            runs.setdefault((name, what), []).append(step())
    for detector in detectors:
        detector.close()
    width, height = PICTURE_PX
    print(f"\nDetectors on OpenVINO, pictures of {width} x {height} px, {os.cpu_count()} cores")
    print(f"{'measured':<50}" + "".join(f"{name:>20}" for name in models))
    for what in dict.fromkeys(what for _, what, _ in steps):
        print(f"{what:<50}" + "".join(f"{statistics.median(runs[name, what]):>20.1f}" for name in models))
    shares = [
        statistics.median(
            own / raw
            for own, raw in zip(
                runs[name, "pictures a second, all cores"],
                runs[name, "raw asynchronous inference, pictures a second"],
                strict=True,
            )
        )
        for name in models
    ]
    print(f"{'share of raw inference':<50}" + "".join(f"{100 * share:>18.0f} %" for share in shares))


if __name__ == "__main__":
    main()
