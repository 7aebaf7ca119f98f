"""What is wrong with a camera at a time of the scenario, and what does it then give?"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from calibration.camera import Camera
from calibration.site import CameraTable
from recordings.plant.scenario import Fault, Scenario
from recordings.plant.scenario_site import camera_table

Trouble = Literal["camera_dead", "camera_frozen", "camera_dark", "camera_moved", "camera_covered"]
_TROUBLES: tuple[Trouble, ...] = ("camera_dead", "camera_frozen", "camera_covered", "camera_dark", "camera_moved")
"""The one that hides the others first."""


def fault_at(scenario: Scenario, kind: str, of: str, time_s: float) -> Fault | None:
    """The fault of this kind and thing that lasts at ``time_s``, the end not included."""
    for fault in scenario.fault:
        ends_s = math.inf if fault.until_s is None else fault.until_s
        if fault.kind == kind and fault.of == of and fault.at_s <= time_s < ends_s:
            return fault
    return None


def trouble_of(scenario: Scenario, camera: str, time_s: float) -> Trouble | None:
    """What ails a camera: no pictures, the same picture again and again, black, covered, or turned."""
    return next((kind for kind in _TROUBLES if fault_at(scenario, kind, camera, time_s) is not None), None)


def camera_at(scenario: Scenario, name: str, time_s: float) -> Camera:
    """The camera as it truly stands: a moved one is turned about the vertical, anticlockwise from above.

    The site file goes on saying what the calibration said.
    """
    table = _table(scenario, name)
    fault = fault_at(scenario, "camera_moved", name, time_s)
    return Camera.from_table(table if fault is None else turned(table, fault.amount))


def turned(table: CameraTable, degrees: float) -> CameraTable:
    """The camera turned by so much about the vertical through its centre: R' = R·Rz(−φ), t' = −R'·C."""
    camera = Camera.from_table(table)
    angle = -math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    rotation = camera.rotation @ np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return table.model_copy(
        update={
            "rotation": tuple(tuple(float(v) for v in row) for row in rotation),
            "translation_m": tuple(float(v) for v in -rotation @ camera.centre_m),
        }
    )


def _table(scenario: Scenario, name: str) -> CameraTable:
    return next(camera_table(eye) for eye in scenario.camera if eye.name == name)
