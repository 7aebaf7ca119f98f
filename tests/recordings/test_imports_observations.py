"""Observations and telemetry from csv: sorted, grouped, and every fault named by line and column."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from calibration.errors import BadInput
from calibration.site_file import parse_site
from recordings.imports_observations import import_observations, read_observations
from recordings.store import Recording
from recordings.telemetry_csv import read_telemetry
from tests.recordings.examples import SITE_TOML
from tests.shared_data import shared
from tracking.records import Observation, Sight, Telemetry

HEADER = "time_s,kind,source,x_m,y_m,z_m,sigma_xy_m,sigma_z_m"
ROWS = [
    "0.1,person,cam1,1.5,2.5,,0.2,",
    "0.1,hook,cam1,4.0,5.0,3.0,0.1,0.3",
    "0.1,person,uwb,1.6,2.5,0.0,0.2,0.1",
    "0.2,load,cam1,4.0,5.0,2.0,0.1,",
    "0.2,trolley,cam1,4.0,5.0,,0.1,",
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE_TOML)
    return path


def observations(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "obs.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_rows_become_one_sight_per_source_and_time(tmp_path: Path, site: Path) -> None:
    out = tmp_path / "a.mcap"
    info = import_observations(site, observations(tmp_path, *ROWS), out)
    assert info.counts == {"sight": 3}
    assert (info.start_s, info.end_s) == (0.1, 0.2)
    recording = Recording(out)
    assert recording.site_text == SITE_TOML
    var = 0.1**2
    assert list(recording.events()) == [
        Sight(
            source="cam1",
            time_s=0.1,
            ready_s=0.1,
            observations=(
                Observation(kind="hook", x_m=4.0, y_m=5.0, z_m=3.0, var_x_m2=var, var_y_m2=var, sigma_z_m=0.3),
                Observation(kind="person", x_m=1.5, y_m=2.5, var_x_m2=0.2**2, var_y_m2=0.2**2),
            ),
        ),
        Sight(
            source="uwb",
            time_s=0.1,
            ready_s=0.1,
            observations=(Observation(kind="person", x_m=1.6, y_m=2.5, var_x_m2=0.2**2, var_y_m2=0.2**2),),
        ),
        Sight(
            source="cam1",
            time_s=0.2,
            ready_s=0.2,
            observations=(
                Observation(kind="load", x_m=4.0, y_m=5.0, z_m=2.0, var_x_m2=var, var_y_m2=var, sigma_z_m=0.1),
                Observation(kind="trolley", x_m=4.0, y_m=5.0, var_x_m2=var, var_y_m2=var),
            ),
        ),
    ]


def test_the_order_of_rows_and_columns_does_not_matter(tmp_path: Path) -> None:
    expected = read_observations(observations(tmp_path, *ROWS))
    for seed in range(5):
        rows = random.Random(seed).sample(ROWS, len(ROWS))
        assert read_observations(observations(tmp_path, *rows)) == expected
    turned = [",".join(reversed(row.split(","))) for row in ROWS]
    header = ",".join(reversed(HEADER.split(",")))
    assert read_observations(observations(tmp_path, *turned, header=header)) == expected


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("later,person,c,1,2,,0.1,", "column time_s: expected a time in seconds from 0, got 'later'"),
        ("nan,person,c,1,2,,0.1,", "column time_s: expected a time in seconds from 0, got 'nan'"),
        ("-1,person,c,1,2,,0.1,", "column time_s: expected a time in seconds from 0, got '-1'"),
        ("0,robot,c,1,2,,0.1,", "column kind: expected one of person, hook, load, trolley, got 'robot'"),
        ("0,person,,1,2,,0.1,", "column source: expected a name, got ''"),
        ("0,person,c,nan,2,,0.1,", "column x_m: expected a finite number, got 'nan'"),
        ("0,person,c,1,inf,,0.1,", "column y_m: expected a finite number, got 'inf'"),
        ("0,person,c,1,,,0.1,", "column y_m: expected a finite number, got ''"),
        ("0,person,c,1,2,1.7,0.1,", "column z_m: expected nothing for a person, who stands on the floor, got '1.7'"),
        ("0,hook,c,1,2,high,0.1,0.1", "column z_m: expected a finite number or nothing, got 'high'"),
        ("0,person,c,1,2,,-0.1,", "column sigma_xy_m: expected a positive number, got '-0.1'"),
        ("0,person,c,1,2,,0,", "column sigma_xy_m: expected a positive number, got '0'"),
        ("0,hook,c,1,2,3,0.1,-1", "column sigma_z_m: expected a positive number, got '-1'"),
        ("0,hook,c,1,2,3,0.1", "expected 8 fields, got 7"),
        ("0,hook,c,1,2,3,0.1,0.1,0.1", "expected 8 fields, got 9"),
    ],
)
def test_a_bad_row_is_named_and_leaves_no_file(tmp_path: Path, site: Path, row: str, fault: str) -> None:
    path = observations(tmp_path, *ROWS, row)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInput) as caught:
        import_observations(site, path, tmp_path / "a.mcap")
    assert str(caught.value).startswith(f"{path}, line 7")
    assert str(caught.value).endswith(fault)
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_file_or_another_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "obs.csv"
    with pytest.raises(BadInput, match="no such file"):
        read_observations(path)
    path.write_text("")
    with pytest.raises(BadInput, match="is empty"):
        read_observations(path)
    path.write_text(HEADER + "\n\n")
    with pytest.raises(BadInput, match="has no rows"):
        read_observations(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="line 1: expected the columns time_s,kind"):
        read_observations(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="UTF-8"):
        read_observations(path)


def telemetry(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "crane.csv"
    path.write_text(text)
    return path


def test_telemetry_is_sorted_and_z_may_be_empty(tmp_path: Path) -> None:
    site = parse_site(SITE_TOML, "site.toml")
    path = telemetry(tmp_path, "time_s,hoist,x_m,y_m,z_m\n0.5,H1,3,4,\n0.1,H1,1,2,2.5\n")
    assert read_telemetry(path, site) == [
        Telemetry(hoist="H1", time_s=0.1, ready_s=0.1, x_m=1.0, y_m=2.0, z_m=2.5),
        Telemetry(hoist="H1", time_s=0.5, ready_s=0.5, x_m=3.0, y_m=4.0),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", r"is empty, expected the columns time_s,hoist"),
        ("time_s,hoist,x_m,y_m,z_m\n", r"crane\.csv: has no rows"),
        (
            "time_s,hoist,x_m,y_m,z_m\n0,H2,1,2,\n",
            r"line 2, column hoist: expected a hoist of the site \(H1\), got 'H2'",
        ),
        ("time_s,hoist,x_m,y_m,z_m\n0,H1,1,nan,\n", r"line 2, column y_m: expected a finite number, got 'nan'"),
        ("t_s,x_m,y_m,mass_adc\n0,1,2,3\n", r"line 1: expected the columns"),
    ],
)
def test_bad_telemetry_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        read_telemetry(telemetry(tmp_path, text), parse_site(SITE_TOML, "site.toml"))


def test_the_path_of_a_real_crane(tmp_path: Path) -> None:
    lines = shared("data/crane_uwb/CraneTest1.csv").read_text().splitlines()[1:]
    rows = [line.split(",") for line in lines]
    text = "time_s,hoist,x_m,y_m,z_m\n" + "".join(f"{t},H1,{x},{y},\n" for t, x, y, _ in rows)
    read = read_telemetry(telemetry(tmp_path, text), parse_site(SITE_TOML, "site.toml"))
    assert len(read) == len(rows)
    assert read[0].x_m == float(rows[0][1])
