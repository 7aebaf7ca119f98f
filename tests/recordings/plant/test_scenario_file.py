"""A scenario file is read with every fault named; the library is whole; the calibrated site looks where it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.errors import BadInput
from calibration.site_file import parse_site, site_text
from recordings.plant.scenario import Composite
from recordings.plant.scenario_file import library, load_scenario, parse_scenario, scenario_path, scenario_text
from recordings.plant.scenario_site import site_of
from recordings.plant.world import Plant
from tests.recordings.plant.small_plant import HERE, changed, small

EXPECT = "[[expect]]"
TRUCK = '[[truck]]\nname = "T1"\nstart_m = [3.0, 7.5]\n\n'
PLAN = "avoids = false\nplan = "
FAULTS = {
    "schema": (("rate_hz = 6.0", "rate_hz = 0.0"), r"[[camera]] 'cam1' rate_hz must be above 0, is 0.0"),
    "unknown key": (("seed = 5", "sead = 5"), "[scenario] sead is not a known key"),
    "situation": (('situation = "struck_by"\ns', 'situation = "bored"\ns'), "[scenario] situation must be 'normal'"),
    "missing": (("at_m = [3.0, 4.5]\n", ""), "[[load]] 'crate' at_m is missing"),
    "name twice": (('"cam2"', '"cam1"'), "[[camera]] name 'cam1' is given twice"),
    "camera below the floor": (
        ("0.4, 0.4, 5.0", "0.4, 0.4, -1.0"),
        "'cam1' position_m must lie above the floor, is at -1 m",
    ),
    "camera above the roof": (("0.4, 0.4, 5.0", "0.4, 0.4, 8.5"), "'cam1' position_m must lie below the roof at 8 m"),
    "camera outside": (("0.4, 0.4, 5.0", "-0.4, 0.4, 5.0"), "'cam1' position_m must lie inside the hall, 14 m by 9 m"),
    "camera in a column": (
        ("13.6, 0.4, 5.0", "10.2, 1.2, 5.0"),
        "'cam2' position_m lies inside [[structure]] 'column C1'",
    ),
    "camera looks at itself": (("7.0, 5.0, 0.6", "0.4, 0.4, 5.0"), "'cam1' look_at_m must be another point"),
    "structure outside": (
        ("[10.4, 1.4], ", "[10.4, 99.0], "),
        "[[structure]] 'column C1' polygon_m must lie inside the hall",
    ),
    "structure through the roof": (
        ("height_m = 6.0\n\n[[hoist", "height_m = 9.0\n\n[[hoist"),
        "height_m must stay below the roof at 8 m, is 9",
    ),
    "beam above the roof": (
        ("beam_height_m = 6.0", "beam_height_m = 9.0"),
        "[[hoist]] 'H1' beam_height_m must stay below the roof",
    ),
    "reach outside": (("[13.0, 8.0]", "[15.0, 8.0]"), "[[hoist]] 'H1' travel_m must lie inside the hall"),
    "trolley off its rails": (
        ("start_m = [3.0, 4.5]", "start_m = [0.5, 4.5]"),
        "'H1' start_m must lie within travel_m, is [0.5, 4.5]",
    ),
    "hook too high": (
        ("start_hook_m = 2.5", "start_hook_m = 5.5"),
        "'H1' start_hook_m must lie within hook_height_m, 0.3 to 5, is 5.5",
    ),
    "too fast": (("x_mps = 0.5", "x_mps = 0.7"), "'H1' plan[1].x_mps must be at most the drive's 0.5 m/s, is 0.7"),
    "plan backwards": (("at_s = 1.0", "at_s = 0.0"), "'H1' plan[1].at_s must be after 0, is 0"),
    "plan beyond the end": (
        ("at_s = 1.0", "at_s = 13.0"),
        "'H1' plan[1].at_s must be at most [scenario] seconds 12, is 13",
    ),
    "unknown load": (
        ('attach = "crate"', 'attach = "box"'),
        "'H1' plan[0].attach names 'box', expected one of [[load]]: crate",
    ),
    "release of nothing": (("x_mps = 0.5", "release = true"), None),
    "hooked on twice": (("x_mps = 0.5", 'attach = "crate"'), "plan[1].attach finds 'crate' on the hook"),
    "too heavy": (
        ("mass_kg = 500.0", "mass_kg = 9000.0"),
        "names [[load]] 'crate' of 9000 kg, expected at most capacity_kg 5000",
    ),
    "too tall": (
        ("sling_m = 1.0", "sling_m = 4.0"),
        "would need the hook above 5.5 m, expected at most hook_height_m 5",
    ),
    "load outside": (
        ("at_m = [3.0, 4.5]\nbase", "at_m = [30.0, 4.5]\nbase"),
        "[[load]] 'crate' at_m must lie inside the hall",
    ),
    "load in a column": (
        ("at_m = [3.0, 4.5]\nbase", "at_m = [10.0, 1.5]\nbase"),
        "[[load]] 'crate' at_m lies inside [[structure]] 'column C1'",
    ),
    "gravity outside the load": (
        ("base_m = 0.7", "offset_m = [0.6, 0.0, 0.0]"),
        "[[load]] 'crate' offset_m must lie inside the load",
    ),
    "person in a column": (
        ("[7.2, 4.6]", "[10.2, 1.2]"),
        "[[person]] 'fitter' start_m lies inside [[structure]] 'column C1'",
    ),
    "person in a load": (("[7.2, 4.6]", "[3.1, 4.6]"), "[[person]] 'fitter' start_m lies inside [[load]] 'crate'"),
    "person outside": (("[7.2, 4.6]", "[7.2, 9.6]"), "[[person]] 'fitter' start_m must lie inside the hall"),
    "person on air": (
        ("avoids = false", "floor_m = 2.0"),
        "'fitter' floor_m is 2, expected a [[structure]] of that height",
    ),
    "walk into a column": (
        ("avoids = false", PLAN + "[{ go_m = [10.2, 1.2] }]"),
        "'fitter' plan[0].go_m lies inside [[structure]]",
    ),
    "walk out": (
        ("avoids = false", PLAN + "[{ go_m = [20.0, 1.2] }]"),
        "'fitter' plan[0].go_m must lie inside the hall",
    ),
    "hands on nothing": (
        ("avoids = false", PLAN + '[{ hands_on = "box" }]'),
        "plan[0].hands_on names 'box', expected one of [[load]]: crate",
    ),
    "follows nothing": (
        ("avoids = false", PLAN + '[{ follow = "H9" }]'),
        "plan[0].follow names 'H9', expected one of [[hoist]]: H1",
    ),
    "ends before it begins": (
        ("avoids = false", PLAN + "[{ at_s = 3.0, until_s = 2.0 }]"),
        "plan[0].until_s must be after at_s 3, is 2",
    ),
    "trajectory missing": (("avoids = false", 'trajectory = "no.csv"'), "no.csv, which is no file"),
    "drives nothing": (
        ("avoids = false", 'drives = "T1"'),
        "'fitter' drives names 'T1', expected one of [[truck]]: none is given",
    ),
    "driver without a truck": (('role = "passer_by"', 'role = "driver"'), "'fitter' drives is missing"),
    "truck in a column": (
        (EXPECT, TRUCK.replace("3.0, 7.5", "10.2, 1.2") + EXPECT),
        "[[truck]] 'T1' start_m lies inside [[structure]]",
    ),
    "fault of nothing": (
        (EXPECT, '[[fault]]\nkind = "camera_dead"\nof = "cam9"\nat_s = 1.0\n\n' + EXPECT),
        "[[fault]] number 1 of names 'cam9', expected one of [[camera]]: cam1, cam2",
    ),
    "fault of another kind": (
        (EXPECT, '[[fault]]\nkind = "snag"\nof = "crate"\nat_s = 1.0\n\n' + EXPECT),
        "expected one of [[hoist]]: H1",
    ),
    "fault too late": (
        (EXPECT, '[[fault]]\nkind = "snag"\nof = "H1"\nat_s = 13.0\n\n' + EXPECT),
        "[[fault]] number 1 at_s must be at most",
    ),
    "fault ends before": (
        (EXPECT, '[[fault]]\nkind = "snag"\nof = "H1"\nat_s = 3.0\nuntil_s = 3.0\n\n' + EXPECT),
        "until_s must be after at_s 3",
    ),
    "expects backwards": (
        ("raise_until_s = 8.0", "raise_until_s = 0.5"),
        "[[expect]] 'fitter in the way' raise_from_s must not be after",
    ),
    "expects too late": (("contact_s = 8.2", "contact_s = 13.0"), "contact_s must be at most [scenario] seconds 12"),
    "expects unknown level": (
        ('level = "warning"', 'level = "clear"'),
        "level must be 'caution', 'warning' or 'danger'",
    ),
    "expects unknown situation": (
        ('situation = "struck_by"\nhoist', 'situation = "squash"\nhoist'),
        "[[expect]] 'fitter in the way' situation must be",
    ),
    "expects unknown hoist": (
        ('hoist = "H1"\nlevel', 'hoist = "H2"\nlevel'),
        "[[expect]] 'fitter in the way' hoist names 'H2'",
    ),
    "quiet too long": (
        ("until_s = 1.0", "until_s = 12.5"),
        "[[quiet]] 'before the load moves' until_s must be at most",
    ),
    "relay of no hoist": (('permit = ["H1"', 'permit = ["H2"'), "[[relay]] 'cabinet-1' outputs 'permit' names 'H2'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_table_and_field(name: str, tmp_path: Path) -> None:
    pair, sentence = FAULTS[name]
    path = tmp_path / "bad.toml"
    text = changed(pair)
    if sentence is None:
        text = changed(('{ at_s = 0.0, attach = "crate" },', "{ at_s = 0.0, y_mps = 0.0 },"), text=text)
        sentence = "'H1' plan[1].release has nothing to take off"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenario(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert re.sub(r"\s+", " ", sentence) in message
    assert "\n" not in message


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no\.toml: no such scenario file"):
        load_scenario(tmp_path / "no.toml")
    (tmp_path / "a.toml").write_text("[[camera]\n")
    with pytest.raises(BadInput, match=r"a\.toml: is not valid TOML"):
        load_scenario(tmp_path / "a.toml")


def test_a_scenario_is_read_back_as_it_was_written() -> None:
    scenario = small()
    assert parse_scenario(scenario_text(scenario), "again.toml", HERE) == scenario


def test_a_person_on_a_platform_stands_inside_a_structure() -> None:
    platform = (
        'kind = "column"\npolygon_m = [[10.0, 1.0], [10.4, 1.0], [10.4, 1.4], [10.0, 1.4]]\nheight_m = 6.0',
        'kind = "platform"\npolygon_m = [[7.0, 4.0], [9.0, 4.0], [9.0, 6.0], [7.0, 6.0]]\nheight_m = 2.0',
    )
    assert small(platform, ("avoids = false", "floor_m = 2.0")).person[0].floor_m == 2.0
    with pytest.raises(BadInput, match="start_m lies inside"):
        small(platform)


def test_the_site_of_a_scenario_is_a_site_file() -> None:
    site = site_of(small())
    assert parse_site(site_text(site), "site.toml") == site
    assert [c.name for c in site.camera] == ["cam1", "cam2"]
    assert site.camera[0].distortion == (-0.05, 0.0, 0.0, 0.0, 0.0)
    assert site.hoist[0].load_radius_m == 0.65
    assert site.structure[0].height_m == 6.0
    assert site.site.boundary_m == ((0.0, 0.0), (14.0, 0.0), (14.0, 9.0), (0.0, 9.0))
    watched = small(("height_m = 8.0", "height_m = 8.0\nwatched_m = [[1.0, 1.0], [9.0, 1.0], [9.0, 8.0]]"))
    assert site_of(watched).site.boundary_m == ((1.0, 1.0), (9.0, 1.0), (9.0, 8.0))


def test_a_camera_looks_where_it_is_told_to() -> None:
    scenario = small()
    for eye, table in zip(scenario.camera, site_of(scenario).camera, strict=True):
        camera = Camera.from_table(table)
        middle = (np.array(eye.size_px) - 1) / 2
        assert camera.centre_m == pytest.approx(eye.position_m, abs=1e-6)
        assert camera.project(np.array([eye.look_at_m]))[0] == pytest.approx(middle, abs=1e-3)
        # Upright: what is higher in the world is higher in the picture.
        above = np.array(eye.look_at_m) + np.array([0.0, 0.0, 1.0])
        shown = camera.project(above[None])[0]
        assert shown[0] == pytest.approx(middle[0], abs=1e-3)
        assert shown[1] < middle[1] - 10.0
        # The field of view is that of the picture's width, before the lens bends it.
        half = np.degrees(np.arctan2(eye.size_px[0] / 2, camera.matrix[0, 0]))
        assert 2 * half == pytest.approx(eye.field_of_view_deg, abs=1e-3)


def test_straight_down() -> None:
    scenario = small(("0.4, 0.4, 5.0]\nlook_at_m = [7.0, 5.0, 0.6]", "5.0, 4.0, 6.0]\nlook_at_m = [5.0, 4.0, 0.0]"))
    camera = Camera.from_table(site_of(scenario).camera[0])
    right, up = camera.project(np.array([[5.5, 4.0, 0.0], [5.0, 4.5, 0.0]]))
    assert right[0] > 479.5 + 10.0
    assert up[1] < 269.5 - 10.0


def test_the_library_has_every_situation_and_what_is_normal() -> None:
    scenarios = {name: load_scenario(scenario_path(name)) for name in library()}
    shown = {s.scenario.situation for name, s in scenarios.items() if not name.startswith("sample-")}
    assert shown == set(get_args(Composite))
    assert sum(s.scenario.situation == "normal" for s in scenarios.values()) >= 6
    samples = {name: s for name, s in scenarios.items() if name.startswith("sample-")}
    assert len(samples) == 5
    for scenario in samples.values():
        assert 3 <= len(scenario.camera) <= 4
        assert 30.0 <= scenario.scenario.seconds <= 60.0
    assert len({s.hall for s in samples.values()}) == 5


@pytest.mark.parametrize("name", library())
def test_a_scenario_of_the_library_runs(name: str) -> None:
    path = scenario_path(name)
    scenario = load_scenario(path)
    assert scenario.scenario.describes
    plant = Plant(scenario, path.parent)
    world = plant.advance(0.0, {})
    assert len(world.people) == len(scenario.person)
    assert plant.advance(1.0, {}).time_s == 1.0


def test_an_unknown_name_is_told_with_the_library() -> None:
    with pytest.raises(BadInput, match=r"nobody: no such scenario.*sample-crush"):
        scenario_path("nobody")
    assert scenario_path("some/where.toml") == Path("some/where.toml")
