"""MOT box files: read strictly, written whole, the same there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import BadInput
from tests.shared_data import shared
from tracking.mot_boxes import read_mot_boxes, write_mot_boxes
from tracking.records import Box

boxes = st.builds(
    Box,
    left_px=st.integers(-50_000, 200_000).map(lambda n: n / 100),
    top_px=st.integers(-50_000, 200_000).map(lambda n: n / 100),
    width_px=st.integers(1, 200_000).map(lambda n: n / 100),
    height_px=st.integers(1, 200_000).map(lambda n: n / 100),
    score=st.integers(0, 10_000).map(lambda n: n / 10_000),
    kind=st.sampled_from(["person", "hook", "load", "trolley"]),
)


@given(st.dictionaries(st.integers(1, 1000), st.lists(boxes, min_size=1, max_size=4).map(tuple), max_size=6))
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, frames: dict[int, tuple[Box, ...]]) -> None:
    path = tmp_path_factory.mktemp("mot") / "boxes.txt"
    count = write_mot_boxes(path, frames)
    assert count == sum(len(some) for some in frames.values())
    assert read_mot_boxes(path) == dict(sorted(frames.items()))


def test_commas_blanks_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "boxes.txt"
    path.write_text("2,-1,1,2,3,4,0.5\n\n 1 7 10.5 -2 30 40 1 hook\r\n2,3,5,6,7,8,0.25,1,0.9\n")
    assert read_mot_boxes(path) == {
        1: (Box(10.5, -2.0, 30.0, 40.0, 1.0, "hook"),),
        2: (Box(1.0, 2.0, 3.0, 4.0, 0.5), Box(5.0, 6.0, 7.0, 8.0, 0.25)),
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,-1,10,20,30,40", "has 6 fields, expected frame,id,left,top,width,height,score"),
        ("0,-1,10,20,30,40,1", "frame is 0, expected a whole number from 1"),
        ("1.5,-1,10,20,30,40,1", "frame is 1.5, expected a whole number"),
        ("1,-1,ten,20,30,40,1", "left is 'ten', expected a number"),
        ("1,-1,10,nan,30,40,1", "top is nan, expected a finite number"),
        ("1,-1,10,20,inf,40,1", "width is inf, expected a finite number"),
        ("1,-1,10,20,0,40,1", "width is 0, expected more than 0"),
        ("1,-1,10,20,30,-4,1", "height is -4, expected more than 0"),
        ("1,-1,10,20,30,40,1.5", "score is 1.5, expected 0 to 1"),
        ("1,-1,10,20,30,40,1,crane", "class is 'crane', expected a number or one of person, hook"),
    ],
)
def test_faults_name_file_line_and_field(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "boxes.txt"
    path.write_text(f"1,-1,10,20,30,40,1\n{line}\n")
    with pytest.raises(BadInput) as fault:
        read_mot_boxes(path)
    assert f"{path}, line 2: " in str(fault.value)
    assert says in str(fault.value)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.txt: cannot be read"):
        read_mot_boxes(tmp_path / "none.txt")
    (tmp_path / "b.bin").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadInput, match="no UTF-8 text"):
        read_mot_boxes(tmp_path / "b.bin")
    with pytest.raises(BadInput, match="cannot be written"):
        write_mot_boxes(tmp_path / "no" / "boxes.txt", {})


def test_a_broken_source_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "boxes.txt"
    write_mot_boxes(path, {1: (Box(1.0, 2.0, 3.0, 4.0, 0.5),)})
    before = path.read_text()

    def broken():  # type: ignore[no-untyped-def]
        yield 1, (Box(9.0, 9.0, 9.0, 9.0, 0.9),)
        raise BadInput("the video broke off")

    with pytest.raises(BadInput, match="broke off"):
        write_mot_boxes(path, broken())
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["boxes.txt"]


def test_real_boxes() -> None:
    frames = read_mot_boxes(shared("data/cmc1/fairmot/cam1.txt"))
    assert sum(len(some) for some in frames.values()) == 687
    assert frames[1][0] == Box(1479.59, 213.92, 280.66, 644.76, 0.8462)
