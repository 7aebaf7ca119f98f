"""Clothes as a cue of who is who: what is read from a picture, and what it says."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.camera import Camera
from calibration.site import Site
from tests.tracking.test_people import Path, at, followed
from tests.worlds import body_boxes, boxes_at, hall, shaken
from tracking.appearance import Clothes, coloured
from tracking.records import Box, Boxes, Colour

ORANGE: Colour = (65, 40, 60, 30, 0, -10)
GREEN: Colour = (80, -30, 60, 30, 2, -12)
BLUES: Colour = (30, 5, -25, 28, 0, -12)
ONE, FIRST = np.array([0]), np.array([0])


def known(colour: Colour, looks: int = 10) -> Clothes:
    clothes = Clothes.unknown(1, 1)
    for _ in range(looks):
        clothes = clothes.seen(ONE, FIRST, np.array([colour], float))
    return clothes


def says(clothes: Clothes, colour: object) -> float:
    return float(clothes.log_ratio(ONE, FIRST, np.array([colour], float))[0])


def test_the_same_clothes_speak_for_and_others_against_and_unknown_ones_say_nothing() -> None:
    assert says(known(ORANGE), ORANGE) > 1.0
    assert says(known(ORANGE), BLUES) < -1.5
    assert says(known(ORANGE), (np.nan,) * 6) == 0.0
    assert says(Clothes.unknown(1, 1), ORANGE) == 0.0


@given(st.tuples(*[st.integers(-128, 127)] * 6), st.tuples(*[st.integers(-128, 127)] * 6), st.integers(1, 50))
def test_it_is_a_light_cue_whatever_is_seen(one: Colour, other: Colour, looks: int) -> None:
    """Somebody before the person or another lamp must not outweigh where people are."""
    assert -np.log(10.0) - 1e-9 <= says(known(one, looks), other) < 5.0
    assert says(known(one, looks), one) >= says(known(one, looks), other)


def test_what_is_remembered_is_the_mean_and_follows_slowly() -> None:
    clothes = known(ORANGE, 100)
    assert clothes.mean[0, 0] == pytest.approx(ORANGE)
    after = clothes.seen(ONE, FIRST, np.array([BLUES], float))
    assert 0.9 * ORANGE[0] < after.mean[0, 0, 0] < ORANGE[0]
    assert clothes.mean[0, 0] == pytest.approx(ORANGE), "an older state can be gone back to"


def picture() -> np.ndarray:
    """A grey hall with somebody in red above and blue below, 40 px wide and 120 px tall, at (100, 50)."""
    bgr = np.full((240, 320, 3), 128, np.uint8)
    bgr[62:108, 100:140] = (0, 0, 255)
    bgr[108:170, 100:140] = (255, 0, 0)
    return bgr


def test_colours_are_read_from_upper_body_and_legs() -> None:
    person = Box(100.0, 50.0, 40.0, 120.0, 0.9)
    red_blue = (53, 80, 67, 32, 79, -108)
    (seen,) = coloured(picture(), [person])
    assert seen.colour == pytest.approx(red_blue, abs=2)
    assert msgspec.structs.replace(seen, colour=None) == person


@pytest.mark.parametrize(
    "box",
    [
        Box(100.0, 50.0, 40.0, 120.0, 0.9, "load"),
        Box(100.0, 50.0, 8.0, 20.0, 0.9),
        Box(100.0, -5.0, 40.0, 120.0, 0.9),
        Box(300.0, 50.0, 40.0, 120.0, 0.9),
    ],
)
def test_no_colours_of_things_of_what_is_too_small_or_of_what_the_picture_cuts(box: Box) -> None:
    assert coloured(picture(), [box]) == (box,)


def test_no_colours_of_somebody_behind_somebody() -> None:
    far, near = Box(100.0, 50.0, 40.0, 120.0, 0.9), Box(110.0, 60.0, 50.0, 150.0, 0.8)
    first, second = coloured(picture(), [far, near])
    assert first.colour is None
    assert second.colour is not None


@dataclass(frozen=True)
class Worker:
    path: Path
    colour: Colour | None


def frames_of(site: Site, people: list[Worker], until_s: float, seed: int) -> list[Boxes]:
    """One camera at 10 Hz, with noise of edges and colours."""
    random = np.random.default_rng(seed)
    camera = Camera.from_table(site.camera[0])
    out = []
    for k in range(round(until_s * 10)):
        boxes: list[Box] = []
        for worker in people:
            place = worker.path(k / 10)
            seen = shaken(body_boxes(camera, np.array([place]), site.policy), random, 2.0) if place else ()
            for box in seen:
                noisy = worker.colour and tuple(round(v + random.normal(0.0, 4.0)) for v in worker.colour)
                boxes.append(msgspec.structs.replace(box, colour=noisy or None))
        out.append(boxes_at(camera.name, k / 10, boxes))
    return out


def meeting(until_s: float) -> tuple[Path, Path]:
    """Two walk towards each other, are hidden from 4.8 to 5.3 s, and each walks back from where they met."""

    def way(start_m: float, sign: float) -> Path:
        def path(t: float) -> tuple[float, float] | None:
            if 4.8 < t < 5.3 or t > until_s:
                return None
            return start_m + sign * 1.2 * (t if t <= 5.0 else 10.0 - t), 6.0

        return path

    return way(5.8, 1.0), way(18.2, -1.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_who_turn_back_where_nobody_sees_them_keep_their_names_by_their_clothes(seed: int) -> None:
    site = hall(1)
    left, right = meeting(9.0)
    ticks = followed(site, frames_of(site, [Worker(left, ORANGE), Worker(right, BLUES)], 9.0, seed), 9.0)
    before = {p.id: p.x_m for p in at(ticks, 4.0)}
    after = {p.id: p.x_m for p in at(ticks, 8.8)}
    assert set(before) == set(after)
    assert all((before[name] < 12.0) == (after[name] < 12.0) for name in before)
    passing = followed(site, frames_of(site, [Worker(left, GREEN), Worker(right, GREEN)], 9.0, seed), 9.0)
    same = {p.id: p.x_m for p in at(passing, 4.0)}, {p.id: p.x_m for p in at(passing, 8.8)}
    assert set(same[0]) == set(same[1]), "who wears the same is told by motion alone, and nobody is lost or doubled"
