"""What is worn or held and is no cloth: helmets, tied hair, shoes, and the pendant of a hoist."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.render.looks import HELMETS, Colour, Look

Array = NDArray[np.float64]
Part = tuple[Array, NDArray[np.int32], NDArray[np.uint8]]  # points (n, 3), faces (m, 3), colours (n, 3)

_ROUND: Final = 24
SOLE_M: Final = 0.022
SOLE: Final[Colour] = (24, 22, 22)
PENDANT_M: Final = (0.055, 0.07, 0.22)


def _grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    """Triangles of a grid closed around its columns, outside to the right of rising rows."""
    i, j = (a.reshape(-1) for a in np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij"))
    k = (j + 1) % columns
    a, b, c, d = i * columns + j, i * columns + k, (i + 1) * columns + k, (i + 1) * columns + j
    return np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])]).astype(np.int32)


def helmet(look: Look, low: Array, high: Array) -> Part:
    """A shell over the box ``low``..``high`` (3,) of the hair, with a rib and a peak. Body frame, at rest."""
    middle = (low + high) / 2.0
    half = (high - low) / 2.0 + np.array([0.016, 0.014, 0.0])
    base, top = high[2] - 0.078, high[2] + 0.03
    around = np.linspace(0.0, 2.0 * np.pi, _ROUND, endpoint=False)
    # From the brim's edge inwards to the rim, then up over the dome: (outwards m, height share).
    rings = [(0.010, -0.04), (0.010, 0.0), (0.0, 0.08)]
    rings += [(0.0, float(np.sin(a))) for a in np.linspace(0.15, np.pi / 2 - 0.02, 7)]
    points = []
    for outwards, share in rings:
        shrink = float(np.sqrt(max(0.0, 1.0 - max(share, 0.0) ** 2.6)))
        peak = np.maximum(np.cos(around), 0.0) ** 1.5 * (0.042 if outwards > 0 else 0.0)
        reach = np.cos(around) * (half[0] * shrink + outwards + peak)
        wide = np.sin(around) * (half[1] * shrink + outwards)
        drop = -0.25 * peak + 0.10 * reach  # worn a little back
        rib = 0.006 * np.exp(-((wide / 0.02) ** 2)) if share > 0.5 else 0.0
        points.append(np.column_stack([reach, wide, base + (top - base) * share + drop + rib]))
    shell = np.concatenate(points) + np.array([middle[0] + 0.004, middle[1], 0.0])
    cap = shell[-_ROUND:].mean(axis=0)[None]
    faces = _grid_faces(len(rings), _ROUND)
    last = (len(rings) - 1) * _ROUND
    crown = [[last + j, last + (j + 1) % _ROUND, len(shell)] for j in range(_ROUND)]
    everything = np.concatenate([shell, cap])
    colours = np.tile(np.array(HELMETS[look.helmet], dtype=np.uint8), (len(everything), 1))
    return everything, np.concatenate([faces, np.array(crown, dtype=np.int32)]), colours


def tied_hair(look: Look, low: Array, high: Array) -> Part:
    """A knot or a tail of hair behind the head."""
    long = look.seed % 2 == 0
    half = np.array([0.035, 0.04, 0.12 if long else 0.04])
    middle = np.array([low[0] - (0.005 if long else 0.01), 0.0, low[2] + (-0.02 if long else 0.06)])
    up = np.linspace(-np.pi / 2 + 0.05, np.pi / 2 - 0.05, 7)
    around = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    points = np.array([[np.cos(u) * np.cos(a), np.cos(u) * np.sin(a), np.sin(u)] for u in up for a in around])
    points = middle + points * half
    return points, _grid_faces(7, 12), np.tile(np.array(look.hair, dtype=np.uint8), (len(points), 1))


def shoe(low: Array, high: Array, colour: Colour) -> Part:
    """A shoe round the foot whose bare box is ``low``..``high`` (3,), toes ahead. Its sole goes SOLE_M below."""
    ends = np.array([low[0] - 0.012, high[0] + 0.02])
    width = (high[1] - low[1]) * 0.52
    floor = low[2] - SOLE_M
    around = np.linspace(0.0, 2.0 * np.pi, _ROUND, endpoint=False)
    share = 0.5 + 0.5 * np.cos(around)  # 0 at the heel, 1 at the toes
    plan = np.sign(np.sin(around)) * np.abs(np.sin(around)) ** 0.6
    wide = plan * np.interp(share, (0.0, 0.35, 0.7, 1.0), (0.80, 0.82, 1.05, 0.95)) * width
    long = ends[0] + (ends[1] - ends[0]) * share
    top = np.interp(share, (0.0, 0.42, 0.62, 0.85, 1.0), (0.125, 0.125, 0.095, 0.07, 0.055))
    middle, centre = (low[1] + high[1]) / 2.0, ends[0] + 0.42 * (ends[1] - ends[0])
    rings, colours = [], []
    layers = [(0.0, 1.0, SOLE), (0.026, 1.03, SOLE), (0.026, 1.0, colour)]
    layers += [(float(np.sin(t)), max(float(np.cos(t)), 0.0) ** 0.7, colour) for t in np.linspace(0.25, np.pi / 2, 7)]
    for index, (rise, broad, paint) in enumerate(layers):
        high_m = np.full(_ROUND, rise) if index < 3 else 0.026 + rise * (top - 0.026)
        narrow = 0.55 + 0.45 * broad if index >= 3 else broad
        x = centre + (long - centre) * narrow
        rings.append(np.column_stack([x, middle + wide * broad, floor + high_m]))
        colours.append(np.tile(np.array(paint, dtype=np.uint8), (_ROUND, 1)))
    count = len(layers) * _ROUND
    points = np.concatenate([*rings, [[(ends[0] + ends[1]) / 2.0, middle, floor]]])
    under = [[(j + 1) % _ROUND, j, count] for j in range(_ROUND)]
    colours.append(np.array([SOLE], dtype=np.uint8))
    faces = np.concatenate([_grid_faces(len(layers), _ROUND), np.array(under, dtype=np.int32)])
    return points, faces, np.concatenate(colours)


def pendant(middle: Array) -> Part:
    """A hoist's pendant: a yellow box with dark keys and an end of its cable, upright at ``middle`` (3,)."""
    boxes = [
        (middle, np.array(PENDANT_M) / 2.0, (236, 186, 24)),
        (middle + np.array([-0.029, 0.0, 0.0]), np.array([0.005, 0.018, 0.085]), (26, 26, 28)),
        (middle + np.array([0.0, 0.0, 0.15]), np.array([0.016, 0.016, 0.045]), (30, 30, 32)),
        (middle + np.array([0.0, 0.0, 0.45]), np.array([0.006, 0.006, 0.30]), (24, 24, 26)),
    ]
    points, faces, colours = [], [], []
    for index, (centre, half, colour) in enumerate(boxes):
        points.append(centre + _CORNERS * half)
        faces.append(_BOX + 8 * index)
        colours.append(np.tile(np.array(colour, dtype=np.uint8), (8, 1)))
    return np.concatenate(points), np.concatenate(faces).astype(np.int32), np.concatenate(colours)


_CORNERS: Final = np.array([[x, y, z] for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], dtype=float)
_BOX: Final = np.array(
    [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7]]
    + [[k, (k + 1) % 4, (k + 1) % 4 + 4] for k in range(4)]
    + [[k, (k + 1) % 4 + 4, k + 4] for k in range(4)]
)
