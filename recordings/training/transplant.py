"""How does a detector of 80 everyday things become one of person, hook, load and trolley, and lose nobody?

A YOLO head ends, at each of its scales, in one 1x1 convolution with a row of weights per class. Only those
rows name a class: everything under them is shared. So the row of "person" is carried over as it is, and the
new classes start with rows of zeros under a bias that says how rare an object is at one place of the grid.
Before the first step of training the new model's boxes and its scores of people are those of the old one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, get_args

from calibration.errors import Unavailable
from tracking.records import Kind

NAMES: dict[int, str] = dict(enumerate(get_args(Kind)))
"""Classes of the project's own detector by number: 0 person, 1 hook, 2 load, 3 trolley."""

_OBJECTS_A_PICTURE = 5.0
_PICTURE_PX = 640.0


def knows_our_classes(names: Mapping[int, str]) -> bool:
    """Whether a model's class names are already those of the project's own detector."""
    return dict(names) == NAMES


def transplanted(model: Any) -> Any:
    """A copy of an ultralytics DetectionModel with one class row each for person, hook, load and trolley.

    A model that has these classes already is copied as it is. Rows of classes that the model knows by the
    same name are carried over; the others start at zero with the prior bias log(p / (1 - p)) ≈ log(p),
    p = 5 objects / classes / places of the grid on a 640 px picture, the usual start of a YOLO head.

    Raises:
        Unavailable: the model has no class "person", or no head of this form.
    """
    import torch

    model = copy.deepcopy(model)
    if knows_our_classes(model.names):
        return model
    numbers = {str(name): int(number) for number, name in model.names.items()}
    if "person" not in numbers:
        raise Unavailable(f"the model's classes are {', '.join(sorted(numbers))}, expected one named person")
    head = model.model[-1]
    if getattr(head, "one2one_cv3", None) is not None or not hasattr(head, "cv3"):
        raise Unavailable("the model's head is of another form, expected that of YOLOv8 or YOLO11")
    for branch, stride in zip(head.cv3, head.stride.tolist(), strict=True):
        old = branch[-1]
        new = torch.nn.Conv2d(old.in_channels, len(NAMES), 1)
        places = (_PICTURE_PX / stride) ** 2
        weight = torch.zeros_like(new.weight)
        bias = torch.full((len(NAMES),), math.log(_OBJECTS_A_PICTURE / len(NAMES) / places))
        for number, name in NAMES.items():
            if name in numbers:
                weight[number] = old.weight[numbers[name]].detach()
                bias[number] = old.bias[numbers[name]].detach()
        new.load_state_dict({"weight": weight, "bias": bias})
        branch[-1] = new.to(old.weight.device, old.weight.dtype)
    head.nc = len(NAMES)
    head.no = len(NAMES) + 4 * head.reg_max
    model.nc = len(NAMES)
    model.yaml = {**model.yaml, "nc": len(NAMES)}
    model.names = dict(NAMES)
    return model
