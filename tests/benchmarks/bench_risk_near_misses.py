"""Near misses that were none: how many stops were needless by the true distance?

    python -m tests.benchmarks.bench_risk_near_misses [--work DIR]

Two kinds of real movement. CITR: people who walk past an electric cart, which is taken as a load that a fast hoist
carries close above the floor; nobody was touched. And the path of a real overhead crane by its UWB tag (jumps of
multipath taken out), to and fro through the walkers of ETH and UCY, who know of no crane. A stop is needless if
during it and in the two seconds after nobody truly came nearer than 0.5 m to the load's side; a contact is within the
load's and a body's radius while the load moves.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, median_filter

from tests.benchmarks.risk_runs import hall_text, judge, needs, recorded, track, yardstick
from tests.shared_data import SHARED

RATE_HZ = 10.0
NEAR_M, AFTER_S, BODY_M = 0.5, 2.0, 0.25
MOVES_MPS = 0.1
BOTTOM_M, HOOK_M, MIDDLE_M = 0.4, 1.8, 0.8
PERSON_SIGMA_M, HOOK_SIGMA_M, LOAD_SIGMA_M, HEIGHT_SIGMA_M = 0.12, 0.05, 0.07, 0.08
CART = {"radius_m": 0.9, "speeds_mps": (1.0, 5.0), "brake_mps2": 2.5}
CRANE = {"radius_m": 0.5, "speeds_mps": (0.3, 1.2), "brake_mps2": 0.25}


@dataclass(frozen=True, slots=True)
class Scene:
    """True ways at 10 Hz: the load (k, 2), and each person's first tick and places."""

    name: str
    load_m: np.ndarray
    people: dict[int, tuple[int, np.ndarray]]

    def gaps_m(self, radius_m: float) -> np.ndarray:
        """(k,) distance of the nearest person's side from the load's side; infinite where nobody is there."""
        near = np.full(len(self.load_m), np.inf)
        for first, places in self.people.values():
            k = slice(first, first + len(places))
            near[k] = np.minimum(near[k], np.hypot(*(places - self.load_m[k]).T) - radius_m - BODY_M)
        return near


def citr() -> list[Scene]:
    """All recordings of people and one cart, 30 frames a second brought to ten."""
    out = []
    for path in sorted((SHARED / "data/citr").glob("*_traj_veh_filtered.csv")):
        cart = {int(r["frame"]): (float(r["x_est"]), float(r["y_est"])) for r in _rows(path)}
        frames = sorted(k for k in cart if k % 3 == 0)
        first = frames[0]
        load = np.array([cart[k] for k in range(first, frames[-1] + 1, 3)])
        walks: dict[int, list[tuple[int, float, float]]] = {}
        for r in _rows(path.with_name(path.name.replace("_veh_", "_ped_"))):
            k = int(r["frame"])
            if k % 3 == 0 and first <= k <= frames[-1]:
                walks.setdefault(int(r["id"]), []).append(((k - first) // 3, float(r["x_est"]), float(r["y_est"])))
        people = {pid: (w[0][0], np.array([q[1:] for q in w])) for pid, w in walks.items() if _whole(w)}
        out.append(Scene(path.name.removesuffix("_traj_veh_filtered.csv"), load, people))
    return out


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _whole(walk: list[tuple[int, float, float]]) -> bool:
    return len(walk) >= 5 and walk[-1][0] - walk[0][0] == len(walk) - 1


def crane_way() -> np.ndarray:
    """(k, 2) the crane's path at 10 Hz, from its middle: a median of seven fixes, then smooth over a second."""
    a = np.genfromtxt(SHARED / "data/crane_uwb/CraneTest1.csv", delimiter=",", skip_header=1)
    even = np.arange(a[0, 0], a[-1, 0], 1 / RATE_HZ)
    fixes = median_filter(a[:, 1:3], size=(7, 1), mode="nearest")
    way = np.column_stack([np.interp(even, a[:, 0], fixes[:, i]) for i in range(2)])
    way = gaussian_filter1d(way, RATE_HZ, axis=0, mode="nearest")
    return way - (way.min(axis=0) + way.max(axis=0)) / 2


def crane_over(crowd: str) -> Scene:
    """The crane goes its way to and fro over the middle of a crowd, the longer side of the one along the other's."""
    walks = yardstick("risk_cases").read_obsmat(SHARED / "data/eth_ucy" / crowd / "obsmat.txt", 0.4, 10)
    begin = min(w[0, 0] for w in walks.values())
    end = max(w[-1, 0] for w in walks.values())
    people = {}
    for pid, w in walks.items():
        k = np.arange(np.ceil((w[0, 0] - begin) * RATE_HZ), np.floor((w[-1, 0] - begin) * RATE_HZ) + 1).astype(int)
        if len(k) >= 10:
            people[pid] = (int(k[0]), CubicSpline(w[:, 0] - begin, w[:, 1:])(k / RATE_HZ))
    places = np.vstack([p for _, p in people.values()])
    way = crane_way()
    spread, reach = np.ptp(np.percentile(places, [5, 95], axis=0), axis=0), np.ptp(way, axis=0)
    if (spread[0] > spread[1]) != (reach[0] > reach[1]):
        way = way[:, ::-1]
    count = int((end - begin) * RATE_HZ) + 2
    to_and_fro = np.vstack([way, way[::-1]])
    load = np.tile(to_and_fro, (count // len(to_and_fro) + 1, 1))[:count] + np.median(places, axis=0)
    return Scene(f"crane over {crowd}", load, people)


def observe(scene: Scene, path: Path, seed: int = 1) -> None:
    """What a vision system would see of it, as observations in metres."""
    random = np.random.default_rng(seed)
    heights = (("hook", HOOK_M, HOOK_SIGMA_M), ("load", MIDDLE_M, LOAD_SIGMA_M))
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time_s", "kind", "source", "x_m", "y_m", "z_m", "sigma_xy_m", "sigma_z_m"])
        for k, at in enumerate(scene.load_m):
            now = f"{k / RATE_HZ:.3f}"
            for kind, z_m, sigma in heights:
                x, y = at + random.normal(0, sigma, 2)
                z = z_m + random.normal(0, HEIGHT_SIGMA_M)
                out.writerow([now, kind, "cam", f"{x:.3f}", f"{y:.3f}", f"{z:.3f}", sigma, HEIGHT_SIGMA_M])
            for first, places in scene.people.values():
                if first <= k < first + len(places) and random.uniform() < 0.95:
                    x, y = places[k - first] + random.normal(0, PERSON_SIGMA_M, 2)
                    out.writerow([now, "person", "cam", f"{x:.3f}", f"{y:.3f}", "", PERSON_SIGMA_M, ""])


@dataclass(frozen=True, slots=True)
class Row:
    """One recording: stops, those that were needless, and contacts with those that a stop came before."""

    name: str
    hours: float
    stops: int
    needless: int
    contacts: int
    foreseen: int
    nearest_m: float
    in_alarm: float


def run(scene: Scene, hoist: dict[str, object], work: Path) -> Row:
    """One recording through the product as it ships."""
    radius = float(hoist["radius_m"])  # type: ignore[arg-type]
    slug = scene.name.replace(" ", "_")
    observations = work / f"{slug}.obs.csv"
    observe(scene, observations)
    floor = np.vstack([scene.load_m, *[places for _, places in scene.people.values()]])
    travel = np.array([np.floor(scene.load_m.min(axis=0)) - 1, np.ceil(scene.load_m.max(axis=0)) + 1])
    site = {
        "beam_height_m": 7.0,
        "hook_height_m": [0.3, 6.0],
        "travel_speed_mps": list(hoist["speeds_mps"]),  # type: ignore[call-overload]
        "hoist_speed_mps": [0.03, 0.12],
        "deceleration_mps2": hoist["brake_mps2"],
        "load_radius_m": radius,
        "load_height_m": 0.8,
    }
    seen = track(recorded(slug, hall_text(floor, travel, site), observations, work))
    stops = judge(seen).stops
    gaps = scene.gaps_m(radius)
    moves = np.hypot(*np.gradient(scene.load_m, 1 / RATE_HZ, axis=0).T) > MOVES_MPS
    touched = np.flatnonzero(np.diff(((gaps < 0) & moves).astype(int), prepend=0) == 1) / RATE_HZ
    foreseen = [t for t in touched if any(s < t - 0.5 and e >= t - 1.0 for s, e in stops)]
    return Row(
        name=scene.name,
        hours=len(gaps) / RATE_HZ / 3600,
        stops=len(stops),
        needless=sum(needless(gaps, stop) for stop in stops),
        contacts=len(touched),
        foreseen=len(foreseen),
        nearest_m=float(gaps.min()),
        in_alarm=sum(e - s for s, e in stops) * RATE_HZ / len(gaps),
    )


def needless(gaps_m: np.ndarray, stop: tuple[float, float]) -> bool:
    """Whether nobody came near during the stop and shortly after."""
    begin, end = stop
    around = gaps_m[int(begin * RATE_HZ) : int((end + AFTER_S) * RATE_HZ) + 1]
    return not len(around) or float(around.min()) > NEAR_M


def report(title: str, rows: list[Row]) -> None:
    print(title)
    counts = f"{'contacts':>8s} {'foreseen':>8s} {'stops':>5s} {'needless':>8s}"
    print(f"  {'recording':32s} {'s':>5s} {'nearest m':>9s} {counts} {'alarm':>6s}")
    for r in rows:
        print(
            f"  {r.name:32s} {3600 * r.hours:5.0f} {r.nearest_m:9.2f} {r.contacts:8d} {r.foreseen:8d} {r.stops:5d} "
            f"{r.needless:8d} {r.in_alarm:6.1%}"
        )
    hours, stops, vain = sum(r.hours for r in rows), sum(r.stops for r in rows), sum(r.needless for r in rows)
    print(f"  needless: {vain} of {stops} stops, {vain / hours:.0f} an hour of {hours:.2f} h", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("out/risk"))
    args = parser.parse_args()
    needs("bench", "data/eth_ucy", "data/citr", "data/crane_uwb")
    args.work.mkdir(parents=True, exist_ok=True)
    report("CITR, the cart as a load", [run(scene, CART, args.work) for scene in citr()])
    report(
        "a real crane's path among walkers",
        [run(crane_over(crowd), CRANE, args.work) for crowd in ("hotel", "zara01")],
    )


if __name__ == "__main__":
    main()
