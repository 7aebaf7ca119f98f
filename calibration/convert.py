"""Cameras from other calibrations: Tsai files and 3×4 projection matrices."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from scipy.linalg import rq
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from calibration.camera import Array
from calibration.errors import BadInput
from calibration.site import CameraTable, Matrix3, Vector3

_TSAI = {
    "Geometry": ("width", "height", "dpx", "dpy"),
    "Intrinsic": ("focal", "kappa1", "cx", "cy", "sx"),
    "Extrinsic": ("tx", "ty", "tz", "rx", "ry", "rz"),
}
_ABOVE_ZERO = ("dpx", "dpy", "focal", "sx")
_SIZES = ("width", "height")
_SIZE_RANGE_PX = (16, 16384)


def camera_from_tsai(path: Path | str, name: str) -> CameraTable:
    """An OpenCV camera from a Tsai calibration in the XML form of the PETS 2009 data set.

    Tsai (1987) divides distortion out, X_u = X_d·(1 + κ₁·r_d²) in mm on the sensor, where OpenCV
    multiplies it in; k1, k2, k3 are fitted to the inverse over the whole picture, which must leave
    under 0.1 px. Rotation is Rz·Ry·Rx, translation in mm. Raises BadInput for other files.
    """
    v = _tsai_values(Path(path))
    fx, fy = v["focal"] * v["sx"] / v["dpx"], v["focal"] / v["dpy"]
    width, height = int(v["width"]), int(v["height"])
    u, w = np.meshgrid(np.linspace(0, width - 1, 40), np.linspace(0, height - 1, 30))
    bent = np.column_stack([(u.ravel() - v["cx"]) / fx, (w.ravel() - v["cy"]) / fy])
    r2_bent = (bent**2).sum(axis=1)
    flat = bent * (1.0 + v["kappa1"] * v["focal"] ** 2 * r2_bent)[:, None]
    r2 = (flat**2).sum(axis=1)

    def residual_px(k: Array) -> Array:
        factor = 1.0 + k[0] * r2 + k[1] * r2**2 + k[2] * r2**3
        off: Array = (flat * factor[:, None] - bent) * np.array([fx, fy])
        return off.ravel()

    try:
        with np.errstate(over="ignore", invalid="ignore"):
            fit = least_squares(residual_px, np.zeros(3))
            worst_px = float(np.abs(fit.fun).max())
    except ValueError:  # numbers so large that residuals are not finite
        worst_px = math.inf
    if not worst_px <= 0.1:
        raise BadInput(f"{path}: distortion kappa1 does not fit OpenCV's radial model (off by {worst_px:.2f} px)")
    rotation = Rotation.from_euler("xyz", [v["rx"], v["ry"], v["rz"]]).as_matrix()
    k1, k2, k3 = (float(k) for k in fit.x)
    return CameraTable(
        name=name,
        size_px=(width, height),
        matrix=((fx, 0.0, v["cx"]), (0.0, fy, v["cy"]), (0.0, 0.0, 1.0)),
        distortion=(k1, k2, 0.0, 0.0, k3),
        rotation=_matrix3(rotation),
        translation_m=(v["tx"] / 1000.0, v["ty"] / 1000.0, v["tz"] / 1000.0),
    )


def camera_from_projection(projection: Array, size_px: tuple[int, int], name: str) -> CameraTable:
    """A camera without distortion from a (3, 4) matrix P with u ~ P·[X; 1], X in metres.

    P = K·[R | t] by RQ decomposition (Hartley & Zisserman, section 6.2.4), signs chosen so that K
    has a positive diagonal and points seen lie in front. Raises BadInput if P is no camera.
    """
    p = np.asarray(projection, float)
    if p.shape != (3, 4) or not np.isfinite(p).all():
        raise BadInput(f"camera {name!r}: expected a finite 3×4 projection matrix, got shape {p.shape}")
    # The scale of P is free, so singular is judged by the ratio of singular values.
    if np.linalg.cond(p[:, :3]) > 1e12:
        raise BadInput(f"camera {name!r}: the left 3×3 part of the projection matrix is singular")
    p = p * np.sign(np.linalg.det(p[:, :3]))
    k, r = rq(p[:, :3])
    signs = np.diag(np.sign(np.diag(k)))
    k, r = k @ signs, signs @ r
    t = np.linalg.solve(k, p[:, 3])
    k = k / k[2, 2]
    k[np.tril_indices(3, -1)] = 0.0
    return CameraTable(
        name=name,
        size_px=size_px,
        matrix=_matrix3(k),
        rotation=_matrix3(r),
        translation_m=_vector3(t),
    )


def read_matrix(path: Path | str) -> Array:
    """A (3, 4) matrix from a text file of three lines of four numbers. Raises BadInput."""
    path = Path(path)
    try:
        rows = [
            [float(v) for v in line.replace(",", " ").split()] for line in path.read_text().splitlines() if line.strip()
        ]
    except FileNotFoundError:
        raise BadInput(f"{path}: no such matrix file") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: expected 3 lines of 4 numbers: {error}") from None
    if [len(row) for row in rows] != [4, 4, 4]:
        raise BadInput(f"{path}: expected 3 lines of 4 numbers, has lines of {[len(row) for row in rows]}")
    return np.array(rows)


def _tsai_values(path: Path) -> dict[str, float]:
    try:
        root = ET.parse(path).getroot()
    except FileNotFoundError:
        raise BadInput(f"{path}: no such calibration file") from None
    except (ET.ParseError, LookupError, ValueError) as error:  # the last two: an encoding that nobody knows
        raise BadInput(f"{path}: is not XML: {error}") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    values: dict[str, float] = {}
    for tag, keys in _TSAI.items():
        element = root.find(tag)
        for key in keys:
            text = None if element is None else element.get(key)
            try:
                values[key] = float(text or "")
            except ValueError:
                raise BadInput(f"{path}: <{tag}> attribute {key} must be a number, is {text!r}") from None
            if expected := _fault(key, values[key]):
                raise BadInput(f"{path}: <{tag}> attribute {key} must be {expected}, is {text!r}")
    return values


def _fault(key: str, value: float) -> str:
    """What was expected of a Tsai value that cannot be used; empty where it can."""
    if not math.isfinite(value):
        return "finite"
    if key in _ABOVE_ZERO and value <= 0.0:
        return "above 0"
    low, high = _SIZE_RANGE_PX
    if key in _SIZES and not low <= value <= high:
        return f"a number of pixels from {low} to {high}"
    return ""


def _vector3(values: Array) -> Vector3:
    a, b, c = (float(v) for v in values)
    return a, b, c


def _matrix3(values: Array) -> Matrix3:
    a, b, c = (_vector3(row) for row in values)
    return a, b, c
