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
from scipy.special import chdtri  # scipy.stats would take half a second of every start

from calibration.camera import Array, Flags, Rows
from tracking.appearance import Clothes
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
    ``gain`` (sources, n): log odds of found against missed. ``clothes``: in their column ``column`` (sources,).
    """

    place: Array
    height_m: Array
    height_var_m2: Array
    gain: Array
    clothes: Clothes
    column: Rows


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
    """Candidate pairs, sorted by track and box, with both readings: places (5, p), their information (5, p), and
    the part of the log likelihood ratio that does not depend on where the track is (p,).
    """

    track: Rows
    box: Rows
    camera: Rows
    foot: Array
    head: Array
    foot_says: Array
    head_says: Array
    log_foot: Array
    log_head: Array

    def take(self, rows: Rows | Flags) -> _Pairs:
        return _Pairs(
            self.track[rows],
            self.box[rows],
            self.camera[rows],
            self.foot[:, rows],
            self.head[:, rows],
            self.foot_says[:, rows],
            self.head_says[:, rows],
            self.log_foot[rows],
            self.log_head[rows],
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """Pairs ``rows`` that compete: each is entry (row, col) of a matrix in which rows are a track in a camera."""

    rows: Rows
    pairs: _Pairs
    row: Rows
    col: Rows
    shape: tuple[int, int]


def gate_of(probability: float, dimensions: int) -> float:
    """Squared Mahalanobis distance that a true pair exceeds with 1 − ``probability``."""
    return float(chdtri(dimensions, 1.0 - probability))


def associate(tracks: Predicted, seen: Readings, assumed_height_m: float, gate: float) -> Matches:
    """The most probable joint assignment of all boxes of one instant; pairs beyond the gate never match."""
    pairs = _candidates(tracks, seen, assumed_height_m, gate)
    value, by_head = _values(pairs, tracks.place[:, pairs.track], gate)
    possible = np.isfinite(value)
    if not possible.any():
        none = np.zeros(0, np.int64)
        return Matches(none, none, np.zeros(0, bool), np.zeros((5, 0)))
    pairs, value, by_head = pairs.take(possible), value[possible], by_head[possible]
    n = tracks.place.shape[1]
    key = pairs.camera * n + pairs.track
    alone = (np.bincount(key)[key] == 1) & (np.bincount(pairs.box)[pairs.box] == 1)
    chosen = alone & (value > 0)
    crowded = (~alone).nonzero()[0]
    if len(crowded):
        everyone = _part(pairs, crowded, n)
        chosen[crowded] = _best(everyone, value[crowded])
    if len(seen.sources) > 1:
        prior = _inverted(tracks.place)
        said = np.zeros((len(tracks.gain), 5, n))
        _tell(said, pairs, chosen, by_head)
        state = _Answer(chosen, by_head, value)
        _climb(pairs, (prior, said, gate), state, (crowded, alone.nonzero()[0]))
        chosen, by_head = state.chosen, state.by_head
        if len(crowded):
            chosen, by_head = _exchanged(pairs, tracks, seen, (prior, said, gate), (chosen, by_head))
    kept, head = pairs.take(chosen), by_head[chosen]
    return Matches(kept.track, kept.box, head, np.where(head, kept.head, kept.foot))


@dataclass(slots=True)
class _Answer:
    """The assignment while it is sought, (p,) each: what is chosen, how it is read, what it was worth at first."""

    chosen: Flags
    by_head: Flags
    first: Array


def _climb(pairs: _Pairs, known: tuple[Array, Array, float], answer: _Answer, rows_of: tuple[Rows, Rows]) -> None:
    """Makes the assignment better until it stays: half of the cameras by what the other half says, in turn.

    known: the prediction's information (5, n), what each camera says now (cameras, 5, n), the gate.
    rows_of: pairs that compete, and pairs that have no rival.
    """
    prior, said, gate = known
    crowded, alone = rows_of
    n = prior.shape[1]
    rank = np.cumsum(np.bincount(pairs.camera[crowded], minlength=len(said)) > 0)[pairs.camera[crowded]]
    halves = [crowded[rank % 2 == k] for k in (1, 0)]
    parts = [_part(pairs, rows, n) for rows in halves if len(rows)]
    lonely = pairs.take(alone)
    for _ in range(_SWEEPS):
        before = answer.chosen.copy()
        for part in parts:
            value, head = _values(part.pairs, _others(part.pairs, prior, said), gate)
            _untell(said, part.pairs, answer.chosen[part.rows])
            chosen = _best(part, value)
            answer.chosen[part.rows], answer.by_head[part.rows] = chosen, head
            _tell(said, part.pairs, chosen, head)
        _drop_contradicted(lonely, alone, known, answer)
        if (before == answer.chosen).all():
            break


def _part(pairs: _Pairs, rows: Rows, n: int) -> _Part:
    part = pairs.take(rows)
    ones, row = ranks(part.camera * n + part.track)
    boxes, col = ranks(part.box)
    return _Part(rows, part, row, col, (ones, boxes))


def ranks(numbers: Rows) -> tuple[int, Rows]:
    """How many different ones there are of small numbers from 0, and the place of each among them, (p,)."""
    there = np.zeros(int(numbers.max(initial=-1)) + 1, np.int64)
    there[numbers] = 1
    rank = there.cumsum() - 1
    return int(there.sum()), rank[numbers]


def _best(part: _Part, value: Array) -> Flags:
    """(p,) which pairs make the largest sum of values, each track of a camera and each box used at most once."""
    return best_assignment(part.row, part.col, value, part.shape)


def _exchanged(
    pairs: _Pairs, tracks: Predicted, seen: Readings, known: tuple[Array, Array, float], start: tuple[Flags, Flags]
) -> tuple[Flags, Flags]:
    """The assignment after whole people were exchanged as long as that makes it likelier."""
    (prior, said, gate), (chosen, by_head) = known, start
    # How a box would be read for another track: as it fits where its present owner is.
    owner = np.full(int(pairs.box.max()) + 1, -1)
    owner[pairs.box[chosen]] = pairs.track[chosen]
    owned = owner[pairs.box]
    posterior = _inverted(prior + said.sum(axis=0))
    place = np.where(owned >= 0, posterior[:, owned], tracks.place[:, pairs.track])
    _, head = _values(pairs, place, np.inf)
    head = np.where(chosen, by_head, head)
    measured = np.where(head, pairs.head, pairs.foot)
    base = np.where(head, pairs.log_head, pairs.log_foot)
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
    rows = chosen.nonzero()[0]
    for _ in range(_EXCHANGES):
        better = exchanged(worth, rows, pairs.track, pairs.box, (known_m, len(tracks.gain), boxes))
        if better is None:
            orphans = _without(pairs.box, pairs.box[rows])
            groups = clusters(seen.position_m[orphans], seen.cov_m2[orphans], seen.camera[orphans], gate)
            alone = (known_m, len(tracks.gain), boxes, [orphans[g] for g in groups if len(g) > 1])
            better = moved(worth, rows, pairs.track, pairs.box, alone)
        if better is None:
            break
        rows = better
    out = np.zeros(len(chosen), bool)
    out[rows] = True
    return out, head


def _without(numbers: Rows, others: Rows) -> Rows:
    """Which numbers, small ones from 0, are not among others; each once, rising."""
    there = np.zeros(int(numbers.max(initial=-1)) + 1, bool)
    there[numbers] = True
    there[others] = False
    return there.nonzero()[0]


def _with_square(place: Array) -> Array:
    """(6, n) information of places (5, n) and the square x·Λ·x."""
    information = _inverted(place)
    return np.vstack([information, information[0] * place[0] + information[1] * place[1]])


def _drop_contradicted(part: _Pairs, rows: Rows, known: tuple[Array, Array, float], answer: _Answer) -> None:
    """Pairs without a rival that all other cameras speak against are let go, the poorest of a track first."""
    prior, said, gate = known
    if not len(rows):
        return
    for _ in range(_SWEEPS + 1):
        value, head = _values(part, _others(part, prior, said), gate)
        wrong = (answer.chosen[rows] & (value <= 0)).nonzero()[0]
        if not len(wrong):
            break
        doubted = part.take(wrong)
        far, _ = _values(doubted, _others(doubted, prior, said), np.inf)
        order = wrong[np.lexsort((answer.first[rows[wrong]], np.round(far, 6), part.track[wrong]))]
        poorest = order[np.unique(part.track[order], return_index=True)[1]]
        gone = np.zeros(len(rows), bool)
        gone[poorest] = True
        _untell(said, part, gone)
        answer.chosen[rows[poorest]] = False
    changed = answer.chosen[rows] & (head != answer.by_head[rows])
    if changed.any():
        answer.by_head[rows[changed]] = head[changed]
        _tell(said, part, changed, head)


def best_assignment(row: Rows, col: Rows, value: Array, shape: tuple[int, int]) -> Flags:
    """(p,) which entries (row, col) of a matrix make the largest sum of values, one of each row and column at most."""
    gain = np.zeros(shape)
    gain[row, col] = np.maximum(value, 0.0)
    taken = np.full(shape[0], -1)
    i, j = linear_sum_assignment(gain, maximize=True)
    taken[i] = j
    chosen: Flags = (taken[row] == col) & (value > 0)
    return chosen


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
    camera, foot = seen.camera[box], seen.foot[:, box]
    found = tracks.gain[camera, track] - np.log(_CLUTTER_PER_M2)
    found += tracks.clothes.log_ratio(track, tracks.column[camera], seen.colour[box])
    upright = height_log_ratio(seen.tall_m[box], seen.tall_var_m2[box], height, variance)
    return _Pairs(
        track=track,
        box=box,
        camera=camera,
        foot=foot,
        head=head,
        foot_says=_inverted(foot),
        head_says=_inverted(head),
        log_foot=seen.log_foot[box] + upright + found,
        log_head=seen.log_head[box] + found,
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


def _values(pairs: _Pairs, place: Array, gate: float) -> tuple[Array, Flags]:
    """(p,) log likelihood ratio of each pair with the track at ``place`` (5, p), and whether by the head."""
    foot = pairs.log_foot + _log_density(pairs.foot, place, gate)
    head = pairs.log_head + _log_density(pairs.head, place, gate)
    by_head = head > foot
    return np.where(by_head, head, foot), by_head


def _log_density(seen: Array, place: Array, gate: float) -> Array:
    dx, dy, a, b, d = seen - place
    a, b, d = seen[2:] + place[2:]
    det = a * d - b * b
    distance2 = (d * dx * dx - 2.0 * b * dx * dy + a * dy * dy) / det
    return np.where(distance2 <= gate, -_LOG_2PI - 0.5 * (distance2 + np.log(det)), -np.inf)


def _inverted(place: Array) -> Array:
    """(5, n) mean and covariance to information, Λ·x (2) and Λ xx, xy, yy; and back again: it is its own inverse."""
    x, y, a, b, d = place
    det = a * d - b * b
    out = np.empty_like(place)
    out[2], out[3], out[4] = d / det, -b / det, a / det
    out[0] = out[2] * x + out[3] * y
    out[1] = out[3] * x + out[4] * y
    return out


def _others(pairs: _Pairs, prior: Array, said: Array) -> Array:
    """(5, p) where all other cameras, and the prediction, put the track of each pair."""
    total = prior + said.sum(axis=0)
    return _inverted(total[:, pairs.track] - said[pairs.camera, :, pairs.track].T)


def _untell(said: Array, pairs: _Pairs, chosen: Flags) -> None:
    said[pairs.camera[chosen], :, pairs.track[chosen]] = 0.0


def _tell(said: Array, pairs: _Pairs, chosen: Flags, by_head: Flags) -> None:
    rows = chosen.nonzero()[0]
    says = np.where(by_head[rows], pairs.head_says[:, rows], pairs.foot_says[:, rows])
    said[pairs.camera[rows], :, pairs.track[rows]] = says.T


def fused(matches: Matches) -> tuple[Rows, Array]:
    """One place (5, r) for each matched track, rows (r,): all that was measured of it together."""
    tracks = np.bincount(matches.track).nonzero()[0]
    information = _inverted(matches.measured)
    total: Array = np.array([np.bincount(matches.track, part) for part in information], float)[:, tracks]
    return tracks, _inverted(total)
