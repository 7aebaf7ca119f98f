"""How a hall looks where the scenario leaves it open: windows, skylights, lamps and colours, by the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recordings.plant.scenario import Scenario
from recordings.render.shapes import Rgb

Side = Literal["x0", "x1", "y0", "y1", "roof"]
WALLS: tuple[Side, ...] = ("x0", "x1", "y0", "y1")

_WALL_COLOURS: dict[str, tuple[Rgb, ...]] = {
    "sheet": ((196, 200, 202), (170, 182, 188), (205, 200, 186), (150, 162, 150)),
    "block": ((176, 174, 168), (196, 194, 188), (150, 150, 148)),
    "brick": ((142, 86, 68), (160, 104, 82), (120, 82, 70)),
    "painted": ((208, 210, 204), (196, 204, 208), (214, 206, 186)),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """A window or skylight: a rectangle in a wall (along it, and up) or in the roof (x, y), in metres."""

    side: Side
    low_m: tuple[float, float]
    high_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Room:
    """Length, width and height of the hall, its openings, its lamps, and what it is painted with."""

    size_m: tuple[float, float, float]
    openings: tuple[Opening, ...]
    lamps_m: tuple[tuple[float, float, float], ...]
    lamp_kind: Literal["round", "long"]
    doors: tuple[Opening, ...]
    wall_colour: Rgb
    dado_colour: Rgb | None
    steel_colour: Rgb
    roof_colour: Rgb


def room_of(scenario: Scenario, seed: int) -> Room:
    """The room of a scenario; the same for the same seed."""
    rng = np.random.default_rng([seed, 11])
    (x, y), h = scenario.hall.size_m, scenario.hall.height_m
    colours = _WALL_COLOURS[scenario.hall.walls]
    dado = ((70, 96, 120), (90, 100, 96), (150, 146, 80), (96, 72, 66))
    steels = ((150, 60, 44), (88, 96, 104), (58, 92, 140), (170, 172, 170), (64, 104, 84))
    return Room(
        size_m=(x, y, h),
        openings=tuple(_openings(x, y, h, rng)),
        lamps_m=tuple(_lamps(x, y, h, rng)),
        lamp_kind="round" if rng.random() < 0.5 else "long",
        doors=tuple(_doors(x, y, h, rng)),
        wall_colour=_varied(colours[int(rng.integers(len(colours)))], rng),
        dado_colour=_varied(dado[int(rng.integers(len(dado)))], rng) if rng.random() < 0.4 else None,
        steel_colour=_varied(steels[int(rng.integers(len(steels)))], rng),
        roof_colour=_varied((168, 172, 172), rng),
    )


def _varied(colour: Rgb, rng: np.random.Generator) -> Rgb:
    r, g, b = (int(np.clip(c + rng.normal(0, 8), 8, 245)) for c in colour)
    return r, g, b


def _openings(x: float, y: float, h: float, rng: np.random.Generator) -> list[Opening]:
    out: list[Opening] = []
    sill = max(2.6, h * float(rng.uniform(0.42, 0.58)))
    top = min(sill + float(rng.uniform(1.0, 2.2)), h - 0.6)
    for side in WALLS:
        length = y if side.startswith("x") else x
        if rng.random() < 0.3 or top - sill < 0.5:
            continue
        width, gap = float(rng.uniform(1.5, 4.0)), float(rng.uniform(0.5, 2.5))
        count = int((length - 1.0) // (width + gap))
        first = (length - count * (width + gap) + gap) / 2.0
        out += [
            Opening(side, (first + k * (width + gap), sill), (first + k * (width + gap) + width, top))
            for k in range(count)
        ]
    if rng.random() < 0.55:
        width, pitch = float(rng.uniform(0.8, 1.6)), float(rng.uniform(4.0, 7.0))
        count = max(int(x // pitch), 1)
        out += [
            Opening(
                "roof", (x * (k + 0.5) / count - width / 2, 0.12 * y), (x * (k + 0.5) / count + width / 2, 0.88 * y)
            )
            for k in range(count)
        ]
    return out


def _lamps(x: float, y: float, h: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    pitch = float(rng.uniform(4.5, 7.0))
    nx, ny = (max(1, min(6, round(side / pitch))) for side in (x, y))
    z = h - float(rng.uniform(0.35, 0.8))
    return [(x * (i + 0.5) / nx, y * (j + 0.5) / ny, z) for i in range(nx) for j in range(ny)]


def _doors(x: float, y: float, h: float, rng: np.random.Generator) -> list[Opening]:
    out = []
    for side in WALLS:
        length = y if side.startswith("x") else x
        for width, height, share in ((3.6, 4.0, 0.45), (1.0, 2.1, 0.5)):
            if rng.random() < share and length > width + 2.0:
                low = float(rng.uniform(0.8, length - width - 0.8))
                out.append(Opening(side, (low, 0.0), (low + width, min(height, h - 1.0))))
    return out


def towards_sun(scenario: Scenario) -> tuple[float, float, float]:
    """Unit vector towards the sun; low where the light glares."""
    azimuth, height = (math.radians(a) for a in scenario.light.sun_deg)
    if scenario.light.kind == "glare":
        height = min(height, math.radians(22.0))
    return (math.cos(height) * math.cos(azimuth), math.cos(height) * math.sin(azimuth), math.sin(height))


def hides_a_camera(scenario: Scenario, x: float, y: float, clear_m: float = 2.2) -> bool:
    """Whether something upright at (x, y) would stand right before a camera: nobody hangs a camera there."""
    return any(math.hypot(eye.position_m[0] - x, eye.position_m[1] - y) < clear_m for eye in scenario.camera)
