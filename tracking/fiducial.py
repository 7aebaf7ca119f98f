"""Where does a tag on the hook block hang? ArUco and AprilTag markers as a source for the hoist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.errors import BadInput
from calibration.site import Hoist, TagTable
from tracking.records import Observation, Sight
from tracking.tag_corners import refine_corners

Array = NDArray[np.float64]
Bgr = NDArray[np.uint8]

FAMILIES = {
    "april_16h5": "DICT_APRILTAG_16h5",
    "april_25h9": "DICT_APRILTAG_25h9",
    "april_36h10": "DICT_APRILTAG_36h10",
    "april_36h11": "DICT_APRILTAG_36h11",
    "aruco_4x4_50": "DICT_4X4_50",
    "aruco_5x5_100": "DICT_5X5_100",
}

CORNER_SIGMA_PX = 0.25
"""Noise of a refined corner in a sharp picture."""

_THRESHOLD_WINDOW_PX = 9
_SMALLEST_SIDE_PX = 12.0
_WORST_FIT_OF_SIDE = 0.04
_AMBIGUOUS_RATIO = 3.0
_MARGIN_M = 0.5


@dataclass(frozen=True, slots=True)
class TagPose:
    """A tag's centre in the world (3,), its covariance (3, 3) in m², and the fit of its corners."""

    centre_m: Array
    covariance_m2: Array
    fit_px: float


class HookTags:
    """Looks for the tags of the site's hoists in the pictures of one camera.

    A wrong place of the hook is worse than none. A tag is left out where it is too small, fits a
    square badly, shows its back, stands twice in the picture, hangs under the floor or above the
    beam, or where both poses that a square leaves possible fit and put its centre in two places.

    Raises:
        BadInput: a tag's id does not exist in its family.
    """

    def __init__(self, hoists: Sequence[Hoist], camera: Camera, corner_sigma_px: float = CORNER_SIGMA_PX) -> None:
        import cv2

        self._camera = camera
        self._sigma_px = corner_sigma_px
        self._tags: dict[tuple[str, int], tuple[Hoist, TagTable]] = {}
        self._detectors: dict[str, Any] = {}
        for hoist in hoists:
            if hoist.tag is None:
                continue
            family, number = hoist.tag.family, hoist.tag.id
            if (family, number) in self._tags:
                other = self._tags[family, number][0].name
                raise BadInput(f"hoist {hoist.name!r}: tag is that of hoist {other!r} too, expected one of its own")
            self._tags[family, number] = (hoist, hoist.tag)
            dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[family]))
            if number >= len(dictionary.bytesList):
                raise BadInput(
                    f"hoist {hoist.name!r}: tag.id is {number}, expected 0 to {len(dictionary.bytesList) - 1} "
                    f"for the family {family}"
                )
            if family not in self._detectors:
                parameters = cv2.aruco.DetectorParameters()
                # One threshold window instead of three: a third of the time, and as good but at the far end.
                parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax = _THRESHOLD_WINDOW_PX
                parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
                self._detectors[family] = cv2.aruco.ArucoDetector(dictionary, parameters)

    def sight(self, bgr: Bgr, time_s: float, ready_s: float) -> Sight:
        """What this camera's tags say about one picture; without observations where none is seen."""
        return Sight(source=f"tag {self._camera.name}", time_s=time_s, ready_s=ready_s, observations=self.observe(bgr))

    def observe(self, bgr: Bgr) -> tuple[Observation, ...]:
        """The hooks whose tags are seen in a BGR picture of the camera's full size."""
        import cv2

        if not self._detectors:
            return ()
        grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        found: list[Observation] = []
        for family, detector in self._detectors.items():
            corners, ids, _ = detector.detectMarkers(grey)
            numbers = [] if ids is None else [int(number) for number in ids.ravel()]
            for number, corner in zip(numbers, corners, strict=True):
                known = self._tags.get((family, number))
                if known is None or numbers.count(number) > 1:
                    continue
                hoist, tag = known
                exact = refine_corners(grey, corner.reshape(4, 2).astype(float))
                pose = None if exact is None else tag_pose(self._camera, exact, tag.size_m, self._sigma_px)
                if pose is not None and -_MARGIN_M <= pose.centre_m[2] <= hoist.beam_height_m + _MARGIN_M:
                    found.append(_observation(pose))
        return tuple(found)


def tag_pose(camera: Camera, corners_px: Array, size_m: float, sigma_px: float = CORNER_SIGMA_PX) -> TagPose | None:
    """Pose of a square tag from its corners (4, 2): top left, top right, bottom right, bottom left.

    Solved by infinitesimal plane-based pose estimation (Collins and Bartoli 2014), which gives both
    poses that a planar square leaves possible, then refined. The covariance is that of least
    squares, sigma² (JᵀJ)⁻¹ with J of the eight pixel coordinates by the six pose parameters, where
    sigma is at least what the residuals show. None where no pose can be relied on.
    """
    import cv2

    sides_px = np.linalg.norm(corners_px - np.roll(corners_px, 1, axis=0), axis=1)
    if sides_px.min() < _SMALLEST_SIDE_PX:
        return None
    h = size_m / 2.0
    square = np.array([[-h, h, 0.0], [h, h, 0.0], [h, -h, 0.0], [-h, -h, 0.0]])
    lens = camera.distortion if camera.distortion.size else np.zeros(5)
    count, rotations, shifts, _ = cv2.solvePnPGeneric(
        square, corners_px, camera.matrix, lens, flags=cv2.SOLVEPNP_IPPE_SQUARE
    )
    poses: list[tuple[float, TagPose]] = []
    for rotation, start in zip(rotations[:count], shifts[:count], strict=True):
        if not (np.isfinite(rotation).all() and np.isfinite(start).all()):
            continue
        turned, shift = cv2.solvePnPRefineLM(square, corners_px, camera.matrix, lens, rotation, start)
        moved = np.asarray(shift, float).reshape(3)
        if not _faces(np.asarray(cv2.Rodrigues(turned)[0], float), moved):
            continue
        image, slopes = cv2.projectPoints(square, turned, shift, camera.matrix, lens)
        jacobian = np.asarray(slopes[:, :6], float)
        # Eight coordinates less six parameters leave two degrees of freedom.
        fit_px = float(np.sqrt(((image.reshape(4, 2) - corners_px) ** 2).sum() / 2.0))
        pose = _in_world(camera, moved, jacobian, max(sigma_px, fit_px), fit_px)
        if pose is not None:
            poses.append((fit_px, pose))
    return _choose(poses, float(sides_px.max()), sigma_px)


def _faces(rotation: Array, shift_m: Array) -> bool:
    """Whether the tag lies in front of the camera with its printed side towards it."""
    return bool(shift_m[2] > 0.0 and float(rotation[:, 2] @ shift_m) < 0.0)


def _in_world(camera: Camera, shift_m: Array, jacobian: Array, sigma_px: float, fit_px: float) -> TagPose | None:
    information = jacobian.T @ jacobian
    if np.linalg.cond(information) > 1e14:
        return None
    in_camera = np.linalg.inv(information)[3:, 3:] * sigma_px**2
    centre = camera.rotation.T @ (shift_m - camera.translation_m)
    return TagPose(centre, camera.rotation.T @ in_camera @ camera.rotation, fit_px)


def _choose(poses: list[tuple[float, TagPose]], side_px: float, sigma_px: float) -> TagPose | None:
    poses = sorted(poses, key=lambda pose: pose[0])
    if not poses or poses[0][0] > max(4.0 * sigma_px, _WORST_FIT_OF_SIDE * side_px):
        return None
    best = poses[0][1]
    for fit_px, other in poses[1:]:
        if fit_px > _AMBIGUOUS_RATIO * max(best.fit_px, sigma_px):
            continue
        # The turn of the tag is open, which is of no account while its centre is not.
        apart = other.centre_m - best.centre_m
        if apart @ np.linalg.solve(best.covariance_m2, apart) > 16.0:
            return None
    return best


def _observation(pose: TagPose) -> Observation:
    cov = pose.covariance_m2
    return Observation(
        kind="hook",
        x_m=float(pose.centre_m[0]),
        y_m=float(pose.centre_m[1]),
        z_m=float(pose.centre_m[2]),
        var_x_m2=float(cov[0, 0]),
        cov_xy_m2=float(cov[0, 1]),
        var_y_m2=float(cov[1, 1]),
        sigma_z_m=float(np.sqrt(cov[2, 2])),
    )
