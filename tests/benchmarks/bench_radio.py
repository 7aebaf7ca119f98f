"""How far off is a crane that only a radio tag tells of, with the multipath of a real hall?

``python -m tests.benchmarks.bench_radio`` runs the whole tracker on the shared recording of an overhead crane
(UWB tag on the trolley, about 2.8 fixes a second, genuine multipath jumps). No laser or other reference was
recorded with it, so that two answers are given, in metres:

``recorded``: off the way that the crane went by all its fixes, past and future, a median of seven and then smooth
over a second. A part of the error is that way's own, and slow drifts of the radio are in both.
``known truth``: the recording's own errors off that way, in their order and at their stamps, on simulated cranes
that travel as drives do; there the truth is exact. Several runs begin at different errors.

``raw`` is the last fix as it came, ``median of 5`` of the last five, ``filtered`` the tracker's trolley; each at
every tick, as far as the crane is known by then. ``jumps`` are the ticks at which the raw fix is more than 1 m off.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from calibration.camera import Array
from calibration.site import Floor, Hoist, Site
from tests.shared_data import SHARED
from tests.tracking.plant import drive
from tests.worlds import HALL_M, bridge
from tracking.records import Look, Telemetry
from tracking.tracker import Tracker

SIGMA_M = 0.2
RUNS = 8
SETTLED_S = 5.0
JUMP_M = 1.0


def recorded() -> tuple[Array, Array]:
    """Stamps (n,) and fixes (n, 2)."""
    table = np.genfromtxt(SHARED / "data/crane_uwb/CraneTest1.csv", delimiter=",", skip_header=1)
    return table[:, 0], table[:, 1:3]


def way_of(time_s: Array, fixes_m: Array) -> Array:
    """(n, 2) where the crane was at each fix, by all of them."""
    step_s = 0.1
    even_s = np.arange(time_s[0], time_s[-1] + step_s, step_s)
    calm = median_filter(fixes_m, size=(7, 1), mode="nearest")
    even = np.column_stack([np.interp(even_s, time_s, calm[:, i]) for i in range(2)])
    smooth = gaussian_filter1d(even, 1.0 / step_s, axis=0, mode="nearest")
    return np.column_stack([np.interp(time_s, even_s, smooth[:, i]) for i in range(2)])


def errors_of(hoist: Hoist, time_s: Array, fixes_m: Array, true_s: Array, true_m: Array) -> dict[str, Array]:
    """Distance (ticks,) from the truth, given as places (m, 2) at ``true_s`` (m,), of each way to tell."""
    site = Site(site=Floor(name="yard", boundary_m=HALL_M), hoist=(hoist,))
    tracker, at = Tracker(site), 0
    out: dict[str, list[float]] = {"raw": [], "median of 5": [], "filtered": []}
    for tick in range(1, int(time_s[-1] / site.policy.tick_s)):
        now_s, first = tick * site.policy.tick_s, at
        while at < len(time_s) and time_s[at] <= now_s:
            at += 1
        looks: list[Look] = [
            Telemetry(hoist=hoist.name, time_s=float(t), ready_s=float(t), x_m=float(x), y_m=float(y))
            for t, (x, y) in zip(time_s[first:at], fixes_m[first:at], strict=True)
        ]
        hoists = tracker.step(now_s, looks).hoists
        if now_s < SETTLED_S or not hoists:
            continue
        truth = np.array([np.interp(now_s, true_s, true_m[:, i]) for i in range(2)])
        out["raw"].append(float(np.hypot(*(fixes_m[at - 1] - truth))))
        out["median of 5"].append(float(np.hypot(*(np.median(fixes_m[max(0, at - 5) : at], axis=0) - truth))))
        out["filtered"].append(float(np.hypot(hoists[0].trolley_x_m - truth[0], hoists[0].trolley_y_m - truth[1])))
    return {name: np.array(values) for name, values in out.items()}


def on_recording() -> dict[str, Array]:
    """Errors off the recorded crane's way."""
    time_s, fixes_m = recorded()
    low, high = np.quantile(fixes_m, [0.02, 0.98], axis=0)
    hoist = bridge(travel_m=(tuple(low - 1.0), tuple(high + 1.0)), telemetry_sigma_m=SIGMA_M)
    return errors_of(hoist, time_s, fixes_m, time_s, way_of(time_s, fixes_m))


def on_known_truth(run: int) -> dict[str, Array]:
    """Errors on a simulated crane whose radio errs as the recorded one did."""
    time_s, fixes_m = recorded()
    off_m = np.roll(fixes_m - way_of(time_s, fixes_m), run * len(time_s) // RUNS, axis=0)
    hoist = bridge(travel_m=((0.0, 0.0), (60.0, 60.0)), telemetry_sigma_m=SIGMA_M)
    random = np.random.default_rng(run)
    speeds = random.choice([-1.0, 0.0, 1.0], (20, 2)) * random.uniform(*hoist.travel_speed_mps, (20, 2))
    until_s = float(time_s[-1]) + 1.0
    truth = drive(hoist, lambda t: (*speeds[int(t / 6.0)], 0.0), until_s, (30.0, 30.0), 4.0)
    rows = [truth.row(float(t)) for t in time_s]
    return errors_of(hoist, time_s, truth.trolley_m[rows] + off_m, truth.time_s, truth.trolley_m)


def shown(title: str, errors: dict[str, Array]) -> None:
    jumps = errors["raw"] > JUMP_M
    for name, off in errors.items():
        rms = f"{np.sqrt((off**2).mean()):6.3f} {np.percentile(off, 95):6.3f} {off.max():6.2f}"
        at_jumps = f"{np.sqrt((off[jumps] ** 2).mean()):10.3f}" if jumps.any() else f"{'-':>10}"
        print(f"{title:<14}{name:<13}{rms} {at_jumps}   ({jumps.sum()} of {len(off)} ticks)", flush=True)


def main() -> None:
    if not SHARED.exists():
        print(f"needs the shared test data in {SHARED}, which is not there")
        return
    print(f"\n{'trolley, m':<27}{'RMS':>6} {'p95':>6} {'most':>6} {'RMS, jumps':>10}")
    shown("recorded", on_recording())
    runs = [on_known_truth(k) for k in range(RUNS)]
    shown("known truth", {name: np.concatenate([r[name] for r in runs]) for name in runs[0]})


if __name__ == "__main__":
    main()
