"""Which cameras send pictures, but do not see? Those that find nothing of what others see where they look.

A covered, dark or knocked camera still sends pictures in time. It shows by what it misses: people whom another
camera follows in its open view, and hooks that another source locates there. A frozen one shows by boxes
that are the same to the last digit while something moves there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Camera
from calibration.coverage import hidden
from calibration.site import Site
from tracking.records import Box, Boxes, HoistState, Person
from tracking.tracker import Tracks
from tracking.visibility import Visibility

_SURE = 0.8
_LASTS_S = 1.0
_LASTS_ALONE_S = 4.0
_PICTURE_EDGE = 0.04
_FROZEN_S = 1.5
_MOVES_MPS = 0.3


@dataclass(frozen=True, slots=True)
class Doubt:
    """One camera misses ``things`` that others see, and has found none of them for ``since_s`` seconds."""

    camera: str
    since_s: float
    things: int

    @property
    def sure(self) -> bool:
        """A single thing may be hidden from it by what no site file knows."""
        return self.things > 1


@dataclass(slots=True)
class _Same:
    """The boxes of a camera's newest frame, and since when and until when they have been these."""

    boxes: tuple[Box, ...]
    since_s: float
    until_s: float


@dataclass(slots=True)
class Doubts:
    """Follows what each camera of a site misses. Deterministic by the tracks given to it, in time order."""

    site: Site
    _visibility: Visibility = field(init=False)
    _cameras: dict[str, Camera] = field(init=False)
    _since_s: dict[str, float] = field(default_factory=dict)
    _same: dict[str, _Same] = field(default_factory=dict)
    _finds_hoists: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._visibility = Visibility(self.site)
        self._cameras = {c.name: Camera.from_table(c) for c in self.site.camera}

    def carry_on(self, old: Doubts) -> None:
        """Go on from the doubts of ``old``, of the same cameras."""
        self._since_s, self._same, self._finds_hoists = old._since_s, old._same, old._finds_hoists

    def look(self, item: Boxes) -> None:
        """Take in one frame."""
        same = self._same.get(item.camera)
        if same is None or same.boxes != item.boxes or not item.boxes:
            self._same[item.camera] = _Same(item.boxes, item.time_s, item.time_s)
        else:
            same.until_s = max(same.until_s, item.time_s)

    def step(self, now_s: float, tracks: Tracks, alive: frozenset[str]) -> tuple[Doubt, ...]:
        """Who is in doubt at ``now_s``, of the cameras that send pictures: by two things missed, or one for long."""
        # Not every detector knows hoists: only a camera that has found one can miss one.
        self._finds_hoists.update(name for h in tracks.hoists for name in h.sources if name in self._cameras)
        people = [p for p in tracks.people if not p.lost]
        place = np.array([(p.x_m, p.y_m) for p in people]).reshape(-1, 2)
        out = []
        for name in sorted(alive):
            same = self._same.get(name)
            same_s = same.until_s - same.since_s if same is not None else 0.0
            hoists = [h for h in tracks.hoists if not h.lost and set(h.sources) - {name}]
            if same_s < _FROZEN_S and any(name in h.sources for h in hoists):
                self._since_s.pop(name, None)
                continue
            sees = self._visibility.detection(name, place) >= _SURE
            expected: list[Person | HoistState] = [
                p for p, seen in zip(people, sees, strict=True) if seen and set(p.sources) - {name}
            ]
            if name in self._finds_hoists:
                expected += [h for h in hoists if self._in_view(name, h)]
            moving = [thing for thing in expected if _speed_mps(thing) > _MOVES_MPS]
            if same_s >= _FROZEN_S and moving:
                out.append(Doubt(name, same_s, len(moving) + 1))
                continue
            if not expected or any(name in thing.sources for thing in expected):
                self._since_s.pop(name, None)
                continue
            since_s = self._since_s.setdefault(name, now_s)
            if now_s - since_s >= (_LASTS_S if len(expected) > 1 else _LASTS_ALONE_S) - 1e-9:
                out.append(Doubt(name, now_s - since_s, len(expected)))
        self._since_s = {name: s for name, s in self._since_s.items() if name in alive}
        return tuple(out)

    def _in_view(self, name: str, hoist: HoistState) -> bool:
        """Whether a camera has the hook in open view, clear of the picture's edge. Unknown height: it has not."""
        if not hoist.height_known:
            return False
        camera = self._cameras[name]
        point = np.array([[hoist.x_m, hoist.y_m, hoist.z_m]])
        px, (width, height) = camera.project(point)[0], camera.size_px
        edge = _PICTURE_EDGE * width
        inside = edge <= px[0] <= width - edge and edge <= px[1] <= height - edge
        return (
            bool(inside)
            and bool(camera.visible(point)[0])
            and not hidden(camera.centre_m, point, self.site.structure)[0]
        )


def _speed_mps(thing: Person | HoistState) -> float:
    return thing.speed_mps if isinstance(thing, Person) else thing.travel_speed_mps
