"""Random halls for training pictures, disjoint between training, validation and test.

The three splits share no hall, no material of floor or wall, no direction of the sun and no level of
light: a detector that only knew its training halls by heart would fail in the test halls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from shapely import LineString, Point, Polygon, box

from recordings.plant.scenario import Scenario

Split = Literal["train", "val", "test"]
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Style:
    """What halls of one split are made of. ``levels`` and ``sun_deg`` are (low, high) ranges.

    Training halls have up to ``most_hoists`` hoists, and ``up_share`` of their cameras look above people's
    heads: a picture with three loads and two trolleys teaches more than three pictures with one.
    """

    floors: tuple[str, ...]
    walls: tuple[str, ...]
    levels: tuple[tuple[float, float], ...]
    sun_deg: tuple[float, float]
    seed: int
    most_hoists: int = 1
    up_share: float = 0.32


STYLES: dict[Split, Style] = {
    "train": Style(
        ("concrete", "worn", "epoxy_green"), ("sheet", "block"), ((0.55, 0.82), (0.98, 1.4)), (0.0, 200.0), 1, 4, 0.5
    ),
    "val": Style(("epoxy_grey",), ("painted",), ((0.82, 0.89),), (200.0, 270.0), 2),
    "test": Style(("tiles",), ("brick",), ((0.89, 0.98),), (270.0, 360.0), 3),
}
LIGHTS = ("lamps", "daylight", "dusk", "night", "glare")
LIGHT_SHARES = (0.36, 0.26, 0.14, 0.12, 0.12)
PEOPLE, LOADS = 7, 5
PICTURE_PX = (960, 540)
_TRIES = 60
SIZES = {
    "crate": ((0.6, 2.2), (0.5, 1.6), (0.4, 1.6)),
    "beam": ((2.5, 7.0), (0.15, 0.6), (0.15, 0.6)),
    "coil": ((0.7, 1.6), (0.8, 1.8), (0.8, 1.8)),
    "plate": ((1.2, 4.0), (0.8, 2.0), (0.04, 0.3)),
    "mould": ((0.6, 1.8), (0.5, 1.4), (0.4, 1.3)),
}
STANDING = {
    "column": ((0.3, 0.6), (0.3, 0.6), (5.0, 9.0)),
    "rack": ((2.0, 6.0), (0.8, 1.2), (2.0, 5.0)),
    "machine": ((1.2, 3.5), (1.0, 2.5), (1.2, 2.6)),
    "pallet": ((1.2, 1.2), (0.8, 0.8), (0.15, 1.3)),
    "cabinet": ((0.6, 1.2), (0.4, 0.6), (1.6, 2.1)),
}


def random_hall(split: Split, number: int) -> Scenario:
    """Hall ``number`` of a split: the same number is always the same hall."""
    style = STYLES[split]
    rng = np.random.default_rng([style.seed, number])
    size = (float(rng.uniform(9.0, 26.0)), float(rng.uniform(7.0, 16.0)))
    height = float(rng.uniform(6.0, 11.0))
    standing = _standing(rng, size, height)
    hoists = [_hoist(rng, size, height)]
    more = np.random.default_rng([style.seed, number, 1])
    hoists += [_hoist(more, size, height, k) for k in range(1, int(more.integers(1, style.most_hoists + 1)))]
    low, high = style.levels[int(rng.integers(len(style.levels)))]
    return Scenario.model_validate(
        {
            "scenario": {"name": f"{split}-{number:04d}", "seconds": 1.0, "seed": style.seed * 100_000 + number},
            "hall": {
                "size_m": size,
                "height_m": height,
                "floor": str(rng.choice(style.floors)),
                "walls": str(rng.choice(style.walls)),
                "clutter": float(rng.uniform(0.0, 0.8)),
                "marks": bool(rng.random() < 0.7),
            },
            "light": {
                "kind": str(rng.choice(LIGHTS, p=LIGHT_SHARES)),
                "level": float(rng.uniform(low, high)),
                "sun_deg": (float(rng.uniform(*style.sun_deg)), float(rng.uniform(20.0, 65.0))),
            },
            "camera": [_camera(rng, size, hoists[0]["beam_height_m"], standing, k, style.up_share) for k in range(3)],
            "structure": standing,
            "hoist": hoists,
            "load": [_load(rng, size, k) for k in range(LOADS)]
            + [_load(more, size, LOADS + k) for k in range(len(hoists) - 1)],
            "person": [_worker(rng, size, k) for k in range(PEOPLE)],
            "truck": [{"name": "truck", "start_m": (size[0] / 2, size[1] / 2)}] if rng.random() < 0.35 else [],
            "zone": _zones(rng, size),
        }
    )


def _standing(rng: Generator, size: tuple[float, float], height: float) -> list[dict[str, Any]]:
    """Structures that do not overlap, more of them along the walls."""
    placed: list[Polygon] = []
    out: list[dict[str, Any]] = []
    for k in range(int(rng.integers(2, 10))):
        kind = str(rng.choice(list(STANDING), p=(0.3, 0.2, 0.25, 0.15, 0.1)))
        length, width, tall = (float(rng.uniform(*r)) for r in STANDING[kind])
        if rng.random() < 0.5:
            length, width = width, length
        x, y = float(rng.uniform(0.3, size[0] - length - 0.3)), float(rng.uniform(0.3, size[1] - width - 0.3))
        if rng.random() < 0.6:  # along a wall
            y = 0.3 if rng.random() < 0.5 else size[1] - width - 0.3
        polygon = box(x, y, x + length, y + width)
        if any(polygon.distance(other) < 0.4 for other in placed):
            continue
        placed.append(polygon)
        corners = [(x, y), (x + length, y), (x + length, y + width), (x, y + width)]
        tall = height - 0.5 if kind == "column" else min(tall, height - 1.0)
        out.append({"name": f"{kind} {k}", "kind": kind, "polygon_m": corners, "height_m": tall})
    return out


def _camera(
    rng: Generator,
    size: tuple[float, float],
    beam_m: float,
    standing: list[dict[str, Any]],
    number: int,
    up_share: float,
) -> dict[str, Any]:
    """On a wall or in a corner, below the runway of the hoist, with a free view of its target."""
    blocks = [Polygon(s["polygon_m"]) for s in standing]
    position, target = (0.0, 0.0, 0.0), (0.0, 0.0)
    for _ in range(_TRIES):
        along = float(rng.uniform(0.05, 0.95))
        walls = ((along, 0.02), (along, 0.98), (0.02, along), (0.98, along))
        u, v = walls[int(rng.integers(4))]
        position = (u * size[0], v * size[1], float(rng.uniform(2.8, max(3.0, min(7.0, beam_m - 0.9)))))
        if number == 0 and rng.random() < 0.5:  # close to the work
            target = (position[0] + (0.5 - u) * 10.0, position[1] + (0.5 - v) * 10.0)
        else:
            target = (float(rng.uniform(0.3, 0.7)) * size[0], float(rng.uniform(0.3, 0.7)) * size[1])
        start = Point(position[:2])
        way = LineString([start, target])
        near = way.interpolate(min(4.0, way.length)).buffer(0.01)
        view = LineString([start, near.centroid]).buffer(0.6)
        if all(view.disjoint(b) and start.distance(b) > 1.0 for b in blocks):
            break
    up = (
        float(rng.uniform(0.0, 1.5))
        if rng.random() < 1.0 - up_share
        else float(rng.uniform(1.5, max(2.0, 0.75 * beam_m)))
    )
    # Now and then a long lens: people and hooks as large as they get.
    view_deg = float(rng.uniform(32.0, 55.0) if rng.random() < 0.3 else rng.uniform(55.0, 100.0))
    # Past (2/3)/√(3|k1|) the lens has no inverse: the corners of the picture would stay black.
    corner = math.tan(math.radians(view_deg / 2)) * math.hypot(1.0, PICTURE_PX[1] / PICTURE_PX[0])
    return {
        "name": f"cam{number + 1}",
        "position_m": position,
        "look_at_m": (*target, up),
        "field_of_view_deg": view_deg,
        "size_px": PICTURE_PX,
        "k1": -float(rng.uniform(0.0, min(0.12, 0.14 / corner**2))),
        "noise": float(rng.uniform(0.02, 0.5)),
        "blur_px": float(rng.uniform(1.4, 3.0) if rng.random() < 0.12 else rng.uniform(0.2, 1.4)),
        "dirt": float(rng.uniform(0.1, 0.6)) if rng.random() < 0.2 else 0.0,
        "bands": float(rng.uniform(0.1, 0.5)) if rng.random() < 0.15 else 0.0,
    }


def _hoist(rng: Generator, size: tuple[float, float], height: float, number: int = 0) -> dict[str, Any]:
    """One hoist of any kind that reaches a good part of the floor."""
    kind = str(rng.choice(("bridge", "monorail", "jib"), p=(0.6, 0.22, 0.18)))
    x0, x1 = 1.2, size[0] - 1.2
    y0, y1 = 1.2, size[1] - 1.2
    if kind == "bridge":
        travel = ((x0, y0), (x1, y1))
    elif kind == "monorail":
        y = float(rng.uniform(0.3, 0.7)) * size[1]
        travel = ((x0, y), (x1, y))
    else:
        pivot = (float(rng.uniform(0.3, 0.7)) * size[0], float(rng.choice([0.8, size[1] - 0.8])))
        reach = min(float(rng.uniform(3.0, 5.5)), size[1] - 2.0)
        travel = (pivot, (pivot[0], pivot[1] + math.copysign(reach, size[1] / 2 - pivot[1])))
    beam = float(rng.uniform(4.2, height - 0.8))
    tag = {"family": "april_36h11", "id": int(rng.integers(0, 200)), "size_m": float(rng.uniform(0.15, 0.3))}
    return {
        "name": f"H{number + 1}",
        "kind": kind,
        "travel_m": travel,
        "beam_height_m": beam,
        "hook_height_m": (0.3, beam - 0.6),
        "travel_speed_mps": (0.17, 0.5),
        "hoist_speed_mps": (0.05, 0.2),
        "deceleration_mps2": 0.3,
        "load_radius_m": 0.6,
        "load_height_m": 0.8,
        "start_m": travel[0],
        "start_hook_m": beam - 0.8,
        "tag": tag if rng.random() < 0.3 else None,
    }


def _load(rng: Generator, size: tuple[float, float], number: int) -> dict[str, Any]:
    shape = str(rng.choice(list(SIZES), p=(0.34, 0.18, 0.16, 0.14, 0.18)))
    return {
        "name": f"load {number + 1}",
        "shape": shape,
        "size_m": tuple(float(rng.uniform(*r)) for r in SIZES[shape]),
        "at_m": (float(rng.uniform(1.5, size[0] - 1.5)), float(rng.uniform(1.5, size[1] - 1.5))),
        "yaw_deg": float(rng.uniform(0.0, 180.0)),
        "sling_m": float(rng.uniform(0.4, 2.0)),
        "legs": int(rng.choice((1, 2, 4), p=(0.15, 0.4, 0.45))),
    }


def _worker(rng: Generator, size: tuple[float, float], number: int) -> dict[str, Any]:
    return {
        "name": f"person {number + 1}",
        "role": str(rng.choice(("operator", "slinger", "passer_by"))),
        "start_m": (size[0] / 2, size[1] / 2),
        "height_m": float(np.clip(rng.normal(1.71, 0.08), 1.5, 1.95)),
        "build": float(rng.uniform(0.1, 0.9)),
        "woman": bool(rng.random() < 0.3),
        "clothes": str(rng.choice(("vest", "workwear", "plain", "dark"), p=(0.35, 0.3, 0.2, 0.15))),
        "helmet": str(rng.choice(("none", "white", "yellow", "blue", "red"), p=(0.3, 0.25, 0.25, 0.12, 0.08))),
    }


def _zones(rng: Generator, size: tuple[float, float]) -> list[dict[str, Any]]:
    if rng.random() < 0.4:
        return []
    y = float(rng.uniform(0.15, 0.75)) * size[1]
    corners = [(0.0, y), (size[0], y), (size[0], y + 1.2), (0.0, y + 1.2)]
    return [{"name": "aisle", "kind": "walkway", "polygon_m": corners}]
