"""What a hoist is painted like and built like, by the seed; and which way its bridge spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recordings.plant.scenario import Crane, Scenario
from recordings.render.shapes import Rgb

_GIRDERS: tuple[Rgb, ...] = (
    (224, 178, 30),
    (228, 188, 60),
    (214, 150, 24),
    (226, 196, 40),
    (60, 100, 160),
    (200, 90, 40),
    (178, 182, 184),
)
_UNITS: tuple[Rgb, ...] = (
    (40, 86, 150),
    (196, 54, 40),
    (224, 180, 30),
    (60, 62, 66),
    (170, 174, 176),
    (40, 120, 90),
    (220, 110, 30),
)
_BLOCKS: tuple[Rgb, ...] = ((226, 184, 26), (232, 196, 50), (204, 50, 36), (220, 110, 30), (64, 66, 70), (60, 100, 160))
_SLINGS: tuple[Rgb, ...] = (
    (126, 70, 150),
    (60, 150, 80),
    (222, 190, 50),
    (140, 142, 146),
    (200, 60, 50),
    (60, 100, 170),
    (200, 130, 50),
    (92, 94, 98),
)


@dataclass(frozen=True, slots=True)
class HoistLook:
    """Colours and build of one hoist.

    ``suspension`` is wire rope with a sheave block or a chain with a small block; ``falls`` the lines
    between trolley and block; ``scale`` the size of block and trolley; ``along`` the axis of the
    world (0 x, 1 y) that the bridge girder spans.
    """

    girder: Rgb
    unit: Rgb
    block: Rgb
    sling: Rgb
    hook: Rgb
    stripes: bool
    suspension: Literal["rope", "chain"]
    falls: int
    scale: float
    double: bool
    strap: bool
    along: int
    form: int


def hoist_looks(scenario: Scenario, seed: int) -> dict[str, HoistLook]:
    """The look of each hoist by its name; the same for the same seed."""
    return {crane.name: _look(crane, np.random.default_rng([seed, 20, k])) for k, crane in enumerate(scenario.hoist)}


def _look(crane: Crane, rng: np.random.Generator) -> HoistLook:
    (x0, y0), (x1, y1) = crane.travel_m
    rope = rng.random() < (0.85 if crane.kind == "bridge" else 0.3)
    sling = _pick(_SLINGS, rng)
    return HoistLook(
        girder=_pick(_GIRDERS, rng),
        unit=_pick(_UNITS, rng),
        block=_pick(_BLOCKS, rng),
        sling=sling,
        hook=((60, 60, 62), (150, 60, 40), (206, 120, 30), (120, 122, 124))[int(rng.integers(4))],
        stripes=bool(rng.random() < 0.5),
        suspension="rope" if rope else "chain",
        falls=int(rng.choice((2, 4))) if rope else int(rng.choice((1, 2))),
        scale=float(rng.uniform(0.8, 1.5) if rope else rng.uniform(0.75, 1.2))
        * (min(crane.block_kg, 200) / 25) ** 0.12,
        double=crane.kind == "bridge" and bool(rng.random() < 0.45),
        strap=max(sling) - min(sling) > 40,
        along=1 if abs(x1 - x0) >= abs(y1 - y0) else 0,
        form=int(rng.integers(3)),
    )


def _pick(colours: tuple[Rgb, ...], rng: np.random.Generator) -> Rgb:
    base = colours[int(rng.integers(len(colours)))]
    r, g, b = (int(np.clip(c + rng.normal(0, 9), 8, 245)) for c in base)
    return r, g, b
