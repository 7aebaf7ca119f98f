"""How do people keep out of each other's way?

Written here, because the crowd library that was looked at (jupedsim) brings a web engine and a 3-D
toolkit for what is about a hundred lines. The model is that of Moussaïd, Helbing and Theraulaz (PNAS
108, 2011): of all directions a person takes the one that leads nearest to the goal before something is
met, and walks no faster than half a second before it. Whatever it decides, ``settled`` then keeps
bodies apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Flags
from recordings.plant.route import Ground, Spot
from recordings.plant.walking import BODY_RADIUS_M, Bodies

Rows = NDArray[np.intp]

CORE_M = BODY_RADIUS_M + 0.03
"""Bodies are kept apart by this radius, so that their sway does not let them touch."""
_ANGLES_RAD = np.radians([a for k in range(0, 105, 5) for a in ((-k, k) if k else (0,))])
_AHEAD_S = 4.0
_REACTION_S = 0.5
_LEFT_BIAS = 0.02
_SQUEEZE_M = 0.06
_SLIDE_M = 0.1
_OUT_M = 0.05


@dataclass(frozen=True, slots=True)
class Discs:
    """What is to be kept clear of: middles (m, 2), velocities (m, 2), radii (m,), whose it is (m,) or -1."""

    middle_m: Array
    velocity_mps: Array
    radius_m: Array
    owner: Rows


NOBODY = Discs(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.intp))


def joined(bodies: Bodies, rows: Rows, strangers: Discs) -> Discs:
    """The people of these rows, and strangers, as discs."""
    return Discs(
        np.concatenate([bodies.position_m[rows], strangers.middle_m]),
        np.concatenate([bodies.velocity_mps[rows], strangers.velocity_mps]),
        np.concatenate([np.full(len(rows), CORE_M), strangers.radius_m]),
        np.concatenate([rows, strangers.owner]),
    )


def steered(position_m: Array, wanted_mps: Array, reach_m: Array, who: Rows, discs: Discs, edges_m: Array) -> Array:
    """Turn (rad) and bound of speed (m/s) of each of n people, (n, 2).

    ``reach_m`` (n,) is how far each is still to go, ``who`` (n,) their numbers as owners of discs,
    ``edges_m`` (s, 2, 2) the outlines of blocks.
    """
    out = np.column_stack([np.zeros(len(position_m)), np.full(len(position_m), np.inf)])
    speed = np.hypot(wanted_mps[:, 0], wanted_mps[:, 1])
    walkers = np.flatnonzero(speed > 0.05)
    if not len(walkers) or not len(discs.radius_m):
        return out
    horizon = np.minimum(speed * _AHEAD_S, np.maximum(reach_m, 0.1))
    straight = _free_way(position_m, wanted_mps, horizon, who, discs, walkers, _ANGLES_RAD[:1])
    walkers = walkers[straight[:, 0] < horizon[walkers] - 1e-6]
    if not len(walkers):
        return out
    free = _free_way(position_m, wanted_mps, horizon, who, discs, walkers, _ANGLES_RAD)
    most = horizon[walkers, None]
    free = np.minimum(free, _to_edges(position_m[walkers], wanted_mps[walkers], most, edges_m))
    cost = most**2 + free**2 - 2.0 * most * free * np.cos(_ANGLES_RAD)
    best = np.argmin(cost * (1.0 + _LEFT_BIAS * (_ANGLES_RAD > 0.0)), axis=1)
    clear = free[np.arange(len(walkers)), best]
    out[walkers, 0] = _ANGLES_RAD[best]
    out[walkers, 1] = np.where(clear < most[:, 0] - 1e-6, np.maximum(clear - 0.02, 0.0) / _REACTION_S, np.inf)
    return out


def _free_way(
    position: Array, wanted: Array, horizon: Array, who: Rows, discs: Discs, walkers: Rows, angles: Array
) -> Array:
    """(k, A) metres that each walker can go in each direction before a disc that keeps its velocity is met."""
    speed = np.hypot(wanted[walkers, 0], wanted[walkers, 1])
    course = np.arctan2(wanted[walkers, 1], wanted[walkers, 0])[:, None] + angles
    own = speed[:, None, None] * np.stack([np.cos(course), np.sin(course)], axis=2)
    away = discs.middle_m - position[walkers, None]  # (k, m, 2)
    comfort = np.clip(0.15 * (horizon[walkers] - 0.3), 0.01, 0.2)[:, None]
    hard = CORE_M + discs.radius_m
    reach = np.maximum(np.minimum(hard + comfort, np.sqrt((away**2).sum(axis=2)) - _SQUEEZE_M), hard)
    relative = own[:, :, None] - discs.velocity_mps  # (k, A, m, 2)
    a = np.maximum((relative**2).sum(axis=3), 1e-9)
    b = (relative * away[:, None]).sum(axis=3)
    c = ((away**2).sum(axis=2) - reach**2)[:, None]
    root = b * b - a * c
    meets = (b > 0.0) & (root > 0.0)
    time = np.where(meets, (b - np.sqrt(np.maximum(root, 0.0))) / a, np.inf)
    mine = (discs.owner == who[walkers, None])[:, None]
    time = np.where(mine, np.inf, np.maximum(time, 0.0))
    free: Array = np.minimum(speed[:, None] * time.min(axis=2), horizon[walkers, None])
    return free


def _to_edges(position: Array, wanted: Array, most: Array, edges: Array) -> Array:
    """(k, A) metres to the first outline of a block, at most ``most`` (k, 1)."""
    course = np.arctan2(wanted[:, 1], wanted[:, 0])[:, None] + _ANGLES_RAD
    if not len(edges):
        return np.broadcast_to(most, course.shape)
    ray = np.stack([np.cos(course), np.sin(course)], axis=2)[:, :, None]  # (k, A, 1, 2)
    side = edges[:, 1] - edges[:, 0]  # (s, 2)
    start = (edges[:, 0] - position[:, None])[:, None]  # (k, 1, s, 2)
    cross = _cross(ray, side)
    cross = np.where(np.abs(cross) < 1e-12, 1e-12, cross)
    along = _cross(start, side) / cross
    share = _cross(start, ray) / cross
    hit = np.where((along > 0.0) & (share >= 0.0) & (share <= 1.0), along, np.inf)
    free: Array = np.minimum(hit.min(axis=2), most)
    return free


def _cross(a: Array, b: Array) -> Array:
    out: Array = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def settled(
    before_m: Array,
    after_m: Array,
    yields: Flags,
    strangers: Discs,
    ground: Ground,
) -> Array:
    """Positions (n, 2) in which nobody who ``yields`` has run into a body or a block.

    One after the other moves, slides round what he would hit, or stays where he was; so bodies that were
    apart stay apart. Who does not yield moves on, and pushes those who do.
    """
    out = after_m.copy()
    out[yields] = before_m[yields]
    limits = CORE_M + strangers.radius_m
    held = _crowded(before_m, after_m, strangers.middle_m, limits) | ground.blocked(after_m)
    for k in map(int, np.flatnonzero(yields)):
        if not held[k]:
            out[k] = after_m[k]
            continue
        others = np.concatenate([np.delete(out, k, axis=0), strangers.middle_m])
        radii = np.concatenate([np.full(len(out) - 1, 2.0 * CORE_M), limits])
        out[k] = _place(before_m[k], after_m[k], others, radii, ground)
    return out


def _crowded(before: Array, after: Array, fixed: Array, limits: Array) -> Flags:
    """(n,) true for those who may touch somebody in this step."""
    gap = np.hypot(*(after[:, None] - before[None]).transpose(2, 0, 1))
    np.fill_diagonal(gap, np.inf)
    out: Flags = (gap < 2.0 * CORE_M + 0.25).any(axis=1)
    if len(fixed):
        away = np.hypot(*(after[:, None] - fixed[None]).transpose(2, 0, 1))
        out |= (away < limits + 0.05).any(axis=1)
    return out


def _place(before: Array, step: Array, others: Array, radii: Array, ground: Ground) -> Array:
    """Where he goes: there, round a body, along the block, nowhere, or where he is pushed; else he stays."""
    if ground.blocked(before[None])[0]:
        return _freed(before, ground.nearest((float(before[0]), float(before[1]))))
    if not _hits(step, others, radii) and not ground.blocked(step[None])[0]:
        return step
    along = np.array(ground.nearest((float(step[0]), float(step[1]))))
    around = [p for p in (_pushed(step, others, radii), along) if math.hypot(*(p - before)) < _SLIDE_M]
    for place in (*around, before, _pushed(before, others, radii)):
        if not _hits(place, others, radii) and not ground.blocked(place[None])[0]:
            return place
    return before


def _freed(place: Array, way_out: Spot) -> Array:
    """One step of the way out of a block that came down on somebody's place."""
    way = np.array(way_out) - place
    out: Array = place + way * min(1.0, _OUT_M / max(math.hypot(*way), 1e-9))
    return out


def _pushed(place: Array, others: Array, radii: Array) -> Array:
    """``place`` moved out of the disc that it is deepest in."""
    if not len(others):
        return place
    away = place - others
    distance = np.hypot(away[:, 0], away[:, 1])
    worst = int(np.argmax(radii - distance))
    if distance[worst] >= radii[worst]:
        return place
    unit = away[worst] / distance[worst] if distance[worst] > 1e-9 else np.array([1.0, 0.0])
    out: Array = others[worst] + unit * (radii[worst] + 1e-6)
    return out


def _hits(place: Array, others: Array, radii: Array) -> bool:
    away = place - others
    return bool((np.hypot(away[:, 0], away[:, 1]) < radii - 1e-9).any())
