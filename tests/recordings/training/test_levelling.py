"""Scores that are levelled: the same boxes, and one threshold that is right for every kind."""

from __future__ import annotations

import math

import pytest

from recordings.training.levelling import OPERATING, levelled
from recordings.training.transplant import transplanted
from tests.shared_data import shared


def logits(model: object, picture: object) -> object:
    """(classes, n) logits and (4 reg_max, n) box numbers of one picture."""
    import torch

    model.eval()  # type: ignore[attr-defined]
    with torch.no_grad():
        output = model(picture)[1]  # type: ignore[operator]
    return output["scores"][0], output["boxes"][0]


def test_a_score_at_the_best_threshold_becomes_the_operating_one_and_no_box_moves() -> None:
    import torch

    from tracking.torch_models import load_yolo, mend_torchvision, quiet_ultralytics

    quiet_ultralytics()
    mend_torchvision()
    model = transplanted(load_yolo(shared("data/weights/yolov8n.pt")).model).float()
    best = {"person": 0.4, "hook": 0.1, "load": OPERATING}
    moved = levelled(model, best)
    picture = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    before, boxes_before = logits(model, picture)
    after, boxes_after = logits(moved, picture)
    assert torch.equal(boxes_before, boxes_after)
    for number, threshold in enumerate((0.4, 0.1, OPERATING, OPERATING)):
        shift = math.log(OPERATING / (1 - OPERATING)) - math.log(threshold / (1 - threshold))
        assert (after[number] - before[number]).mean().item() == pytest.approx(shift, abs=1e-4)
    # What lay exactly at its best threshold lies at the operating one.
    at = math.log(0.4 / 0.6) + (after[0] - before[0]).mean().item()
    assert 1 / (1 + math.exp(-at)) == pytest.approx(OPERATING, abs=1e-4)
