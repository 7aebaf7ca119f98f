"""The joint assignment of boxes of several cameras: gate, optimum, readings by foot and head, heights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.appearance import Clothes
from tracking.associate import Matches, Predicted, associate, best_assignment, fused, gate_of, height_log_ratio
from tracking.observe import PersonFrame, frame_of_points
from tracking.readings import columns, readings_of

GATE = gate_of(0.997, 2)
TALL_M = 1.72


def points(source: str, *places: tuple[float, float], sigma_m: float = 0.1, tall_m: float = np.nan) -> PersonFrame:
    n = len(places)
    cov = np.broadcast_to(sigma_m**2 * np.eye(2), (n, 2, 2))
    return frame_of_points(source, 0.0, np.array(places).reshape(-1, 2), cov, np.ones(n), np.full(n, tall_m))


def tracks(*places: tuple[float, float], sigma_m: float = 0.1, cameras: int = 1, tall_m: float = TALL_M) -> Predicted:
    n = len(places)
    place = columns(np.array(places).reshape(-1, 2), np.broadcast_to(sigma_m**2 * np.eye(2), (n, 2, 2)))
    return Predicted(place, np.full(n, tall_m), np.full(n, 0.02**2), np.full((cameras, n), 2.0), *naked(n, cameras))


def naked(n: int, cameras: int = 1) -> tuple[Clothes, np.ndarray]:
    """Clothes of which nothing is known, and their columns."""
    return Clothes.unknown(n, cameras), np.arange(cameras)


def pairs(found: Matches) -> set[tuple[int, int]]:
    return set(zip(found.track.tolist(), found.box.tolist(), strict=True))


def test_gate_lets_the_stated_share_of_true_pairs_through() -> None:
    assert gate_of(0.997, 2) == pytest.approx(-2 * np.log(0.003))
    random = np.random.default_rng(1)
    distance2 = (random.normal(size=(100_000, 3)) ** 2).sum(axis=1)
    assert (distance2 < gate_of(0.99, 3)).mean() == pytest.approx(0.99, abs=0.002)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 5))
def test_assignment_is_the_best_of_all(seed: int, rows: int, cols: int) -> None:
    """Against every possibility; pairs that are worth nothing are left alone."""
    worth = np.random.default_rng(seed).normal(1.0, 3.0, (rows, cols))
    track, box = np.divmod(np.arange(rows * cols), cols)
    chosen = best_assignment(track, box, worth.ravel(), worth.shape)
    assert len(set(track[chosen].tolist())) == len(set(box[chosen].tolist())) == chosen.sum()
    assert (worth.ravel()[chosen] > 0).all()
    best = 0.0
    for k in range(1, min(rows, cols) + 1):
        for picked in itertools.combinations(range(rows), k):
            for taken in itertools.permutations(range(cols), k):
                best = max(best, sum(worth[i, j] for i, j in zip(picked, taken, strict=True)))
    assert worth.ravel()[chosen].sum() == pytest.approx(best)


def test_nothing_to_assign() -> None:
    nobody, nothing = tracks(), readings_of([points("a")])
    assert len(associate(nobody, nothing, TALL_M, GATE)) == 0
    assert len(associate(tracks((0.0, 0.0)), nothing, TALL_M, GATE)) == 0
    assert len(associate(nobody, readings_of([points("a", (0.0, 0.0))]), TALL_M, GATE)) == 0
    assert len(associate(tracks((0.0, 0.0)), readings_of([points("a", (9.0, 0.0))]), TALL_M, GATE)) == 0


def test_an_uncertain_track_does_not_take_what_a_certain_one_explains() -> None:
    place = columns(np.array([[0.0, 0.0], [0.1, 0.0]]), np.stack([4.0 * np.eye(2), 0.01 * np.eye(2)]))
    known = Predicted(place, np.full(2, TALL_M), np.full(2, 0.01), np.full((1, 2), 2.0), *naked(2))
    assert pairs(associate(known, readings_of([points("a", (0.02, 0.0))]), TALL_M, GATE)) == {(1, 0)}


def test_the_body_height_tells_two_people_on_one_spot_apart() -> None:
    place = columns(np.array([[0.0, 0.0], [0.3, 0.0]]), np.stack([0.09 * np.eye(2)] * 2))
    known = Predicted(place, np.array([1.6, 1.85]), np.full(2, 0.02**2), np.full((1, 2), 2.0), *naked(2))
    seen = points("a", (0.05, 0.0), (0.25, 0.0))
    swapped = points("a", (0.05, 0.0), (0.25, 0.0))
    seen.tall_m[:], swapped.tall_m[:] = (1.61, 1.84), (1.84, 1.61)
    for frame in (seen, swapped):
        frame.tall_sigma_m[:] = 0.04
    assert pairs(associate(known, readings_of([seen]), TALL_M, GATE)) == {(0, 0), (1, 1)}
    assert pairs(associate(known, readings_of([swapped]), TALL_M, GATE)) == {(0, 1), (1, 0)}


def test_three_cameras_overrule_the_one_that_sees_somebody_else() -> None:
    """A false point is near enough to the prediction, but not to where the others put the person."""
    known = tracks((0.0, 0.0), sigma_m=0.6, cameras=4)
    frames = [points(name, (0.8, 0.1)) for name in "abc"] + [points("d", (-0.7, 0.0))]
    assert pairs(associate(known, readings_of(frames), TALL_M, GATE)) == {(0, 0), (0, 1), (0, 2)}


def test_cameras_agree_on_who_is_who() -> None:
    """By the prediction alone one camera's noise would swap the two; what the others see keeps them."""
    known = tracks((0.0, 0.0), (0.5, 0.0), sigma_m=0.5, cameras=3)
    frames = [points("a", (0.0, 0.0), (0.5, 0.0)), points("b", (0.02, 0.0), (0.52, 0.0))]
    frames.append(points("c", (0.3, 0.0), (0.2, 0.0), sigma_m=0.15))
    found = pairs(associate(known, readings_of(frames), TALL_M, GATE))
    assert {(0, 0), (1, 1), (0, 2), (1, 3)} <= found
    assert {(0, 5), (1, 4)} <= found


def test_the_one_pair_of_two_that_contradict_each_other_stays() -> None:
    known = tracks((0.0, 0.0), sigma_m=0.7, cameras=2)
    found = associate(known, readings_of([points("a", (0.2, 0.0)), points("b", (-1.5, 0.0))]), TALL_M, GATE)
    assert pairs(found) == {(0, 0)}


def test_what_is_measured_together_is_the_weighted_mean() -> None:
    known = tracks((0.0, 0.0), sigma_m=1.0, cameras=2)
    frames = [points("a", (0.1, 0.0), sigma_m=0.1), points("b", (0.4, 0.0), sigma_m=0.2)]
    rows, place = fused(associate(known, readings_of(frames), TALL_M, GATE))
    assert rows.tolist() == [0]
    assert place[:, 0] == pytest.approx([0.16, 0.0, 0.008, 0.0, 0.008])


def test_heights_that_fit_speak_for_a_pair_and_the_others_little_against_it() -> None:
    ratios = height_log_ratio(np.array([1.7, 1.9, 0.9, np.nan]), np.full(4, 0.03**2), np.full(4, 1.7), np.full(4, 1e-4))
    assert ratios[0] > 2.0
    assert ratios[1] == pytest.approx(np.log(0.05), abs=0.2), "somebody who stoops or is cut off stays possible"
    assert ratios[2] == pytest.approx(np.log(0.05), abs=1e-6)
    assert ratios[3] == 0.0
