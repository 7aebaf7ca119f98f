"""From the pinhole picture that is drawn to the picture that a calibrated camera takes.

A slightly wider pinhole picture is drawn at twice the scale; its pixels are averaged and bent to the
lens model of the calibration, so that ``Camera.project`` holds for what is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera

SCALE = 2
"""Drawn pixels to one pixel of the picture, each way: the edges are smoothed by averaging."""

_STEP_PX = 12
_WIDEST = 1.8
Array = NDArray[np.float64]
Picture = NDArray[Any]


class Lens:
    """Sizes and maps between the drawn picture and the camera's picture.

    Attributes:
        camera: the calibrated camera.
        size_px: (width, height) of the camera's picture.
        wide_px: (width, height) of the pinhole picture, before ``SCALE``.
        drawn_px: (width, height) that is drawn, ``SCALE`` times ``wide_px``.
        matrix: (3, 3) intrinsic matrix of the drawn picture.
    """

    def __init__(self, camera: Camera) -> None:
        import cv2

        self.camera = camera
        self.size_px = camera.size_px
        flat = _ideal_pixels(camera)
        width, height = camera.size_px
        limit = np.array([width, height]) * (_WIDEST - 1.0) / 2.0
        with np.errstate(invalid="ignore"):
            low = np.maximum(np.nanmin(flat, axis=(0, 1)), -limit)
            high = np.minimum(np.nanmax(flat, axis=(0, 1)), np.array([width, height]) + limit)
        self._origin = np.floor(low).astype(int) - 1
        wide = np.ceil(high).astype(int) + 2 - self._origin
        self.wide_px = (int(wide[0]), int(wide[1]))
        self.drawn_px = (self.wide_px[0] * SCALE, self.wide_px[1] * SCALE)
        self.matrix = camera.matrix.copy()
        self.matrix[:2] *= SCALE
        self.matrix[:2, 2] = SCALE * (camera.matrix[:2, 2] - self._origin + 0.5) - 0.5
        local = np.nan_to_num(flat - self._origin, nan=-10.0).astype(np.float32)
        self._map = cv2.convertMaps(local[..., 0].copy(), local[..., 1].copy(), cv2.CV_16SC2)
        coarse = (SCALE * (local + 0.5) - 0.5).astype(np.float32)
        self._drawn_map = cv2.convertMaps(coarse[..., 0].copy(), coarse[..., 1].copy(), cv2.CV_16SC2)

    def taken(self, drawn: Picture) -> Picture:
        """A drawn picture (of any depth and number of channels) averaged and bent; black beyond its edge."""
        import cv2

        small = (
            drawn
            if drawn.shape[1] == self.wide_px[0]
            else cv2.resize(drawn, self.wide_px, interpolation=cv2.INTER_AREA)
        )
        return np.asarray(cv2.remap(small, *self._map, cv2.INTER_LINEAR))

    def picked(self, drawn: Picture) -> Picture:
        """As ``taken``, but the nearest drawn pixel instead of an average: for numbers and depths."""
        import cv2

        return np.asarray(cv2.remap(drawn, *self._drawn_map, cv2.INTER_NEAREST))

    def rays(self, step: int = 1) -> Array:
        """(h, w, 3) directions in the world, per metre of depth, of every ``step``-th drawn pixel."""
        width, height = self.drawn_px
        shift = (step - 1) / 2.0
        u, v = np.meshgrid(np.arange(width // step) * step + shift, np.arange(height // step) * step + shift)
        inverse = np.linalg.inv(self.matrix)
        out = np.einsum("ij,hwj->hwi", self.camera.rotation.T @ inverse, np.stack([u, v, np.ones_like(u)], axis=-1))
        return np.asarray(out)

    def project(self, points_m: NDArray[np.floating[Any]]) -> tuple[Array, Array]:
        """(n, 3) world points to (n, 2) pixels of the drawn picture, and their (n,) depths in metres."""
        cam = np.asarray(points_m, float) @ self.camera.rotation.T + self.camera.translation_m
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = (cam / cam[:, 2:]) @ self.matrix[:2].T
        return pixels, cam[:, 2]


def _ideal_pixels(camera: Camera) -> Array:
    """(h, w, 2) where each pixel would be without distortion, by splines through a coarse grid."""
    from scipy.interpolate import RectBivariateSpline

    width, height = camera.size_px
    xs = np.linspace(0, width - 1, max(width // _STEP_PX, 5))
    ys = np.linspace(0, height - 1, max(height // _STEP_PX, 5))
    every_x, every_y = np.arange(width, dtype=float), np.arange(height, dtype=float)
    gx, gy = np.meshgrid(xs, ys)
    coarse = camera.ideal(np.column_stack([gx.ravel(), gy.ravel()])).reshape(len(ys), len(xs), 2)
    if np.isfinite(coarse).all():
        return np.stack([RectBivariateSpline(ys, xs, coarse[..., k])(every_y, every_x) for k in range(2)], axis=-1)
    gx, gy = np.meshgrid(every_x, every_y)
    return camera.ideal(np.column_stack([gx.ravel(), gy.ravel()])).reshape(height, width, 2)
