"""A tag drawn into a picture through a known camera is found where it hangs, with honest spread."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from calibration.camera import Camera
from calibration.errors import BadInput
from calibration.site import Hoist, TagTable
from tracking.fiducial import HookTags, tag_pose
from tracking.records import Observation

SIZE_PX = (1280, 720)
SIZE_M = 0.3
LENS = np.array([-0.12, 0.03, 0.0005, -0.0005, 0.0])


def camera(distortion: np.ndarray | None = None) -> Camera:
    """Looks along world +y and 20 degrees down, from 5 m above the floor at (6, -2)."""
    level = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    rotation = Rotation.from_euler("x", 20, degrees=True).as_matrix() @ level
    matrix = np.array([[1000.0, 0.0, 639.5], [0.0, 1000.0, 359.5], [0.0, 0.0, 1.0]])
    centre = np.array([6.0, -2.0, 5.0])
    return Camera(
        "cam1", SIZE_PX, matrix, np.zeros(5) if distortion is None else distortion, rotation, -rotation @ centre
    )


def hoist(**tag: object) -> Hoist:
    return Hoist(
        name="H1",
        kind="bridge",
        travel_m=((0.0, 0.0), (12.0, 12.0)),
        beam_height_m=6.0,
        hook_height_m=(0.3, 5.5),
        travel_speed_mps=(0.1, 0.3),
        hoist_speed_mps=(0.03, 0.12),
        deceleration_mps2=0.25,
        load_radius_m=0.5,
        load_height_m=0.8,
        tag=TagTable.model_validate({"id": 7, "size_m": SIZE_M, **tag}),
    )


def corners_m(centre: np.ndarray, yaw_deg: float, tilt_deg: float, margin: float = 1.0) -> np.ndarray:
    """World corners of a tag that faces the camera's side, turned by yaw and tilt."""
    h = SIZE_M / 2.0 * margin
    square = np.array([[-h, h, 0.0], [h, h, 0.0], [h, -h, 0.0], [-h, -h, 0.0]])
    upright = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # tag's z to world -y
    turn = Rotation.from_euler("zx", [yaw_deg, tilt_deg], degrees=True).as_matrix()
    return centre + square @ (turn @ upright).T


def picture(
    cam: Camera, tags: list[tuple[np.ndarray, float, float]], seed: int = 0, blur_px: float = 0.8, noise: float = 4.0
) -> np.ndarray:
    """A grey scene with tag 7 of April 36h11 at each place, blurred and noisy."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    cell, border = 20, 40
    marker = cv2.aruco.generateImageMarker(dictionary, 7, 10 * cell)
    paper = cv2.copyMakeBorder(marker, border, border, border, border, cv2.BORDER_CONSTANT, value=255)
    side = paper.shape[0]
    margin = side / (10 * cell)
    scale = 2
    scene = np.full((SIZE_PX[1] * scale, SIZE_PX[0] * scale), 120, np.uint8)
    for centre, yaw, tilt in tags:
        flat = Camera(cam.name, cam.size_px, cam.matrix, np.zeros(5), cam.rotation, cam.translation_m)
        place = (flat.project(corners_m(centre, yaw, tilt, margin)) + 0.5) * scale - 0.5
        edge = side - 0.5
        source = np.array([[-0.5, -0.5], [edge, -0.5], [edge, edge], [-0.5, edge]], np.float32)
        warp = cv2.getPerspectiveTransform(source, place.astype(np.float32))
        drawn = cv2.warpPerspective(paper, warp, scene.shape[::-1], flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.full_like(paper, 255), warp, scene.shape[::-1])
        scene = np.where(mask > 127, drawn, scene)
    scene = cv2.resize(scene, SIZE_PX, interpolation=cv2.INTER_AREA)
    if np.any(cam.distortion):
        u, v = np.meshgrid(np.arange(SIZE_PX[0], dtype=float), np.arange(SIZE_PX[1], dtype=float))
        ideal = cv2.undistortPoints(
            np.stack([u, v], axis=-1).reshape(-1, 1, 2), cam.matrix, cam.distortion, P=cam.matrix
        ).reshape(SIZE_PX[1], SIZE_PX[0], 2)
        scene = cv2.remap(scene, ideal.astype(np.float32), None, cv2.INTER_LINEAR, borderValue=120)
    scene = cv2.GaussianBlur(scene, (0, 0), blur_px)
    rng = np.random.default_rng(seed)
    noisy = np.clip(scene + rng.normal(0.0, noise, scene.shape), 0, 255).astype(np.uint8)
    return cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR)


def error_m(seen: Observation, centre: np.ndarray) -> float:
    assert seen.z_m is not None
    return float(np.linalg.norm(np.array([seen.x_m, seen.y_m, seen.z_m]) - centre))


@pytest.mark.parametrize("lens", [None, LENS], ids=["pinhole", "distorted"])
@pytest.mark.parametrize(
    ("centre", "yaw", "tilt"),
    [((6.0, 5.0, 3.0), 20.0, 0.0), ((4.0, 4.0, 2.0), -30.0, 15.0), ((8.5, 7.0, 3.5), 25.0, -10.0)],
)
def test_a_drawn_tag_is_found_where_it_hangs(
    centre: tuple[float, float, float], yaw: float, tilt: float, lens: np.ndarray | None
) -> None:
    cam = camera(lens)
    seen = HookTags([hoist()], cam).observe(picture(cam, [(np.array(centre), yaw, tilt)]))
    assert len(seen) == 1
    assert seen[0].kind == "hook"
    assert error_m(seen[0], np.array(centre)) < 0.05
    assert seen[0].sigma_z_m is not None
    assert 0.0 < seen[0].sigma_z_m < 0.1


def test_the_covariance_holds_what_it_promises() -> None:
    """Over noise, the squared Mahalanobis distance of the floor position is that of two dimensions."""
    cam = camera()
    rng = np.random.default_rng(5)
    centre = np.array([5.0, 5.0, 2.5])
    exact = cam.project(corners_m(centre, 25.0, 5.0))
    distances = []
    for _ in range(300):
        pose = tag_pose(cam, exact + rng.normal(0.0, 0.5, exact.shape), SIZE_M, 0.5)
        if pose is not None:
            apart = (pose.centre_m - centre)[:2]
            distances.append(apart @ np.linalg.solve(pose.covariance_m2[:2, :2], apart))
    assert len(distances) > 250
    # Mean of a chi-square with 2 degrees of freedom is 2; the spread is widened by bad fits, never narrowed.
    assert 1.0 < np.mean(distances) < 2.3


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(3.0, 9.0),
    y=st.floats(2.0, 9.0),
    z=st.floats(1.0, 5.0),
    yaw=st.floats(-50.0, 50.0),
    tilt=st.floats(-30.0, 30.0),
)
def test_exact_corners_give_the_exact_place_or_none(x: float, y: float, z: float, yaw: float, tilt: float) -> None:
    cam = camera()
    centre = np.array([x, y, z])
    corners = corners_m(centre, yaw, tilt)
    if not cam.visible(corners).all():
        return
    pose = tag_pose(cam, cam.project(corners), SIZE_M)
    if pose is not None:
        assert np.linalg.norm(pose.centre_m - centre) < 0.02
        assert np.linalg.eigvalsh(pose.covariance_m2).min() > 0.0


def test_farther_is_less_sure() -> None:
    cam = camera()
    sigmas = []
    for y_m in (3.0, 6.0, 9.0):
        pose = tag_pose(cam, cam.project(corners_m(np.array([6.0, y_m, 2.5]), 30.0, 10.0)), SIZE_M)
        assert pose is not None
        sigmas.append(np.sqrt(np.trace(pose.covariance_m2)))
    assert sigmas == sorted(sigmas)
    assert sigmas[2] > 2.0 * sigmas[0]


def test_what_is_no_square_or_shows_its_back_is_left_out() -> None:
    cam = camera()
    corners = cam.project(corners_m(np.array([6.0, 5.0, 3.0]), 20.0, 0.0))
    assert tag_pose(cam, corners, SIZE_M) is not None
    assert tag_pose(cam, corners[::-1].copy(), SIZE_M) is None
    assert tag_pose(cam, corners + np.array([[0, 0], [9, -6], [-7, 5], [0, 0]]), SIZE_M) is None
    assert tag_pose(cam, corners.mean(axis=0) + (corners - corners.mean(axis=0)) * 0.1, SIZE_M) is None


def test_other_tags_copies_and_impossible_heights_are_left_out() -> None:
    cam = camera()
    there = (np.array([6.0, 5.0, 3.0]), 20.0, 0.0)
    one = picture(cam, [there])
    assert HookTags([hoist(id=8)], cam).observe(one) == ()
    assert HookTags([hoist(size_m=0.3)], cam).observe(picture(cam, [])) == ()
    twice = picture(cam, [there, (np.array([4.5, 5.0, 2.0]), 10.0, 0.0)])
    assert HookTags([hoist()], cam).observe(twice) == ()
    # A tag taken for six times its size would hang far under the floor.
    assert HookTags([hoist(size_m=1.8)], cam).observe(one) == ()


def test_a_sight_names_its_camera_and_keeps_its_times() -> None:
    cam = camera()
    sight = HookTags([hoist()], cam).sight(picture(cam, [(np.array([6.0, 5.0, 3.0]), 20.0, 0.0)]), 3.0, 3.1)
    assert (sight.source, sight.time_s, sight.ready_s) == ("tag cam1", 3.0, 3.1)
    assert len(sight.observations) == 1


def test_ids_that_do_not_exist_or_are_shared_are_named() -> None:
    with pytest.raises(BadInput, match=r"hoist 'H1': tag\.id is 600, expected 0 to 586"):
        HookTags([hoist(id=600)], camera())
    twin = hoist().model_copy(update={"name": "H2"})
    with pytest.raises(BadInput, match="hoist 'H2': tag is that of hoist 'H1' too"):
        HookTags([hoist(), twin], camera())
    assert (
        HookTags([hoist().model_copy(update={"tag": None})], camera()).observe(np.zeros((720, 1280, 3), np.uint8)) == ()
    )
