"""Where are the faces, corners and foot print of a load's box?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from calibration.camera import Array
from recordings.plant.records import LoadState, Quaternion

_SIGNS = np.array(list(product((-1.0, 1.0), repeat=3)))


@dataclass(frozen=True, slots=True)
class Box:
    """An oriented box: middle (3,), the columns of ``axes`` (3, 3) its own axes in the world, half sizes (3,)."""

    middle_m: Array
    axes: Array
    half_m: Array

    @property
    def upright(self) -> int:
        """Which of its axes is nearest to the vertical."""
        return int(np.argmax(np.abs(self.axes[2])))

    @property
    def level(self) -> bool:
        """Whether one of its axes is vertical, to a third of a degree."""
        return bool(abs(self.axes[2, self.upright]) > 0.99998)

    @property
    def reach_z_m(self) -> float:
        """How far it reaches above and below its middle."""
        return float(np.abs(self.axes[2]) @ self.half_m)

    def corners_m(self) -> Array:
        """All corners (8, 3)."""
        corners: Array = self.middle_m + (_SIGNS * self.half_m) @ self.axes.T
        return corners

    def footprint(self) -> BaseGeometry:
        """The box seen from above."""
        return shapely.convex_hull(shapely.multipoints(self.corners_m()[:, :2]))


def box_of(load: LoadState) -> Box:
    """The outer box of a load."""
    middle = np.array([load.x_m, load.y_m, load.z_m])
    return Box(middle, rotation(load.orientation), np.array(load.size_m) / 2.0)


def rotation(quaternion: Quaternion) -> Array:
    """The matrix (3, 3) that turns body axes into world axes. The quaternion (w, x, y, z) may have any length."""
    w, x, y, z = (v / math.hypot(*quaternion) for v in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
