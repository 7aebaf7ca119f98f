"""A training folder is read whole, or its fault is named by file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.errors import BadInput
from recordings.training.dataset import NUMBERS, Label, read_dataset, read_yolo, yolo_text
from tests.recordings.training.drawn import drawn_folder

COUNTS = {"train": 2, "val": 1, "test": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn_folder(tmp_path / "data", COUNTS)


def test_folder_is_read_with_halls_lights_and_distances(folder: Path) -> None:
    data = read_dataset(folder, needed=("train", "val", "test"))
    assert {split: len(part) for split, part in data.samples.items()} == COUNTS
    assert data.counts("train") == dict.fromkeys(NUMBERS, 2)
    assert data.halls("test") == ("hall-test",)
    assert data.lights("train") == ("day", "dusk")
    sample = data.samples["train"][1]
    assert sample.size_px == (160, 90)
    assert {label.distance_m for label in sample.labels} == {6.0}


def test_folder_without_boxes_csv_has_no_distances(tmp_path: Path) -> None:
    data = read_dataset(drawn_folder(tmp_path / "data", COUNTS, boxes_csv=False))
    assert all(label.distance_m is None for label in data.samples["train"][0].labels)
    assert data.halls("train") == ()


def test_absolute_path_and_list_of_names_are_understood(folder: Path) -> None:
    (folder / "data.yaml").write_text(
        f"path: {folder}\ntrain: images/train\nval: images/val\nnames: [person, hook, load, trolley]\n"
    )
    assert set(read_dataset(folder).samples) == {"train", "val"}


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return change


def label(line: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "labels/train/train-001.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n") and None


def cut(folder: Path) -> None:
    picture = folder / "images/train/train-000.jpg"
    picture.write_bytes(picture.read_bytes()[:600])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no data.yaml": (lambda f: (f / "data.yaml").unlink(), "data.yaml: no such file"),
    "no yaml": (lambda f: (f / "data.yaml").write_text("names: [a: b"), "data.yaml: cannot be read as YAML"),
    "other names": (edit("data.yaml", "1: hook", "1: crane"), "data.yaml: names is"),
    "no train": (edit("data.yaml", "train: images/train\n", ""), "data.yaml: train is missing"),
    "train elsewhere": (edit("data.yaml", "images/train", "images/trains"), "there is no folder"),
    "train is a list": (edit("data.yaml", "train: images/train", "train: [a, b]"), "data.yaml: train is ['a', 'b']"),
    "label missing": (lambda f: (f / "labels/train/train-001.txt").unlink(), "train-001.txt: is missing"),
    "picture missing": (lambda f: (f / "images/val/val-000.jpg").unlink(), "val-000.txt: has no picture"),
    "no pictures": (
        lambda f: [p.unlink() for part in ("images", "labels") for p in (f / part / "val").iterdir()],
        "holds no picture",
    ),
    "cut picture": (cut, "train-000.jpg: is no picture that can be read to its end"),
    "no picture": (
        lambda f: (f / "images/train/train-000.jpg").write_text("hello"),
        "train-000.jpg: is no picture that can be read to its end",
    ),
    "four fields": (label("0 0.5 0.5 0.1"), "train-001.txt, line 2: expected class"),
    "class 4": (label("4 0.5 0.5 0.1 0.1"), "train-001.txt, line 2: class is '4', expected 0 to 3"),
    "class -1": (label("-1 0.5 0.5 0.1 0.1"), "line 2: class is '-1'"),
    "class 0.0": (label("0.0 0.5 0.5 0.1 0.1"), "line 2: class is '0.0'"),
    "word": (label("0 0.5 x 0.1 0.1"), "line 2: expected four numbers"),
    "nan": (label("0 nan 0.5 0.1 0.1"), "line 2: the box reaches outside"),
    "inf": (label("0 0.5 0.5 inf 0.1"), "line 2: width and height are inf"),
    "negative": (label("0 0.5 0.5 -0.1 0.1"), "line 2: width and height are -0.1"),
    "flat": (label("0 0.5 0.5 0.1 0"), "line 2: width and height are 0.1 and 0"),
    "outside": (label("0 0.99 0.5 0.1 0.1"), "line 2: the box reaches outside"),
    "pixels": (label("0 80 45 12 32"), "line 2: width and height are 12 and 32"),
    "no text": (lambda f: (f / "labels/val/val-000.txt").write_bytes(b"\xff\xfe0"), "val-000.txt: cannot be read"),
    "shared hall": (
        lambda f: (f / "boxes.csv").write_text((f / "boxes.csv").read_text().replace("hall-val", "hall-train")),
        "boxes.csv: hall 'hall-train' stands in train and in val",
    ),
    "columns": (edit("boxes.csv", "distance_m", "metres"), "boxes.csv, line 1: expected the columns"),
    "split": (edit("boxes.csv", "train,train-000", "training,train-000"), "boxes.csv, line 2, column split"),
    "kind": (edit("boxes.csv", "day,person", "day,people"), "boxes.csv, line 2, column kind"),
    "unknown picture": (edit("boxes.csv", "train-000", "train-009"), "boxes.csv, line 2, column picture"),
    "distance": (edit("boxes.csv", ",5,1.0", ",near,1.0"), "boxes.csv, line 2, column distance_m"),
    "visible": (edit("boxes.csv", ",5,1.0", ",5,1.5"), "boxes.csv, line 2, column visible"),
    "two lights": (edit("boxes.csv", "day,person", "night,person"), "boxes.csv, line 3: hall and light differ"),
    "another box": (edit("boxes.csv", ",12.0,32.0", ",12.0,52.0"), "boxes.csv, line 2: no person with these edges"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_fault_is_named(folder: Path, case: str) -> None:
    breaks, message = BROKEN[case]
    breaks(folder)
    with pytest.raises(BadInput) as caught:
        read_dataset(folder)
    assert message in str(caught.value)


kinds = st.sampled_from(sorted(NUMBERS))


@given(kinds, *[st.floats(0.0, 0.9)] * 2, *[st.floats(0.02, 0.1)] * 2)
def test_yolo_text_gives_the_box_again(
    tmp_path_factory: pytest.TempPathFactory, kind: str, left: float, top: float, width: float, height: float
) -> None:
    size_px = (1920, 1080)
    box = Label(kind, left * 1920, top * 1080, width * 1920, height * 1080)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("yolo") / "a.txt"
    path.write_text(yolo_text([box], size_px))
    (again,) = read_yolo(path, size_px)
    assert again.kind == kind
    for name in ("left_px", "top_px", "width_px", "height_px"):
        assert getattr(again, name) == pytest.approx(getattr(box, name), abs=0.01)


def test_yolo_text_cuts_boxes_at_the_edge_and_leaves_out_what_lies_beyond() -> None:
    text = yolo_text([Label("hook", -10, 20, 30, 40), Label("load", 200, 0, 10, 10)], (100, 100))
    assert text == "1 0.100000 0.400000 0.200000 0.400000\n"
