"""The camera model against OpenCV, finite differences and Monte Carlo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.convert import camera_from_projection
from tests.worlds import looking

BENT = (-0.25, 0.08, 0.001, -0.0008, -0.01)
TILTED = (-0.12, 0.03, 0.001, -0.001, 0.002, 0.01, 0.02, 0.003, 0.001, 0.0005, -0.001, 0.0004, 0.01, -0.008)

heights = st.floats(2.5, 12.0)
places = st.floats(-8.0, 8.0)
distortions = st.sampled_from([(0.0,) * 5, BENT, (0.1, -0.05, 0.0, 0.0, 0.0), TILTED, (-0.2, 0.05, 0.0, 0.0)])


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    """A camera above the floor, looking down at some point of it."""
    at = (draw(places), draw(places), draw(heights))
    to = (at[0] + draw(st.floats(1.0, 10.0)), at[1] + draw(places), 0.0)
    view = draw(st.floats(40.0, 90.0))
    return Camera.from_table(looking("c", at, to, view_deg=view, distortion=draw(distortions)))


def in_view(camera: Camera, floor_m: np.ndarray, z_m: float = 0.0) -> np.ndarray:
    points = np.column_stack([floor_m, np.full(len(floor_m), z_m)])
    return points[camera.visible(points)]


def grid(camera: Camera) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-15, 15, 9), np.linspace(-15, 15, 9))
    return np.column_stack([x.ravel(), y.ravel()]) + camera.centre_m[:2]


@given(cameras(), st.floats(0.0, 2.0))
def test_floor_to_pixel_and_back_is_the_same_point(camera: Camera, z_m: float) -> None:
    points = in_view(camera, grid(camera), z_m)
    assume(len(points))
    plane = camera.on_plane(camera.project(points), z_m)
    distance = np.linalg.norm(points - camera.centre_m, axis=1)
    assert plane.valid.all()
    # A ray nearly level with the plane turns a pixel's last digits into millimetres.
    assert np.abs(plane.xy_m - points[:, :2]).max(axis=1) == pytest.approx(0.0, abs=1e-4 * (1 + distance.max()))


@given(cameras(), st.lists(st.tuples(st.floats(50, 1870), st.floats(50, 1030)), min_size=1, max_size=8))
def test_pixel_to_ray_to_pixel_is_the_same_pixel(camera: Camera, pixels: list[tuple[float, float]]) -> None:
    px = np.array(pixels)
    rays = camera.rays(px)
    ok = np.isfinite(rays).all(axis=1)
    assume(ok.any())
    assert np.linalg.norm(rays[ok], axis=1) == pytest.approx(1.0, abs=1e-12)
    again = camera.project(camera.centre_m + 7.0 * rays[ok])
    # undistorted accepts an inverse that is right to half a pixel; inside the picture it is far better.
    assert again == pytest.approx(px[ok], abs=0.01)


@given(cameras())
def test_jacobian_equals_finite_differences(camera: Camera) -> None:
    points = in_view(camera, grid(camera) * 0.6)
    assume(len(points))
    px = camera.project(points)
    plane = camera.on_plane(px)
    step = 0.01
    for axis in (0, 1):
        shift = np.zeros(2)
        shift[axis] = step
        numeric = (camera.on_plane(px + shift).xy_m - camera.on_plane(px - shift).xy_m) / (2 * step)
        ok = np.isfinite(numeric).all(axis=1)
        exact = plane.jacobian_m_per_px[ok, :, axis]
        scale = np.abs(exact).max(axis=1, initial=1e-9, keepdims=True)
        assert np.abs(exact - numeric[ok]) / scale == pytest.approx(0.0, abs=2e-3)


@given(cameras())
def test_slope_is_the_shift_with_the_height_of_the_plane(camera: Camera) -> None:
    points = in_view(camera, grid(camera) * 0.6)
    assume(len(points))
    px = camera.project(points)
    rise = 1e-4
    numeric = (camera.on_plane(px, rise).xy_m - camera.on_plane(px, -rise).xy_m) / (2 * rise)
    assert camera.on_plane(px).slope == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("distortion", [(), BENT, TILTED], ids=["straight", "bent", "tilted"])
def test_covariance_equals_monte_carlo(distortion: tuple[float, ...]) -> None:
    camera = Camera.from_table(looking("c", (0.0, 0.0, 6.0), (6.0, 2.0, 0.0), distortion=distortion))
    random = np.random.default_rng(3)
    px = camera.project(np.array([[7.0, 3.0, 0.0]]))
    expected = camera.on_plane(px).covariance_m2(4.0, 0.05)[0]
    n = 40_000
    noisy = camera.on_plane(px + random.normal(0.0, 4.0, (n, 2)), random.normal(0.0, 0.05, n)).xy_m
    assert np.cov(noisy.T) == pytest.approx(expected, rel=0.06, abs=0.03 * float(np.trace(expected)))


def test_covariance_takes_one_noise_for_all_or_one_for_each() -> None:
    camera = Camera.from_table(looking("c", (0.0, 0.0, 6.0), (6.0, 0.0, 0.0)))
    plane = camera.on_plane(np.array([[900.0, 700.0], [900.0, 900.0]]))
    assert plane.covariance_m2(np.array([2.0, 2.0])) == pytest.approx(plane.covariance_m2(2.0))
    assert plane.covariance_m2(4.0) == pytest.approx(4 * plane.covariance_m2(2.0))


@pytest.mark.parametrize("distortion", [(), BENT], ids=["straight", "bent"])
def test_rays_above_the_horizon_never_meet_the_floor(distortion: tuple[float, ...]) -> None:
    camera = Camera.from_table(looking("c", (0.0, 0.0, 3.0), (20.0, 0.0, 2.0), distortion=distortion))
    plane = camera.on_plane(np.array([[960.0, 100.0], [960.0, 900.0]]))
    assert plane.valid.tolist() == [False, True]
    assert np.isnan(plane.xy_m[0]).all()
    assert np.isnan(plane.slope[0]).all()
    assert np.isnan(plane.covariance_m2(1.0)[0]).all()


def test_a_plane_above_the_camera_is_met_by_rays_that_look_up() -> None:
    camera = Camera.from_table(looking("c", (0.0, 0.0, 3.0), (20.0, 0.0, 2.0)))
    plane = camera.on_plane(np.array([[960.0, 100.0], [960.0, 900.0]]), 7.0)
    assert plane.valid.tolist() == [True, False]


@pytest.mark.parametrize("distortion", [(), BENT], ids=["straight", "bent"])
def test_points_behind_the_camera_have_no_pixel(distortion: tuple[float, ...]) -> None:
    camera = Camera.from_table(looking("c", (0.0, 0.0, 3.0), (5.0, 0.0, 0.0), distortion=distortion))
    points = np.array([[-5.0, 0.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    px = camera.project(points)
    assert np.isnan(px[[0, 2]]).all()
    assert np.isfinite(px[1]).all()
    assert camera.visible(points).tolist() == [False, True, False]


def test_strong_distortion_does_not_fold_far_points_into_the_picture() -> None:
    bent = Camera.from_table(looking("c", (0.0, 0.0, 4.0), (6.0, 0.0, 0.0), distortion=(-0.35, 0.0, 0.0, 0.0, 0.0)))
    aside = np.array([[1.0, y, 0.0] for y in np.linspace(0.0, 30.0, 61)])
    px = bent.project(aside)
    width, height = bent.size_px
    inside = (px[:, 0] >= 0) & (px[:, 0] < width) & (px[:, 1] >= 0) & (px[:, 1] < height)
    visible = bent.visible(aside)
    assert (inside & ~visible).any(), "the model should fold some of these points back"
    assert bent.on_plane(px[visible]).xy_m == pytest.approx(aside[visible, :2], abs=0.05)


@given(cameras())
def test_projection_agrees_with_opencv(camera: Camera) -> None:
    points = in_view(camera, grid(camera))
    assume(len(points))
    theirs, _ = cv2.projectPoints(
        points, cv2.Rodrigues(camera.rotation)[0], camera.translation_m, camera.matrix, camera.distortion
    )
    assert camera.project(points) == pytest.approx(theirs.reshape(-1, 2), abs=1e-6)


def test_a_rodrigues_vector_and_its_matrix_are_one_camera() -> None:
    table = looking("c", (1.0, 2.0, 5.0), (6.0, 3.0, 0.0))
    vector = cv2.Rodrigues(np.array(table.rotation))[0].ravel()
    other = table.model_copy(update={"rotation": tuple(float(v) for v in vector)})
    points = np.array([[6.0, 3.0, 0.0], [7.0, 1.0, 1.5]])
    assert Camera.from_table(other).project(points) == pytest.approx(Camera.from_table(table).project(points))


def test_centre_is_where_the_camera_hangs() -> None:
    camera = Camera.from_table(looking("c", (1.0, 2.0, 5.0), (6.0, 3.0, 0.0)))
    assert camera.centre_m == pytest.approx([1.0, 2.0, 5.0])


def test_no_points_give_no_rows() -> None:
    camera = Camera.from_table(looking("c", (1.0, 2.0, 5.0), (6.0, 3.0, 0.0), distortion=BENT))
    assert camera.project(np.zeros((0, 3))).shape == (0, 2)
    assert camera.on_plane(np.zeros((0, 2))).xy_m.shape == (0, 2)
    assert camera.rays(np.zeros((0, 2))).shape == (0, 3)
    assert camera.visible(np.zeros((0, 3))).shape == (0,)


@given(st.floats(-80.0, 80.0), st.floats(0.2, 5.0))
def test_a_skewed_matrix_reprojects_and_goes_back_to_the_floor(skew: float, scale: float) -> None:
    base = Camera.from_table(looking("c", (0.0, 0.0, 5.0), (6.0, 1.0, 0.0)))
    k = base.matrix.copy()
    k[0, 1] = skew
    p = -scale * k @ np.column_stack([base.rotation, base.translation_m])
    camera = Camera.from_table(camera_from_projection(p, (1920, 1080), "skewed"))
    points = in_view(camera, grid(camera) * 0.6)
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ p.T
    assert camera.project(points) == pytest.approx(homogeneous[:, :2] / homogeneous[:, 2:], abs=1e-6)
    assert camera.on_plane(camera.project(points)).xy_m == pytest.approx(points[:, :2], abs=1e-6)
    assert camera.matrix[0, 1] == pytest.approx(skew, abs=1e-6)
