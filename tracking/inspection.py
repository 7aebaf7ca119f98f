"""Which pictures reach the detector, and which are passed over? One waiting picture a camera, never a queue."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tracking.budget import Budget
from tracking.records import Box
from tracking.stillness import Stillness

Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of one camera, BGR (height, width, 3), stamped on receipt."""

    camera: str
    time_s: float
    bgr: Bgr


class Takes(Protocol):
    """What is needed of a detector: see ``tracking.detector.Detector``."""

    def submit(self, key: Hashable, bgr: Bgr) -> bool:
        """Start on a picture; False while too many are in flight."""

    def collect(self, timeout_s: float = 0.0) -> list[tuple[Hashable, tuple[Box, ...]]]:
        """What is done, in the order of submission."""


class Inspector:
    """Feeds a detector by a budget; for one thread.

    Args:
        detector: takes pictures and gives boxes.
        blind_s: age at which a camera counts as blind.
        skip_s: how long unchanged pictures of an empty place may be passed over; 0 for never.
    """

    def __init__(self, detector: Takes, blind_s: float, skip_s: float = 0.0) -> None:
        self._detector = detector
        self._budget = Budget(blind_s)
        self._still = Stillness(skip_s)
        self._waiting: dict[str, Shot] = {}
        self._in_flight = 0

    @property
    def waiting(self) -> int:
        """Pictures that wait: at most one a camera."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether anything waits or is in flight."""
        return bool(self._waiting) or self._in_flight > 0

    def offer(self, shot: Shot, quiet: bool = False) -> None:
        """Put a camera's newest picture in the place of its older one.

        ``quiet`` says that nobody is known to be where the camera looks: then it may be passed over.
        """
        still = self._still.may_skip(shot.camera, shot.time_s, shot.bgr)
        if not (still and quiet and shot.camera not in self._waiting):
            self._waiting[shot.camera] = shot

    def feed(self, now_s: float, weights: Mapping[str, float]) -> list[Shot]:
        """Hand over as many pictures as the detector takes, the most urgent first; which ones."""
        went: list[Shot] = []
        for camera in self._budget.order(self._waiting.keys(), now_s, weights):
            shot = self._waiting[camera]
            if not self._detector.submit((camera, shot.time_s), shot.bgr):
                break
            del self._waiting[camera]
            self._budget.took(camera, now_s, len(self._waiting))
            self._still.inspecting(camera, shot.time_s, shot.bgr)
            self._in_flight += 1
            went.append(shot)
        return went

    def collect(self, timeout_s: float) -> list[tuple[str, float, tuple[Box, ...]]]:
        """Camera, stamp and boxes of what is done; waits up to ``timeout_s`` for the first in flight."""
        done = self._detector.collect(timeout_s)
        self._in_flight -= len(done)
        out = [(*cast("tuple[str, float]", key), boxes) for key, boxes in done]
        for camera, time_s, boxes in out:
            self._still.inspected(camera, time_s, len(boxes))
        return out
