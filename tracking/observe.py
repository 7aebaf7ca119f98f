"""From boxes in a picture to people on the floor, in metres with covariance.

A person stands where the box's lower edge meets the floor: at its middle, less half of what an upright
body leans in a tilted camera's picture. Where that edge is cut off by the picture or hidden behind
something nearer, the upper edge is taken as the head at an assumed height instead, and the spread of
heights widens the covariance along the line of sight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from calibration.coverage import hidden
from calibration.policy import Policy
from calibration.site import Structure
from tracking.platforms import body_height, standing_levels
from tracking.records import Box, Boxes, Observation, Sight

_SANE = 1e6
_EDGE_PX = 3.0
_SHORT_OF_HEIGHT = 0.75
_BEHIND_OF_HEIGHT = 0.92
_TALL_OF_HEIGHT = 1.30
_COVERED_WIDTH = 0.3
_HIDDEN_FOOT_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class PersonFrame:
    """People that one source saw at one time: position (n, 2), covariance (n, 2, 2), score (n,), height (n,) or NaN.

    ``floor_m`` (n,) is the height of what they stand on, ``top_m`` (n,) how far what is seen of them reaches
    above it, NaN where that says nothing because feet or head may be hidden.
    """

    source: str
    time_s: float
    position_m: Array
    cov_m2: Array
    score: Array
    height_m: Array
    floor_m: Array
    top_m: Array

    def __len__(self) -> int:
        return len(self.score)


def people_of_boxes(
    boxes: Boxes, camera: Camera, policy: Policy, structures: tuple[Structure, ...] = ()
) -> PersonFrame:
    """Person boxes of one frame on the floor. Boxes whose rays never meet the floor are left out.

    ``structures``, people nearer to the camera and loads can hide feet.
    """
    rows = [b for b in boxes.boxes if b.kind == "person" and b.score >= policy.person_score_min and sound(b)]
    left, top, width, height, score = (
        np.array([(b.left_px, b.top_px, b.width_px, b.height_px, b.score) for b in rows], float).reshape(-1, 5).T
    )
    bottom, middle = top + height, left + width / 2
    picture_width, picture_height = camera.size_px
    foot_cut = bottom >= picture_height - 1 - _EDGE_PX
    head_cut = top <= _EDGE_PX
    side_cut = (left <= _EDGE_PX) | (left + width >= picture_width - 1 - _EDGE_PX)
    covered = feet_covered(left, top, width, bottom, [b for b in boxes.boxes if b.kind == "load" and sound(b)])

    tall_m = policy.person_height_m
    half_lean = 0.5 * np.where(side_cut, 0.0, lean(camera, np.column_stack([middle, bottom]), 0.0, tall_m, height))
    foot_px = np.column_stack([middle - half_lean, bottom])
    half_lean = 0.5 * np.where(side_cut, 0.0, lean(camera, np.column_stack([middle, top]), tall_m, tall_m, height))
    head_px = np.column_stack([middle + half_lean, top])
    floor_m = np.where(foot_cut, 0.0, standing_levels(camera, foot_px, head_px, tall_m, structures))
    foot = camera.on_plane(foot_px, floor_m)
    foot = replace(foot, xy_m=behind(camera, foot.xy_m, policy.foot_offset_m))
    head = camera.on_plane(head_px, tall_m)
    body_m = body_height(camera, foot.xy_m, head_px) - floor_m
    with np.errstate(invalid="ignore"):
        too_short = body_m < _SHORT_OF_HEIGHT * tall_m
        too_tall = body_m > _TALL_OF_HEIGHT * tall_m
    foot_sigma = np.hypot(policy.foot_sigma_px, policy.foot_sigma_of_height * height)
    screened = (body_m < _BEHIND_OF_HEIGHT * tall_m) & (floor_m == 0.0)
    screened[screened] = behind_machine(camera, foot_px[screened], foot_sigma[screened], structures)
    feet_hidden = foot_cut | ~foot.valid | too_tall | screened | (covered & too_short)
    use_head = feet_hidden & ~head_cut & head.valid

    foot_sigma = np.where(
        covered | screened | too_short | foot_cut | side_cut, _HIDDEN_FOOT_FACTOR * foot_sigma, foot_sigma
    )
    head_sigma = np.hypot(policy.head_sigma_px, policy.foot_sigma_of_height * height)
    by_foot = foot.covariance_m2(foot_sigma)
    by_head = head.covariance_m2(head_sigma, policy.person_height_sigma_m)
    position = np.where(use_head[:, None], head.xy_m, foot.xy_m)
    cov = np.where(use_head[:, None, None], by_head, by_foot)
    cov = cov + policy.observation_sigma_floor_m**2 * np.eye(2)
    shown = ~(foot_cut | head_cut | covered | screened | too_tall)
    whole = shown & ~too_short
    keep = np.logical_and.reduce(np.isfinite(position), axis=1) & ~(feet_hidden & ~use_head & ~foot.valid)
    keep &= np.logical_and.reduce(np.isfinite(cov), axis=(1, 2))
    return PersonFrame(
        source=boxes.camera,
        time_s=boxes.time_s,
        position_m=position[keep],
        cov_m2=cov[keep],
        score=score[keep],
        height_m=np.where(whole, body_m, np.nan)[keep],
        floor_m=floor_m[keep],
        top_m=np.where(shown, body_m, np.nan)[keep],
    )


def people_of_sight(sight: Sight) -> PersonFrame:
    """People of a source that measures in metres already."""
    rows = [o for o in sight.observations if o.kind == "person" and finite(o)]
    values = np.array([(o.x_m, o.y_m, o.var_x_m2, o.cov_xy_m2, o.var_y_m2, o.score) for o in rows], float)
    values = values.reshape(-1, 6)
    cov = np.empty((len(rows), 2, 2))
    cov[:, 0, 0], cov[:, 1, 1] = values[:, 2], values[:, 4]
    cov[:, 0, 1] = cov[:, 1, 0] = values[:, 3]
    height = np.array([np.nan if o.height_m is None else o.height_m for o in rows], float)
    return PersonFrame(
        sight.source,
        sight.time_s,
        values[:, :2].copy(),
        cov,
        values[:, 5].copy(),
        height,
        np.zeros(len(rows)),
        np.full(len(rows), np.nan),
    )


def behind(camera: Camera, floor_m: Array, offset_m: float) -> Array:
    """Floor points (n, 2) moved away from the camera: a box ends at the toes, a body stands behind them."""
    away = floor_m - camera.centre_m[:2]
    distance = np.sqrt((away**2).sum(axis=1, keepdims=True))
    moved: Array = floor_m + offset_m * away / np.maximum(distance, 1e-9)
    return moved


def lean(camera: Camera, px: Array, z_m: float, tall_m: float, box_px: Array) -> Array:
    """(n,) pixels from foot to head sideways of upright bodies, over the part of them that boxes show.

    px: (n, 2) a point of each body, at height ``z_m``; tall_m: height of the bodies; box_px: (n,)
    heights of their boxes. A box spans foot and head, so its middle lies half of this beside either.
    """
    floor = camera.points_on_plane(px, z_m)
    foot = camera.project(np.column_stack([floor, np.zeros(len(px))]))
    head = camera.project(np.column_stack([floor, np.full(len(px), tall_m)]))
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = np.clip(box_px / (foot[:, 1] - head[:, 1]), 0.0, 1.0)
        out = shown * (head[:, 0] - foot[:, 0])
    return np.where(np.isfinite(out), out, 0.0)


def behind_machine(
    camera: Camera, foot_px: Array, sigma_px: Array, structures: tuple[Structure, ...]
) -> NDArray[np.bool_]:
    """(n,) whether boxes end at the edge of a structure: just below it, no floor can be seen."""
    if not structures or not len(foot_px):
        return np.zeros(len(foot_px), np.bool_)
    below = camera.points_on_plane(foot_px + np.column_stack([np.zeros(len(foot_px)), sigma_px]))
    out: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(below), axis=1)
    out[out] = hidden(camera.centre_m, np.column_stack([below[out], np.zeros(out.sum())]), structures)
    return out


def inside(frame: PersonFrame, keep: NDArray[np.bool_]) -> PersonFrame:
    """The frame's rows where ``keep`` (n,) is True."""
    return PersonFrame(
        frame.source,
        frame.time_s,
        frame.position_m[keep],
        frame.cov_m2[keep],
        frame.score[keep],
        frame.height_m[keep],
        frame.floor_m[keep],
        frame.top_m[keep],
    )


def sane(*values: float) -> bool:
    """Whether numbers are finite and of a size that pixels or metres can have, so that squares of them are too."""
    return all(math.isfinite(v) and abs(v) < _SANE for v in values)


def sound(box: Box) -> bool:
    """Whether a box has sane numbers and an area."""
    return (
        sane(box.left_px, box.top_px, box.width_px, box.height_px, box.score) and min(box.width_px, box.height_px) > 0
    )


def finite(observation: Observation) -> bool:
    """Whether an observation has sane numbers and a positive definite covariance."""
    o = observation
    if not sane(o.x_m, o.y_m, o.var_x_m2, o.cov_xy_m2, o.var_y_m2, o.z_m or 0.0, o.sigma_z_m or 0.0):
        return False
    return o.var_x_m2 > 0 and o.var_x_m2 * o.var_y_m2 > o.cov_xy_m2**2


def feet_covered(left: Array, top: Array, width: Array, bottom: Array, loads: Sequence[Box] = ()) -> NDArray[np.bool_]:
    """(n,) whether another box or a load, lower in the picture and so nearer, hides the foot of each box."""
    more = np.array([(b.left_px, b.top_px, b.width_px, b.height_px) for b in loads], float).reshape(-1, 4)
    left_all, top_all = np.append(left, more[:, 0]), np.append(top, more[:, 1])
    right_all, bottom_all = np.append(left + width, more[:, 0] + more[:, 2]), np.append(bottom, more[:, 1] + more[:, 3])
    shared = np.minimum((left + width)[:, None], right_all[None]) - np.maximum(left[:, None], left_all[None])
    nearer = (bottom_all[None] > bottom[:, None] + _EDGE_PX) & (top_all[None] < bottom[:, None])
    out: NDArray[np.bool_] = np.logical_or.reduce(
        nearer & (shared > _COVERED_WIDTH * width[:, None]), axis=1, initial=False
    )
    return out
