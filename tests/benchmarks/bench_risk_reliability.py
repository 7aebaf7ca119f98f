"""Is a contact as probable as it is said to be? Predicted against what real walkers then did.

    python -m tests.benchmarks.bench_risk_reliability [--crowds hotel zara01] [--work DIR] [--picture FILE.png]

At every half second of the shared cases, each person's probability of having met the load within 1, 2 and 4 s, as
the risk works it out from noisy observations, is compared with whether the true person then came within the load's
and a person's radius. Nobody in the recordings reacts to the load, so that what was predicted could come true.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from safety.engine import Engine
from safety.scene import low_enough
from safety.struck import meets
from tests.benchmarks.bench_risk_walkers import seen_of
from tests.benchmarks.risk_runs import Seen, arguments, chosen_cases, yardstick

WITHIN_S = (1.0, 2.0, 4.0)
EDGES = np.array([0.0, 0.01, 0.03, 0.07, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0])
EVERY = 5
RATE_HZ = 10.0
SAME_M = 0.6


@dataclass(frozen=True, slots=True)
class Told:
    """Probabilities told and whether it came true, (n,) each, for one time ahead."""

    probability: np.ndarray
    true: np.ndarray

    def bins(self) -> list[tuple[float, float, int]]:
        """(mean told, share that came true, how many) in each bin that has any."""
        which = np.clip(np.digitize(self.probability, EDGES) - 1, 0, len(EDGES) - 2)
        out = []
        for k in range(len(EDGES) - 1):
            mine = which == k
            if mine.any():
                out.append((float(self.probability[mine].mean()), float(self.true[mine].mean()), int(mine.sum())))
        return out

    @property
    def error(self) -> float:
        """Expected calibration error: mean |told − true| over bins, by their size."""
        return float(sum(abs(told - true) * n for told, true, n in self.bins()) / len(self.true))

    @property
    def brier(self) -> float:
        return float(((self.probability - self.true) ** 2).mean())

    @property
    def brier_of_average(self) -> float:
        """Brier score of always telling the average: what knowing nothing of the situation reaches."""
        return float(self.true.mean() * (1 - self.true.mean()))


def told_of(seen: Seen, truth: tuple[np.ndarray, dict[int, np.ndarray]], ahead_s: float) -> Told:
    """One case: what was told at each of its ticks, and what came."""
    z, people = truth
    policy, reach_m = seen.site.policy, seen.site.hoist[0].load_radius_m + seen.site.policy.person_radius_m
    near = {pid: (round(p[0, 0] * RATE_HZ), p[:, 1:]) for pid, p in people.items()}
    engine = Engine(seen.site)
    told, true = [], []
    for tick, (now_s, _, tracks) in enumerate(seen.ticks):
        scenes = engine._scenes(now_s, tracks)
        k, last = round(now_s * RATE_HZ), round((now_s + ahead_s) * RATE_HZ)
        if (
            tick % EVERY
            or not scenes
            or not len(scenes[0].people)
            or last >= len(z["load"])
            or not z["air"][k:last].all()
        ):
            continue
        scene = scenes[0]
        by = meets(scene, low_enough(scene, policy), policy)
        column = int(np.abs(scene.forecast.ahead_s - ahead_s).argmin())
        for row, person in enumerate(scene.people):
            came = _came(near, (person.x_m, person.y_m), (k, last), z["load"], reach_m)
            if came is not None and not person.lost:
                told.append(by[row, column])
                true.append(came)
    return Told(np.array(told), np.array(true, dtype=float))


def _came(
    near: dict[int, tuple[int, np.ndarray]],
    at_m: tuple[float, float],
    ticks: tuple[int, int],
    load: np.ndarray,
    reach_m: float,
) -> bool | None:
    """Whether the true person who is here came within reach of the load; None where nobody is, or leaves meanwhile."""
    first, last = ticks
    best: tuple[float, np.ndarray] | None = None
    for start, places in near.values():
        if start <= first and last < start + len(places):
            way = places[first - start : last - start + 1]
            off = float(np.hypot(way[0, 0] - at_m[0], way[0, 1] - at_m[1]))
            if off < SAME_M and (best is None or off < best[0]):
                best = off, way
    if best is None:
        return None
    return bool((np.hypot(*(best[1] - load[first : last + 1]).T) <= reach_m).any())


def draw(found: dict[float, Told], path: Path, title: str) -> None:
    """Told against came true with exact 95 % intervals, and how often each was told (PNG)."""
    from matplotlib.figure import Figure
    from scipy.stats import beta

    figure = Figure(figsize=(11.0, 4.4), layout="constrained")
    figure.suptitle(title)
    for axes, (ahead_s, told) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        x, y, n = (np.array(v) for v in zip(*told.bins(), strict=True))
        hits = y * n
        low, high = beta.ppf(0.025, hits, n - hits + 1), beta.ppf(0.975, hits + 1, n - hits)
        axes.plot([0, 1], [0, 1], color="grey", lw=1)
        bars = (np.maximum(y - np.nan_to_num(low), 0), np.maximum(np.nan_to_num(high, nan=1.0) - y, 0))
        axes.errorbar(x, y, yerr=bars, fmt="o-", color="tab:red", ms=4, lw=1)
        for at_x, at_y, count in zip(x, y, n, strict=True):
            if at_x < 0.08:  # the numbers of the lowest would lie on each other; the printed table has them
                continue
            axes.annotate(f"{count}", (at_x, at_y), xytext=(4, -9), textcoords="offset points", fontsize=6)
        axes.set(xlabel="probability told", title=f"within {ahead_s:g} s", xlim=(0, 1), ylim=(0, 1))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("share that came true")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def gathered(seen: dict[Path, Seen], rs: ModuleType) -> dict[float, Told]:
    """All cases together, for each time ahead."""
    out = {}
    for ahead_s in WITHIN_S:
        each = [told_of(s, rs.load_case(case), ahead_s) for case, s in seen.items()]
        out[ahead_s] = Told(np.concatenate([t.probability for t in each]), np.concatenate([t.true for t in each]))
    return out


def main() -> None:
    args = arguments(__doc__).parse_args()
    cases = chosen_cases(args)
    found = gathered({case: seen_of(case, args.work) for case in cases}, yardstick("risk_score"))
    for ahead_s, told in found.items():
        share = f"{len(told.true)} told, {told.true.mean():.2%} came true"
        print(f"within {ahead_s:g} s: {share}; calibration error {told.error:.4f}")
        print(f"   Brier score {told.brier:.5f}, always the average {told.brier_of_average:.5f}")
        print("   " + "  ".join(f"{t:.2f}>{y:.2f} ({n})" for t, y, n in told.bins()))
    if args.picture:
        draw(found, args.picture, f"Contact probability on real walkers: {', '.join(args.crowds)}")


if __name__ == "__main__":
    main()
