"""The probability of a contact against an independent Monte Carlo, and what must hold of it whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.policy import Policy
from safety.chord import Shape
from safety.passage import LoadPaths, contact_by, never_safer
from tests.benchmarks.bench_passage import monte_carlo, ours
from tests.encounters import DISC, ENCOUNTERS, Encounter, person
from tracking.people_filter import Bank
from tracking.predict import forecast_people

POLICY = Policy()
ALWAYS = np.ones((1, 17), bool)
ROW = np.array([0])


def met(
    bank: Bank, load_m: np.ndarray, shape: Shape = DISC, sigma_m: float = 0.05, harmful: np.ndarray = ALWAYS
) -> np.ndarray:
    """(17,) probability by each time for a load that goes a way (17, 2)."""
    paths = LoadPaths(load_m[None], np.full((1, 17), sigma_m), harmful)
    return contact_by(forecast_people(bank, POLICY), ROW, paths, shape)[0, 0]


def still(x_m: float = 0.0, y_m: float = 0.0) -> np.ndarray:
    return np.tile([x_m, y_m], (17, 1))


@pytest.mark.parametrize("e", ENCOUNTERS, ids=lambda e: e.name)
def test_it_equals_a_monte_carlo_of_its_own_model(e: Encounter) -> None:
    """20 000 ways have a standard error of 0.0035 at most; the full check is ``bench_passage``."""
    assert ours(e, POLICY) == pytest.approx(monte_carlo(e, POLICY, 20_000, 7), abs=0.02)


def test_it_counts_what_happens_between_and_not_only_at_an_instant() -> None:
    """Who crosses has a small chance of being inside at any one time, and a large one of having been."""
    crossing = person(0.0, -3.0, 0.0, 1.6, sigma_mps=0.4)
    p = met(crossing, still(), Shape(0.4))
    inside = [met(crossing, still(), Shape(0.4), harmful=ALWAYS & (np.arange(17) == k))[-1] for k in range(17)]
    assert p[-1] > 1.3 * max(inside)
    assert (np.diff(p) >= -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-8.0, 8.0),
    st.floats(-8.0, 8.0),
    st.floats(-2.0, 2.0),
    st.floats(-2.0, 2.0),
    st.floats(0.02, 1.5),
    st.floats(0.02, 1.5),
    st.floats(0.2, 1.5),
)
def test_it_is_a_probability_that_only_grows(
    x: float, y: float, vx: float, vy: float, sigma_m: float, sigma_mps: float, radius_m: float
) -> None:
    p = met(person(x, y, vx, vy, None, sigma_m, sigma_mps), still(), Shape(radius_m))
    assert np.isfinite(p).all()
    assert (p >= -1e-9).all()
    assert (p <= 1 + 1e-6).all()
    assert (np.diff(p) >= -2e-3).all()
    wider = met(person(x, y, vx, vy, None, sigma_m, sigma_mps), still(), Shape(radius_m + 0.3))
    assert (wider >= p - 0.02).all(), "a larger load meets no fewer"


def test_sure_things_are_sure() -> None:
    exact = {"sigma_m": 0.005, "sigma_mps": 0.005}
    assert met(person(0.3, 0.0, weights=(1.0, 0.0, 0.0), **exact), still())[0] == pytest.approx(1.0)
    away = met(person(0.0, 30.0, 0.0, 1.0, (0.0, 1.0, 0.0), **exact), still())
    assert (away == 0.0).all()
    none = contact_by(
        forecast_people(Bank.empty(), POLICY),
        np.zeros(0, np.int64),
        LoadPaths(still()[None], np.ones((1, 17)), ALWAYS),
        DISC,
    )
    assert none.shape == (0, 1, 17)


def test_the_turn_of_the_world_changes_nothing() -> None:
    """A long load askew, everything turned by 50 degrees, must be met as often."""
    turn = np.radians(50.0)
    r = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    place, speed = np.array([3.0, -1.5]), np.array([-0.8, 0.5])
    way = np.arange(17)[:, None] * 0.25 * np.array([0.3, 0.1])
    plain = met(person(*place, *speed), way, Shape(0.3, 1.5, 0.3, 0.2))
    turned = met(person(*(r @ place), *(r @ speed)), way @ r.T, Shape(0.3, 1.5, 0.3, 0.2 + turn))
    assert turned == pytest.approx(plain, abs=0.02)


def test_only_harmful_times_count() -> None:
    harmless = ALWAYS.copy()
    harmless[0, 4:] = False
    crossing = person(0.0, -4.0, 0.0, 1.6)
    assert met(crossing, still(), harmful=harmless)[-1] < 0.02
    assert met(crossing, still())[-1] > 0.7
    assert (met(crossing, still(), harmful=~ALWAYS) == 0.0).all()


@given(st.floats(0.25, 3.0), st.floats(0.3, 3.0))
@settings(max_examples=25, deadline=None)
def test_losing_sight_never_makes_anybody_look_safer(sigma_m: float, factor: float) -> None:
    """Nobody known worse counts less than somebody at the same place who is known well."""

    def told(sigma: float) -> float:
        bank = person(1.6, 0.5, -0.4, 0.0, None, sigma, max(0.18, sigma * factor))
        paths = LoadPaths(still()[None], np.full((1, 17), 0.05), ALWAYS)
        return float(never_safer(forecast_people(bank, POLICY), ROW, paths, DISC, np.array([sigma]), 0.25)[0, 0, -1])

    assert told(sigma_m) >= told(0.25) - 0.005


def test_each_person_and_each_way_of_the_load_is_judged_by_itself() -> None:
    """A batch gives what single calls give."""
    people = person(2.0, 0.0, -1.0, 0.0).joined(person(0.0, 6.0)).joined(person(-2.0, 0.5, 0.8, 0.0))
    forecast = forecast_people(people, POLICY)
    ways = np.stack([still(), still(0.5, 5.5), still(20.0, 20.0)])
    paths = LoadPaths(ways, np.full((3, 17), 0.05), np.ones((3, 17), bool))
    together = contact_by(forecast, np.arange(3), paths, DISC)
    for i in range(3):
        for d in range(3):
            one = LoadPaths(ways[d : d + 1], np.full((1, 17), 0.05), ALWAYS)
            assert contact_by(forecast, np.array([i]), one, DISC)[0, 0] == pytest.approx(together[i, d], abs=1e-6)
    assert together[0, 0, -1] > 0.5
    assert together[1, 1, -1] > 0.8
    assert (together[:, 2] == 0.0).all()
