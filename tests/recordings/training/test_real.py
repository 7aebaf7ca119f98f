"""Real people: labelled by a teacher, doubts blurred, and compared with the model that it came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.training.dataset import Label, read_dataset
from recordings.training.real import label_people, source_of, without_doubts
from recordings.training.real_people import compare, evaluate_people, markdown, truth_boxes, write_people
from tests.shared_data import shared
from tracking.records import Box

PICTURE = np.tile(np.arange(200, dtype=np.uint8)[:, None, None], (1, 300, 3))


def person(left: float, score: float, width: float = 20.0) -> Box:
    return Box(left, 50.0, width, 60.0, score)


def test_doubtful_places_are_blurred_and_sure_people_are_not() -> None:
    noisy = np.random.default_rng(0).integers(0, 255, PICTURE.shape).astype(np.uint8)
    cleaned = without_doubts(noisy, [person(100, 0.9), person(110, 0.3, 40.0), person(200, 0.2)])
    assert cleaned is not None
    bgr, people, blurred = cleaned
    assert people == [Label("person", 100.0, 50.0, 20.0, 60.0)]
    assert blurred == 2
    assert np.array_equal(bgr[50:110, 100:120], noisy[50:110, 100:120])
    assert np.array_equal(bgr[:50], noisy[:50])
    for place in (bgr[50:110, 121:150], bgr[50:110, 200:220]):
        assert place.std() < noisy.std() / 3


def test_a_weaker_box_on_the_same_person_is_no_doubt() -> None:
    cleaned = without_doubts(PICTURE, [person(100, 0.9), person(101, 0.3)])
    assert cleaned is not None
    assert cleaned[2] == 0
    assert np.array_equal(cleaned[0], PICTURE)


def test_a_picture_of_nobody_or_of_doubts_alone_is_left_out() -> None:
    assert without_doubts(PICTURE, []) is None
    assert without_doubts(PICTURE, [person(100, 0.3)]) is None
    assert without_doubts(PICTURE, [person(100, 0.9), Box(120.0, 0.0, 180.0, 200.0, 0.3)]) is None
    nobody = without_doubts(PICTURE, [person(100, 0.3)], keep=[person(105, 1.0)], nobody_is_fine=True)
    assert nobody is not None
    assert nobody[1] == []
    assert np.array_equal(nobody[0][50:110, 105:120], PICTURE[50:110, 105:120])


def test_sources_name_a_stretch_of_frames(tmp_path: Path) -> None:
    file = tmp_path / "a.avi"
    file.touch()
    assert (source_of(str(file)).first, source_of(str(file)).last) == (0, None)
    source = source_of(f"{file}:10-20/5")
    assert (source.path, source.first, source.last, source.every) == (file, 10, 20, 5)
    for text in ("", f"{tmp_path}/b.avi", f"{file}:20-10", f"{file}:0-9/0", f"{file}:x"):
        with pytest.raises(BadInput):
            source_of(text)


def test_figures_by_hand(tmp_path: Path) -> None:
    csv = tmp_path / "gt.csv"
    csv.write_text("frame0,id,bb_left,bb_top,bb_width,bb_height\n0,1,100,50,20,60\n1,1,100,50,20,60\n")
    truth = truth_boxes(csv)
    found = {
        "old": {0: (person(100, 0.9),), 1: (person(100, 0.4),)},
        "new": {0: (person(100, 0.9), person(200, 0.8)), 1: ()},
    }
    old, new = compare("hall", truth, found, 0, 1, 0.25)
    assert (old.labelled, old.operating.f1) == (2, 1.0)
    assert (new.operating.precision, new.operating.recall, new.operating.f1) == (0.5, 0.5, 0.5)
    assert new.best.f1 == pytest.approx(2 / 3)
    table = markdown([old, new], 0.25)
    assert "-50.0 / -33.3" in table
    write_people([old, new], 0.25, tmp_path)
    (again,) = compare("yard", truth, {"old": found["old"]}, 0, 1, 0.25)
    write_people([again], 0.25, tmp_path)
    write_people([again], 0.25, tmp_path)
    lines = (tmp_path / "people.md").read_text().splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["hall", "hall", "yard"]


def test_a_broken_truth_is_named(tmp_path: Path) -> None:
    csv = tmp_path / "gt.csv"
    csv.write_text("frame0,id,left\n0,1,2\n")
    with pytest.raises(BadInput, match=r"gt\.csv, line 1: .*bb_left is missing"):
        truth_boxes(csv)
    csv.write_text("frame0,id,bb_left,bb_top,bb_width,bb_height\n0,1,100,50,0,60\n")
    with pytest.raises(BadInput, match=r"gt\.csv, line 2, column bb_width"):
        truth_boxes(csv)


def test_a_real_video_is_labelled_and_judged(
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = shared("data/weights/yolov8n.pt")
    video = shared("data/pets2009_s2l1/vtest.avi")
    monkeypatch.setenv("HOISTWATCH_CACHE", str(model_cache))
    out = tmp_path / "real"
    made = label_people([source_of(f"{video}:0-8/4")], weights, out, size_px=640)
    assert made.pictures + made.left_out == 3
    data = read_dataset(out, needed=("train",))
    assert data.counts("train") == {"person": made.people, "hook": 0, "load": 0, "trolley": 0}
    assert made.people >= made.pictures > 0
    with pytest.raises(BadInput, match="exists already"):
        label_people([source_of(f"{video}:0-8/4")], weights, out)

    truth = tmp_path / "gt.csv"
    rows = shared("data/pets2009_s2l1/gt_frames_0_399.csv").read_text().splitlines()
    truth.write_text("\n".join([rows[0], *(row for row in rows[1:] if int(row.split(",")[0]) < 10)]) + "\n")
    whole, *_ = evaluate_people(video, {"yolov8n": weights}, truth, ["0-4"])
    assert whole.where == "vtest 0–9 (labels)"
    assert whole.operating.f1 is not None
    assert whole.operating.f1 > 0.6
    with pytest.raises(BadInput, match="end with frame 9"):
        evaluate_people(video, {"yolov8n": weights}, truth, ["0-10"])
