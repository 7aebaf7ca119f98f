"""Loads as rigid bodies: mass, inertia and lift points by shape, and their free motion.

The body frame has its origin in the middle of the outer box and its axes along it. The centre of gravity
(CoG) may lie elsewhere; all forces and motions are about it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from recordings.plant.records import LoadState, Point3, Quaternion
from recordings.plant.scenario import Load
from tracking.hoist_motion import GRAVITY_MPS2

SINK_M = 0.001
"""How far a load that rests on four corners sinks into what it rests on: the ground is a spring."""
_COIL_BORE = 0.5
_SPREAD = {1: 0.0, 2: 0.33, 4: 0.42}


@dataclass(frozen=True, slots=True)
class Form:
    """What never changes of a load. ``inertia_kgm2`` is about the axes of the body through the CoG.

    ``lifts_m`` are the points where the slings hold, from the middle of the box, and ``legs_m`` the
    lengths of the slings that bring the hook to ``sling_m`` over the middle of the load's top.
    """

    mass_kg: float
    inertia_kgm2: Point3
    half_m: Point3
    lifts_m: tuple[Point3, ...]
    legs_m: tuple[float, ...]


def form_of(load: Load) -> Form:
    """Mass properties of a load.

    Crate, beam, plate and mould are solid boxes, I = m(b² + c²)/12. A coil lies with its eye along x: a
    hollow cylinder, I along its axis m(R² + r²)/2 and across it m(3(R² + r²) + w²)/12 (any table of
    moments of inertia). An eccentric CoG is taken to leave them as they are.
    """
    a, b, c = load.size_m
    m = load.mass_kg
    if load.shape == "coil":
        outer = min(b, c) / 2
        squares = outer * outer * (1.0 + _COIL_BORE**2)
        across = m * (3.0 * squares + a * a) / 12.0
        inertia = (m * squares / 2.0, across, across)
    else:
        inertia = (m * (b * b + c * c) / 12.0, m * (a * a + c * c) / 12.0, m * (a * a + b * b) / 12.0)
    spread = _SPREAD[load.legs]
    top = c / 2
    if load.legs == 1:
        lifts: tuple[Point3, ...] = ((0.0, 0.0, top),)
    elif load.legs == 2:
        lifts = tuple((s * spread * a, 0.0, top) if a >= b else (0.0, s * spread * b, top) for s in (1.0, -1.0))
    else:
        lifts = tuple((sx * spread * a, sy * spread * b, top) for sx in (1.0, -1.0) for sy in (1.0, -1.0))
    return Form(
        mass_kg=m,
        inertia_kgm2=inertia,
        half_m=(a / 2, b / 2, c / 2),
        lifts_m=lifts,
        legs_m=tuple(math.hypot(x, y, load.sling_m) for x, y, _ in lifts),
    )


class Body:
    """A load that moves. CoG ``c`` and velocity ``v``, orientation, angular momentum ``l`` about the CoG.

    ``r`` is the matrix that turns body axes into world axes, row by row; ``w`` the angular velocity in
    the world; ``f`` and ``t`` collect force and torque (N, N·m) during a step.
    """

    __slots__ = (
        "asleep", "cx", "cy", "cz", "form", "fx", "fy", "fz", "lx", "ly", "lz", "mass_kg", "name", "off_m", "q", "r",
        "resting", "shape", "size_m", "still_s", "tx", "ty", "tz", "vx", "vy", "vz", "wx", "wy", "wz",
    )  # fmt: skip

    def __init__(self, load: Load) -> None:
        self.name, self.shape, self.size_m = load.name, load.shape, load.size_m
        self.form = form_of(load)
        self.mass_kg = self.form.mass_kg
        self.off_m: Point3 = load.offset_m
        self.vx = self.vy = self.vz = self.lx = self.ly = self.lz = self.wx = self.wy = self.wz = 0.0
        self.clear()
        half = math.radians(load.yaw_deg) / 2
        self.turn_to((math.cos(half), 0.0, 0.0, math.sin(half)))
        self.put(load.at_m[0], load.at_m[1], load.base_m - SINK_M + load.size_m[2] / 2)
        self.resting = self.asleep = True
        self.still_s = 0.0

    def clear(self) -> None:
        """Forget all forces but weight."""
        self.fx = self.fy = self.tx = self.ty = self.tz = 0.0
        self.fz = -self.mass_kg * GRAVITY_MPS2

    def halt(self) -> None:
        """Stand still."""
        self.vx = self.vy = self.vz = self.lx = self.ly = self.lz = self.wx = self.wy = self.wz = 0.0

    def turn_to(self, q: Quaternion) -> None:
        """Take an orientation."""
        w, x, y, z = q
        size = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
        w, x, y, z = w * size, x * size, y * size, z * size
        self.q = (w, x, y, z)
        self.r = (
            1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y),
            2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x),
            2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y),
        )  # fmt: skip

    def arm(self, point_m: Point3) -> Point3:
        """World vector from the CoG to a point of the body given from the middle of its box."""
        x, y, z = point_m[0] - self.off_m[0], point_m[1] - self.off_m[1], point_m[2] - self.off_m[2]
        r = self.r
        return (
            r[0] * x + r[1] * y + r[2] * z,
            r[3] * x + r[4] * y + r[5] * z,
            r[6] * x + r[7] * y + r[8] * z,
        )

    def middle(self) -> Point3:
        """World place of the middle of the box."""
        x, y, z = self.arm((0.0, 0.0, 0.0))
        return self.cx + x, self.cy + y, self.cz + z

    def put(self, x: float, y: float, z: float) -> None:
        """Put the middle of the box there."""
        ax, ay, az = self.arm((0.0, 0.0, 0.0))
        self.cx, self.cy, self.cz = x - ax, y - ay, z - az

    def shift(self, off_m: Point3) -> None:
        """Move the CoG within the box, which stays where it is."""
        x, y, z = self.middle()
        self.off_m = off_m
        self.put(x, y, z)

    def begin(self, dt_s: float) -> None:
        """Half a kick and the drift. Free rotation keeps the angular momentum in the world.

        ω = R·I⁻¹·Rᵀ·l, and the orientation turns by |ω|·dt about ω (rotation vector, exact for constant ω).
        """
        self.kick(0.5 * dt_s)
        self.cx += dt_s * self.vx
        self.cy += dt_s * self.vy
        self.cz += dt_s * self.vz
        self.spin()
        wx, wy, wz = self.wx, self.wy, self.wz
        rate = math.sqrt(wx * wx + wy * wy + wz * wz)
        if rate < 1e-12:
            return
        half = 0.5 * rate * dt_s
        s = math.sin(half) / rate
        a, b, c, d = math.cos(half), s * wx, s * wy, s * wz
        w, x, y, z = self.q
        self.turn_to(
            (
                a * w - b * x - c * y - d * z,
                a * x + b * w + c * z - d * y,
                a * y - b * z + c * w + d * x,
                a * z + b * y - c * x + d * w,
            )
        )

    def kick(self, seconds: float) -> None:
        """Change momentum and angular momentum by what acts."""
        push = seconds / self.mass_kg
        self.vx += push * self.fx
        self.vy += push * self.fy
        self.vz += push * self.fz
        self.lx += seconds * self.tx
        self.ly += seconds * self.ty
        self.lz += seconds * self.tz

    def spin(self) -> None:
        """Angular velocity from angular momentum."""
        a, b, c, d, e, f, g, h, i = self.r
        lx, ly, lz = self.lx, self.ly, self.lz
        ia, ib, ic = self.form.inertia_kgm2
        u, v, w = (a * lx + d * ly + g * lz) / ia, (b * lx + e * ly + h * lz) / ib, (c * lx + f * ly + i * lz) / ic
        self.wx, self.wy, self.wz = a * u + b * v + c * w, d * u + e * v + f * w, g * u + h * v + i * w

    def push(self, fx: float, fy: float, fz: float, arm: Point3) -> None:
        """Let a force act at an arm from the CoG."""
        x, y, z = arm
        self.fx += fx
        self.fy += fy
        self.fz += fz
        self.tx += y * fz - z * fy
        self.ty += z * fx - x * fz
        self.tz += x * fy - y * fx

    def low_m(self) -> float:
        """Height of the lowest corner."""
        a, b, c = self.form.half_m
        r = self.r
        z = -r[6] * self.off_m[0] - r[7] * self.off_m[1] - r[8] * self.off_m[2]
        return self.cz + z - abs(r[6]) * a - abs(r[7]) * b - abs(r[8]) * c

    def state(self, ahead_s: float, hung_from: str) -> LoadState:
        """The record of this load, ``ahead_s`` after the step."""
        ax, ay, az = self.arm((0.0, 0.0, 0.0))
        vx = self.vx + self.wy * az - self.wz * ay
        vy = self.vy + self.wz * ax - self.wx * az
        vz = self.vz + self.wx * ay - self.wy * ax
        return LoadState(
            name=self.name,
            shape=self.shape,
            size_m=self.size_m,
            x_m=self.cx + ax + ahead_s * vx,
            y_m=self.cy + ay + ahead_s * vy,
            z_m=self.cz + az + ahead_s * vz,
            orientation=self.q,
            vx_mps=vx,
            vy_mps=vy,
            vz_mps=vz,
            hung_from=hung_from,
            resting=self.resting,
        )
