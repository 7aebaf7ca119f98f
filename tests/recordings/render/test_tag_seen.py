"""A tag that is drawn on a hook block is read by the project's own tag reader, in the right place."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.site import TagTable
from recordings.plant.scenario_site import camera_table
from recordings.render.hoist_looks import hoist_looks
from recordings.render.hoists import tag_places
from tests.recordings.render.plant import HOOK_M, hall, moment, needs_vtk
from tracking.fiducial import HookTags

SIZE_PX = (1280, 720)


@needs_vtk
@pytest.mark.parametrize(("family", "number", "turn_deg"), [("april_36h11", 17, 0.0), ("aruco_4x4_50", 3, 25.0)])
def test_tag_is_read_where_it_hangs(family: str, number: int, turn_deg: float) -> None:
    from recordings.render.scene import Scene

    base = hall()
    tag = {"family": family, "id": number, "size_m": 0.24}
    eye = base.camera[0].model_copy(update={"size_px": SIZE_PX, "field_of_view_deg": 40.0, "blur_px": 0.4})
    towards = math.atan2(eye.position_m[1] - HOOK_M[1], eye.position_m[0] - HOOK_M[0])
    eye = eye.model_copy(update={"look_at_m": HOOK_M})
    crane = base.hoist[0].model_copy(update={"tag": _tag(tag)})
    scenario = base.model_copy(update={"camera": (eye,), "hoist": (crane,)})
    world = moment(yaw_rad=towards + math.pi / 2 + math.radians(turn_deg))
    shot = Scene(scenario, None, seed=4).shoot(world, "cam", 0.0)
    camera = Camera.from_table(camera_table(eye))
    seen = HookTags([crane], camera).observe(np.ascontiguousarray(shot.rgb[..., ::-1]))
    assert len(seen) == 1
    at = np.array([seen[0].x_m, seen[0].y_m, seen[0].z_m])
    look = hoist_looks(scenario, 4)["H1"]
    assert min(np.linalg.norm(at - place) for place in tag_places(crane, look, world.cranes[0])) < 0.06
    assert np.linalg.norm(at - HOOK_M) < 0.22


def _tag(table: dict[str, object]) -> TagTable:
    return TagTable.model_validate(table)
