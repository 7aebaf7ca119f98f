"""What the system cannot see: silent cameras, unlocated hoists, people who vanished near a load."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from calibration.camera import Flags
from calibration.coverage import CoverageMap, coverage_map
from calibration.site import Site
from safety.camera_records import CameraView
from safety.doubt import Doubt, Doubts
from safety.look_age import LookAges
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from tracking.records import Boxes, CameraHealth, PictureHealth
from tracking.tracker import Tracks

_CHEST_M = 1.2
_RING_M = 1.0
_RING_POINTS = 8
_NEEDED_SHARE = 0.5
_LOST_MARGIN_M = 1.0
_RATE_WINDOW_S = 2.0


class SightMonitor:
    """Judges the system's own sight at each tick. "Cannot see" is a state of its own, never a silence."""

    def __init__(self, site: Site) -> None:
        self._site, self._policy = site, site.policy
        self._map: CoverageMap | None = coverage_map(site, height_m=_CHEST_M) if site.camera else None
        self.looks = LookAges(self._map, site.policy)
        self._doubts = Doubts(site)
        self._health: dict[str, CameraHealth] = {}
        self._pictures: dict[str, PictureHealth] = {}
        self._start_s: float | None = None
        self._frames: dict[str, list[tuple[float, int]]] = {c.name: [] for c in site.camera}

    def carry_on(self, old: SightMonitor) -> None:
        """Go on from what ``old`` knows of the same cameras."""
        self.looks.carry_on(old.looks)
        self._doubts.carry_on(old._doubts)
        self._health, self._pictures, self._frames = old._health, old._pictures, old._frames
        self._start_s = old._start_s

    def hear(self, health: CameraHealth | PictureHealth) -> None:
        """Keep what a capture thread, or a camera's own pictures, say of the camera."""
        if isinstance(health, PictureHealth):
            self._pictures[health.camera] = health
        else:
            self._health[health.camera] = health

    def blinded(self, camera: str) -> bool:
        """Whether what is found in this camera's pictures, and what is not, must not be believed."""
        health = self._pictures.get(camera)
        return health is not None and health.blind

    def look(self, item: Boxes) -> bool:
        """Take in what a detector found in one picture. False where it must not be believed.

        A ghost in a frozen picture is nobody, and a covered lens that shows nobody says nothing.
        """
        if self.blinded(item.camera):
            return False
        self._doubts.look(item)
        return True

    def cameras(self, now_s: float, tracks: Tracks) -> tuple[CameraView, ...]:
        """Every camera of the site, by the frames that really reached the core."""
        if self._start_s is None:
            self._start_s = now_s
        self.looks.hear(now_s, tracks)
        return tuple(self._camera(c.name, now_s, tracks) for c in self._site.camera)

    def hazards(
        self, now_s: float, tracks: Tracks, scenes: tuple[Scene, ...], cameras: tuple[CameraView, ...]
    ) -> list[Hazard]:
        """All hazards of sight at this tick."""
        starting = now_s - (self._start_s or 0.0) <= self._policy.startup_grace_s
        doubts = self._doubts.step(now_s, tracks, frozenset(c.camera for c in cameras if c.alive))
        out: list[Hazard] = []
        if not starting:
            out += [_unseeing(c) for c in cameras if not c.alive or c.trouble]
            out += [_doubted(d) for d in doubts]
            seeing = {c.camera for c in cameras if c.alive} - {d.camera for d in doubts if d.sure}
            out += self._uncovered(cameras, scenes, seeing)
        out += self._unlocated(now_s, tracks, starting)
        out += self._vanished(scenes)
        return out

    def _camera(self, name: str, now_s: float, tracks: Tracks) -> CameraView:
        seen_s = tracks.looked_s.get(name)
        frames = self._frames[name]
        if seen_s is not None and (not frames or seen_s > frames[-1][0]):
            # A tick can bring two frames of one camera: their number counts, not only the newest stamp.
            frames.append((seen_s, tracks.accepted.get(name, 0)))
        # A camera that is looked at less than once a second still has a rate: that of its last two looks.
        while len(frames) > 2 and frames[0][0] < now_s - _RATE_WINDOW_S:
            frames.pop(0)
        health = self._health.get(name)
        since = self._start_s if seen_s is None else seen_s
        age_s = max(0.0, now_s - (since if since is not None else now_s))
        # A capture that lost its camera knows before the detector's turn comes round again.
        lost = health is not None and not health.connected and age_s > self._policy.camera_silent_s
        alive = age_s <= self._policy.camera_stale_s and not lost and not self.blinded(name)
        told = self._pictures.get(name)
        # A camera that brings no pictures has no fault in them; a blind one has no age but that of its fault.
        trouble = None if told is None or (lost and not told.blind) else told.trouble
        return CameraView(
            camera=name,
            alive=alive,
            rate_hz=_rate_hz(frames) if alive else 0.0,
            age_s=age_s,
            gaps=health.gaps if health else 0,
            rejected=tracks.rejected.get(name, 0),
            message=health.message if health else "",
            received_hz=health.rate_hz if health else 0.0,
            wait_s=self.looks.wait_s(name),
            trouble=trouble,
            trouble_s=max(0.0, now_s - told.since_s) if told is not None and trouble else 0.0,
            shift_px=told.shift_px if told is not None and trouble else 0.0,
            offset_px=told.offset_px if told is not None else None,
            kept=told is not None and told.kept,
            lost_by=health.lost_by if health is not None and lost else "",
        )

    def _uncovered(self, cameras: tuple[CameraView, ...], scenes: tuple[Scene, ...], seeing: set[str]) -> list[Hazard]:
        """Loads that move or hang over floor that only cameras look at which do not see now.

        What no camera ever sees is a situation of its own, the blind lift.
        """
        if self._map is None:
            return []
        alive = np.array([c.camera in seeing for c in cameras], bool)
        out = []
        for scene in scenes:
            airborne = scene.body.loaded and scene.body.highest_m > self._policy.landed_gap_m
            moves = scene.state.travel_speed_mps > self._policy.moving_speed_mps
            idle = not airborne and not moves
            if idle and not self._policy.blind_stops_idle:
                continue
            now, ever = self._share_seen(scene, alive), self._share_seen(scene, np.ones_like(alive))
            if now >= _NEEDED_SHARE or ever < _NEEDED_SHARE:
                continue
            unseeing = [c for c in cameras if c.camera not in seeing]
            silent = max((c.trouble_s or c.age_s for c in unseeing), default=0.0)
            out.append(
                Hazard(
                    situation=Situation.CAMERA_BLIND,
                    level=Level.WARNING if idle else Level.DANGER,
                    hoist=scene.state.name,
                    source=", ".join(c.camera for c in unseeing),
                    terms={"unseen_s": silent, "uncovered": 1.0, **_troubles(unseeing)},
                    held_s=min(map(_held_s, unseeing), default=0.0),
                )
            )
        return out

    def _share_seen(self, scene: Scene, alive: Flags) -> float:
        """Part of the watched floor around the load that the given cameras see; 1 outside the map."""
        assert self._map is not None
        radius = scene.body.radius_m + _RING_M
        angles = np.arange(_RING_POINTS) * 2 * math.pi / _RING_POINTS
        around = [(scene.state.x_m, scene.state.y_m)]
        around += [(scene.state.x_m + radius * math.cos(a), scene.state.y_m + radius * math.sin(a)) for a in angles]
        cells = [c for x, y in around if (c := self._map.cell_of(x, y)) is not None and self._map.count[c] >= 0]
        if not cells:
            return 1.0
        return float(np.mean([bool(self._map.seen_by[alive, row, col].any()) for row, col in cells]))

    def _unlocated(self, now_s: float, tracks: Tracks, starting: bool) -> list[Hazard]:
        known = {s.name: s for s in tracks.hoists}
        out = []
        for hoist in self._site.hoist:
            state = known.get(hoist.name)
            if state is None and starting:
                continue
            if state is not None and not state.lost:
                continue
            moved = state is not None and state.travel_speed_mps > self._policy.moving_speed_mps
            unseen = state.unseen_s if state is not None else now_s - (self._start_s or 0.0)
            out.append(
                Hazard(
                    situation=Situation.HOIST_LOST,
                    level=Level.DANGER if moved else Level.WARNING,
                    hoist=hoist.name,
                    terms={"unseen_s": unseen},
                )
            )
        return out

    def _vanished(self, scenes: tuple[Scene, ...]) -> list[Hazard]:
        """A person not found any more, who can have walked into reach of a load that moves or hangs."""
        out = []
        for scene in scenes:
            moves = scene.state.travel_speed_mps > self._policy.moving_speed_mps
            airborne = scene.body.loaded and scene.body.highest_m > self._policy.landed_gap_m
            if not (moves or airborne):
                continue
            for person in scene.people:
                if not person.lost:
                    continue
                away = math.hypot(person.x_m - scene.state.x_m, person.y_m - scene.state.y_m)
                gap = away - scene.body.radius_m - self._policy.person_radius_m
                reach = min(person.unseen_s, self._policy.coast_time_s) * self._policy.walk_speed_mps / 2
                if gap > reach + _LOST_MARGIN_M + scene.stop.distance_m:
                    continue
                out.append(
                    Hazard(
                        situation=Situation.PERSON_LOST,
                        level=Level.WARNING if moves else Level.CAUTION,
                        hoist=scene.state.name,
                        person=person.id,
                        gap_m=gap,
                        terms={"unseen_s": person.unseen_s},
                    )
                )
        return out


def _unseeing(camera: CameraView) -> Hazard:
    """A camera without pictures, or with pictures that show nothing; one that was only knocked is told as caution."""
    unseen_s = camera.trouble_s if camera.trouble else camera.age_s
    return Hazard(
        situation=Situation.CAMERA_BLIND,
        level=Level.CAUTION if camera.alive else Level.WARNING,
        source=camera.camera,
        terms={"unseen_s": unseen_s, "uncovered": 0.0, **_troubles((camera,))},
        held_s=_held_s(camera),
    )


def _held_s(camera: CameraView) -> float:
    """How long a camera that does not see was watched for just that: pictures that show nothing are told only then.

    One that is silent may only be late on a busy machine, and has held for nothing yet.
    """
    return camera.trouble_s


def _troubles(cameras: Iterable[CameraView]) -> dict[str, float]:
    """What ails the cameras, as terms: the trouble's name, how far one was moved, or what else took it away."""
    out: dict[str, float] = {}
    for camera in cameras:
        if camera.trouble is not None:
            out[camera.trouble] = camera.shift_px
        if camera.lost_by:
            out[f"by_{camera.lost_by}"] = 1.0
    return out


def _doubted(doubt: Doubt) -> Hazard:
    return Hazard(
        situation=Situation.CAMERA_BLIND,
        level=Level.WARNING if doubt.sure else Level.CAUTION,
        source=doubt.camera,
        terms={"unseen_s": doubt.since_s, "uncovered": 0.0, "missed": float(doubt.things)},
    )


def _rate_hz(frames: list[tuple[float, int]]) -> float:
    """Frames a second from (stamp, frames so far) pairs; 0 for fewer than two."""
    if len(frames) < 2:
        return 0.0
    (first_s, first), (last_s, last) = frames[0], frames[-1]
    return (last - first) / (last_s - first_s)
