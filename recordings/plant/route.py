"""Which way round what stands on the floor? Shortest paths past the corners of blocks that bodies keep clear of."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from calibration.camera import Array, Flags
from recordings.plant.walking import BODY_RADIUS_M

Spot = tuple[float, float]

_TOUCH_M = BODY_RADIUS_M + 0.01
_SIGHT_M = BODY_RADIUS_M + 0.02
_FREE_M = BODY_RADIUS_M + 0.03
_CORNERS_M = (0.45, 0.30)
"""Corners are passed at the first of these distances where there is room, else at the next."""
_WALL_M = 0.3
_PERSON_M = BODY_RADIUS_M + 0.06


class Ground:
    """The floor with blocks on it, (n, 2) corners each, inside a hall of ``size_m`` with a corner at the origin."""

    def __init__(self, blocks: Sequence[BaseGeometry], size_m: Spot) -> None:
        self._blocks = tuple(blocks)
        self._size = size_m
        self._touch, self._sight, self._free = (self._grown(d) for d in (_TOUCH_M, _SIGHT_M, _FREE_M))
        for shape in (self._touch, self._sight, self._free):
            shapely.prepare(shape)
        self._corners: Array | None = None
        self._links: Array | None = None
        rings = [ring for ring in shapely.get_rings(shapely.get_parts(self._sight)) if not ring.is_empty]
        lines = [shapely.get_coordinates(ring) for ring in rings]
        edges = [np.stack([line[:-1], line[1:]], axis=1) for line in lines]
        self.edges_m: Array = np.concatenate(edges) if edges else np.zeros((0, 2, 2))
        """Outlines (s, 2, 2) of where the middle of a body cannot be."""

    def blocked(self, points_m: Array) -> Flags:
        """(n,) true where the middle of a body would be in a block or touch it."""
        if not self._blocks:
            return np.zeros(len(points_m), np.bool_)
        return np.asarray(shapely.contains_xy(self._touch, points_m[:, 0], points_m[:, 1]), np.bool_)

    def nearest(self, point: Spot) -> Spot:
        """The nearest place where a body can stand."""
        if not self._blocks or not shapely.contains_xy(self._free, *point):
            return point
        line = shapely.shortest_line(shapely.boundary(self._free), shapely.Point(point))
        x, y = shapely.get_coordinates(line)[0]
        return float(x), float(y)

    def clear(self, start: Spot, end: Spot) -> bool:
        """Whether a body can go straight from one place to the other."""
        return not self._blocks or not shapely.intersects(self._sight, shapely.LineString([start, end]))

    def route(self, start: Spot, end: Spot) -> tuple[Spot, ...]:
        """The corners on the shortest way, and its end moved out of blocks.

        Where there is no way at all it leads to the reachable corner nearest to the end.
        """
        start, end = self.nearest(start), self.nearest(end)
        if self.clear(start, end):
            return (end,)
        corners, links = self._graph()
        if not len(corners):
            return (end,)
        from_start, to_end = self._seen(start, corners), self._seen(end, corners)
        length, before = _shortest(links, from_start)
        last = length + to_end
        if not np.isfinite(last).any():
            reach = np.isfinite(length)
            if not reach.any():
                return (end,)
            away = np.hypot(*(corners - end).T)
            return _traced(corners, before, int(np.argmin(np.where(reach, away, np.inf))))
        return (*_traced(corners, before, int(np.argmin(last))), end)

    def past(self, people: Sequence[Spot], here: Spot) -> Ground:
        """The same floor where people who stand in the way are blocks, too, but ``here`` can still be left."""
        radii = [min(_PERSON_M, math.dist(at, here) - _FREE_M - 0.005) for at in people]
        discs = [shapely.Point(at).buffer(r, quad_segs=4) for at, r in zip(people, radii, strict=True) if r > 0.0]
        return Ground((*self._blocks, *discs), self._size)

    def _grown(self, by_m: float) -> BaseGeometry:
        return shapely.union_all([b.buffer(by_m, join_style="mitre", mitre_limit=2.0) for b in self._blocks])

    def _graph(self) -> tuple[Array, Array]:
        """Corners (n, 2) and the lengths (n, n) of straight ways between them, infinite where there is none."""
        if self._corners is None or self._links is None:
            self._corners = self._open_corners()
            n = len(self._corners)
            i, j = np.triu_indices(n, 1)
            lines = shapely.linestrings(np.stack([self._corners[i], self._corners[j]], axis=1))
            length = np.hypot(*(self._corners[i] - self._corners[j]).T)
            length = np.where(shapely.intersects(self._sight, lines), np.inf, length)
            self._links = np.full((n, n), np.inf)
            self._links[i, j] = self._links[j, i] = length
        return self._corners, self._links

    def _open_corners(self) -> Array:
        """Corners that a body can pass at, inside the hall."""
        out: list[Array] = []
        for block in self._blocks:
            wide, tight = (_outline(block, d) for d in _CORNERS_M)
            use = np.where(self._standable(wide)[:, None], wide, tight) if wide.shape == tight.shape else wide
            out.append(use[self._standable(use)])
        return np.concatenate(out) if out else np.zeros((0, 2))

    def _standable(self, points: Array) -> Flags:
        inside = ((points > _WALL_M) & (points < np.asarray(self._size) - _WALL_M)).all(axis=1)
        return np.asarray(inside & ~shapely.intersects_xy(self._sight, points[:, 0], points[:, 1]), np.bool_)

    def _seen(self, point: Spot, corners: Array) -> Array:
        """(n,) lengths of the straight ways to each corner."""
        ends = np.stack([np.broadcast_to(point, corners.shape), corners], axis=1)
        hidden = shapely.intersects(self._sight, shapely.linestrings(ends))
        return np.where(hidden, np.inf, np.hypot(*(corners - point).T))


def _outline(block: BaseGeometry, by_m: float) -> Array:
    grown = block.buffer(by_m, join_style="mitre", mitre_limit=2.0)
    corners: Array = shapely.get_coordinates(grown.exterior)[:-1]
    return corners


def _shortest(links: Array, from_start: Array) -> tuple[Array, list[int]]:
    """Length of the shortest way to each corner, and the corner before it (-1 for none); after Dijkstra."""
    length = from_start.copy()
    before = [-1] * len(length)
    queue = [(float(d), k) for k, d in enumerate(length) if np.isfinite(d)]
    heapq.heapify(queue)
    while queue:
        d, k = heapq.heappop(queue)
        if d > length[k]:
            continue
        for j in np.flatnonzero(d + links[k] < length - 1e-9):
            length[j] = d + links[k, j]
            before[j] = k
            heapq.heappush(queue, (float(length[j]), int(j)))
    return length, before


def _traced(corners: Array, before: list[int], last: int) -> tuple[Spot, ...]:
    way = []
    while last >= 0:
        way.append((float(corners[last, 0]), float(corners[last, 1])))
        last = before[last]
    return tuple(reversed(way))
