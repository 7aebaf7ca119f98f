"""A customer's recording becomes labelled pictures, and a corrected folder is read back in either form."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.camera import Camera
from calibration.errors import BadInput
from calibration.site import DetectorTable, Structure
from calibration.site_file import site_text
from recordings.store import Recording, RecordingWriter
from recordings.training.cvat import CVAT_FILE, read_cvat, write_cvat
from recordings.training.dataset import Dataset, Label, Sample, read_dataset
from recordings.training.site_data import corrected, make_site_data
from recordings.training.site_labels import SiteRules, projected
from recordings.training.site_positions import STILL_S, Positions, Readings
from recordings.training.site_train import label_site
from tests.recordings.training.site_scene import COLOURS, drawn_at, hook_at, record_scene, scene_site
from tests.shared_data import shared
from tests.tracking import test_fiducial as tags
from tracking.detector import open_detector
from tracking.records import Telemetry

RULES = SiteRules(apart_s=2.0, loads="always")


def coloured(bgr: np.ndarray, kind: str) -> Label:
    """Where a colour of the drawn scene is, by its pixels."""
    near = np.abs(bgr.astype(int) - COLOURS[kind]).max(axis=2) < 40
    rows, cols = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    return Label(kind, cols[0], rows[0], cols[-1] - cols[0], rows[-1] - rows[0])  # type: ignore[arg-type]


def agree(label: Label, other: Label, within_px: float) -> None:
    for name in ("left_px", "top_px", "width_px", "height_px"):
        assert getattr(label, name) == pytest.approx(getattr(other, name), abs=within_px), (label, other)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Path:
    weights = shared("data/weights/yolov8n.pt")
    folder = tmp_path_factory.mktemp("site")
    site = scene_site()
    (folder / "site.toml").write_text(site_text(site))
    recording = record_scene(folder / "shift.mcap", site)
    before = os.environ.get("HOISTWATCH_CACHE")
    os.environ["HOISTWATCH_CACHE"] = str(model_cache)
    try:
        label_site(folder / "site.toml", [recording], folder / "out", weights, RULES, size_px=320)
    finally:
        os.environ.pop("HOISTWATCH_CACHE")
        if before is not None:
            os.environ["HOISTWATCH_CACHE"] = before
    return folder / "out" / "data"


@pytest.fixture(scope="module")
def dataset(made: Path) -> Dataset:
    return read_dataset(made, needed=("train", "val", "test"))


# --- labels


def test_labels_lie_where_the_things_are_drawn(dataset: Dataset) -> None:
    seen = 0
    for split in ("train", "val", "test"):
        for sample in dataset.samples[split]:
            bgr = cv2.imread(str(sample.picture))
            for label in sample.labels:
                # The labels' square sides differ from the drawn trolley's by a tenth of a metre.
                agree(label, coloured(bgr, label.kind), 6.0 if label.kind == "trolley" else 3.0)
                seen += 1
    assert seen > 60
    assert {label.kind for label in dataset.samples["train"][0].labels} == {"hook", "load", "trolley"}


def test_pictures_are_apart_in_time_and_the_last_are_held_back(dataset: Dataset) -> None:
    times = {
        split: [int(s.picture.stem.rpartition("-")[2]) / 1000 for s in dataset.samples[split]]
        for split in ("train", "val", "test")
    }
    every = [*times["train"], *times["val"], *times["test"]]
    assert every == sorted(every)
    assert np.diff(every).min() >= 2.0
    assert len(times["test"]) == pytest.approx(0.2 * len(every), abs=1)


def test_what_a_column_hides_or_the_edge_cuts_is_not_labelled() -> None:
    site = scene_site()
    camera = Camera.from_table(site.camera[0])
    middle = (12.0, 6.0, 3.0)
    assert projected(camera, site, "hook", middle, (0.3, 0.3, 0.45)) is not None
    assert projected(camera, site, "hook", (60.0, 6.0, 3.0), (0.3, 0.3, 0.45)) is None
    assert projected(camera, site, "hook", (12.0, -20.0, 3.0), (0.3, 0.3, 0.45)) is None
    column = Structure(name="C", polygon_m=((11.5, 2.0), (12.5, 2.0), (12.5, 2.4), (11.5, 2.4)), height_m=6.0)
    assert projected(camera, scene_site((column,)), "hook", middle, (0.3, 0.3, 0.45)) is None


def test_pictures_without_a_known_hook_are_left_out(
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = shared("data/weights/yolov8n.pt")
    monkeypatch.setenv("HOISTWATCH_CACHE", str(model_cache))
    site = scene_site()
    camera = Camera.from_table(site.camera[0])
    path = tmp_path / "blind.mcap"
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as writer:
        for number in range(4):
            writer.write_frame("cam1", 5.0 * number, drawn_at(camera, hook_at(0.0), 7.0), 5.0 * number)
    detector = open_detector(DetectorTable(weights=str(weights), size_px=320), tmp_path)
    try:
        with pytest.raises(BadInput, match=r"only 0 of 4 pictures could be labelled.*4 with a hook whose place"):
            make_site_data(site, [path], detector, tmp_path / "data", RULES)
    finally:
        detector.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blind.mcap"]


# --- positions


def test_readings_are_interpolated_over_short_gaps_only() -> None:
    readings = Readings([(1.0, (0.0, 10.0)), (1.4, (4.0, 10.0)), (3.0, (4.0, 10.0))])
    assert readings.at(1.1) == pytest.approx((1.0, 10.0))
    assert readings.at(1.4) == (4.0, 10.0)
    for outside in (0.9, 2.0, 3.1):
        assert readings.at(outside) is None


def test_a_trolley_that_has_just_stopped_says_nothing_of_its_hook(tmp_path: Path) -> None:
    site = scene_site()
    hoist = site.hoist[0].model_copy(update={"telemetry_point": "trolley"})
    site = site.model_copy(update={"hoist": (hoist,)})
    path = tmp_path / "stop.mcap"
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as writer:
        for step in range(200):
            time_s, x = step / 10, min(12.0, 10.0 + 0.05 * step)
            writer.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=x, y_m=6.0, z_m=2.0), time_s)
    positions = Positions(site, Recording(path))
    picture = np.zeros((360, 640, 3), np.uint8)
    (moving,) = positions.at("cam1", 4.5, picture)
    assert (moving.hook_m, moving.by) == (None, "telemetry")
    assert moving.trolley_m == pytest.approx((12.0, 6.0, 7.0))
    (resting,) = positions.at("cam1", 4.0 + STILL_S + 0.5, picture)
    assert resting.hook_m == pytest.approx((12.0, 6.0, 2.0))


def test_a_tag_in_the_picture_counts_before_telemetry(tmp_path: Path) -> None:
    camera = tags.camera()
    hoist = tags.hoist().model_copy(update={"telemetry_point": "hook"})
    rotation = tuple(tuple(float(v) for v in row) for row in camera.rotation)
    site = scene_site()
    table = site.camera[0].model_copy(
        update={
            "size_px": camera.size_px,
            "matrix": tuple(tuple(float(v) for v in row) for row in camera.matrix),
            "rotation": rotation,
            "translation_m": tuple(float(v) for v in camera.translation_m),
        }
    )
    site = site.model_copy(update={"camera": (table,), "hoist": (hoist,)})
    path = tmp_path / "tag.mcap"
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=0.0, made_by="test", atomic=True) as writer:
        for time_s in (0.0, 0.2):
            writer.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=1.0, y_m=1.0, z_m=1.0), time_s)
    centre = np.array([6.2, 4.0, 2.5])
    bgr = tags.picture(camera, [(centre, 10.0, 5.0)])
    (hanging,) = Positions(site, Recording(path)).at("cam1", 0.1, bgr)
    assert hanging.by == "tag"
    assert hanging.hook_m == pytest.approx(tuple(centre), abs=0.1)


# --- corrected labels


def test_cvat_gives_the_same_labels_again(dataset: Dataset, made: Path) -> None:
    again = read_cvat(made / CVAT_FILE)
    assert len(again) == sum(len(part) for part in dataset.samples.values())
    for split, part in dataset.samples.items():
        for sample in part:
            size_px, labels = again[f"{split}/{sample.picture.name}"]
            assert size_px == sample.size_px
            for label, other in zip(labels, sample.labels, strict=True):
                assert label.kind == other.kind
                agree(label, other, 0.02)


def copied(folder: Path, out: Path) -> Path:
    import shutil

    return Path(shutil.copytree(folder, out))


def test_the_form_that_was_corrected_last_counts(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path / "data")
    cvat = folder / CVAT_FILE
    cvat.write_text(cvat.read_text().replace('label="hook"', 'label="person"'))
    by_cvat = corrected(folder, tmp_path / "from-cvat")
    assert by_cvat.folder == tmp_path / "from-cvat"
    assert by_cvat.counts("train")["hook"] == 0
    assert by_cvat.counts("train")["person"] > 0

    label = next((folder / "labels" / "train").glob("*.txt"))
    label.write_text("0 0.5 0.5 0.1 0.1\n")
    os.utime(label, ns=(cvat.stat().st_mtime_ns + 10**9,) * 2)
    by_yolo = corrected(folder, tmp_path / "from-yolo")
    assert by_yolo.folder == folder
    assert by_yolo.counts("train")["person"] == 1
    assert not (tmp_path / "from-yolo").exists()


FAULTS = {
    "no xml": ("<annotations>", "<annotations", "cannot be read as XML"),
    "other root": ("annotations>", "boxes>", "expected <annotations>"),
    "label": ('label="hook"', 'label="crane"', "has a box of label 'crane', expected person, hook, load, trolley"),
    "word": ('xtl="', 'xtl="x', "xtl of <box> is 'x"),
    "outside": ('xbr="', 'xbr="9', "inside 640 x 360 px"),
    "size": ('width="640"', 'width="641"', "is of another size"),
    "name": ('name="train/', 'name="../', "expected a name such as train/00001.jpg"),
    "split": ('name="train/', 'name="training/', "expected a name such as train/00001.jpg"),
    "gone": ('name="train/0', 'name="train/9', "there is no"),
    "polygon": ("<box ", "<polygon /><box ", "has a shape <polygon>, expected boxes alone"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_broken_cvat_file_is_named_and_leaves_nothing(made: Path, tmp_path: Path, case: str) -> None:
    old, new, message = FAULTS[case]
    folder = copied(made, tmp_path / "data")
    text = (folder / CVAT_FILE).read_text()
    assert old in text
    count = -1 if case == "other root" else 1
    (folder / CVAT_FILE).write_text(text.replace(old, new, count))
    with pytest.raises(BadInput) as caught:
        corrected(folder, tmp_path / "out")
    assert message in str(caught.value)
    assert CVAT_FILE in str(caught.value)
    assert not (tmp_path / "out").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]


def test_a_cvat_file_without_pictures_is_refused(tmp_path: Path) -> None:
    write_cvat(tmp_path / CVAT_FILE, {})
    with pytest.raises(BadInput, match="at least one <image>"):
        read_cvat(tmp_path / CVAT_FILE)
    write_cvat(tmp_path / CVAT_FILE, {"train": [Sample(Path("a.jpg"), (10, 10), ())] * 2})
    with pytest.raises(BadInput, match="stands in it twice"):
        read_cvat(tmp_path / CVAT_FILE)
