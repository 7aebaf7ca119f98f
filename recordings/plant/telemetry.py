"""What do encoders tell of the hoists, and capture threads of their cameras?"""

from __future__ import annotations

import numpy as np

from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.plant.timing import Look
from tracking.records import CameraHealth, Telemetry

_DECIMALS = 4


class Encoders:
    """Encoders of every hoist. Draws from ``rng``: readings must be asked for in time order.

    A trolley's encoders tell the trolley and, by the rope that is out, the height at which the hook would
    hang plumb; a position system on the hook (``telemetry_point = "hook"``) tells where the hook is.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._sigma_m = scenario.observations.telemetry_sigma_m
        self._on_hook = {crane.name: crane.telemetry_point == "hook" for crane in scenario.hoist}
        self._rng = rng

    def read(self, world: World, look: Look) -> Telemetry:
        """The reading of one hoist."""
        crane = next(crane for crane in world.cranes if crane.name == look.name)
        at = crane.hook_m
        if not self._on_hook[look.name]:
            at = (*crane.trolley_m[:2], crane.trolley_m[2] - crane.rope_m)
        x, y, z = np.round(np.array(at) + self._sigma_m * self._rng.standard_normal(3), _DECIMALS)
        return Telemetry(
            hoist=look.name, time_s=look.time_s, ready_s=look.ready_s, x_m=float(x), y_m=float(y), z_m=float(z)
        )


def health_of(scenario: Scenario, look: Look) -> CameraHealth:
    """What the capture thread of a camera says once a second. Only a dead stream is known to it."""
    eye = next(eye for eye in scenario.camera if eye.name == look.name)
    deaths = [f for f in scenario.fault if f.kind == "camera_dead" and f.of == look.name and f.at_s <= look.time_s]
    returned = sum(f.until_s is not None and f.until_s <= look.time_s for f in deaths)
    dead = returned < len(deaths)
    return CameraHealth(
        camera=look.name,
        time_s=look.time_s,
        ready_s=look.ready_s,
        connected=not dead,
        rate_hz=0.0 if dead or look.time_s == 0.0 else eye.rate_hz,
        gaps=returned,
        reconnects=returned,
        message="no answer" if dead else "",
    )
