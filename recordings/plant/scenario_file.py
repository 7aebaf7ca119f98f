"""Reading a scenario file; every fault is one sentence that names file, table and field."""

from __future__ import annotations

from pathlib import Path

import tomli_w
from pydantic import ValidationError

from calibration.errors import BadInput
from calibration.toml_file import parse_tables, read_text, sentence
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_check import faults_of
from recordings.plant.scenario_site import site_of

LIBRARY = Path(__file__).parents[1] / "scenarios"
"""The scenarios that come with the program."""


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario file, with everything that it names beside it.

    Raises BadInput naming file, table, field and what was expected: not readable, not TOML, an unknown
    or missing key, a value out of bounds, or tables that contradict each other.
    """
    path = Path(path)
    return parse_scenario(read_text(path, "scenario file"), str(path), path.parent)


def parse_scenario(text: str, name: str, folder: Path) -> Scenario:
    """Read a scenario from TOML text. ``name`` stands in error messages; trajectories lie in ``folder``."""
    scenario = parse_tables(text, name, Scenario)
    fault = next(faults_of(scenario, folder), None)
    if fault is not None:
        raise BadInput(f"{name}: {fault}")
    try:
        site_of(scenario)
    except ValidationError as error:
        raise BadInput(f"{name}: {sentence(error, scenario.model_dump(mode='json'))}") from None
    return scenario


def scenario_text(scenario: Scenario) -> str:
    """The scenario as TOML text that ``parse_scenario`` reads back to an equal one."""
    return tomli_w.dumps(scenario.model_dump(mode="json", exclude_none=True, exclude_defaults=True))


def library() -> tuple[str, ...]:
    """Names of the scenarios that come with the program, sorted."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.toml")))


def scenario_path(name: str) -> Path:
    """A file by its path, or one of the library by its bare name.

    Raises BadInput where there is neither, with the names that there are.
    """
    path = Path(name)
    if path.suffix or path.exists() or len(path.parts) != 1:
        return path
    inside = LIBRARY / f"{name}.toml"
    if not inside.is_file():
        raise BadInput(
            f"{name}: no such scenario, expected a file or one of the library: {', '.join(library()) or 'none'}"
        )
    return inside
