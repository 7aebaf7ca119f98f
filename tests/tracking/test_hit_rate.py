"""How often sources in metres find people, learned: where each looks, and what its silence then says."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.site import Floor, Site
from tests.worlds import hall, seen_at, sight_at
from tracking.hit_rate import Grid, HitRates
from tracking.records import Sight
from tracking.tracker import Tracker

BOUNDARY = ((0.0, 0.0), (24.0, 0.0), (24.0, 12.0), (0.0, 12.0))
ONE, ALL = np.array([0]), np.array([0, 1])


def test_places_off_the_floor_count_as_the_nearest_cell() -> None:
    grid = Grid.over(BOUNDARY)
    assert (grid.cols, grid.rows, grid.cells) == (6, 3, 19)
    places = np.array([[0.1, 0.1], [23.9, 11.9], [-5.0, 3.0], [99.0, 99.0], [np.nan, 1.0]])
    assert grid.cell_of(places).tolist() == [0, 17, 0, 17, 0]


def test_silence_says_nothing_of_a_source_that_found_nobody_yet() -> None:
    rates = HitRates.none(19).with_sources(1)
    assert rates.rate(ONE, np.array([0, 5])).tolist() == [[0.0, 0.0]]
    nobody = rates.counted(ONE, np.full(30, 5), np.zeros((1, 30), bool))
    assert nobody.rate(ONE, np.array([5])).max() == 0.0


def test_a_rate_is_learned_where_the_source_looks_and_hardly_elsewhere() -> None:
    rates = HitRates.none(19).with_sources(2)
    random = np.random.default_rng(1)
    for _ in range(200):
        # The first source finds four of five in cells 0 to 8 and nobody in the others, the second nobody.
        cell = np.arange(18)
        hit = np.stack([(cell < 9) & (random.random(18) < 0.8), np.zeros(18, bool)])
        rates = rates.counted(ALL, cell, hit)
    found = rates.rate(ALL, np.arange(18))
    assert found[0, :9] == pytest.approx(np.full(9, 0.8), abs=0.1)
    assert found[0, 9:].max() < 0.05
    assert found[1].max() == 0.0


def test_rates_follow_a_source_that_is_turned_away() -> None:
    rates = HitRates.none(19).with_sources(1)
    for k in range(1000):
        rates = rates.counted(ONE, np.array([3]), np.array([[k < 500]]))
    assert rates.rate(ONE, np.array([3]))[0, 0] < 0.2


def sights(people: list[tuple[float, float]], ghosts: bool, until_s: float, seed: int) -> list[list[Sight]]:
    """Ten looks a second of six sources that find nine of ten people, and each a ghost in every second look."""
    random = np.random.default_rng(seed)
    out = []
    for k in range(round(until_s * 10)):
        frame = []
        for source in range(6):
            seen = [p + random.normal(0.0, 0.1, 2) for p in np.array(people) if random.random() < 0.9]
            if ghosts and random.random() < 0.5:
                seen.append(random.uniform((0.0, 0.0), (24.0, 12.0)))
            rows = [seen_at("person", float(x), float(y), sigma_m=0.1) for x, y in seen]
            frame.append(sight_at(f"radar{source}", k / 10, rows))
        out.append(frame)
    return out


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ghosts_of_single_sources_become_nobody(seed: int) -> None:
    site = Site(site=Floor(name="Hall", boundary_m=BOUNDARY))
    people = [(4.0, 4.0), (8.0, 8.0), (12.0, 3.0), (16.0, 9.0), (20.0, 6.0)]
    tracker = Tracker(site)
    for k, frame in enumerate(sights(people, True, 12.0, seed)):
        found = tracker.step(k / 10, list(frame)).people
        if k >= 30:
            assert len(found) == len(people), f"at {k / 10} s"


def test_a_source_that_knows_only_those_with_tags_does_not_wipe_out_the_others() -> None:
    """A tag system finds one of two people at the same place always; cameras alone see the other."""
    site = hall()
    from tests.tracking.test_people import frames_of, standing

    looks = frames_of(site, [standing(10.0, 5.0), standing(11.5, 6.0)], 10.0)
    tagged = [sight_at("tags", k / 10, [seen_at("person", 10.0, 5.0, sigma_m=0.1)]) for k in range(100)]
    both = sorted([*looks, *tagged], key=lambda look: look.ready_s)
    tracker = Tracker(site)
    for tick in range(1, 100):
        arrived = [look for look in both if (tick - 1) / 10 < look.ready_s <= tick / 10 + 1e-9]
        people = tracker.step(tick / 10, list(arrived)).people
        if tick >= 15:
            assert len(people) == 2
            assert not any(p.lost for p in people)
            assert min(p.existence for p in people) > 0.9
