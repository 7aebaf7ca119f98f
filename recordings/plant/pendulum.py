"""A hook on a rope: a point mass that a moving support keeps within the rope's length, in all three axes.

No angles and no small-angle terms: the hook is a point x with velocity v, the rope the constraint
|x − p(t)| ≤ L(t) with the support p and the paid-out length L. While the rope is taut,
m·x″ = m·g + f − T·(x − p)/L, T ≥ 0; written in angles this is the textbook equation of a spherical
pendulum with moving support and changing length (Goldstein, Classical Mechanics, on Lagrange's equations
of the first kind). In a plane: L·θ″ + 2·L′·θ′ + g·sin θ + p″·cos θ = 0.

Integrated by velocity Verlet with the constraint met in place and in velocity at every step (RATTLE,
Andersen 1983): second order and symplectic, so that energy does not drift, and exact in rope length
whatever the support does. The error of the period is (ω·dt)²/24, 10⁻⁶ at 400 Hz and 3 m.
"""

from __future__ import annotations

import math

from tracking.hoist_motion import GRAVITY_MPS2


class Hook:
    """The hook block: place and velocity (m, m/s) and, during a step, the acceleration from slings and damping."""

    __slots__ = (
        "_pull", "_rx", "_ry", "_rz", "ax", "ay", "az", "mass_kg", "taut", "tension_n", "vx", "vy", "vz", "x", "y",
        "z",
    )  # fmt: skip

    def __init__(self, x: float, y: float, z: float, mass_kg: float) -> None:
        self.x, self.y, self.z = x, y, z
        self.vx = self.vy = self.vz = 0.0
        self.ax = self.ay = self.az = 0.0
        """Acceleration besides gravity and rope."""
        self.mass_kg = mass_kg
        self.tension_n = mass_kg * GRAVITY_MPS2
        self.taut = True
        self._rx, self._ry, self._rz = 0.0, 0.0, -1.0
        self._pull = 0.0

    def point(self, px: float, py: float, pz: float) -> None:
        """Tell where the rope comes from: needed once, unless the hook starts plumb under it."""
        dx, dy, dz = self.x - px, self.y - py, self.z - pz
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        self._rx, self._ry, self._rz = dx / distance, dy / distance, dz / distance

    def begin(self, dt_s: float, px: float, py: float, pz: float, rope_m: float) -> None:
        """Half a kick, the drift, and back into reach of the support at its new place ``p`` with its new rope.

        The correction runs along the rope of the step before, as RATTLE asks; a rope that was slack is
        taut along its new direction.
        """
        half = 0.5 * dt_s
        vx = self.vx + half * self.ax
        vy = self.vy + half * self.ay
        vz = self.vz + half * (self.az - GRAVITY_MPS2)
        x, y, z = self.x + dt_s * vx, self.y + dt_s * vy, self.z + dt_s * vz
        dx, dy, dz = x - px, y - py, z - pz
        far = dx * dx + dy * dy + dz * dz
        excess = far - rope_m * rope_m
        self.taut = excess > 0.0
        self._pull = 0.0
        if excess > 0.0:
            rx, ry, rz = self._rx, self._ry, self._rz
            along = dx * rx + dy * ry + dz * rz
            root = along * along - excess
            if along > 0.0 and root > 0.0:
                # The smaller root of |d − λr| = L, in the form that loses no digits.
                back = excess / (along + math.sqrt(root))
            else:
                distance = math.sqrt(far)
                rx, ry, rz = dx / distance, dy / distance, dz / distance
                back = distance - rope_m
            x, y, z = x - back * rx, y - back * ry, z - back * rz
            self._pull = back / dt_s
            vx, vy, vz = vx - self._pull * rx, vy - self._pull * ry, vz - self._pull * rz
            dx, dy, dz = x - px, y - py, z - pz
            self._rx, self._ry, self._rz = dx / rope_m, dy / rope_m, dz / rope_m
        else:
            distance = math.sqrt(far) or 1.0
            self._rx, self._ry, self._rz = dx / distance, dy / distance, dz / distance
        self.x, self.y, self.z, self.vx, self.vy, self.vz = x, y, z, vx, vy, vz

    def finish(self, dt_s: float, px_mps: float, py_mps: float, rope_mps: float) -> None:
        """The other half of the kick; along a taut rope the hook moves as support and rope do.

        The tension is the mean over the step, from both corrections of velocity.
        """
        half = 0.5 * dt_s
        vx = self.vx + half * self.ax
        vy = self.vy + half * self.ay
        vz = self.vz + half * (self.az - GRAVITY_MPS2)
        self.tension_n = 0.0
        if self.taut:
            rx, ry, rz = self._rx, self._ry, self._rz
            apart = (vx - px_mps) * rx + (vy - py_mps) * ry + vz * rz - rope_mps
            vx, vy, vz = vx - apart * rx, vy - apart * ry, vz - apart * rz
            self.tension_n = max(0.0, self.mass_kg * (self._pull + apart) / dt_s)
        self.vx, self.vy, self.vz = vx, vy, vz

    def along(self) -> tuple[float, float, float]:
        """Unit vector from the support to the hook."""
        return self._rx, self._ry, self._rz

    def damp(self, rate_hz: float, px_mps: float, py_mps: float) -> None:
        """Add drag against the motion across the rope, relative to the support.

        A drag of 2ζω₀ times velocity makes the swing die out as exp(−ζω₀t), θ″ + 2ζω₀θ′ + ω₀²θ = 0.
        """
        rx, ry, rz = self._rx, self._ry, self._rz
        ux, uy, uz = self.vx - px_mps, self.vy - py_mps, self.vz
        along = ux * rx + uy * ry + uz * rz
        self.ax -= rate_hz * (ux - along * rx)
        self.ay -= rate_hz * (uy - along * ry)
        self.az -= rate_hz * (uz - along * rz)


def natural_rad_s(length_m: float) -> float:
    """√(g/L), the angular frequency of a small swing."""
    return math.sqrt(GRAVITY_MPS2 / length_m)
