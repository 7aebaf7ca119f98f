"""Which site file belongs to a scenario? The calibration of its cameras is exact: they were put there."""

from __future__ import annotations

import math

import numpy as np

from calibration.site import CameraTable, Floor, Hoist, PolygonM, Site, Structure
from recordings.plant.scenario import Crane, Eye, Scenario, Standing

_ROTATION_DIGITS = 9
_FOCAL_DIGITS = 3


def site_of(scenario: Scenario) -> Site:
    """The calibrated site of a scenario.

    Raises pydantic.ValidationError where the tables contradict each other, as for a site file.
    """
    return Site(
        site=Floor(name=scenario.scenario.name, boundary_m=watched_floor(scenario)),
        camera=tuple(camera_table(eye) for eye in scenario.camera),
        hoist=tuple(_hoist(crane) for crane in scenario.hoist),
        structure=tuple(structure_of(standing) for standing in scenario.structure),
        zone=scenario.zone,
        relay=scenario.relay,
        detector=scenario.detector,
        policy=scenario.policy,
    )


def watched_floor(scenario: Scenario) -> PolygonM:
    """The watched floor in metres; the whole hall where the scenario names none."""
    if scenario.hall.watched_m is not None:
        return scenario.hall.watched_m
    x, y = scenario.hall.size_m
    return ((0.0, 0.0), (x, 0.0), (x, y), (0.0, y))


def camera_table(eye: Eye) -> CameraTable:
    """Matrix, distortion and pose of an upright camera at ``position_m`` that looks at ``look_at_m``.

    f = w / (2·tan(fov/2)) for pixels as wide as high; the optical axis meets the middle of the picture,
    which with the first pixel's centre at (0, 0) is ((w − 1)/2, (h − 1)/2). Rows of R are the camera's
    axes in the world: right, down, forward; t = −R·C. Straight down, the picture's right is +x.
    """
    centre = np.array(eye.position_m)
    forward = np.array(eye.look_at_m) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    length = float(np.linalg.norm(right))
    right = right / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    # Rounded as a calibration file would be: what is written down is what the recording is made with.
    rotation = np.round(rotation, _ROTATION_DIGITS)
    width, height = eye.size_px
    focal = round(width / 2 / math.tan(math.radians(eye.field_of_view_deg) / 2), _FOCAL_DIGITS)
    return CameraTable(
        name=eye.name,
        size_px=eye.size_px,
        matrix=((focal, 0.0, (width - 1) / 2), (0.0, focal, (height - 1) / 2), (0.0, 0.0, 1.0)),
        distortion=(eye.k1, 0.0, 0.0, 0.0, 0.0),
        rotation=tuple(tuple(float(v) for v in row) for row in rotation),
        translation_m=tuple(round(float(v), _ROTATION_DIGITS) for v in -rotation @ centre),
        rate_hz=eye.rate_hz,
    )


def structure_of(standing: Standing) -> Structure:
    """What the site file knows of a structure: its outline and height, and whether people stand on it."""
    return Structure(
        name=standing.name,
        polygon_m=standing.polygon_m,
        height_m=standing.height_m,
        platform=standing.kind == "platform",
    )


def _hoist(crane: Crane) -> Hoist:
    """The hoist without its physics and its plan."""
    return Hoist.model_validate({name: getattr(crane, name) for name in Hoist.model_fields})
