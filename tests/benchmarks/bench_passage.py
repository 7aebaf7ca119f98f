"""Is the probability of a contact right, and how long does it take?

    python -m tests.benchmarks.bench_passage [--samples 1000000] [--seed 1]

The reference is a Monte Carlo of the stated model that shares no code with what it checks: ways are drawn
at random from state, motion mode and growth, walked in steps of 20 ms, and asked at every step whether the
body is inside the load. The time is that of 50 people and four hoists; its peer in the same run is the
probability at each instant by two-dimensional Gaussians, which does not know what happens in between.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.special import ndtr

from calibration.policy import Policy
from safety.chord import Shape
from safety.passage import LoadPaths, contact_by
from tests.encounters import ENCOUNTERS, Encounter, crowd_and_hoists
from tracking.people_filter import MANOEUVRE, STAND
from tracking.predict import PeopleForecast, forecast_people

FINE_S = 0.02
BATCH = 50_000


def monte_carlo(e: Encounter, policy: Policy, samples: int, seed: int) -> np.ndarray:
    """(h,) share of random ways that touched the load by each time of the forecast."""
    random = np.random.default_rng(seed)
    forecast = forecast_people(e.bank, policy)
    ahead = forecast.ahead_s
    fine = np.arange(0.0, ahead[-1] + 1e-9, FINE_S)
    load = e.load_m(fine)
    met = np.zeros(len(fine))
    done = 0
    while done < samples:
        n = min(BATCH, samples - done)
        mode = (random.uniform(size=n)[:, None] > np.cumsum(forecast.weight[0])).sum(axis=1)
        place = np.empty((n, 4))
        for m in range(3):
            these = np.flatnonzero(mode == m)
            place[these] = random.multivariate_normal(e.bank.mean[0, m], e.bank.cov[0, m], size=len(these))
        does, wanders = random.normal(size=(n, 2)), random.normal(size=(n, 2))
        first = np.full(n, np.inf)
        for k, t in enumerate(fine):
            at = _walked(place, mode, does, float(t), policy) - load[k]
            at -= wanders * np.interp(t, ahead, e.load_sigma_m(ahead))
            first = np.where((first > t) & _inside(at, e.shape), t, first)
        met += (first[:, None] <= fine[None]).sum(axis=0)
        done += n
    return np.asarray(np.interp(ahead, fine, met / samples))


def _walked(state: np.ndarray, mode: np.ndarray, does: np.ndarray, t: float, policy: Policy) -> np.ndarray:
    """(n, 2) places after ``t`` seconds by each way's own motion mode, from the models' closed forms."""
    tau, speed = policy.manoeuvre_time_s, policy.manoeuvre_speed_mps
    carried = np.where(mode == STAND, 0.0, t)
    carried = np.where(mode == MANOEUVRE, tau * (1 - np.exp(-t / tau)), carried)
    decay = np.exp(-t / tau)
    growth = np.array(
        [
            policy.stand_drift_mps * np.sqrt(t),
            policy.walk_acceleration_mps2 * np.sqrt(t**3 / 3),
            np.sqrt(max(speed**2 * tau * (2 * t - tau * (3 - 4 * decay + decay**2)), 0.0)),
        ]
    )
    return state[:, :2] + carried[:, None] * state[:, 2:] + growth[mode][:, None] * does


def _inside(at: np.ndarray, shape: Shape) -> np.ndarray:
    cos, sin = np.cos(shape.yaw_rad), np.sin(shape.yaw_rad)
    along, across = cos * at[:, 0] + sin * at[:, 1], cos * at[:, 1] - sin * at[:, 0]
    over = (
        np.maximum(np.abs(along) - shape.half_length_m, 0) ** 2
        + np.maximum(np.abs(across) - shape.half_width_m, 0) ** 2
    )
    return np.asarray(over <= shape.radius_m**2)


def ours(e: Encounter, policy: Policy) -> np.ndarray:
    """(h,) the same by what is checked."""
    forecast = forecast_people(e.bank, policy)
    ahead = forecast.ahead_s
    paths = LoadPaths(e.load_m(ahead)[None], e.load_sigma_m(ahead)[None], np.ones((1, len(ahead)), bool))
    return contact_by(forecast, np.array([0]), paths, e.shape)[0, 0]


def worst_error(policy: Policy, samples: int, seed: int, show: bool = True) -> float:
    """Largest absolute error over all encounters and times of the forecast."""
    worst = 0.0
    for e in ENCOUNTERS:
        got, true = ours(e, policy), monte_carlo(e, policy, samples, seed)
        error = np.abs(got - true)
        worst = max(worst, float(error.max()))
        if show:
            print(
                f"{e.name:34s} {true[-1]:8.4f} {got[-1]:8.4f} {got[-1] - true[-1]:+9.4f} {error.max():9.4f}", flush=True
            )
    return worst


def instants(forecast: PeopleForecast, paths: LoadPaths, radius_m: float) -> np.ndarray:
    """The peer: the largest probability at any one instant, of being in the square around the load."""
    off = forecast.mean_m[:, :, None] - paths.place_m[None, None]
    variance = np.einsum("nmhii->nmhi", forecast.cov_m2)[:, :, None]
    sigma = np.sqrt(variance + paths.sigma_m[None, None, :, :, None] ** 2)
    inside = (ndtr((radius_m - off) / sigma) - ndtr((-radius_m - off) / sigma)).prod(axis=-1)
    return np.asarray(np.einsum("nm,nmdh->ndh", forecast.weight, inside).max(axis=-1))


def timing(policy: Policy, repeats: int = 30) -> tuple[float, float]:
    """Milliseconds of processor time for 50 people and four hoists: ours, and the peer's."""
    bank, loads, shape = crowd_and_hoists()
    forecast = forecast_people(bank, policy)
    rows = np.arange(len(bank))
    paths = loads(forecast.ahead_s)
    out = []
    for what in (
        lambda p: contact_by(forecast, rows, p, shape),
        lambda p: instants(forecast, p, shape.radius_m),
    ):
        spent = []
        for _ in range(repeats):
            began = time.thread_time()
            what(paths)
            spent.append(1e3 * (time.thread_time() - began))
        out.append(float(np.min(spent)))
        print(f"   best {np.min(spent):6.2f} ms   median {np.median(spent):6.2f} ms")
    return out[0], out[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    policy = Policy()
    print("50 people, 4 hoists, 4 s: first passage, then the peer that looks at instants only")
    mine, peer = timing(policy)
    print(f"first passage {mine:.2f} ms (target 3 ms), {mine / peer:.1f} times the peer")
    print(f"{'encounter':34s} {'true':>8s} {'ours':>8s} {'error':>9s} {'worst':>9s}   over 4 s; worst over all times")
    worst = worst_error(policy, args.samples, args.seed)
    print(
        f"worst absolute error {worst:.4f} (target 0.01) over {len(ENCOUNTERS)} encounters, {args.samples} samples each"
    )


if __name__ == "__main__":
    main()
