"""From boxes in pictures to people on the floor, in metres with covariance.

A person stands where the box's lower edge meets the floor: at its middle, less half of what an upright
body leans in a tilted camera's picture. Where that edge is cut off by the picture or hidden behind
something nearer, the upper edge is taken as the head at an assumed height instead, and the spread of
heights widens the covariance along the line of sight. The boxes of all cameras are taken at once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from calibration.camera import Array, Flags, PlanePoints, Rows
from calibration.policy import Policy
from calibration.rig import Rig, View
from calibration.site import Structure
from tracking.bodies import EDGE_PX, behind, behind_machine, feet_covered, lean
from tracking.observe import SANE, PersonFrame, of_columns
from tracking.platforms import body_height, standing_levels
from tracking.records import Boxes, Kind

_SHORT_OF_HEIGHT = 0.75
_BEHIND_OF_HEIGHT = 0.92
_TALL_OF_HEIGHT = 1.30
_HIDDEN_FOOT_FACTOR = 3.0
_HIDDEN, _HIDDEN_COVERED, _HIDDEN_SCREENED = 0.04, 0.4, 0.9
"""How often the lower edge of a box is no foot: nothing in the way, another box, a structure's edge there."""
_HEIGHT_MODEL_M = 0.03
"""What the measured height of one body differs by from camera to camera and step to step, beside pixels."""
_UNIT = np.eye(2)
_NO_COLOUR = (math.nan,) * 6


@dataclass(frozen=True, slots=True)
class _Shown:
    """n boxes, (n,) each: their edges and heights, which ends the picture cuts off, whose feet another box covers."""

    top: Array
    bottom: Array
    middle: Array
    height: Array
    foot_cut: Flags
    head_cut: Flags
    side_cut: Flags
    covered: Flags


@dataclass(frozen=True, slots=True)
class _Ends:
    """The lower and the upper end of n bodies in metres, as if each were a foot and a head.

    per_px2: (n, 2, 2) covariance for a pixel noise of 1. along: (n, 2) d(x, y)/d(height) of the head.
    """

    foot_px: Array
    foot_m: Array
    head_m: Array
    foot_there: Flags
    head_there: Flags
    foot_per_px2: Array
    head_per_px2: Array
    along: Array
    floor_m: Array
    body_m: Array


def people_of_looks(
    looks: Sequence[Boxes],
    shown_to: Sequence[int],
    rig: Rig,
    policy: Policy,
    structures: tuple[Structure, ...] = (),
    counts: Counter[str] | None = None,
) -> list[PersonFrame]:
    """Person boxes of many frames on the floor, at the cost of about one.

    Boxes whose rays never meet the floor are left out. ``structures``, people nearer to the camera and loads can
    hide feet. ``counts`` is told what was left out.
    shown_to: which of the rig's cameras took each look.
    """
    camera_of = np.asarray(shown_to, np.int64)
    look, score, edges, colour, bad = _boxes_of(looks, "person")
    outside = (edges[:2] >= rig.size_px[camera_of[look]].T).any(axis=0) | (edges[2:] <= 0.0).any(axis=0)
    good = ~outside & (score >= policy.person_score_min)
    if not good.all():
        look, score, edges, colour = look[good], score[good], edges[:, good], colour[good]
    load, _, load_edges, *_ = _boxes_of(looks, "load")
    view = rig.view(camera_of[look])
    box = _shown(edges, view, feet_covered(edges, look, load_edges, load))
    ends = _ends(box, view, policy.person_height_m, policy.foot_offset_m, structures)
    doubt_px = np.array([item.sigma_px for item in looks])[look]
    foot_sigma = np.hypot(np.hypot(policy.foot_sigma_px, policy.foot_sigma_of_height * box.height), doubt_px)
    screened = _screened(ends, view, foot_sigma, policy.person_height_m, structures)
    columns, keep = _columns_of(box, ends, screened, (foot_sigma, doubt_px), policy)
    if counts is not None:
        counts["person_bad_boxes"] += bad + int(outside.sum())
        counts["person_off_floor"] += int((~keep).sum())
    rows = (*columns[:2], score, *columns[2:], colour)
    if not keep.all():
        rows, look = tuple(c[keep] for c in rows), look[keep]
    at = np.searchsorted(look, np.arange(len(looks) + 1)).tolist()
    return [
        of_columns(boxes.camera, boxes.time_s, [c[start:end] for c in rows])
        for boxes, start, end in zip(looks, at, at[1:], strict=False)
    ]


def _boxes_of(looks: Sequence[Boxes], kind: Kind) -> tuple[Rows, Array, Array, Array, int]:
    """Of each sound box of one kind: (n,) place of its look, (n,) score, (4, n) left, top, right and bottom.

    Then (n, 6) colours, and how many there are of the kind that have no size or no numbers.
    """
    rows = [
        (k, b.score, b.left_px, b.top_px, b.width_px, b.height_px, *(b.colour or _NO_COLOUR))
        for k, boxes in enumerate(looks)
        for b in boxes.boxes
        if b.kind == kind
    ]
    values = np.array(rows, float).reshape(-1, 12)
    with np.errstate(invalid="ignore"):
        good = (np.abs(values[:, :6]) < SANE).all(axis=1) & (values[:, 4:6] > 0.0).all(axis=1)
    bad = len(values) - int(good.sum())
    if bad:
        values = values[good]
    edges = values[:, 2:6].T.copy()
    edges[2:] += edges[:2]
    return values[:, 0].astype(np.int64), values[:, 1].copy(), edges, values[:, 6:].copy(), bad


def _shown(edges: Array, view: View, covered: Flags) -> _Shown:
    left, top, right, bottom = edges
    picture_width, picture_height = view.size_px
    return _Shown(
        top=top,
        bottom=bottom,
        middle=(left + right) / 2,
        height=bottom - top,
        foot_cut=bottom >= picture_height - 1 - EDGE_PX,
        head_cut=top <= EDGE_PX,
        side_cut=(left <= EDGE_PX) | (right >= picture_width - 1 - EDGE_PX),
        covered=covered,
    )


def _ends(box: _Shown, view: View, tall_m: float, offset_m: float, structures: tuple[Structure, ...]) -> _Ends:
    """Where the ends of boxes are if they are feet and heads of bodies ``tall_m`` high."""
    n = len(box.top)
    both = view.times(2)
    px = np.empty((2 * n, 2))
    px[:n, 0], px[n:, 0], px[:n, 1], px[n:, 1] = box.middle, box.middle, box.bottom, box.top
    height_m = np.zeros(2 * n)
    height_m[n:] = tall_m
    half_lean = 0.5 * lean(both, px, height_m, tall_m, np.concatenate([box.height, box.height]))
    half_lean[:n] *= -1.0
    half_lean[np.concatenate([box.side_cut, box.side_cut])] = 0.0
    px[:, 0] += half_lean
    floor_m = np.where(box.foot_cut, 0.0, standing_levels(view, px[:n], px[n:], tall_m, structures))
    plane = both.on_plane(px, height_m + np.concatenate([floor_m, floor_m]))
    there, per_px2 = plane.valid, _per_px2(plane)
    foot_m = behind(view, plane.xy_m[:n], offset_m)
    return _Ends(
        foot_px=px[:n],
        foot_m=foot_m,
        head_m=plane.xy_m[n:],
        foot_there=there[:n],
        head_there=there[n:],
        foot_per_px2=per_px2[:n],
        head_per_px2=per_px2[n:],
        along=plane.slope[n:],
        floor_m=floor_m,
        body_m=body_height(view, foot_m, px[n:]) - floor_m,
    )


def _screened(ends: _Ends, view: View, sigma_px: Array, tall_m: float, structures: tuple[Structure, ...]) -> Flags:
    """(n,) whose box ends where a structure begins, above the feet."""
    if not structures:
        return np.zeros(len(sigma_px), bool)
    with np.errstate(invalid="ignore"):
        out: Flags = (ends.body_m < _BEHIND_OF_HEIGHT * tall_m) & (ends.floor_m == 0.0)
    for k in np.unique(view.row[out]).tolist():
        rows = np.flatnonzero(out & (view.row == k))
        out[rows] = behind_machine(view.cameras[k], ends.foot_px[rows], sigma_px[rows], structures)
    return out


def _columns_of(
    box: _Shown, ends: _Ends, screened: Flags, sigma_px: tuple[Array, Array], policy: Policy
) -> tuple[tuple[Array, ...], Flags]:
    """The columns of a PersonFrame but for the score, and which rows say where somebody is.

    sigma_px: of each foot point, and what of it is the camera's being in doubt.
    """
    foot_sigma, doubt_px = sigma_px
    tall_m, floor_m2 = policy.person_height_m, policy.observation_sigma_floor_m**2
    with np.errstate(invalid="ignore"):
        too_short = ends.body_m < _SHORT_OF_HEIGHT * tall_m
        too_tall = ends.body_m > _TALL_OF_HEIGHT * tall_m
    no_foot, no_head = box.foot_cut | ~ends.foot_there, box.head_cut | ~ends.head_there
    feet_hidden = no_foot | too_tall | screened | (box.covered & too_short)
    use_head = feet_hidden & ~no_head
    doubtful = box.covered | screened | too_short | box.foot_cut | box.side_cut
    shown = ~(box.foot_cut | box.head_cut | box.covered | screened | too_tall)
    whole = shown & ~too_short
    hidden = np.where(box.covered, _HIDDEN_COVERED, _HIDDEN)
    hidden = np.where(screened, _HIDDEN_SCREENED, hidden)

    side_factor = np.where(box.side_cut, _HIDDEN_FOOT_FACTOR, 1.0)
    head_sigma = np.hypot(np.hypot(policy.head_sigma_px, policy.foot_sigma_of_height * box.height), doubt_px)
    foot_cov = _covariance(ends.foot_per_px2, foot_sigma * side_factor, floor_m2)
    head_cov = _covariance(ends.head_per_px2, head_sigma * side_factor, floor_m2)
    by_foot = _covariance(ends.foot_per_px2, np.where(doubtful, _HIDDEN_FOOT_FACTOR, 1.0) * foot_sigma, floor_m2)
    by_head = _covariance(ends.head_per_px2, head_sigma, floor_m2)
    by_head += policy.person_height_sigma_m**2 * (ends.along[:, :, None] * ends.along[:, None, :])
    position = np.where(use_head[:, None], ends.head_m, ends.foot_m)
    cov = np.where(use_head[:, None, None], by_head, by_foot)

    foot_there, head_there = ends.foot_there[:, None], ends.head_there[:, None]
    steep_px = policy.head_sigma_px * tall_m / np.maximum(box.height, 1.0)
    columns = (
        position,
        cov,
        np.where(whole, ends.body_m, np.nan),
        ends.floor_m,
        np.where(shown, ends.body_m, np.nan),
        np.where(foot_there, ends.foot_m, 0.0),
        np.where(foot_there[..., None], foot_cov, _UNIT),
        np.where(box.foot_cut | box.head_cut, np.nan, ends.body_m),
        _height_sigma(ends.foot_per_px2 * policy.foot_sigma_px**2, ends.along, steep_px),
        np.where(head_there, ends.head_m, 0.0),
        np.where(head_there[..., None], head_cov, _UNIT),
        np.where(head_there, ends.along, 0.0),
        np.where(no_foot, 1.0, np.where(no_head, 0.0, hidden)),
        whole & ~box.side_cut,
    )
    keep = np.isfinite(position[:, 0] + position[:, 1]) & (use_head | ~feet_hidden | ends.foot_there)
    keep &= np.isfinite(cov[:, 0, 0] + cov[:, 0, 1] + cov[:, 1, 1])
    return cast(tuple[Array, ...], columns), keep


def _per_px2(ends: PlanePoints) -> Array:
    """(n, 2, 2) covariance of plane points for a pixel noise of 1: J·Jᵀ."""
    j = ends.jacobian_m_per_px
    return j @ j.transpose(0, 2, 1)


def _covariance(per_px2: Array, sigma_px: Array, floor_m2: float) -> Array:
    cov: Array = per_px2 * (sigma_px**2)[:, None, None]
    cov[:, 0, 0] += floor_m2
    cov[:, 1, 1] += floor_m2
    return cov


def _height_sigma(foot_cov_m2: Array, slope: Array, head_sigma_m: Array) -> Array:
    """(n,) noise of measured heights: range error of the foot by the steepness of the ray, and of the head itself.

    By the pixel noise of both edges alone: what grows with the box moves foot and head together.
    slope: (n, 2) d(x, y)/d(height) of the ray through the head.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        steep2 = (slope**2).sum(axis=1)
        along = (slope * (foot_cov_m2 @ slope[..., None])[..., 0]).sum(axis=1) / steep2
        sigma = np.sqrt(along / steep2 + head_sigma_m**2 + _HEIGHT_MODEL_M**2)
    return np.where(np.isfinite(sigma), sigma, 1.0)
