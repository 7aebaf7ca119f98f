"""Simple solids as meshes: boxes, prisms, tubes, rings, balls. Everything but bodies is made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recordings.render.mesh import Mesh

Array = NDArray[np.float64]
Rgb = tuple[int, int, int]

_BOX_CORNERS = np.array([(x, y, z) for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
_BOX_FACES = np.array(
    [
        (0, 2, 3),
        (0, 3, 1),
        (4, 5, 7),
        (4, 7, 6),
        (0, 1, 5),
        (0, 5, 4),
        (2, 6, 7),
        (2, 7, 3),
        (0, 4, 6),
        (0, 6, 2),
        (1, 3, 7),
        (1, 7, 5),
    ],
    np.int32,
)


def solid(points_m: ArrayLike, faces: ArrayLike, colour: Rgb, *, shine: float = 0.1, smooth: bool = False) -> Mesh:
    """A mesh of one colour."""
    points = np.ascontiguousarray(points_m, np.float32).reshape(-1, 3)
    colours = np.broadcast_to(np.array(colour, np.uint8), points.shape).copy()
    return Mesh(points, np.ascontiguousarray(faces, np.int32).reshape(-1, 3), colours, shine, smooth)


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """Several meshes as one; it shades and shines as the first does. There must be at least one."""
    parts = list(meshes)
    starts = np.cumsum([0, *(len(p.points_m) for p in parts)])
    return Mesh(
        np.concatenate([p.points_m for p in parts]),
        np.concatenate([p.faces + np.int32(s) for p, s in zip(parts, starts, strict=False)]),
        np.concatenate([p.colours for p in parts]),
        parts[0].shine,
        parts[0].smooth,
    )


def placed(mesh: Mesh, at_m: ArrayLike = (0.0, 0.0, 0.0), rotation: ArrayLike | None = None) -> Mesh:
    """The mesh turned by a (3, 3) rotation about the origin, then moved."""
    points = mesh.points_m if rotation is None else mesh.points_m @ np.asarray(rotation, np.float32).T
    moved = np.asarray(points + np.asarray(at_m, np.float32), np.float32)
    return Mesh(moved, mesh.faces, mesh.colours, mesh.shine, mesh.smooth)


def shaded(colour: Rgb, shift: float, share: float = 1.0) -> Rgb:
    """A colour lighter or darker by ``shift`` grey levels, after taking a ``share`` of it."""
    r, g, b = (int(min(max(c * share + shift, 4), 250)) for c in colour)
    return r, g, b


def yawed(angle_rad: float) -> Array:
    """(3, 3) rotation about z."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def turned(quaternion: tuple[float, float, float, float]) -> Array:
    """(3, 3) rotation of a unit quaternion (w, x, y, z)."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def box(size_m: Sequence[float], centre_m: Sequence[float], colour: Rgb, *, shine: float = 0.1) -> Mesh:
    """A box along the axes."""
    return solid(_BOX_CORNERS * np.asarray(size_m) + np.asarray(centre_m), _BOX_FACES, colour, shine=shine)


def bar(start_m: ArrayLike, end_m: ArrayLike, width_m: float, height_m: float, colour: Rgb) -> Mesh:
    """A box from one point to another, ``height_m`` high where it lies level."""
    start, end = np.asarray(start_m, float), np.asarray(end_m, float)
    along, side, up = _frame(end - start)
    middle, length = (start + end) / 2.0, float(np.linalg.norm(end - start))
    points = _BOX_CORNERS * (length, width_m, height_m) @ np.stack([along, side, up]) + middle
    return solid(points, _BOX_FACES, colour)


def prism(outline_m: Sequence[tuple[float, float]], low_m: float, high_m: float, colour: Rgb) -> Mesh:
    """A floor outline, of any simple polygon, raised from one height to another."""
    from shapely import Polygon, constrained_delaunay_triangles
    from shapely.geometry.polygon import orient

    ring = np.array(orient(Polygon(outline_m)).exterior.coords)[:-1]
    n = len(ring)
    walls = [f for k in range(n) for f in ((k, (k + 1) % n, n + (k + 1) % n), (k, n + (k + 1) % n, n + k))]
    index = {tuple(p): k for k, p in enumerate(map(tuple, ring.tolist()))}
    caps: list[tuple[int, int, int]] = []
    for triangle in constrained_delaunay_triangles(Polygon(ring)).geoms:
        a, b, c = (index[tuple(p)] for p in orient(triangle).exterior.coords[:-1])
        caps += [(n + a, n + b, n + c), (c, b, a)]
    points = np.concatenate([np.column_stack([ring, np.full(n, z)]) for z in (low_m, high_m)])
    return solid(points, walls + caps, colour)


def tube(path_m: ArrayLike, radius_m: float, colour: Rgb, *, sides: int = 8, shine: float = 0.2) -> Mesh:
    """A round bar along a path of (n, 3) points, with flat ends."""
    path = np.asarray(path_m, float).reshape(-1, 3)
    way = np.gradient(path, axis=0)
    angles = np.linspace(0.0, 2 * math.pi, sides, endpoint=False)
    rings = []
    for point, direction in zip(path, way, strict=True):
        _, side, up = _frame(direction)
        rings.append(point + radius_m * (np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * up))
    n, k = len(path), np.arange(sides)
    nxt = (k + 1) % sides
    faces = [
        np.concatenate(
            [
                np.column_stack([r * sides + k, r * sides + nxt, (r + 1) * sides + nxt]),
                np.column_stack([r * sides + k, (r + 1) * sides + nxt, (r + 1) * sides + k]),
            ]
        )
        for r in range(n - 1)
    ]
    fan = np.column_stack([np.zeros(sides - 2, int), k[1:-1], k[2:]])
    faces += [fan[:, ::-1], fan + (n - 1) * sides]
    return solid(np.concatenate(rings), np.concatenate(faces), colour, shine=shine, smooth=sides > 5)


def ring(
    centre_m: ArrayLike,
    radius_m: float,
    thick_m: float,
    colour: Rgb,
    *,
    axis: tuple[float, float, float] = (0.0, 1.0, 0.0),
    arc_rad: tuple[float, float] = (0.0, 2 * math.pi),
    sides: int = 8,
) -> Mesh:
    """A bent round bar about ``axis``; ``arc_rad`` is counted from the axis' own side vector."""
    _, side, up = _frame(np.asarray(axis, float))
    angles = np.linspace(*arc_rad, 15)
    path = np.asarray(centre_m, float) + radius_m * (np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * up)
    return tube(path, thick_m, colour, sides=sides)


def ball(centre_m: ArrayLike, radius_m: float, colour: Rgb, *, shine: float = 0.3) -> Mesh:
    """A sphere of some two hundred triangles."""
    lat, lon = np.meshgrid(np.linspace(-math.pi / 2, math.pi / 2, 9), np.linspace(0, 2 * math.pi, 15), indexing="ij")
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    row, col = (a.ravel() for a in np.meshgrid(np.arange(8), np.arange(14), indexing="ij"))
    at = row * 15 + col
    faces = np.concatenate([np.column_stack([at, at + 1, at + 16]), np.column_stack([at, at + 16, at + 15])])
    return solid(points.reshape(-1, 3) * radius_m + np.asarray(centre_m), faces, colour, shine=shine, smooth=True)


def _frame(direction: Array) -> tuple[Array, Array, Array]:
    """Unit vectors along a direction, level to its side, and upwards of both."""
    along = direction / max(float(np.linalg.norm(direction)), 1e-9)
    side = np.cross((0.0, 0.0, 1.0), along)
    length = float(np.linalg.norm(side))
    side = side / length if length > 1e-6 else np.array([0.0, 1.0, 0.0])
    return along, side, np.cross(along, side)
