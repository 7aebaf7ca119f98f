"""How far from the truth is the hoist tracker, for every mix of sources, and what does a tick cost?

``python -m tests.benchmarks.bench_hoists [NAME…]`` runs scenarios of the library (or recordings that
``hoistwatch simulate`` made, by path) with open loop, gives the hoist tracker one mix of sources after
the other, and compares with the plant's true state: the hook's place and height, the trolley's speed,
how honest the stated uncertainty is (squared floor error by its variance, 2 on average if right), what
was said to hang on the hook, and the time of a tick. As a limit in the same run, the last lines show
what filterpy's own update and prediction cost alone on this machine.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

import numpy as np

from calibration.site import Site
from recordings.plant.loop import Options
from recordings.plant.records import CraneState, World
from recordings.plant.scenario_file import load_scenario, scenario_path
from recordings.plant.simulate import simulate
from recordings.store import Recording
from tests.worlds import seen_at, sight_at
from tracking.hoists import HoistTracker
from tracking.records import Boxes, HoistState, Look, Telemetry

WARM_UP_S = 3.0
NAMES = ("sample-normal-shift", "sample-swing", "normal-parked-hook-before-load")
TAG_SIGMA_M = 0.03
UWB_SIGMA_M = 0.20


@dataclass(slots=True)
class Errors:
    """What one mix of sources brought."""

    floor_m: list[float] = field(default_factory=list)
    height_m: list[float] = field(default_factory=list)
    speed_mps: list[float] = field(default_factory=list)
    nees: list[float] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    tick_ms: list[float] = field(default_factory=list)
    ticks: int = 0
    refused: int = 0

    def add(self, state: HoistState, crane: CraneState, world: World) -> None:
        x, y, z = crane.hook_m
        off = math.hypot(state.x_m - x, state.y_m - y)
        self.floor_m.append(off)
        self.nees.append(off**2 / max(state.sigma_m**2, 1e-6))
        self.height_m.append(abs(state.z_m - z))
        vx, vy = crane.trolley_velocity_mps
        self.speed_mps.append(math.hypot(state.trolley_vx_mps - vx, state.trolley_vy_mps - vy))
        load = next((row for row in world.loads if row.hung_from == crane.name), None)
        truth = "empty" if not crane.carries else "resting" if load is None or load.resting else "carried"
        resting = {True: " resting", False: " hanging", None: ""}[state.load_resting]
        self.said[f"{truth}: {state.carrying}{resting}"] += 1

    def row(self) -> str:
        def shown(values: list[float]) -> str:
            v = np.array(values or [np.nan])
            return f"{np.median(v):6.3f} {np.percentile(v, 95):6.3f}"

        tick = np.array(self.tick_ms)
        return (
            f"{shown(self.floor_m)}  {shown(self.height_m)}  {shown(self.speed_mps)}  {np.mean(self.nees or [0]):5.1f} "
            f"{len(self.floor_m) / max(self.ticks, 1):5.0%} {self.refused:5d}  {np.mean(tick):5.2f} "
            f"{np.percentile(tick, 95):5.2f}"
        )


def run(site: Site, looks: Iterable[Look], truth: Sequence[World]) -> Errors:
    """The tracker alone on one mix, tick by tick."""
    tracker, errors = HoistTracker(site), Errors()
    waiting = sorted(looks, key=lambda look: look.ready_s)
    at, step_s = 0, site.policy.tick_s
    for world in truth:
        if round(world.time_s / 0.05) % max(1, round(step_s / 0.05)):
            continue
        first = at
        while at < len(waiting) and waiting[at].ready_s <= world.time_s:
            at += 1
        began = process_time()
        tracker.observe(waiting[first:at])
        states = tracker.states(world.time_s)
        for state in states:
            tracker.mean_and_cov(state.name, world.time_s)
        spent_ms = 1e3 * (process_time() - began) / max(len(site.hoist), 1)
        if world.time_s < WARM_UP_S:
            continue
        errors.tick_ms.append(spent_ms)
        errors.ticks += len(site.hoist)
        for state in states:
            crane = next(c for c in world.cranes if c.name == state.name)
            if not state.lost:
                errors.add(state, crane, world)
    errors.refused = tracker.refused
    return errors


def mixes(site: Site, events: Sequence[Look], truth: Sequence[World]) -> dict[str, list[Look]]:
    """Looks of every mix of sources; cameras are those of the recording, tag and radio come from the truth."""
    cameras = [c.name for c in site.camera]
    boxes = [e for e in events if isinstance(e, Boxes)]
    told: list[Look] = [
        Telemetry(hoist=e.hoist, time_s=e.time_s, ready_s=e.ready_s, x_m=e.x_m, y_m=e.y_m)
        for e in events
        if isinstance(e, Telemetry)
    ]
    full: list[Look] = [e for e in events if isinstance(e, Telemetry)]
    random = np.random.default_rng(5)
    tag: list[Look] = []
    radio: list[Look] = []
    for world in truth[::4]:
        for crane in world.cranes:
            x, y, z = np.array(crane.hook_m) + random.normal(0.0, TAG_SIGMA_M, 3)
            seen = seen_at("hook", float(x), float(y), float(z), TAG_SIGMA_M)
            tag.append(sight_at(f"tag {crane.name}", world.time_s, [seen]))
            x, y = np.array(crane.trolley_m[:2]) + random.normal(0.0, UWB_SIGMA_M, 2)
            seen = seen_at("trolley", float(x), float(y), None, UWB_SIGMA_M)
            radio.append(sight_at(f"uwb {crane.name}", world.time_s, [seen]))

    def of(*names: str) -> list[Look]:
        return [b for b in boxes if b.camera in names]

    out: dict[str, list[Look]] = {f"{len(cameras)} cameras": of(*cameras), "2 cameras": of(*cameras[:2])}
    out |= {f"1 camera ({name})": of(name) for name in cameras}
    out["1 camera + encoder xy"] = [*of(cameras[0]), *told]
    out["1 camera + radio"] = [*of(cameras[0]), *radio]
    if len(site.hoist) == 1:
        out["tag"] = tag
    out["encoder xyz"] = full
    out["encoder xy"] = told
    out["radio 0.2 m"] = radio
    return {name: looks for name, looks in out.items() if looks}


def recording_of(name: str, folder: Path) -> Recording:
    """A recording by path, or a scenario of the library run with open loop."""
    if not name.endswith(".toml") and Path(name).is_file():
        return Recording(name)
    path = scenario_path(name)
    out = folder / f"{path.stem}.hwrec"
    simulate(load_scenario(path), path.parent, out, Options(obeys=False))
    return Recording(out)


def peer_ms() -> dict[str, float]:
    """What filterpy's unscented filter needs for one prediction and one pixel update of ten states."""
    from filterpy.kalman import MerweScaledSigmaPoints, UnscentedKalmanFilter

    points = MerweScaledSigmaPoints(10, alpha=0.5, beta=2.0, kappa=0.0)
    ukf = UnscentedKalmanFilter(10, 2, 0.1, hx=lambda s: s[:2], fx=lambda s, dt: s * 1.0, points=points)
    ukf.P *= 0.1
    calls: dict[str, Callable[[], object]] = {
        "predict": ukf.predict,
        "update": lambda: ukf.update(np.zeros(2), R=0.1 * np.eye(2)),
    }
    out = {}
    for name, call in calls.items():
        began = process_time()
        for _ in range(100):
            call()
        out[name] = 10 * (process_time() - began)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--mix", default="", help="Only mixes whose name holds this.")
    parser.add_argument("--said", action="store_true", help="What was said to hang on the hook, by what did.")
    arguments = parser.parse_args()
    print(
        "\nhook, metres (m/s)          floor: p50    p95  height: p50 p95  speed: p50 p95   NEES  known refused ms/tick"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names:
            recording = recording_of(name, Path(folder))
            site, truth = recording.site(), list(recording.truth())
            events: list[Look] = [e for e in recording.events() if isinstance(e, Boxes | Telemetry)]
            print(Path(name).stem)
            for mix, looks in mixes(site, events, truth).items():
                if arguments.mix not in mix:
                    continue
                errors = run(site, looks, truth)
                print(f"  {mix:26s} {errors.row()}", flush=True)
                if arguments.said:
                    print(f"    {dict(sorted(errors.said.items()))}")
    print("filterpy alone:", "  ".join(f"{name} {ms:.2f} ms" for name, ms in peer_ms().items()))


if __name__ == "__main__":
    main()
