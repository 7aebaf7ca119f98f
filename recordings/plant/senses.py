"""What would a detector see of the plant through each camera? Boxes with noise, misses and false ones.

A point of a thing is hidden behind structures, and behind people, loads and trucks that stand nearer.
The box is drawn round the points that are left. What a detector gets wrong in one picture it tends to
get wrong in the next: noise of edges and misses are in part the same from frame to frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
import shapely.affinity
from scipy.special import ndtr

from calibration.camera import Array, Camera, Flags
from calibration.coverage import hidden
from calibration.site import Structure
from recordings.plant.camera_faults import camera_at, fault_at, trouble_of
from recordings.plant.outlines import body_points, hook_points, load_points, trolley_points, truck_points
from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import camera_table, structure_of
from tracking.records import Box, Kind

_SOLID_SHARE = 0.8
"""Arms and legs let something through: only the middle of a body hides for certain."""
_LEAST_SEEN = {"person": 0.25, "hook": 0.5, "load": 0.35, "trolley": 0.4}
_WHOLE_SHARE = 0.85
_SIGMA_OF_SIZE = 0.012
_LASTING_S = 0.3
_LASTING_SHARE = 0.6
_HALF_FOUND_PX = 14.0
_SURELY_FOUND_PX = 34.0
_LEAST_PX = 4.0
_LIGHT = {"lamps": 1.0, "daylight": 1.0, "glare": 0.97, "dusk": 0.97, "night": 0.9}
_FALSE_KINDS: tuple[Kind, ...] = ("person", "load", "hook", "trolley")
_FALSE_SHARES = (0.7, 0.15, 0.1, 0.05)
_FALSE_FRAMES = (1, 4)


@dataclass(frozen=True, slots=True)
class Thing:
    """A cloud of world points (n, 3) with its pixels (n, 2), the silhouette it hides others with, its distance.

    ``kind`` is None for what no class names and that only hides.
    """

    name: str
    kind: Kind | None
    points_m: Array
    px: Array
    silhouette: shapely.Geometry
    away_m: float


@dataclass(slots=True)
class _Lasting:
    """What stays of a detector's errors on one thing: four edges and luck, each of unit variance."""

    time_s: float
    errors: Array = field(default_factory=lambda: np.zeros(5))


class Watch:
    """One camera with a detector behind it. Draws from ``rng``: frames must be asked for in time order."""

    def __init__(self, scenario: Scenario, camera: str, rng: np.random.Generator) -> None:
        self._scenario, self._name, self._rng = scenario, camera, rng
        self._structures: tuple[Structure, ...] = tuple(structure_of(s) for s in scenario.structure)
        self._senses = scenario.observations
        self._light = _LIGHT[scenario.light.kind] * min(1.0, 0.6 + 0.8 * scenario.light.level)
        eye = next(eye for eye in scenario.camera if eye.name == camera)
        self._rate_hz, self._camera = eye.rate_hz, Camera.from_table(camera_table(eye))
        self._lasting: dict[tuple[str, str], _Lasting] = {}
        self._false: tuple[Box, int] | None = None
        self._before: tuple[Box, ...] = ()

    def look(self, world: World) -> tuple[Box, ...]:
        """The boxes of one frame, taken at the time of ``world``. A frozen camera shows the frame before again."""
        trouble = trouble_of(self._scenario, self._name, world.time_s)
        if trouble == "camera_frozen":
            return self._before
        # Built once: of a camera that was knocked, when it was.
        moved = fault_at(self._scenario, "camera_moved", self._name, world.time_s)
        camera = self._camera if moved is None else camera_at(self._scenario, self._name, world.time_s)
        if trouble in ("camera_dark", "camera_covered", "camera_dead"):
            self._before = ()
            return ()
        things = self.things(world, camera)
        seen = self._seen(things, camera)
        boxes = [
            self._box(thing, seen[i], world.time_s, camera) for i, thing in enumerate(things) if thing.kind is not None
        ]
        boxes.append(self._nothing(camera))
        self._before = tuple(box for box in boxes if box is not None)
        return self._before

    def things(self, world: World, camera: Camera) -> list[Thing]:
        """Everything that moves, as this camera sees it, in the order of ``world``."""
        clouds: list[tuple[str, Kind | None, Array]] = []
        clouds += [(p.name, "person", body_points(p, camera.centre_m)) for p in world.people]
        clouds += [(t.name, None, truck_points(t)) for t in world.trucks]
        clouds += [(load.name, "load", load_points(load)) for load in world.loads]
        for crane in world.cranes:
            clouds += [(crane.name, "hook", hook_points(crane)), (crane.name, "trolley", trolley_points(crane))]
        if not clouds:
            return []
        # Through the lens all at once, which costs little more than one of them.
        px = camera.project(np.concatenate([points for *_, points in clouds]))
        parts = np.split(px, np.cumsum([len(points) for *_, points in clouds])[:-1])
        return [
            _thing(name, kind, points, part, camera) for (name, kind, points), part in zip(clouds, parts, strict=True)
        ]

    def _seen(self, things: list[Thing], camera: Camera) -> list[Flags]:
        """Which points of each thing the camera sees."""
        if not things:
            return []
        all_points = np.concatenate([thing.points_m for thing in things])
        flags = camera.visible(all_points)
        flags[flags] = ~hidden(camera.centre_m, all_points[flags], self._structures)
        seen = np.split(flags, np.cumsum([len(thing.points_m) for thing in things])[:-1])
        for i, thing in enumerate(things):
            for other in things:
                nearer = other is not thing and other.away_m < thing.away_m
                # Hook and trolley are too small beside what hangs below them to hide anything.
                if not nearer or other.kind in ("hook", "trolley") or not seen[i].any():
                    continue
                behind = shapely.contains_xy(other.silhouette, thing.px[seen[i], 0], thing.px[seen[i], 1])
                seen[i][np.flatnonzero(seen[i])[behind]] = False
        return seen

    def _box(self, thing: Thing, seen: Flags, time_s: float, camera: Camera) -> Box | None:
        assert thing.kind is not None
        errors = self._errors((thing.kind, thing.name), time_s)
        share = float(seen.mean())
        if share < _LEAST_SEEN[thing.kind]:
            return None
        low, high = thing.px[seen].min(axis=0), thing.px[seen].max(axis=0)
        size_px = float((high - low).max())
        found = self._found(size_px, share)
        if float(ndtr(errors[4])) > found:
            return None
        edges = np.concatenate([low, high])
        edges += errors[:4] * math.hypot(self._senses.sigma_px, _SIGMA_OF_SIZE * size_px)
        score = float(np.clip(0.35 + 0.5 * found * share + 0.07 * self._rng.standard_normal(), 0.26, 0.97))
        return _cut(edges, score, thing.kind, camera)

    def _found(self, size_px: float, share: float) -> float:
        """Probability that the detector finds a thing: less when small, hidden in part, or in poor light."""
        large = np.interp(size_px, (6.0, _HALF_FOUND_PX, _SURELY_FOUND_PX), (0.0, 0.5, 1.0))
        open_ = min(1.0, 0.45 + 0.55 * share / _WHOLE_SHARE)
        return float((1.0 - self._senses.missed) * large * open_ * self._light)

    def _errors(self, key: tuple[str, str], time_s: float) -> Array:
        """(5,) unit errors on one thing in this frame: a part that lasts, and a part that is new."""
        fresh = self._rng.standard_normal((2, 5))
        last = self._lasting.get(key)
        if last is None:
            last = self._lasting[key] = _Lasting(time_s, fresh[0])
        else:
            kept = math.exp(-(time_s - last.time_s) / _LASTING_S)
            last.errors = kept * last.errors + math.sqrt(1.0 - kept**2) * fresh[0]
            last.time_s = time_s
        errors: Array = math.sqrt(_LASTING_SHARE) * last.errors + math.sqrt(1.0 - _LASTING_SHARE) * fresh[1]
        return errors

    def _nothing(self, camera: Camera) -> Box | None:
        """Now and then a box on a shadow, a coat or a rack, for a few frames."""
        rate = self._senses.false_hz / self._rate_hz * 2 / sum(_FALSE_FRAMES)
        if self._false is None and self._rng.random() < rate:
            kind = _FALSE_KINDS[int(self._rng.choice(len(_FALSE_KINDS), p=_FALSE_SHARES))]
            width, height = camera.size_px
            left, top = self._rng.uniform(0.1, 0.9) * width, self._rng.uniform(0.3, 0.8) * height
            tall = self._rng.uniform(0.06, 0.15) * width
            wide = tall * (0.4 if kind == "person" else self._rng.uniform(0.8, 1.6))
            score = self._rng.uniform(0.36, 0.6)
            box = _cut(np.array([left, top, left + wide, top + tall]), score, kind, camera)
            if box is not None:
                self._false = box, int(self._rng.integers(_FALSE_FRAMES[0], _FALSE_FRAMES[1] + 1))
        if self._false is None:
            return None
        box, frames = self._false
        self._false = (box, frames - 1) if frames > 1 else None
        return box


def _thing(name: str, kind: Kind | None, points_m: Array, px: Array, camera: Camera) -> Thing:
    away = float(np.linalg.norm(points_m.mean(axis=0) - camera.centre_m))
    silhouette = shapely.convex_hull(shapely.multipoints(px[np.isfinite(px).all(axis=1)]))
    if kind == "person":
        silhouette = shapely.affinity.scale(silhouette, _SOLID_SHARE, 1.0)
    shapely.prepare(silhouette)
    return Thing(name, kind, points_m, px, silhouette, away)


def _cut(edges: Array, score: float, kind: Kind, camera: Camera) -> Box | None:
    """The box within the picture; whole tenths of pixels, as the recording keeps them."""
    right, lower = camera.size_px
    left, top, end, bottom = (round(float(v), 1) for v in np.clip(edges, 0.0, (right, lower, right, lower)))
    if end - left < _LEAST_PX or bottom - top < _LEAST_PX:
        return None
    return Box(left, top, round(end - left, 1), round(bottom - top, 1), round(score, 2), kind)
