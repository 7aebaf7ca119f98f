"""Many meshes as one set of arrays that can be lit and drawn: corners with normals, colours and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.render.mesh import Colours, Faces, Mesh, Points

Normals = NDArray[np.float32]
Ids = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Batch:
    """points_m, normals and colours are (n, 3), faces (m, 3); ids and shine are (n,).

    ``starts`` gives the first corner of each mesh that went in, and one more for the end;
    ``face_starts`` its first triangle likewise.
    """

    points_m: Points
    normals: Normals
    colours: Colours
    faces: Faces
    ids: Ids
    shine: NDArray[np.float32]
    starts: tuple[int, ...]
    face_starts: tuple[int, ...]

    def faces_of(self, number: int) -> Faces:
        """Triangles (m, 3) of one mesh, counted from its own first corner."""
        return self.faces[self.face_starts[number] : self.face_starts[number + 1]] - np.int32(self.starts[number])


def batched(meshes: Sequence[Mesh], ids: Sequence[int]) -> Batch:
    """All meshes as one; flat ones get corners of their own at each triangle. ``ids`` are 1 to 255."""
    parts = [_with_normals(mesh) for mesh in meshes]
    starts = np.cumsum([0, *(len(p[0]) for p in parts)])
    counts = np.diff(starts)
    return Batch(
        points_m=_joined([p[0] for p in parts], np.float32),
        normals=_joined([p[1] for p in parts], np.float32),
        colours=_joined([p[2] for p in parts], np.uint8),
        faces=_joined([p[3] + np.int32(s) for p, s in zip(parts, starts, strict=False)], np.int32),
        ids=np.repeat(np.array(ids, np.uint8), counts),
        shine=np.repeat(np.array([m.shine for m in meshes], np.float32), counts),
        starts=tuple(int(s) for s in starts),
        face_starts=tuple(int(s) for s in np.cumsum([0, *(len(p[3]) for p in parts)])),
    )


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    if not arrays:
        return np.zeros((0, 3), kind)
    return np.ascontiguousarray(np.concatenate(arrays), kind)


def _with_normals(mesh: Mesh) -> tuple[Points, Normals, Colours, Faces]:
    if not mesh.smooth:
        corners = mesh.points_m[mesh.faces]
        across = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
        faces = np.arange(3 * len(mesh.faces), dtype=np.int32).reshape(-1, 3)
        return corners.reshape(-1, 3), np.repeat(across, 3, axis=0), mesh.colours[mesh.faces].reshape(-1, 3), faces
    a, b, c = (mesh.points_m[mesh.faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    n = len(mesh.points_m)
    total = np.empty((n, 3), np.float32)
    flat = mesh.faces.ravel()
    for axis in range(3):
        total[:, axis] = np.bincount(flat, np.repeat(across[:, axis], 3), n)
    return mesh.points_m, _unit(total), mesh.colours, mesh.faces


def _unit(vectors: Normals) -> Normals:
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(vectors / np.maximum(length, 1e-12)[:, None], np.float32)
