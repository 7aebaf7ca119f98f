"""What does a training picture look like to the model? Pictures in the shape of the cameras, and mosaics of them.

ultralytics trains on squares, of which a 16:9 picture fills little more than half. Here every training
input is a rectangle in the shape that most of the pictures have: 640 x 384 instead of 640 x 640, 1.7
times as many pictures a second, and mosaics as well, which its own rectangular mode has to do without.
Call ``quiet_ultralytics`` before this module is imported.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from ultralytics.data.augment import BaseMixTransform, BaseTransform, Compose, Format, RandomFlip, RandomHSV
from ultralytics.data.augment import RandomPerspective as RandomAffine
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils.instance import Instances

Labels = dict[str, Any]

PAD_VALUE = 114
GREY_SHARE = 0.05
"""Pictures without colour: cameras do that at night."""
_STRIDE = 32


def canvas_px(sizes_px: list[tuple[int, int]], longer_px: int) -> tuple[int, int]:
    """Width and height of the training input: the middle shape of all pictures, in whole strides of 32 px."""
    shapes = sorted(height / width for width, height in sizes_px)
    middle = shapes[len(shapes) // 2]
    width, height = (longer_px, longer_px * middle) if middle <= 1.0 else (longer_px / middle, longer_px)
    return _whole(width), _whole(height)


def _whole(side_px: float) -> int:
    return max(1, int(np.ceil(side_px / _STRIDE - 1e-9))) * _STRIDE


class WideMosaic(BaseMixTransform):
    """Four pictures around a random point of a canvas of twice the width and height of the input."""

    def __init__(self, dataset: Any, size_px: tuple[int, int], p: float) -> None:
        super().__init__(dataset=dataset, p=p)
        self._size_px = size_px

    def get_indexes(self) -> list[int]:
        """Three more pictures, from all of them."""
        return [random.randrange(len(self.dataset)) for _ in range(3)]

    def get_params(self, labels: Labels) -> Labels:
        """The point where the four meet, and the four."""
        super().get_params(labels)
        width, height = self._size_px
        meet = (random.randint(width // 2, width * 3 // 2), random.randint(height // 2, height * 3 // 2))
        return {"meet": meet, "parts": [dict(labels), *labels["mix_labels"]]}

    def apply_image(self, labels: Labels, params: Any = None) -> Labels:
        """Draw the four; each touches the meeting point with one of its corners."""
        canvas = (2 * self._size_px[1], 2 * self._size_px[0])
        drawn = np.full((*canvas, 3), PAD_VALUE, np.uint8)
        params["shifts"] = []
        for number, part in enumerate(params["parts"]):
            image = part["img"]
            height, width = image.shape[:2]
            x = params["meet"][0] - (width if number % 2 == 0 else 0)
            y = params["meet"][1] - (height if number < 2 else 0)
            left, top = max(x, 0), max(y, 0)
            right, bottom = min(x + width, canvas[1]), min(y + height, canvas[0])
            drawn[top:bottom, left:right] = image[top - y : bottom - y, left - x : right - x]
            params["shifts"].append((x, y, width, height))
        labels["img"] = drawn
        labels["resized_shape"] = canvas
        return labels

    def apply_instances(self, labels: Labels, params: Any = None) -> Labels:
        """Boxes of the four in pixels of the canvas, cut off at its edges."""
        moved = []
        for part, (x, y, width, height) in zip(params["parts"], params["shifts"], strict=True):
            boxes = part["instances"]
            boxes.convert_bbox(format="xyxy")
            boxes.denormalize(width, height)
            boxes.add_padding(x, y)
            moved.append(boxes)
        together = Instances.concatenate(moved, axis=0)
        together.clip(2 * self._size_px[0], 2 * self._size_px[1])
        kept = together.remove_zero_area_boxes()
        labels["instances"] = together
        labels["cls"] = np.concatenate([part["cls"] for part in params["parts"]])[kept]
        return labels


class RandomGrey(BaseTransform):
    """Takes the colour out of a share of the pictures."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self._p = p

    def apply_image(self, labels: Labels, params: Labels | None = None) -> Labels:
        if random.random() < self._p:
            import cv2

            grey = cv2.cvtColor(labels["img"], cv2.COLOR_BGR2GRAY)
            labels["img"] = cv2.merge((grey, grey, grey))
        return labels


class WideDataset(YOLODataset):
    """ultralytics' dataset, augmented to inputs of ``size_px`` (width, height)."""

    def __init__(self, *args: Any, size_px: tuple[int, int], **kwargs: Any) -> None:
        self._size_px = size_px
        super().__init__(*args, **kwargs)

    def build_transforms(self, hyp: Any) -> Any:
        """Mosaic, shift and scale, colour, mirror image; values from the trainer's arguments."""
        return Compose(  # type: ignore[no-untyped-call]
            [
                WideMosaic(self, self._size_px, hyp.mosaic),
                RandomAffine(translate=hyp.translate, scale=hyp.scale, degrees=hyp.degrees, size=self._size_px),
                RandomHSV(hgain=hyp.hsv_h, sgain=hyp.hsv_s, vgain=hyp.hsv_v),
                RandomGrey(GREY_SHARE),
                RandomFlip(direction="horizontal", p=hyp.fliplr),
                Format(bbox_format="xywh", normalize=True, batch_idx=True),
            ]
        )
