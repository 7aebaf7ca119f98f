"""A camera's picture reduced to what tells whether the camera still sees: small, grey, and by cells.

All numbers are grey levels from 0 to 255 of a picture that is ``WIDTH_PX`` wide, whatever the camera's size is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Cells = NDArray[np.float32]

WIDTH_PX = 320
CELL_PX = 20
_HALFWAY_PX = 2 * WIDTH_PX
_SAMPLE_STEP = 4
_WHITE = 250


@dataclass(frozen=True, slots=True)
class Small:
    """One reduced picture.

    ``sample`` are some of the full picture's pixels, untouched: two pictures that agree in them to the last
    digit are one. ``grey`` (h, 320); ``mean`` and ``detail`` (rows, columns) of cells of 20 x 20 pixels: mean
    grey, and mean absolute Laplacian, in which blur, fog and cover show. ``low``, ``high`` are the 2nd and 98th
    percentile of ``mean`` before cells are formed, ``bright`` the 90th, ``white`` the share at the upper end.
    """

    sample: Grey
    grey: Grey
    mean: Cells
    detail: Cells
    low: float
    high: float
    bright: float
    white: float


def small_of(bgr: Bgr) -> Small:
    """Reduce a picture (height, width, 3)."""
    height, width = bgr.shape[:2]
    step = max(1, width // _HALFWAY_PX)
    # Green is nearly brightness, and picking pixels costs a tenth of averaging them; noise goes at the next step.
    green = np.ascontiguousarray(bgr[::step, ::step, 1])
    rows = max(CELL_PX, round(WIDTH_PX * height / width))
    halfway = cv2.resize(green, (2 * WIDTH_PX, 2 * rows), interpolation=cv2.INTER_LINEAR)
    grey = cast(Grey, cv2.resize(halfway, (WIDTH_PX, rows), interpolation=cv2.INTER_AREA))
    levels = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum() / grey.size
    low, bright, high = (float(np.searchsorted(levels, share)) for share in (0.02, 0.90, 0.98))
    return Small(
        sample=green[::_SAMPLE_STEP, ::_SAMPLE_STEP].copy(),
        grey=grey,
        mean=_cells(grey),
        detail=_cells(cast(Grey, cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S)))),
        low=low,
        high=high,
        bright=bright,
        white=float(1.0 - levels[_WHITE - 1]),
    )


def difference(one: Grey, other: Grey) -> float:
    """Mean absolute difference of two samples; 255 where they differ in size."""
    if one.shape != other.shape:
        return 255.0
    return float(cv2.norm(one, other, cv2.NORM_L1)) / one.size


def _cells(values: Grey) -> Cells:
    rows, columns = values.shape[0] // CELL_PX, values.shape[1] // CELL_PX
    cut = values[: rows * CELL_PX, : columns * CELL_PX]
    out = cv2.resize(cut.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return cast(Cells, out.reshape(rows, columns))
