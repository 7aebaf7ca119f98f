"""How long does a rendered picture take, and do two processes draw twice as many?

``python -m tests.benchmarks.bench_render [--people N] [--pictures N]`` prints a table: the first picture
of a camera, which draws its empty hall, then later ones of 960×540, each of a world of its own, in
seconds of the processor and of the wall clock; then pictures a second of one process and of two side
by side. Each process draws with one thread, which is what a core gives most for.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("LP_NUM_THREADS", "1")

import numpy as np

from recordings.plant.records import World
from recordings.plant.scenario import Scenario

HALL = 7


def worlds(people: int, pictures: int) -> tuple[Scenario, list[World]]:
    """A training hall, and moments in it with the hoist and exactly so many people."""
    from recordings.training.random_halls import random_hall
    from recordings.training.random_worlds import random_world

    scenario = random_hall("train", HALL)
    rng = np.random.default_rng(1)
    out: list[World] = []
    while len(out) < pictures:
        world = random_world(scenario, rng, time_s=float(len(out)))
        if len(world.people) == people:
            out.append(world)
    return scenario, out


def run(people: int, pictures: int) -> None:
    import cv2

    from recordings.render.bodies import Bodies
    from recordings.render.scene import Scene

    cv2.setNumThreads(1)
    scenario, moments = worlds(people, pictures)
    bodies, camera = Bodies(), scenario.camera[0].name
    Scene(scenario, bodies, seed=1).shoot(moments[0], camera, 0.0)  # window, shaders, clothes
    started, cpu = time.monotonic(), time.process_time()
    scene = Scene(scenario, bodies, seed=1)
    scene.shoot(moments[0], camera, 0.0)
    first, first_cpu = time.monotonic() - started, time.process_time() - cpu
    print(f"first picture of a hall and camera   {first_cpu:6.3f} s cpu   {first:6.3f} s")
    took, took_cpu = [], []
    for world in moments:
        started, cpu = time.monotonic(), time.process_time()
        scene.shoot(world, camera, world.time_s)
        took.append(time.monotonic() - started)
        took_cpu.append(time.process_time() - cpu)
    print(
        f"later pictures, {people} people (median)     {statistics.median(took_cpu):6.3f} s cpu   "
        f"{statistics.median(took):6.3f} s   {len(took) / sum(took):5.1f} pictures/s"
    )


def side_by_side(count: int, people: int, pictures: int) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.bench_render", "--alone", "--people", str(people)]
    command += ["--pictures", str(pictures)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    rates = [float(p.communicate()[0].split()[-2]) for p in processes]
    print(f"{count} processes: {sum(rates):5.1f} pictures/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--alone", action="store_true", help="one process only, without the comparison")
    options = parser.parse_args()
    if importlib.util.find_spec("vtkmodules") is None:
        print("render: VTK is not installed (pip install hoistwatch[plant])")
        return
    run(options.people, options.pictures)
    if not options.alone:
        for count in (1, 2):
            side_by_side(count, options.people, options.pictures)


if __name__ == "__main__":
    main()
