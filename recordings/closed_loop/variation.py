"""How does a scenario of the library go another time? People come a little earlier, elsewhere, faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from recordings.plant.scenario import Scenario
from recordings.plant.scenario_check import faults_of
from recordings.plant.scenario_site import site_of

_SHIFT_S, _PLACE_M, _PACE = 0.7, 0.3, 0.12
_TRIES = 12
_SEEDS = 1_000_000


def varied(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """The scenario with another seed, each person's plan shifted by up to 0.7 s, 0.3 m and an eighth of the pace.

    Where that puts somebody into a structure, less is tried, and at last nothing but the seed.
    """
    for k in range(_TRIES):
        tried = _varied(scenario, rng, 1.0 - k / _TRIES)
        if tried is not None and sound(tried):
            return tried
    about = scenario.scenario.model_copy(update={"seed": int(rng.integers(_SEEDS))})
    return scenario.model_copy(update={"scenario": about})


def sound(scenario: Scenario) -> bool:
    """Whether the tables of a scenario agree with each other; one with trajectories is taken to have them."""
    try:
        site_of(scenario)
    except ValidationError:
        return False
    people = tuple(worker for worker in scenario.person if worker.trajectory is None)
    return next(faults_of(scenario.model_copy(update={"person": people}), Path()), None) is None


def _varied(scenario: Scenario, rng: np.random.Generator, share: float) -> Scenario | None:
    tables: dict[str, Any] = scenario.model_dump(exclude_defaults=True)
    tables["scenario"]["seed"] = int(rng.integers(_SEEDS))
    for person in tables.get("person", ()):
        shift_s = share * float(rng.uniform(-_SHIFT_S, _SHIFT_S))
        pace = 1.0 + share * float(rng.uniform(-_PACE, _PACE))
        if person.get("floor_m", 0.0) == 0.0 and "drives" not in person:
            person["start_m"] = _moved(person["start_m"], rng, share)
        for step in person.get("plan", ()):
            for field in ("at_s", "until_s"):
                if step.get(field):
                    step[field] = max(0.05, step[field] + shift_s)
            if step.get("go_m") is not None:
                step["go_m"] = _moved(step["go_m"], rng, share)
                step["speed_mps"] = step.get("speed_mps", 1.25) * pace
    try:
        return Scenario.model_validate(tables)
    except ValidationError:
        return None


def _moved(at_m: tuple[float, float], rng: np.random.Generator, share: float) -> tuple[float, float]:
    dx, dy = rng.uniform(-_PLACE_M, _PLACE_M, 2) * share
    return float(at_m[0] + dx), float(at_m[1] + dy)
