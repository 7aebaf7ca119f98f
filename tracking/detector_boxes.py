"""From a picture to a model's input, and from its raw output to boxes in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.errors import HoistwatchError
from tracking.records import Box, Kind

Floats = NDArray[np.floating[Any]]
Bgr = NDArray[np.uint8]

PAD_VALUE = 114
"""Grey that YOLO models are trained with around a picture that does not fill the input."""

MOST_BOXES = 300


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture of ``picture_px`` lies in an input of ``input_px`` (both width, height).

    The picture is scaled to ``scaled_px`` without changing its shape, and centred; ``left_px`` and
    ``top_px`` are the widths of the grey border. Rounding is that of ultralytics, so that both
    back ends see the same picture.
    """

    picture_px: tuple[int, int]
    input_px: tuple[int, int]
    scaled_px: tuple[int, int]
    left_px: int
    top_px: int

    @classmethod
    def fixed(cls, picture_px: tuple[int, int], input_px: tuple[int, int]) -> Letterbox:
        """Into an input of a given size."""
        ratio = min(input_px[0] / picture_px[0], input_px[1] / picture_px[1])
        width, height = max(round(picture_px[0] * ratio), 1), max(round(picture_px[1] * ratio), 1)
        left = round((input_px[0] - width) / 2 - 0.1)
        top = round((input_px[1] - height) / 2 - 0.1)
        return cls(picture_px, input_px, (width, height), left, top)

    @classmethod
    def tight(cls, picture_px: tuple[int, int], longer_px: int, stride: int = 32) -> Letterbox:
        """Into the smallest input whose sides are multiples of ``stride`` and whose longer is ``longer_px``."""
        whole = cls.fixed(picture_px, (longer_px, longer_px))
        width, height = whole.scaled_px
        input_px = (width + (longer_px - width) % stride, height + (longer_px - height) % stride)
        left = round((input_px[0] - width) / 2 - 0.1)
        top = round((input_px[1] - height) / 2 - 0.1)
        return cls(picture_px, input_px, (width, height), left, top)

    def draw(self, bgr: Bgr, into: Bgr) -> None:
        """Scale a picture into its place of ``into`` (height, width, 3); the border is left as it is."""
        import cv2

        place = into[self.top_px : self.top_px + self.scaled_px[1], self.left_px : self.left_px + self.scaled_px[0]]
        if self.scaled_px == self.picture_px:
            place[:] = bgr
        elif place.flags.c_contiguous:
            cv2.resize(bgr, self.scaled_px, dst=place, interpolation=cv2.INTER_LINEAR)
        else:
            place[:] = cv2.resize(bgr, self.scaled_px, interpolation=cv2.INTER_LINEAR)

    def to_input(self, corners: Floats) -> Floats:
        """Corners (n, 4) left, top, right, bottom from picture to input pixels."""
        return corners * self._scale() + self._shift()

    def to_picture(self, corners: Floats) -> Floats:
        """The way back, cut off at the picture's edges."""
        width, height = self.picture_px
        inside: Floats = np.clip(
            (corners - self._shift()) / self._scale(), 0.0, np.array([width, height, width, height], float)
        )
        return inside

    def _scale(self) -> Floats:
        x, y = self.scaled_px[0] / self.picture_px[0], self.scaled_px[1] / self.picture_px[1]
        return np.array([x, y, x, y])

    def _shift(self) -> Floats:
        return np.array([self.left_px, self.top_px, self.left_px, self.top_px], float)


@dataclass(frozen=True, slots=True)
class Found:
    """Raw detections: corners (n, 4) left, top, right, bottom; scores (n,); model class ids (n,)."""

    corners: Floats
    scores: Floats
    classes: NDArray[np.intp]


def decode_dense(output: Floats, confidence: float) -> Found:
    """Detections of a YOLOv8-style output (4 + classes, n): centre x, y, width, height, class scores.

    A place counts for its best class only. Corners are in input pixels, not yet suppressed.

    Raises:
        HoistwatchError: a number is none, see ``_finite``.
    """
    _finite(output)
    scores = output[4:]
    chosen = np.flatnonzero(scores.max(axis=0) > confidence)
    classes = scores[:, chosen].argmax(axis=0)
    best = scores[classes, chosen]
    centre, half = output[:2, chosen], output[2:4, chosen] / 2.0
    return Found(np.concatenate((centre - half, centre + half)).T, best, classes)


def decode_rows(output: Floats, confidence: float) -> Found:
    """Detections of an end-to-end output (n, 6): left, top, right, bottom, score, class. Raises as ``decode_dense``."""
    _finite(output)
    rows = output[output[:, 4] > confidence]
    return Found(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp))


def _finite(output: Floats) -> None:
    """A score that is no number is above no threshold, so that a broken model would say "nobody is there"."""
    if not np.isfinite(output).all():
        raise HoistwatchError(
            "the detector computed values that are no numbers: its weights or its processor are broken"
        )


def kinds_of(names: Mapping[int, str], wanted: Mapping[str, Kind]) -> dict[int, Kind]:
    """The model's class ids that mean something here, and what they mean."""
    return {number: wanted[name] for number, name in names.items() if name in wanted}


def boxes_of(found: Found, kinds: Mapping[int, Kind], overlap: float) -> tuple[Box, ...]:
    """Boxes of the wanted kinds, best first, of those that overlap more than ``overlap`` only the best.

    Suppression goes by kind, not by the model's classes: two classes may mean the same thing. Corners
    must be in picture pixels. Values are rounded to 0.01 px and 0.0001, far under any noise.
    """
    wanted = np.isin(found.classes, sorted(kinds)) & np.isfinite(found.corners).all(axis=1)
    corners = found.corners[wanted].astype(float)
    scores, classes = found.scores[wanted].astype(float), found.classes[wanted]
    sizes = corners[:, 2:] - corners[:, :2]
    order = sorted(set(kinds.values()))
    ids = np.array([order.index(kinds[int(number)]) for number in classes], np.int32)
    boxes: list[Box] = []
    for index in _suppressed(np.hstack((corners[:, :2], sizes)), scores, ids, overlap):
        left, top = corners[index, :2]
        width, height = sizes[index]
        if width > 0.0 and height > 0.0:
            boxes.append(
                Box(
                    left_px=round(float(left), 2),
                    top_px=round(float(top), 2),
                    width_px=round(float(width), 2),
                    height_px=round(float(height), 2),
                    score=round(float(scores[index]), 4),
                    kind=order[ids[index]],
                )
            )
    return tuple(boxes)


def _suppressed(rectangles: Floats, scores: Floats, ids: NDArray[np.int32], overlap: float) -> list[int]:
    if not len(rectangles):
        return []
    import cv2

    kept = cv2.dnn.NMSBoxesBatched(rectangles.tolist(), scores.tolist(), ids.tolist(), 0.0, overlap)
    return [int(index) for index in kept][:MOST_BOXES]
