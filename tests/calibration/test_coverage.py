"""The coverage map on scenes whose coverage is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.coverage import coverage_map, hidden
from calibration.policy import Policy
from calibration.site import CameraTable, Floor, Site, Structure
from tests.worlds import hall, looking

SQUARE_M = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
FOCAL_PX, HEIGHT_M = 500.0, 8.0


def nadir(name: str = "top", x_m: float = 5.0, y_m: float = 5.0, size_px: tuple[int, int] = (801, 801)) -> CameraTable:
    """A camera at 8 m that looks straight down: a pixel is 16 mm of floor, the picture 12.8 m square."""
    centre = (size_px[0] - 1) / 2, (size_px[1] - 1) / 2
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    t = -rotation @ np.array([x_m, y_m, HEIGHT_M])
    return CameraTable(
        name=name,
        size_px=size_px,
        matrix=((FOCAL_PX, 0.0, centre[0]), (0.0, FOCAL_PX, centre[1]), (0.0, 0.0, 1.0)),
        rotation=tuple(tuple(float(v) for v in row) for row in rotation),
        translation_m=tuple(float(v) for v in t),
    )


def square(*cameras: CameraTable, structures: tuple[Structure, ...] = (), policy: Policy | None = None) -> Site:
    return Site(
        site=Floor(name="Square", boundary_m=SQUARE_M),
        camera=cameras,
        structure=structures,
        policy=policy or Policy(),
    )


def test_accuracy_below_a_camera_that_looks_straight_down() -> None:
    policy = Policy(foot_sigma_px=6.0, observation_sigma_floor_m=0.05)
    one = coverage_map(square(nadir(), policy=policy))
    expected = np.hypot(6.0 * HEIGHT_M / FOCAL_PX, 0.05)
    assert (one.count == 1).all()
    assert one.sigma_m == pytest.approx(expected, rel=1e-9)
    assert one.share_seen() == 1.0
    two = coverage_map(square(nadir(), nadir("second"), policy=policy))
    assert (two.count == 2).all()
    assert two.sigma_m == pytest.approx(expected / np.sqrt(2.0), rel=1e-9)


def test_only_the_picture_s_floor_is_seen() -> None:
    # 201 pixels of 16 mm: the floor from 3.4 to 6.6 m.
    cover = coverage_map(square(nadir(size_px=(201, 201))))
    middle = (np.arange(40) + 0.5) * 0.25
    inside = (middle >= 3.4) & (middle <= 6.6)
    assert (cover.count == np.outer(inside, inside)).all()
    assert np.isinf(cover.sigma_m[~np.outer(inside, inside)]).all()
    assert cover.share_seen() == pytest.approx(inside.sum() ** 2 / 1600)
    assert cover.share_seen(2) == 0.0


def test_cells_and_the_boundary() -> None:
    triangle = Site(
        site=Floor(name="T", boundary_m=((0.0, 0.0), (4.0, 0.0), (0.0, 4.0))), camera=(nadir(x_m=2, y_m=2),)
    )
    cover = coverage_map(triangle, cell_m=0.5)
    assert cover.count.shape == (8, 8)
    assert cover.count[0, 0] == 1
    assert cover.count[7, 7] == -1
    assert cover.cell_of(0.1, 0.6) == (1, 0)
    assert cover.cell_of(3.99, 0.0) == (0, 7)
    assert cover.cell_of(4.01, 0.0) is None
    assert cover.cell_of(-0.01, 0.0) is None
    assert not np.isfinite(cover.sigma_m[7, 7])


def test_a_boundary_that_is_no_multiple_of_the_cell_is_covered_to_its_edge() -> None:
    odd = Site(site=Floor(name="O", boundary_m=((0.1, 0.0), (1.0, 0.0), (1.0, 1.1), (0.1, 1.1))), camera=(nadir(),))
    cover = coverage_map(odd)
    assert cover.count.shape == (5, 4)
    assert cover.cell_of(0.99, 1.09) == (4, 3)


def test_a_site_without_cameras_is_seen_by_nobody() -> None:
    cover = coverage_map(square())
    assert (cover.count == 0).all()
    assert np.isinf(cover.sigma_m).all()
    assert cover.share_seen() == 0.0


WALL = Structure(name="wall", polygon_m=((4.0, 0.0), (4.5, 0.0), (4.5, 10.0), (4.0, 10.0)), height_m=2.0)


def test_a_wall_hides_the_floor_behind_it_as_far_as_its_shadow_falls() -> None:
    # Camera at (0, 5, 6); a wall 2 m high ends at x = 4.5, so its shadow ends at 4.5·6/(6−2) = 6.75.
    camera = looking("side", (0.0, 5.0, 6.0), (5.0, 5.0, 0.0), view_deg=120.0)
    plain = coverage_map(square(camera))
    walled = coverage_map(square(camera, structures=(WALL,)))
    row = 20
    middle = (np.arange(40) + 0.5) * 0.25
    seen_before, seen = plain.count[row] > 0, walled.count[row] > 0
    shadow = (middle > 4.0) & (middle < 6.75)
    assert seen_before.any()
    assert (seen == (seen_before & ~shadow)).all()


def test_heads_are_seen_over_a_wall_that_hides_feet() -> None:
    camera = looking("side", (0.0, 5.0, 6.0), (5.0, 5.0, 0.0), view_deg=120.0)
    feet = coverage_map(square(camera, structures=(WALL,)))
    heads = coverage_map(square(camera, structures=(WALL,)), height_m=1.7)
    shown, hid = heads.cell_of(5.6, 5.1), feet.cell_of(5.6, 5.1)
    assert shown is not None
    assert heads.count[shown] == 1
    assert hid is not None
    assert feet.count[hid] == 0


def test_hidden_is_nothing_without_points_or_structures() -> None:
    centre = np.array([0.0, 0.0, 5.0])
    assert hidden(centre, np.zeros((0, 3)), (WALL,)).shape == (0,)
    assert not hidden(centre, np.array([[8.0, 5.0, 0.0]]), ()).any()


def test_two_structures_one_behind_the_other() -> None:
    low = Structure(name="low", polygon_m=((2.0, 4.0), (3.0, 4.0), (3.0, 6.0), (2.0, 6.0)), height_m=1.0)
    centre = np.array([0.0, 5.0, 6.0])
    points = np.array([[3.3, 5.0, 0.0], [5.5, 5.0, 0.0], [7.0, 5.0, 0.0], [1.0, 5.0, 0.0]])
    assert hidden(centre, points, (low, WALL)).tolist() == [True, True, False, False]


def test_four_cameras_see_the_hall_better_than_one() -> None:
    one, four = coverage_map(hall(1)), coverage_map(hall(4))
    assert four.share_seen() > one.share_seen()
    both = (one.count > 0) & (four.count > 0)
    assert (four.sigma_m[both] <= one.sigma_m[both] + 1e-12).all()
    assert (four.count >= one.count).all()
    assert (four.seen_by.sum(axis=0)[four.count >= 0] == four.count[four.count >= 0]).all()


def test_accuracy_far_from_a_low_camera_equals_monte_carlo() -> None:
    camera = looking("side", (0.0, 5.0, 3.0), (6.0, 5.0, 0.0), view_deg=90.0)
    site = square(camera)
    cover = coverage_map(site)
    cell = cover.cell_of(8.1, 5.1)
    assert cell is not None
    eye = Camera.from_table(camera)
    x, y = (cell[1] + 0.5) * 0.25, (cell[0] + 0.5) * 0.25
    px = eye.project(np.array([[x, y, 0.0]]))
    random = np.random.default_rng(1)
    foot = eye.on_plane(px + random.normal(0.0, site.policy.foot_sigma_px, (40_000, 2))).xy_m
    sigma = np.sqrt(np.trace(np.cov(foot.T)) / 2 + site.policy.observation_sigma_floor_m**2)
    assert cover.sigma_m[cell] == pytest.approx(sigma, rel=0.05)


def ray(centre_m: tuple[float, float], point_m: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([centre_m, point_m])


@given(
    st.lists(st.tuples(st.floats(2.0, 8.0), st.floats(2.0, 8.0)), min_size=3, max_size=7),
    st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(0.0, 3.0)), min_size=1, max_size=8),
    st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(4.0, 9.0)),
    st.floats(0.2, 3.5),
)
def test_what_hides_is_what_stands_in_the_way(
    outline: list[tuple[float, float]],
    points: list[tuple[float, float, float]],
    centre: tuple[float, float, float],
    height_m: float,
) -> None:
    """Beside shapely's own geometry of each line of sight; outlines of any shape, also round camera or point."""
    polygon = shapely.Polygon(outline)
    assume(polygon.is_valid and polygon.area > 0.01)
    wall = Structure(name="wall", polygon_m=tuple(outline), height_m=height_m)
    got = hidden(np.array(centre), np.array(points), (wall,))
    for (x, y, z), found in zip(points, got, strict=True):
        line = ray(centre[:2], (x, y))
        assume(line.length > 1e-3)
        verdicts = set()
        for outer in (polygon.buffer(-1e-6), polygon, polygon.buffer(1e-6)):
            over = line.intersection(outer)
            if over.is_empty:
                verdicts.add(False)
                continue
            share = over.distance(shapely.Point(x, y)) / max(line.length, 1e-9)
            low = z + (centre[2] - z) * share
            verdicts |= {low < height_m - 1e-5, low < height_m + 1e-5}
        assert bool(found) in verdicts
