"""Exact intervals against printed values and scipy's own binomial test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, poisson

from recordings.closed_loop.intervals import rate_interval, share_interval


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.308497), (5, 10, 0.187086, 0.812914), (10, 10, 0.691503, 1.0), (97, 100, 0.914824, 0.993770)],
)
def test_shares_as_printed_in_tables(hits: int, of: int, low: float, high: float) -> None:
    assert share_interval(hits, of) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_shares_as_scipy_has_them(case: tuple[int, int]) -> None:
    hits, of = case
    known = binomtest(hits, of).proportion_ci(0.95, method="exact")
    assert share_interval(hits, of) == pytest.approx((known.low, known.high), abs=1e-9)


def test_nothing_tried_says_nothing() -> None:
    assert share_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_rates_as_printed_in_tables(events: int, low: float, high: float) -> None:
    assert rate_interval(events, 1.0) == pytest.approx((low, high), abs=1e-4)
    assert rate_interval(events, 4.0) == pytest.approx((low / 4, high / 4), abs=1e-4)


@given(st.integers(1, 300))
def test_bounds_of_a_rate_leave_a_fortieth_on_either_side(events: int) -> None:
    low, high = rate_interval(events, 1.0)
    assert poisson.sf(events - 1, low) == pytest.approx(0.025, abs=1e-6)
    assert poisson.cdf(events, high) == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize("case", [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(case: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="hits"):
        share_interval(*case)
    with pytest.raises(ValueError, match="positive time"):
        rate_interval(1, 0.0)
