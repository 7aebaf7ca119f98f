"""A forklift truck from its parts; the origin is the middle of its front axle on the floor, x forward.

Its outline and its seat are those of ``plant.truck``.
"""

from __future__ import annotations

import numpy as np

from recordings.plant.records import TruckState
from recordings.render.mesh import Mesh
from recordings.render.shapes import Rgb, bar, box, merged, placed, ring, tube, yawed

_PAINT: tuple[Rgb, ...] = ((222, 130, 30), (210, 176, 40), (190, 50, 40), (60, 120, 80), (60, 90, 150), (180, 184, 186))
_DARK: Rgb = (40, 40, 42)
_MAST_M = 2.1


def truck_mesh(state: TruckState, seed: int, number: int) -> Mesh:
    """The truck in its place; the same paint for the same seed and number."""
    rng = np.random.default_rng([seed, 40, number])
    paint = _PAINT[int(rng.integers(len(_PAINT)))]
    parts = [*_body(paint), *_mast(state.fork_m), *_guard()]
    for x, radius in ((0.0, 0.33), (-1.3, 0.26)):
        for y in (-0.45, 0.45):
            parts.append(tube([(x, y - 0.11, radius), (x, y + 0.11, radius)], radius, _DARK, sides=14))
    return placed(merged(parts), (state.x_m, state.y_m, 0.0), yawed(state.heading_rad))


def _body(paint: Rgb) -> list[Mesh]:
    return [
        box((1.4, 0.95, 0.45), (-0.65, 0, 0.38), paint),
        box((0.6, 1.05, 0.75), (-1.45, 0, 0.68), paint),
        box((0.45, 0.5, 0.28), (-0.75, 0, 0.74), _DARK),
        box((0.1, 0.5, 0.5), (-1.02, 0, 1.15), _DARK),
        box((0.2, 0.7, 0.5), (0.05, 0, 0.85), paint),
        bar((0.0, 0, 1.0), (-0.38, 0, 1.26), 0.05, 0.05, _DARK),
        ring((-0.4, 0, 1.26), 0.15, 0.015, _DARK, axis=(0.8, 0.0, -0.6)),
    ]


def _mast(fork_m: float) -> list[Mesh]:
    parts = [box((0.1, 0.09, _MAST_M), (0.28, s * 0.3, _MAST_M / 2 + 0.05), (70, 72, 76)) for s in (-1, 1)]
    parts += [box((0.06, 0.6, 0.08), (0.28, 0, z), (70, 72, 76)) for z in (0.3, 1.2, _MAST_M)]
    parts.append(box((0.05, 0.9, 0.45), (0.38, 0, fork_m + 0.25), (60, 60, 64)))
    parts += [box((0.75, 0.11, 0.04), (0.775, s * 0.28, fork_m), (56, 56, 60)) for s in (-1, 1)]
    parts += [box((0.05, 0.11, 0.5), (0.4, s * 0.28, fork_m + 0.25), (56, 56, 60)) for s in (-1, 1)]
    return parts


def _guard() -> list[Mesh]:
    top = 2.08
    parts = [
        tube([(x, y, 0.7), (x * 0.85, y, top)], 0.035, _DARK, sides=6) for x in (0.05, -1.4) for y in (-0.45, 0.45)
    ]
    parts += [bar((x, -0.48, top), (x, 0.48, top), 0.05, 0.04, _DARK) for x in np.linspace(-1.3, -0.05, 6)]
    parts += [bar((-1.3, s * 0.48, top), (-0.05, s * 0.48, top), 0.06, 0.05, _DARK) for s in (-1, 1)]
    parts.append(tube([(-1.2, 0.3, top), (-1.2, 0.3, top + 0.14)], 0.06, (230, 140, 20), sides=10))
    return parts
