"""Sway that no sensor sees, from the trolley's places alone; and errors as large as the filter says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from calibration.camera import Camera
from calibration.policy import Policy
from tests.benchmarks.bench_hoist_sway import share, told
from tests.recordings.plant.test_gantry_sway import LENGTH_M, recorded
from tests.worlds import bridge, hall_cameras
from tracking import hoist_filter as filters
from tracking import hoist_motion as motion
from tracking import unscented
from tracking.hoist_filter import HoistFilter

BOUNDS = {"step4v": 0.15, "ramp": 0.20, "sine3v": 0.20}
"""With 1 V the sway is 0.016 rad and the laboratory's bearing friction rules it: no pendulum tells that."""


@pytest.mark.parametrize("name", BOUNDS)
def test_sway_of_a_real_gantry_from_its_encoder_alone(name: str) -> None:
    time_s, trolley_m, sway = recorded(name)
    first = time_s <= 12.0
    assert share(told(time_s[first], trolley_m[first], LENGTH_M), sway[first]) < BOUNDS[name]


@pytest.mark.parametrize("kind", ["two cameras", "position", "trolley"])
def test_errors_and_innovations_are_as_large_as_stated(kind: str) -> None:
    """30 hoists that move as the model says: mean NEES and NIS lie within 99.9 % of their chi-square."""
    hoist, policy = bridge(), Policy()
    cameras = [Camera.from_table(table) for table in hall_cameras(2)]
    measures = {
        "two cameras": [filters.pixel(hoist, c, 0.0) for c in cameras],
        "position": [filters.hook_position(hoist)],
        "trolley": [filters.trolley_floor],
    }[kind]
    sigma = 5.0 if kind == "two cameras" else 0.05
    random = np.random.default_rng(12)
    start = np.zeros(motion.STATES)
    start[[motion.X, motion.Y, motion.L]] = 12.0, 6.0, 4.0
    spread = np.array([0.3, 0.1, 0.3, 0.1, 0.2, 0.02, 0.02, 0.03, 0.02, 0.03])
    nees, nis, sizes = [], [], 0
    for _ in range(30):
        truth = start + spread * random.normal(size=motion.STATES)
        belief = unscented.belief(start, np.diag(spread**2))
        filter_ = HoistFilter(hoist, policy, 0.0, np.array([12.0, 6.0]), 0.3, (3.0, 0.2))
        filter_._belief = belief
        for k in range(1, 31):
            noise = motion.noise(truth, 0.1, hoist, policy)
            truth = motion.moved(truth, 0.1) + np.linalg.cholesky(noise) @ random.normal(size=motion.STATES)
            filter_.predict_to(k / 10)
            for measure in measures:
                z = measure(truth)
                z = z + random.normal(0.0, sigma, len(z))
                what = filter_.expected_all([measure])
                nis.append(unscented.distance2(z, sigma**2 * np.eye(len(z)), what.mean, what.cov))
                sizes += len(z)
                filter_.correct(z, sigma**2 * np.eye(len(z)), measure)
        off = truth - filter_.state
        nees.append(float(off @ np.linalg.solve(filter_.cov, off)))
    low, high = chi2.ppf([0.0005, 0.9995], motion.STATES * len(nees))
    assert low < sum(nees) < high
    low, high = chi2.ppf([0.0005, 0.9995], sizes)
    assert low < sum(nis) < high
