"""Small training folders with drawn pictures: enough to run every step on, too little to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from recordings.training.dataset import BOX_COLUMNS, Label, data_yaml, yolo_text
from tracking.records import Kind

SIZE_PX = (160, 90)
LOOKS: dict[Kind, tuple[tuple[int, int], tuple[int, int, int]]] = {
    "person": ((12, 32), (40, 40, 200)),
    "hook": ((12, 16), (0, 220, 220)),
    "load": ((40, 24), (200, 80, 40)),
    "trolley": ((48, 14), (60, 200, 60)),
}


def drawn_folder(folder: Path, counts: Mapping[str, int], *, boxes_csv: bool = True, seed: int = 3) -> Path:
    """A training folder with ``counts`` pictures by split, each with one box of every kind."""
    rng = np.random.default_rng(seed)
    rows = []
    for split, count in counts.items():
        for part in ("images", "labels"):
            (folder / part / split).mkdir(parents=True)
        for number in range(count):
            name = f"{split}-{number:03d}"
            bgr, labels = drawn(rng)
            cv2.imwrite(str(folder / "images" / split / f"{name}.jpg"), bgr)
            (folder / "labels" / split / f"{name}.txt").write_text(yolo_text(labels, SIZE_PX))
            light = ("day", "dusk")[number % 2]
            for label in labels:
                edges = f"{label.left_px:.1f},{label.top_px:.1f},{label.width_px:.1f},{label.height_px:.1f}"
                rows.append(f"{split},{name},hall-{split},{light},{label.kind},,{edges},{5 + number},1.0")
    (folder / "data.yaml").write_text(data_yaml(counts))
    if boxes_csv:
        (folder / "boxes.csv").write_text("\n".join([",".join(BOX_COLUMNS), *rows]) + "\n")
    return folder


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, list[Label]]:
    """One picture (BGR) and its labels."""
    coarse = rng.integers(60, 120, (9, 16, 3)).astype(np.uint8)
    bgr = cv2.resize(coarse, SIZE_PX)
    labels = []
    for kind, ((width, height), colour) in LOOKS.items():
        left = int(rng.integers(0, SIZE_PX[0] - width))
        top = int(rng.integers(0, SIZE_PX[1] - height))
        cv2.rectangle(bgr, (left, top), (left + width, top + height), colour, -1)
        labels.append(Label(kind, left, top, width, height))
    return bgr, labels
