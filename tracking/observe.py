"""People on the floor as one source saw them at one time, in metres with covariance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from tracking.records import Box, Observation, Sight

SANE = 1e6
"""Numbers larger than this are neither pixels nor metres."""
_HEIGHT_OF_POINT_M = 0.1
"""Noise of a height that a source in metres states, which has no field for it."""


@dataclass(frozen=True, slots=True)
class PersonFrame:
    """n people that one source saw at one time.

    ``position_m`` (n, 2), ``cov_m2`` (n, 2, 2): the likelier of both readings, for who knows no more than
    the box. ``score`` (n,). ``height_m`` (n,): body height where foot and head were both seen for sure, else NaN.
    ``floor_m`` (n,): height of what they stand on. ``top_m`` (n,): how far what is seen of them reaches above
    it, NaN where that says nothing because feet or head may be hidden.

    A box can be read in two ways, and who follows a person can tell which holds. By the foot:
    ``foot_m`` (n, 2), ``foot_cov_m2`` (n, 2, 2), with the body height that follows, ``tall_m`` and
    ``tall_sigma_m`` (n,), NaN where the head is cut off. By the head, where the feet are hidden: ``head_m``
    (n, 2) for a body of ``person_height_m``, ``head_slope`` (n, 2) = d(x, y)/d(height), ``head_cov_m2``
    (n, 2, 2) for pixel noise alone. ``hidden`` (n,) is the prior probability of the second; 0 or 1
    where the other reading does not exist. ``clear`` (n,): a whole body, nothing before it. ``colour`` (n, 6):
    what they wear, see ``appearance``; NaN where it was not seen.
    """

    source: str
    time_s: float
    position_m: Array
    cov_m2: Array
    score: Array
    height_m: Array
    floor_m: Array
    top_m: Array
    foot_m: Array
    foot_cov_m2: Array
    tall_m: Array
    tall_sigma_m: Array
    head_m: Array
    head_cov_m2: Array
    head_slope: Array
    hidden: Array
    clear: NDArray[np.bool_]
    colour: Array

    def __len__(self) -> int:
        return len(self.score)


_COLUMNS = tuple(f.name for f in fields(PersonFrame))[2:]


def people_of_sights(sights: Sequence[Sight], counts: Counter[str] | None = None) -> list[PersonFrame]:
    """People of sources that measure in metres already, a frame each. ``counts`` is told what was left out."""
    rows = [
        (
            k,
            o.score,
            np.nan if o.height_m is None else o.height_m,
            o.x_m,
            o.y_m,
            o.var_x_m2,
            o.cov_xy_m2,
            o.var_y_m2,
            o.z_m or 0.0,
            o.sigma_z_m or 0.0,
        )
        for k, sight in enumerate(sights)
        for o in sight.observations
        if o.kind == "person"
    ]
    values = np.array(rows, float).reshape(-1, 10)
    _, _, _, _, _, xx, xy, yy, _, _ = values.T
    with np.errstate(invalid="ignore", over="ignore"):
        good = (np.abs(values[:, 3:]) < SANE).all(axis=1) & (xx > 0.0) & (xx * yy > xy**2)
    if not good.all():
        values = values[good]
    if counts is not None:
        counts["person_bad_readings"] += len(good) - len(values)
    cov = values[:, [5, 6, 6, 7]].reshape(-1, 2, 2)
    at = np.searchsorted(values[:, 0], np.arange(len(sights) + 1)).tolist()
    everyone = frame_of_points("", 0.0, values[:, 3:5].copy(), cov, values[:, 1].copy(), values[:, 2].copy())
    columns = [getattr(everyone, name) for name in _COLUMNS]
    return [
        of_columns(sight.source, sight.time_s, [c[start:end] for c in columns])
        for sight, start, end in zip(sights, at, at[1:], strict=False)
    ]


def frame_of_points(
    source: str, time_s: float, position_m: Array, cov_m2: Array, score: Array, height_m: Array
) -> PersonFrame:
    """People measured on the floor: there is no other way to read them."""
    n = len(score)
    return PersonFrame(
        source=source,
        time_s=time_s,
        position_m=position_m,
        cov_m2=cov_m2,
        score=score,
        height_m=height_m,
        floor_m=np.zeros(n),
        top_m=np.full(n, np.nan),
        foot_m=position_m,
        foot_cov_m2=cov_m2,
        tall_m=height_m,
        tall_sigma_m=np.full(n, _HEIGHT_OF_POINT_M),
        head_m=np.zeros((n, 2)),
        head_cov_m2=np.broadcast_to(np.eye(2), (n, 2, 2)),
        head_slope=np.zeros((n, 2)),
        hidden=np.zeros(n),
        clear=np.ones(n, bool),
        colour=np.full((n, 6), np.nan),
    )


def of_columns(source: str, time_s: float, columns: Sequence[Array]) -> PersonFrame:
    """A frame from its columns in their order."""
    return PersonFrame(source, time_s, *columns)  # type: ignore[arg-type]  # one of them holds flags


def inside(frame: PersonFrame, keep: NDArray[np.bool_]) -> PersonFrame:
    """The frame's rows where ``keep`` (n,) is True."""
    return PersonFrame(frame.source, frame.time_s, *(getattr(frame, name)[keep] for name in _COLUMNS))


def sane(*values: float) -> bool:
    """Whether numbers are finite and of a size that pixels or metres can have, so that squares of them are too."""
    return all(math.isfinite(v) and abs(v) < SANE for v in values)


def sound(box: Box) -> bool:
    """Whether a box has sane numbers and an area."""
    return (
        sane(box.left_px, box.top_px, box.width_px, box.height_px, box.score) and min(box.width_px, box.height_px) > 0
    )


def usable(box: Box, camera: Camera) -> bool:
    """Whether a box is sound and lies in the picture, with some part of it at least."""
    width, height = camera.size_px
    return (
        sound(box)
        and box.left_px < width
        and box.top_px < height
        and box.left_px + box.width_px > 0.0
        and box.top_px + box.height_px > 0.0
    )


def finite(observation: Observation) -> bool:
    """Whether an observation has sane numbers and a positive definite covariance."""
    o = observation
    if not sane(o.x_m, o.y_m, o.var_x_m2, o.cov_xy_m2, o.var_y_m2, o.z_m or 0.0, o.sigma_z_m or 0.0):
        return False
    return o.var_x_m2 > 0 and o.var_x_m2 * o.var_y_m2 > o.cov_xy_m2**2
