"""Worlds that tests know the truth of: cameras by where they look, people as upright bodies, a hall."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from calibration.camera import Array, Camera
from calibration.policy import Policy
from calibration.rig import Rig
from calibration.site import CameraTable, Floor, Hoist, Site, Structure, Zone
from tracking.box_people import people_of_looks
from tracking.observe import PersonFrame
from tracking.records import Box, Boxes, Kind, Observation, Sight

BODY_HEIGHT_M = 1.72
BODY_WIDTH_OF_HEIGHT = 0.35
HALL_M = ((0.0, 0.0), (24.0, 0.0), (24.0, 12.0), (0.0, 12.0))


def looking(
    name: str,
    at_m: tuple[float, float, float],
    to_m: tuple[float, float, float],
    *,
    size_px: tuple[int, int] = (1920, 1080),
    view_deg: float = 80.0,
    distortion: Sequence[float] = (0.0, 0.0, 0.0, 0.0, 0.0),
    rate_hz: float = 10.0,
) -> CameraTable:
    """A camera at one point that looks at another, upright; ``view_deg`` is its horizontal field of view."""
    centre = np.array(at_m)
    forward = np.array(to_m) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right = right / np.linalg.norm(right) if np.linalg.norm(right) > 1e-9 else np.array([1.0, 0.0, 0.0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    focal = size_px[0] / 2 / math.tan(math.radians(view_deg / 2))
    return CameraTable(
        name=name,
        size_px=size_px,
        matrix=((focal, 0.0, (size_px[0] - 1) / 2), (0.0, focal, (size_px[1] - 1) / 2), (0.0, 0.0, 1.0)),
        distortion=tuple(distortion),
        rotation=tuple(tuple(float(v) for v in row) for row in rotation),
        translation_m=tuple(float(v) for v in -rotation @ centre),
        rate_hz=rate_hz,
    )


def hall_cameras(number: int = 4) -> tuple[CameraTable, ...]:
    """Up to four cameras in the corners of the hall, looking at its middle from 6 m."""
    places = (((0.3, 0.3, 6.0), 9.0), ((23.7, 0.3, 6.0), 15.0), ((23.7, 11.7, 6.0), 15.0), ((0.3, 11.7, 6.0), 9.0))
    return tuple(looking(f"cam{i + 1}", at, (x, 6.0, 0.0)) for i, (at, x) in enumerate(places[:number]))


def bridge(name: str = "H1", **changes: object) -> Hoist:
    """The hoist of the design's example."""
    values: dict[str, object] = {
        "name": name,
        "kind": "bridge",
        "travel_m": ((1.0, 1.0), (23.0, 11.0)),
        "beam_height_m": 7.0,
        "hook_height_m": (0.3, 6.0),
        "travel_speed_mps": (0.17, 0.67),
        "hoist_speed_mps": (0.03, 0.12),
        "deceleration_mps2": 0.25,
        "load_radius_m": 0.5,
        "load_height_m": 0.8,
    }
    return Hoist.model_validate(values | changes)


def hall(
    cameras: int = 4,
    hoists: Sequence[Hoist] = (),
    structures: Sequence[Structure] = (),
    zones: Sequence[Zone] = (),
    **policy: float,
) -> Site:
    """A hall of 24 by 12 m with cameras in its corners."""
    return Site(
        site=Floor(name="Hall", boundary_m=HALL_M),
        camera=hall_cameras(cameras),
        hoist=tuple(hoists),
        structure=tuple(structures),
        zone=tuple(zones),
        policy=Policy(**policy),
    )


def body_boxes(
    camera: Camera, feet_m: Array, policy: Policy, height_m: float = BODY_HEIGHT_M, score: float = 0.9
) -> list[Box]:
    """Boxes (cut off by the picture) of people standing at (n, 2); those outside the picture are left out.

    A box ends at the toes, ``foot_offset_m`` nearer to the camera than the middle of the body. It spans
    feet and head, which stand beside each other where a tilted camera sees an upright body lean.
    """
    out = []
    width, height = camera.size_px
    for x, y in np.asarray(feet_m, float).reshape(-1, 2):
        towards = camera.centre_m[:2] - (x, y)
        toe = np.array([x, y]) + policy.foot_offset_m * towards / max(float(np.hypot(*towards)), 1e-9)
        foot, head = camera.project(np.array([[toe[0], toe[1], 0.0], [x, y, height_m]]))
        if not np.isfinite([foot, head]).all():
            continue
        half = BODY_WIDTH_OF_HEIGHT * (foot[1] - head[1]) / 2
        left, right = max(min(foot[0], head[0]) - half, 0.0), min(max(foot[0], head[0]) + half, width - 1.0)
        top, bottom = max(head[1], 0.0), min(foot[1], height - 1.0)
        if right - left > 4.0 and bottom - top > 8.0:
            out.append(Box(float(left), float(top), float(right - left), float(bottom - top), score))
    return out


def shaken(boxes: Sequence[Box], random: np.random.Generator, sigma_px: float) -> tuple[Box, ...]:
    """The same boxes with every edge moved by independent noise."""
    out = []
    for b in boxes:
        left, top, right, bottom = random.normal(0.0, sigma_px, 4)
        out.append(
            Box(
                b.left_px + left,
                b.top_px + top,
                max(b.width_px + right - left, 2.0),
                max(b.height_px + bottom - top, 2.0),
                b.score,
                b.kind,
            )
        )
    return tuple(out)


def point_box(camera: Camera, point_m: Array, kind: Kind, size_px: float = 40.0, score: float = 0.9) -> Box | None:
    """A box around the pixel of a world point, None where the camera does not see it."""
    point = np.asarray(point_m, float)[None]
    if not camera.visible(point)[0]:
        return None
    u, v = camera.project(point)[0]
    return Box(float(u - size_px / 2), float(v - size_px / 2), size_px, size_px, score, kind)


def boxes_at(camera: str, time_s: float, boxes: Sequence[Box], delay_s: float = 0.0) -> Boxes:
    return Boxes(camera=camera, time_s=time_s, ready_s=time_s + delay_s, boxes=tuple(boxes))


def seen_at(kind: Kind, x_m: float, y_m: float, z_m: float | None = None, sigma_m: float = 0.1) -> Observation:
    """An observation in metres with the same noise along both axes."""
    return Observation(
        kind=kind,
        x_m=x_m,
        y_m=y_m,
        z_m=z_m,
        var_x_m2=sigma_m**2,
        var_y_m2=sigma_m**2,
        sigma_z_m=None if z_m is None else sigma_m,
    )


def sight_at(source: str, time_s: float, observations: Sequence[Observation]) -> Sight:
    return Sight(source=source, time_s=time_s, ready_s=time_s, observations=tuple(observations))


def people_of_boxes(
    boxes: Boxes,
    camera: Camera,
    policy: Policy,
    structures: tuple[Structure, ...] = (),
    counts: Counter[str] | None = None,
) -> PersonFrame:
    """People of one frame of one camera."""
    return people_of_looks([boxes], [0], Rig([camera]), policy, structures, counts)[0]
