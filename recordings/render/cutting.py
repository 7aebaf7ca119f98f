"""Arithmetic of triangle meshes: cuts along level lines, seams, neighbours and normals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Corners = NDArray[np.int64]

_NEAR = 0.15  # of an edge: a line that passes a vertex that closely goes through it, so no slivers arise


def cut(rows: Rows, faces: Corners, column: int, level: float) -> tuple[Rows, Corners]:
    """Split every triangle that ``rows[:, column] == level`` crosses; all columns go along linearly.

    Args:
        rows: (n, k) whatever belongs to a vertex: position, weights, fields.
        faces: (m, 3) rows of each triangle.

    Returns:
        Rows with the new vertices appended, and faces none of which has corners on both sides.
    """
    rows = _drawn_to(rows, faces, column, level)
    side = np.sign(rows[:, column] - level).astype(np.int64)
    sides = side[faces]
    crossing = (sides.max(axis=1) == 1) & (sides.min(axis=1) == -1)
    if not crossing.any():
        return rows, faces
    split, sides = faces[crossing], sides[crossing]
    through = (sides == 0).any(axis=1)  # the line enters at a corner
    # Turn each triangle so that the corner on the line, or else the one alone on its side, comes first.
    odd = np.where(sides.sum(axis=1) > 0, sides.argmin(axis=1), sides.argmax(axis=1))
    odd = np.where(through, np.abs(sides).argmin(axis=1), odd)
    turn = (odd[:, None] + np.arange(3)) % 3
    first, left, right = np.take_along_axis(split, turn, axis=1).T
    edges = np.concatenate(
        [
            np.column_stack([left, right])[through],
            np.column_stack([first, left])[~through],
            np.column_stack([first, right])[~through],
        ]
    )
    unique, where = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    low, high = rows[unique[:, 0]], rows[unique[:, 1]]
    share = (level - low[:, column]) / (high[:, column] - low[:, column])
    fresh = low + share[:, None] * (high - low)
    fresh[:, column] = level
    new = len(rows) + where.reshape(-1)
    opposite, (one, two) = new[: through.sum()], np.split(new[through.sum() :], 2)
    a, b, c = first[~through], left[~through], right[~through]
    pieces = (
        faces[~crossing],
        np.column_stack([first[through], left[through], opposite]),
        np.column_stack([first[through], opposite, right[through]]),
        *(np.column_stack([a, one, two]), np.column_stack([one, b, c]), np.column_stack([one, c, two])),
    )
    return np.vstack([rows, fresh]), np.concatenate(pieces)


def _drawn_to(rows: Rows, faces: Corners, column: int, level: float) -> Rows:
    """``rows`` with the field of vertices next to the line set to ``level`` itself."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    a, b = rows[ends[:, 0], column] - level, rows[ends[:, 1], column] - level
    crossed = a * b < 0
    share = np.abs(a[crossed]) / (np.abs(a[crossed]) + np.abs(b[crossed]))
    close = np.concatenate([ends[crossed][share < _NEAR, 0], ends[crossed][share > 1.0 - _NEAR, 1]])
    out = rows.copy()
    out[close, column] = level
    return out


def part_by_label(faces: Corners, labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], Corners, NDArray[np.int64]]:
    """Give every label its own vertices, where triangles of different labels meet.

    Args:
        faces: (m, 3).
        labels: (m,) one of each triangle.

    Returns:
        Source vertex (p,) of each new vertex, faces (m, 3) over the new ones, and label (p,) of each.
    """
    pairs = np.column_stack([faces.reshape(-1), np.repeat(labels, 3)])
    unique, where = np.unique(pairs, axis=0, return_inverse=True)
    return unique[:, 0], where.reshape(faces.shape), unique[:, 1]


def averaging(faces: Corners, count: int) -> Any:
    """(count, count) sparse: the mean over the neighbours of each vertex of ``faces`` (m, 3)."""
    from scipy.sparse import coo_array, diags_array

    ends = np.concatenate([faces, faces[:, ::-1]])
    a, b = ends.reshape(-1), np.roll(ends, 1, axis=1).reshape(-1)
    links = coo_array((np.ones(len(a)), (a, b)), shape=(count, count)).tocsr()
    links.data[:] = 1.0
    return diags_array(1.0 / np.maximum(links.sum(axis=1), 1.0)) @ links


def vertex_normals(points: NDArray[Any], faces: NDArray[Any]) -> NDArray[Any]:
    """(n, 3) unit normals of the vertices ``points`` (n, 3), triangles weighed by their area."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    ends = faces.reshape(-1)
    total = np.stack([np.bincount(ends, np.repeat(across[:, k], 3), minlength=len(points)) for k in range(3)], axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12), dtype=points.dtype)
