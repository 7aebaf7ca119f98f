"""A detector from any weights that ultralytics loads, on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tracking.appearance import coloured
from tracking.detector_boxes import MOST_BOXES, Found, boxes_of, kinds_of
from tracking.detector_files import sha256_of
from tracking.detector_pool import Bgr, Boxes, PooledDetector
from tracking.records import Kind
from tracking.torch_models import load_yolo


class UltralyticsDetector(PooledDetector):
    """YOLO through PyTorch. ``device`` "auto" takes the first CUDA device, or else the CPU.

    Raises:
        Unavailable: the weights are damaged or no detector.
    """

    def __init__(
        self,
        weights: Path,
        wanted: Mapping[str, Kind],
        *,
        size_px: int = 640,
        confidence: float = 0.25,
        overlap: float = 0.6,
        device: str = "auto",
    ) -> None:
        import torch

        self._model = load_yolo(weights)
        # The model is not safe for several threads: one worker; the caller's own decoding still overlaps.
        super().__init__(dict(self._model.names), sha256_of(weights), workers=1)
        self._kinds = kinds_of(self.names, wanted)
        self._overlap = overlap
        self.device = ("cuda:0" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self._arguments: dict[str, Any] = {
            "imgsz": size_px,
            "conf": confidence,
            "iou": overlap,
            "classes": sorted(self._kinds),
            "max_det": MOST_BOXES,
            "device": self.device,
            "rect": True,
            "save": False,
            "verbose": False,
        }

    def detect(self, images: Sequence[Bgr]) -> list[Boxes]:
        """Boxes of each BGR picture; pictures of one size go through the model together."""
        return self._executor.submit(self._batch, images).result()

    def _one(self, bgr: Bgr) -> Boxes:
        return self._predict([bgr])[0]

    def _batch(self, images: Sequence[Bgr]) -> list[Boxes]:
        found: dict[int, Boxes] = {}
        for shape in sorted({image.shape for image in images}):
            places = [place for place, image in enumerate(images) if image.shape == shape]
            found.update(zip(places, self._predict([images[place] for place in places]), strict=True))
        return [found[place] for place in range(len(images))]

    def _predict(self, images: list[Bgr]) -> list[Boxes]:
        if not self._kinds:
            return [()] * len(images)
        results = self._model.predict(images, **self._arguments)
        found = [self._boxes(result.boxes.data.cpu().numpy()) for result in results]
        return [coloured(bgr, boxes) for bgr, boxes in zip(images, found, strict=True)]

    def _boxes(self, rows: Any) -> Boxes:
        found = Found(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp))
        return boxes_of(found, self._kinds, self._overlap)
