"""Tracks and alarms as text: exact columns and keys, the same bytes, all or nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import BadInput
from recordings.alarms_jsonl import alarm_line, alarms_jsonl
from recordings.numbers import fixed, rounded
from recordings.tracks_csv import TrackRow, read_tracks, tracks_csv
from safety.records import Level, Situation, Snapshot
from tests.recordings.examples import person, snapshot, transition


def test_tracks_are_written_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    with tracks_csv(path) as out:
        out.add(snapshot(0.1, (person("P3", 0.1, 1.0 / 3.0, -0.00001), person("P1", 0.1, 9.0, 9.0, lost=True))))
        out.add(snapshot(0.2, (person("a,b", 0.2, 2.0, 1.0),), lost_hoist=True))
    assert path.read_bytes().decode() == (
        "time_s,kind,id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps,sigma_m\n"
        "0.100,person,P3,0.3333,0.0000,0.0000,0.5000,-0.2500,0.0000,0.1225\n"
        "0.100,hook,H1,4.0000,5.0000,2.5000,0.3000,0.0000,0.0200,0.1000\n"
        '0.200,person,"a,b",2.0000,1.0000,0.0000,0.5000,-0.2500,0.0000,0.1225\n'
    )
    assert read_tracks(path) == [
        TrackRow(0.1, "person", "P3", 0.3333, 0.0),
        TrackRow(0.1, "hook", "H1", 4.0, 5.0),
        TrackRow(0.2, "person", "a,b", 2.0, 1.0),
    ]


def test_no_tracks_are_a_file_with_a_header(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    with tracks_csv(path):
        pass
    assert read_tracks(path) == []


def test_bad_tracks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    header = "time_s,kind,id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps,sigma_m\n"
    for text, fault in [
        ("", "is empty"),
        ("frame,id\n1,2\n", "line 1: expected the columns time_s,kind,id"),
        (header + "0,cat,P1,0,0,0,0,0,0,0\n", "line 2, column kind: expected person or hook, got 'cat'"),
        (header + "0,person,P1,x,0,0,0,0,0,0\n", "line 2, column x_m: expected a finite number, got 'x'"),
    ]:
        path.write_text(text)
        with pytest.raises(BadInput, match=fault):
            read_tracks(path)


KEYS = [
    "time_s",
    "alarm",
    "event",
    "level",
    "situation",
    "hoist",
    "person",
    "probability",
    "time_to_contact_s",
    "time_to_last_safe_stop_s",
    "reason",
]


def test_alarms_are_written_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "alarms.jsonl"
    with alarms_jsonl(path) as out:
        out.add(transition(0.30000000000000004, "raised", Level.WARNING))
        out.add(
            transition(
                1.0,
                "cleared",
                Level.CLEAR,
                situation=Situation.CAMERA_BLIND,
                hoist=None,
                person=None,
                source="cam1",
                probability=None,
                time_to_contact_s=float("inf"),
                time_to_last_safe_stop_s=None,
            )
        )
    lines = path.read_bytes().decode().splitlines()
    assert lines[0] == (
        '{"time_s":0.3,"alarm":"a-1","event":"raised","level":"warning","situation":"struck_by","hoist":"H1",'
        '"person":"P3","probability":0.1235,"time_to_contact_s":1.235,"time_to_last_safe_stop_s":0.0,'
        '"reason":"P3 walks under H1\'s load — 위험"}'
    )
    second = json.loads(lines[1])
    assert list(second) == KEYS
    assert [second[k] for k in ("hoist", "person", "probability", "time_to_contact_s")] == [None] * 4
    assert path.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("before", [None, b"before"])
def test_after_an_error_the_file_is_as_it_was(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "tracks.csv"
    if before is not None:
        path.write_bytes(before)

    def fail() -> None:
        with tracks_csv(path) as tracks, alarms_jsonl(tmp_path / "alarms.jsonl"):
            tracks.add(snapshot(0.1))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ([] if before is None else ["tracks.csv"])
    assert before is None or path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    def write(path: Path, tick: Snapshot) -> None:
        with tracks_csv(path) as out:
            out.add(tick)

    with pytest.raises(BadInput, match=r"none/tracks\.csv: cannot be written"):
        write(tmp_path / "none" / "tracks.csv", snapshot(0.1))
    with pytest.raises(BadInput, match="cannot be written"):
        write(tmp_path, snapshot(0.1))
    assert list(tmp_path.iterdir()) == []


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6), st.integers(0, 6))
def test_numbers_have_no_negative_zero(value: float, decimals: int) -> None:
    text = fixed(value, decimals)
    assert abs(float(text) - value) <= 0.5 * 10.0**-decimals + 1e-9
    assert not (float(text) == 0.0 and text.startswith("-"))
    assert str(rounded(value, decimals)) != "-0.0"


def test_a_line_has_no_line_break() -> None:
    line = alarm_line(transition(0.1, "raised", Level.DANGER, reason="two\nlines"))
    assert "\n" not in line
    assert next(csv.reader([line]))
