"""Cameras that send pictures and do not see: covered, frozen, knocked; and those that are rightly trusted."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.plant.records import BodyState
from safety.records import Level, Situation
from tests.safety.composite.plays import Spoil, body, play, ramp, reached_s, reasons, told
from tests.safety.situations import HOIST
from tests.worlds import hall
from tracking.records import Box

FAULT_S = 6.0


def cast(t: float) -> list[BodyState]:
    """Two people in the open view of all cameras, one of them on the move."""
    return [body("operator", 9.0, 7.5), body("slinger", 8.0 + ramp(t, 1.0, 0.6, 7.0), 4.5, "walk")]


def covered(camera: str, time_s: float, boxes: list[Box]) -> list[Box]:
    return [] if camera == "cam2" and time_s > FAULT_S else boxes


def knocked(camera: str, time_s: float, boxes: list[Box]) -> list[Box]:
    if camera != "cam2" or time_s <= FAULT_S:
        return boxes
    return [Box(b.left_px + 260.0, b.top_px, b.width_px, b.height_px, b.score, b.kind) for b in boxes]


class Frozen:
    """The boxes of one camera from the fault on are those of then."""

    def __init__(self) -> None:
        self._kept: list[Box] = []

    def __call__(self, camera: str, time_s: float, boxes: list[Box]) -> list[Box]:
        if camera != "cam2":
            return boxes
        if time_s <= FAULT_S:
            self._kept = boxes
        return self._kept


@pytest.mark.parametrize("spoil", [covered, knocked, Frozen()], ids=["covered", "knocked", "frozen"])
def test_a_camera_that_sends_pictures_and_sees_nothing_right_is_told_within_seconds(spoil: Spoil) -> None:
    steps = play(hall(3, [HOIST]), cast, lambda _: (15.0, 9.5, 3.0), 11.0, spoil=spoil)
    raised = reached_s(steps, Situation.CAMERA_BLIND, Level.WARNING)
    assert raised is not None
    assert 1.0 <= raised - FAULT_S <= 4.5
    assert "cam2 has not found for" in reasons(steps, Situation.CAMERA_BLIND)[0]
    assert {t.source for s in steps for t in s.transitions if t.situation is Situation.CAMERA_BLIND} == {"cam2"}


def test_cameras_that_see_are_trusted_also_when_they_miss_now_and_then() -> None:
    random = np.random.default_rng(1)

    def misses(_: str, __: float, boxes: list[Box]) -> list[Box]:
        return [b for b in boxes if random.random() > 0.3]

    steps = play(hall(3, [HOIST]), cast, lambda _: (15.0, 9.5, 3.0), 11.0, spoil=misses)
    assert not told(steps, Situation.CAMERA_BLIND)


def test_one_person_whom_something_hides_from_one_camera_is_a_caution_at_most() -> None:
    def hides(camera: str, time_s: float, boxes: list[Box]) -> list[Box]:
        return [] if camera == "cam2" and time_s > FAULT_S else boxes

    steps = play(hall(3, []), lambda t: cast(t)[:1], lambda _: (15.0, 9.5, 3.0), 13.0, spoil=hides)
    assert reached_s(steps, Situation.CAMERA_BLIND, Level.WARNING) is None
    assert reached_s(steps, Situation.CAMERA_BLIND, Level.CAUTION) is not None


def test_the_same_boxes_of_people_who_stand_are_no_frozen_picture() -> None:
    first: dict[str, list[Box]] = {}

    def same(camera: str, _: float, boxes: list[Box]) -> list[Box]:
        return first.setdefault(camera, boxes)

    people = [body("a", 9.0, 7.5), body("b", 11.0, 5.0)]
    steps = play(hall(3, []), lambda _: people, lambda _: (15.0, 9.5, 3.0), 8.0, spoil=same)
    assert not told(steps, Situation.CAMERA_BLIND)
