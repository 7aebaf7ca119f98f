"""How is one threshold right for every class? By moving each class's scores to where the threshold is best.

A class that is rare or hard is found with lower scores than people are, so that one threshold gives too
many of the one or too few of the other. The last layer adds one number to a class's logit at every place:
it is moved by logit(t) - logit(best), where ``best`` is the threshold of the highest F1 on the validation halls,
the scores are those of the same network and t is the best threshold for all classes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from recordings.training.dataset import NUMBERS
from recordings.training.evaluate_detector import KINDS, DetectorFigures
from tracking.records import Kind

OPERATING = 0.25
"""The product's threshold, ``[detector] confidence``."""
_FEWEST = 30
_LOWEST, _HIGHEST = 0.05, 0.8


def best_thresholds(figures: DetectorFigures) -> dict[Kind, float]:
    """By kind, the threshold of the highest F1; ``OPERATING`` where too few are labelled to tell."""
    found: dict[Kind, float] = {}
    for kind in KINDS:
        row = figures.of(kind)
        best = OPERATING
        if row is not None and row.labelled >= _FEWEST and row.best is not None and row.best.f1:
            best = min(max(row.best.threshold, _LOWEST), _HIGHEST)
        found[kind] = best
    return found


def levelled(model: Any, best: Mapping[Kind, float]) -> Any:
    """A copy of an own detector's network whose best thresholds are all ``OPERATING``."""
    import torch

    model = copy.deepcopy(model)
    with torch.no_grad():
        for kind, threshold in best.items():
            shift = _logit(OPERATING) - _logit(threshold)
            for branch in model.model[-1].cv3:
                branch[-1].bias[NUMBERS[kind]] += shift
    return model


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))
