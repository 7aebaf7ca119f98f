"""The whole plant: what physics and people make of a scenario, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recordings.plant.cranes import Cranes
from recordings.plant.crowd import Crowd
from recordings.plant.records import Order, World
from recordings.plant.scenario import Scenario


class Plant:
    """Hoists with their loads, and people and trucks around them. Deterministic by the scenario's seed.

    Args:
        scenario: a checked scenario.
        folder: where its trajectories lie.

    Raises BadInput where a trajectory cannot be read.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._cranes = Cranes(scenario)
        self._crowd = Crowd(scenario, folder)

    def advance(self, to_s: float, orders: Mapping[str, Order]) -> World:
        """The world at ``to_s``, not before the last call's; each hoist did what its order allowed until then."""
        cranes, loads = self._cranes.advance(to_s, orders)
        people, trucks = self._crowd.advance(to_s, cranes, loads)
        return World(time_s=to_s, people=people, trucks=trucks, cranes=cranes, loads=loads)
