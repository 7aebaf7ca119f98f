"""Loads as they look: crates, bundles of beams, coils, stacks of plates, moulds and machine parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from recordings.plant.records import LoadState, Point3, Shape
from recordings.render.mesh import Mesh
from recordings.render.shapes import Rgb, bar, box, merged, placed, ring, shaded, tube, turned

Rng = np.random.Generator
_STEEL: tuple[Rgb, ...] = ((128, 130, 134), (112, 84, 66), (96, 98, 104), (150, 112, 84), (144, 148, 152))
_PAINT: tuple[Rgb, ...] = (
    (60, 100, 160),
    (60, 120, 90),
    (200, 90, 40),
    (110, 114, 118),
    (176, 176, 170),
    (200, 60, 44),
    (214, 176, 50),
)
_BAND: Rgb = (40, 42, 46)


def load_mesh(state: LoadState, seed: int) -> Mesh:
    """The load in its place, without its slings; the same look for the same name and seed."""
    shape = _shape(state.shape, state.size_m, seed, sum(ord(c) * (k + 7) for k, c in enumerate(state.name)))
    return placed(shape, (state.x_m, state.y_m, state.z_m), turned(state.orientation))


@lru_cache(maxsize=256)
def _shape(shape: Shape, size_m: Point3, seed: int, name: int) -> Mesh:
    return merged(_SHAPES[shape](size_m, np.random.default_rng([seed, 30, name])))


def _pick(colours: tuple[Rgb, ...], rng: Rng, spread: float = 10.0) -> Rgb:
    return _near(colours[int(rng.integers(len(colours)))], rng, spread)


def _near(colour: Rgb, rng: Rng, spread: float) -> Rgb:
    shift = rng.normal(0, spread) + rng.normal(0, spread / 3, 3)
    r, g, b = (int(np.clip(c + d, 6, 248)) for c, d in zip(colour, shift, strict=True))
    return r, g, b


def _crate(size: Point3, rng: Rng) -> list[Mesh]:
    a, b, c = size
    if rng.random() < 0.3:  # a steel box with ribs
        paint = _pick(_PAINT, rng)
        out = [box((a - 0.06, b - 0.06, c - 0.02), (0, 0, 0), paint)]
        dark = _near(shaded(paint, 0, 0.8), rng, 3)
        count = max(int(a / 0.3), 2)
        out += [box((0.05, b, c), ((k / count - 0.5) * (a - 0.05), 0, 0), dark) for k in range(count + 1)]
        return [*out, box((a, b, 0.06), (0, 0, c / 2 - 0.03), paint)]
    wood: Rgb = ((178, 144, 98), (150, 118, 80), (196, 168, 124))[int(rng.integers(3))]
    out = [box((a - 0.1, b - 0.1, c - 0.06), (0, 0, 0), (52, 42, 32))]
    rows = max(int(c / 0.14), 2)
    for k in range(rows):
        z = -c / 2 + (k + 0.5) * c / rows
        out.append(box((a - 0.06, b - 0.06, c / rows - 0.02), (0, 0, z), _near(wood, rng, 13)))
    for k in range(max(int(b / 0.14), 2)):
        wide = b / max(int(b / 0.14), 2)
        out.append(
            box((a - 0.02, wide - 0.02, 0.03), (0, (k + 0.5) * wide - b / 2, c / 2 - 0.015), _near(wood, rng, 13))
        )
    dark = _near((wood[0] - 36, wood[1] - 36, wood[2] - 30), rng, 5)
    uprights = max(round(a / 0.8), 1)
    out += [box((0.1, b, c - 0.02), ((k / uprights - 0.5) * (a - 0.1), 0, -0.01), dark) for k in range(1, uprights)]
    posts = [(s * (a / 2 - 0.05), t * (b / 2 - 0.05)) for s in (-1, 1) for t in (-1, 1)]
    out += [box((0.102, 0.102, c - 0.02), (x, y, -0.01), dark) for x, y in posts]
    out += [box((0.1, b, 0.1), (s * (a / 2 - 0.2), 0, -c / 2 + 0.05), (70, 56, 42)) for s in (-1, 1)]
    if rng.random() < 0.5:
        for s in (-1, 1):
            ends = ((-a / 2 + 0.08, s * b / 2, -c / 2 + 0.06), (a / 2 - 0.08, s * b / 2, c / 2 - 0.06))
            out.append(bar(*ends, 0.03, 0.09, dark))
    return out


def _beam(size: Point3, rng: Rng) -> list[Mesh]:
    a, b, c = size
    steel = _pick(_STEEL, rng, 8)
    out: list[Mesh] = []
    if rng.random() < 0.45:  # one I-beam
        out += [box((a, b, 0.08 * c), (0, 0, s * 0.46 * c), steel) for s in (-1, 1)]
        return [*out, box((a, 0.12 * b, c), (0, 0, 0), steel)]
    across, up = max(int(b / 0.12), 2), max(int(c / 0.12), 2)
    round_bars = rng.random() < 0.5
    for i in range(across):
        for k in range(up):
            y, z = (i + 0.5) / across * b - b / 2, (k + 0.5) / up * c - c / 2
            shift = float(rng.uniform(-0.03, 0.03))
            ends = ((-a / 2 + abs(shift), y, z), (a / 2 - abs(shift), y, z))
            tone = _near(steel, rng, 5)
            if round_bars:
                out.append(tube(ends, 0.48 * min(b / across, c / up), tone, sides=8))
            else:
                out.append(bar(*ends, b / across - 0.008, c / up - 0.008, tone))
    out += [box((0.04, b + 0.01, c + 0.01), (s * 0.3 * a, 0, 0), _BAND) for s in (-1, 1)]
    return out


def _coil(size: Point3, rng: Rng) -> list[Mesh]:
    a, b, c = size
    steel = _pick(_STEEL, rng, 8)
    angles = np.linspace(0, 2 * np.pi, 29)[:-1]
    circle = np.column_stack([np.zeros(28), np.cos(angles), np.sin(angles)])
    outer, inner = circle * (1, b / 2, c / 2), circle * (1, 0.27 * b, 0.27 * c)
    rings = [r + np.array([x, 0.0, 0.0]) for x in (-a / 2, a / 2) for r in (outer, inner)]
    points = np.concatenate(rings)
    k = np.arange(28)
    n = (k + 1) % 28

    def band(first: int, second: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int_]]]:
        f, s = first * 28, second * 28
        return [np.column_stack([f + k, s + n, f + n]), np.column_stack([f + k, s + k, s + n])]

    # Rings: 0 outer and 1 inner at −a/2, 2 outer and 3 inner at a/2.
    faces = np.concatenate([*band(2, 0), *band(1, 3), *band(0, 1), *band(3, 2)])[:, ::-1]
    tones = np.repeat(np.array([_near(steel, rng, 3) for _ in range(4)], np.uint8), 28, axis=0)
    coil = Mesh(points.astype(np.float32), np.ascontiguousarray(faces, np.int32), tones, 0.4)
    out = [coil]
    for x in (-0.25 * a, 0.25 * a):
        hoop = circle * (1, b / 2 + 0.006, c / 2 + 0.006)
        for p, q in zip(hoop, np.roll(hoop, -1, axis=0), strict=True):
            shift = np.array([x, 0.0, 0.0])
            out.append(bar(p + shift, q + shift, 0.035, 0.012, _BAND))
    return out


def _plate(size: Point3, rng: Rng) -> list[Mesh]:
    a, b, c = size
    steel = _pick(_STEEL, rng, 8)
    count = max(int(c / 0.02), 1) if c < 0.25 else max(int(c / 0.03), 1)
    out = []
    for k in range(count):
        z = -c / 2 + (k + 0.5) * c / count
        shift = rng.uniform(-0.02, 0.02, 2) if count > 1 else np.zeros(2)
        out.append(box((a - 0.04, b - 0.04, c / count * 0.9), (*shift, z), _near(steel, rng, 5)))
    if rng.random() < 0.4:
        out += [box((0.05, b + 0.01, c + 0.01), (s * 0.3 * a, 0, 0), _BAND) for s in (-1, 1)]
    return out


def _mould(size: Point3, rng: Rng) -> list[Mesh]:
    a, b, c = size
    paint = _pick(_PAINT if rng.random() < 0.6 else _STEEL, rng)
    steel = _pick(_STEEL, rng)
    eye = 0.035 + 0.01 * float(rng.random())
    body = c - 2.2 * eye
    z = -c / 2
    out = [box((a, b, 0.3 * body), (0, 0, z + 0.15 * body), paint)]
    out.append(box((0.86 * a, 0.86 * b, 0.36 * body), (0, 0, z + 0.48 * body), steel))
    out.append(box((a, b, 0.34 * body), (0, 0, z + 0.83 * body), paint))
    for s in (-1, 1):
        out.append(
            tube(
                [(s * 0.3 * a, b / 2, z + 0.83 * body), (s * 0.3 * a, b / 2 + 0.03, z + 0.83 * body)],
                0.05,
                (60, 60, 62),
            )
        )
        out.append(box((0.12 * a, 0.04, 0.5 * body), (s * 0.2 * a, -b / 2 + 0.01, z + 0.5 * body), (50, 52, 54)))
        for t in (-1, 1):
            out.append(ring((s * 0.4 * a, t * 0.45 * b, c / 2 - eye), eye, 0.012, (90, 92, 94), sides=6))
            out.append(
                tube([(s * 0.38 * a, t * 0.38 * b, z), (s * 0.38 * a, t * 0.38 * b, z + body)], 0.04, (150, 152, 156))
            )
    if rng.random() < 0.4:
        out.append(tube([(0, -b / 2, 0), (0, b / 2, 0)], 0.18 * body, (70, 72, 76), sides=12))
    return out


_SHAPES: dict[Shape, Callable[[Point3, Rng], list[Mesh]]] = {
    "crate": _crate,
    "beam": _beam,
    "coil": _coil,
    "plate": _plate,
    "mould": _mould,
}
