"""Where people and hoists will be over the next seconds, with covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from calibration.camera import Array, Rows
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion
from tracking.hoist_drive import Drive, ahead_of
from tracking.people_filter import MANOEUVRE, Bank, models
from tracking.records import HoistState, Path, Person

_MANOEUVRE_SHARE = 0.05
_JITTER_M2 = 1e-9
_SHOWN_S = 3.0
_SHOWN_STEP_S = 0.5


@dataclass(frozen=True, slots=True)
class PeopleForecast:
    """n people, 3 motion modes, h times: mean (n, 3, h, 2), cov (n, 3, h, 2, 2), weight (n, 3).

    ``known_m`` (n, 3, h, 2, 4) says how places hang together over time: a path of a mode is the mean, plus
    ``known_m`` times four independent standard normal numbers for what is not known of the state now, plus
    ``growth_m`` (3, h) times one such number a direction for what people do meanwhile. ``cov_m2`` is the
    covariance of that at each time.
    """

    ahead_s: Array
    mean_m: Array
    cov_m2: Array
    weight: Array
    known_m: Array
    growth_m: Array

    def take(self, rows: Rows) -> PeopleForecast:
        """The same of these people alone."""
        return PeopleForecast(
            self.ahead_s,
            self.mean_m[rows],
            self.cov_m2[rows],
            self.weight[rows],
            self.known_m[rows],
            self.growth_m,
        )


@dataclass(frozen=True, slots=True)
class HoistForecast:
    """One hook over h times if nobody stops it: position (h, 3), sigma (h,), trolley velocity (2,), rope (h,).

    ``sigma_m``² is the sum of ``known_m2`` (h,), from where it is and how fast, and ``drive_m2`` (h,),
    from what the drive may do until then.
    """

    ahead_s: Array
    hook_m: Array
    sigma_m: Array
    known_m2: Array
    drive_m2: Array
    trolley_velocity_mps: Array
    rope_m: Array


def horizon(policy: Policy) -> Array:
    """Times ahead, from 0 to ``horizon_s`` in steps of ``horizon_step_s``."""
    steps: Array = np.arange(round(policy.horizon_s / policy.horizon_step_s) + 1, dtype=np.float64)
    return steps * policy.horizon_step_s


def forecast_people(bank: Bank, policy: Policy) -> PeopleForecast:
    """Each mode carried on by its own motion model, so that a turn, a walk and a stand stay apart.

    Anybody may turn at any time, so the manoeuvre keeps at least a share of the weight.
    """
    ahead, transition, noise = _carried(policy)
    mean = np.einsum("mhij,nmj->nmhi", transition, bank.mean)
    known = transition @ np.linalg.cholesky(bank.cov + _JITTER_M2 * np.eye(4))[:, :, None]
    cov = known @ known.swapaxes(-1, -2) + noise
    weight = bank.probability.copy()
    weight[:, MANOEUVRE] = np.maximum(weight[:, MANOEUVRE], _MANOEUVRE_SHARE)
    growth = np.sqrt(noise[:, :, 0, 0])
    return PeopleForecast(ahead, mean, cov, weight / weight.sum(axis=1, keepdims=True), known, growth)


@lru_cache(maxsize=8)
def _carried(policy: Policy) -> tuple[Array, Array, Array]:
    """Times ahead (h,), and by mode and time the transition to positions (3, h, 2, 4) and its noise (3, h, 2, 2)."""
    ahead = horizon(policy)
    steps = [models(policy, float(t)) for t in ahead]
    transition = np.stack([step.transition[:, :2] for step in steps], axis=1)
    return ahead, transition, np.stack([step.noise[:, :2, :2] for step in steps], axis=1)


def forecast_hoist(mean: Array, cov: Array, hoist: Hoist, policy: Policy, drive: Drive | None = None) -> HoistForecast:
    """The hook if the drive goes on as it does: trolley by its velocity, rope by its rate, sway by physics.

    Position variance grows by velocity uncertainty and by unknown acceleration, but never beyond what
    the drive's top speed allows. Where it is known what the drive does, that tells place and variance.
    """
    ahead = horizon(policy)
    states = np.empty((len(ahead), motion.STATES))
    states[0] = mean
    for k in range(1, len(ahead)):
        states[k] = motion.inside_reach(motion.moved(states[k - 1], float(ahead[k] - ahead[k - 1])), hoist)
    hook = motion.hook_of(states, hoist.beam_height_m)
    if drive is not None:
        return _driven(drive, ahead, states, hook, hoist, policy)
    top_mps = hoist.travel_speed_mps[1]
    known = np.zeros(len(ahead))
    for p, v, a in ((motion.X, motion.VX, motion.AX), (motion.Y, motion.VY, motion.AY)):
        start = cov[p, p] + mean[motion.L] ** 2 * cov[a, a] + 2 * mean[motion.L] * cov[p, a]
        velocity = 2 * ahead * cov[p, v] + ahead**2 * cov[v, v]
        known += np.maximum(start + np.minimum(velocity, (top_mps * ahead) ** 2), 0.0) / 2
    unknown = np.minimum(policy.hoist_acceleration_mps2**2 * ahead**3 / 3, (top_mps * ahead / 2) ** 2)
    return HoistForecast(
        ahead_s=ahead,
        hook_m=hook,
        sigma_m=np.sqrt(known + unknown),
        known_m2=known,
        drive_m2=unknown,
        trolley_velocity_mps=mean[[motion.VX, motion.VY]].copy(),
        rope_m=states[:, motion.L].copy(),
    )


def _driven(drive: Drive, ahead: Array, states: Array, hook: Array, hoist: Hoist, policy: Policy) -> HoistForecast:
    """The forecast by what the drive does; heights stay those of the filter's ``hook`` (h, 3)."""
    goes = ahead_of(drive, ahead, float(states[0, motion.L]), hoist, policy)
    stays = np.array([motion.reach_point(float(x), float(y), hoist) for x, y in goes.trolley_m])
    hook[:, :2] = goes.hook_m + stays - goes.trolley_m
    return HoistForecast(
        ahead_s=ahead,
        hook_m=hook,
        sigma_m=np.sqrt(goes.variance_m2),
        known_m2=goes.variance_m2,
        drive_m2=np.zeros(len(ahead)),
        trolley_velocity_mps=drive.velocity_mps,
        rope_m=states[:, motion.L].copy(),
    )


def shown_people(people: Sequence[Person], forecast: PeopleForecast) -> tuple[Path, ...]:
    """The mixture's mean path of everybody who is not lost, as the console draws it."""
    if not len(people):
        return ()
    keep = _shown(tuple(forecast.ahead_s))
    means = forecast.mean_m[:, :, keep]
    mean = np.einsum("nm,nmhi->nhi", forecast.weight, means)
    off = means - mean[:, None]
    spread = np.trace(forecast.cov_m2[:, :, keep], axis1=3, axis2=4) + (off**2).sum(axis=3)
    sigma = np.sqrt(np.einsum("nm,nmh->nh", forecast.weight, spread) / 2)
    ahead = forecast.ahead_s[keep]
    return tuple(_path(p.id, ahead, mean[row], sigma[row]) for row, p in enumerate(people) if not p.lost)


def shown_hoist(state: HoistState, forecast: HoistForecast) -> Path:
    """The path of one hook, as the console draws it."""
    keep = _shown(tuple(forecast.ahead_s))
    return _path(state.name, forecast.ahead_s[keep], forecast.hook_m[keep, :2], forecast.sigma_m[keep])


@lru_cache(maxsize=8)
def _shown(ahead_s: tuple[float, ...]) -> Rows:
    wanted = np.arange(0.0, min(_SHOWN_S, ahead_s[-1]) + 1e-9, _SHOWN_STEP_S)
    return np.unique(np.abs(np.array(ahead_s)[None] - wanted[:, None]).argmin(axis=1))


def _path(name: str, ahead: Array, xy: Array, sigma: Array) -> Path:
    return Path(
        id=name,
        ahead_s=tuple(ahead.tolist()),
        x_m=tuple(xy[:, 0].tolist()),
        y_m=tuple(xy[:, 1].tolist()),
        sigma_m=tuple(sigma.tolist()),
    )
