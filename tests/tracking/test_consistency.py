"""The whole tracker's stated uncertainty against chi-square, in worlds that move as its models say.

What ``python -m tests.benchmarks.bench_consistency`` measured, as means that should be 2: people who change
between all three modes 2.35 (the filter alone, told whose each place is: 2.12), standing 1.85, walking 1.68,
turning for ever 2.45; of hoists that move at random the hook 1.89 and the trolley 1.71 by all sources. By its
encoder alone the hook of a hoist at random has 3.76: the filter takes no swing to be wider than drive and brake
leave it, and the model's disturbances go beyond; what drives really do lies inside (travelling 1.12, swinging 1.51).

The whole people tracker is too sure by a sixth: who stood and sets out is for a moment a mixture with wider tails
than the normal distribution of the same covariance, by which looks are judged to be theirs or not, so that 0.5 to
2 % of true looks are left out, just those that tell of the change. A gate of 30 instead of 11.6 brings 2.29, to
judge by the widest mode 2.24, at the cost of people taken for each other in crowds. Standing and walking come out a
little less sure than they could be, as each mode reckons with a change.
"""

from __future__ import annotations

import math
from functools import reduce

import pytest
from scipy.stats import binom, chi2

from tests.tracking.consistency import Errors, hoist_errors, people_errors, told_apart

TOO_SURE = 1.25
"""Mean by what it should be that the whole people tracker may reach; measured 1.18."""
TOO_SHY = 0.75
"""And the least of people who do one thing only, though they may change any moment; measured 0.84."""


def independent(errors: Errors) -> bool:
    """Whether errors one sample apart are as good as uncorrelated, by the spread that chance gives."""
    return abs(errors.correlation) < 0.05 + 3.0 / math.sqrt(2 * len(errors.nees))


@pytest.fixture(scope="module")
def changing() -> tuple[Errors, int]:
    """The whole tracker on people who change between the modes: two runs, and doubles."""
    runs = [people_errors("all three", seed) for seed in range(2)]
    return reduce(Errors.joined, (errors for errors, _ in runs)), sum(doubles for _, doubles in runs)


def test_the_people_filter_told_whose_each_place_is_lies_within_chi_square() -> None:
    errors = reduce(Errors.joined, (told_apart("all three", seed) for seed in range(3)))
    low, high = errors.bounds(0.99)
    assert independent(errors)
    assert low < errors.mean < high


def test_the_whole_people_tracker_is_too_sure_by_no_more_than_stated(changing: tuple[Errors, int]) -> None:
    errors, doubles = changing
    low, high = errors.bounds(0.99)
    assert independent(errors)
    assert errors.untold == 0
    assert doubles <= 0.02 * len(errors.nees)
    assert low < errors.mean < TOO_SURE * high


def test_half_of_the_errors_lie_inside_the_ellipse_of_half(changing: tuple[Errors, int]) -> None:
    """The bulk is right: what is too sure is the tail."""
    nees = changing[0].nees
    low, high = binom.ppf([0.005, 0.995], len(nees), 0.5)
    assert low <= (nees <= chi2.ppf(0.5, 2)).sum() <= high
    assert (nees <= chi2.ppf(0.99, 2)).mean() > 0.95


@pytest.mark.parametrize("kind", ["standing", "walking"])
def test_people_who_keep_to_one_thing_are_never_told_too_surely(kind: str) -> None:
    errors, doubles = people_errors(kind, 1, until_s=37.0)
    low, high = errors.bounds(0.99)
    assert (errors.untold, doubles) == (0, 0)
    assert TOO_SHY * low < errors.mean < high


def test_hook_and_trolley_of_the_whole_tracker_lie_within_chi_square() -> None:
    """Late and missing looks of a tag, a laser and an encoder that know nothing of each other."""
    runs = [hoist_errors("at random", seed) for seed in range(3)]
    for part in (0, 1):
        errors = reduce(Errors.joined, (run[part] for run in runs))
        low, high = errors.bounds(0.99)
        assert independent(errors)
        assert errors.untold == 0
        assert low < errors.mean < high


@pytest.mark.parametrize("kind", ["travelling", "swinging"])
def test_hoists_that_do_what_machines_do_are_never_told_too_surely(kind: str) -> None:
    """Real drives disturb less than the model allows for: the tracker is less sure than it could be."""
    for errors in hoist_errors(kind, 1, names=("tag",)):
        assert errors.untold == 0
        assert errors.mean < errors.bounds(0.99)[1]
