"""Standing still told from creeping, whatever the noise, and what the machine's limits add."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.site import Site
from tests.tracking.plant import Truth, drive, pixels, positions, telemetry
from tests.tracking.test_hoists import states_of
from tests.worlds import bridge, hall
from tracking import hoist_motion as motion
from tracking.hoist_rest import Band, Rest
from tracking.records import HoistState, Look

BAND = Band(0.08, 0.25, 0.17)
STILL = drive(bridge(), lambda _: (0.0, 0.0, 0.0), 30.0, (12.0, 6.0), 4.0)


def looks_of(kind: str, site: Site, truth: Truth, until_s: float) -> list[Look]:
    hoist = site.hoist[0]
    if kind == "telemetry":
        return telemetry(hoist, truth, until_s)
    if kind == "positions":
        return positions(truth, until_s)
    return pixels(site, hoist, truth, until_s)


def site_for(kind: str) -> Site:
    return hall({"two cameras": 2, "four cameras": 4}.get(kind, 0), [bridge()])


def single(kind: str, truth: Truth, until_s: float) -> list[HoistState]:
    site = site_for(kind)
    states, _ = states_of(site, looks_of(kind, site, truth, until_s), until_s)
    return [s for now in states for s in now]


KINDS = ["telemetry", "positions", "two cameras", "four cameras"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hoist_at_rest_has_no_speed(kind: str) -> None:
    """Half a minute of noise that would pass for 0.1 m/s."""
    states = single(kind, STILL, 30.0)
    moves = [s.travel_speed_mps > 0.08 for s in states]
    assert np.mean(moves) < 0.02
    assert np.mean([abs(s.vz_mps) > 0.02 for s in states]) < 0.05


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speed_mps", [0.17, 0.67])
def test_a_start_is_noticed_before_the_load_has_gone_far(kind: str, speed_mps: float) -> None:
    truth = drive(bridge(), lambda t: (speed_mps if t > 8.0 else 0.0, 0.0, 0.0), 14.0, (6.0, 6.0), 4.0)
    states = single(kind, truth, 14.0)
    noticed = next(s.time_s for s in states if s.time_s > 8.0 and s.travel_speed_mps > 0.08)
    assert noticed < 11.0
    assert truth.hook_m[truth.row(noticed), 0] - 6.0 < 0.3
    after = [s.travel_speed_mps > 0.0 for s in states if s.time_s > noticed + 0.5]
    assert np.mean(after) > 0.8, "and travel stays travel"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_is_noticed_within_seconds(kind: str) -> None:
    truth = drive(bridge(), lambda t: (0.3 if t < 6.0 else 0.0, 0.0, 0.0), 22.0, (6.0, 6.0), 2.0)
    states = single(kind, truth, 22.0)
    assert np.mean([s.travel_speed_mps < 0.08 for s in states if s.time_s > 14.0]) > 0.6


def test_rest_holds_inside_its_band_and_ends_outside() -> None:
    rest = Rest(BAND)
    random = np.random.default_rng(1)
    for k in range(100):
        rest.update(k / 10, random.normal(0.0, 0.02, 2), 0.02, False)
        assert rest.at_rest
    rest.update(10.0, np.array([0.12, 0.0]), 0.02, False)
    assert not rest.at_rest


def test_a_speed_that_stands_out_ends_rest_at_once() -> None:
    rest = Rest(BAND)
    for k in range(20):
        rest.update(k / 10, np.zeros(2), 0.02, False)
    rest.update(2.0, np.zeros(2), 0.02, True)
    assert not rest.at_rest


def test_creeping_is_no_rest() -> None:
    rest = Rest(BAND)
    said = []
    for k in range(300):
        rest.update(k / 10, np.array([0.17 * k / 10, 0.0]), 0.02, False)
        said.append(rest.at_rest)
    assert not any(said[15:])


def test_comes_to_rest_after_a_while_in_one_place() -> None:
    rest = Rest(BAND)
    for k in range(30):
        rest.update(k / 10, np.array([0.3 * k / 10, 0.0]), 0.02, False)
    assert not rest.at_rest
    stands = [(rest.update(3.0 + k / 10, np.array([0.9, 0.0]), 0.02, False), rest.at_rest)[1] for k in range(40)]
    assert 1.0 < stands.index(True) / 10 < 2.5
    rest.forget()
    assert rest.at_rest


def test_what_no_sensor_sees_stays_within_the_machine_s_limits() -> None:
    """Telemetry of the trolley for five minutes: place and swing of the hook must not fade out of all knowledge."""
    site = site_for("telemetry")
    truth = drive(bridge(), lambda _: (0.02, 0.0, 0.0), 60.0, (6.0, 6.0), 4.0)
    states, _ = states_of(site, telemetry(site.hoist[0], truth, 60.0), 60.0)
    sigma = [s.sigma_m for now in states for s in now]
    assert max(sigma) < 0.5
    assert not any(s.height_known for now in states for s in now)


@given(st.integers(0, 10_000))
def test_limits_only_ever_add_knowledge(seed: int) -> None:
    random = np.random.default_rng(seed)
    hoist = bridge()
    centre, sigma = motion.limits(hoist)
    root = random.normal(0.0, 1.0, (motion.STATES, motion.STATES)) * random.uniform(0.001, 2.0, motion.STATES)[:, None]
    cov = root @ root.T + 1e-9 * np.eye(motion.STATES)
    state = random.normal(0.0, 1.0, motion.STATES)
    mean, less = motion.within_limits(state, cov, centre, sigma)
    assert (np.diag(less) <= sigma**2 * (1 + 1e-9)).all()
    assert np.linalg.eigvalsh(less).min() > -1e-9
    assert np.linalg.eigvalsh(cov - less).min() > -1e-6 * max(1.0, np.abs(cov).max())
    assert np.isfinite(mean).all()
    known = np.diag(np.full(motion.STATES, 1e-6))
    same, kept = motion.within_limits(state, known, centre, sigma)
    assert (same == state).all()
    assert (kept == known).all()
