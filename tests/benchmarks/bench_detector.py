"""How much of the model's own speed is left after decoding, scaling and suppression?

``python -m tests.benchmarks.bench_detector [--weights F] [--video F] [--seconds S]`` prints a table. Raw
is OpenVINO's own asynchronous queue on the same compiled model, fed with one constant picture. Short
runs of each kind alternate, and the share is the median over the rounds, so that a machine that is busy
for a while slows both sides of it. Without the shared test data an untrained
YOLOv8n and a synthetic video are used: the same work, no meaning.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.shared_data import SHARED
from tests.tracking.videos import make_video
from tracking.detector_boxes import Letterbox
from tracking.detector_export import cached_export
from tracking.detector_openvino import OpenVinoDetector, _fitted
from tracking.video_file import frames_of

ROUNDS = 6


def untrained(folder: Path) -> Path:
    from tracking.torch_models import mend_torchvision, quiet_ultralytics

    quiet_ultralytics()
    mend_torchvision()
    from ultralytics.models.yolo.model import YOLO

    YOLO("yolov8n.yaml").save(folder / "untrained.pt")
    return folder / "untrained.pt"


def endless(video: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Pictures of a file over and over, decoded each time."""
    number = itertools.count()
    while True:
        with frames_of(video) as frames:
            for frame in frames:
                yield next(number), frame.bgr


def rate_of(step: Callable[[], object], seconds: float) -> float:
    count, began_s = 0, time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        step()
        count += 1
    return count / (time.perf_counter() - began_s)


def raw_queue(exported: Path, input_px: tuple[int, int], hint: str) -> Callable[[float], float]:
    """Measures inferences a second of OpenVINO's own queue, as many requests as it asks for."""
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(
        _fitted(core.read_model(next(exported.glob("*.xml"))), input_px), "CPU", {"PERFORMANCE_HINT": hint.upper()}
    )
    pending = openvino.AsyncInferQueue(compiled)
    picture = np.random.default_rng(1).integers(0, 255, (1, input_px[1], input_px[0], 3), np.uint8)
    for _ in range(4):
        pending.start_async({0: picture})
    pending.wait_all()

    def measured(seconds: float) -> float:
        count, began_s = 0, time.perf_counter()
        while time.perf_counter() - began_s < seconds:
            pending.start_async({0: picture}, share_inputs=True)
            count += 1
        pending.wait_all()
        return count / (time.perf_counter() - began_s)

    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--weights", type=Path, default=SHARED / "data/weights/yolov8n.pt")
    parser.add_argument("--video", type=Path, default=SHARED / "data/pets2009_s2l1/vtest.avi")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each of the six rounds of a measurement")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = chosen.weights if chosen.weights.is_file() else untrained(Path(folder))
        video = chosen.video
        if not video.is_file():
            video = make_video(Path(folder) / "grey.mp4", frames=200, size_px=(768, 576))
        exported = cached_export(weights, Path(folder))
        print(f"\nDetector: {weights.name}, {video.name}, OpenVINO on the CPU, {os.cpu_count()} cores")
        print(f"{'measured':<58}{'rate':>10}  {'of raw':>7}")
        for hint in ("throughput", "latency"):
            measure(exported, video, hint, chosen.seconds)


def measure(exported: Path, video: Path, hint: str, seconds: float) -> None:
    detector = OpenVinoDetector(exported, {"person": "person"}, hint="latency" if hint == "latency" else "throughput")
    with frames_of(video) as frames:
        pictures = [frame.bgr for frame in itertools.islice(frames, 8)]
    input_px = Letterbox.tight((pictures[0].shape[1], pictures[0].shape[0]), 640).input_px
    detector.detect(pictures)
    turn = itertools.cycle(pictures)
    raw_rate = raw_queue(exported, input_px, hint)
    raw, single, batch, streamed = [], [], [], []
    for _ in range(ROUNDS):
        raw.append(raw_rate(seconds))
        stream = detector.stream(endless(video))
        streamed.append(rate_of(lambda stream=stream: next(stream), seconds))
        stream.close()  # type: ignore[attr-defined]
        single.append(rate_of(lambda: detector.detect([next(turn)]), seconds / 2))
        batch.append(len(pictures[:4]) * rate_of(lambda: detector.detect(pictures[:4]), seconds / 2))
    detector.close()
    print(f"hint {hint}, input {input_px[0]} x {input_px[1]}")
    for name, rates in (
        ("  raw inference, asynchronous queue", raw),
        ("  detect(), one picture at a time", single),
        ("  detect(), four pictures at a time", batch),
        ("  stream() with video decoding", streamed),
    ):
        share = statistics.median(rate / best for rate, best in zip(rates, raw, strict=True))
        print(f"{name:<58}{statistics.median(rates):>7.1f} Hz  {100.0 * share:>5.0f} %")


if __name__ == "__main__":
    main()
