"""What a load stands on and runs against: the floor, pads, and fixed structures as upright prisms.

Contact is a spring and damper that cannot pull, with Coulomb friction: at every corner of the load that is
below a surface, and at every corner of a prism that is inside the load. A load can therefore stand on a
pallet that is smaller than itself, tip over its edge, be stopped by a column and slide along it, but not
pass through it. Loads do not meet each other, and a bare hook meets nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recordings.plant.loads import SINK_M, Body
from recordings.plant.records import Point3
from recordings.plant.scenario import Load, Scenario
from tracking.hoist_motion import GRAVITY_MPS2

FRICTION = 0.4
_DAMPING = 0.5
_SLIDE_MPS = 0.05
_STEP_M = 0.12
"""A corner no deeper below a top than this stands on it; deeper, it has run against the side."""
_CORNERS = tuple((x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0))
_UPRIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Prism:
    """Something fixed: the polygon of its sides (counter-clockwise), its top, and a circle round it.

    A pad carries but has no sides: what a load stands on at the start where no structure is given.
    """

    polygon_m: tuple[tuple[float, float], ...]
    top_m: float
    middle_m: tuple[float, float]
    radius_m: float
    pad_for: str = ""


def prisms_of(scenario: Scenario) -> tuple[Prism, ...]:
    """Structures of a scenario, and a pad under every load that stands on nothing given."""
    standing = [_prism(s.polygon_m, s.height_m) for s in scenario.structure]
    pads = [_pad(load) for load in scenario.load if load.base_m > 0.0 and not _stands(load, standing)]
    return (*standing, *pads)


def near(prisms: Iterable[Prism], body: Body, margin_m: float) -> list[Prism]:
    """The prisms that a load could meet before it has moved by ``margin_m``."""
    x, y, _ = body.middle()
    a, b, c = body.form.half_m
    radius = math.sqrt(a * a + b * b + c * c) + margin_m
    return [
        p
        for p in prisms
        if (not p.pad_for or p.pad_for == body.name)
        and math.hypot(x - p.middle_m[0], y - p.middle_m[1]) < radius + p.radius_m
    ]


def press(body: Body, prisms: Sequence[Prism]) -> bool:
    """Add the forces of all contacts to a load; whether something bears it from below."""
    low = body.low_m()
    if low > 0.0 and not prisms:
        return False
    a, b, c = body.form.half_m
    high = 2.0 * body.middle()[2] - low
    borne = False
    arms = [body.arm((x * a, y * b, z * c)) for x, y, z in _CORNERS] if low <= 0.0 or prisms else []
    for arm in arms:
        z = body.cz + arm[2]
        if z < 0.0:
            borne |= _push(body, arm, (0.0, 0.0, 1.0), -z)
    for prism in prisms:
        if low >= prism.top_m or high <= 0.0:
            continue
        if low > prism.top_m - _STEP_M or prism.pad_for:
            borne |= _on_top(body, prism, arms)
        else:
            _against(body, prism, arms, low)
    return borne


def inside(x: float, y: float, polygon_m: Sequence[tuple[float, float]]) -> bool:
    """Even-odd rule."""
    odd = False
    x1, y1 = polygon_m[-1]
    for x2, y2 in polygon_m:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            odd = not odd
        x1, y1 = x2, y2
    return odd


def _on_top(body: Body, prism: Prism, arms: Sequence[Point3]) -> bool:
    """Corners of the load over the prism, and corners of the prism under an upright load's bottom."""
    borne = False
    for arm in arms:
        depth = prism.top_m - body.cz - arm[2]
        if 0.0 < depth < _STEP_M and inside(body.cx + arm[0], body.cy + arm[1], prism.polygon_m):
            borne |= _push(body, arm, (0.0, 0.0, 1.0), depth)
    if abs(body.r[8]) < _UPRIGHT:
        return borne
    for x, y in prism.polygon_m:
        arm = (x - body.cx, y - body.cy, prism.top_m - body.cz)
        u, v, w = _in_box(body, arm)
        a, b, c = body.form.half_m
        depth = c - abs(w) if w * body.r[8] < 0.0 else 0.0
        if abs(u) < a and abs(v) < b and 0.0 < depth < _STEP_M:
            borne |= _push(body, arm, (0.0, 0.0, 1.0), depth)
    return borne


def _against(body: Body, prism: Prism, arms: Sequence[Point3], low: float) -> None:
    """Sides, seen from above: corners of either inside the other are pushed out the nearest way."""
    middle = body.middle()
    height = max(min(middle[2], prism.top_m), low) - body.cz
    for arm in arms:
        x, y = body.cx + arm[0], body.cy + arm[1]
        if body.cz + arm[2] < prism.top_m and inside(x, y, prism.polygon_m):
            depth, nx, ny = _nearest_side(x, y, prism.polygon_m)
            _push(body, arm, (nx, ny, 0.0), depth)
    a, b, _ = body.form.half_m
    long = math.hypot(body.r[0], body.r[3])
    if long < _UPRIGHT or abs(body.r[8]) < _UPRIGHT:
        return
    ex, ey = body.r[0] / long, body.r[3] / long
    for x, y in prism.polygon_m:
        dx, dy = x - middle[0], y - middle[1]
        u, v = dx * ex + dy * ey, dy * ex - dx * ey
        if abs(u) >= a or abs(v) >= b:
            continue
        arm = (x - body.cx, y - body.cy, height)
        if a - abs(u) < b - abs(v):
            s = -math.copysign(1.0, u)
            _push(body, arm, (s * ex, s * ey, 0.0), a - abs(u))
        else:
            s = -math.copysign(1.0, v)
            _push(body, arm, (-s * ey, s * ex, 0.0), b - abs(v))


def _push(body: Body, arm: Point3, normal: Point3, depth: float) -> bool:
    """Spring, damper and friction at one point. Friction grows with slip up to μN at a creep of 5 cm/s."""
    x, y, z = arm
    vx = body.vx + body.wy * z - body.wz * y
    vy = body.vy + body.wz * x - body.wx * z
    vz = body.vz + body.wx * y - body.wy * x
    nx, ny, nz = normal
    away = vx * nx + vy * ny + vz * nz
    stiffness = body.mass_kg * GRAVITY_MPS2 / SINK_M / 4.0
    damping = 2.0 * _DAMPING * body.mass_kg * math.sqrt(GRAVITY_MPS2 / SINK_M) / 4.0
    force = stiffness * depth - damping * away
    if force <= 0.0:
        return False
    vx, vy, vz = vx - away * nx, vy - away * ny, vz - away * nz
    rub = FRICTION * force / max(math.sqrt(vx * vx + vy * vy + vz * vz), _SLIDE_MPS)
    body.push(force * nx - rub * vx, force * ny - rub * vy, force * nz - rub * vz, arm)
    return True


def _in_box(body: Body, arm: Point3) -> Point3:
    """A world vector from the CoG as a point of the body, from the middle of its box."""
    x, y, z = arm
    r, off = body.r, body.off_m
    return (
        r[0] * x + r[3] * y + r[6] * z + off[0],
        r[1] * x + r[4] * y + r[7] * z + off[1],
        r[2] * x + r[5] * y + r[8] * z + off[2],
    )


def _nearest_side(x: float, y: float, polygon_m: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Depth below the nearest side of a counter-clockwise polygon, and that side's outward normal."""
    best = (math.inf, 0.0, 0.0)
    x1, y1 = polygon_m[-1]
    for x2, y2 in polygon_m:
        length = math.hypot(x2 - x1, y2 - y1)
        nx, ny = (y2 - y1) / length, (x1 - x2) / length
        depth = abs((x1 - x) * nx + (y1 - y) * ny)
        best = min(best, (depth, nx, ny))
        x1, y1 = x2, y2
    return best


def _prism(polygon_m: Sequence[tuple[float, float]], top_m: float, pad_for: str = "") -> Prism:
    points = [(float(x), float(y)) for x, y in polygon_m]
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True))
    if twice < 0.0:
        points.reverse()
    mx, my = (sum(p[k] for p in points) / len(points) for k in (0, 1))
    radius = max(math.hypot(x - mx, y - my) for x, y in points)
    return Prism(tuple(points), top_m, (mx, my), radius, pad_for)


def _pad(load: Load) -> Prism:
    """The load's own foot print, a little larger."""
    a, b = load.size_m[0] / 2 + 0.02, load.size_m[1] / 2 + 0.02
    cos, sin = math.cos(math.radians(load.yaw_deg)), math.sin(math.radians(load.yaw_deg))
    x, y = load.at_m
    corners = ((-a, -b), (a, -b), (a, b), (-a, b))
    return _prism([(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners], load.base_m, load.name)


def _stands(load: Load, standing: Iterable[Prism]) -> bool:
    """Whether a structure's top is where the load's base is."""
    return any(abs(p.top_m - load.base_m) < 0.05 and inside(*load.at_m, p.polygon_m) for p in standing)
