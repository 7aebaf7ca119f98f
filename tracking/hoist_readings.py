"""From looks to what a hoist's filter can take: pixels, places and readings, with their noise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Camera
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_filter as filters
from tracking import hoist_motion as motion
from tracking.hoist_filter import Measure
from tracking.observe import finite, usable
from tracking.records import Box, Boxes, Kind, Observation, Sight

_EYE = np.eye(2)
_PIXEL_OF_SIZE = 0.03
"""Part of a hook's or trolley's pixel noise that grows with its box: boxes are drawn a few per cent off."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that one source saw: pixel (2,) or place (2,) or (3,), with its noise.

    ``camera`` (without distortion), ``box`` and ``edge_px`` are there for pixels; the latter are left end,
    middle and right end (3, 2) of the box's lower edge without distortion.
    """

    source: str
    time_s: float
    kind: Kind
    z: Array
    noise: Array
    box: Box | None = None
    camera: Camera | None = None
    edge_px: Array | None = None

    def measure(self, hoist: Hoist) -> Measure:
        """What a hoist's state would show this source."""
        if self.camera is not None:
            if self.kind == "trolley":
                return filters.trolley_pixel(hoist, self.camera)
            return filters.pixel(hoist, self.camera, 0.0 if self.kind == "hook" else usual_drop_m(hoist))
        if self.kind == "trolley":
            return filters.trolley_floor
        if len(self.z) == 2:
            return filters.hook_floor(hoist)
        if self.kind == "load":
            drop_m = usual_drop_m(hoist)
            return lambda s: motion.below_hook(s, hoist.beam_height_m, drop_m)
        return filters.hook_position(hoist)


def usual_drop_m(hoist: Hoist) -> float:
    """From the hook to the middle of the load that the site file tells of."""
    return hoist.sling_length_m + hoist.load_height_m / 2


def of_boxes(item: Boxes, camera: Camera, policy: Policy, counts: Counter[str]) -> list[Seen]:
    """Hooks, loads and trolleys of one frame; boxes of no size, number or place in it are counted and left out."""
    rows = []
    for box in item.boxes:
        if box.kind == "person":
            continue
        if not usable(box, camera):
            counts["hoist_bad_boxes"] += 1
        elif box.score >= policy.hoist_score_min:
            rows.append(box)
    if not rows:
        return []
    points = []
    for b in rows:
        middle, bottom = b.left_px + b.width_px / 2, b.top_px + b.height_px
        points += [(middle, b.top_px + b.height_px / 2), (b.left_px, bottom), (middle, bottom)]
        points.append((b.left_px + b.width_px, bottom))
    # The filter sees through a camera without distortion: its measurement functions stay cheap.
    ideal = camera.ideal(np.array(points)).reshape(-1, 4, 2)
    straight = camera.straight
    out = []
    for box, (z, *edge) in zip(rows, ideal, strict=True):
        if not math.isfinite(z[0] + z[1]):
            counts["hoist_bad_boxes"] += 1
            continue
        size_px = math.sqrt(box.width_px * box.height_px)
        variance = policy.hook_sigma_px**2 + (_PIXEL_OF_SIZE * size_px) ** 2 + item.sigma_px**2
        out.append(Seen(item.camera, item.time_s, box.kind, z, variance * _EYE, box, straight, np.array(edge)))
    return out


def of_sight(item: Sight, counts: Counter[str]) -> list[Seen]:
    """Hooks, loads and trolleys of a source in metres; what is not finite is counted and left out."""
    rows: Sequence[Observation] = [o for o in item.observations if o.kind != "person"]
    good = [o for o in rows if finite(o)]
    counts["hoist_bad_readings"] += len(rows) - len(good)
    return [_seen(item, o) for o in good]


def _seen(item: Sight, o: Observation) -> Seen:
    flat = np.array([[o.var_x_m2, o.cov_xy_m2], [o.cov_xy_m2, o.var_y_m2]])
    if o.z_m is None or o.kind == "trolley":
        return Seen(item.source, item.time_s, o.kind, np.array([o.x_m, o.y_m]), flat)
    cov = np.zeros((3, 3))
    cov[:2, :2] = flat
    cov[2, 2] = (o.sigma_z_m or math.sqrt(max(o.var_x_m2, o.var_y_m2))) ** 2
    return Seen(item.source, item.time_s, o.kind, np.array([o.x_m, o.y_m, o.z_m]), cov)
