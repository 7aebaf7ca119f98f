"""From boxes in a picture to people on the floor, in metres with covariance.

A person stands where the box's lower edge meets the floor: at its middle, less half of what an upright
body leans in a tilted camera's picture. Where that edge is cut off by the picture or hidden behind
something nearer, the upper edge is taken as the head at an assumed height instead, and the spread of
heights widens the covariance along the line of sight.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera, PlanePoints
from calibration.policy import Policy
from calibration.site import Structure
from tracking.bodies import EDGE_PX, behind, behind_machine, ends_of, feet_covered
from tracking.platforms import body_height, standing_levels
from tracking.records import Box, Boxes, Observation, Sight

_SANE = 1e6
_SHORT_OF_HEIGHT = 0.75
_BEHIND_OF_HEIGHT = 0.92
_TALL_OF_HEIGHT = 1.30
_HIDDEN_FOOT_FACTOR = 3.0
_HIDDEN, _HIDDEN_COVERED, _HIDDEN_SCREENED = 0.04, 0.4, 0.9
"""How often the lower edge of a box is no foot: nothing in the way, another box, a structure's edge there."""
_HEIGHT_OF_POINT_M = 0.1
"""Noise of a height that a source in metres states, which has no field for it."""
_HEIGHT_MODEL_M = 0.03
"""What the measured height of one body differs by from camera to camera and step to step, beside pixels."""


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
    where the other reading does not exist. ``clear`` (n,): a whole body, nothing before it.
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

    def __len__(self) -> int:
        return len(self.score)


_COLUMNS = tuple(f.name for f in fields(PersonFrame))[2:]


def people_of_boxes(
    boxes: Boxes,
    camera: Camera,
    policy: Policy,
    structures: tuple[Structure, ...] = (),
    counts: Counter[str] | None = None,
) -> PersonFrame:
    """Person boxes of one frame on the floor. Boxes whose rays never meet the floor are left out.

    ``structures``, people nearer to the camera and loads can hide feet. ``counts`` is told what was left out.
    """
    counts = Counter() if counts is None else counts
    rows = _people_in(boxes, camera, policy, counts)
    left, top, width, height, score = (
        np.array([(b.left_px, b.top_px, b.width_px, b.height_px, b.score) for b in rows], float).reshape(-1, 5).T
    )
    bottom = top + height
    picture_width, picture_height = camera.size_px
    foot_cut = bottom >= picture_height - 1 - EDGE_PX
    head_cut = top <= EDGE_PX
    side_cut = (left <= EDGE_PX) | (left + width >= picture_width - 1 - EDGE_PX)
    covered = feet_covered(left, top, width, bottom, [b for b in boxes.boxes if b.kind == "load" and sound(b)])

    tall_m = policy.person_height_m
    ends_px = ends_of(camera, np.column_stack([left, top, width, height]), side_cut, tall_m)
    foot_px, head_px = ends_px
    floor_m = np.where(foot_cut, 0.0, standing_levels(camera, foot_px, head_px, tall_m, structures))
    foot, head = _on_planes(camera, ends_px, floor_m, tall_m)
    foot = replace(foot, xy_m=behind(camera, foot.xy_m, policy.foot_offset_m))
    body_m = body_height(camera, foot.xy_m, head_px) - floor_m
    with np.errstate(invalid="ignore"):
        too_short = body_m < _SHORT_OF_HEIGHT * tall_m
        too_tall = body_m > _TALL_OF_HEIGHT * tall_m
    foot_sigma = np.hypot(policy.foot_sigma_px, policy.foot_sigma_of_height * height)
    screened = (body_m < _BEHIND_OF_HEIGHT * tall_m) & (floor_m == 0.0)
    screened[screened] = behind_machine(camera, foot_px[screened], foot_sigma[screened], structures)
    feet_hidden = foot_cut | ~foot.valid | too_tall | screened | (covered & too_short)
    use_head = feet_hidden & ~head_cut & head.valid

    plane_floor = policy.observation_sigma_floor_m**2 * np.eye(2)
    side_factor = np.where(side_cut, _HIDDEN_FOOT_FACTOR, 1.0)
    head_sigma = np.hypot(policy.head_sigma_px, policy.foot_sigma_of_height * height)
    foot_cov = foot.covariance_m2(foot_sigma * side_factor) + plane_floor
    head_cov = head.covariance_m2(head_sigma * side_factor) + plane_floor
    doubtful = covered | screened | too_short | foot_cut | side_cut
    by_foot = foot.covariance_m2(np.where(doubtful, _HIDDEN_FOOT_FACTOR * foot_sigma, foot_sigma)) + plane_floor
    by_head = head.covariance_m2(head_sigma, policy.person_height_sigma_m) + plane_floor
    position = np.where(use_head[:, None], head.xy_m, foot.xy_m)
    cov = np.where(use_head[:, None, None], by_head, by_foot)

    hidden = np.where(covered, _HIDDEN_COVERED, _HIDDEN)
    hidden = np.where(screened, _HIDDEN_SCREENED, hidden)
    hidden = np.where(foot_cut | ~foot.valid, 1.0, np.where(head_cut | ~head.valid, 0.0, hidden))
    shown = ~(foot_cut | head_cut | covered | screened | too_tall)
    whole = shown & ~too_short
    frame = PersonFrame(
        source=boxes.camera,
        time_s=boxes.time_s,
        position_m=position,
        cov_m2=cov,
        score=score,
        height_m=np.where(whole, body_m, np.nan),
        floor_m=floor_m,
        top_m=np.where(shown, body_m, np.nan),
        foot_m=np.where(foot.valid[:, None], foot.xy_m, 0.0),
        foot_cov_m2=np.where(foot.valid[:, None, None], foot_cov, np.eye(2)),
        tall_m=np.where(foot_cut | head_cut, np.nan, body_m),
        tall_sigma_m=_height_sigma(
            foot.covariance_m2(policy.foot_sigma_px), head, policy.head_sigma_px * tall_m / np.maximum(height, 1.0)
        ),
        head_m=np.where(head.valid[:, None], head.xy_m, 0.0),
        head_cov_m2=np.where(head.valid[:, None, None], head_cov, np.eye(2)),
        head_slope=np.where(head.valid[:, None], head.slope, 0.0),
        hidden=hidden,
        clear=whole & ~side_cut,
    )
    keep = np.logical_and.reduce(np.isfinite(position), axis=1) & ~(feet_hidden & ~use_head & ~foot.valid)
    keep &= np.logical_and.reduce(np.isfinite(cov), axis=(1, 2))
    counts["person_off_floor"] += len(rows) - int(keep.sum())
    return frame if keep.all() else inside(frame, keep)


def _people_in(boxes: Boxes, camera: Camera, policy: Policy, counts: Counter[str]) -> list[Box]:
    """The person boxes that can be read; those of no size, number or place in the picture are counted."""
    people = [b for b in boxes.boxes if b.kind == "person"]
    good = [b for b in people if usable(b, camera)]
    counts["person_bad_boxes"] += len(people) - len(good)
    return [b for b in good if b.score >= policy.person_score_min]


def _on_planes(camera: Camera, ends_px: Array, floor_m: Array, tall_m: float) -> tuple[PlanePoints, PlanePoints]:
    """Feet on their floors and heads above them, of (2, n, 2) pixels."""
    n = len(floor_m)
    ends = camera.on_plane(ends_px.reshape(-1, 2), np.concatenate([floor_m, tall_m + floor_m]))
    return ends.rows(0, n), ends.rows(n, 2 * n)


def _height_sigma(foot_cov_m2: Array, head: PlanePoints, head_sigma_m: Array) -> Array:
    """(n,) noise of measured heights: range error of the foot by the steepness of the ray, and of the head itself.

    By the pixel noise of both edges alone: what grows with the box moves foot and head together.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        steep2 = (head.slope**2).sum(axis=1)
        along = np.einsum("ni,nij,nj->n", head.slope, foot_cov_m2, head.slope) / steep2
        sigma = np.sqrt(along / steep2 + head_sigma_m**2 + _HEIGHT_MODEL_M**2)
    return np.where(np.isfinite(sigma), sigma, 1.0)


def people_of_sight(sight: Sight, counts: Counter[str] | None = None) -> PersonFrame:
    """People of a source that measures in metres already. ``counts`` is told what was left out."""
    people = [o for o in sight.observations if o.kind == "person"]
    rows = [o for o in people if finite(o)]
    if counts is not None:
        counts["person_bad_readings"] += len(people) - len(rows)
    values = np.array([(o.x_m, o.y_m, o.var_x_m2, o.cov_xy_m2, o.var_y_m2, o.score) for o in rows], float)
    values = values.reshape(-1, 6)
    cov = np.empty((len(rows), 2, 2))
    cov[:, 0, 0], cov[:, 1, 1] = values[:, 2], values[:, 4]
    cov[:, 0, 1] = cov[:, 1, 0] = values[:, 3]
    height = np.array([np.nan if o.height_m is None else o.height_m for o in rows], float)
    return frame_of_points(sight.source, sight.time_s, values[:, :2].copy(), cov, values[:, 5].copy(), height)


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
    )


def inside(frame: PersonFrame, keep: NDArray[np.bool_]) -> PersonFrame:
    """The frame's rows where ``keep`` (n,) is True."""
    return PersonFrame(frame.source, frame.time_s, *(getattr(frame, name)[keep] for name in _COLUMNS))


def sane(*values: float) -> bool:
    """Whether numbers are finite and of a size that pixels or metres can have, so that squares of them are too."""
    return all(math.isfinite(v) and abs(v) < _SANE for v in values)


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
