"""What does each thing of a plant look like from a camera? Clouds of points in the world, (n, 3) metres.

Bodies are balls along their limbs, each shown by four points of its rim as the camera sees it; solids
are shown by points on their edges and faces.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.camera import Array
from recordings.plant.records import BodyState, CraneState, LoadState, Point3, TruckState

HOOK_BLOCK_M: Point3 = (0.3, 0.3, 0.45)
TROLLEY_M: Point3 = (0.9, 0.7, 0.45)
TRUCK_BODY_M: Point3 = (2.1, 1.1, 1.1)
_STRIDE_OF_HEIGHT = 0.22
"""Half a step length at walking speed, from the middle of the body to a foot."""
_WALK_MPS = 1.2
_SEAT_M = 0.5
"""Hips of a driver above the floor of the truck."""
_BEND_RAD = math.radians(105.0)


def body_points(body: BodyState, eye_m: Array) -> Array:
    """A person seen from ``eye_m`` (3,)."""
    centres, radii = _lying(body) if body.posture == "lie" else _upright(body)
    return _rims(centres, radii, eye_m)


def hook_points(crane: CraneState) -> Array:
    """The hook block, its middle at the hook."""
    return _block(crane.hook_m, HOOK_BLOCK_M, _yawed(crane.yaw_rad))


def trolley_points(crane: CraneState) -> Array:
    """The trolley, its middle at the beam where the rope leaves it."""
    return _block(crane.trolley_m, TROLLEY_M, _yawed(crane.yaw_rad))


def load_points(load: LoadState) -> Array:
    """A load; a coil lies with its eye along its own x axis."""
    w, x, y, z = load.orientation
    turn = Rotation.from_quat((x, y, z, w)).as_matrix()
    middle = (load.x_m, load.y_m, load.z_m)
    if load.shape != "coil":
        return _block(middle, load.size_m, turn)
    angles = np.arange(12) * math.pi / 6
    length, across, tall = load.size_m
    radius = min(across, tall) / 2
    rims = [
        np.column_stack([np.full(12, side * length / 2), radius * np.cos(angles), radius * np.sin(angles)])
        for side in (-1.0, 0.0, 1.0)
    ]
    points: Array = np.concatenate(rims) @ turn.T + middle
    return points


def truck_points(truck: TruckState) -> Array:
    """The body of a forklift. Its mast and guard are open frames that hide little."""
    turn = _yawed(truck.heading_rad)
    length, _, tall = TRUCK_BODY_M
    middle = np.array([truck.x_m, truck.y_m, tall / 2]) + (0.3 - length / 2) * turn[:, 0]
    return _block(middle, TRUCK_BODY_M, turn)


def _upright(body: BodyState) -> tuple[Array, Array]:
    """Centres (n, 3) and radii (n,) of a standing, walking, bending or sitting body."""
    h, sits = body.height_m, body.posture == "sit"
    ahead = np.array([math.cos(body.heading_rad), math.sin(body.heading_rad), 0.0])
    left = np.array([-ahead[1], ahead[0], 0.0])
    up = np.array([0.0, 0.0, 1.0])
    stride = _STRIDE_OF_HEIGHT * h * min(abs(body.speed_mps) / _WALK_MPS, 1.3) * math.cos(body.phase_rad)
    root = np.array([body.x_m, body.y_m, body.z_m])
    hip = root + up * (_SEAT_M if sits else 0.52 * h)
    lean = body.bend * _BEND_RAD
    trunk = math.cos(lean) * up + math.sin(lean) * ahead
    parts: list[tuple[Array, float]] = [
        (hip, 0.16),
        (hip + 0.16 * h * trunk, 0.16),
        (hip + 0.25 * h * trunk, 0.16),
        (hip + 0.42 * h * trunk, 0.105),
    ]
    shoulder = hip + 0.29 * h * trunk
    for side in (1.0, -1.0):
        foot = root + 0.1 * side * left + side * stride * ahead
        if sits:
            foot = root + 0.12 * side * left + 0.45 * ahead
        knee = (foot + hip + 0.09 * side * left) / 2 + (0.06 if not sits else 0.3) * ahead
        parts += [(foot + 0.05 * up, 0.05), (foot + 0.05 * up + 0.16 * ahead, 0.05), (knee, 0.075)]
        arm = shoulder + 0.2 * side * left
        parts += [(arm, 0.08), *_arm(body, arm, side, ahead, left)]
    return np.array([at for at, _ in parts]), np.array([radius for _, radius in parts])


def _arm(body: BodyState, shoulder: Array, side: float, ahead: Array, left: Array) -> list[tuple[Array, float]]:
    """Elbow and hand: where the hands reach, at the pendant, or hanging down."""
    length = 0.34 * body.height_m
    if body.hand_m is not None:
        reach = np.array(body.hand_m) + 0.12 * side * left - shoulder
        far = float(np.linalg.norm(reach))
        hand = shoulder + reach * min(1.0, length / max(far, 1e-9))
    elif body.posture in ("pendant", "reach"):
        hand = shoulder + 0.3 * ahead - 0.12 * side * left - np.array([0.0, 0.0, 0.22])
    else:
        hand = shoulder - np.array([0.0, 0.0, length]) + 0.04 * ahead
    return [((shoulder + hand) / 2 + 0.04 * side * left, 0.06), (hand, 0.055)]


def _lying(body: BodyState) -> tuple[Array, Array]:
    """A body on the floor: x/y is its middle, the heading points from feet to head."""
    along = np.array([math.cos(body.heading_rad), math.sin(body.heading_rad), 0.0])
    left = np.array([-along[1], along[0], 0.0])
    middle = np.array([body.x_m, body.y_m, body.z_m + 0.14])
    h = body.height_m
    parts = [(middle + (share - 0.5) * h * along, r) for share, r in ((0.52, 0.16), (0.68, 0.16), (0.8, 0.15))]
    parts.append((middle + 0.43 * h * along, 0.11))
    for side in (1.0, -1.0):
        parts += [
            (middle - 0.47 * h * along + 0.1 * side * left, 0.08),
            (middle - 0.24 * h * along + 0.1 * side * left, 0.08),
            (middle + 0.05 * h * along + 0.27 * side * left, 0.06),
        ]
    return np.array([at for at, _ in parts]), np.array([radius for _, radius in parts])


def _rims(centres: Array, radii: Array, eye_m: Array) -> Array:
    """Four points of each ball's rim across the line of sight, and its centre, (5n, 3)."""
    sight = centres.mean(axis=0) - eye_m
    sight /= max(float(np.linalg.norm(sight)), 1e-9)
    right = np.cross(sight, (0.0, 0.0, 1.0))
    length = float(np.linalg.norm(right))
    right = right / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    upper = np.cross(right, sight)
    rim = np.stack([right, -right, upper, -upper, np.zeros(3)])
    points: Array = (centres[:, None] + radii[:, None, None] * rim[None]).reshape(-1, 3)
    return points


def _block(middle_m: Array | Point3, size_m: Point3, turn: Array) -> Array:
    """A box as 27 points: corners, edges, faces and its middle. turn: (3, 3) from its axes to the world."""
    steps = np.array([-0.5, 0.0, 0.5])
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points: Array = (grid * np.array(size_m)) @ turn.T + middle_m
    return points


def _yawed(angle_rad: float) -> Array:
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
