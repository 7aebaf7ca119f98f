"""Several cameras at once: their pixels to the floor and back in one call, a row a pixel of any of them.

The same geometry as ``Camera``, with the cameras' numbers as columns. Each row hangs on its own camera
and pixel alone, so that what else is asked for in the same call changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from calibration.camera import Array, Camera, PlanePoints, Rows

_NUMBERS = 27


class Sees(Protocol):
    """What a camera and a view of several have in common: (n, 2) pixels, (n, 3) or (n, 2) metres."""

    @property
    def centre_m(self) -> Array:
        """(3,) or (n, 3) where the camera is."""

    def project(self, points_m: Array) -> Array: ...

    def rays(self, pixels: Array) -> Array: ...

    def on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> PlanePoints: ...

    def points_on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> Array: ...


class Rig:
    """The cameras of a site, ready to be asked about rows of many of them."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self.cameras = tuple(cameras)
        self.size_px = np.array([c.size_px for c in cameras], float).reshape(-1, 2)
        self._numbers = np.array([_numbers(c) for c in cameras], float).reshape(-1, _NUMBERS)

    def view(self, row: Rows) -> View:
        """Rows (n,) are places in ``cameras``."""
        return View(self.cameras, row, self._numbers[row].T)


def _numbers(camera: Camera) -> Array:
    inverse = np.linalg.inv(camera.matrix)
    return np.concatenate(
        [
            inverse[:2, :2].ravel(),
            camera.matrix[:2, 2],
            camera.rotation.ravel(),
            camera.centre_m,
            camera.matrix[:2, :2].ravel(),
            camera.translation_m,
            camera.size_px,
        ]
    )


class View:
    """n rows, each seen by one of several cameras. The methods are those of ``Camera``, row by row."""

    def __init__(self, cameras: tuple[Camera, ...], row: Rows, numbers: Array) -> None:
        self.cameras = cameras
        self.row = row
        self._inverse, self._principal = numbers[0:4], numbers[4:6]
        self._rotation, self._centre = numbers[6:15], numbers[15:18]
        self._matrix, self._translation = numbers[18:22], numbers[22:25]
        self.size_px = numbers[25:27]
        self._numbers = numbers
        bent = [k for k, camera in enumerate(cameras) if camera.bent]
        self._bent = [(cameras[k], rows) for k in bent if len(rows := np.flatnonzero(row == k))]

    @property
    def centre_m(self) -> Array:
        """(n, 3) where each row's camera is."""
        return self._centre.T

    def times(self, k: int) -> View:
        """The same rows ``k`` times, one set after the other."""
        return View(self.cameras, np.concatenate([self.row] * k), np.concatenate([self._numbers] * k, axis=1))

    def project(self, points_m: Array) -> Array:
        """(n, 3) world points to (n, 2) pixels; rows behind their camera are NaN. Or several sets of n rows."""
        if len(points_m) > len(self.row):
            return self.times(len(points_m) // len(self.row)).project(points_m)
        x, y, z = points_m.T
        r, t, k = self._rotation, self._translation, self._matrix
        depth = r[6] * x + r[7] * y + r[8] * z + t[2]
        depth = np.where(depth > 1e-6, depth, np.nan)
        flat_x = (r[0] * x + r[1] * y + r[2] * z + t[0]) / depth
        flat_y = (r[3] * x + r[4] * y + r[5] * z + t[1]) / depth
        for camera, rows in self._bent:
            flat_x[rows], flat_y[rows] = camera.distorted(np.stack([flat_x[rows], flat_y[rows]], axis=1)).T
        out = np.empty((len(depth), 2))
        out[:, 0] = k[0] * flat_x + k[1] * flat_y + self._principal[0]
        out[:, 1] = k[2] * flat_x + k[3] * flat_y + self._principal[1]
        return out

    def rays(self, pixels: Array) -> Array:
        """(n, 2) pixels to (n, 3) unit direction vectors in the world."""
        d = self._directions(self._flat(pixels))
        unit: Array = (d / np.sqrt((d**2).sum(axis=0))).T
        return unit

    def on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> PlanePoints:
        """Where the rays of (n, 2) pixels meet the horizontal plane at height ``z_m`` (scalar or (n,))."""
        flat = self._straight(pixels)
        per_px = self._inverse.T.reshape(-1, 2, 2).copy()
        for camera, rows in self._bent:
            bent, per_px[rows] = camera.flat_and_slope(pixels[rows])
            flat[:, rows] = bent.T
        d = self._directions(flat)
        s = self._way(d, z_m)
        r = self._rotation
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(np.isfinite(s), d[:2] / d[2], np.nan)
        # d(x, y)/d(normalised x, y), then d(normalised)/d(pixel).
        plane = np.empty((len(s), 2, 2))
        for i in (0, 1):
            for j in (0, 1):
                plane[:, i, j] = s * (r[3 * j + i] - slope[i] * r[3 * j + 2])
        xy = (self._centre[:2] + s * d[:2]).T
        return PlanePoints(xy_m=xy, jacobian_m_per_px=plane @ per_px, slope=slope.T)

    def points_on_plane(self, pixels: Array, z_m: Array | float = 0.0) -> Array:
        """(n, 2) ``xy_m`` of ``on_plane`` alone."""
        d = self._directions(self._flat(pixels))
        xy: Array = (self._centre[:2] + self._way(d, z_m) * d[:2]).T
        return xy

    def _flat(self, pixels: Array) -> Array:
        """(2, n) normalised ideal coordinates; NaN where a lens model has no inverse."""
        flat = self._straight(pixels)
        for camera, rows in self._bent:
            flat[:, rows] = camera.undistorted(pixels[rows]).T
        return flat

    def _straight(self, pixels: Array) -> Array:
        u, v = pixels.T - self._principal
        k = self._inverse
        return np.array([k[0] * u + k[1] * v, k[2] * u + k[3] * v])

    def _directions(self, flat: Array) -> Array:
        x, y = flat
        r = self._rotation
        return np.array([x * r[i] + y * r[3 + i] + r[6 + i] for i in (0, 1, 2)])

    def _way(self, d: Array, z_m: Array | float) -> Array:
        """(n,) how many directions (3, n) lie between centre and plane; NaN where it lies behind."""
        with np.errstate(divide="ignore", invalid="ignore"):
            s = (z_m - self._centre[2]) / d[2]
            return np.where(np.isfinite(s) & (s > 0), s, np.nan)
