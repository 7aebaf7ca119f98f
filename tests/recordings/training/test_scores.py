"""Precision, recall and average precision against cases that were worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.training.dataset import Label
from recordings.training.scores import (
    Matches,
    Picture,
    at_precision,
    at_threshold,
    average_precision,
    best_f1,
    curve,
    match,
    matched,
    overlaps,
)
from tracking.records import Box


def box(left: float, score: float, width: float = 10.0) -> Box:
    return Box(left, 0.0, width, 10.0, score)


def label(left: float, distance_m: float | None = None) -> Label:
    return Label("person", left, 0.0, 10.0, 10.0, distance_m)


def matches(scores: list[float], hit: list[bool], labels: int) -> Matches:
    found = [s for s, h in zip(scores, hit, strict=True) if h]
    label_score = np.array(found + [-1.0] * (labels - len(found)))
    return Matches(np.array(scores), np.array(hit), label_score, ("",) * len(scores), ("",) * labels, label_score * 0)


def test_overlap_of_boxes_half_over_each_other_is_a_third() -> None:
    a = np.array([[0.0, 0.0, 10.0, 10.0]])
    b = np.array([[5.0, 0.0, 15.0, 10.0], [0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0], [3.0, 3.0, 3.0, 3.0]])
    assert overlaps(a, b)[0] == pytest.approx([1 / 3, 1.0, 0.0, 0.0])


def test_a_labelled_box_is_matched_once_by_the_best_score() -> None:
    found = np.array([[0.0, 0, 10, 10], [1.0, 0, 11, 10], [50.0, 0, 60, 10]])
    hit, label_score = match(found, np.array([0.6, 0.9, 0.8]), np.array([[0.0, 0, 10, 10], [80.0, 0, 90, 10]]))
    assert hit.tolist() == [False, True, False]
    assert label_score.tolist() == [0.9, -1.0]


def test_a_taken_box_leaves_the_next_best_to_the_weaker_one() -> None:
    labels = np.array([[0.0, 0, 10, 10], [4.0, 0, 14, 10]])
    hit, label_score = match(np.array([[1.0, 0, 11, 10], [0.0, 0, 10, 10]]), np.array([0.9, 0.5]), labels[:1])
    assert hit.tolist() == [True, False]
    hit, label_score = match(np.array([[1.0, 0, 11, 10], [3.0, 0, 13, 10]]), np.array([0.9, 0.5]), labels)
    assert hit.all()
    assert label_score.tolist() == [0.9, 0.5]


def test_overlap_of_just_under_half_is_a_miss() -> None:
    # Two boxes of 10, shifted by s: (10 - s) / (10 + s) is 1/2 at s = 10/3.
    for shift, expected in ((3.33, True), (3.34, False)):
        hit, _ = match(np.array([[shift, 0, 10 + shift, 10]]), np.array([1.0]), np.array([[0.0, 0, 10, 10]]))
        assert hit.tolist() == [expected]


def test_average_precision_by_hand() -> None:
    # hit, miss, hit, hit of 4 labelled: precision 1, 1/2, 2/3, 3/4 at recall 1/4, 1/4, 2/4, 3/4.
    case = matches([0.9, 0.8, 0.7, 0.6], [True, False, True, True], 4)
    assert average_precision(case) == pytest.approx(0.25 * 1.0 + 0.5 * 0.75)
    point = best_f1(case)
    assert (point.threshold, point.precision, point.recall) == pytest.approx((0.6, 0.75, 0.75))
    assert point.f1 == pytest.approx(0.75)
    above = at_threshold(case, 0.75)
    assert (above.precision, above.recall, above.f1) == pytest.approx((0.5, 0.25, 1 / 3))
    wanted = at_precision(case, 0.9)
    assert wanted is not None
    assert (wanted.threshold, wanted.recall) == (0.9, 0.25)
    assert at_precision(matches([0.9, 0.8], [False, True], 1), 0.9) is None


def test_equal_scores_are_one_point_of_the_curve() -> None:
    thresholds, precision, recall = curve(matches([0.9, 0.5, 0.5], [True, False, True], 2))
    assert thresholds.tolist() == [0.9, 0.5]
    assert precision.tolist() == pytest.approx([1.0, 2 / 3])
    assert recall.tolist() == [0.5, 1.0]


def test_what_has_no_meaning_is_none() -> None:
    nothing = matches([], [], 0)
    assert average_precision(nothing) is None
    assert at_threshold(nothing, 0.5).f1 is None
    blind = matches([], [], 3)
    assert average_precision(blind) == 0.0
    assert (at_threshold(blind, 0.5).precision, at_threshold(blind, 0.5).recall) == (None, 0.0)


def test_groups_and_distances() -> None:
    result = matched(
        [
            Picture([box(0, 0.9), box(50, 0.8)], [label(0, 4.0)], "day", [4.0]),
            Picture([box(0, 0.7)], [label(0, 12.0), label(30)], "dusk", [12.0, None]),
        ]
    )
    assert result.found_score.tolist() == [0.9, 0.8, 0.7]
    assert at_threshold(result, 0.5).recall == pytest.approx(2 / 3)
    day, dusk = result.of_group("day"), result.of_group("dusk")
    assert (at_threshold(day, 0.5).precision, at_threshold(day, 0.5).recall) == (0.5, 1.0)
    assert (at_threshold(dusk, 0.5).precision, at_threshold(dusk, 0.5).recall) == (1.0, 0.5)
    assert at_threshold(result.of_values(10.0, 20.0), 0.75).recall == 0.0
    assert at_threshold(result.of_values(0.0, 10.0), 0.75).recall == 1.0
    assert at_threshold(result.of_values(0.0, 10.0), 0.75).precision is None


cases = st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans()), min_size=1, max_size=40)


@given(cases, st.integers(0, 5))
def test_matching_at_a_threshold_is_a_part_of_the_curve(rows: list[tuple[float, bool]], missed: int) -> None:
    rows.sort(key=lambda row: -row[0])
    hits = sum(hit for _, hit in rows)
    if hits + missed == 0:
        return
    case = matches([s for s, _ in rows], [h for _, h in rows], hits + missed)
    for threshold, precision, recall in zip(*curve(case), strict=True):
        point = at_threshold(case, float(threshold))
        assert point.precision == pytest.approx(precision)
        assert point.recall == pytest.approx(recall)
    area = average_precision(case)
    assert area is not None
    assert 0.0 <= area <= 1.0
    best = best_f1(case).f1
    assert best is not None
    assert all(best >= (at_threshold(case, float(t)).f1 or 0.0) - 1e-12 for t in case.found_score)
