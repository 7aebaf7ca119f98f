"""Scenarios by number and seed: always the same, sound, of all strata, with encounters in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.closed_loop.cases import case_of, stratum_of
from recordings.closed_loop.course import play
from recordings.closed_loop.crowd_cases import read_crowds
from recordings.closed_loop.hall_cases import load_way
from recordings.closed_loop.variation import varied
from recordings.plant.scenario_check import faults_of
from recordings.plant.scenario_file import LIBRARY, library, load_scenario, parse_scenario, scenario_text
from tests.shared_data import shared


def a_crowd(folder: Path) -> Path:
    """Five people who walk to and fro for a minute, as ``obsmat.txt`` has them."""
    rows = []
    for person in range(1, 6):
        for frame in range(150):
            along = 6.0 + 5.0 * np.sin(0.4 * frame * 0.2 + person)
            rows.append(f"{frame * 10} {person} {along:.3f} 0 {1.5 * person:.3f} 0 0 0")
    (folder / "walks").mkdir(parents=True)
    (folder / "walks" / "obsmat.txt").write_text("\n".join(rows) + "\n")
    return folder


def test_ten_in_a_row_have_all_strata() -> None:
    first = [stratum_of(k, True) for k in range(20)]
    assert [s for s, _ in first].count("library") == 8
    assert [s for s, _ in first].count("crowd") == 4
    for stratum in ("library", "hall", "crowd"):
        assert [place for s, place in first if s == stratum] == list(range(sum(s == stratum for s, _ in first)))
    assert {s for s, _ in (stratum_of(k, False) for k in range(10))} == {"library", "hall"}


def test_a_number_and_a_seed_are_a_scenario(tmp_path: Path) -> None:
    crowds = read_crowds(a_crowd(tmp_path))
    for number in (0, 1, 2):
        case = case_of(number, 3, crowds)
        again, other = case_of(number, 3, crowds), case_of(number, 4, crowds)
        assert case == again
        assert case.scenario != other.scenario
        case.write(tmp_path)
        assert next(faults_of(case.scenario, tmp_path), None) is None
        assert parse_scenario(scenario_text(case.scenario), "again.toml", tmp_path) == case.scenario


def test_every_scenario_of_the_library_varies() -> None:
    for name in library():
        scenario = load_scenario(LIBRARY / f"{name}.toml")
        changed = varied(scenario, np.random.default_rng(1))
        assert changed.scenario.seed != scenario.scenario.seed
        assert changed.expect == scenario.expect
        assert not scenario.person or changed.person != scenario.person, name


def test_halls_are_halls_at_work() -> None:
    """The load travels, hits nothing fixed, and people's ways lead past it."""
    near = 0
    for number in (1, 3, 6, 8):
        scenario = case_of(number, 1).scenario
        way = load_way(scenario, scenario.scenario.seconds)
        assert np.ptp(way[:, 1:3], axis=0).max() > 1.0
        meter = play(scenario, Path(), ())[0].meter
        assert not meter.crashes()
        near += len(meter.touches())
    assert near > 0


def test_a_crowd_walks_where_it_walked(tmp_path: Path) -> None:
    (crowd,) = read_crowds(a_crowd(tmp_path))
    assert (crowd.name, len(crowd.ways)) == ("walks", 5)
    # A margin of three metres around 1..11 m and 1.5..7.5 m.
    assert crowd.size_m == pytest.approx((16.0, 12.0), abs=0.1)
    case = case_of(2, 1, (crowd,))
    assert case.stratum == "crowd"
    assert sorted(case.files) == [f"way-{k}.csv" for k in range(1, 6)]
    assert all(len(text.splitlines()) > 40 for text in case.files.values())


def test_real_crowds_are_read() -> None:
    crowds = read_crowds(shared("data/eth_ucy"))
    assert {c.name for c in crowds} >= {"hotel", "zara01"}
    for crowd in crowds:
        assert len(crowd.ways) > 100
        for way in crowd.ways:
            assert way[:, 1:].min() > 0.0
            assert (way[:, 1:] < crowd.size_m).all()
            assert (np.diff(way[:, 0]) > 0.0).all()
        crossing = sum(_from_side_to_side(way, crowd.size_m) for way in crowd.ways)
        assert crossing > 0.95 * len(crowd.ways)  # the rest stand


def test_who_is_lost_amid_the_floor_walks_on_to_its_side(tmp_path: Path) -> None:
    (tmp_path / "walks").mkdir()
    seen = [(10 * k, 1, 5.0 + 0.4 * k, 4.0) for k in range(6)]  # 1 m/s, of 2 m length
    still = [(10 * k, 2, 6.0, 6.0) for k in range(6)]
    rows = "".join(f"{f} {p} {x} 0 {y} 0 0 0\n" for f, p, x, y in (*seen, *still, (0, 3, 1.0, 1.0), (10, 3, 12.0, 8.0)))
    (tmp_path / "walks" / "obsmat.txt").write_text(rows)
    (crowd,) = read_crowds(tmp_path)
    first, stood = crowd.ways[:2]
    assert _from_side_to_side(first, crowd.size_m)
    assert np.diff(first[:, 1]) == pytest.approx(0.4)
    assert np.ptp(first[:, 2]) == pytest.approx(0.0, abs=1e-9)
    assert len(stood) == 6


def _from_side_to_side(way: np.ndarray, size_m: tuple[float, float]) -> bool:
    return all(min(*at, *(np.array(size_m) - at)) < 3.1 for at in (way[0, 1:], way[-1, 1:]))


@pytest.mark.parametrize("text", ["", "1 2 3\n", "a b c d e\n" * 9, "0 1 nan 0 1\n" * 9, "0 1 1 0 1\n" * 3])
def test_a_crowd_of_no_use_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "obsmat.txt").write_text(text)
    with pytest.raises(BadInput, match=r"obsmat\.txt"):
        read_crowds(tmp_path)


def test_a_folder_without_crowds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected folders with"):
        read_crowds(tmp_path)
