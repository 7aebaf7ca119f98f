"""Real trajectories: reproduced where they were measured, and bad files named by line and column."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.plant.crowd import Crowd
from recordings.plant.trajectory import read_trajectory
from tests.recordings.plant.floors import person, scenario, watched
from tests.shared_data import shared

FRAME_S = 0.04


def written(folder: Path, rows: list[str], header: str = "time_s,x_m,y_m") -> Path:
    path = folder / "walk.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["0,1,2", "1,x,2"], "time_s,x_m,y_m", "line 3, column x_m: expected a finite number, got 'x'"),
        (["0,1,2", "0,1,2"], "time_s,x_m,y_m", "line 3, column time_s: expected a time after that of the row before"),
        (["0,1,2", "1,1,nan"], "time_s,x_m,y_m", "line 3, column y_m"),
        (["0,1,2", "1,90,2"], "time_s,x_m,y_m", "line 3, column x_m: expected a place that a person reaches"),
        (["0,1,2"], "time_s,x_m,y_m", "has one row, expected at least two"),
        (["0,1,2", "1,1"], "time_s,x_m,y_m", "line 3: expected 3 fields, got 2"),
        (["0,1,2", "1,1,2"], "t,x_m,y_m", "line 1: expected the columns time_s,x_m,y_m"),
        ([], "time_s,x_m,y_m", "has no rows"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, rows: list[str], header: str, said: str) -> None:
    path = written(tmp_path, rows, header)
    with pytest.raises(BadInput) as raised:
        Crowd(scenario(person=[person("P", trajectory="walk.csv")]), tmp_path)
    assert str(path) in str(raised.value)
    assert said in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.csv: no such file"):
        Crowd(scenario(person=[person("P", trajectory="gone.csv")]), tmp_path)


def test_somebody_is_there_from_the_first_row_to_the_last(tmp_path: Path) -> None:
    written(tmp_path, ["2.0,1,1", "4.0,3,1", "7.0,3,1", "9.0,3,3"])
    crowd = Crowd(scenario(person=[person("P", trajectory="walk.csv", height_m=1.8)]), tmp_path)
    seen = {k / 10: crowd.advance(k / 10, (), ())[0] for k in range(120)}
    assert {t for t, people in seen.items() if people} == {k / 10 for k in range(20, 91)}
    standing = seen[6.0][0]
    assert (standing.posture, standing.speed_mps) == ("stand", pytest.approx(0.0))
    assert standing.heading_rad == pytest.approx(0.0, abs=0.05), "keeps looking where he went"
    assert (standing.x_m, standing.y_m) == (pytest.approx(3.0), pytest.approx(1.0))
    assert seen[8.5][0].heading_rad == pytest.approx(math.pi / 2, abs=0.2)
    assert seen[3.0][0].posture == "walk"
    assert seen[3.0][0].height_m == 1.8


def test_others_keep_clear_of_who_is_on_a_trajectory(tmp_path: Path) -> None:
    written(tmp_path, ["0.0,14,5", "12.0,2,5"])
    plan = scenario(person=[person("R", trajectory="walk.csv"), person("P", (2, 5), {"go_m": (14.0, 5.0)})])
    seen = watched(plan, 11.9, folder=tmp_path)
    assert np.hypot(*(seen.places("R") - seen.places("P")).T).min() > 0.5
    assert np.abs(seen.places("R")[:, 1] - 5.0).max() < 1e-9


@pytest.mark.parametrize("scene", ["hotel", "zara01"])
def test_real_people_are_reproduced(scene: str, tmp_path: Path) -> None:
    table = np.loadtxt(shared(f"data/eth_ucy/{scene}/obsmat.txt"))
    people = {number: table[table[:, 1] == number] for number in np.unique(table[:, 1])}
    longest = sorted((n for n in people if len(people[n]) > 15), key=lambda n: (-len(people[n]), n))[:12]
    start = min(people[n][0, 0] for n in longest)
    rows = {}
    for number in longest:
        times = (people[number][:, 0] - start) * FRAME_S
        rows[f"r{number:.0f}"] = np.column_stack([times - times[0], people[number][:, [2, 4]]])
    plan = []
    for name, points in rows.items():
        lines = [f"{t:.3f},{x:.6f},{y:.6f}" for t, x, y in points]
        (tmp_path / f"{name}.csv").write_text("time_s,x_m,y_m\n" + "\n".join(lines) + "\n", encoding="utf-8")
        plan.append(person(name, trajectory=f"{name}.csv"))
    seen = watched(scenario(person=plan), 12.0, folder=tmp_path)
    for name, points in rows.items():
        for t, x, y in points:
            k = round(t / 0.1)
            if abs(k * 0.1 - t) < 1e-9 and k < len(seen[name]):
                body = seen[name][k]
                assert math.dist((body.x_m, body.y_m), (x, y)) < 0.005
        going = [b for b in seen[name] if b.speed_mps > 0.6]
        turned = [abs(math.remainder(b.heading_rad - math.atan2(b.vy_mps, b.vx_mps), 2 * math.pi)) for b in going]
        assert len(going) < 10 or np.median(turned) < 0.2
        assert max(b.speed_mps for b in seen[name]) < 4.0


def test_gait_covers_the_distance(tmp_path: Path) -> None:
    track = read_trajectory(written(tmp_path, ["0,0,0", "10,13,0"]), 1.72)
    end = track.at(10.0)
    assert end is not None
    assert end.phase_rad / (2 * math.pi) * 2 * 0.41 * 1.72 * math.sqrt(1.3 / 1.34) == pytest.approx(13.0, rel=0.02)
