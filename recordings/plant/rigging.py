"""Slings between hook and load: elastic legs that pull when taut, and the twist of the rope falls.

Each leg is a spring and damper that cannot push. Weight therefore passes over gradually as the hook
rises: first the slack, then the stretch. Their pull carries everything else: a side pull where the hook
is not above the centre of gravity, the tilt of an eccentric load, the bending of the line at the hook
(double pendulum), the jerk of a slipping sling.
"""

from __future__ import annotations

import math

from recordings.plant.loads import Body, Form
from recordings.plant.pendulum import Hook
from recordings.plant.records import Point3
from tracking.hoist_motion import GRAVITY_MPS2

STRETCH_M = 0.01
"""How far the slings stretch under the load's weight: a fibre sling of 1 m near its rating, by 1 to 3 %."""
BLOCK_SHARE = 0.03
"""A block is at least this share of the load: heavy hoists have heavy blocks, and lighter ones would ring."""
_AXIAL_DAMPING = 0.06
_BEND_DAMPING = 5.0
_FALLS_APART_M = 0.25
_SLIP_S = 0.15
_REACH_M = 0.02
_PULLING_SHARE = 0.005


class Rig:
    """The slings of one load on one hook.

    ``slip_m`` is how much longer the legs of one side have become, ``twist_rad`` the heading of the load
    from that of the hoist's track at which the falls of the rope are not twisted.
    """

    __slots__ = ("_damping", "_slip_goal_m", "_stiffness", "_twist_rad", "body", "form", "legs_m", "pull_n", "slip_m")

    def __init__(self, body: Body, slip_m: float, twist_rad: float) -> None:
        self.body, self.form = body, body.form
        # Legs spread by β bear F = n·k·cos²β·δ upright; flat ones are not made stiffer than those at 60°.
        legs = len(self.form.legs_m) * max(0.25, (sling_m(self.form) / self.form.legs_m[0]) ** 2)
        self._stiffness = body.mass_kg * GRAVITY_MPS2 / STRETCH_M / legs
        self._damping = 2.0 * _AXIAL_DAMPING * body.mass_kg * math.sqrt(GRAVITY_MPS2 / STRETCH_M) / legs
        self._twist_rad = twist_rad
        self.pull_n = 0.0
        """Force of all legs along their directions, summed."""
        self._slip_goal_m = self.slip_m = 0.0
        self.legs_m = self.form.legs_m
        if slip_m > 0.0:
            self.slip(slip_m)
            self._lengthen(slip_m)

    def slip(self, slip_m: float) -> None:
        """Let the legs of one side run out by this much."""
        self._slip_goal_m = slip_m

    def run_out(self, dt_s: float) -> None:
        """A step of slipping."""
        if self.slip_m < self._slip_goal_m:
            self._lengthen(min(self._slip_goal_m, self.slip_m + self._slip_goal_m * dt_s / _SLIP_S))

    def _lengthen(self, slip_m: float) -> None:
        self.slip_m = slip_m
        first = max(1, len(self.form.legs_m) // 2)
        self.legs_m = tuple(leg + (slip_m if k < first else 0.0) for k, leg in enumerate(self.form.legs_m))

    def carries(self) -> bool:
        """Whether the hoist bears a noticeable part of the weight."""
        return self.pull_n > _PULLING_SHARE * self.body.mass_kg * GRAVITY_MPS2

    def pull(self, hook: Hook) -> None:
        """Add the legs' forces to hook and load."""
        body = self.body
        a, b, c, d, e, f, g, h, i = body.r
        ox, oy, oz = body.off_m
        hx, hy, hz = hook.x - body.cx, hook.y - body.cy, hook.z - body.cz
        total = 0.0
        fx = fy = fz = 0.0
        for (px, py, pz), leg in zip(self.form.lifts_m, self.legs_m, strict=True):
            x, y, z = px - ox, py - oy, pz - oz
            rx, ry, rz = a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z
            ux, uy, uz = hx - rx, hy - ry, hz - rz
            square = ux * ux + uy * uy + uz * uz
            if square <= leg * leg:
                continue
            length = math.sqrt(square)
            ux, uy, uz = ux / length, uy / length, uz / length
            rate = (
                (hook.vx - body.vx - body.wy * rz + body.wz * ry) * ux
                + (hook.vy - body.vy - body.wz * rx + body.wx * rz) * uy
                + (hook.vz - body.vz - body.wx * ry + body.wy * rx) * uz
            )
            force = self._stiffness * (length - leg) + self._damping * rate
            if force <= 0.0:
                continue
            total += force
            ux, uy, uz = force * ux, force * uy, force * uz
            fx, fy, fz = fx + ux, fy + uy, fz + uz
            body.tx += ry * uz - rz * uy
            body.ty += rz * ux - rx * uz
            body.tz += rx * uy - ry * ux
        self.pull_n = total
        if total > 0.0:
            body.fx += fx
            body.fy += fy
            body.fz += fz
            hook.ax -= fx / hook.mass_kg
            hook.ay -= fy / hook.mass_kg
            hook.az -= fz / hook.mass_kg

    def twist(self, rope_m: float, heading_rad: float) -> None:
        """Add the torque by which falls of the rope, d apart, turn a load back: m·g·d²/(4L)·sin ψ (bifilar)."""
        body = self.body
        turned = self.turned_rad(heading_rad)
        stiffness = body.mass_kg * GRAVITY_MPS2 * _FALLS_APART_M**2 / (4.0 * rope_m)
        body.tz -= stiffness * math.sin(turned)

    def turned_rad(self, heading_rad: float) -> float:
        """Twist of the falls (-π to π) where the track's heading is this."""
        return math.remainder(heading(self.body) - heading_rad - self._twist_rad, 2.0 * math.pi)

    def damp(self, hook: Hook, support_m: Point3, support_mps: tuple[float, float], damping: float) -> None:
        """Add the damping of the swing, ratio ``damping`` of its first mode, and of the line's bending at the hook.

        Drag in proportion to mass, 2ζω₀·m, makes every mode die out as exp(−ζω₀t) with ω₀ = √(g/l), l from
        the support to the CoG; friction at the hook damps its motion off the straight line from support to
        CoG, at five times the ratio, about the frequency √(g(1 + m/M)(1/L + 1/s)) of the second mode.
        """
        body = self.body
        px, py, pz = support_m
        dx, dy, dz = body.cx - px, body.cy - py, body.cz - pz
        far = math.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx / far, dy / far, dz / far
        drag = 2.0 * damping * math.sqrt(GRAVITY_MPS2 / far)
        ux, uy, uz = body.vx - support_mps[0], body.vy - support_mps[1], body.vz
        along = ux * dx + uy * dy + uz * dz
        ux, uy, uz = ux - along * dx, uy - along * dy, uz - along * dz
        m = body.mass_kg
        hook.damp(drag, *support_mps)
        hx, hy, hz = hook.x - px, hook.y - py, hook.z - pz
        upper = max(0.05, math.sqrt(hx * hx + hy * hy + hz * hz))
        lower = max(0.05, far - upper)
        share = upper / (upper + lower)
        bend = 2.0 * _BEND_DAMPING * damping * math.sqrt(
            GRAVITY_MPS2 * (1.0 + m / hook.mass_kg) * (1.0 / upper + 1.0 / lower)
        )  # fmt: skip
        off = hook.vx - support_mps[0] - share * ux, hook.vy - support_mps[1] - share * uy, hook.vz - share * uz
        along = off[0] * dx + off[1] * dy + off[2] * dz
        bx, by, bz = bend * (off[0] - along * dx), bend * (off[1] - along * dy), bend * (off[2] - along * dz)
        hook.ax -= bx
        hook.ay -= by
        hook.az -= bz
        back = share * hook.mass_kg
        body.fx += back * bx - m * drag * ux
        body.fy += back * by - m * drag * uy
        body.fz += back * bz - m * drag * uz
        body.tx -= drag * body.lx
        body.ty -= drag * body.ly
        body.tz -= drag * body.lz

    def lines(self, hook_m: Point3, shift_m: Point3) -> tuple[tuple[Point3, Point3], ...]:
        """The legs as straight lines, hook end first; the load's ends moved by ``shift_m``."""
        body = self.body
        ends = (body.arm(point) for point in self.form.lifts_m)
        sx, sy, sz = body.cx + shift_m[0], body.cy + shift_m[1], body.cz + shift_m[2]
        return tuple((hook_m, (sx + x, sy + y, sz + z)) for x, y, z in ends)


def heading(body: Body) -> float:
    """Direction of the body's x axis on the floor (rad)."""
    return math.atan2(body.r[3], body.r[0])


def sling_m(form: Form) -> float:
    """Height of the hook over the lift points."""
    x, y, _ = form.lifts_m[0]
    return math.sqrt(max(0.0, form.legs_m[0] ** 2 - x * x - y * y))


def within_reach(body: Body, hook_m: Point3) -> bool:
    """Whether the slings of a load are long enough to be put on a hook there."""
    form: Form = body.form
    for point, leg in zip(form.lifts_m, form.legs_m, strict=True):
        x, y, z = body.arm(point)
        if math.dist((body.cx + x, body.cy + y, body.cz + z), hook_m) > leg + _REACH_M:
            return False
    return True


def hang(body: Body, hook_m: Point3) -> None:
    """Put a load below a hook as it hangs at rest: CoG plumb under the hook, slings just stretched.

    The line from hook to CoG is turned to plumb by the shortest rotation.
    """
    sling = sling_m(body.form)
    top = body.form.half_m[2]
    down = body.arm((0.0, 0.0, top + sling))
    up = (-body.off_m[0], -body.off_m[1], top + sling - body.off_m[2])
    size = math.hypot(*down)
    x, y, z = down[0] / size, down[1] / size, down[2] / size
    # The rotation that takes unit vector n to the z axis: quaternion (1 + n_z, n × e_z), normalised.
    turn = (1.0 + z, y, -x, 0.0)
    a, b, c, _ = turn
    w, i, j, k = body.q
    body.turn_to((a * w - b * i - c * j, a * i + b * w + c * k, a * j - b * k + c * w, a * k + b * j - c * i))
    distance = math.hypot(*up) + STRETCH_M
    body.cx, body.cy, body.cz = hook_m[0], hook_m[1], hook_m[2] - distance
    body.halt()
    body.asleep = body.resting = False
