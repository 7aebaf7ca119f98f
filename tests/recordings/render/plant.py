"""A small hall with a bridge crane that carries a crate, for the tests of the renderer."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import pytest

from recordings.plant.records import BodyState, CraneState, LoadState, World
from recordings.plant.scenario import Scenario

needs_vtk = pytest.mark.skipif(
    importlib.util.find_spec("vtkmodules") is None, reason="VTK is not installed: pip install hoistwatch[plant]"
)
COLUMN = ((6.0, 3.0), (6.4, 3.0), (6.4, 3.4), (6.0, 3.4))
HOOK_M = (6.0, 6.0, 2.6)
LOAD_M, LOAD_SIZE_M = (6.0, 6.0, 1.2), (1.4, 1.0, 0.9)


def hall(**tables: Any) -> Scenario:
    """The hall with one clean camera of 640×360; ``tables`` replace its tables."""
    camera = {
        "name": "cam",
        "position_m": (1.0, 0.6, 4.5),
        "look_at_m": (6.5, 6.0, 1.0),
        "size_px": (640, 360),
        "k1": -0.08,
        "noise": 0.0,
        "blur_px": 0.0,
    }
    crane = {
        "name": "H1",
        "kind": "bridge",
        "travel_m": ((1.0, 1.0), (13.0, 9.0)),
        "beam_height_m": 5.5,
        "hook_height_m": (0.3, 4.8),
        "travel_speed_mps": (0.2, 0.5),
        "hoist_speed_mps": (0.05, 0.2),
        "deceleration_mps2": 0.3,
        "load_radius_m": 0.7,
        "load_height_m": 0.9,
        "start_m": (6.0, 6.0),
        "start_hook_m": 2.6,
    }
    return Scenario.model_validate(
        {
            "scenario": {"name": "hall", "seconds": 1.0, "seed": 4},
            "hall": {"size_m": (14.0, 10.0), "height_m": 7.0, "clutter": 0.0},
            "camera": [camera],
            "hoist": [crane],
            "load": [{"name": "crate", "at_m": (6.0, 6.0)}],
            "person": [{"name": "anna", "start_m": (3.0, 3.0)}],
        }
        | tables
    )


def moment(*people: tuple[float, float], yaw_rad: float = 0.0) -> World:
    """The crate in the air, and people of 1.75 m at places on the floor."""
    x, y, z = LOAD_M
    corners = [(x + sx * 0.6, y + sy * 0.4, z + 0.45) for sx in (-1, 1) for sy in (-1, 1)]
    return World(
        time_s=0.0,
        people=tuple(
            BodyState(name=f"person {k}", role="passer_by", x_m=px, y_m=py, height_m=1.75)
            for k, (px, py) in enumerate(people)
        ),
        cranes=(
            CraneState(
                name="H1",
                trolley_m=(6.0, 6.0, 5.5),
                hook_m=HOOK_M,
                rope_m=2.9,
                yaw_rad=yaw_rad,
                carries="crate",
                slings=tuple((HOOK_M, corner) for corner in corners),
            ),
        ),
        loads=(
            LoadState(
                name="crate",
                shape="crate",
                size_m=LOAD_SIZE_M,
                x_m=x,
                y_m=y,
                z_m=z,
                orientation=(math.cos(0.2), 0.0, 0.0, math.sin(0.2)),
                hung_from="H1",
                resting=False,
            ),
        ),
    )
