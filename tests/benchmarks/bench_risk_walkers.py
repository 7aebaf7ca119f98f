"""Real walkers past a simulated hoist: how many contacts are caught, and at what price?

    python -m tests.benchmarks.bench_risk_walkers [--crowds hotel zara01] [--work DIR] [--picture docs/risk/walkers.png]

Cases and scores are those of the shared benches ``risk_cases.py`` and ``risk_score.py``; alarms are the permits
that the product's engine withdraws as it ships. Its trade-off is the same engine with other probabilities
that count as a contact. The common rules run beside it, with perfect identities.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from calibration.policy import Policy
from tests.benchmarks.risk_runs import (
    Judged,
    Seen,
    Stops,
    arguments,
    chosen_cases,
    hall_text,
    judge,
    recorded,
    track,
    yardstick,
)

AIM = {"caught": 0.97, "false_h": 35.0, "in_alarm": 0.22}
PROBABILITIES = (0.07, 0.3)
RULES = {"fixed radius": ("radius", (0.5, 1.0, 1.5, 2.0, 3.0)), "time to contact": ("ttc", (1.5, 2.0, 2.5, 3.0, 4.0))}
SITE_HOIST = {
    "beam_height_m": 7.0,
    "hook_height_m": [0.3, 6.0],
    "travel_speed_mps": [0.17, 0.67],
    "hoist_speed_mps": [0.03, 0.12],
    "deceleration_mps2": 0.25,
    "load_radius_m": 0.5,
    "load_height_m": 0.8,
}
"""The bench's README tells the hoist; an axis runs at half or full speed."""


@dataclass(frozen=True, slots=True)
class Point:
    """One rule at one setting."""

    rule: str
    setting: float | None
    caught: float
    false_h: float
    in_alarm: float
    lead_s: float
    contacts: int

    def line(self) -> str:
        value = "as it ships" if self.setting is None else f"{self.setting:g}"
        shares = f"{self.caught:8.1%} {self.false_h:8.0f} {self.in_alarm:8.1%}"
        return f"{self.rule:18s} {value:>11s} {shares} {self.lead_s:7.2f}"


def seen_of(case: Path, work: Path) -> Seen:
    """The case through the product's import and tracker."""
    name = case.name.removesuffix(".truth.npz")
    observations = case.with_name(f"{name}.obs.csv")
    rows = np.genfromtxt(observations, delimiter=",", skip_header=1, usecols=(3, 4))
    hooks = np.genfromtxt(observations, delimiter=",", skip_header=1, usecols=(1,), dtype=str) == "hook"
    travel = np.array([np.floor(rows[hooks].min(axis=0)), np.ceil(rows[hooks].max(axis=0))])
    return track(recorded(name, hall_text(rows, travel, SITE_HOIST), observations, work))


def point(rs: ModuleType, rule: str, setting: float | None, stops: dict[Path, Stops]) -> Point:
    """The yardstick's score of stop episodes, all cases together."""
    row = rs.table(list(stops), lambda case, z, people: stops[case])
    return Point(rule, setting, row["caught"], row["false_h"], row["in_alarm"], row["lead_p50"], row["contacts"])


def baselines(rs: ModuleType, cases: list[Path]) -> list[Point]:
    """The rules that others use, as the yardstick runs them."""
    out = []
    for name, (rule, values) in RULES.items():
        for value in values:
            random = np.random.default_rng(7)
            stops = {c: rs.episodes_of(rs.rule_flags(*rs.load_case(c), rule, value, random)) for c in cases}
            out.append(point(rs, name, value, stops))
    return out


def ours(rs: ModuleType, seen: dict[Path, Seen], probability: float | None) -> tuple[Point, list[Judged]]:
    """The engine's own stops; another ``probability`` counts for what is told and for what stops."""
    shipped = next(iter(seen.values())).site.policy
    policy = shipped if probability is None else _with(shipped, probability)
    judged = {case: judge(s, policy) for case, s in seen.items()}
    found = point(rs, "Hoistwatch", probability, {case: j.stops for case, j in judged.items()})
    return found, list(judged.values())


def _with(policy: Policy, probability: float) -> Policy:
    told = min(policy.contact_probability, probability)
    return policy.model_copy(update={"contact_probability": told, "stop_probability": probability})


def _value(p: Point) -> float:
    """The setting, also of what ships."""
    return Policy().stop_probability if p.setting is None else p.setting


def draw(points: list[Point], path: Path, title: str) -> None:
    """Caught over false alarms, and over time in alarm, a curve a rule (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 4.6), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2, sharey=True)
    colours = {"Hoistwatch": "tab:red", "fixed radius": "tab:blue", "time to contact": "tab:green"}
    for axes, of in ((left, "false_h"), (right, "in_alarm")):
        per = 100.0 if of == "in_alarm" else 1.0
        for rule, colour in colours.items():
            curve = sorted((p for p in points if p.rule == rule), key=_value)
            x, y = [per * getattr(p, of) for p in curve], [100 * p.caught for p in curve]
            axes.plot(x, y, "o-", color=colour, label=rule, ms=4)
            for p, at_x, at_y in zip(curve, x, y, strict=True):
                where = (-4, 6) if rule == "Hoistwatch" else (4, -9)
                side = "right" if rule == "Hoistwatch" else "left"
                label = f"{_value(p):g}"
                axes.annotate(label, (at_x, at_y), xytext=where, textcoords="offset points", fontsize=7, ha=side)
        for p in points:
            if p.setting is None:
                axes.plot(per * getattr(p, of), 100 * p.caught, "*", color=colours[p.rule], ms=14, label="as it ships")
        axes.fill_between([0, per * AIM[of]], 100 * AIM["caught"], 100, color="tab:olive", alpha=0.35, label="aim")
        axes.set(ylim=(40, 101), xlim=(0, None))
        axes.grid(alpha=0.3)
    left.set(xlabel="false stops an hour", ylabel="contacts caught in time, %")
    right.set(xlabel="time in alarm, %")
    left.legend(loc="lower right", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--ships", action="store_true", help="as it ships only, no curves")
    args = parser.parse_args()
    rs = yardstick("risk_score")
    cases = chosen_cases(args)
    print(f"{'rule':18s} {'setting':>11s} {'caught':>8s} {'false/h':>8s} {'alarm':>8s} {'lead s':>7s}", flush=True)
    seen = {case: seen_of(case, args.work) for case in cases}
    shipped, judged = ours(rs, seen, None)
    points = [shipped]
    print(shipped.line(), flush=True)
    print(f"   engine without tracker {np.mean([j.tick_ms for j in judged]):.1f} ms a tick", flush=True)
    if not args.ships:
        for probability in PROBABILITIES:
            points.append(ours(rs, seen, probability)[0])
            print(points[-1].line(), flush=True)
        for p in baselines(rs, cases):
            points.append(p)
            print(p.line(), flush=True)
    print(f"{shipped.contacts} contacts; aim: caught 97 %, 35 false an hour, 22 % of time in alarm")
    if args.picture:
        draw(points, args.picture, f"Real walkers past a simulated hoist: {', '.join(args.crowds)}")


if __name__ == "__main__":
    main()
