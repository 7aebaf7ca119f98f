"""Which scenario has which number? The library in variations, random halls, and real crowds with a hoist in them.

A number and a seed always give the same scenario, whatever runs beside it. Of ten in a row four are of the
library, four are halls and two crowds; without the crowds' data, halls take their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recordings.closed_loop.crowd_cases import Crowd, crowd_case
from recordings.closed_loop.hall_cases import hall_case
from recordings.closed_loop.records import Stratum
from recordings.closed_loop.variation import varied
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_file import LIBRARY, library, load_scenario

_TURN: tuple[Stratum, ...] = (
    "library", "hall", "crowd", "hall", "library", "library", "hall", "crowd", "hall", "library",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario to run. ``files`` are its trajectories, name to csv text; ``name`` says where it came from."""

    number: int
    stratum: Stratum
    name: str
    scenario: Scenario
    files: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Put the trajectories where the plant looks for them."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")


def stratum_of(number: int, crowds: bool) -> tuple[Stratum, int]:
    """The stratum of a scenario and its number within it."""
    turns = [s if crowds or s != "crowd" else "hall" for s in _TURN]
    rounds, place = divmod(number, len(turns))
    stratum = turns[place]
    return stratum, rounds * turns.count(stratum) + turns[:place].count(stratum)


def case_of(number: int, seed: int, crowds: tuple[Crowd, ...] = ()) -> Case:
    """Scenario ``number`` of a seed; ``crowds`` as ``crowd_cases.read_crowds`` gives them."""
    stratum, place = stratum_of(number, bool(crowds))
    rng = np.random.default_rng([seed, number, 4])
    match stratum:
        case "library":
            names = library()
            name = names[place % len(names)]
            return Case(number, stratum, name, varied(load_scenario(LIBRARY / f"{name}.toml"), rng))
        case "hall":
            scenario = hall_case(number, rng)
            return Case(number, stratum, scenario.hoist[0].kind, scenario)
        case "crowd":
            crowd = crowds[place % len(crowds)]
            scenario, files = crowd_case(number, crowd, rng)
            return Case(number, stratum, crowd.name, scenario, files)
