"""Boxes left over: clusters of different cameras that can be one new person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.associate import gate_of
from tracking.births import clusters, fuse


def spots(seed: int, n: int, spread_m: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    root = random.normal(0.0, 0.3, (n, 2, 2))
    return random.uniform(-spread_m, spread_m, (n, 2)), root @ root.swapaxes(1, 2) + 0.05 * np.eye(2)


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
