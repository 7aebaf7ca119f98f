"""A printed AprilTag or ArUco marker as a plate, cell by cell, so that it stays sharp at any distance."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from calibration.site import TagTable
from recordings.render.mesh import Mesh
from tracking.fiducial import FAMILIES

_WHITE, _BLACK = 236, 18
_PLATE_M = 0.008


@lru_cache(maxsize=64)
def _cells(family: str, number: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The marker's cells (n, n) with its black border and one cell of white round it, 255 white."""
    import cv2

    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[family]))
    inner = int(dictionary.markerSize) + 2
    picture = cv2.aruco.generateImageMarker(dictionary, number, inner)
    return np.asarray(np.pad(picture, 1, constant_values=255), np.uint8)


def tag_plate(tag: TagTable) -> Mesh:
    """An upright plate about the origin whose print faces −y; ``tag.size_m`` is the side of the black square."""
    cells = _cells(tag.family, tag.id)
    n = len(cells)
    cell = tag.size_m / (n - 2)
    edge = (np.arange(n + 1) - n / 2) * cell
    left, top = np.meshgrid(edge[:-1], -edge[:-1])
    x0, x1, z1 = left.ravel(), left.ravel() + cell, top.ravel()
    z0 = z1 - cell
    y = np.full_like(x0, -_PLATE_M)
    squares = np.stack([np.stack([a, y, b], axis=-1) for a, b in ((x0, z0), (x1, z0), (x1, z1), (x0, z1))], axis=1)
    half = n * cell / 2
    back = np.array([[(-half, 0, -half), (-half, 0, half), (half, 0, half), (half, 0, -half)]])
    points = np.concatenate([squares, back]).reshape(-1, 3).astype(np.float32)
    first = 4 * np.arange(len(points) // 4)[:, None]
    faces = np.concatenate([first + np.array(corners) for corners in ((0, 1, 2), (0, 2, 3))]).astype(np.int32)
    tones = np.where(cells.ravel() > 127, _WHITE, _BLACK)
    colours = np.repeat(np.append(tones, 120), 4)[:, None].repeat(3, axis=1).astype(np.uint8)
    return Mesh(points, faces, colours, 0.0)
