"""Before any training the transplanted model sees people as the model that it came from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from calibration.errors import Unavailable
from recordings.training.transplant import NAMES, transplanted
from tests.shared_data import shared
from tracking.torch_models import load_yolo


@pytest.fixture(scope="module")
def original() -> Any:
    return load_yolo(shared("data/weights/yolov8n.pt")).model.eval()


@pytest.fixture(scope="module")
def model(original: Any) -> Any:
    return transplanted(original).eval()


def test_boxes_and_scores_of_people_are_those_of_the_original(original: Any, model: Any) -> None:
    import torch

    pictures = torch.rand(2, 3, 96, 160, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        before, after = original(pictures)[0], model(pictures)[0]
    assert after.shape[1] == 4 + len(NAMES)
    torch.testing.assert_close(after[:, :5], before[:, :5], rtol=0.0, atol=0.0)
    assert after[:, 5:].max() < 0.005, "nothing new is seen before it is learnt"


def test_original_is_untouched_and_the_new_model_says_what_it_knows(original: Any, model: Any) -> None:
    assert len(original.names) == 80
    assert original.model[-1].nc == 80
    assert model.names == NAMES == {0: "person", 1: "hook", 2: "load", 3: "trolley"}
    assert model.model[-1].nc == model.nc == model.yaml["nc"] == 4


def test_a_model_of_these_classes_is_taken_as_it_is(model: Any) -> None:
    import torch

    again = transplanted(model)
    assert again is not model
    for (name, one), (_, other) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        assert torch.equal(one, other), name


def test_a_model_that_knows_no_person_is_refused(original: Any, tmp_path: Path) -> None:
    import copy

    stranger = copy.deepcopy(original)
    stranger.names = {number: f"thing {number}" for number in range(80)}
    with pytest.raises(Unavailable, match="expected one named person"):
        transplanted(stranger)


def test_blending_goes_from_the_original_to_the_trained_one(original: Any, model: Any) -> None:
    import copy

    import torch

    from recordings.training.blend import blended

    tuned = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in tuned.parameters():
            parameter.add_(0.25)
    half, whole = blended(original, tuned, 0.5), blended(original, tuned, 1.0)
    start, end = model.state_dict(), tuned.state_dict()
    for name, value in half.state_dict().items():
        if re.search(r"cv3\.\d\.2\.(weight|bias)$", name):
            torch.testing.assert_close(value[0], (start[name][0] + end[name][0]) / 2)
            assert torch.equal(value[1:], end[name][1:]), "what the original never knew is not thinned"
        elif value.is_floating_point():
            torch.testing.assert_close(value, (start[name] + end[name]) / 2)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(value, end[name])
    again = blended(tuned, model, 0.0).state_dict()
    for name, value in again.items():
        torch.testing.assert_close(value, end[name], msg=name)
