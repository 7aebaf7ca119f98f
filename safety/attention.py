"""Where is a look worth most now? A weight for each camera, from the newest decision of the core."""

from __future__ import annotations

import math

import numpy as np

from calibration.camera import Array, Flags
from calibration.coverage import CoverageMap, coverage_map
from calibration.site import Site
from safety.records import HoistView, Level, Phase, Snapshot
from tracking.budget import QUIET

_CHEST_M = 1.2
_MOVING_HOIST = 3.0
_PERSON_NEAR_IT = 4.0
_FORGOTTEN_S = 1.0
_RINGS = (0.0, 0.5, 1.0)
_RING_POINTS = 8
_QUIET_PHASES = (Phase.IDLE, Phase.RIGGING, Phase.LANDED)


class Attention:
    """Weights of a site's cameras: 1 for a quiet one, up to 4 for one that sees the floor around a hoist that
    moves or carries, by how much of it, and 4 more where it sees a person there.
    """

    def __init__(self, site: Site) -> None:
        self._policy = site.policy
        self._map: CoverageMap | None = coverage_map(site, height_m=_CHEST_M) if site.camera else None

    def weights(self, snapshot: Snapshot | None, now_s: float) -> dict[str, float]:
        """Weight of every camera; all equal where the newest decision is missing or over a second old."""
        if self._map is None:
            return {}
        extra = np.zeros(len(self._map.cameras))
        if snapshot is not None and now_s - snapshot.time_s <= _FORGOTTEN_S:
            for view in snapshot.hoists:
                if self._active(view):
                    extra = np.maximum(extra, self._around(self._map, view, snapshot))
        return {name: QUIET + float(more) for name, more in zip(self._map.cameras, extra, strict=True)}

    def quiet(self, snapshot: Snapshot | None, now_s: float) -> frozenset[str]:
        """Cameras that see nobody who is followed, and none of the floor around a hoist that moves.

        None at all where the newest decision is missing or over a second old.
        """
        if self._map is None or snapshot is None or now_s - snapshot.time_s > _FORGOTTEN_S:
            return frozenset()
        people = np.array([(p.x_m, p.y_m) for p in snapshot.people], float).reshape(-1, 2)
        sees: Flags = np.asarray(_seen(self._map, people).any(axis=1), np.bool_).reshape(-1)
        weights = self.weights(snapshot, now_s)
        return frozenset(
            name
            for name, somebody in zip(self._map.cameras, sees, strict=True)
            if not somebody and weights[name] == QUIET
        )

    def _active(self, view: HoistView) -> bool:
        """Moving, hanging with a load, alarming, or not known to do neither."""
        s = view.state
        moves = s.travel_speed_mps > self._policy.moving_speed_mps or abs(s.vz_mps) > self._policy.lifting_speed_mps
        return moves or s.lost or view.level is not Level.CLEAR or view.phase not in _QUIET_PHASES

    def _around(self, cells: CoverageMap, view: HoistView, snapshot: Snapshot) -> Array:
        """(cameras,) what this hoist adds to each camera's weight."""
        at = np.array([view.state.x_m, view.state.y_m])
        reach_m = self._policy.attention_radius_m
        angles = np.arange(_RING_POINTS) * 2 * math.pi / _RING_POINTS
        ring = np.column_stack([np.cos(angles), np.sin(angles)])
        floor = np.concatenate([at + share * reach_m * ring for share in _RINGS])
        share = _seen(cells, floor).mean(axis=1)
        near = np.array(
            [(p.x_m, p.y_m) for p in snapshot.people if math.dist((p.x_m, p.y_m), at) <= reach_m], float
        ).reshape(-1, 2)
        person = _seen(cells, near).any(axis=1) if len(near) else np.zeros(len(share), np.bool_)
        weight: Array = _MOVING_HOIST * share + _PERSON_NEAR_IT * person
        return weight


def _seen(cells: CoverageMap, points_m: Array) -> Array:
    """(cameras, n) 1 where a camera sees a point, 0 elsewhere."""
    found = [cells.cell_of(float(x), float(y)) for x, y in points_m]
    out = np.zeros((len(cells.cameras), len(points_m)))
    for column, cell in enumerate(found):
        if cell is not None:
            out[:, column] = cells.seen_by[:, cell[0], cell[1]]
    return out
