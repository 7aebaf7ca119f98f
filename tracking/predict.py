"""Where people and hoists will be over the next seconds, with covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_motion as motion
from tracking.people_filter import MANOEUVRE, MODES, Bank, models
from tracking.records import HoistState, Path, Person

_MANOEUVRE_SHARE = 0.05
_SHOWN_S = 3.0
_SHOWN_STEP_S = 0.5


@dataclass(frozen=True, slots=True)
class PeopleForecast:
    """n people, 3 motion modes, h times: mean (n, 3, h, 2), cov (n, 3, h, 2, 2), weight (n, 3)."""

    ahead_s: Array
    mean_m: Array
    cov_m2: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.weight)


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
    ahead = horizon(policy)
    n, steps = len(bank), len(ahead)
    mean = np.empty((n, MODES, steps, 2))
    cov = np.empty((n, MODES, steps, 2, 2))
    for k, t in enumerate(ahead):
        step = models(policy, float(t))
        f = step.transition[:, :2]
        mean[:, :, k] = np.einsum("mij,nmj->nmi", f, bank.mean)
        cov[:, :, k] = f @ bank.cov @ f.transpose(0, 2, 1) + step.noise[:, :2, :2]
    weight = bank.probability.copy()
    weight[:, MANOEUVRE] = np.maximum(weight[:, MANOEUVRE], _MANOEUVRE_SHARE)
    return PeopleForecast(ahead, mean, cov, weight / weight.sum(axis=1, keepdims=True))


def forecast_hoist(mean: Array, cov: Array, hoist: Hoist, policy: Policy) -> HoistForecast:
    """The hook if the drive goes on as it does: trolley by its velocity, rope by its rate, sway by physics.

    Position variance grows by velocity uncertainty and by unknown acceleration, but never beyond what
    the drive's top speed allows.
    """
    ahead = horizon(policy)
    hooks = np.empty((len(ahead), 3))
    ropes = np.empty(len(ahead))
    state = mean.copy()
    for k in range(len(ahead)):
        if k:
            state = motion.inside_reach(motion.moved(state, float(ahead[k] - ahead[k - 1])), hoist)
        hooks[k] = motion.hook_of(state, hoist.beam_height_m)
        ropes[k] = state[motion.L]
    top_mps = hoist.travel_speed_mps[1]
    known = np.zeros(len(ahead))
    for p, v, a in ((motion.X, motion.VX, motion.AX), (motion.Y, motion.VY, motion.AY)):
        start = cov[p, p] + mean[motion.L] ** 2 * cov[a, a] + 2 * mean[motion.L] * cov[p, a]
        velocity = 2 * ahead * cov[p, v] + ahead**2 * cov[v, v]
        known += np.maximum(start + np.minimum(velocity, (top_mps * ahead) ** 2), 0.0) / 2
    drive = np.minimum(policy.hoist_acceleration_mps2**2 * ahead**3 / 3, (top_mps * ahead / 2) ** 2)
    return HoistForecast(
        ahead_s=ahead,
        hook_m=hooks,
        sigma_m=np.sqrt(known + drive),
        known_m2=known,
        drive_m2=drive,
        trolley_velocity_mps=mean[[motion.VX, motion.VY]].copy(),
        rope_m=ropes,
    )


def shown_person(person: Person, forecast: PeopleForecast, row: int) -> Path:
    """The mixture's mean path of one person, as the console draws it."""
    keep = _shown(forecast.ahead_s)
    weight = forecast.weight[row]
    mean = np.einsum("m,mhi->hi", weight, forecast.mean_m[row][:, keep])
    off = forecast.mean_m[row][:, keep] - mean
    spread = np.trace(forecast.cov_m2[row][:, keep], axis1=2, axis2=3) + (off**2).sum(axis=2)
    return _path(person.id, forecast.ahead_s[keep], mean, np.sqrt(weight @ spread / 2))


def shown_hoist(state: HoistState, forecast: HoistForecast) -> Path:
    """The path of one hook, as the console draws it."""
    keep = _shown(forecast.ahead_s)
    return _path(state.name, forecast.ahead_s[keep], forecast.hook_m[keep, :2], forecast.sigma_m[keep])


def _shown(ahead_s: Array) -> Array:
    wanted = np.arange(0.0, min(_SHOWN_S, float(ahead_s[-1])) + 1e-9, _SHOWN_STEP_S)
    return np.unique(np.abs(ahead_s[None] - wanted[:, None]).argmin(axis=1))


def _path(name: str, ahead: Array, xy: Array, sigma: Array) -> Path:
    return Path(
        id=name,
        ahead_s=tuple(float(t) for t in ahead),
        x_m=tuple(float(v) for v in xy[:, 0]),
        y_m=tuple(float(v) for v in xy[:, 1]),
        sigma_m=tuple(float(v) for v in sigma),
    )
