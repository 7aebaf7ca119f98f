"""What does a picture show? The detectors behind one interface, and the choice among them."""

from __future__ import annotations

import importlib.util
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.errors import Unavailable
from calibration.site import DetectorTable
from tracking import own_weights
from tracking.records import Box

Bgr = NDArray[np.uint8]
Boxes = tuple[Box, ...]
K = TypeVar("K", bound=Hashable)


class Detector(Protocol):
    """Finds people, hooks, loads and trolleys in BGR pictures (height, width, 3) of any size.

    Boxes are in pixels of the picture given, best first.
    """

    @property
    def names(self) -> Mapping[int, str]:
        """The model's class names by id."""

    @property
    def sha256(self) -> str:
        """Hash of the model's file or files."""

    def detect(self, images: Sequence[Bgr]) -> list[Boxes]:
        """Boxes of each picture; returns when all are done."""

    def stream(self, items: Iterable[tuple[K, Bgr]]) -> Iterator[tuple[K, Boxes]]:
        """Boxes of many pictures in order; reading ``items`` overlaps with the work on them."""

    def submit(self, key: Hashable, bgr: Bgr) -> bool:
        """Start on a picture without waiting; False while too many are in flight."""

    def collect(self, timeout_s: float = 0.0) -> list[tuple[Hashable, Boxes]]:
        """What ``submit`` began and is done, in that order; waits up to ``timeout_s`` for the first."""

    def close(self) -> None:
        """Free model and threads."""


def open_detector(
    table: DetectorTable, base_folder: Path, hint: Literal["throughput", "latency"] = "throughput"
) -> Detector:
    """The detector that table ``[detector]`` asks for; weights are relative to ``base_folder``.

    Where none are named, it is the project's own detector of people, hooks, loads and trolleys.

    Backend "auto" takes exported models to OpenVINO, .pt files to CUDA through ultralytics where
    there is a GPU, and otherwise to OpenVINO too, exported once into the user's cache.

    Raises:
        Unavailable: weights are missing, damaged or of another kind.
    """
    weights = _own(table) if table.weights is None else (base_folder / table.weights).expanduser()
    if not weights.exists():
        raise Unavailable(
            f"{weights}: [detector] weights is missing, put a .pt file or an exported OpenVINO model there "
            f"or name another"
        )
    is_torch = weights.suffix == ".pt"
    if not is_torch and not weights.is_dir() and weights.suffix != ".xml":
        raise Unavailable(f"{weights}: [detector] weights expected a .pt file, a folder or an .xml file")
    if table.backend == "ultralytics" and not is_torch:
        raise Unavailable(f"{weights}: [detector] backend 'ultralytics' expected a .pt file")
    if is_torch and (table.backend == "ultralytics" or (table.backend == "auto" and _has_cuda())):
        from tracking.detector_ultralytics import UltralyticsDetector

        return UltralyticsDetector(
            weights,
            table.classes,
            size_px=table.size_px,
            confidence=table.confidence,
            overlap=table.overlap,
        )
    return _openvino(weights, table, hint)


def _own(table: DetectorTable) -> Path:
    on_gpu = table.backend == "ultralytics" or (table.backend == "auto" and _has_cuda())
    return own_weights.TORCH if on_gpu else own_weights.OPENVINO


def _openvino(weights: Path, table: DetectorTable, hint: Literal["throughput", "latency"]) -> Detector:
    from tracking.detector_export import cached_export
    from tracking.detector_files import sha256_of
    from tracking.detector_openvino import OpenVinoDetector

    exported = cached_export(weights, size_px=table.size_px) if weights.suffix == ".pt" else weights
    return OpenVinoDetector(
        exported,
        table.classes,
        size_px=table.size_px,
        confidence=table.confidence,
        overlap=table.overlap,
        hint=hint,
        sha256=sha256_of(weights),
    )


def _has_cuda() -> bool:
    # torch takes seconds and hundreds of megabytes: ask the driver first.
    if importlib.util.find_spec("torch") is None or not any(
        Path(path).exists() for path in ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")
    ):
        return False
    import torch

    return bool(torch.cuda.is_available())
