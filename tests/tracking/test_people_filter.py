"""The batched filter of people against filterpy, and against worlds that move as its models say."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy.kalman import IMMEstimator, KalmanFilter
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from calibration.policy import Policy
from tracking import people_filter as imm

POLICY = Policy()
TIMES = st.lists(st.floats(0.02, 1.0), min_size=3, max_size=15)


def theirs(bank: imm.Bank, row: int) -> IMMEstimator:
    """filterpy's estimator in the state of one person of a bank."""
    filters = []
    for mode in range(imm.MODES):
        kf = KalmanFilter(dim_x=4, dim_z=2)
        kf.x, kf.P = bank.mean[row, mode].copy(), bank.cov[row, mode].copy()
        kf.H = np.eye(2, 4)
        filters.append(kf)
    return IMMEstimator(filters, bank.probability[row], np.eye(imm.MODES))


def predict_theirs(estimator: IMMEstimator, step: imm.Models) -> None:
    """filterpy keeps one transition matrix for ever; another time step needs the mixing anew."""
    estimator.M = step.switching
    estimator._compute_mixing_probabilities()
    for kf, f, q in zip(estimator.filters, step.transition, step.noise, strict=True):
        kf.F, kf.Q = f, q
    estimator.predict()
    # filterpy's own mode probability stays at the last update's; ours moves on with the chain.
    estimator.mu = estimator.cbar.copy()
    estimator._compute_state_estimate()


def update_theirs(estimator: IMMEstimator, z: np.ndarray, r: np.ndarray) -> None:
    estimator.cbar = estimator.mu
    for kf in estimator.filters:
        kf.R = r
    estimator.update(z)


def random_cov(random: np.random.Generator) -> np.ndarray:
    a = random.normal(0.0, 0.2, (2, 2))
    return a @ a.T + 0.05**2 * np.eye(2)


@settings(max_examples=40, deadline=None)
@given(TIMES, st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_equals_filterpy_person_by_person(times: list[float], seed: int, people: int) -> None:
    random = np.random.default_rng(seed)
    bank = imm.born(POLICY, random.normal(0.0, 5.0, (people, 2)), np.stack([random_cov(random)] * people))
    others = [theirs(bank, row) for row in range(people)]
    for dt_s in times:
        step = imm.models(POLICY, dt_s)
        bank = imm.predict(bank, step)
        for other in others:
            predict_theirs(other, step)
        compare(bank, others)
        rows = np.flatnonzero(random.random(people) < 0.8)
        seen = bank.fused()[0][rows, :2] + random.normal(0.0, 0.3, (len(rows), 2))
        noise = np.stack([random_cov(random) for _ in rows]) if len(rows) else np.zeros((0, 2, 2))
        bank = imm.update(bank, rows, seen, noise)
        for row, z, r in zip(rows, seen, noise, strict=True):
            update_theirs(others[row], z, r)
        compare(bank, others)


def compare(bank: imm.Bank, others: list[IMMEstimator]) -> None:
    mean, cov = bank.fused()
    for row, other in enumerate(others):
        for mode, kf in enumerate(other.filters):
            assert bank.mean[row, mode] == pytest.approx(kf.x, abs=1e-9)
            assert bank.cov[row, mode] == pytest.approx(kf.P, abs=1e-9)
        # Ours keeps every mode possible at one in a million.
        assert bank.probability[row] == pytest.approx(other.mu, abs=4e-6)
        if other.mu.min() > 1e-5:
            assert bank.probability[row] == pytest.approx(other.mu, abs=1e-9)
            assert mean[row] == pytest.approx(other.x, abs=1e-9)
            assert cov[row] == pytest.approx(other.P, abs=1e-9)
        other.mu = bank.probability[row].copy()


@given(TIMES, st.integers(0, 2**32 - 1))
def test_covariances_stay_symmetric_and_positive(times: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    bank = imm.born(POLICY, np.zeros((3, 2)), np.stack([np.diag([1e-4, 4.0])] * 3))
    for dt_s in times:
        bank = imm.predict(bank, imm.models(POLICY, dt_s))
        seen = random.normal(0.0, 3.0, (3, 2))
        bank = imm.update(bank, np.arange(3), seen, np.stack([np.diag([1e-6, 25.0])] * 3))
        for cov in (bank.cov.reshape(-1, 4, 4), bank.fused()[1]):
            assert np.abs(cov - cov.swapaxes(1, 2)).max() < 1e-10
            assert np.linalg.eigvalsh(cov).min() > 0.0
        assert bank.probability.sum(axis=1) == pytest.approx(1.0)
        assert (bank.probability > 0.0).all()


@given(st.floats(0.01, 2.0), st.floats(0.01, 0.99))
def test_two_steps_equal_one_of_their_sum(dt_s: float, share: float) -> None:
    first, second = imm.models(POLICY, share * dt_s), imm.models(POLICY, (1 - share) * dt_s)
    whole = imm.models(POLICY, dt_s)
    assert first.switching @ second.switching == pytest.approx(whole.switching, abs=1e-12)
    assert whole.switching.sum(axis=1) == pytest.approx(1.0)
    for mode in range(imm.MODES):
        f2 = second.transition[mode]
        assert f2 @ first.transition[mode] == pytest.approx(whole.transition[mode], abs=1e-12)
        added = f2 @ first.noise[mode] @ f2.T + second.noise[mode]
        assert added == pytest.approx(whole.noise[mode], rel=1e-9, abs=1e-12)


def test_a_step_of_no_time_moves_nobody() -> None:
    still = imm.models(POLICY, 0.0)
    assert still.transition[imm.WALK] == pytest.approx(np.eye(4))
    assert still.noise[imm.WALK] == pytest.approx(0.0)
    assert still.noise[imm.MANOEUVRE] == pytest.approx(0.0)
    assert still.switching == pytest.approx(np.eye(3))


def test_nobody_at_all_is_no_special_case() -> None:
    bank = imm.Bank.empty()
    assert len(imm.predict(bank, imm.models(POLICY, 0.1))) == 0
    assert len(imm.update(bank, np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2, 2)))) == 0
    assert bank.fused()[0].shape == (0, 4)
    assert len(imm.born(POLICY, np.zeros((0, 2)), np.zeros((0, 2, 2)))) == 0


def test_order_of_people_does_not_matter() -> None:
    random = np.random.default_rng(2)
    bank = imm.born(POLICY, random.normal(0, 3, (5, 2)), np.stack([0.01 * np.eye(2)] * 5))
    seen = bank.mean[:, 0, :2] + random.normal(0, 0.1, (5, 2))
    noise = np.stack([0.01 * np.eye(2)] * 5)
    turned = np.array([3, 0, 4, 1, 2])
    step = imm.models(POLICY, 0.3)
    one = imm.update(imm.predict(bank, step), np.arange(5), seen, noise).take(turned)
    two = imm.update(imm.predict(bank.take(turned), step), np.arange(5), seen[turned], noise[turned])
    assert one.mean == pytest.approx(two.mean, abs=1e-13)
    assert one.probability == pytest.approx(two.probability, abs=1e-13)


def test_an_update_of_some_leaves_the_others_alone() -> None:
    bank = imm.born(POLICY, np.array([[0.0, 0.0], [5.0, 5.0]]), np.stack([0.01 * np.eye(2)] * 2))
    out = imm.update(bank, np.array([1]), np.array([[5.1, 5.0]]), np.array([0.01 * np.eye(2)]))
    assert (out.mean[0] == bank.mean[0]).all()
    assert (bank.mean[1] == [5.0, 5.0, 0.0, 0.0]).all(), "the given bank must not change"
    assert out.mean[1, imm.WALK, 0] > 5.0


@pytest.mark.parametrize("mode", range(imm.MODES), ids=["stand", "walk", "manoeuvre"])
def test_consistent_where_the_world_moves_as_a_mode_says(mode: int) -> None:
    """NIS and NEES of many people who move by one mode's own model, filtered by that mode alone."""
    random = np.random.default_rng(10 + mode)
    n, steps, dt_s, sigma = 200, 40, 0.1, 0.08
    step = imm.models(POLICY, dt_s)
    noise_root = np.linalg.cholesky(step.noise[mode] + 1e-15 * np.eye(4))
    bank = imm.born(POLICY, np.zeros((n, 2)), np.broadcast_to(sigma**2 * np.eye(2), (n, 2, 2)))
    alone = imm.Models(step.transition, step.noise, np.eye(imm.MODES))
    truth = np.einsum("nij,nj->ni", np.linalg.cholesky(bank.cov[:, mode]), random.normal(size=(n, 4)))
    nees, nis = [], []
    for _ in range(steps):
        truth = truth @ step.transition[mode].T + random.normal(size=(n, 4)) @ noise_root.T
        bank = imm.predict(bank, alone)
        z = truth[:, :2] + random.normal(0.0, sigma, (n, 2))
        off = z - bank.mean[:, mode, :2]
        s = bank.cov[:, mode, :2, :2] + sigma**2 * np.eye(2)
        nis.append(np.einsum("ni,nij,nj->n", off, np.linalg.inv(s), off))
        bank = imm.update(bank, np.arange(n), z, np.broadcast_to(sigma**2 * np.eye(2), (n, 2, 2)))
        error = truth - bank.mean[:, mode]
        nees.append(np.einsum("ni,nij,nj->n", error, np.linalg.inv(bank.cov[:, mode]), error))
    # NIS is white: a tight interval over all. NEES is correlated over steps: over the people of the last.
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 2 * n * steps) / (n * steps)
    assert low < np.mean(nis) < high
    low, high = chi2.ppf([1e-4, 1 - 1e-4], 4 * n) / n
    assert low < nees[-1].mean() < high


def test_walkers_who_stop_and_turn_are_followed_within_the_stated_uncertainty() -> None:
    """People alternate between standing and walking at random; the mixture must stay honest."""
    random = np.random.default_rng(4)
    n, dt_s, sigma = 100, 0.1, 0.08
    position = random.uniform(-10, 10, (n, 2))
    velocity = np.zeros((n, 2))
    step = imm.models(POLICY, dt_s)
    noise = np.broadcast_to(sigma**2 * np.eye(2), (n, 2, 2))
    bank = imm.born(POLICY, position, noise)
    errors, distance2 = [], []
    for tick in range(300):
        change = random.random(n) < dt_s / 3.0
        angle, walks = random.uniform(0, 2 * np.pi, n), random.random(n) < 0.7
        fresh = 1.3 * np.column_stack([np.cos(angle), np.sin(angle)]) * walks[:, None]
        velocity = np.where(change[:, None], fresh, velocity)
        position = position + dt_s * velocity
        bank = imm.update(imm.predict(bank, step), np.arange(n), position + random.normal(0, sigma, (n, 2)), noise)
        mean, cov = bank.fused()
        if tick > 20:
            off = position - mean[:, :2]
            errors.append(np.linalg.norm(off, axis=1))
            distance2.append(np.einsum("ni,nij,nj->n", off, np.linalg.inv(cov[:, :2, :2]), off))
    flat = np.concatenate(distance2)
    assert np.median(np.concatenate(errors)) < sigma * 1.2
    assert 1.0 < flat.mean() < 3.0
    # 99.7 % of a true chi-square lie below 11.6; abrupt turns may cost a little of that.
    assert (flat < chi2.ppf(0.997, 2)).mean() > 0.97


def test_modes_recognise_standing_and_walking() -> None:
    random = np.random.default_rng(6)
    step = imm.models(POLICY, 0.1)
    n, sigma = 100, 0.05
    noise = np.broadcast_to(sigma**2 * np.eye(2), (2 * n, 2, 2))
    bank = imm.born(POLICY, np.zeros((2 * n, 2)), noise)
    for tick in range(40):
        truth = np.zeros((2 * n, 2))
        truth[n:, 0] = 1.2 * 0.1 * (tick + 1)
        bank = imm.update(imm.predict(bank, step), np.arange(2 * n), truth + random.normal(0, sigma, (2 * n, 2)), noise)
    modes = bank.probability.argmax(axis=1)
    assert (modes[:n] == imm.STAND).mean() > 0.95
    assert (modes[n:] == imm.WALK).mean() > 0.95
    # The mode that fits tells the speed without bias; the mixture leans a little towards standing.
    assert bank.mean[n:, imm.WALK, 2].mean() == pytest.approx(1.2, abs=0.03)
    assert 1.1 < bank.fused()[0][n:, 2].mean() < 1.2


def test_closed_inverse_is_the_inverse() -> None:
    random = np.random.default_rng(8)
    a = random.normal(size=(50, 2, 2))
    m = a @ a.swapaxes(1, 2) + 0.1 * np.eye(2)
    inverse, determinant = imm.invert_2x2(m)
    assert inverse == pytest.approx(np.linalg.inv(m))
    assert determinant == pytest.approx(np.linalg.det(m))


def test_who_walks_at_no_speed_stands_and_the_mixture_stays_what_it_was() -> None:
    policy = Policy()
    bank = imm.born(policy, np.array([[3.0, 4.0], [5.0, 5.0]]), np.full((2, 2, 2), 0.0) + 0.01 * np.eye(2))
    bank.mean[1, imm.WALK, 2:] = (1.2, 0.0)
    bank.mean[0, imm.WALK, 0] += 0.2
    bank.cov[:, imm.WALK, 2:, 2:] = 0.01 * np.eye(2)
    bank.probability[:] = (0.3, 0.6, 0.1)
    before, after = bank.fused(), imm.halted(bank, 0.5)
    assert after.probability[0] == pytest.approx((0.3 + 0.6 * (1 - np.exp(-1)), 0.6 * np.exp(-1), 0.1))
    assert after.probability[1] == pytest.approx((0.3, 0.6, 0.1)), "who has a speed walks on"
    for one, other in zip(before, after.fused(), strict=True):
        assert one == pytest.approx(other)
    assert imm.halted(bank, 0.0) is bank


def test_somebody_who_stands_is_said_to_stand_for_as_long_as_they_do() -> None:
    policy, random = Policy(), np.random.default_rng(3)
    bank = imm.born(policy, np.array([[3.0, 4.0]]), 0.01 * np.eye(2)[None])
    modes = []
    for _ in range(1200):
        bank = imm.halted(imm.predict(bank, imm.models(policy, 0.025)), 0.025)
        seen = np.array([[3.0, 4.0]]) + random.normal(0.0, 0.05, (1, 2))
        bank = imm.update(bank, np.array([0]), seen, 0.0025 * np.eye(2)[None])
        modes.append(int(bank.probability[0].argmax()))
    assert set(modes[120:]) == {imm.STAND}
