"""How does a fine-tuned model keep what the original knew? By standing a part of the way back to it.

The weights of a network and of one fine-tuned from it can be averaged, and for shares in between the
average often knows the new as well as the fine-tuned and the old nearly as well as the original
(Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). Rows of classes that the original did
not have are taken from the fine-tuned model as they are.
"""

from __future__ import annotations

import copy
from typing import Any

from recordings.training.transplant import NAMES, transplanted


def blended(original: Any, tuned: Any, share: float) -> Any:
    """A copy of ``tuned`` whose weights are ``share`` tuned and the rest original; 1 is ``tuned`` itself.

    Both are ultralytics DetectionModels; ``original`` may still have its own classes.
    """
    import torch

    start = transplanted(original).float()
    model = copy.deepcopy(tuned).float()
    known = {str(name) for name in original.names.values()}
    new_rows = [number for number, name in NAMES.items() if name not in known]
    begin, end = start.state_dict(), model.state_dict()
    mixed = {
        name: torch.lerp(begin[name], value, share) if value.is_floating_point() else value
        for name, value in end.items()
    }
    for level in range(len(model.model[-1].cv3)):
        for part in ("weight", "bias"):
            name = f"model.{len(model.model) - 1}.cv3.{level}.{len(model.model[-1].cv3[level]) - 1}.{part}"
            mixed[name][new_rows] = end[name][new_rows]
    model.load_state_dict(mixed)
    return model
