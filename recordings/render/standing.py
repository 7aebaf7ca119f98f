"""Columns, racks with goods, machines, walls, platforms, pallets and cabinets, inside their outlines."""

from __future__ import annotations

import math

import numpy as np
from shapely import Polygon, minimum_rotated_rectangle

from recordings.plant.scenario import Scenario, Standing
from recordings.render.mesh import Mesh
from recordings.render.shapes import Rgb, box, merged, placed, prism, shaded, tube, yawed

Rng = np.random.Generator
Size = tuple[float, float, float]
_GOODS: tuple[Rgb, ...] = (
    *((186, 160, 126), (196, 174, 142), (170, 146, 116)),  # card board
    *((206, 210, 214), (186, 192, 200), (60, 64, 70)),  # shrink wrap
    *((60, 92, 140), (120, 124, 128), (150, 60, 50), (70, 110, 84)),  # bins
)
_MACHINE: tuple[Rgb, ...] = (
    (88, 122, 108),
    (120, 134, 144),
    (196, 198, 192),
    (60, 92, 132),
    (196, 168, 76),
    (98, 100, 104),
)
_RACK: tuple[Rgb, ...] = ((40, 70, 140), (210, 110, 40), (120, 124, 128), (200, 170, 50))


def standing(scenario: Scenario, rng: Rng) -> list[Mesh]:
    """The structures of a scenario."""
    return [_drawn(structure, rng) for structure in scenario.structure]


def _drawn(structure: Standing, rng: Rng) -> Mesh:
    rectangle = minimum_rotated_rectangle(Polygon(structure.polygon_m))
    outline = Polygon(structure.polygon_m)
    kind = structure.kind
    if kind == "wall" or outline.area < 0.9 * rectangle.area:
        return prism(structure.polygon_m, 0.0, structure.height_m, (178, 176, 170))
    corners = np.array(rectangle.exterior.coords)[:4]
    along = corners[1] - corners[0]
    length, width = float(np.linalg.norm(along)), float(np.linalg.norm(corners[2] - corners[1]))
    middle = corners.mean(axis=0)
    angle = math.atan2(along[1], along[0])
    if width > length:
        length, width, angle = width, length, angle + math.pi / 2
    make = {
        "column": _column,
        "rack": _rack,
        "machine": _machine,
        "platform": _platform,
        "pallet": _pallet,
        "cabinet": _cabinet,
    }[kind]
    return placed(merged(make((length, width, structure.height_m), rng)), (*middle, 0.0), yawed(angle))


def _column(size: Size, rng: Rng) -> list[Mesh]:
    a, b, h = size
    if rng.random() < 0.5:  # steel, H section
        steel = ((150, 60, 44), (92, 100, 110), (58, 92, 140), (184, 186, 184))[int(rng.integers(4))]
        flange = 0.12 * a
        out = [box((flange, b, h), (s * (a - flange) / 2, 0, h / 2), steel) for s in (-1, 1)]
        out.append(box((a - 2 * flange, 0.15 * b, h), (0, 0, h / 2), steel))
    else:
        out = [box((a, b, h), (0, 0, h / 2), (164, 162, 156))]
    if rng.random() < 0.6:  # yellow and black against lift trucks
        out += [
            box((a + 0.01, b + 0.01, 0.2), (0, 0, 0.1 + 0.2 * k), (216, 180, 30) if k % 2 == 0 else (30, 30, 30))
            for k in range(7)
        ]
    return out


def _rack(size: Size, rng: Rng) -> list[Mesh]:
    length, depth, height = size
    colour = _RACK[int(rng.integers(len(_RACK)))]
    out: list[Mesh] = []
    bays = max(round(length / 2.4), 1)
    for k in range(bays + 1):
        x = -length / 2 + 0.04 + k * (length - 0.08) / bays
        out += [box((0.08, 0.08, height), (x, s * (depth / 2 - 0.04), height / 2), colour) for s in (-1, 1)]
    levels = max(int(height / 1.3), 1)
    for level in range(levels):
        z = 0.12 + level * (height - 0.2) / levels
        out += [box((length, 0.05, 0.1), (0, s * (depth / 2 - 0.03), z), (216, 110, 40)) for s in (-1, 1)]
        out.append(box((length, depth - 0.1, 0.03), (0, 0, z + 0.04), (150, 140, 120)))
        room = (height - 0.2) / levels - 0.2
        x = -length / 2 + 0.2
        while x < length / 2 - 0.5 and room > 0.2:
            w = min(float(rng.uniform(0.4, 1.2)), length / 2 - 0.15 - x)
            if rng.random() < 0.75:
                tall = room * float(rng.uniform(0.4, 0.95))
                out.append(box((w, depth * 0.8, tall), (x + w / 2, 0, z + 0.06 + tall / 2), _goods(rng)))
            x += w + float(rng.uniform(0.05, 0.3))
    return out


def _goods(rng: Rng) -> Rgb:
    return _GOODS[int(rng.integers(len(_GOODS)))]


def _machine(size: Size, rng: Rng) -> list[Mesh]:
    length, depth, height = size
    colour = _MACHINE[int(rng.integers(len(_MACHINE)))]
    dark: Rgb = (56, 58, 60)
    base = height * float(rng.uniform(0.35, 0.6))
    out = [box((length, depth, base), (0, 0, base / 2), colour)]
    share, side = float(rng.uniform(0.35, 0.75)), float(rng.choice((-1, 1)))
    out.append(
        box(
            (length * share, depth * 0.8, height - base),
            (side * length * (1 - share) / 2, 0, (height + base) / 2),
            colour,
        )
    )
    out.append(
        box(
            (length * share * 0.7, depth * 0.82, (height - base) * 0.5),
            (side * length * (1 - share) / 2, 0, base + (height - base) * 0.5),
            dark,
        )
    )
    out.append(box((length + 0.02, depth + 0.02, 0.08), (0, 0, 0.04), dark))
    out.append(
        box(
            (0.45, 0.12, 0.35),
            (-side * length * 0.3, depth / 2 - 0.06, min(base + 0.35, height - 0.2)),
            (196, 198, 200),
        )
    )
    if rng.random() < 0.6:
        x = float(rng.uniform(-0.4, 0.4)) * length
        out.append(tube([(x, 0, base), (x, 0, height)], 0.06, (150, 152, 156)))
    if rng.random() < 0.5:
        out.append(box((length * 0.5, depth + 0.015, base * 0.4), (0, 0, base * 0.6), shaded(colour, 0, 0.75)))
    return out


def _platform(size: Size, rng: Rng) -> list[Mesh]:
    length, depth, height = size
    grate: Rgb = (132, 136, 138)
    yellow: Rgb = (210, 176, 40)
    out = [box((length, depth, 0.1), (0, 0, height - 0.05), grate)]
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, y = sx * (length / 2 - 0.06), sy * (depth / 2 - 0.06)
            out.append(box((0.1, 0.1, height), (x, y, height / 2), grate))
            out.append(tube([(x, y, height), (x, y, height + 1.05)], 0.022, yellow, sides=6))
    for z in (height + 0.55, height + 1.05):
        out += [
            tube(
                [(-length / 2, s * (depth / 2 - 0.06), z), (length / 2, s * (depth / 2 - 0.06), z)],
                0.022,
                yellow,
                sides=6,
            )
            for s in (-1, 1)
        ]
    return out


def _pallet(size: Size, rng: Rng) -> list[Mesh]:
    length, depth, height = size
    wood: Rgb = (170, 136, 92)
    out = [box((0.11, depth, 0.022), (-length / 2 + 0.06 + k * (length - 0.12) / 6, 0, 0.133), wood) for k in range(7)]
    out += [box((length, 0.1, 0.12), (0, s * (depth / 2 - 0.05), 0.06), (140, 110, 74)) for s in (-1, 0, 1)]
    if height < 0.3:
        return out
    z, row = 0.145, float(rng.uniform(0.2, 0.45))
    colour = _goods(rng)
    while z + row <= height + 0.01:
        for kx in (-1, 1):
            for ky in (-1, 1):
                tone = shaded(colour, float(rng.normal(0, 6)))
                out.append(
                    box(
                        (length / 2 - 0.03, depth / 2 - 0.03, row - 0.01),
                        (kx * length / 4, ky * depth / 4, z + row / 2),
                        tone,
                    )
                )
        z += row
    return out


def _cabinet(size: Size, rng: Rng) -> list[Mesh]:
    length, depth, height = size
    colour = ((170, 174, 176), (90, 110, 130), (70, 100, 80), (190, 186, 170))[int(rng.integers(4))]
    out = [box((length, depth, height), (0, 0, height / 2), colour)]
    doors = max(round(length / 0.5), 1)
    for k in range(doors):
        x = -length / 2 + (k + 0.5) * length / doors
        for s in (-1, 1):
            out.append(
                box(
                    (length / doors - 0.04, 0.01, height - 0.1),
                    (x, s * (depth / 2 + 0.004), height / 2),
                    shaded(colour, 10),
                )
            )
            out.append(
                box(
                    (0.03, 0.03, 0.14), (x + length / doors * 0.35, s * (depth / 2 + 0.02), height * 0.55), (40, 40, 42)
                )
            )
    return out
