"""First passage: how probable it is that a load meets a person by each time ahead.

A person's way is one of three motion modes; within a mode it is the mode's mean plus what is not known of
the state now and what people do meanwhile, each carried on over time as one (see ``PeopleForecast``). The
load adds its own uncertainty. So each way hangs on six standard normal numbers. One of them is integrated
exactly: along the line on which it moves a way, those values that touch the load by some time form an
interval, found in closed form at each time. The other five are evenly spread numbers (quasi Monte-Carlo;
Niederreiter 1992). The line is laid askew to the relative motion: then both being early or late and
passing left or right are smoothed by the exact part, and few numbers are enough.

The same numbers serve everybody, so that equal inputs give equal outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from calibration.camera import Array, Flags, Rows
from safety.chord import FAR, Floats, Shape, chord, covered
from tracking.predict import PeopleForecast

_NUMBERS = ((0.5, 64), (0.1, 32), (0.0, 12))
_AT_ONCE = 3072
_NEGLIGIBLE = 1e-3
_BESIDES = 5


@dataclass(frozen=True, slots=True)
class LoadPaths:
    """d ways of the load over h times: place (d, h, 2), standard deviation (d, h), and when it can hurt (d, h)."""

    place_m: Array
    sigma_m: Array
    harmful: Flags


def contact_by(
    forecast: PeopleForecast, rows: Rows, paths: LoadPaths, shape: Shape, modes: Flags | None = None
) -> Array:
    """(rows, d, h) probability that people ``rows`` are met by the load by each time, on each of its d ways.

    A mode is left out where it weighs next to nothing or stays out of reach at all times, as long as that
    changes the probability by less than ``_NEGLIGIBLE``. ``modes`` (3,) limits the motion modes that count.
    """
    out = np.zeros((len(rows), len(paths.place_m), len(forecast.ahead_s)))
    if not len(rows) or not paths.harmful.any():
        return out
    weight = forecast.weight[rows] if modes is None else forecast.weight[rows] * modes
    who, mode, way, likeliest = _in_reach(forecast, rows, weight, paths, shape)
    share = weight[who, mode]
    most = np.inf
    for least, number in _NUMBERS:
        chosen = np.flatnonzero((share >= least) & (share < most))
        most = least
        # In portions that stay in the processor's cache.
        for start in range(0, len(chosen), _AT_ONCE // number):
            part = chosen[start : start + _AT_ONCE // number]
            of = _Part(rows[who[part]], mode[part], way[part], likeliest[part], share[part])
            np.add.at(out, (who[part], way[part]), of.weight[:, None] * _share_met(forecast, of, paths, shape, number))
    return out


@dataclass(frozen=True, slots=True)
class _Part:
    """k combinations of person, mode and way of the load, the time at which they are nearest, and the mode's weight."""

    rows: Rows
    mode: Rows
    way: Rows
    nearest: Rows
    weight: Array


def never_safer(
    forecast: PeopleForecast, rows: Rows, paths: LoadPaths, shape: Shape, sigma_m: Array, known_sigma_m: float
) -> Array:
    """``contact_by``, but nobody looks safer for being known worse.

    Spread over a wide area a person is unlikely to be anywhere, so that the probability falls as a track
    gets worse. Who is known worse than to ``known_sigma_m`` (``sigma_m`` (rows,) now) counts at least as much
    as if known so well.
    """
    out = contact_by(forecast, rows, paths, shape)
    worse = np.flatnonzero(sigma_m > known_sigma_m)
    if len(worse):
        scale = (known_sigma_m / sigma_m[worse])[:, None, None, None, None]
        better = forecast.take(rows[worse])
        every: Rows = np.arange(len(worse), dtype=np.int64)
        for factor in (scale, np.sqrt(scale)):
            known = better.known_m * factor
            cov = better.cov_m2 + known @ known.swapaxes(-1, -2) - better.known_m @ better.known_m.swapaxes(-1, -2)
            sharper = PeopleForecast(better.ahead_s, better.mean_m, cov, better.weight, known, better.growth_m)
            out[worse] = np.maximum(out[worse], contact_by(sharper, every, paths, shape))
    return out


def _in_reach(
    forecast: PeopleForecast, rows: Rows, weight: Array, paths: LoadPaths, shape: Shape
) -> tuple[Rows, Rows, Rows, Rows]:
    """Person, mode and way of the load wherever a contact is possible at all, and the time at which it is likeliest."""
    cov = forecast.cov_m2[rows]
    half = (cov[..., 0, 0] + cov[..., 1, 1]) / 2
    spread2 = half + np.hypot((cov[..., 0, 0] - cov[..., 1, 1]) / 2, cov[..., 0, 1])
    off = forecast.mean_m[rows][:, :, None] - paths.place_m[None, None]
    away = np.sqrt((off**2).sum(axis=-1)) - shape.reach_m
    # Between two times nobody comes nearer than by half the way to the next.
    step = np.sqrt((np.diff(off, axis=3) ** 2).sum(axis=-1)) / 2
    away[..., 1:] -= step
    away[..., :-1] -= step
    away /= np.sqrt(spread2[:, :, None] + (paths.sigma_m**2)[None, None])
    np.copyto(away, np.inf, where=~paths.harmful[None, None])
    # So many sigmas away it is negligible, the less the mode weighs the sooner; some more for all times together.
    share = np.minimum(_NEGLIGIBLE / np.maximum(weight, 1e-12), 0.5)
    sigmas = np.where(weight > 2 * _NEGLIGIBLE, 0.3 - ndtri(share), -np.inf)
    nearest = away.min(axis=-1)
    who, mode, way = np.nonzero(nearest < sigmas[:, :, None])
    return who, mode, way, away[who, mode, way].argmin(axis=-1)


def _share_met(forecast: PeopleForecast, of: _Part, paths: LoadPaths, shape: Shape, number: int) -> Array:
    """(k, h) probability that each combination has met by each time, from ``number`` evenly spread ways."""
    rows, mode, way = of.rows, of.mode, of.way
    mean = forecast.mean_m[rows, mode] - paths.place_m[way]
    spread = np.zeros((*mean.shape, 2 + forecast.known_m.shape[-1]))
    spread[..., :-2] = forecast.known_m[rows, mode]
    spread[..., 0, -2] = spread[..., 1, -1] = np.sqrt(forecast.growth_m[mode] ** 2 + paths.sigma_m[way] ** 2)
    if shape.half_length_m or shape.half_width_m:
        cos, sin = np.cos(shape.yaw_rad), np.sin(shape.yaw_rad)
        turn = np.array([[cos, sin], [-sin, cos]])
        mean, spread = mean @ turn.T, turn @ spread
    line, others = _lines(mean, spread, of.nearest)
    apart = (others.astype(np.float32).reshape(-1, _BESIDES) @ _evenly(number)).reshape(*mean.shape, number)
    apart += mean.astype(np.float32)[..., None]
    # What passes between two times is found by a disc that is as much larger as the way to the next time
    # is nearer on average; at the last time itself nobody is beyond it.
    step2 = np.zeros(mean.shape[:2], np.float32)
    step2[:, 1:] = (np.diff(mean, axis=1) ** 2).sum(axis=-1) / 12
    stretches = chord(apart, line.astype(np.float32), step2, shape)
    if not paths.harmful.all():
        harmless = np.broadcast_to(~paths.harmful[way][:, :, None], apart[:, :, 0].shape)
        for low, high in stretches:
            low[harmless], high[harmless] = FAR, -FAR
    share: Array = covered(*stretches, of.weight).mean(axis=2, dtype=np.float64)
    return share


def _lines(mean: Array, spread: Array, at: Rows) -> tuple[Array, Array]:
    """Lines (k, h, 2) that the exact number moves a way along, and what the other five do to it (k, h, 2, 5).

    ``spread`` (k, h, 2, 6) is turned in its six numbers, which changes no distribution, so that at the times
    ``at`` (k,) two of them alone make the place, one of them along a line 45 degrees to the relative motion.
    """
    k: Rows = np.arange(len(mean), dtype=np.int64)
    turned = _reflected(spread, spread[k, at, 0], 0)
    turned = _reflected(turned, turned[k, at, 1], 1)
    here = turned[k, at]
    later, before = np.minimum(at + 1, mean.shape[1] - 1), np.maximum(at - 1, 0)
    motion = mean[k, later] - mean[k, before]
    askew = np.stack([motion[:, 0] - motion[:, 1], motion[:, 0] + motion[:, 1]], axis=1) + 1e-9
    first = askew[:, 0] / _not_zero(here[:, 0, 0])
    second = (askew[:, 1] - here[:, 1, 0] * first) / _not_zero(here[:, 1, 1])
    length = np.hypot(first, second)
    first, second = (first / length)[:, None, None], (second / length)[:, None, None]
    line = turned[..., 0] * first + turned[..., 1] * second
    across = turned[..., 1] * first - turned[..., 0] * second
    return line, np.concatenate([across[..., None], turned[..., 2:]], axis=-1)


def _reflected(spread: Array, row: Array, first: int) -> Array:
    """``spread`` (k, h, 2, c) with its numbers from ``first`` on mirrored, so that ``row`` (k, c) needs only that one.

    Householder's reflection, I − 2vvᵀ/|v|².
    """
    v = row.copy()
    v[:, :first] = 0.0
    v[:, first] += np.copysign(np.sqrt((v**2).sum(axis=1)), v[:, first])
    norm2 = np.maximum((v**2).sum(axis=1), 1e-30)
    along = np.einsum("khic,kc->khi", spread, v) * (2.0 / norm2)[:, None, None]
    mirrored: Array = spread - along[..., None] * v[:, None, None]
    return mirrored


def _not_zero(values: Array) -> Array:
    return np.copysign(np.maximum(np.abs(values), 1e-9), values)


@lru_cache(maxsize=4)
def _evenly(number: int) -> Floats:
    """(5, number) standard normal numbers, evenly spread, of mean 0 and covariance 1; the first in equal steps.

    An additive recurrence by powers of the generalised golden ratio (Roberts 2018) beside the equal steps.
    """
    ratio = 2.0
    for _ in range(50):
        ratio = (1.0 + ratio) ** (1.0 / _BESIDES)
    points = np.empty((number, _BESIDES))
    points[:, 0] = (np.arange(number) + 0.5) / number
    points[:, 1:] = (0.5 + np.arange(1, number + 1)[:, None] * ratio ** -np.arange(1.0, _BESIDES)) % 1.0
    normal = ndtri(points)
    normal -= normal.mean(axis=0)
    normal = normal @ np.linalg.inv(np.linalg.cholesky(normal.T @ normal / number)).T
    evenly = np.ascontiguousarray(normal.T, dtype=np.float32)
    evenly.flags.writeable = False
    return evenly
