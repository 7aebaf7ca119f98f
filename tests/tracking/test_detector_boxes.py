"""Letterbox and decoding: geometry there and back, suppression by kind, nothing left to chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import HoistwatchError
from tracking.detector_boxes import Found, Letterbox, boxes_of, decode_dense, decode_rows, kinds_of
from tracking.records import Box

sides = st.integers(32, 4096)


@given(width=sides, height=sides, longer=st.integers(2, 60).map(lambda n: 32 * n))
def test_the_tight_input_holds_the_whole_picture_and_little_else(width: int, height: int, longer: int) -> None:
    box = Letterbox.tight((width, height), longer)
    assert max(box.scaled_px) == max(box.input_px) == longer
    for axis in (0, 1):
        assert box.input_px[axis] % 32 == 0
        assert 0 <= box.input_px[axis] - box.scaled_px[axis] < 32
    assert 0 <= box.left_px <= box.input_px[0] - box.scaled_px[0]
    assert 0 <= box.top_px <= box.input_px[1] - box.scaled_px[1]


@given(
    width=sides,
    height=sides,
    fixed=st.booleans(),
    corners=st.lists(st.tuples(*[st.floats(0.0, 1.0)] * 4), min_size=1, max_size=5),
)
def test_corners_go_there_and_back(width: int, height: int, fixed: bool, corners: list[tuple[float, ...]]) -> None:
    picture = (width, height)
    box = Letterbox.fixed(picture, (640, 480)) if fixed else Letterbox.tight(picture, 640)
    inside = np.array(corners) * np.array([width, height, width, height])
    placed = box.to_input(inside)
    assert (placed >= -1e-6).all()
    assert (placed <= np.array([*box.input_px, *box.input_px]) + 1e-6).all()
    np.testing.assert_allclose(box.to_picture(placed), inside, atol=1e-6)


def test_what_lies_in_the_border_is_cut_off_at_the_picture() -> None:
    box = Letterbox.fixed((640, 320), (640, 640))
    np.testing.assert_allclose(box.to_picture(np.array([[-5.0, 0.0, 700.0, 640.0]])), [[0.0, 0.0, 640.0, 320.0]])


def test_a_picture_is_drawn_where_the_geometry_says() -> None:
    for picture_px in ((300, 200), (200, 300), (640, 480)):
        box = Letterbox.fixed(picture_px, (320, 256))
        into = np.full((256, 320, 3), 114, np.uint8)
        box.draw(np.full((picture_px[1], picture_px[0], 3), 250, np.uint8), into)
        rows, columns = np.nonzero(into[:, :, 0] == 250)
        left, top, right, bottom = box.to_input(np.array([[0.0, 0.0, *picture_px]]))[0]
        assert (columns.min(), rows.min()) == (round(left), round(top))
        assert (columns.max() + 1, rows.max() + 1) == (round(right), round(bottom))
        assert len(rows) == box.scaled_px[0] * box.scaled_px[1]


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 50), classes=st.integers(1, 6))
def test_both_outputs_decode_to_the_same(seed: int, count: int, classes: int) -> None:
    """What is written into a dense output comes out of it, and out of the rows of an end-to-end one."""
    rng = np.random.default_rng(seed)
    dense = np.zeros((4 + classes, count + 5), np.float32)
    centre, size = rng.uniform(0, 640, (2, count)), rng.uniform(1, 200, (2, count))
    numbers, scores = rng.integers(0, classes, count), rng.uniform(0.05, 0.99, count)
    dense[:2, :count], dense[2:4, :count] = centre, size
    dense[4 + numbers, np.arange(count)] = scores
    corners = np.concatenate((centre - size / 2, centre + size / 2)).T
    rows = np.column_stack((corners, scores, numbers)).astype(np.float32).reshape(-1, 6)
    one, two = decode_dense(dense, 0.25), decode_rows(rows, 0.25)
    np.testing.assert_allclose(one.corners, two.corners, atol=1e-3)
    np.testing.assert_array_equal(one.classes, two.classes)
    np.testing.assert_allclose(one.scores, two.scores)
    assert len(one.scores) == int((scores.astype(np.float32) > np.float32(0.25)).sum())


def found(*rows: tuple[float, float, float, float, float, int]) -> Found:
    array = np.array(rows, float).reshape(-1, 6)
    return Found(array[:, :4], array[:, 4], array[:, 5].astype(np.intp))


def test_suppression_goes_by_kind_and_unwanted_classes_fall() -> None:
    kinds = kinds_of(
        {0: "worker", 1: "visitor", 2: "hook", 3: "dog"}, {"worker": "person", "visitor": "person", "hook": "hook"}
    )
    assert kinds == {0: "person", 1: "person", 2: "hook"}
    boxes = boxes_of(
        found(
            (10, 10, 30, 50, 0.6, 0),
            (10, 11, 30, 51, 0.9, 1),  # the same human as another class
            (10, 10, 30, 50, 0.7, 2),  # a hook in front of them
            (10, 10, 30, 50, 0.99, 3),
            (200, 10, 230, 50, 0.5, 0),
            (50, 50, 50, 80, 0.9, 0),  # no width
            (np.nan, 0, 5, 5, 0.9, 0),
        ),
        kinds,
        0.6,
    )
    assert boxes == (
        Box(10.0, 11.0, 20.0, 40.0, 0.9, "person"),
        Box(10.0, 10.0, 20.0, 40.0, 0.7, "hook"),
        Box(200.0, 10.0, 30.0, 40.0, 0.5, "person"),
    )
    assert boxes_of(found(), kinds, 0.6) == ()
    assert boxes_of(found((1, 1, 5, 5, 0.9, 0)), {}, 0.6) == ()


@given(seed=st.integers(0, 2**32 - 1), overlap=st.floats(0.1, 0.9))
def test_suppression_agrees_with_its_definition(seed: int, overlap: float) -> None:
    """Kept are best first; every box left out overlaps a better kept one, and no two kept overlap."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 60, (30, 2))
    corners = np.hstack((corner, corner + rng.uniform(5, 40, (30, 2))))
    scores = rng.permutation(np.linspace(0.3, 0.9, 30))
    boxes = boxes_of(Found(corners, scores, np.zeros(30, np.intp)), {0: "person"}, overlap)
    kept = [int(np.argmin(np.abs(scores - box.score))) for box in boxes]
    assert [box.score for box in boxes] == sorted((box.score for box in boxes), reverse=True)

    def iou(a: int, b: int) -> float:
        low, high = np.maximum(corners[a, :2], corners[b, :2]), np.minimum(corners[a, 2:], corners[b, 2:])
        shared = np.clip(high - low, 0, None).prod()
        areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
        return float(shared / (areas[a] + areas[b] - shared))

    slack = 1e-4
    for a in kept:
        assert all(iou(a, b) <= overlap + slack for b in kept if b != a)
    for a in set(range(30)) - set(kept):
        assert any(scores[b] > scores[a] and iou(a, b) > overlap - slack for b in kept)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_plain_suppression_in_torch_is_the_same(seed: int) -> None:
    torch = pytest.importorskip("torch")
    from tracking.torch_models import plain_nms

    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 60, (80, 2))
    corners = np.hstack((corner, corner + rng.uniform(5, 40, (80, 2)))).astype(np.float32)
    scores = rng.permutation(np.linspace(0.3, 0.9, 80)).astype(np.float32)
    kept = plain_nms(torch.from_numpy(corners), torch.from_numpy(scores), 0.5).tolist()
    boxes = boxes_of(Found(corners, scores, np.zeros(80, np.intp)), {0: "person"}, 0.5)
    assert [round(float(scores[index]), 4) for index in kept] == [box.score for box in boxes]
    assert plain_nms(torch.zeros((0, 4)), torch.zeros(0), 0.5).tolist() == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place", [(0, 3), (4, 1)])
def test_values_that_are_no_numbers_do_not_say_that_nobody_is_there(value: float, place: tuple[int, int]) -> None:
    output = np.zeros((6, 6))
    output[place] = value
    for decode in (decode_dense, decode_rows):
        with pytest.raises(HoistwatchError, match="no numbers"):
            decode(output, 0.25)
