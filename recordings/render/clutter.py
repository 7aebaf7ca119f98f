"""What lies and hangs about in a hall besides its structures: barrels, boxes, tools, hoses, hanging cables."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from shapely import Point, Polygon, unary_union

from recordings.plant.scenario import Scenario
from recordings.render.mesh import Mesh
from recordings.render.room import Room, hides_a_camera
from recordings.render.shapes import Rgb, ball, box, merged, placed, ring, tube, yawed

Rng = np.random.Generator
_CLEAR_M = 0.35
_FROM_WALL_M = 0.9


def clutter(scenario: Scenario, room: Room, rng: Rng) -> list[Mesh]:
    """Things along the walls and round the columns, clear of structures; and cables that hang."""
    share = scenario.hall.clutter
    x, y, _ = room.size_m
    blocked = unary_union([Polygon(s.polygon_m) for s in scenario.structure])
    out: list[Mesh] = []
    for _ in range(int(share * (x + y) * 1.1)):
        at = _along_walls(x, y, rng)
        make, radius = _KINDS[int(rng.integers(len(_KINDS)))]
        if blocked.distance(Point(at)) > radius + _CLEAR_M and not hides_a_camera(scenario, *at, 1.2):
            out.append(placed(merged(make(rng)), (*at, 0.0), yawed(float(rng.uniform(0, 2 * math.pi)))))
    for _ in range(int(rng.poisson(3.0 * share + 0.4))):
        out.append(_hanging(room, rng))
    return out


def _along_walls(x: float, y: float, rng: Rng) -> tuple[float, float]:
    off = 0.35 + float(rng.exponential(0.25))
    off = min(off, _FROM_WALL_M)
    if rng.random() < x / (x + y):
        return float(rng.uniform(0.5, x - 0.5)), off if rng.random() < 0.5 else y - off
    return off if rng.random() < 0.5 else x - off, float(rng.uniform(0.5, y - 0.5))


def _any(rng: Rng) -> Rgb:
    bright = (
        (200, 60, 40),
        (40, 80, 160),
        (210, 180, 50),
        (60, 130, 70),
        (170, 170, 168),
        (60, 60, 62),
        (190, 110, 40),
    )
    return bright[int(rng.integers(len(bright)))]


def _barrel(rng: Rng) -> list[Mesh]:
    colour = _any(rng)
    out = [tube([(0, 0, 0), (0, 0, 0.88)], 0.29, colour, sides=14)]
    return out + [tube([(0, 0, z - 0.015), (0, 0, z + 0.015)], 0.3, colour, sides=14) for z in (0.02, 0.3, 0.58, 0.86)]


def _tool_box(rng: Rng) -> list[Mesh]:
    colour = _any(rng)
    if rng.random() < 0.5:  # on castors, with drawers
        out = [box((0.7, 0.46, 0.8), (0, 0, 0.52), colour)]
        return out + [box((0.66, 0.47, 0.008), (0, 0, 0.2 + 0.12 * k), (30, 30, 32)) for k in range(6)]
    return [box((0.5, 0.22, 0.2), (0, 0, 0.1), colour), box((0.3, 0.03, 0.05), (0, 0, 0.23), (40, 40, 40))]


def _cartons(rng: Rng) -> list[Mesh]:
    out, z = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform(0.3, 0.6, 3).tolist()
        tone = int(rng.integers(-18, 18))
        out.append(box(size, (*rng.uniform(-0.05, 0.05, 2), z + size[2] / 2), (168 + tone, 134 + tone, 94 + tone)))
        z += float(size[2])
    return out


def _ball(rng: Rng) -> list[Mesh]:
    radius = float(rng.uniform(0.1, 0.3))
    return [ball((0, 0, radius), radius, _any(rng))]


def _bin(rng: Rng) -> list[Mesh]:
    colour = _any(rng)
    return [box((0.55, 0.6, 0.95), (0, 0, 0.55), colour), box((0.6, 0.68, 0.06), (0, 0, 1.05), colour)]


def _cylinders(rng: Rng) -> list[Mesh]:
    """Gas cylinders: as tall and as narrow as a person."""
    colour = _any(rng)
    out = []
    for k in range(int(rng.integers(1, 4))):
        x = 0.26 * k
        out += [
            tube([(x, 0, 0), (x, 0, 1.35)], 0.115, colour, sides=12),
            tube([(x, 0, 1.35), (x, 0, 1.52)], 0.06, (170, 170, 172)),
        ]
    return out


def _ladder(rng: Rng) -> list[Mesh]:
    height = float(rng.uniform(1.5, 2.6))
    metal: Rgb = (186, 188, 190) if rng.random() < 0.6 else (206, 150, 40)
    out = [tube([(s * 0.22, 0, 0), (s * 0.2, 0.25, height)], 0.025, metal, sides=6) for s in (-1, 1)]
    steps = int(height / 0.3)
    return out + [
        tube(
            [(-0.21, 0.25 * k / steps, height * k / steps), (0.21, 0.25 * k / steps, height * k / steps)],
            0.018,
            metal,
            sides=6,
        )
        for k in range(1, steps)
    ]


def _cone(rng: Rng) -> list[Mesh]:
    out = [box((0.36, 0.36, 0.03), (0, 0, 0.015), (210, 80, 30))]
    for k in range(6):
        colour: Rgb = (230, 230, 226) if k in (2, 4) else (216, 84, 34)
        out.append(tube([(0, 0, 0.03 + 0.11 * k), (0, 0, 0.14 + 0.11 * k)], 0.14 - 0.021 * k, colour, sides=10))
    return out


def _coat(rng: Rng) -> list[Mesh]:
    """Work clothes on a stand: the shape of a person who is none."""
    colour = _any(rng)
    return [
        tube([(0, 0, 0), (0, 0, 1.75)], 0.025, (60, 60, 62), sides=6),
        box((0.42, 0.16, 0.75), (0, 0.05, 1.15), colour),
        box((0.5, 0.5, 0.03), (0, 0, 0.015), (60, 60, 62)),
    ]


_KINDS: tuple[tuple[Callable[[Rng], list[Mesh]], float], ...] = (
    (_barrel, 0.3),
    (_tool_box, 0.4),
    (_cartons, 0.4),
    (_ball, 0.3),
    (_bin, 0.4),
    (_cylinders, 0.6),
    (_ladder, 0.3),
    (_cone, 0.2),
    (_coat, 0.3),
)


def _hanging(room: Room, rng: Rng) -> Mesh:
    """A cable, a chain or an air hose from the roof, some with a weight or a ring at the end that is no hook."""
    x, y, h = room.size_m
    at = np.array([float(rng.uniform(1.0, x - 1.0)), float(rng.choice((0.6, y - 0.6))) + float(rng.uniform(-0.2, 0.2))])
    low = float(rng.uniform(1.6, max(h * 0.7, 2.0)))
    sag = rng.uniform(-0.25, 0.25, 2)
    heights = np.linspace(h, low, 7)
    path = np.column_stack([at + np.sin(np.linspace(0, math.pi, 7))[:, None] * sag, heights])
    colour: Rgb = ((30, 30, 32), (190, 120, 30), (120, 122, 124), (40, 80, 150))[int(rng.integers(4))]
    parts = [tube(path, float(rng.uniform(0.008, 0.02)), colour, sides=5)]
    end = path[-1]
    draw = rng.random()
    if draw < 0.35:
        parts.append(box((0.1, 0.1, 0.24), (end[0], end[1], end[2] - 0.1), _any(rng)))
    elif draw < 0.55:
        parts.append(ring(end - (0, 0, 0.12), 0.12, 0.012, (120, 122, 124)))
    elif draw < 0.7:
        parts.append(ball(end - (0, 0, 0.1), 0.1, _any(rng)))
    return merged(parts)
