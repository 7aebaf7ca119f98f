"""What picture does each camera of a plant take? Rendering, and what the faults of cameras make of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.errors import Unavailable
from recordings.plant.camera_faults import Picture, fault_at, spoilt, trouble_of
from recordings.plant.records import World
from recordings.plant.scenario import Scenario

_NOISE = 104


def renderer(scenario: Scenario) -> Callable[[World, str], Picture]:
    """A function that draws a world as a camera sees it, (height, width, 3) RGB. Same world, same picture.

    Raises Unavailable where the extra that draws is not installed.
    """
    try:
        from recordings.render.bodies import Bodies
        from recordings.render.scene import Scene

        scene = Scene(scenario, Bodies(), seed=scenario.scenario.seed)
    except ModuleNotFoundError as error:
        raise Unavailable(
            f'rendering needs the package {error.name}, which is not installed: pip install "hoistwatch[plant]"'
        ) from None
    numbers = {eye.name: k for k, eye in enumerate(scenario.camera)}

    def draw(world: World, camera: str) -> Picture:
        moved = fault_at(scenario, "camera_moved", camera, world.time_s)
        rgb = scene.shoot(world, camera, world.time_s, turned_deg=moved.amount if moved else 0.0).rgb
        seed = [scenario.scenario.seed, _NOISE, numbers[camera], round(world.time_s * 1e4)]
        return spoilt(rgb, trouble_of(scenario, camera, world.time_s), np.random.default_rng(seed))

    return draw
