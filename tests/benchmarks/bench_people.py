"""How well and how fast are people followed on real boxes of four cameras, and 50 of them under eight?

``python -m tests.benchmarks.bench_people [--tracks DIR]`` runs the tracker (boxes in, people out) over the
CMC rooms with the boxes of two detectors and over ``../shared/bench/synth_floor.py``, one configuration for
all, and compares with the truth at 1 m. Times are the process's own, of each frame the least of three runs:
what else the machine does only adds. The peer in the same run: filterpy filters that are told whose box is
whose, one prediction a person and one update a box. ``--tracks`` writes ``frame,id,x,y`` for other scorers.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import process_time

import numpy as np
from filterpy.kalman import KalmanFilter

from calibration.camera import Array
from tests.benchmarks.people_scenes import SCORE_HEAD, Scene, followed, room, scored, synth_floor
from tests.shared_data import SHARED
from tracking.records import Boxes, Look, Sight
from tracking.tracker import Tracker

RUNS = 3
ROOMS = (("cmc1", "fairmot"), ("cmc2", "fairmot"), ("cmc1", "frcnn"), ("cmc2", "frcnn"))


def ours(scene: Scene) -> tuple[Array, Array]:
    """Rows frame, id, x, y, and the milliseconds of every frame."""
    times = []
    for _ in range(RUNS):
        tracker = Tracker(scene.site)

        def step(now_s: float, looks: list[Look], tracker: Tracker = tracker) -> list[tuple[int, float, float]]:
            people = tracker.step(now_s, looks).people
            return [(int(p.id[1:]), p.x_m, p.y_m) for p in people if not p.lost]

        rows, took_ms = followed(scene, step)
        times.append(took_ms)
    return rows, np.min(times, axis=0)


def peer_ms(scene: Scene) -> float:
    """Milliseconds a frame of a plain loop of filterpy filters over as many people and boxes."""
    frames = len(scene.frames)
    people = round(len(scene.truth) / frames)
    seen = sum(
        len(look.boxes) if isinstance(look, Boxes) else len(look.observations)
        for looks in scene.frames
        for look in looks
        if isinstance(look, Boxes | Sight)
    )
    filters = []
    for _ in range(people):
        f = KalmanFilter(dim_x=4, dim_z=2)
        f.F, f.H = np.eye(4) + 0.1 * np.eye(4, k=2), np.eye(2, 4)
        filters.append(f)
    began = process_time()
    for _ in range(20):
        for f in filters:
            f.predict()
        for k in range(round(seen / frames)):
            filters[k % people].update(np.zeros(2))
    return 1e3 * (process_time() - began) / 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=Path)
    arguments = parser.parse_args()
    if not SHARED.exists():
        print(f"needs the shared test data in {SHARED}, which is not there")
        return
    print(f"{'scene':<16}{SCORE_HEAD} {'mean ms':>8} {'p50':>6} {'p99':>6} {'filterpy ms':>12}")
    for scene in (*(room(*names) for names in ROOMS), synth_floor()):
        rows, took_ms = ours(scene)
        times = f"{took_ms.mean():8.2f} {np.median(took_ms):6.2f} {np.percentile(took_ms, 99):6.2f}"
        print(f"{scene.name:<16}{scored(scene.truth, rows)} {times} {peer_ms(scene):12.2f}", flush=True)
        if arguments.tracks is not None:
            arguments.tracks.mkdir(parents=True, exist_ok=True)
            path = arguments.tracks / f"{scene.name.replace(' ', '_')}.csv"
            np.savetxt(path, rows, fmt=["%d", "%d", "%.4f", "%.4f"], delimiter=",", header="frame,id,x,y", comments="")


if __name__ == "__main__":
    main()
