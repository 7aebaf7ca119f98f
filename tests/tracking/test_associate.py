"""Gate, assignment and clusters against brute force and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.associate import assign, clusters, fuse, gate_of, mahalanobis2


def spots(seed: int, n: int, spread_m: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    root = random.normal(0.0, 0.3, (n, 2, 2))
    return random.uniform(-spread_m, spread_m, (n, 2)), root @ root.swapaxes(1, 2) + 0.05 * np.eye(2)


def test_gate_lets_the_stated_share_of_true_pairs_through() -> None:
    assert gate_of(0.997, 2) == pytest.approx(-2 * np.log(0.003))
    random = np.random.default_rng(1)
    distance2 = (random.normal(size=(100_000, 3)) ** 2).sum(axis=1)
    assert (distance2 < gate_of(0.99, 3)).mean() == pytest.approx(0.99, abs=0.002)


@given(st.integers(0, 10_000), st.integers(0, 6), st.integers(0, 6))
def test_distances_equal_the_formula_pair_by_pair(seed: int, tracks: int, seen: int) -> None:
    a, pa = spots(seed, tracks)
    b, pb = spots(seed + 1, seen)
    distance2, log_det = mahalanobis2(a, pa, b, pb)
    assert distance2.shape == (tracks, seen)
    for i, j in itertools.product(range(tracks), range(seen)):
        s = pa[i] + pb[j]
        off = b[j] - a[i]
        assert distance2[i, j] == pytest.approx(off @ np.linalg.inv(s) @ off)
        assert log_det[i, j] == pytest.approx(np.log(np.linalg.det(s)))


@given(st.integers(0, 10_000), st.integers(0, 5), st.integers(0, 5))
def test_assignment_is_the_best_of_all(seed: int, tracks: int, seen: int) -> None:
    """Most pairs inside the gate first, then the least sum of costs, against every possibility."""
    distance2, log_det = mahalanobis2(*spots(seed, tracks, 1.5), *spots(seed + 1, seen, 1.5))
    gate = 5.0
    rows, cols = assign(distance2, log_det, gate)
    assert len(set(rows.tolist())) == len(rows)
    assert len(set(cols.tolist())) == len(cols)
    assert (distance2[rows, cols] <= gate).all()
    cost = distance2 + log_det
    ours = (-len(rows), float(cost[rows, cols].sum()))
    best = (0, 0.0)
    for k in range(1, min(tracks, seen) + 1):
        for picked in itertools.combinations(range(tracks), k):
            for taken in itertools.permutations(range(seen), k):
                pairs = list(zip(picked, taken, strict=True))
                if all(distance2[p] <= gate for p in pairs):
                    best = min(best, (-k, float(sum(cost[p] for p in pairs))))
    assert ours[0] == best[0]
    assert ours[1] == pytest.approx(best[1], abs=1e-6)


def test_nothing_to_assign() -> None:
    for shape in ((0, 0), (0, 3), (3, 0)):
        rows, cols = assign(np.zeros(shape), np.zeros(shape), 9.0)
        assert len(rows) == len(cols) == 0
    rows, _ = assign(np.full((2, 2), 100.0), np.zeros((2, 2)), 9.0)
    assert len(rows) == 0


def test_an_uncertain_track_does_not_take_what_a_certain_one_explains() -> None:
    mean = np.array([[0.0, 0.0], [0.1, 0.0]])
    cov = np.stack([4.0 * np.eye(2), 0.01 * np.eye(2)])
    seen, noise = np.array([[0.02, 0.0]]), 0.01 * np.eye(2)[None]
    rows, _ = assign(*mahalanobis2(mean, cov, seen, noise), gate_of(0.997, 2))
    assert rows.tolist() == [1]


def test_one_person_in_three_cameras_is_one_cluster() -> None:
    position = np.array([[0.0, 0.0], [0.1, 0.05], [-0.05, 0.1], [4.0, 4.0]])
    cov = np.stack([s * np.eye(2) for s in (0.04, 0.02, 0.05, 0.01)])
    camera = np.array([0, 1, 2, 0])
    found = [c.tolist() for c in clusters(position, cov, camera, gate_of(0.997, 2))]
    assert found == [[3], [1, 0, 2]]


def test_two_boxes_of_one_camera_are_two_people() -> None:
    position = np.array([[0.0, 0.0], [0.1, 0.0]])
    found = clusters(position, np.stack([0.04 * np.eye(2)] * 2), np.array([0, 0]), gate_of(0.997, 2))
    assert sorted(len(c) for c in found) == [1, 1]


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 4))
def test_clusters_part_the_observations_and_hold_each_camera_once(seed: int, n: int, cameras: int) -> None:
    position, cov = spots(seed, n)
    camera = np.random.default_rng(seed).integers(0, cameras, n)
    found = clusters(position, cov, camera, gate_of(0.997, 2))
    assert sorted(np.concatenate(found).tolist()) == list(range(n))
    for members in found:
        assert len(set(camera[members].tolist())) == len(members)


def test_no_observations_give_no_clusters() -> None:
    assert clusters(np.zeros((0, 2)), np.zeros((0, 2, 2)), np.zeros(0, np.int64), 9.0) == []


def test_fusing_is_the_weighted_mean_and_never_less_certain() -> None:
    position = np.array([[0.0, 0.0], [1.0, 0.0]])
    mean, cov = fuse(position, np.stack([np.diag([1.0, 4.0]), np.diag([4.0, 1.0])]))
    assert mean == pytest.approx([0.2, 0.0])
    assert cov == pytest.approx(np.diag([0.8, 0.8]))
    alone, alone_cov = fuse(position[:1], np.diag([1.0, 4.0])[None])
    assert alone == pytest.approx(position[0])
    assert alone_cov == pytest.approx(np.diag([1.0, 4.0]))
