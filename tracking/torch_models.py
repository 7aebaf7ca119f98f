"""Loading PyTorch models quietly, offline, and with a torchvision that may not fit the torch beside it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
from pathlib import Path
from typing import Any

from calibration.errors import Unavailable
from tracking.detector_files import cache_folder

_ENVIRONMENT = {
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    # Weights are pickles: load nothing from them but the known classes of models.
    "ULTRALYTICS_SAFE_LOAD": "true",
}

_kept: list[Any] = []


def quiet_ultralytics() -> None:
    """Set what ultralytics reads from the environment; call before it is imported anywhere."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("YOLO_CONFIG_DIR", str(cache_folder()))


def mend_torchvision() -> None:
    """Make ``import torchvision`` work where its compiled half does not fit the torch beside it.

    Its Python half then fails at import for want of the operator ``torchvision::nms``. Where the
    compiled half loads, nothing is changed; otherwise the two operators that the import names are
    declared, and non-maximum suppression is given in plain torch for CPU and CUDA.
    """
    torch = importlib.import_module("torch")
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations or _kept:
        return
    for folder in spec.submodule_search_locations:
        for library in sorted(Path(folder).glob("_C*.so")) + sorted(Path(folder).glob("_C*.pyd")):
            try:
                torch.ops.load_library(str(library))
            except (OSError, RuntimeError):
                continue
            return
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for device in ("CPU", "CUDA"):
        operators.impl("nms", plain_nms, device)
    _kept.append(operators)  # its declarations end with the object
    # torchvision.ops.nms asks this before it calls the operator that now exists.
    importlib.import_module("torchvision.extension")._has_ops = lambda: True  # type: ignore[attr-defined]


def plain_nms(boxes: Any, scores: Any, overlap: float) -> Any:
    """Greedy non-maximum suppression of ``boxes`` (n, 4) left, top, right, bottom.

    Indices of the kept boxes, best score first; a box falls when its intersection over union with a
    kept better one is greater than ``overlap``.
    """
    import torch

    order = torch.argsort(scores, descending=True, stable=True)
    sorted_boxes = boxes[order].float()
    areas = (sorted_boxes[:, 2:] - sorted_boxes[:, :2]).clamp(min=0).prod(dim=1)
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    kept: list[int] = []
    for index in range(len(order)):
        if not alive[index]:
            continue
        kept.append(index)
        low = torch.maximum(sorted_boxes[index, :2], sorted_boxes[index + 1 :, :2])
        high = torch.minimum(sorted_boxes[index, 2:], sorted_boxes[index + 1 :, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        union = areas[index] + areas[index + 1 :] - shared
        alive[index + 1 :] &= shared <= overlap * union
    return order[torch.tensor(kept, dtype=torch.int64, device=boxes.device)]


def load_yolo(weights: Path) -> Any:
    """An ultralytics model from a .pt file, nothing downloaded, nothing but models unpickled.

    Raises:
        Unavailable: the file is damaged, or holds no object detector.
    """
    quiet_ultralytics()
    mend_torchvision()
    from ultralytics.models.yolo.model import YOLO

    wanted = "expected the .pt file of an ultralytics detector"
    try:
        model = YOLO(str(weights.resolve()))
    except (
        RuntimeError,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        ImportError,
        pickle.UnpicklingError,
    ) as error:
        raise Unavailable(f"{weights}: [detector] weights is damaged or no model, {wanted}") from error
    if model.task != "detect":
        raise Unavailable(f"{weights}: [detector] weights is a model for {model.task!r}, {wanted}")
    return model
