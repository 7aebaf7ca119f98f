"""Scenes with known truth for people's trackers: what all cameras say frame by frame, and who really stood where.

Real boxes of the CMC rooms and the scaling scene of 50 walkers, from the shared test data; the score is
that of ``../shared/bench/track_score.py``: CLEAR MOT and IDF1 by py-motmetrics at plain distance in metres.
"""

from __future__ import annotations

import importlib.util
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from scipy.spatial.distance import cdist

from calibration.camera import Array
from calibration.site import Floor, Site
from calibration.site_file import load_site
from tests.real_input import CMC_RATE_HZ, cmc_boxes, cmc_site
from tests.shared_data import shared
from tracking.mot_boxes import read_mot_boxes
from tracking.records import Boxes, Look, Observation, Sight

THRESHOLD_M = 1.0
SYNTH_RATE_HZ, SYNTH_SIGMA_M = 10.0, 0.15


@dataclass(frozen=True)
class Scene:
    """``frames``: what was seen at each of ``times_s``. ``truth``: rows frame from 1, id, x, y in metres."""

    name: str
    site: Site
    times_s: tuple[float, ...]
    frames: tuple[tuple[Look, ...], ...]
    truth: Array


@dataclass(frozen=True)
class Score:
    mota: float
    idf1: float
    switches: int
    false_positives: int
    misses: int
    error_m: float

    def __str__(self) -> str:
        return (
            f"{self.mota:7.2f} {self.idf1:7.2f} {self.switches:5d} {self.false_positives:5d} {self.misses:5d} "
            f"{self.error_m:7.3f}"
        )


SCORE_HEAD = f"{'MOTA':>7} {'IDF1':>7} {'IDSW':>5} {'FP':>5} {'FN':>5} {'err m':>7}"


def room(name: str, detector: str) -> Scene:
    """A CMC room with the real boxes of one detector."""
    with tempfile.TemporaryDirectory() as folder:
        site = load_site(cmc_site(Path(folder), name))
    boxes = {camera: read_mot_boxes(path) for camera, path in cmc_boxes(name, detector).items()}
    truth = np.loadtxt(shared(f"data/{name}/gt.csv"), delimiter=",", skiprows=1)
    count = int(max(truth[:, 0].max(), *(max(b) for b in boxes.values())))
    times_s = tuple(k / CMC_RATE_HZ for k in range(count))
    frames = tuple(
        tuple(
            Boxes(camera=camera, time_s=time_s, ready_s=time_s, boxes=by_frame.get(k + 1, ()))
            for camera, by_frame in boxes.items()
        )
        for k, time_s in enumerate(times_s)
    )
    return Scene(f"{name} {detector}", site, times_s, frames, truth)


def synth_floor() -> Scene:
    """50 walkers under 8 cameras that say points on the floor; nobody tells where the cameras look."""
    spec = importlib.util.spec_from_file_location("synth_floor", shared("bench/synth_floor.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    truth, points = module.make()
    by_frame: dict[int, dict[int, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    variance = SYNTH_SIGMA_M**2
    for frame, camera, x, y in points.tolist():
        seen = Observation(kind="person", x_m=x, y_m=y, var_x_m2=variance, var_y_m2=variance)
        by_frame[int(frame)][int(camera)].append(seen)
    count = int(truth[:, 0].max())
    times_s = tuple(k / SYNTH_RATE_HZ for k in range(count))
    frames = tuple(
        tuple(
            Sight(source=f"cam{camera}", time_s=time_s, ready_s=time_s, observations=tuple(rows))
            for camera, rows in sorted(by_frame[k + 1].items())
        )
        for k, time_s in enumerate(times_s)
    )
    site = Site(site=Floor(name="synth", boundary_m=((0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0))))
    return Scene("synth_floor", site, times_s, frames, truth)


def followed(
    scene: Scene, step: Callable[[float, list[Look]], Sequence[tuple[int, float, float]]]
) -> tuple[Array, Array]:
    """Rows frame, id, x, y of a tracker whose step gives (id, x, y), and the milliseconds of every frame."""
    rows, took_ms = [], []
    for k, (time_s, looks) in enumerate(zip(scene.times_s, scene.frames, strict=True)):
        arrived = list(looks)
        began = process_time()
        people = step(time_s, arrived)
        took_ms.append(1e3 * (process_time() - began))
        rows += [(k + 1, number, x, y) for number, x, y in people]
    return np.array(rows, float).reshape(-1, 4), np.array(took_ms)


def scored(truth: Array, rows: Array, threshold_m: float = THRESHOLD_M) -> Score:
    """CLEAR MOT and IDF1 over all frames of the truth, those without anybody included."""
    import motmetrics

    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame in range(int(truth[:, 0].min()), int(truth[:, 0].max()) + 1):
        true, found = truth[truth[:, 0] == frame], rows[rows[:, 0] == frame]
        distance = cdist(true[:, 2:], found[:, 2:])
        accumulator.update(
            true[:, 1].astype(int), found[:, 1].astype(int), np.where(distance <= threshold_m, distance, np.nan)
        )
    names = ["mota", "idf1", "num_switches", "num_false_positives", "num_misses"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = motmetrics.metrics.create().compute(accumulator, metrics=names, return_dataframe=False)
    events = accumulator.mot_events
    errors = events[events.Type.isin(["MATCH", "SWITCH"])].D.to_numpy(float)
    mota, idf1, *counts = (values[name] for name in names)
    switches, extra, missed = (int(c) for c in counts)
    return Score(100 * mota, 100 * idf1, switches, extra, missed, float(errors.mean()) if len(errors) else float("nan"))
