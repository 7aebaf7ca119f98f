"""Random halls and moments: sound, repeatable, and disjoint between the splits."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from shapely import Point, Polygon

from recordings.plant.scenario import Scenario
from recordings.training.random_halls import STYLES, Split, random_hall
from recordings.training.random_worlds import random_world

NUMBERS = range(12)


@pytest.fixture(scope="module")
def halls() -> dict[Split, list[Scenario]]:
    return {split: [random_hall(split, number) for number in NUMBERS] for split in STYLES}


def test_the_same_number_is_the_same_hall_and_moment() -> None:
    first, again = random_hall("train", 5), random_hall("train", 5)
    assert first == again
    assert random_world(first, np.random.default_rng(3)) == random_world(again, np.random.default_rng(3))
    assert random_hall("train", 6).hall != first.hall


def test_splits_share_no_material_no_light_and_no_hall(halls: dict[Split, list[Scenario]]) -> None:
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        a, b = halls[one], halls[other]  # type: ignore[index]
        assert not {h.hall.floor for h in a} & {h.hall.floor for h in b}
        assert not {h.hall.walls for h in a} & {h.hall.walls for h in b}
        assert not {h.hall.size_m for h in a} & {h.hall.size_m for h in b}
        azimuths = [[h.light.sun_deg[0] for h in part] for part in (a, b)]
        assert max(azimuths[0]) <= min(azimuths[1])
        for hall in a:
            assert not any(low < hall.light.level < high for low, high in STYLES[other].levels)  # type: ignore[index]


def test_cameras_hang_inside_below_the_beam_and_their_lens_has_an_inverse(halls: dict[Split, list[Scenario]]) -> None:
    for hall in (h for part in halls.values() for h in part):
        for eye in hall.camera:
            x, y, z = eye.position_m
            assert 0.0 <= x <= hall.hall.size_m[0]
            assert 0.0 <= y <= hall.hall.size_m[1]
            assert z < hall.hoist[0].beam_height_m
            corner = math.tan(math.radians(eye.field_of_view_deg / 2)) * math.hypot(1.0, 540 / 960)
            assert corner <= (2 / 3) / math.sqrt(3 * abs(eye.k1)) + 1e-9


def test_moments_are_possible(halls: dict[Split, list[Scenario]]) -> None:
    carried = people = 0
    for hall in halls["train"]:
        blocks = [Polygon(s.polygon_m) for s in hall.structure]
        for seed in range(6):
            world = random_world(hall, np.random.default_rng(seed))
            crane = world.cranes[0]
            rope = math.dist(crane.trolley_m, crane.hook_m)
            assert rope == pytest.approx(crane.rope_m)
            carried += bool(crane.carries)
            people += len(world.people)
            for body in world.people:
                assert all(block.distance(Point(body.x_m, body.y_m)) > 0.2 for block in blocks)
            for load in world.loads:
                assert load.z_m >= load.size_m[2] / 2 - 1e-9, "above the floor"
            for a in world.people:
                assert all(a is b or math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) > 0.4 for b in world.people)
    assert carried > 20
    assert people > 100


@pytest.mark.slow
def test_rendered_pictures_make_a_training_folder_and_are_not_made_twice(tmp_path: Path) -> None:
    pytest.importorskip("pyvista", reason="the extra hoistwatch[plant] is not installed")
    pytest.importorskip("anny", reason="the extra hoistwatch[plant] is not installed")
    from recordings.training.dataset import read_dataset
    from recordings.training.render_data import render_data

    told: list[tuple[int, int]] = []
    halls: dict[Split, int] = {"train": 1, "val": 1, "test": 1}
    count = render_data(tmp_path, halls, pictures=2, processes=1, progress=lambda *at: told.append(at))
    assert count == 6
    assert told == [(1, 3), (2, 3), (3, 3)]
    dataset = read_dataset(tmp_path)
    assert {name: len(samples) for name, samples in dataset.samples.items()} == {"train": 2, "val": 2, "test": 2}
    with (tmp_path / "boxes.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    labels = sum(len(p.read_text().splitlines()) for p in (tmp_path / "labels").glob("*/*.txt"))
    assert labels == len(rows)
    assert all(0.0 < float(row["visible"]) <= 1.0 for row in rows)
    postures = {"stand", "walk", "bend", "reach", "pendant", "lie"}
    expected = {"person": postures, "load": {"slung", "standing"}, "hook": {""}, "trolley": {""}}
    assert all(row["state"] in expected[row["kind"]] for row in rows)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "images").glob("*/*.jpg")}
    assert render_data(tmp_path, halls, pictures=2, processes=1) == 6
    assert {p: p.stat().st_mtime_ns for p in before} == before, "whole halls are not rendered again"
