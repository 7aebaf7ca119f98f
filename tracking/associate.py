"""Which boxes of all cameras belong to which track: one joint answer for everything seen at one instant.

Each pair of track and box has a log likelihood ratio: the box is this person, against this person
missed and the box false. A box can be read by its foot or, where that is hidden, by its head; the
likelier reading counts, and so does the body height that goes with it. Within a camera the pairs are
an assignment problem; over cameras the total is climbed one camera at a time, each judged by where the
others, in their present assignment, put every person (block coordinate ascent of the joint posterior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from calibration.camera import Array, Flags, Rows
from tracking.births import clusters
from tracking.exchange import Worth, exchanged, moved
from tracking.readings import Readings

_LOG_2PI = float(np.log(2.0 * np.pi))
_CLUTTER_PER_M2 = 0.02
"""False boxes a square metre of floor and look."""
_HEIGHT_DENSITY = 0.5
"""Of the heights, a metre, that false boxes and boxes without feet seem to have: even over two metres."""
_UPRIGHT = 0.95
"""Share of looks at a body in which it stands upright; it stoops or crouches in the others."""
_SWEEPS = 3
_EXCHANGES = 4


@dataclass(frozen=True, slots=True)
class Predicted:
    """n tracks at the instant: ``place`` (5, n) as in Readings, height and its variance (n,), and
    ``gain`` (sources, n): log odds of found against missed.
    """

    place: Array
    height_m: Array
    height_var_m2: Array
    gain: Array


@dataclass(frozen=True, slots=True)
class Matches:
    """k pairs: ``track`` and ``box`` (k,), ``by_head`` (k,) how the box was read, and what it then says:
    ``measured`` (5, k), place and covariance.
    """

    track: Rows
    box: Rows
    by_head: Flags
    measured: Array

    def __len__(self) -> int:
        return len(self.track)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Candidate pairs: both readings as places (5, p) with the part of the log likelihood that does not
    depend on where the track is (p,).
    """

    track: Rows
    box: Rows
    camera: Rows
    foot: Array
    head: Array
    log_foot: Array
    log_head: Array

    def take(self, rows: Rows | Flags) -> _Pairs:
        return _Pairs(
            self.track[rows],
            self.box[rows],
            self.camera[rows],
            self.foot[:, rows],
            self.head[:, rows],
            self.log_foot[rows],
            self.log_head[rows],
        )


def gate_of(probability: float, dimensions: int) -> float:
    """Squared Mahalanobis distance that a true pair exceeds with 1 − ``probability``."""
    return float(chi2.ppf(probability, dimensions))


def associate(tracks: Predicted, seen: Readings, assumed_height_m: float, gate: float) -> Matches:
    """The most probable joint assignment of all boxes of one instant; pairs beyond the gate never match."""
    pairs = _candidates(tracks, seen, assumed_height_m, gate)
    value, by_head = _values(pairs, tracks.place[:, pairs.track], tracks.gain, gate)
    possible = np.isfinite(value)
    pairs, value, by_head = pairs.take(possible), value[possible], by_head[possible]
    if not len(value):
        none = np.zeros(0, np.int64)
        return Matches(none, none, np.zeros(0, bool), np.zeros((5, 0)))
    n = tracks.place.shape[1]
    key = pairs.camera * n + pairs.track
    alone = (np.bincount(key)[key] == 1) & (np.bincount(pairs.box)[pairs.box] == 1)
    chosen = alone & (value > 0)
    crowded = [np.flatnonzero(~alone & (pairs.camera == c)) for c in np.unique(pairs.camera[~alone])]
    for rows in crowded:
        chosen[rows] = best_assignment(pairs.track[rows], pairs.box[rows], value[rows])
    if len(seen.sources) > 1:
        parts = crowded, np.flatnonzero(alone)
        chosen, by_head, prior, said = _climb(pairs, tracks, gate, (chosen, by_head, value), parts)
        if crowded:
            chosen, by_head = _exchanged(pairs, tracks, seen, (prior, said, gate), (chosen, by_head))
    kept, head = pairs.take(chosen), by_head[chosen]
    return Matches(kept.track, kept.box, head, np.where(head, kept.head, kept.foot))


def _climb(
    pairs: _Pairs, tracks: Predicted, gate: float, start: tuple[Flags, Flags, Array], parts: tuple[list[Rows], Rows]
) -> tuple[Flags, Flags, Array, Array]:
    """The assignment made better camera by camera until it stays, and how each pair is read.

    start: chosen, by_head, value by the prediction alone. parts: rows of each camera's crowded pairs, and
    those of all pairs that have no rival.
    """
    chosen, by_head, first = start[0].copy(), start[1].copy(), start[2]
    crowded, alone = parts
    prior = _information(tracks.place)
    said = np.zeros((len(tracks.gain), 5, tracks.place.shape[1]))
    _tell(said, pairs, chosen, by_head)
    for _ in range(_SWEEPS):
        before = chosen.copy()
        for rows in crowded:
            part = pairs.take(rows)
            value, by_head[rows] = _values(part, _others(part, prior, said), tracks.gain, gate)
            _untell(said, part, chosen[rows])
            chosen[rows] = best_assignment(part.track, part.box, value)
            _tell(said, part, chosen[rows], by_head[rows])
        _drop_contradicted(pairs.take(alone), alone, (prior, said, tracks.gain, gate), (chosen, by_head, first))
        if (before == chosen).all():
            break
    return chosen, by_head, prior, said


def _exchanged(
    pairs: _Pairs, tracks: Predicted, seen: Readings, known: tuple[Array, Array, float], start: tuple[Flags, Flags]
) -> tuple[Flags, Flags]:
    """The assignment after whole people were exchanged as long as that makes it likelier."""
    (prior, said, gate), (chosen, by_head) = known, start
    # How a box would be read for another track: as it fits where its present owner is.
    owner = np.full(int(pairs.box.max()) + 1, -1)
    owner[pairs.box[chosen]] = pairs.track[chosen]
    owned = owner[pairs.box]
    posterior = place_of(prior + said.sum(axis=0))
    place = np.where(owned >= 0, posterior[:, owned], tracks.place[:, pairs.track])
    _, head = _values(pairs, place, tracks.gain, np.inf)
    head = np.where(chosen, by_head, head)
    measured = np.where(head, pairs.head, pairs.foot)
    base = np.where(head, pairs.log_head, pairs.log_foot)
    base = base + tracks.gain[pairs.camera, pairs.track] - np.log(_CLUTTER_PER_M2)
    boxes = int(pairs.box.max()) + 1
    worth = Worth(
        key=pairs.track * boxes + pairs.box,
        camera=pairs.camera,
        base=base,
        information=_with_square(measured),
        log_det=np.log(measured[2] * measured[4] - measured[3] ** 2),
    )
    place = tracks.place
    known_m = np.vstack([_with_square(place), np.log(place[2] * place[4] - place[3] ** 2)])
    rows = np.flatnonzero(chosen)
    for _ in range(_EXCHANGES):
        better = exchanged(worth, rows, pairs.track, pairs.box, (known_m, len(tracks.gain), boxes))
        if better is None:
            orphans = np.setdiff1d(pairs.box, pairs.box[rows])
            groups = clusters(seen.position_m[orphans], seen.cov_m2[orphans], seen.camera[orphans], gate)
            alone = (known_m, len(tracks.gain), boxes, [orphans[g] for g in groups if len(g) > 1])
            better = moved(worth, rows, pairs.track, pairs.box, alone)
        if better is None:
            break
        rows = better
    out = np.zeros(len(chosen), bool)
    out[rows] = True
    return out, head


def _with_square(place: Array) -> Array:
    """(6, n) information of places (5, n) and the square x·Λ·x."""
    information = _information(place)
    return np.vstack([information, information[0] * place[0] + information[1] * place[1]])


def _drop_contradicted(
    part: _Pairs,
    rows: Rows,
    known: tuple[Array, Array, Array, float],
    answer: tuple[Flags, Flags, Array],
) -> None:
    """Pairs without a rival that all other cameras speak against are let go, the poorest of a track first."""
    prior, said, gain, gate = known
    chosen, by_head, first = answer
    if not len(rows):
        return
    for _ in range(_SWEEPS + 1):
        value, head = _values(part, _others(part, prior, said), gain, gate)
        wrong = np.flatnonzero(chosen[rows] & (value <= 0))
        if not len(wrong):
            break
        doubted = part.take(wrong)
        far, _ = _values(doubted, _others(doubted, prior, said), gain, np.inf)
        order = wrong[np.lexsort((first[rows[wrong]], np.round(far, 6), part.track[wrong]))]
        poorest = order[np.unique(part.track[order], return_index=True)[1]]
        gone = np.zeros(len(rows), bool)
        gone[poorest] = True
        _untell(said, part, gone)
        chosen[rows[poorest]] = False
    kept = chosen[rows]
    changed = kept & (head != by_head[rows])
    if changed.any():
        by_head[rows[changed]] = head[changed]
        _tell(said, part, changed, head)


def best_assignment(track: Rows, box: Rows, value: Array) -> Flags:
    """(p,) which pairs of one camera make the largest sum of values, each track and box used at most once."""
    worth = value > 0
    out = np.zeros(len(value), bool)
    if not worth.any():
        return out
    rows, row = np.unique(track[worth], return_inverse=True)
    cols, col = np.unique(box[worth], return_inverse=True)
    gain = np.zeros((len(rows), len(cols)))
    gain[row, col] = value[worth]
    taken = np.full(len(rows), -1)
    i, j = linear_sum_assignment(gain, maximize=True)
    taken[i] = j
    out[np.flatnonzero(worth)] = (taken[row] == col) & (gain[row, col] > 0)
    return out


def _candidates(tracks: Predicted, seen: Readings, assumed_height_m: float, gate: float) -> _Pairs:
    """Pairs that are near enough, by circles around the ellipses, to be worth a closer look."""
    reach = np.sqrt(gate)
    track_m = reach * np.sqrt(tracks.place[2] + tracks.place[4])
    near = _near(tracks.place, track_m, seen.foot, reach * np.sqrt(seen.foot[2] + seen.foot[4]))
    by_head = seen.log_head > -100.0
    if by_head.any():
        along_m = np.hypot(*seen.slope)
        off_m = np.abs(tracks.height_m - assumed_height_m).max(initial=0.0)
        spread_m = np.sqrt(tracks.height_var_m2.max(initial=0.0)) * reach + off_m
        head_m = reach * np.sqrt(seen.head[2] + seen.head[4]) + spread_m * along_m
        near |= by_head & _near(tracks.place, track_m, seen.head, head_m)
    track, box = np.nonzero(near)
    height, variance = tracks.height_m[track], tracks.height_var_m2[track]
    slope = seen.slope[:, box]
    head = seen.head[:, box].copy()
    head[:2] += slope * (height - assumed_height_m)
    head[2] += variance * slope[0] ** 2
    head[3] += variance * slope[0] * slope[1]
    head[4] += variance * slope[1] ** 2
    return _Pairs(
        track=track,
        box=box,
        camera=seen.camera[box],
        foot=seen.foot[:, box],
        head=head,
        log_foot=seen.log_foot[box] + height_log_ratio(seen.tall_m[box], seen.tall_var_m2[box], height, variance),
        log_head=seen.log_head[box],
    )


def height_log_ratio(tall_m: Array, tall_var_m2: Array, height_m: Array, height_var_m2: Array) -> Array:
    """Log density of measured heights of a body of known height, by that of false ones; 0 where not measured."""
    variance = tall_var_m2 + height_var_m2
    with np.errstate(invalid="ignore"):
        upright = np.exp(-0.5 * (tall_m - height_m) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
        out = np.log(_UPRIGHT * upright / _HEIGHT_DENSITY + (1.0 - _UPRIGHT))
    return np.where(np.isfinite(out), out, 0.0)


def _near(a: Array, a_reach_m: Array, b: Array, b_reach_m: Array) -> Flags:
    distance2 = np.subtract.outer(a[0], b[0]) ** 2 + np.subtract.outer(a[1], b[1]) ** 2
    near: Flags = distance2 <= np.add.outer(a_reach_m, b_reach_m) ** 2
    return near


def _values(pairs: _Pairs, place: Array, gain: Array, gate: float) -> tuple[Array, Flags]:
    """(p,) log likelihood ratio of each pair with the track at ``place`` (5, p), and whether by the head."""
    foot = pairs.log_foot + _log_density(pairs.foot, place, gate)
    head = pairs.log_head + _log_density(pairs.head, place, gate)
    by_head = head > foot
    value = np.where(by_head, head, foot) + gain[pairs.camera, pairs.track] - np.log(_CLUTTER_PER_M2)
    return value, by_head


def _log_density(seen: Array, place: Array, gate: float) -> Array:
    dx, dy, a, b, d = seen - place
    a, b, d = seen[2:] + place[2:]
    det = a * d - b * b
    distance2 = (d * dx * dx - 2.0 * b * dx * dy + a * dy * dy) / det
    return np.where(distance2 <= gate, -_LOG_2PI - 0.5 * (distance2 + np.log(det)), -np.inf)


def _information(place: Array) -> Array:
    """(5, n) mean and covariance to information: Λ·x (2), Λ xx, xy, yy; and back again."""
    x, y, a, b, d = place
    det = a * d - b * b
    out = np.empty_like(place)
    out[2], out[3], out[4] = d / det, -b / det, a / det
    out[0] = out[2] * x + out[3] * y
    out[1] = out[3] * x + out[4] * y
    return out


def place_of(information: Array) -> Array:
    """(5, n) Λ·x, Λ to mean and covariance."""
    u, v, a, b, d = information
    det = a * d - b * b
    out = np.empty_like(information)
    out[2], out[3], out[4] = d / det, -b / det, a / det
    out[0] = out[2] * u + out[3] * v
    out[1] = out[3] * u + out[4] * v
    return out


def _others(pairs: _Pairs, prior: Array, said: Array) -> Array:
    """(5, p) where all other cameras, and the prediction, put the track of each pair."""
    total = prior + said.sum(axis=0)
    return place_of(total[:, pairs.track] - said[pairs.camera, :, pairs.track].T)


def _untell(said: Array, pairs: _Pairs, chosen: Flags) -> None:
    said[pairs.camera[chosen], :, pairs.track[chosen]] = 0.0


def _tell(said: Array, pairs: _Pairs, chosen: Flags, by_head: Flags) -> None:
    rows = np.flatnonzero(chosen)
    head = by_head[rows]
    measured = np.where(head, pairs.head[:, rows], pairs.foot[:, rows])
    said[pairs.camera[rows], :, pairs.track[rows]] = _information(measured).T


def fused(matches: Matches) -> tuple[Rows, Array]:
    """One place (5, r) for each matched track, rows (r,): all that was measured of it together."""
    tracks, row = np.unique(matches.track, return_inverse=True)
    information = _information(matches.measured)
    total = np.stack([np.bincount(row, part, len(tracks)) for part in information]).astype(np.float64)
    return tracks, place_of(total)
