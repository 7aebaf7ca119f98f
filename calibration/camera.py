"""Camera: from world to picture and back to the floor, with uncertainty.

Conventions: world in metres, z up, floor z = 0. ``x_cam = R·X + t`` with camera axes x right,
y down, z forward. Pixels: u right, v down, the centre of the first pixel is (0, 0). Lens distortion
is OpenCV's model (radial, tangential, rational, thin prism, tilt) in OpenCV order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from calibration.site import CameraTable

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

_ORIGIN, _IDENTITY = np.zeros(3), np.eye(3)
_UNDISTORT_ITERATIONS = 60
_UNDISTORT_TOLERANCE_PX = 0.5
_AROUND_PX = np.array([[0.0, 0.0], [0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]])
"""A pixel and those half a pixel beside it: their differences are central, over one pixel."""


@dataclass(frozen=True, slots=True)
class PlanePoints:
    """Where rays meet a horizontal plane. Rows are NaN where the ray never does.

    xy_m: (n, 2) world. jacobian_m_per_px: (n, 2, 2), d(x, y)/d(u, v). slope: (n, 2), d(x, y)/dz.
    """

    xy_m: Array
    jacobian_m_per_px: Array
    slope: Array

    def rows(self, start: int, end: int) -> PlanePoints:
        """The points from row ``start`` to before ``end``."""
        return PlanePoints(self.xy_m[start:end], self.jacobian_m_per_px[start:end], self.slope[start:end])

    @property
    def valid(self) -> NDArray[np.bool_]:
        finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(self.xy_m), axis=1)
        return finite

    def covariance_m2(self, sigma_px: Array | float, sigma_z_m: Array | float = 0.0) -> Array:
        """(n, 2, 2) covariance of the plane point: J·Σ_px·Jᵀ + slope·σ_z²·slopeᵀ.

        sigma_px: isotropic pixel noise, scalar or (n,). sigma_z_m: noise of the plane's height.
        """
        n = len(self.xy_m)
        j = self.jacobian_m_per_px
        var_px = np.broadcast_to(np.asarray(sigma_px, float) ** 2, (n,))
        var_z = np.broadcast_to(np.asarray(sigma_z_m, float) ** 2, (n,))
        cov = np.einsum("nij,nkj->nik", j, j) * var_px[:, None, None]
        outer: Array = cov + np.einsum("ni,nk->nik", self.slope, self.slope) * var_z[:, None, None]
        return outer


@dataclass(frozen=True)
class Camera:
    """A calibrated camera. ``matrix`` (3, 3) px, ``rotation`` (3, 3), ``translation_m`` (3,)."""

    name: str
    size_px: tuple[int, int]
    matrix: Array
    distortion: Array
    rotation: Array
    translation_m: Array

    @classmethod
    def from_table(cls, table: CameraTable) -> Camera:
        r = np.asarray(table.rotation, float)
        rotation = Rotation.from_rotvec(r).as_matrix() if r.shape == (3,) else r
        return cls(
            name=table.name,
            size_px=table.size_px,
            matrix=np.asarray(table.matrix, float),
            distortion=np.asarray(table.distortion, float),
            rotation=np.asarray(rotation, float),
            translation_m=np.asarray(table.translation_m, float),
        )

    @cached_property
    def centre_m(self) -> Array:
        """(3,) position of the camera in the world."""
        centre: Array = -self.rotation.T @ self.translation_m
        return centre

    @cached_property
    def _inverse_matrix(self) -> Array:
        inverse: Array = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        return inverse

    @cached_property
    def bent(self) -> bool:
        return bool(np.any(self.distortion != 0.0))

    @cached_property
    def straight(self) -> Camera:
        """This camera with its lens distortion taken out; it sees ``ideal`` pixels."""
        return replace(self, distortion=np.zeros(0)) if self.bent else self

    @cached_property
    def pinhole(self) -> Array:
        """(3, 4) matrix P with u ~ P·[X; 1], lens distortion left out."""
        p: Array = self.matrix @ np.column_stack([self.rotation, self.translation_m])
        return p

    def ideal(self, pixels: Array) -> Array:
        """(n, 2) pixels as the same camera without distortion would see them; NaN where there are none."""
        flat = self.undistorted(np.asarray(pixels, float).reshape(-1, 2))
        out: Array = flat @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        return out

    def project(self, points_m: Array) -> Array:
        """(n, 3) world points to (n, 2) pixels; rows behind the camera are NaN."""
        world = np.asarray(points_m, float).reshape(-1, 3)
        cam = world @ self.rotation.T + self.translation_m
        with np.errstate(divide="ignore", invalid="ignore"):
            flat = np.where(cam[:, 2:] > 1e-6, cam[:, :2] / cam[:, 2:], np.nan)
        bent = self.distorted(flat) if self.bent else flat
        pixels: Array = bent @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        return pixels

    def visible(self, points_m: Array) -> NDArray[np.bool_]:
        """(n,) whether each world point lies in front of the camera and inside the picture."""
        world = np.asarray(points_m, float).reshape(-1, 3)
        px = self.project(world)
        w, h = self.size_px
        with np.errstate(invalid="ignore"):
            inside: Flags = (px[:, 0] >= 0) & (px[:, 0] <= w - 1) & (px[:, 1] >= 0) & (px[:, 1] <= h - 1)
        if self.bent and inside.any():
            # Strong distortion folds far-off points back into the picture: only points that return count.
            ideal = world[inside] @ self.rotation.T + self.translation_m
            error = np.hypot(*(self.undistorted(px[inside]) - ideal[:, :2] / ideal[:, 2:]).T)
            inside[inside] = error * self.matrix[0, 0] < _UNDISTORT_TOLERANCE_PX
        return inside

    def rays(self, pixels: Array) -> Array:
        """(n, 2) pixels to (n, 3) unit direction vectors in the world."""
        d = self._directions(self.undistorted(np.asarray(pixels, float).reshape(-1, 2)))
        length = np.sqrt((d**2).sum(axis=1))
        unit: Array = d / length[:, None]
        return unit

    def on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> PlanePoints:
        """Where the rays of (n, 2) pixels meet the horizontal plane at height ``z_m`` (scalar or (n,)).

        With ray d and centre c: s = (z − c_z)/d_z, point = c + s·d. Derivatives by the chain rule
        through K⁻¹ and, with distortion, through a central difference of the undistortion.
        """
        flat, flat_per_px = self.flat_and_slope(np.asarray(pixels, float).reshape(-1, 2))
        d = self._directions(flat)
        s = self._way(d, z_m)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(np.isfinite(s)[:, None], d[:, :2] / d[:, 2:], np.nan)
        xy = self.centre_m[:2] + s[:, None] * d[:, :2]
        # d(direction)/d(normalised x, y) are the first two columns of Rᵀ.
        dd = self.rotation.T[:, :2]
        plane = s[:, None, None] * (dd[None, :2, :] - slope[:, :, None] * dd[None, 2:3, :])
        return PlanePoints(xy_m=xy, jacobian_m_per_px=plane @ flat_per_px, slope=slope)

    def points_on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> Array:
        """(n, 2) ``xy_m`` of ``on_plane`` alone, which costs a fifth of it with distortion."""
        d = self._directions(self.undistorted(np.asarray(pixels, float).reshape(-1, 2)))
        xy: Array = self.centre_m[:2] + self._way(d, z_m)[:, None] * d[:, :2]
        return xy

    def _way(self, d: Array, z_m: Array | float) -> Array:
        """(n,) how many directions (n, 3) lie between centre and plane; NaN where it lies behind."""
        with np.errstate(divide="ignore", invalid="ignore"):
            s = (np.asarray(z_m, float) - self.centre_m[2]) / d[:, 2]
            return np.where(np.isfinite(s) & (s > 0), s, np.nan)

    def _directions(self, flat: Array) -> Array:
        directions: Array = flat @ self.rotation[:2] + self.rotation[2]
        return directions

    def flat_and_slope(self, px: Array) -> tuple[Array, Array]:
        """Normalised ideal coordinates (n, 2) of pixels, and their derivatives by pixel (n, 2, 2)."""
        if not self.bent:
            return self.undistorted(px), np.broadcast_to(self._inverse_matrix[:2, :2], (len(px), 2, 2))
        moved = (px[None] + _AROUND_PX[:, None]).reshape(-1, 2)
        flat = self.undistorted(moved).reshape(len(_AROUND_PX), len(px), 2)
        return flat[0], np.stack([flat[1] - flat[2], flat[3] - flat[4]], axis=2)

    def distorted(self, flat: Array) -> Array:
        """Normalised ideal to normalised distorted; OpenCV does it with an identity camera matrix."""
        import cv2

        ok = np.isfinite(flat[:, 0]) & np.isfinite(flat[:, 1])
        whole = bool(ok.all())
        points = np.ones((len(flat) if whole else np.count_nonzero(ok), 3))
        if not len(points):
            return np.full_like(flat, np.nan)
        points[:, :2] = flat if whole else flat[ok]
        projected, _ = cv2.projectPoints(points, _ORIGIN, _ORIGIN, _IDENTITY, self.distortion)
        bent = np.asarray(projected, float).reshape(-1, 2)
        if whole:
            return bent
        out = np.full_like(flat, np.nan)
        out[ok] = bent
        return out

    def undistorted(self, pixels: Array) -> Array:
        """Pixels to normalised ideal coordinates; NaN where the lens model has no inverse."""
        flat: Array = (pixels - self.matrix[:2, 2]) @ self._inverse_matrix[:2, :2].T
        if not self.bent:
            return flat
        import cv2

        ok = np.isfinite(flat[:, 0]) & np.isfinite(flat[:, 1])
        whole = bool(ok.all())
        bent = flat if whole else flat[ok]
        if not len(bent):
            return np.full_like(flat, np.nan)
        criteria: Any = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _UNDISTORT_ITERATIONS, 1e-12)
        undone = cv2.undistortPoints(bent.reshape(-1, 1, 2), _IDENTITY, self.distortion, None, None, None, criteria)
        ideal = np.asarray(undone, float).reshape(-1, 2)
        with np.errstate(invalid="ignore", over="ignore"):
            error_px = np.hypot(*(self.distorted(ideal) - bent).T) * self.matrix[0, 0]
        ideal[~(error_px < _UNDISTORT_TOLERANCE_PX)] = np.nan
        if whole:
            return ideal
        out = np.full_like(flat, np.nan)
        out[ok] = ideal
        return out
