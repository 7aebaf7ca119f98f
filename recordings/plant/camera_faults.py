"""What is wrong with a camera at a time of the scenario, and what does it then give?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from calibration.camera import Array, Camera
from recordings.plant.scenario import Fault, Scenario
from recordings.plant.scenario_site import camera_table

Trouble = Literal["camera_dead", "camera_frozen", "camera_dark", "camera_moved", "camera_covered"]
_TROUBLES: tuple[Trouble, ...] = ("camera_dead", "camera_frozen", "camera_covered", "camera_dark", "camera_moved")
"""The one that hides the others first."""
_DARK_SHARE, _DARK_NOISE = 0.03, 3.0
_COVERED_SHARE, _COVERED_NOISE = 0.3, 2.0
Picture = NDArray[np.uint8]


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
    """The camera as it truly stands. The site file goes on saying what the calibration said."""
    camera = Camera.from_table(next(camera_table(eye) for eye in scenario.camera if eye.name == name))
    fault = fault_at(scenario, "camera_moved", name, time_s)
    return camera if fault is None else turned(camera, fault.amount)


def turned(camera: Camera, degrees: float) -> Camera:
    """The camera knocked to its right by so much about its own upright axis, and a third as far upwards."""
    turn = Rotation.from_euler("yx", [degrees, degrees / 3.0], degrees=True).as_matrix()
    rotation: Array = turn @ camera.rotation
    return replace(camera, rotation=rotation, translation_m=-rotation @ camera.centre_m)


def spoilt(rgb: Picture, trouble: Trouble | None, rng: np.random.Generator) -> Picture:
    """What is left of a picture (height, width, 3): near black with the noise of the sensor, or a lens covered."""
    if trouble not in ("camera_dark", "camera_covered"):
        return rgb
    if trouble == "camera_dark":
        left, noise = rgb * _DARK_SHARE, _DARK_NOISE
    else:
        # Something close before the lens: no edge is left, only a little of the colour of the whole.
        left, noise = np.broadcast_to(rgb.mean(axis=(0, 1)) * _COVERED_SHARE, rgb.shape), _COVERED_NOISE
    return np.clip(left + noise * rng.standard_normal(rgb.shape), 0, 255).astype(np.uint8)
