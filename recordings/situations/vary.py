"""How does a scenario go another day? At another pace, people elsewhere, another load, other noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from recordings.plant.scenario import Scenario
from recordings.plant.scenario_check import faults_of
from recordings.plant.scenario_site import site_of

_PACE, _OWN_PACE = 0.15, 0.08
_SHIFT_S, _PLACE_M, _NEAR_PLACE_M = 0.4, 0.25, 0.06
_SIZE, _MASS = 0.12, 0.35
_SEEDS = 2**31
_TIMES = ("at_s", "until_s", "wait_s")


def varied(scenario: Scenario, rng: np.random.Generator) -> Scenario | None:
    """One variation, None where it contradicts itself (somebody would begin inside a structure, say).

    The clock of the whole scenario runs by up to 15 % faster or slower, so that who meets still meets;
    then every person is shifted by up to 0.4 s, 0.25 m (0.06 m who has hands on a load or stands on a platform)
    and 8 % of the pace, has another height, and each load another width (12 %) and mass; boxes get other noise.
    """
    tables: dict[str, Any] = scenario.model_dump(exclude_defaults=True)
    pace = float(rng.uniform(1 - _PACE, 1 + _PACE))
    tables["scenario"] |= {"seed": int(rng.integers(_SEEDS)), "seconds": scenario.scenario.seconds / pace + _SHIFT_S}
    tables["expect"], tables["quiet"] = (), ()
    for hoist in tables.get("hoist", ()):
        # Drives are as fast as they are asked to be: another hoist of the same kind.
        for name in ("travel_speed_mps", "hoist_speed_mps"):
            slow, fast = hoist[name]
            hoist[name] = (slow * pace, fast * pace)
        for drive in hoist.get("plan", ()):
            _scale(drive, pace, 0.0)
    for fault in tables.get("fault", ()):
        _scale(fault, pace, float(rng.uniform(-_SHIFT_S, _SHIFT_S)))
    for load in tables.get("load", ()):
        x, y, z = load.get("size_m", (1.2, 0.8, 0.8))
        wide = float(rng.uniform(1 - _SIZE, 1 + _SIZE))
        load["size_m"] = (x * wide, y * wide, z)
        load["mass_kg"] = load.get("mass_kg", 500.0) * float(rng.uniform(1 - _MASS, 1 + _MASS))
    for person in tables.get("person", ()):
        _another(person, pace, rng)
    for truck in tables.get("truck", ()):
        for step in truck.get("plan", ()):
            _scale(step, pace, 0.0)
    tables["observations"] = tables.get("observations", {}) | {
        "sigma_px": float(rng.uniform(1.2, 3.0)),
        "missed": float(rng.uniform(0.02, 0.10)),
        "false_hz": float(rng.uniform(0.005, 0.04)),
    }
    return _checked(tables)


def _scale(step: dict[str, Any], pace: float, shift_s: float) -> None:
    """One entry of a plan by a clock that runs ``pace`` times as fast; what is at the very start stays there."""
    for name in _TIMES:
        if step.get(name):
            shift = 0.0 if name == "wait_s" else shift_s
            step[name] = max(0.05, step[name] / pace + shift)
    for name in ("x_mps", "y_mps", "lift_mps", "speed_mps"):
        if step.get(name):
            step[name] *= pace


def _another(person: dict[str, Any], pace: float, rng: np.random.Generator) -> None:
    plan = person.get("plan", ())
    bound = person.get("floor_m", 0.0) > 0.0 or any(step.get("hands_on") for step in plan)
    reach = _NEAR_PLACE_M if bound else _PLACE_M
    aside = rng.uniform(-reach, reach, 2)
    shift_s = float(rng.uniform(-_SHIFT_S, _SHIFT_S))
    own = float(rng.uniform(1 - _OWN_PACE, 1 + _OWN_PACE))
    if "drives" not in person:
        person["start_m"] = _moved(person["start_m"], aside)
        person["height_m"] = float(rng.uniform(1.60, 1.86))
    for step in plan:
        _scale(step, pace, shift_s)
        if step.get("go_m") is not None:
            step.setdefault("speed_mps", 1.25 * pace)
            step["go_m"] = _moved(step["go_m"], aside + rng.uniform(-reach, reach, 2) / 4)
            step["speed_mps"] *= own


def _moved(at_m: tuple[float, float], aside_m: Any) -> tuple[float, float]:
    return float(at_m[0] + aside_m[0]), float(at_m[1] + aside_m[1])


def _checked(tables: dict[str, Any]) -> Scenario | None:
    try:
        scenario = Scenario.model_validate(tables)
        site_of(scenario)
    except ValidationError:
        return None
    people = tuple(worker for worker in scenario.person if worker.trajectory is None)
    fault = next(faults_of(scenario.model_copy(update={"person": people}), Path()), None)
    return scenario if fault is None else None
