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

_STEP_PX = 4
_NOWHERE = -50.0
_WIDEST = 1.8
Array = NDArray[np.float64]
Floats = NDArray[np.float32]
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
        self.local_px: Floats = np.nan_to_num(flat - self._origin, nan=_NOWHERE).astype(np.float32)
        u, v = np.ascontiguousarray(self.local_px[..., 0]), np.ascontiguousarray(self.local_px[..., 1])
        self._map = cv2.convertMaps(u, v, cv2.CV_16SC2)
        self._drawn_map = cv2.convertMaps(SCALE * (u + 0.5) - 0.5, SCALE * (v + 0.5) - 0.5, cv2.CV_16SC2)

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

    def places(self, depth_m: Floats, step: int = 1) -> Floats:
        """(h, w, 3) world points of every ``step``-th drawn pixel, from depths (h, w); the camera where inf."""
        width, height = self.drawn_px
        slope, centre = self._slopes(), self.camera.centre_m.astype(np.float32)
        u = np.arange(0, width, step, dtype=np.float32)
        v = np.arange(0, height, step, dtype=np.float32)
        depth = np.where(np.isfinite(depth_m), depth_m, np.float32(0.0))
        out = np.empty((len(v), len(u), 3), np.float32)
        for k in range(3):
            np.add((slope[k, 1] * v + slope[k, 2])[:, None], slope[k, 0] * u, out=out[..., k])
            out[..., k] *= depth
            out[..., k] += centre[k]
        return out

    def floor_m(self) -> Floats:
        """(h, w, 2) where the ray of each pixel of the camera's picture meets the floor; far off where it does not."""
        slope, centre = self._slopes(), self.camera.centre_m.astype(np.float32)
        u, v = (np.float32(SCALE) * (self.local_px[..., k] + np.float32(0.5)) - np.float32(0.5) for k in range(2))
        way = [slope[k, 0] * u + slope[k, 1] * v + slope[k, 2] for k in range(3)]
        far = np.float32(-centre[2]) / np.minimum(way[2], np.float32(-1e-4))
        return np.stack([centre[k] + far * way[k] for k in range(2)], axis=-1)

    def _slopes(self) -> Floats:
        """(3, 3) from a drawn pixel (u, v, 1) to its direction in the world, per metre of depth."""
        return np.asarray(self.camera.rotation.T @ np.linalg.inv(self.matrix), np.float32)

    def project(self, points_m: NDArray[np.floating[Any]]) -> tuple[Array, Array]:
        """(n, 3) world points to (n, 2) pixels of the drawn picture, and their (n,) depths in metres."""
        cam = np.asarray(points_m, float) @ self.camera.rotation.T + self.camera.translation_m
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = (cam / cam[:, 2:]) @ self.matrix[:2].T
        return pixels, cam[:, 2]


def _ideal_pixels(camera: Camera) -> Array:
    """(h, w, 2) where each pixel would be without distortion: linear between every fourth, NaN where nowhere.

    Between four pixels the shift of a usual lens departs from a line by less than a hundredth of a pixel.
    """
    import cv2

    width, height = camera.size_px
    across, down = (np.arange(n // _STEP_PX + 2) * float(_STEP_PX) for n in (width, height))
    coarse = np.stack(np.meshgrid(across, down), axis=-1)
    shift = (camera.ideal(coarse.reshape(-1, 2)).reshape(coarse.shape) - coarse).astype(np.float32)
    u, v = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    between = cv2.remap(shift, u / _STEP_PX, v / _STEP_PX, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(between + np.stack([u, v], axis=-1), np.float64)
