"""Labels for pictures of a customer's hall that nobody had to draw: hook, load and trolley by projection.

Tag or telemetry say where the hook is in metres, the site how large the load is, and the calibration
where that is in the picture. People are those that the present detector is sure of; where it is in doubt
the picture is blurred. Pictures in which a hoist may be seen whose hook is not known are left out: they
would teach that a hook is background.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from calibration.coverage import hidden
from calibration.site import Hoist, Site
from recordings.plant.outlines import HOOK_BLOCK_M, TROLLEY_M
from recordings.store import Recording
from recordings.training.dataset import Label
from recordings.training.real import without_doubts
from recordings.training.site_positions import Carried, Hanging, Point3, Positions
from tracking.detector import Detector
from tracking.records import Box, Kind

LEAST_SEEN = 0.6
"""Share of a box that must lie in the picture, and of its points that nothing may hide."""
LEAST_PX = 6.0
Loads = Literal["recorded", "always", "never"]

_CORNERS = np.array(list(product((-0.5, 0.5), repeat=3)))


@dataclass(frozen=True, slots=True)
class SiteRules:
    """Which pictures are taken. ``loads``: whether a load hangs, by the recording or by what a person knows."""

    apart_s: float = 2.0
    moved_m: float = 0.3
    most: int = 600
    loads: Loads = "recorded"


@dataclass(frozen=True, slots=True)
class SiteShot:
    """One picture with its labels. ``hooks_by`` says what placed its hooks."""

    camera: str
    time_s: float
    bgr: NDArray[np.uint8]
    labels: tuple[Label, ...]
    hooks_by: tuple[str, ...]


@dataclass(slots=True)
class Counts:
    """What became of the pictures that were looked at."""

    looked_at: int = 0
    taken: int = 0
    too_soon: int = 0
    hook_unknown: int = 0
    nothing_new: int = 0
    in_doubt: int = 0
    by: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Last:
    time_s: float
    hooks: dict[str, Point3]


def site_shots(
    site: Site, recording: Recording, detector: Detector, rules: SiteRules, counts: Counts
) -> Iterator[SiteShot]:
    """Labelled pictures of one recording, in its order; ``counts`` goes on counting.

    Raises BadInput where a picture does not decode.
    """
    cameras = {table.name: Camera.from_table(table) for table in site.camera}
    positions, carried = Positions(site, recording), Carried(recording)
    last: dict[str, _Last] = {}
    for frame in recording.frames(set(cameras)):
        counts.looked_at += 1
        before = last.get(frame.camera)
        if before is not None and frame.time_s - before.time_s < rules.apart_s:
            counts.too_soon += 1
            continue
        camera = cameras[frame.camera]
        hanging = positions.at(frame.camera, frame.time_s, frame.bgr)
        if any(h.hook_m is None and _may_show(camera, site, h) for h in hanging):
            counts.hook_unknown += 1
            continue
        hooks = {h.hoist: h.hook_m for h in hanging if h.hook_m is not None}
        labels = _hoist_labels(camera, site, hanging, carried, frame.time_s, rules.loads)
        if not labels or (before is not None and not _moved(before.hooks, hooks, rules.moved_m)):
            counts.nothing_new += 1
            continue
        people = _people(frame.bgr, detector, labels)
        if people is None:
            counts.in_doubt += 1
            continue
        last[frame.camera] = _Last(frame.time_s, hooks)
        counts.taken += 1
        by = tuple(sorted({h.by for h in hanging if h.hook_m is not None}))
        for source in by:
            counts.by[source] = counts.by.get(source, 0) + 1
        yield SiteShot(frame.camera, frame.time_s, people[0], (*labels, *people[1]), by)


def _may_show(camera: Camera, site: Site, hanging: Hanging) -> bool:
    """Whether the hook of a hoist, somewhere on its rope or in its reach, may be in the picture."""
    hoist = site.hoist_named(hanging.hoist)
    assert hoist is not None
    heights = np.linspace(*hoist.hook_height_m, 5)
    if hanging.trolley_m is not None:
        places = np.array([hanging.trolley_m[:2]])
    else:
        (x0, y0), (x1, y1) = hoist.travel_m
        places = np.array([(x, y) for x in np.linspace(x0, x1, 7) for y in np.linspace(y0, y1, 7)])
    points = np.array([(x, y, z) for x, y in places for z in heights])
    return bool(camera.visible(points).any())


def _moved(before: dict[str, Point3], now: dict[str, Point3], least_m: float) -> bool:
    if before.keys() != now.keys():
        return True
    return any(float(np.linalg.norm(np.subtract(now[name], before[name]))) >= least_m for name in now)


def _hoist_labels(
    camera: Camera, site: Site, hanging: tuple[Hanging, ...], carried: Carried, time_s: float, loads: Loads
) -> list[Label]:
    labels: list[Label | None] = []
    for h in hanging:
        hoist = site.hoist_named(h.hoist)
        assert hoist is not None
        if h.trolley_m is not None:
            labels.append(projected(camera, site, "trolley", h.trolley_m, TROLLEY_M))
        if h.hook_m is not None:
            labels.append(projected(camera, site, "hook", h.hook_m, HOOK_BLOCK_M))
            if loads == "always" or (loads == "recorded" and carried.at(h.hoist, time_s) == "loaded"):
                labels.append(_load_label(camera, site, hoist, h.hook_m))
    return [label for label in labels if label is not None]


def _load_label(camera: Camera, site: Site, hoist: Hoist, hook_m: Point3) -> Label | None:
    """The load below the hook, as the site says it is; it does not reach through the floor."""
    top = hook_m[2] - hoist.sling_length_m
    bottom = max(0.0, top - hoist.load_height_m)
    if top - bottom < 0.05:
        return None
    size = (2.0 * hoist.load_radius_m, 2.0 * hoist.load_radius_m, top - bottom)
    return projected(camera, site, "load", (hook_m[0], hook_m[1], (top + bottom) / 2.0), size)


def projected(camera: Camera, site: Site, kind: Kind, middle_m: Point3, size_m: Point3) -> Label | None:
    """The label of an upright box of ``size_m`` around ``middle_m``; None where too little of it is seen.

    The box in the picture is that of the projected corners. How the thing is turned is not known, so
    its two horizontal sides count as one of their mean length, which a turn changes least.
    """
    side = (size_m[0] + size_m[1]) / 2.0
    corners: Array = np.asarray(middle_m) + _CORNERS * np.array([side, side, size_m[2]])
    pixels = camera.project(corners)
    if not np.isfinite(pixels).all() or not camera.visible(np.array([middle_m]))[0]:
        return None
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    inside_low, inside_high = np.maximum(low, 0.0), np.minimum(high, np.array(camera.size_px, float))
    seen = np.clip(inside_high - inside_low, 0.0, None).prod() / max((high - low).prod(), 1e-9)
    open_share = 1.0 - float(hidden(camera.centre_m, corners, site.structure).mean())
    if seen < LEAST_SEEN or open_share < LEAST_SEEN or (inside_high - inside_low).min() < LEAST_PX:
        return None
    left, top = (float(v) for v in inside_low)
    width, height = (float(v) for v in inside_high - inside_low)
    distance_m = float(np.linalg.norm(np.asarray(middle_m) - camera.centre_m))
    return Label(kind, left, top, width, height, distance_m, float(seen * open_share))


def _people(
    bgr: NDArray[np.uint8], detector: Detector, keep: list[Label]
) -> tuple[NDArray[np.uint8], list[Label]] | None:
    """The picture with doubtful places blurred, and its people; None where too much is in doubt."""
    boxes: list[Box] = [box for box in detector.detect([bgr])[0] if box.kind == "person"]
    if not boxes:
        return bgr, []
    cleaned = without_doubts(bgr, boxes, keep=keep, nobody_is_fine=True)
    return None if cleaned is None else (cleaned[0], cleaned[1])
