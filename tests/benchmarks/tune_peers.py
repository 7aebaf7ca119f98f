"""The tries by which two of the peers' settings were found, each to be run again.

``python -m tests.benchmarks.tune_peers --python .venv-peers/bin/python [jpda | norfair …]`` scores every try
on the first 300 frames of cmc2, with the boxes of either detector, by MOTA + IDF1 at 1 m, and marks the best.
``peers.SETTINGS`` holds that one. The first try of each peer is what the random search before left it with.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.benchmarks.bench_peers import BEHIND, points_of
from tests.benchmarks.people_scenes import Scene, room, scored
from tests.shared_data import SHARED

FRAMES = 300
DETECTORS = ("fairmot", "frcnn")
_JPDA = {"q": 0.3, "gate": 4.0, "clutter": 0.05, "detected": 0.9, "hits": 3, "keep_s": 1.5}
_NORFAIR = {"reach_m": 1.3, "hits": 3, "keep_s": 0.5, "q": 0.3}
TRIES: dict[str, tuple[dict[str, float], ...]] = {
    "jpda": (
        _JPDA,
        _JPDA | {"keep_s": 0.75},
        _JPDA | {"clutter": 0.01},
        _JPDA | {"keep_s": 0.75, "clutter": 0.15},
        _JPDA | {"keep_s": 0.5},
        _JPDA | {"keep_s": 0.75, "hits": 4},
        _JPDA | {"keep_s": 0.75, "detected": 0.8},
        _JPDA | {"keep_s": 0.75, "q": 0.15},
        _JPDA | {"keep_s": 0.75, "q": 1.0},
    ),
    "norfair": (
        _NORFAIR,
        _NORFAIR | {"hits": 2},
        _NORFAIR | {"keep_s": 1.0},
        _NORFAIR | {"reach_m": 0.9},
        _NORFAIR | {"q": 1.0},
        _NORFAIR | {"q": 0.1},
        _NORFAIR | {"keep_s": 2.0},
        _NORFAIR | {"reach_m": 1.8},
    ),
}


def cut(scene: Scene) -> Scene:
    """Its first ``FRAMES`` frames."""
    early = scene.truth[scene.truth[:, 0] <= FRAMES]
    return replace(scene, times_s=scene.times_s[:FRAMES], frames=scene.frames[:FRAMES], truth=early)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", default=list(TRIES), help=" or ".join(TRIES))
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--from", type=int, default=1, dest="first", help="only from this try on")
    arguments = parser.parse_args()
    if not SHARED.exists():
        print(f"needs the shared test data in {SHARED}, which is not there")
        return
    scenes = [cut(room("cmc2", detector)) for detector in DETECTORS]
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder) / f"{k}.npz" for k in range(len(scenes))]
        for scene, source in zip(scenes, sources, strict=True):
            np.savez(source, **points_of(scene)[0])  # type: ignore[arg-type]
        for name in arguments.peers:
            sums: list[float] = []
            print(
                f"\n{name:<8}" + "  ".join(f"{d + ' MOTA':>13} {'IDF1':>6}" for d in DETECTORS) + "     sum  settings"
            )
            for number, settings in enumerate(TRIES[name][arguments.first - 1 :], arguments.first):
                scores = [
                    scored_by(arguments.python, s, source, name, settings)
                    for s, source in zip(scenes, sources, strict=True)
                ]
                sums.append(sum(mota + idf1 for mota, idf1 in scores))
                told = "  ".join(f"{mota:13.2f} {idf1:6.2f}" for mota, idf1 in scores)
                print(f"try {number:<4}{told} {sums[-1]:7.2f}  {json.dumps(settings)}", flush=True)
            print(f"best of {len(sums)}: try {int(np.argmax(sums)) + arguments.first}", flush=True)


def scored_by(python: str, scene: Scene, source: Path, name: str, settings: dict[str, float]) -> tuple[float, float]:
    """MOTA and IDF1 of one try on one scene."""
    target = source.with_name("tracks.npz")
    subprocess.run([python, str(BEHIND), str(source), str(target), name, json.dumps(settings)], check=True)
    with np.load(target) as out:
        score = scored(scene.truth, out["rows"])
    return score.mota, score.idf1


if __name__ == "__main__":
    main()
