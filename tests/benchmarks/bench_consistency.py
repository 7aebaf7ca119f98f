"""Is the tracker as sure as it says? Errors of whole runs by the covariance that was told, as chi-square has it.

``python -m tests.benchmarks.bench_consistency [--seeds N]`` lets people and hoists move as the models say, shows
them to the whole tracker by several unsynchronised sources in metres, with frames that miss and frames that
come late, and prints the mean normalised error squared of the floor place: 2 where the told covariance is right,
more where the tracker is too sure. ``95 %`` are the bounds of chi-square. Samples are 3 s apart; ``alike`` is the
correlation of an error with the one before, near 0 where samples are as good as independent. ``inside`` is the
share of errors inside the ellipse that should hold 50 % and 99 % of them, ``doubles`` tracks too many at the
samples, nearly all of them told as lost, ``untold`` bodies without a track. ``told apart`` is the
limit: the filter alone, which is told whose each place is.
"""

from __future__ import annotations

import argparse
from functools import reduce

import numpy as np
from scipy.stats import chi2

from tests.tracking.consistency import HOISTS, MODES, Errors, hoist_errors, people_errors, told_apart

MIXES = (("tag", "laser", "telemetry"), ("tag",), ("telemetry",))
HEAD = f"{'':<46}{'NEES':>6} {'95 %':>13} {'samples':>8} {'alike':>6} {'in 50 %':>8} {'in 99 %':>8} {'untold':>7}"


def row(errors: Errors) -> str:
    low, high = errors.bounds()
    inside = [float(np.mean(errors.nees <= chi2.ppf(p, 2))) for p in (0.5, 0.99)]
    return (
        f"{errors.mean:6.2f}  {low:5.2f} – {high:4.2f} {len(errors.nees):8d} {errors.correlation:6.2f} "
        f"{inside[0]:8.1%} {inside[1]:8.1%} {errors.untold:7d}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each kind")
    seeds = range(parser.parse_args().seeds)
    print(f"\n{HEAD} doubles")
    for kind in MODES:
        runs = [people_errors(kind, seed) for seed in seeds]
        whole = reduce(Errors.joined, (errors for errors, _ in runs))
        print(f"{f'people, {kind}':<46}{row(whole)} {sum(doubles for _, doubles in runs):7d}", flush=True)
        alone = reduce(Errors.joined, (told_apart(kind, seed) for seed in seeds))
        print(f"{f'people, {kind}, told apart':<46}{row(alone)}", flush=True)
    for kind in HOISTS:
        for names in MIXES:
            both = [hoist_errors(kind, seed, names=names) for seed in seeds]
            by = " + ".join(names)
            for what, part in (("hook", 0), ("trolley", 1)):
                whole = reduce(Errors.joined, (errors[part] for errors in both))
                print(f"{f'{what}, {kind}, by {by}':<46}{row(whole)}", flush=True)


if __name__ == "__main__":
    main()
