"""Where a hoist's drives put the point that the rope leaves: bridge, monorail and jib.

Axis 0 and axis 1 are x and y of a bridge; along the beam and nothing for a monorail; radius and arc for
a jib, whose trolley at radius r turns by dφ = ds/r for every metre ds of arc.
"""

from __future__ import annotations

import math

from recordings.plant.scenario import Crane

JIB_RADIUS_MIN_M = 0.3
"""A jib's trolley comes no nearer to its column."""


class Track:
    """Turns the places of two travel axes into the world. Holds the angle of a jib, which depends on its path."""

    __slots__ = ("_arc_m", "_cos", "_kind", "_origin", "_sin", "angle_rad", "limits_m", "start_m")

    def __init__(self, crane: Crane) -> None:
        (x0, y0), (x1, y1) = crane.travel_m
        sx, sy = crane.start_m
        self._kind = crane.kind
        self._origin = (x0, y0)
        self._arc_m = 0.0
        reach = math.hypot(x1 - x0, y1 - y0)
        if crane.kind == "bridge":
            self.angle_rad = 0.0
            self.limits_m = ((min(x0, x1), max(x0, x1)), (min(y0, y1), max(y0, y1)))
            self.start_m = (sx, sy)
        elif crane.kind == "monorail":
            self.angle_rad = math.atan2(y1 - y0, x1 - x0)
            along = ((sx - x0) * (x1 - x0) + (sy - y0) * (y1 - y0)) / reach
            self.limits_m = ((0.0, reach), (0.0, 0.0))
            self.start_m = (along, 0.0)
        else:
            here = (sx - x0, sy - y0)
            at = here if math.hypot(*here) > 1e-6 else (x1 - x0, y1 - y0)
            self.angle_rad = math.atan2(at[1], at[0])
            self.limits_m = ((min(JIB_RADIUS_MIN_M, reach / 2), reach), (-math.inf, math.inf))
            self.start_m = (math.hypot(*here), 0.0)
        self._cos, self._sin = math.cos(self.angle_rad), math.sin(self.angle_rad)

    def point(self, a_m: float, b_m: float) -> tuple[float, float]:
        """The trolley's x, y (m) at places ``a_m`` and ``b_m`` of the axes. To be asked in order of time."""
        if self._kind == "bridge":
            return a_m, b_m
        x, y = self._origin
        if self._kind == "jib" and b_m != self._arc_m:
            self.angle_rad += (b_m - self._arc_m) / a_m
            self._arc_m = b_m
            self._cos, self._sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return x + a_m * self._cos, y + a_m * self._sin

    def velocity(self, a_mps: float, b_mps: float) -> tuple[float, float]:
        """The trolley's velocity (m/s) in the world, at the point last asked for, from those of the axes."""
        if self._kind == "bridge":
            return a_mps, b_mps
        if self._kind == "monorail":
            return a_mps * self._cos, a_mps * self._sin
        return a_mps * self._cos - b_mps * self._sin, a_mps * self._sin + b_mps * self._cos
