"""What do all sources of a plant tell, look by look? Cameras with a detector behind them, encoders, capture threads."""

from __future__ import annotations

import numpy as np

from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.plant.senses import Watch
from recordings.plant.telemetry import Encoders, health_of
from recordings.plant.timing import Look, looks_of
from tracking.records import Boxes, Input

_TIMING, _ENCODERS, _BOXES = 101, 102, 103


class Sources:
    """All sources of a scenario. ``looks`` are in the order in which what they bring is ready.

    Noise is drawn from the scenario's seed: looks must be taken in the order of their times.
    """

    def __init__(self, scenario: Scenario) -> None:
        seed = scenario.scenario.seed
        self._scenario = scenario
        self.looks: tuple[Look, ...] = tuple(looks_of(scenario, np.random.default_rng([seed, _TIMING])))
        self._watches = {
            eye.name: Watch(scenario, eye.name, np.random.default_rng([seed, _BOXES, k]))
            for k, eye in enumerate(scenario.camera)
        }
        self._encoders = Encoders(scenario, np.random.default_rng([seed, _ENCODERS]))

    def take(self, look: Look, world: World) -> Input:
        """What one source sees of ``world``, which is the one at the time of the look."""
        match look.source:
            case "health":
                return health_of(self._scenario, look)
            case "telemetry":
                return self._encoders.read(world, look)
            case "camera":
                boxes = self._watches[look.name].look(world)
                return Boxes(camera=look.name, time_s=look.time_s, ready_s=look.ready_s, boxes=boxes)
