"""What would a detector see of the sample scene? Bodies, hook block and crate through the calibrated cameras.

Each thing is a cloud of points. A point is hidden behind structures, behind people and the crate where
these stand nearer. The box is drawn round the points that are left, with noise at each edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.affinity

from calibration.camera import Array, Camera, Flags
from calibration.coverage import hidden
from calibration.site import Site
from recordings.sample_motion import Driven, Walked
from recordings.sample_site import CRATE_M
from tracking.records import Box, Kind

_HALF_WIDTH_AT = ((0.0, 0.15), (0.5, 0.18), (0.62, 0.25), (0.82, 0.25), (0.88, 0.10), (1.0, 0.08))
"""Share of the body's height, half width in metres: shoes, hands, shoulders, head."""
_TOES_M = 0.13
_SOLID_SHARE = 0.8
_HOOK_BLOCK_M = (0.3, 0.3, 0.45)
_SEEN_SHARE = 0.35
_EDGE_SIGMA_PX = 1.0
_EDGE_SIGMA_OF_SIZE = 0.015
_SMALL_PX = 22.0
_FIND = 0.96
_FIND_SMALL = 0.75
_FALSE_RATE = 0.0015
_FALSE_FRAMES = (1, 4)
_LEAST_PX = 4.0


@dataclass(frozen=True, slots=True)
class Thing:
    """A cloud of world points (n, 3), the silhouette it hides others with, and its distance."""

    kind: Kind
    points_m: Array
    px: Array
    silhouette: shapely.Geometry
    away_m: float


@dataclass(slots=True)
class _False:
    """A box on nothing, and for how many frames it stays."""

    box: Box
    frames: int


class Eye:
    """One camera with a detector behind it. Draws from ``rng``, so frames must be asked for in order."""

    def __init__(self, camera: Camera, site: Site, rng: np.random.Generator) -> None:
        self._camera, self._site, self._rng = camera, site, rng
        self._false: _False | None = None

    def look(self, time_s: float, people: tuple[Walked, ...], hoist: Driven) -> tuple[Box, ...]:
        """The boxes of one frame."""
        there = [at for walker in people if (at := walker.at(time_s)) is not None]
        things = [self._thing("person", self._body(feet, height)) for feet, height in there]
        things.append(self._thing("load", _block(hoist.load_m(time_s), CRATE_M)))
        things.append(self._thing("hook", _block(hoist.hook_m(time_s), _HOOK_BLOCK_M)))
        boxes = [self._box(thing, [o for o in things if o is not thing]) for thing in things]
        boxes.append(self._nothing())
        return tuple(b for b in boxes if b is not None)

    def _body(self, feet_m: Array, height_m: float) -> Array:
        """An upright body, as wide as its outline towards this camera, with its toes nearest to it."""
        towards = self._camera.centre_m[:2] - feet_m
        towards = towards / max(float(np.linalg.norm(towards)), 1e-9)
        across = np.array([-towards[1], towards[0]])
        points = [np.append(feet_m + _TOES_M * towards, 0.0)]
        shares = np.linspace(0.0, 1.0, 12)
        widths = np.interp(shares, [at for at, _ in _HALF_WIDTH_AT], [half for _, half in _HALF_WIDTH_AT])
        for share, half in zip(shares, widths, strict=True):
            points += [np.append(feet_m + side * half * across, share * height_m) for side in (-1.0, 0.0, 1.0)]
        return np.array(points)

    def _thing(self, kind: Kind, points_m: Array) -> Thing:
        px = self._camera.project(points_m)
        away = float(np.linalg.norm(points_m.mean(axis=0) - self._camera.centre_m))
        silhouette = shapely.convex_hull(shapely.multipoints(px[np.isfinite(px).all(axis=1)]))
        if kind == "person":
            # Arms and legs let something through: only the middle of a body hides for certain.
            silhouette = shapely.affinity.scale(silhouette, _SOLID_SHARE, 1.0)
        return Thing(kind, points_m, px, silhouette, away)

    def _box(self, thing: Thing, others: list[Thing]) -> Box | None:
        seen = self._seen(thing, others)
        if seen.mean() < _SEEN_SHARE:
            return None
        low, high = thing.px[seen].min(axis=0), thing.px[seen].max(axis=0)
        size = high - low
        find = _FIND if size.max() >= _SMALL_PX else _FIND_SMALL
        # A body half hidden is found less often.
        if self._rng.random() > find * min(1.0, 0.4 + float(seen.mean())):
            return None
        edges = np.concatenate([low, high])
        edges += self._rng.standard_normal(4) * (_EDGE_SIGMA_PX + _EDGE_SIGMA_OF_SIZE * float(size.max()))
        score = float(np.clip(0.55 + 0.35 * seen.mean() + 0.06 * self._rng.standard_normal(), 0.3, 0.97))
        return self._cut(edges, score, thing.kind)

    def _seen(self, thing: Thing, others: list[Thing]) -> Flags:
        seen = self._camera.visible(thing.points_m)
        seen[seen] = ~hidden(self._camera.centre_m, thing.points_m[seen], self._site.structure)
        for other in others:
            if other.away_m < thing.away_m and seen.any():
                behind = shapely.contains_xy(other.silhouette, thing.px[seen, 0], thing.px[seen, 1])
                seen[np.flatnonzero(seen)[behind]] = False
        return seen

    def _cut(self, edges: Array, score: float, kind: Kind) -> Box | None:
        """The box within the picture; whole tenths of pixels, as the recording keeps them."""
        right, lower = self._camera.size_px
        left, top, end, bottom = (round(float(v), 1) for v in np.clip(edges, 0.0, (right, lower, right, lower)))
        if end - left < _LEAST_PX or bottom - top < _LEAST_PX:
            return None
        return Box(left, top, round(end - left, 1), round(bottom - top, 1), round(score, 2), kind)

    def _nothing(self) -> Box | None:
        """Now and then a box on a shadow or a coat, for a few frames."""
        if self._false is None and self._rng.random() < _FALSE_RATE:
            width, height = self._camera.size_px
            left, top = self._rng.uniform(0.1, 0.9) * width, self._rng.uniform(0.3, 0.8) * height
            tall = self._rng.uniform(60.0, 160.0)
            box = self._cut(
                np.array([left, top, left + 0.4 * tall, top + tall]), self._rng.uniform(0.36, 0.6), "person"
            )
            if box is not None:
                self._false = _False(box, int(self._rng.integers(_FALSE_FRAMES[0], _FALSE_FRAMES[1] + 1)))
        if self._false is None:
            return None
        out = self._false
        self._false = _False(out.box, out.frames - 1) if out.frames > 1 else None
        return out.box


def _block(middle_m: Array, size_m: tuple[float, float, float]) -> Array:
    """An upright block as 27 points: corners, edges, faces and its middle."""
    steps = np.array([-0.5, 0.0, 0.5])
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points: Array = middle_m + grid * np.array(size_m)
    return points


def frame_times(rng: np.random.Generator, rate_hz: float, end_s: float) -> Array:
    """Times of one camera's frames: its own phase, and a jitter that does not add up."""
    period_s = 1.0 / rate_hz
    phase_s = rng.uniform(0.0, period_s)
    count = math.floor((end_s - phase_s) / period_s)
    jitter = rng.uniform(-0.06, 0.06, count) * period_s
    times = np.maximum(phase_s + period_s * np.arange(count) + jitter, 0.0)
    return np.asarray(np.round(times, 4), np.float64)
