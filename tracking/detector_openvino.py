"""A detector on the CPU (or another OpenVINO device) from an exported YOLO model."""

from __future__ import annotations

import importlib
import os
import queue
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.errors import Unavailable
from tracking.appearance import coloured
from tracking.detector_boxes import PAD_VALUE, Letterbox, boxes_of, decode_dense, decode_rows, kinds_of
from tracking.detector_files import sha256_of
from tracking.detector_pool import Bgr, Boxes, PooledDetector
from tracking.records import Kind

Hint = Literal["throughput", "latency"]

_DENSE_HEAD = 4
_HEAD_BYTES = 4096


class OpenVinoDetector(PooledDetector):
    """YOLO exported for OpenVINO: a folder with one .xml beside its .bin, or the .xml.

    A model that was exported with dynamic shape takes pictures in the tightest input of their own
    aspect ratio whose longer side is ``size_px``, one compiled model for each shape met; one with a
    fixed shape takes them in that. The hint "throughput" runs as many pictures at once as suits the
    processor, "latency" one at a time with all cores.

    ``precision`` "auto" leaves the arithmetic to OpenVINO (bfloat16 where the processor has it);
    "f32" costs about half the speed there and gives the same boxes on every machine.

    Raises:
        Unavailable: the model is missing, damaged, or not a YOLO detector with class names.
    """

    def __init__(  # noqa: PLR0913 - the settings of one model, all named
        self,
        weights: Path,
        wanted: Mapping[str, Kind],
        *,
        size_px: int = 640,
        confidence: float = 0.25,
        overlap: float = 0.6,
        hint: Hint = "throughput",
        precision: Literal["auto", "f32"] = "auto",
        device: str = "CPU",
        sha256: str | None = None,
    ) -> None:
        import openvino

        xml = _xml_of(weights)
        self._core = openvino.Core()
        try:
            if not _looks_like_model(xml):
                raise RuntimeError("another kind of file")
            self._model = self._core.read_model(xml)
        except RuntimeError as error:
            raise Unavailable(
                f"{weights}: [detector] weights is no readable OpenVINO model, expected an intact .xml beside its .bin"
            ) from error
        names = _names(self._model, xml)
        head = _head(self._model, len(names), weights)
        super().__init__(names, sha256 or sha256_of(weights), workers=_workers(hint))
        self._kinds = kinds_of(names, wanted)
        self._decode = decode_rows if head == "rows" else decode_dense
        # An end-to-end model has suppressed its own double boxes.
        self._overlap = 1.0 if head == "rows" else overlap
        self._size_px, self._confidence = size_px, confidence
        self._device = device
        self._config = {"PERFORMANCE_HINT": hint.upper()}
        if precision == "f32":
            self._config["INFERENCE_PRECISION_HINT"] = "f32"
        self._requests = _workers(hint)
        self._lanes: dict[tuple[int, int], _Lane] = {}
        self._lock = threading.Lock()

    def _one(self, bgr: Bgr) -> Boxes:
        lane = self._lane((bgr.shape[1], bgr.shape[0]))
        output = lane.infer(bgr)
        found = self._decode(output, self._confidence)
        found = type(found)(lane.letterbox.to_picture(found.corners), found.scores, found.classes)
        return coloured(bgr, boxes_of(found, self._kinds, self._overlap))

    def _lane(self, picture_px: tuple[int, int]) -> _Lane:
        with self._lock:
            lane = self._lanes.get(picture_px)
            if lane is None:
                lane = self._lanes[picture_px] = self._new_lane(picture_px)
            return lane

    def _new_lane(self, picture_px: tuple[int, int]) -> _Lane:
        shape = self._model.input(0).partial_shape
        if shape[2].is_dynamic or shape[3].is_dynamic:
            letterbox = Letterbox.tight(picture_px, self._size_px)
        else:
            letterbox = Letterbox.fixed(picture_px, (shape[3].get_length(), shape[2].get_length()))
        compiled = self._core.compile_model(_fitted(self._model, letterbox.input_px), self._device, self._config)
        return _Lane(letterbox, [compiled.create_infer_request() for _ in range(self._requests)])


class _Lane:
    """A model compiled for one size of picture, and its inference requests.

    Requests are run synchronously, each by the worker that holds it: OpenVINO's own asynchronous
    queue has been reported to hang on some processors, and is no faster here.
    """

    def __init__(self, letterbox: Letterbox, requests: list[Any]) -> None:
        self.letterbox = letterbox
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for request in requests:
            request.get_input_tensor(0).data[:] = PAD_VALUE
            self._idle.put(request)

    def infer(self, bgr: Bgr) -> NDArray[np.float32]:
        request = self._idle.get()
        try:
            self.letterbox.draw(bgr, request.get_input_tensor(0).data[0])
            request.infer()
            return np.array(request.get_output_tensor(0).data[0], np.float32)
        finally:
            self._idle.put(request)


def _workers(hint: Hint) -> int:
    # One more than run at once, so that the next picture is scaled before a core falls idle.
    return 2 if hint == "latency" else (os.cpu_count() or 1) + 1


def _xml_of(weights: Path) -> Path:
    found = sorted(weights.glob("*.xml")) if weights.is_dir() else [weights]
    if len(found) != 1 or not found[0].is_file():
        raise Unavailable(
            f"{weights}: [detector] weights holds {len(found)} .xml files, expected a folder with one OpenVINO model"
        )
    return found[0]


def _looks_like_model(xml: Path) -> bool:
    """Whether OpenVINO's own reader would take the file: others that it tries then write to stderr by themselves."""
    try:
        with xml.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return False
    return re.search(rb"<net\b[^>]*\bversion=", head) is not None and xml.with_suffix(".bin").is_file()


def _fitted(model: Any, input_px: tuple[int, int]) -> Any:
    """A copy for one input size that takes 8-bit BGR pictures as they are (batch, height, width, 3)."""
    import openvino
    from openvino.preprocess import ColorFormat, PrePostProcessor

    copy = model.clone()
    copy.reshape([1, 3, input_px[1], input_px[0]])
    steps = PrePostProcessor(copy)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().tensor().set_color_format(ColorFormat.BGR)
    steps.input().preprocess().convert_element_type(openvino.Type.f32).convert_color(ColorFormat.RGB).scale(255.0)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    return steps.build()


def _names(model: Any, xml: Path) -> dict[int, str]:
    """Class names: metadata.yaml of the export, or else the labels inside the model."""
    sidecar = xml.parent / "metadata.yaml"
    if sidecar.is_file():
        yaml = importlib.import_module("yaml")
        try:
            names = yaml.safe_load(sidecar.read_text(encoding="utf-8"))["names"]
            return {int(number): str(name) for number, name in names.items()}
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise Unavailable(f"{sidecar}: names is missing or damaged, expected the class names by number") from error
    if model.has_rt_info(["model_info", "labels"]):
        labels = str(model.get_rt_info(["model_info", "labels"]).astype(str)).split()
        return dict(enumerate(labels))
    raise Unavailable(f"{xml}: [detector] weights has no class names, expected metadata.yaml beside the model")


def _head(model: Any, classes: int, weights: Path) -> Literal["dense", "rows"]:
    """Which of the two kinds of YOLO output a model has."""
    shape = model.output(0).partial_shape if len(model.outputs) else None
    widths = [axis.get_length() if axis.is_static else None for axis in shape] if shape is not None else []
    if len(model.inputs) == 1 and len(widths) == 3:
        if widths[1] == _DENSE_HEAD + classes:
            return "dense"
        if widths[2] == 6:
            return "rows"
    raise Unavailable(
        f"{weights}: [detector] weights has an output of shape {shape}, expected a YOLO detector's "
        f"(1, {_DENSE_HEAD + classes}, n) or (1, n, 6)"
    )
