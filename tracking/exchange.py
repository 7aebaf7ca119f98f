"""Would two people fit better the other way round? Exchanges that no single camera can find.

Cameras that are assigned one after the other confirm each other, right or wrong: once all of them have
exchanged two people, each alone is worse off by going back. So the whole of what all cameras say of two
people is exchanged at once, and kept where prediction, heights and readings together are likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags, Rows


@dataclass(frozen=True, slots=True)
class Worth:
    """p candidate pairs, sorted by track and box: how much each is worth wherever it is believed.

    key: (p,) track · boxes + box. base: (p,) log likelihood ratio without the place. information: (6, p)
    of the place it says: Λ·x, Λ, and x·Λ·x; log_det: (p,) of its covariance. camera: (p,).
    """

    key: Rows
    camera: Rows
    base: Array
    information: Array
    log_det: Array


def exchanged(worth: Worth, chosen: Rows, track: Rows, box: Rows, prior: tuple[Array, int, int]) -> Rows | None:
    """Rows of pairs after the best exchange of two tracks, None where none is better.

    chosen: rows of the pairs that are assigned. track, box: (p,) of every pair. prior: the prediction's
    information (6, n) with its log determinants behind it as (7, n), how many cameras, how many boxes.
    """
    known, cameras, boxes = prior
    n = known.shape[1]
    at = np.full((cameras, n), -1)
    at[worth.camera[chosen], track[chosen]] = chosen
    rivals = _rivals(track, box, chosen, n)
    if not len(rivals):
        return None
    one, other = rivals.T
    mine, theirs = at[:, one], at[:, other]
    to_one = _of(worth.key, np.where(theirs >= 0, one * boxes + box[theirs], -1), theirs >= 0)
    to_other = _of(worth.key, np.where(mine >= 0, other * boxes + box[mine], -1), mine >= 0)
    possible = np.logical_and.reduce((to_one >= -1) & (to_other >= -1), axis=0)
    if not possible.any():
        return None
    now = _likelihood(worth, mine, known[:, one]) + _likelihood(worth, theirs, known[:, other])
    then = _likelihood(worth, np.maximum(to_one, -1), known[:, one])
    then += _likelihood(worth, np.maximum(to_other, -1), known[:, other])
    gain = np.where(possible, then - now, -np.inf)
    best = int(gain.argmax())
    if gain[best] <= 1e-9:
        return None
    gone = np.concatenate([mine[:, best], theirs[:, best]])
    new = np.concatenate([to_one[:, best], to_other[:, best]])
    return _changed(chosen, gone, new)


def moved(worth: Worth, chosen: Rows, track: Rows, box: Rows, prior: tuple[Array, int, int, list[Rows]]) -> Rows | None:
    """Rows of pairs after the best move of one track to boxes that nobody has, None where none is better.

    As ``exchanged``; the last of ``prior`` are groups of boxes of different cameras, each of one person.
    """
    known, cameras, boxes, groups = prior
    n = known.shape[1]
    if not groups:
        return None
    group = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    part_of = np.full(boxes, -1)
    part_of[np.concatenate(groups)] = group
    free = (part_of[box] >= 0).nonzero()[0]
    there = np.full((cameras, n * len(groups)), -1)
    there[worth.camera[free], track[free] * len(groups) + part_of[box[free]]] = free
    asked = ((there >= 0).sum(axis=0) > 1).nonzero()[0]
    if not len(asked):
        return None
    at = np.full((cameras, n), -1)
    at[worth.camera[chosen], track[chosen]] = chosen
    who = asked // len(groups)
    gain = _likelihood(worth, there[:, asked], known[:, who]) - _likelihood(worth, at[:, who], known[:, who])
    best = int(gain.argmax())
    if gain[best] <= 1e-9:
        return None
    new = there[:, asked[best]]
    return _changed(chosen, at[:, who[best]], new)


def _changed(chosen: Rows, gone: Rows, new: Rows) -> Rows:
    """Rows chosen, without those gone and with the new ones, rising; −1 is none."""
    there = np.zeros(int(max(chosen.max(initial=-1), new.max(initial=-1))) + 1, bool)
    there[chosen] = True
    there[gone[gone >= 0]] = False
    there[new[new >= 0]] = True
    return there.nonzero()[0]


def _rivals(track: Rows, box: Rows, chosen: Rows, n: int) -> Rows:
    """(k, 2) tracks of which one could have a box that the other has."""
    owner = np.full(int(box.max(initial=-1)) + 1, -1)
    owner[box[chosen]] = track[chosen]
    has = owner[box]
    wanted = (has >= 0) & (has != track)
    low, high = np.minimum(track, has)[wanted], np.maximum(track, has)[wanted]
    both = np.zeros(n * n, bool)
    both[low * n + high] = True
    return np.column_stack(np.divmod(both.nonzero()[0], n))


def _of(keys: Rows, wanted: Rows, asked: Flags) -> Rows:
    """Row of each wanted key, −1 where none is asked for, −2 where there is none."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(asked, np.where(keys[at] == wanted, at, -2), -1)


def _likelihood(worth: Worth, rows: Rows, prior: Array) -> Array:
    """(k,) log likelihood of each track's pairs ``rows`` (cameras, k), −1 for none, with its prediction (7, k).

    Independent measurements of one point: −½ (Σ zᵀΛz + xᵀΛ₀x − ηᵀΛ⁻¹η + Σ log det R − log det Λ₀ + log det Λ).
    """
    there = rows >= 0
    total = prior[:6] + (worth.information[:, rows] * there).sum(axis=1)
    base = (worth.base[rows] * there).sum(axis=0)
    log_det = (worth.log_det[rows] * there).sum(axis=0)
    u, v, a, b, d, square = total
    det = a * d - b * b
    fitted = (d * u * u - 2.0 * b * u * v + a * v * v) / det
    count = there.sum(axis=0)
    out: Array = base - 0.5 * (square - fitted + log_det + prior[6] + np.log(det)) - count * np.log(2.0 * np.pi)
    return out
