"""How long does one tick take? 20 people, 2 hoists, 4 cameras; and how much faster than life is a replay?

    python -m tests.benchmarks.bench_core

The peer in the same run is what a plain loop of filterpy filters needs for the same people and boxes:
one ``KalmanFilter`` prediction a person and tick, one update a person and camera.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from filterpy.kalman import KalmanFilter

from calibration.camera import Camera
from calibration.site import Site
from recordings.replay import steps
from recordings.sample_files import sample_path
from recordings.store import Recording
from safety.engine import Engine
from tests.worlds import body_boxes, boxes_at, bridge, hall, point_box, shaken
from tracking.records import Box, Boxes
from tracking.tracker import Tracker

PEOPLE, TICKS, WARM_UP = 20, 150, 30
TICK_S = 0.1


def scene() -> tuple[Site, list[list[Boxes]]]:
    """Site and, for each tick, the boxes of all cameras: people on circles, hooks and loads under way."""
    site = hall(
        4, [bridge("H1", travel_m=((1.0, 1.0), (11.0, 11.0))), bridge("H2", travel_m=((13.0, 1.0), (23.0, 11.0)))]
    )
    cameras = [Camera.from_table(c) for c in site.camera]
    random = np.random.default_rng(7)
    middle = random.uniform((2.0, 2.0), (22.0, 10.0), (PEOPLE, 2))
    phase, radius = random.uniform(0, 2 * np.pi, PEOPLE), random.uniform(0.3, 1.5, PEOPLE)
    ticks = []
    for k in range(TICKS):
        angle = phase + 0.8 * k * TICK_S / radius
        feet = middle + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        hooks = [(3.0 + 0.4 * k * TICK_S, 6.0, 2.6), (21.0 - 0.4 * k * TICK_S, 6.0, 2.6)]
        frames = []
        for camera in cameras:
            boxes: list[Box] = body_boxes(camera, feet, site.policy)
            for x, y, z in hooks:
                things = (point_box(camera, (x, y, z), "hook"), point_box(camera, (x, y, z - 0.9), "load", 90.0))
                boxes += [b for b in things if b is not None]
            frames.append(boxes_at(camera.name, k * TICK_S, shaken(boxes, random, 2.0)))
        ticks.append(frames)
    return site, ticks


def timed(step: Callable[[float, list[Boxes]], object], ticks: list[list[Boxes]]) -> np.ndarray:
    """Milliseconds of every tick after the warm-up."""
    out = []
    for k, frames in enumerate(ticks):
        began = time.perf_counter()
        step(k * TICK_S, frames)
        out.append(1e3 * (time.perf_counter() - began))
    return np.array(out[WARM_UP:])


def peer() -> Callable[[float, list[Boxes]], object]:
    """A loop of filterpy filters that are told which box is whose."""
    filters = []
    for _ in range(PEOPLE):
        f = KalmanFilter(dim_x=4, dim_z=2)
        f.F = np.eye(4) + TICK_S * np.eye(4, k=2)
        f.H = np.eye(2, 4)
        filters.append(f)

    def step(_now_s: float, frames: list[Boxes]) -> None:
        for f in filters:
            f.predict()
        for _ in frames:
            for f in filters:
                f.update(np.zeros(2))

    return step


def main() -> None:
    site, ticks = scene()
    boxes = np.mean([sum(len(f.boxes) for f in frames) for frames in ticks])
    print(f"One tick: {PEOPLE} people, 2 hoists, 4 cameras, {boxes:.0f} boxes a tick, {TICKS - WARM_UP} ticks")
    print(f"{'part':<52}{'p50 ms':>9}{'p99 ms':>9}")
    whole = timed(Engine(site).step, ticks)
    tracker = timed(Tracker(site).step, ticks)
    no_hoists = site.model_copy(update={"hoist": ()})
    people = timed(Tracker(no_hoists).step, ticks)
    loop = timed(peer(), ticks)
    rows = [
        ("people: observe, associate, filter", people),
        ("people and hoists", tracker),
        ("all: with prediction, risk and alarms", whole),
        ("peer: loop of filterpy KalmanFilters, ids given", loop),
    ]
    for name, ms in rows:
        print(f"{name:<52}{np.percentile(ms, 50):9.2f}{np.percentile(ms, 99):9.2f}")
    print(f"people against the peer: {np.median(people) / np.median(loop):.2f} times its time")

    recording = Recording(sample_path())
    began = time.perf_counter()
    count = sum(1 for _ in steps(recording))
    took_s = time.perf_counter() - began
    length_s = recording.info.duration_s
    speed = length_s / took_s
    print(f"\nReplay of the sample: {length_s:.1f} s, {count} ticks in {took_s:.1f} s = {speed:.1f} times real time")


if __name__ == "__main__":
    main()
