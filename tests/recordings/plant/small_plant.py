"""A small scenario: two cameras, a hanging crate that travels towards somebody who stands in its way."""

from __future__ import annotations

from pathlib import Path

from recordings.plant.scenario import Scenario
from recordings.plant.scenario_file import parse_scenario

SMALL = """
[scenario]
name = "Small hall"
describes = "A crate travels towards a fitter who looks elsewhere."
situation = "struck_by"
seconds = 12.0
seed = 5

[hall]
size_m = [14.0, 9.0]
height_m = 8.0

[[camera]]
name = "cam1"
position_m = [0.4, 0.4, 5.0]
look_at_m = [7.0, 5.0, 0.6]
field_of_view_deg = 80.0
rate_hz = 6.0

[[camera]]
name = "cam2"
position_m = [13.6, 0.4, 5.0]
look_at_m = [7.0, 5.0, 0.6]
field_of_view_deg = 80.0
rate_hz = 6.0

[[structure]]
name = "column C1"
kind = "column"
polygon_m = [[10.0, 1.0], [10.4, 1.0], [10.4, 1.4], [10.0, 1.4]]
height_m = 6.0

[[hoist]]
name = "H1"
kind = "bridge"
travel_m = [[1.0, 1.0], [13.0, 8.0]]
beam_height_m = 6.0
hook_height_m = [0.3, 5.0]
travel_speed_mps = [0.17, 0.5]
hoist_speed_mps = [0.05, 0.25]
deceleration_mps2 = 0.3
load_radius_m = 0.65
load_height_m = 0.8
sling_length_m = 1.0
start_m = [3.0, 4.5]
start_hook_m = 2.5
plan = [
    { at_s = 0.0, attach = "crate" },
    { at_s = 1.0, x_mps = 0.5 },
]

[[load]]
name = "crate"
size_m = [1.0, 0.8, 0.8]
mass_kg = 500.0
at_m = [3.0, 4.5]
base_m = 0.7
sling_m = 1.0

[[person]]
name = "fitter"
role = "passer_by"
start_m = [7.2, 4.6]
avoids = false

[[relay]]
name = "cabinet-1"
outputs = { permit = ["H1", "permit"], slow = ["H1", "slow"] }

[[expect]]
name = "fitter in the way"
situation = "struck_by"
hoist = "H1"
level = "warning"
raise_from_s = 1.0
raise_until_s = 8.0
contact_s = 8.2

[[quiet]]
name = "before the load moves"
from_s = 0.0
until_s = 1.0
"""
HERE = Path(__file__).parent


def changed(*pairs: tuple[str, str], text: str = SMALL) -> str:
    """The text with each first of a pair, which must be there, replaced by the second."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def small(*pairs: tuple[str, str]) -> Scenario:
    """The small scenario with changes of its text."""
    return parse_scenario(changed(*pairs), "small.toml", HERE)


def shorter(seconds: float, *pairs: tuple[str, str]) -> Scenario:
    """Only its beginning, without expectations, which lie later."""
    text = changed(("seconds = 12.0", f"seconds = {seconds}"), *pairs)
    return parse_scenario(text[: text.index("[[expect]]")], "small.toml", HERE)
