"""The site file: what it reads, what it writes, and how it names what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import load_site, parse_site, site_text
from tests.ui.example_site import example_site
from tests.worlds import bridge, hall

EXAMPLE = """
[site]
name = "Hall 3"
boundary_m = [[0.0, 0.0], [24.0, 0.0], [24.0, 12.0], [0.0, 12.0]]   # the floor that is watched

[[camera]]
name = "cam1"
source = "rtsp://192.0.2.10/stream1"
size_px = [1920, 1080]
matrix = [[1400.0, 0.0, 960.0], [0.0, 1400.0, 540.0], [0.0, 0.0, 1.0]]
distortion = [0.0, 0.0, 0.0, 0.0, 0.0]
rotation = [2.1, 0.1, -0.2]
translation_m = [0.4, 1.2, 9.0]

[[hoist]]
name = "H1"
kind = "bridge"
travel_m = [[1.0, 1.0], [23.0, 11.0]]
beam_height_m = 7.0
hook_height_m = [0.3, 6.0]
travel_speed_mps = [0.17, 0.67]
hoist_speed_mps = [0.03, 0.12]
deceleration_mps2 = 0.25
load_radius_m = 0.5
load_height_m = 0.8

[[structure]]
name = "column C4"
polygon_m = [[6.0, 4.0], [6.4, 4.0], [6.4, 4.4], [6.0, 4.4]]
height_m = 6.0

[[zone]]
name = "aisle"
kind = "walkway"
polygon_m = [[0.0, 5.0], [24.0, 5.0], [24.0, 6.2], [0.0, 6.2]]

[[relay]]
name = "cabinet-1"
driver = "modbus_tcp"
outputs = { permit = ["H1", "permit"], slow = ["H1", "slow"], siren = ["hall", "danger"] }

[policy]
reaction_time_s = 0.5
"""


def test_the_example_of_the_manual_reads() -> None:
    site = parse_site(EXAMPLE, "site.toml")
    assert site.site.name == "Hall 3"
    assert site.camera[0].matrix[0] == (1400.0, 0.0, 960.0)
    assert site.hoist[0].travel_speed_mps == (0.17, 0.67)
    assert site.zone[0].kind == "walkway"
    assert site.relay[0].outputs["siren"] == ("hall", "danger")
    assert site.policy.reaction_time_s == 0.5
    assert site.camera_named("cam1") is site.camera[0]
    assert site.hoist_named("H9") is None


def test_every_further_key_has_a_default() -> None:
    site = parse_site('[site]\nname = "Yard"\nboundary_m = [[0, 0], [5, 0], [5, 5]]\n', "site.toml")
    assert site.camera == ()
    assert site.hoist == ()
    assert site.policy.tick_s == 0.1


def test_a_camera_may_be_a_device_number_and_its_rotation_a_matrix() -> None:
    text = EXAMPLE.replace('source = "rtsp://192.0.2.10/stream1"', "source = 0")
    text = text.replace("rotation = [2.1, 0.1, -0.2]", "rotation = [[1, 0, 0], [0, -1, 0], [0, 0, -1]]")
    camera = parse_site(text, "site.toml").camera[0]
    assert camera.source == 0
    assert np.asarray(camera.rotation).shape == (3, 3)


@pytest.mark.parametrize(
    "site",
    [parse_site(EXAMPLE, "x"), example_site(), example_site(1, 0, "ko"), hall(4, [bridge()], tick_s=0.05)],
    ids=["example", "hall", "one camera", "policy"],
)
def test_written_text_reads_back_to_an_equal_site(site: Site) -> None:
    text = site_text(site)
    assert parse_site(text, "again") == site
    assert site_text(parse_site(text, "again")) == text


@given(
    st.floats(0.02, 1.0),
    st.text(st.characters(categories=["L", "Nd"], include_characters=" -_.()"), min_size=1, max_size=64),
    st.sampled_from(["monorail", "jib"]),
)
def test_round_trip_keeps_every_digit_and_letter(tick_s: float, name: str, kind: str) -> None:
    site = hall(1, [bridge(name, kind=kind, telemetry_point="hook", tag={"id": 3, "size_m": 0.3})], tick_s=tick_s)
    assert parse_site(site_text(site), "again") == site


def edited(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new, 1)


def with_key(table: str, line: str) -> str:
    return edited(f"{table}\n", f"{table}\n{line}\n")


BAD = [
    # Wrong keys, in every table.
    ("[site] key", with_key("[site]", 'nmae = "x"'), "[site] nmae is not a known key"),
    ("[[camera]] key", with_key("[[camera]]", "matrx = 1"), "[[camera]] 'cam1' matrx is not a known key"),
    ("[[hoist]] key", with_key("[[hoist]]", "beam_hight_m = 1"), "[[hoist]] 'H1' beam_hight_m is not a known key"),
    ("[[structure]] key", with_key("[[structure]]", "hight_m = 1"), "[[structure]] 'column C4' hight_m is not a known"),
    ("[[zone]] key", with_key("[[zone]]", "colour = 1"), "[[zone]] 'aisle' colour is not a known key"),
    ("[[relay]] key", with_key("[[relay]]", "port = 1"), "[[relay]] 'cabinet-1' port is not a known key"),
    ("[policy] key", with_key("[policy]", "reaction_s = 1"), "[policy] reaction_s is not a known key"),
    ("[bus] key", EXAMPLE + "[bus]\nport = 1\n", "[bus] port is not a known key"),
    ("[detector] key", EXAMPLE + "[detector]\nmodel = 1\n", "[detector] model is not a known key"),
    ("[recording] key", EXAMPLE + "[recording]\ndays = 1\n", "[recording] days is not a known key"),
    ("table", EXAMPLE + "[[cameras]]\nname = 1\n", "[[cameras]] is not a known key"),
    ("top level", "colour = 1\n" + EXAMPLE, "colour is not a known key"),
    (
        "[hoist.tag] key",
        edited("load_height_m = 0.8", "load_height_m = 0.8\ntag = { id = 1, size_m = 0.2, colour = 3 }"),
        "[[hoist]] 'H1' tag.colour is not a known key",
    ),
    # Missing.
    ("missing", edited("beam_height_m = 7.0\n", ""), "[[hoist]] 'H1' beam_height_m is missing"),
    ("missing table", EXAMPLE.replace("[site]", "[place]", 1), "[site] is missing (and 1 more)"),
    ("nothing at all", "", "[site] is missing"),
    ("missing name", edited('name = "cam1"\n', ""), "[[camera]] number 1 name is missing"),
    # Polygons.
    (
        "zone crosses itself",
        edited("[[0.0, 5.0], [24.0, 5.0], [24.0, 6.2], [0.0, 6.2]]", "[[0, 5], [24, 6.2], [24, 5], [0, 6.2]]"),
        "[[zone]] 'aisle' polygon_m must not cross itself (Self-intersection",
    ),
    (
        "boundary of two corners",
        edited("[[0.0, 0.0], [24.0, 0.0], [24.0, 12.0], [0.0, 12.0]]", "[[0.0, 0.0], [24.0, 0.0]]"),
        "[site] boundary_m must have at least 3 corners, has 2",
    ),
    (
        "corners on one line",
        edited("[[6.0, 4.0], [6.4, 4.0], [6.4, 4.4], [6.0, 4.4]]", "[[6, 4], [7, 4], [8, 4]]"),
        "[[structure]] 'column C4' polygon_m must",
    ),
    (
        "corner of three numbers",
        edited("[[6.0, 4.0], [6.4, 4.0]", "[[6.0, 4.0, 1.0], [6.4, 4.0]"),
        "[[structure]] 'column C4' polygon_m[0]",
    ),
    ("corner not finite", edited("[[6.0, 4.0]", "[[nan, 4.0]"), "[[structure]] 'column C4' polygon_m[0][0]"),
    # Cameras.
    (
        "matrix of wrong shape",
        edited("matrix = [[1400.0, 0.0, 960.0], [0.0, 1400.0, 540.0], [0.0, 0.0, 1.0]]", "matrix = [[1.0, 0.0]]"),
        "[[camera]] 'cam1' matrix must be a 3×3 matrix, is 1×2",
    ),
    (
        "matrix flat",
        edited("matrix = [[1400.0, 0.0, 960.0], [0.0, 1400.0, 540.0], [0.0, 0.0, 1.0]]", "matrix = [1, 2, 3]"),
        "[[camera]] 'cam1' matrix must be a 3×3 matrix, is 3",
    ),
    (
        "matrix ragged",
        edited("[0.0, 1400.0, 540.0]", "[0.0, 1400.0]"),
        "[[camera]] 'cam1' matrix must be a 3×3 matrix, is ragged",
    ),
    ("matrix NaN", edited("[[1400.0,", "[[nan,"), "[[camera]] 'cam1' matrix[0][0] must be a finite number, is nan"),
    ("matrix text", edited("[[1400.0,", '[["wide",'), "[[camera]] 'cam1' matrix[0][0] must be a number, is 'wide'"),
    ("focal length 0", edited("[[1400.0,", "[[0.0,"), "[[camera]] 'cam1' matrix must have positive focal lengths"),
    ("matrix not triangular", edited("[0.0, 0.0, 1.0]]", "[0.0, 0.1, 1.0]]"), "matrix must be upper triangular"),
    ("distortion of 3", edited("[0.0, 0.0, 0.0, 0.0, 0.0]", "[0, 0, 0]"), "'cam1' distortion must have 0, 4, 5, 8"),
    (
        "rotation of 2",
        edited("rotation = [2.1, 0.1, -0.2]", "rotation = [2.1, 0.1]"),
        "'cam1' rotation must be a Rodrigues vector of 3 or a 3×3 matrix, is 2",
    ),
    (
        "rotation that mirrors",
        edited("rotation = [2.1, 0.1, -0.2]", "rotation = [[1, 0, 0], [0, 1, 0], [0, 0, -1]]"),
        "'cam1' rotation must be a right-handed rotation",
    ),
    (
        "rotation infinite",
        edited("rotation = [2.1, 0.1, -0.2]", "rotation = [inf, 0.1, -0.2]"),
        "'cam1' rotation[0] must be a finite number, is inf",
    ),
    (
        "translation of 2",
        edited("translation_m = [0.4, 1.2, 9.0]", "translation_m = [0.4, 1.2]"),
        "'cam1' translation_m",
    ),
    ("size of 0", edited("size_px = [1920, 1080]", "size_px = [0, 1080]"), "'cam1' size_px[0] must be at least 16"),
    ("size broken", edited("size_px = [1920, 1080]", "size_px = [1920.5, 1080]"), "'cam1' size_px[0]"),
    # Hoists.
    (
        "hook above beam",
        edited("hook_height_m = [0.3, 6.0]", "hook_height_m = [0.3, 7.5]"),
        "[[hoist]] 'H1' hook_height_m must stay below beam_height_m",
    ),
    (
        "hook below floor",
        edited("hook_height_m = [0.3, 6.0]", "hook_height_m = [-0.3, 6.0]"),
        "[[hoist]] 'H1' hook_height_m must not lie below the floor",
    ),
    (
        "falling range",
        edited("travel_speed_mps = [0.17, 0.67]", "travel_speed_mps = [0.67, 0.17]"),
        "[[hoist]] 'H1' travel_speed_mps must rise, 0.67 > 0.17",
    ),
    (
        "bridge without width",
        edited("travel_m = [[1.0, 1.0], [23.0, 11.0]]", "travel_m = [[1.0, 1.0], [23.0, 1.0]]"),
        "[[hoist]] 'H1' travel_m of a bridge must be two opposite corners",
    ),
    ("no brake", edited("deceleration_mps2 = 0.25", "deceleration_mps2 = 0"), "'H1' deceleration_mps2 must be above 0"),
    (
        "kind",
        edited('kind = "bridge"', 'kind = "tower"'),
        "'H1' kind must be 'bridge', 'monorail' or 'jib', is 'tower'",
    ),
    ("zone kind", edited('kind = "walkway"', 'kind = "door"'), "[[zone]] 'aisle' kind must be"),
    ("beam", edited("beam_height_m = 7.0", 'beam_height_m = "high"'), "'H1' beam_height_m must be a number, is 'high'"),
    # Relays.
    (
        "unknown hoist",
        edited('permit = ["H1", "permit"]', 'permit = ["H2", "permit"]'),
        "[[relay]] 'cabinet-1' outputs 'permit' names 'H2', expected a hoist of this file or 'hall'",
    ),
    (
        "permit of the hall",
        edited('permit = ["H1", "permit"]', 'permit = ["hall", "permit"]'),
        "[[relay]] 'cabinet-1' outputs 'permit': 'permit' needs a hoist, not 'hall'",
    ),
    (
        "unknown signal",
        edited('["hall", "danger"]', '["hall", "panic"]'),
        "[[relay]] 'cabinet-1' outputs.siren[1] must be",
    ),
    ("driver", edited('"modbus_tcp"', '"knx"'), "[[relay]] 'cabinet-1' driver must be"),
    (
        "no outputs",
        edited(
            'outputs = { permit = ["H1", "permit"], slow = ["H1", "slow"], siren = ["hall", "danger"] }', "outputs = {}"
        ),
        "[[relay]] 'cabinet-1' outputs must name at least one output",
    ),
    # Names.
    (
        "twice",
        EXAMPLE + '[[zone]]\nname = "aisle"\nkind = "work"\npolygon_m = [[0, 0], [1, 0], [1, 1]]\n',
        "[[zone]] name 'aisle' is given twice",
    ),
    (
        "name with a slash",
        edited('name = "cam1"', 'name = "cam/1"'),
        "[[camera]] 'cam/1' name must be a printable name",
    ),
    ("hoist called hall", edited('name = "H1"', 'name = "hall"'), "[[hoist]] 'hall' name must not be 'hall'"),
    # Policy.
    (
        "negative time",
        edited("reaction_time_s = 0.5", "reaction_time_s = -1"),
        "[policy] reaction_time_s must be at least 0",
    ),
    ("NaN in policy", edited("reaction_time_s = 0.5", "reaction_time_s = nan"), "[policy] reaction_time_s"),
    (
        "probability",
        edited("reaction_time_s = 0.5", "contact_probability = 1.5"),
        "[policy] contact_probability must be below 1",
    ),
    (
        "inconsistent policy",
        edited("reaction_time_s = 0.5", "horizon_s = 1.0\nhorizon_step_s = 0.5"),
        "[policy] horizon_step_s must be at most a quarter of horizon_s",
    ),
    (
        "policy of text",
        edited("reaction_time_s = 0.5", 'tick_s = "fast"'),
        "[policy] tick_s must be a number, is 'fast'",
    ),
    # Shapes of tables.
    ("camera as a table", EXAMPLE.replace("[[camera]]", "[camera]"), "[camera] must be an array of tables, [[camera]]"),
    ("site as an array", EXAMPLE.replace("[site]", "[[site]]"), "[[site]] must be a table, is"),
    # Not TOML.
    ("no TOML", "[site\n", "is not valid TOML"),
    ("two tables of a name", EXAMPLE + "[policy]\n", "is not valid TOML"),
]


@pytest.mark.parametrize(("text", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_what_is_wrong_is_said_in_one_sentence_with_file_table_and_field(text: str, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_site(text, "hall/site.toml")
    message = str(caught.value)
    assert message.startswith("hall/site.toml: ")
    assert expected in message
    assert "\n" not in message
    assert len(message) < 240


def test_several_faults_are_counted() -> None:
    with pytest.raises(BadInput, match=r"\(and 1 more\)$"):
        parse_site(edited("[policy]\nreaction_time_s = 0.5", "[policy]\ntick_s = 9\nreaction_time_s = -1"), "s")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such site file"):
        load_site(tmp_path / "none.toml")
    with pytest.raises(BadInput, match="cannot be read"):
        load_site(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[site]\nname = "Hälle"\n'.encode("latin-1"))
    with pytest.raises(BadInput, match="cannot be read as UTF-8"):
        load_site(latin)
    good = tmp_path / "site.toml"
    good.write_text(EXAMPLE, encoding="utf-8")
    assert load_site(good) == parse_site(EXAMPLE, "x")


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_site(text, "s")
    assert "\n" not in str(caught.value)
