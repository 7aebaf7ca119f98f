"""Which load boxes are loads that stand somewhere on the floor? Those that two cameras see at one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array, Camera
from tracking.hoist_readings import Seen
from tracking.records import Boxes

_FRESH_S = 0.5
_SAME_PLACE_M = 0.6
_SAME_OF_WIDTH = 0.4
_ASIDE_M = 0.8
_DEPTH_OF_WIDTH = 0.4


@dataclass(frozen=True, slots=True)
class Places:
    """Of one camera's newest frame: where its load boxes would stand (n, 2), and half their widths there (n,)."""

    time_s: float
    floor_m: Array
    half_m: Array


@dataclass(slots=True)
class Standing:
    """Where the load boxes of each camera would stand on the floor."""

    _newest: dict[str, Places] = field(default_factory=dict)

    def copy(self) -> Standing:
        return Standing(dict(self._newest))

    def look(self, camera: Camera, time_s: float, loads: Sequence[Seen]) -> Places:
        """Take in the load boxes of one frame. A body stands behind its box's lower edge by half its depth."""
        edges = [seen.edge_px for seen in loads if seen.edge_px is not None]
        if not edges:
            places = Places(time_s, np.zeros((0, 2)), np.zeros(0))
        else:
            at = camera.straight.points_on_plane(np.concatenate(edges)).reshape(-1, 3, 2)
            half = np.sqrt(((at[:, 2] - at[:, 0]) ** 2).sum(axis=1)) / 2
            away = at[:, 1] - camera.centre_m[:2]
            away = away / np.sqrt((away**2).sum(axis=1, keepdims=True))
            places = Places(time_s, at[:, 1] + 2 * _DEPTH_OF_WIDTH * half[:, None] * away, half)
        self._newest[camera.name] = places
        return places

    def elsewhere(self, item: Boxes, places: Places, hook_m: Array) -> list[bool]:
        """Of each load box of a frame, whether another camera sees it stand aside of the hook (2,)."""
        known = np.zeros(len(places.half_m), np.bool_)
        with np.errstate(invalid="ignore"):
            aside = np.sqrt(((places.floor_m - hook_m) ** 2).sum(axis=1)) > places.half_m + _ASIDE_M
            for name, other in self._newest.items():
                if name == item.camera or abs(item.time_s - other.time_s) > _FRESH_S or not len(other.half_m):
                    continue
                apart = np.sqrt(((places.floor_m[:, None] - other.floor_m[None]) ** 2).sum(axis=2))
                limit = _SAME_PLACE_M + _SAME_OF_WIDTH * np.minimum(places.half_m[:, None], other.half_m[None])
                known |= (apart <= limit).any(axis=1)
        return [bool(k) for k in known & aside]
