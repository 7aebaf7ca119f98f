"""Several cameras at once are the same as each of them alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.rig import Rig
from tests.worlds import hall_cameras, looking

BENT = looking("bent", (1.0, 2.0, 5.0), (9.0, 6.0, 0.0), distortion=(-0.3, 0.12, 0.001, -0.002, 0.0))
CAMERAS = [Camera.from_table(t) for t in (*hall_cameras(3), BENT)]
RIG = Rig(CAMERAS)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_every_row_is_as_its_own_camera_says(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    row = random.integers(0, len(CAMERAS), n)
    # Also outside the picture, and above the horizon.
    px = random.uniform((-300.0, -600.0), (2200.0, 1400.0), (n, 2))
    points = random.uniform((-5.0, -5.0, 0.0), (30.0, 20.0, 8.0), (n, 3))
    z_m = random.uniform(0.0, 2.0, n)
    view = RIG.view(row)
    plane, projected, rays, on_floor = (
        view.on_plane(px, z_m),
        view.project(points),
        view.rays(px),
        view.points_on_plane(px),
    )
    for i, k in enumerate(row.tolist()):
        alone = CAMERAS[k].on_plane(px[i : i + 1], z_m[i])
        assert plane.xy_m[i] == pytest.approx(alone.xy_m[0], rel=1e-9, abs=1e-9, nan_ok=True)
        assert plane.slope[i] == pytest.approx(alone.slope[0], rel=1e-9, abs=1e-9, nan_ok=True)
        assert plane.jacobian_m_per_px[i] == pytest.approx(alone.jacobian_m_per_px[0], rel=1e-6, abs=1e-9, nan_ok=True)
        assert projected[i] == pytest.approx(CAMERAS[k].project(points[i : i + 1])[0], rel=1e-9, abs=1e-9, nan_ok=True)
        assert rays[i] == pytest.approx(CAMERAS[k].rays(px[i : i + 1])[0], rel=1e-9, abs=1e-9, nan_ok=True)
        alone_m = CAMERAS[k].points_on_plane(px[i : i + 1])[0]
        assert on_floor[i] == pytest.approx(alone_m, rel=1e-9, abs=1e-9, nan_ok=True)
        assert view.centre_m[i] == pytest.approx(CAMERAS[k].centre_m)


def test_rows_do_not_hang_on_each_other() -> None:
    random = np.random.default_rng(3)
    row, px = random.integers(0, len(CAMERAS), 30), random.uniform((0.0, 500.0), (1900.0, 1000.0), (30, 2))
    together = RIG.view(row).on_plane(px).xy_m
    apart = np.concatenate([RIG.view(row[[i]]).on_plane(px[[i]]).xy_m for i in range(30)])
    assert np.array_equal(together, apart, equal_nan=True), "to the last bit"


def test_several_sets_of_the_same_rows() -> None:
    row, px = np.array([2, 0, 3]), np.array([[900.0, 700.0], [800.0, 650.0], [1000.0, 800.0]])
    points = np.array([[8.0, 5.0, 0.0], [9.0, 6.0, 1.0], [10.0, 6.0, 0.0]])
    both = RIG.view(row).project(np.concatenate([points, points + 0.5]))
    assert np.array_equal(both[3:], RIG.view(row).project(points + 0.5))
    twice = RIG.view(row).times(2).on_plane(np.concatenate([px, px + 5.0])).xy_m
    assert np.array_equal(twice[:3], RIG.view(row).on_plane(px).xy_m)
    assert np.array_equal(twice[3:], RIG.view(row).on_plane(px + 5.0).xy_m)
