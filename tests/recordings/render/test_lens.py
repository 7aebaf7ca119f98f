"""Where the calibration says that a point lies is where it is drawn, lens distortion included."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera import Camera
from recordings.plant.scenario import Eye
from recordings.plant.scenario_site import camera_table
from recordings.render.batch import batched
from recordings.render.lens import Lens
from recordings.render.shapes import ball
from tests.recordings.render.plant import needs_vtk

RADIUS_M = 0.06
SIZE_PX = (640, 360)


def camera_of(k1: float) -> Camera:
    eye = Eye(name="cam", position_m=(0.0, 0.0, 4.0), look_at_m=(6.0, 5.0, 0.5), size_px=SIZE_PX, k1=k1)
    return Camera.from_table(camera_table(eye))


@needs_vtk
@pytest.mark.parametrize("k1", [-0.3, -0.12, 0.0, 0.1])
def test_points_are_drawn_where_the_calibration_projects_them(k1: float) -> None:
    from recordings.render.raster import raster

    camera = camera_of(k1)
    rng = np.random.default_rng(7)
    places = rng.uniform((1.0, -4.0, 0.0), (14.0, 14.0, 3.0), (400, 3))
    px = camera.project(places)
    inside = (px > 15).all(axis=1) & (px < np.array(SIZE_PX) - 15).all(axis=1)
    places, px = places[inside & camera.visible(places)][:60], px[inside & camera.visible(places)][:60]
    assert len(places) > 40
    lens = Lens(camera)
    batch = batched([ball(place, RADIUS_M, (200, 0, 0)) for place in places], list(range(1, len(places) + 1)))
    drawn, _ = raster().draw(lens, batch, batch.colours)
    numbers = lens.picked(np.ascontiguousarray(drawn[..., 3]))
    misses = []
    for k, (place, at) in enumerate(zip(places, px, strict=True)):
        rows, cols = np.nonzero(numbers == k + 1)
        size_px = RADIUS_M * camera.matrix[0, 0] / np.linalg.norm(place - camera.centre_m)
        if len(rows) > 2.5 * size_px**2:  # not hidden by another
            misses.append(np.hypot(cols.mean() - at[0], rows.mean() - at[1]))
    assert len(misses) > 25
    assert max(misses) < 1.0
    assert float(np.mean(misses)) < 0.4


def test_a_pixel_without_a_ray_is_black() -> None:
    lens = Lens(camera_of(-0.3))
    white = np.full((*lens.drawn_px[::-1], 3), 255, np.uint8)
    corner = camera_of(-0.3).ideal(np.array([[0.0, 0.0]]))
    taken = lens.taken(white)
    assert taken.shape == (360, 640, 3)
    assert taken[180, 320].tolist() == [255, 255, 255]
    assert np.isnan(corner).any() == (taken[0, 0].max() == 0)


def test_depth_and_pixel_lead_back_to_the_floor() -> None:
    camera = camera_of(-0.1)
    lens = Lens(camera)
    floor = lens.floor_m()
    pixels = np.array([[100.0, 300.0], [320.0, 200.0], [600.0, 340.0]])
    wanted = camera.points_on_plane(pixels)
    for (u, v), at in zip(pixels.astype(int), wanted, strict=True):
        assert floor[v, u] == pytest.approx(at, abs=0.02)
