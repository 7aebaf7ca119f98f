"""What do the risk benchmarks share? The yardstick's own scripts, a site around a scene, and the product's stops."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np

from calibration.policy import Policy
from calibration.site import Site
from recordings.imports_observations import import_observations
from recordings.replay import grid_ticks
from recordings.store import Recording
from safety.engine import Engine
from safety.records import Event, Level
from tests.shared_data import SHARED
from tracking.records import Look
from tracking.tracker import Tracker, Tracks

_MARGIN_M = 2.0

Stops = list[tuple[float, float]]


def needs(*folders: str) -> None:
    """Ends the program in one line where shared test data is absent."""
    for folder in folders:
        if not (SHARED / folder).exists():
            sys.exit(f"needs shared test data {folder}, which is not beside this checkout")


def yardstick(name: str) -> ModuleType:
    """A script of the shared benches as a module."""
    spec = importlib.util.spec_from_file_location(name, SHARED / "bench" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_cases(crowds: Sequence[str], folder: Path) -> list[Path]:
    """Truth files of real walkers past a simulated hoist, built by the yardstick's script where they are not there."""
    if not all(list(folder.glob(f"{crowd}_*.truth.npz")) for crowd in crowds):
        script, data = SHARED / "bench/risk_cases.py", SHARED / "data/eth_ucy"
        subprocess.run([sys.executable, str(script), str(data), str(folder), *crowds], check=True)
    return sorted(path for crowd in crowds for path in folder.glob(f"{crowd}_*.truth.npz"))


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """What the benches of real walkers are asked for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crowds", nargs="+", default=["hotel", "zara01"])
    parser.add_argument("--seeds", nargs="+", help="of the four of each crowd, these only")
    parser.add_argument("--work", type=Path, default=Path("out/risk"))
    parser.add_argument("--picture", type=Path)
    return parser


def chosen_cases(args: argparse.Namespace) -> list[Path]:
    """The cases of the asked crowds and seeds; ends the program where their data are absent."""
    needs("bench", "data/eth_ucy")
    args.work.mkdir(parents=True, exist_ok=True)
    cases = make_cases(args.crowds, args.work)
    return [c for c in cases if not args.seeds or c.name.split("_")[1][0] in args.seeds]


def hall_text(seen_m: np.ndarray, travel_m: np.ndarray, hoist: dict[str, object]) -> str:
    """A site file: the floor around places ``seen_m`` (n, 2), a bridge hoist over the corners ``travel_m`` (2, 2)."""
    low, high = seen_m.min(axis=0) - _MARGIN_M, seen_m.max(axis=0) + _MARGIN_M
    corners = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    lines = ["[site]", 'name = "bench"', f"boundary_m = {[[float(v) for v in c] for c in corners]}", "", "[[hoist]]"]
    lines += ['name = "H1"', 'kind = "bridge"', f"travel_m = {np.round(travel_m, 2).tolist()}"]
    lines += [f"{key} = {value}" for key, value in hoist.items()]
    return "\n".join(lines) + "\n"


def recorded(name: str, text: str, observations: Path, folder: Path) -> Recording:
    """The observations as a recording for this site, by the product's own import."""
    site = folder / f"{name}.site.toml"
    site.write_text(text, encoding="utf-8")
    out = folder / f"{name}.mcap"
    import_observations(site, observations, out)
    return Recording(out)


@dataclass(slots=True)
class Seen:
    """What a tracker told at each tick of a recording, to judge it again by other policies."""

    site: Site
    ticks: list[tuple[float, list[Event], Tracks]] = field(default_factory=list)


class _Told:
    """In the tracker's place: what it told before."""

    def __init__(self, seen: Seen) -> None:
        self._told = iter(seen.ticks)

    def step(self, now_s: float, looks: Iterable[Look]) -> Tracks:
        at_s, _, tracks = next(self._told)
        assert at_s == now_s
        return tracks


def track(recording: Recording) -> Seen:
    """All ticks of a recording through the product's tracker, which no threshold of the risk touches."""
    site = recording.site()
    tracker, seen = Tracker(site), Seen(site)
    for now_s, events in grid_ticks(recording, site):
        looks = [e for e in events if isinstance(e, Look)]
        seen.ticks.append((now_s, events, tracker.step(now_s, looks)))
    return seen


@dataclass(frozen=True, slots=True)
class Judged:
    """Stop-level episodes of the hoist, slow-downs, and milliseconds of processor time for each tick."""

    stops: Stops
    slows: Stops
    tick_ms: float


def judge(seen: Seen, policy: Policy | None = None) -> Judged:
    """The product's engine on what its tracker told: when it withdraws the permit, and when it allows slow alone.

    An episode begins once the hoist has had its permit, so that the start of a recording is none.
    """
    site = seen.site if policy is None else seen.site.model_copy(update={"policy": policy})
    engine = Engine(site)
    engine._tracker = _Told(seen)  # type: ignore[assignment]
    permit, slow, times = [], [], []
    began = time.process_time()
    for now_s, events, _ in seen.ticks:
        snapshot = engine.step(now_s, events).snapshot
        permit.append(snapshot.outputs["H1/permit"])
        slow.append(not snapshot.outputs["H1/slow"] or snapshot.level.rank >= Level.WARNING.rank)
        times.append(now_s)
    tick_ms = 1e3 * (time.process_time() - began) / max(len(times), 1)
    first = permit.index(True) if True in permit else len(permit)
    stopped = [k >= first and not on for k, on in enumerate(permit)]
    return Judged(spans(times, stopped), spans(times, slow), tick_ms)


def spans(times: Sequence[float], on: Sequence[bool]) -> Stops:
    """From when to when something held; what still holds at the end ends there."""
    out: Stops = []
    start: float | None = None
    for now_s, holds in zip(times, on, strict=True):
        if holds and start is None:
            start = now_s
        elif not holds and start is not None:
            out.append((start, now_s))
            start = None
    if start is not None:
        out.append((start, times[-1]))
    return out
