"""How far from the truth are people and hook, from the samples' pixels alone: no telemetry, no tags?

``python -m tests.benchmarks.bench_positions [NAME…] [--weights W]`` detects on the pictures of each
sample recording, follows over the calibrated cameras, and compares with the true state of the plant,
with all cameras and with the first alone. A person counts as found where a track is within 1 m.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from calibration.site import DetectorTable, Site
from recordings.plant.records import World
from recordings.replay import detected
from recordings.sample_files import SAMPLES, sample_path
from recordings.store import Recording
from tracking.detector import Detector, open_detector
from tracking.records import Boxes
from tracking.tracker import Tracker, Tracks

WARM_UP_S = 3.0
NEAR_M = 1.0


@dataclass(slots=True)
class Errors:
    """Errors in metres: people on the floor, hook in x, y, z; and how many people were looked for and found."""

    people_m: list[float] = field(default_factory=list)
    hook_m: list[tuple[float, float, float]] = field(default_factory=list)
    ticks: int = 0
    wanted: int = 0
    extra: int = 0

    def add(self, tracks: Tracks, world: World) -> None:
        self.ticks += 1
        self.wanted += len(world.people)
        seen = [(p.x_m, p.y_m) for p in tracks.people if not p.lost]
        true = [(b.x_m, b.y_m) for b in world.people]
        if seen and true:
            gaps = np.linalg.norm(np.array(seen)[:, None] - np.array(true)[None], axis=2)
            rows, columns = linear_sum_assignment(np.minimum(gaps, NEAR_M))
            near = [float(gap) for gap in gaps[rows, columns] if gap < NEAR_M]
            self.people_m += near
            self.extra += len(seen) - len(near)
        else:
            self.extra += len(seen)
        for hoist in tracks.hoists:
            crane = next((c for c in world.cranes if c.name == hoist.name), None)
            if crane is not None and not hoist.lost:
                x, y, z = crane.hook_m
                self.hook_m.append((abs(hoist.x_m - x), abs(hoist.y_m - y), abs(hoist.z_m - z)))

    def row(self) -> str:
        people = np.array(self.people_m or [np.nan])
        hook = np.array(self.hook_m or [(np.nan,) * 3])
        axes = " ".join(f"{v:5.2f}" for v in np.median(hook, axis=0))
        found = len(self.people_m) / max(self.wanted, 1)
        return (
            f"{np.median(people):6.2f} {np.percentile(people, 95):6.2f} {found:6.0%} "
            f"{self.extra / max(self.ticks, 1):6.2f}   {axes} {np.median(np.linalg.norm(hook, axis=1)):6.2f} "
            f"{len(self.hook_m) / max(self.ticks, 1):6.0%}"
        )


def errors_of(site: Site, looks: Iterable[Boxes], truth: list[World]) -> Errors:
    """Follow boxes alone, and compare at every state of the truth that falls on a tick."""
    tracker, errors, waiting = Tracker(site), Errors(), sorted(looks, key=lambda look: look.ready_s)
    at = 0
    step_s = site.policy.tick_s
    for world in truth:
        if round(world.time_s / 0.05) % max(1, round(step_s / 0.05)):
            continue
        batch = []
        while at < len(waiting) and waiting[at].ready_s <= world.time_s:
            batch.append(waiting[at])
            at += 1
        tracks = tracker.step(world.time_s, list(batch))
        if world.time_s >= WARM_UP_S:
            errors.add(tracks, world)
    return errors


def measure(name: str, detector: Detector) -> tuple[Errors, Errors]:
    """All cameras of a sample, and the first one alone."""
    recording = Recording(sample_path(name))
    site, truth = recording.site(), list(recording.truth())
    looks = [boxes for _, boxes in detected(recording, detector, recording.site()) if isinstance(boxes, Boxes)]
    first = site.camera[0].name
    alone = site.model_copy(update={"camera": site.camera[:1]})
    return errors_of(site, looks, truth), errors_of(alone, [b for b in looks if b.camera == first], truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SAMPLES))
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    detector = open_detector(DetectorTable(weights=arguments.weights), Path.cwd())
    print("\nFrom pixels alone                people: median  p95  found  extra   hook: x     y     z   3-D  found")
    for name in arguments.names or SAMPLES:
        for label, errors in zip(("all cameras", "one camera"), measure(name, detector), strict=True):
            print(f"{name:16s} {label:12s}            {errors.row()}", flush=True)
    detector.close()


if __name__ == "__main__":
    main()
