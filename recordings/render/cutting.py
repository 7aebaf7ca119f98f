"""Where does one garment end? A mesh cut along level lines, so that no triangle has two colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Corners = NDArray[np.int64]

_NEAR = 0.02  # of an edge: a cut that close to a corner goes through the corner's own row


def cut(rows: Rows, faces: Corners, column: int, level: float) -> tuple[Rows, Corners]:
    """Split every triangle that ``rows[:, column] == level`` crosses; all columns go along linearly.

    Args:
        rows: (n, k) whatever belongs to a vertex: position, weights, fields.
        faces: (m, 3) rows of each triangle.

    Returns:
        Rows with the new vertices appended, and faces none of which has corners on both sides.
    """
    above = rows[:, column] > level
    crossing = above[faces].any(axis=1) & ~above[faces].all(axis=1)
    if not crossing.any():
        return rows, faces
    split = faces[crossing]
    # Turn each triangle so that the corner alone on its side comes first.
    side = above[split]
    odd = np.where(side.sum(axis=1) == 1, side.argmax(axis=1), side.argmin(axis=1))
    turn = (odd[:, None] + np.arange(3)) % 3
    alone, left, right = np.take_along_axis(split, turn, axis=1).T
    edges = np.sort(np.concatenate([np.column_stack([alone, left]), np.column_stack([alone, right])]), axis=1)
    unique, where = np.unique(edges, axis=0, return_inverse=True)
    low, high = rows[unique[:, 0]], rows[unique[:, 1]]
    share = (level - low[:, column]) / (high[:, column] - low[:, column])
    share = np.clip(share, _NEAR, 1.0 - _NEAR)[:, None]
    fresh = low + share * (high - low)
    fresh[:, column] = level
    first, second = np.split(len(rows) + where.reshape(-1), 2)
    pieces = (
        faces[~crossing],
        np.column_stack([alone, first, second]),
        np.column_stack([first, left, right]),
        np.column_stack([first, right, second]),
    )
    return np.vstack([rows, fresh]), np.concatenate(pieces)


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
