"""Both detectors on real pictures, streamed and one by one, and what they say of bad weights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calibration.errors import BadInput, Unavailable
from calibration.site import DetectorTable
from tests.shared_data import ROOT, shared
from tracking.detector import open_detector
from tracking.detector_export import cached_export, export_openvino
from tracking.detector_files import cache_folder, sha256_of
from tracking.detector_openvino import OpenVinoDetector
from tracking.detector_ultralytics import UltralyticsDetector
from tracking.records import Box, Kind
from tracking.video_file import frames_of

PERSONS: dict[str, Kind] = {"person": "person"}
Boxes = tuple[Box, ...]


@pytest.fixture(scope="module")
def weights() -> Path:
    return shared("data/weights/yolov8n.pt")


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    with frames_of(shared("data/pets2009_s2l1/vtest.avi")) as video:
        return [frame.bgr for frame in video if frame.index % 80 == 0]


@pytest.fixture(scope="module")
def exported(weights: Path, model_cache: Path) -> Path:
    return cached_export(weights, model_cache)


@pytest.fixture(scope="module")
def exact(exported: Path) -> Iterator[OpenVinoDetector]:
    detector = OpenVinoDetector(exported, PERSONS, precision="f32")
    yield detector
    detector.close()


@pytest.fixture(scope="module")
def reference(weights: Path) -> Iterator[UltralyticsDetector]:
    detector = UltralyticsDetector(weights, PERSONS, device="cpu")
    yield detector
    detector.close()


def iou(a: Box, b: Box) -> float:
    width = min(a.left_px + a.width_px, b.left_px + b.width_px) - max(a.left_px, b.left_px)
    height = min(a.top_px + a.height_px, b.top_px + b.height_px) - max(a.top_px, b.top_px)
    shared_px2 = max(0.0, width) * max(0.0, height)
    return shared_px2 / (a.width_px * a.height_px + b.width_px * b.height_px - shared_px2)


def unmatched(some: Boxes, others: Boxes, least: float) -> list[Box]:
    """Boxes that have no partner among the others, each of which may be taken once."""
    left = list(others)
    alone = []
    for box in some:
        best = max(left, key=lambda other: iou(box, other), default=None)
        if best is None or iou(box, best) <= least:
            alone.append(box)
        else:
            left.remove(best)
    return alone


# --- agreement


def test_openvino_finds_the_same_persons_as_ultralytics(
    exact: OpenVinoDetector, reference: UltralyticsDetector, pictures: list[np.ndarray]
) -> None:
    ours, theirs = exact.detect(pictures), reference.detect(pictures)
    assert sum(len(boxes) for boxes in theirs) > 30
    for one, other in zip(ours, theirs, strict=True):
        assert len(one) == len(other)
        assert unmatched(one, other, 0.98) == []
        np.testing.assert_allclose([box.score for box in one], [box.score for box in other], atol=0.002)


def test_the_processors_own_arithmetic_finds_every_clear_person(
    exported: Path, reference: UltralyticsDetector, pictures: list[np.ndarray]
) -> None:
    """In bfloat16 scores shift by some hundredths: near the threshold, or where two overlap, either may be right."""
    detector = OpenVinoDetector(exported, PERSONS, confidence=0.15)
    ours, theirs = detector.detect(pictures), reference.detect(pictures)
    detector.close()
    clear = [tuple(box for box in boxes if box.score > 0.4) for boxes in theirs]
    missed = [box for one, other in zip(clear, ours, strict=True) for box in unmatched(one, other, 0.9)]
    assert sum(len(boxes) for boxes in clear) > 25
    assert missed == []


def test_pictures_of_other_shapes_agree_too(
    exact: OpenVinoDetector, reference: UltralyticsDetector, pictures: list[np.ndarray]
) -> None:
    cuts = [pictures[3][:, 100:400].copy(), pictures[3][60:400].copy(), pictures[4], pictures[5][:401, :333].copy()]
    ours, theirs = exact.detect(cuts), reference.detect(cuts)
    assert sum(len(boxes) for boxes in theirs) > 5
    for one, other in zip(ours, theirs, strict=True):
        assert len(one) == len(other)
        assert unmatched(one, other, 0.95) == []


def test_a_model_of_fixed_shape_serves_every_picture(
    exported: Path, exact: OpenVinoDetector, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    import openvino

    model = openvino.Core().read_model(next(exported.glob("*.xml")))
    model.reshape([1, 3, 640, 640])
    openvino.save_model(model, str(tmp_path / "fixed.xml"), compress_to_fp16=False)
    detector = OpenVinoDetector(tmp_path / "fixed.xml", PERSONS, precision="f32")
    assert detector.names[9] == "traffic_light"  # from the labels inside: there is no metadata.yaml
    square = detector.detect(pictures[:4])
    detector.close()
    for one, other in zip(square, exact.detect(pictures[:4]), strict=True):
        clear = tuple(box for box in one if box.score > 0.5)
        assert unmatched(clear, other, 0.8) == []


# --- streaming


@pytest.mark.parametrize("name", ["exact", "reference"])
def test_a_stream_gives_what_detect_gives_in_order(
    name: str, pictures: list[np.ndarray], request: pytest.FixtureRequest
) -> None:
    detector: OpenVinoDetector | UltralyticsDetector = request.getfixturevalue(name)
    some = pictures[:6]
    one_by_one = [detector.detect([picture])[0] for picture in some]
    streamed = list(detector.stream(enumerate(some)))
    assert [key for key, _ in streamed] == list(range(6))
    assert [boxes for _, boxes in streamed] == one_by_one
    assert list(detector.stream([])) == []


def test_a_stream_reads_ahead_but_not_far(exact: OpenVinoDetector, pictures: list[np.ndarray]) -> None:
    taken: list[int] = []

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        while True:
            taken.append(len(taken))
            yield taken[-1], pictures[0]

    stream = exact.stream(endless())
    assert [next(stream)[0] for _ in range(3)] == [0, 1, 2]
    stream.close()  # type: ignore[attr-defined]
    assert len(taken) < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("detector feed")]


def test_what_a_source_raises_comes_out_after_the_boxes_before_it(
    exact: OpenVinoDetector, pictures: list[np.ndarray]
) -> None:
    def broken() -> Iterator[tuple[str, np.ndarray]]:
        yield "first", pictures[0]
        raise BadInput("the video broke off")

    stream = exact.stream(broken())
    assert next(stream)[0] == "first"
    with pytest.raises(BadInput, match="broke off"):
        next(stream)


def test_live_use_refuses_what_it_cannot_hold_and_keeps_order(
    exact: OpenVinoDetector, pictures: list[np.ndarray]
) -> None:
    accepted = [number for number in range(30) if exact.submit(("cam", number), pictures[number % len(pictures)])]
    assert 1 <= len(accepted) < 30
    collected: list[tuple[object, Boxes]] = []
    while len(collected) < len(accepted):
        collected += exact.collect(5.0)
    assert [key for key, _ in collected] == [("cam", number) for number in accepted]
    assert collected[0][1] == exact.detect([pictures[0]])[0]
    assert exact.collect(0.0) == []


# --- choice, cache, faults


def test_a_pt_file_runs_on_the_cpu_through_a_cached_export(
    weights: Path, exported: Path, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = exported.parents[1]
    assert [folder.name for folder in (cache / "models").iterdir()] == [exported.name]
    before = {file: file.stat().st_mtime_ns for file in exported.iterdir()}
    monkeypatch.setenv("HOISTWATCH_CACHE", str(cache))
    table = DetectorTable(weights=weights.name, backend="openvino", classes={"person": "person", "dog": "load"})
    detector = open_detector(table, weights.parent, hint="latency")
    assert isinstance(detector, OpenVinoDetector)
    assert detector.names[0] == "person"
    assert detector.sha256 == sha256_of(weights)
    assert detector.sha256.startswith("f59b3d83")
    assert {box.kind for boxes in detector.detect(pictures[:2]) for box in boxes} == {"person"}
    detector.close()
    assert {file: file.stat().st_mtime_ns for file in exported.iterdir()} == before


def test_the_backend_is_the_one_asked_for(weights: Path, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = open_detector(DetectorTable(weights=str(exported)), Path("/"))
    assert isinstance(chosen, OpenVinoDetector)
    assert chosen.sha256 == sha256_of(exported)
    chosen.close()
    chosen = open_detector(DetectorTable(weights=str(weights), backend="ultralytics"), Path("/"))
    assert isinstance(chosen, UltralyticsDetector)
    chosen.close()


def test_classes_that_mean_nothing_here_find_nothing(weights: Path, exported: Path, pictures: list[np.ndarray]) -> None:
    for detector in (OpenVinoDetector(exported, {"ufo": "load"}), UltralyticsDetector(weights, {"ufo": "load"})):
        assert detector.detect(pictures[:1]) == [()]
        detector.close()


def test_an_export_replaces_an_older_one_and_half_precision_halves_it(
    weights: Path, exported: Path, tmp_path: Path
) -> None:
    out = tmp_path / "people"
    shutil.copytree(exported, out)
    assert export_openvino(weights, out, half=True) == out
    size = {folder: next(folder.glob("*.bin")).stat().st_size for folder in (exported, out)}
    assert size[out] < 0.6 * size[exported]
    assert sorted(file.suffix for file in out.iterdir()) == [".bin", ".xml", ".yaml"]
    assert [folder.name for folder in tmp_path.iterdir()] == ["people"]


def test_an_export_touches_nothing_of_others(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("keep me")
    with pytest.raises(BadInput, match="taken: holds something else than an exported model"):
        export_openvino(weights, tmp_path / "taken")
    with pytest.raises(Unavailable, match=r"none\.pt: there is no such file"):
        export_openvino(tmp_path / "none.pt", tmp_path / "new")
    assert [file.name for file in tmp_path.rglob("*")] == ["taken", "letter.txt"]


@pytest.mark.parametrize(
    ("backend", "content"), [("openvino", "cut"), *(("ultralytics", name) for name in ("empty", "text", "cut"))]
)
def test_damaged_pt_files_are_one_clear_sentence(
    backend: str, content: str, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOISTWATCH_CACHE", str(tmp_path / "cache"))
    data = {"empty": b"", "text": b"no weights at all\n" * 100, "cut": weights.read_bytes()[:200_000]}[content]
    (tmp_path / "bad.pt").write_bytes(data)
    with pytest.raises(Unavailable) as fault:
        open_detector(DetectorTable.model_validate({"weights": "bad.pt", "backend": backend}), tmp_path)
    assert str(fault.value) == (
        f"{tmp_path / 'bad.pt'}: [detector] weights is damaged or no model, "
        f"expected the .pt file of an ultralytics detector"
    )
    assert not list((tmp_path / "cache").glob("models/*"))


def test_other_weights_that_cannot_be_used(exported: Path, tmp_path: Path) -> None:
    def fault_of(weights: str, **more: str) -> str:
        with pytest.raises(Unavailable) as fault:
            open_detector(DetectorTable.model_validate({"weights": weights, **more}), tmp_path)
        assert "\n" not in str(fault.value)
        return str(fault.value)

    assert "none.pt: [detector] weights is missing" in fault_of("none.pt")
    (tmp_path / "a.onnx").write_bytes(b"x")
    assert "expected a .pt file, a folder or an .xml file" in fault_of("a.onnx")
    assert "backend 'ultralytics' expected a .pt file" in fault_of(str(exported), backend="ultralytics")
    (tmp_path / "empty").mkdir()
    assert "holds 0 .xml files" in fault_of("empty")
    bad = tmp_path / "bad"
    shutil.copytree(exported, bad)
    xml = next(bad.glob("*.xml"))
    xml.write_text(xml.read_text()[:5000])
    assert "no readable OpenVINO model" in fault_of("bad")
    shutil.copy(next(exported.glob("*.xml")), xml)
    next(bad.glob("*.bin")).write_bytes(b"short")
    assert "no readable OpenVINO model" in fault_of("bad")
    shutil.copy(next(exported.glob("*.bin")), next(bad.glob("*.bin")))
    (bad / "metadata.yaml").write_text("names: [unclosed")
    assert "metadata.yaml: names is missing or damaged" in fault_of("bad")
    (bad / "metadata.yaml").write_text("names: {0: person}")
    assert "has an output of shape" in fault_of("bad")


def test_the_cache_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOISTWATCH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("HOISTWATCH_CACHE")
    assert cache_folder().name == "hoistwatch"


def test_openvino_needs_no_torch_and_prints_nothing(exported: Path, tmp_path: Path) -> None:
    code = (
        "import sys, numpy; from pathlib import Path\n"
        "from calibration.site import DetectorTable; from tracking.detector import open_detector\n"
        f"d = open_detector(DetectorTable(weights={str(exported)!r}), Path('.'))\n"
        "d.detect([numpy.zeros((480, 640, 3), numpy.uint8)]); d.close()\n"
        "assert not {'torch', 'ultralytics', 'PyQt6', 'matplotlib'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_ultralytics_prints_nothing_and_keeps_its_settings_in_the_cache(weights: Path, tmp_path: Path) -> None:
    code = (
        "import sys, numpy; from pathlib import Path\n"
        "from tracking.detector_ultralytics import UltralyticsDetector\n"
        f"d = UltralyticsDetector(Path({str(weights)!r}), {{'person': 'person'}})\n"
        "d.detect([numpy.zeros((480, 640, 3), numpy.uint8)]); d.close()\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO_", "ULTRALYTICS_"))}
    environment = {**kept, "PYTHONPATH": str(ROOT), "HOISTWATCH_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [file.name for file in tmp_path.iterdir()] == ["cache"]
