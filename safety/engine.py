"""The core: inputs of one tick in, one decision out. No I/O, no clock, no randomness.

Live and replay run this very class, so a replay reproduces the alarm log byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from shapely import LineString

from calibration.site import Hoist, Site
from safety.alarms import AlarmBook, Key
from safety.allowed import Allowed
from safety.annunciator.monitor import AnnunciatorMonitor
from safety.annunciator.records import AnnunciatorStatus, SoundTest
from safety.camera_records import CameraView
from safety.fall_zone import fall_zone
from safety.health_records import PartsStatus
from safety.levels import by_level
from safety.lift import PhaseTracker, body_of, hangs_free
from safety.output_records import Bypass, ProofTest
from safety.permit_issuer import NodeMonitor
from safety.records import (
    Acknowledge,
    AlarmTransition,
    Event,
    Hazard,
    HoistView,
    Level,
    NodeView,
    Refusal,
    RelayStatus,
    Report,
    Reset,
    RoleView,
    Shelve,
    Situation,
    Snapshot,
    Swept,
)
from safety.roles import RoleTracker
from safety.scene import Late, Scene, scene_of
from safety.self_test_records import SelfTest
from safety.sight import SightMonitor
from safety.situations.judge import Judge
from safety.situations.moment import Moment
from safety.speed_limit import SpeedLimits
from safety.struck import struck_by
from tracking.hoist_drive import DriveModes
from tracking.predict import forecast_hoist, forecast_people, shown_hoist, shown_people
from tracking.records import Boxes, CameraHealth, Look, PictureHealth, Sight
from tracking.tracker import Tracker, Tracks

_OUTLINE_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Step:
    """What one tick brought: the whole picture, what changed, and commands that were not carried out."""

    snapshot: Snapshot
    transitions: tuple[AlarmTransition, ...]
    refusals: tuple[Refusal, ...]


class Engine:
    """One site's tracking, risk and alarms.

    Args:
        site: the site file.
        wall_offset_s: wall time minus monotonic time, for display only.
        watch_relays: whether relay nodes must report; False for recordings made without any.
    """

    def __init__(self, site: Site, wall_offset_s: float = 0.0, watch_relays: bool = False) -> None:
        self._site, self._policy = site, site.policy
        self._wall_offset_s = wall_offset_s
        self._tracker = Tracker(site)
        self._sight = SightMonitor(site)
        self._roles = RoleTracker(site)
        self._judge = Judge(site)
        self._allowed = Allowed(site)
        self._book = AlarmBook(site.policy, site.site.language)
        self._limits = SpeedLimits(site.policy)
        self._phases = {h.name: PhaseTracker(h, site.policy) for h in site.hoist}
        self._drives = {h.name: DriveModes(h, site.policy) for h in site.hoist}
        self._watch_relays = watch_relays
        self._nodes: NodeMonitor | None = None
        self._annunciators: AnnunciatorMonitor | None = None
        self._given_up: dict[str, str] = {}
        self._seq = 0

    def carry_on(self, old: Engine) -> None:
        """Take the place of ``old``, which is not used any more, before the first step of this one.

        The site of this engine may have other zones, structures and hoists, all else is the same. Tracks, alarms and
        their states, and what is known of relay nodes go on as they are. A hoist that is new has no permit until it
        was located, one whose table changed stays where it is seen.
        """
        self._tracker.carry_on(old._tracker)
        self._sight.carry_on(old._sight)
        self._roles.carry_on(old._roles)
        self._judge.carry_on(old._judge)
        self._book, self._limits = old._book, old._limits
        for name, phase in self._phases.items():
            if name in old._phases:
                phase.carry_on(old._phases[name])
            if self._hoist(name) == old._site.hoist_named(name):
                self._drives[name] = old._drives[name]
        self._nodes, self._annunciators, self._given_up = old._nodes, old._annunciators, old._given_up
        self._watch_relays, self._wall_offset_s, self._seq = old._watch_relays, old._wall_offset_s, old._seq

    def step(self, now_s: float, events: Sequence[Event]) -> Step:
        """Advance to the tick at ``now_s`` with all events that became ready since the tick before."""
        looks: list[Look] = []
        commands: list[Acknowledge | Shelve] = []
        reports: list[Report | PartsStatus] = []
        for event in events:
            match event:
                case CameraHealth() | PictureHealth():
                    self._sight.hear(event)
                case RelayStatus() | AnnunciatorStatus() | PartsStatus():
                    reports.append(event)
                case Acknowledge() | Shelve():
                    commands.append(event)
                case Reset() | Bypass() | ProofTest() | SoundTest() | SelfTest():
                    pass  # the node itself decides; the service hands it on with the next permit
                case _:
                    if isinstance(event, Sight):
                        self._roles.hear(event)
                    if not isinstance(event, Boxes) or self._sight.look(event):
                        looks.append(event)
        tracks = self._tracker.step(now_s, looks)
        cameras = self._sight.cameras(now_s, tracks)
        scenes = self._scenes(now_s, tracks)
        roles = self._roles.step(now_s, tracks.people, scenes)
        hazards = self._hazards(now_s, tracks, scenes, cameras, roles)
        hazards += self._sight.hazards(now_s, tracks, scenes, cameras)
        found, details = self._outer_hazards(now_s, reports)
        hazards += found
        transitions = self._book.step(now_s, hazards, details)
        refusals = [r for c in commands if (r := self._command(c, now_s)) is not None]
        limited = self._limits.step(now_s, scenes)
        outputs = self._outputs(now_s, {s.name for s in tracks.hoists}, limited)
        nodes: tuple[NodeView, ...] = ()
        if self._nodes is not None:
            # The monitor has to know what was denied, to tell a contact that does not open.
            self._nodes.permits(outputs, now_s)
            nodes = self._nodes.views(now_s)
        snapshot = self._snapshot(now_s, tracks, scenes, hazards, (outputs, limited), (cameras, nodes), roles)
        if self._annunciators is not None:
            snapshot = msgspec.structs.replace(snapshot, annunciators=self._annunciators.views(now_s))
        return Step(snapshot, tuple(transitions), tuple(refusals))

    def _hazards(
        self,
        now_s: float,
        tracks: Tracks,
        scenes: tuple[Scene, ...],
        cameras: tuple[CameraView, ...],
        roles: tuple[RoleView, ...],
    ) -> list[Hazard]:
        """What threatens people and goods. Who stands on a platform is judged from there."""
        levels = [by_level(scene, self._policy) for scene in scenes]
        floor = tuple(by.pop(0.0) for by in levels)
        raised = tuple(scene for by in levels for scene in by.values())
        role_of = {view.person: view.role for view in roles}
        hazards = [h for scene in floor for h in (*struck_by(scene, self._policy), *fall_zone(scene, self._policy))]
        hazards += self._judge.step(Moment(now_s, self._policy, floor, tracks, cameras, role_of, raised))
        return self._allowed.judge(hazards, scenes, role_of)

    def _scenes(self, now_s: float, tracks: Tracks) -> tuple[Scene, ...]:
        forecast = forecast_people(tracks.bank, self._policy)
        late_s = self._sight.looks.late_s
        people_late = np.array([late_s(p.x_m, p.y_m, p.sources) for p in tracks.people])
        out = []
        for state, (mean, cov) in zip(tracks.hoists, tracks.hoist_filters, strict=True):
            hoist = self._hoist(state.name)
            body = body_of(state, hoist)
            phase = self._phases[state.name].step(now_s, state, body, tracks.people)
            seen = state.unseen_s < 1.5 * self._policy.tick_s
            drive = self._drives[state.name].step(now_s, mean, cov, seen, hangs_free(state, body, self._policy))
            path = forecast_hoist(mean, cov, hoist, self._policy, drive)
            late = Late(late_s(state.x_m, state.y_m, state.sources), people_late)
            out.append(scene_of(state, hoist, body, phase, path, (tracks.people, forecast), self._policy, late))
        return tuple(out)

    def _hoist(self, name: str) -> Hoist:
        hoist = self._site.hoist_named(name)
        assert hoist is not None
        return hoist

    def _outer_hazards(self, now_s: float, reports: list[Report | PartsStatus]) -> tuple[list[Hazard], dict[Key, str]]:
        """Faults of those who act outside this process, and what each is, in words."""
        hazards, details = self._relay_hazards(now_s, [r for r in reports if isinstance(r, RelayStatus)])
        for told in (r for r in reports if isinstance(r, PartsStatus)):
            self._given_up = {p.part: p.event for p in told.parts if p.state == "given_up"}
        # Which outputs and sounds are gone with a part, their own alarms say; this one says that it will not come back.
        lost = [Hazard(situation=Situation.PART_GIVEN_UP, level=Level.CAUTION, source=part) for part in self._given_up]
        hazards, details = hazards + lost, details | {h.key: self._given_up[h.source or ""] for h in lost}
        if not self._watch_relays or not self._site.annunciator:
            return hazards, details
        if self._annunciators is None:
            self._annunciators = AnnunciatorMonitor(self._site.annunciator, now_s)
        for report in reports:
            if isinstance(report, AnnunciatorStatus):
                self._annunciators.observe(report, now_s)
        faults = self._annunciators.faults(now_s)
        found = self._annunciators.hazards(now_s)
        return [*hazards, *found], details | {h.key: faults[h.source or ""] for h in found}

    def _relay_hazards(self, now_s: float, statuses: list[RelayStatus]) -> tuple[list[Hazard], dict[Key, str]]:
        if not self._watch_relays or not self._site.relay:
            return [], {}
        if self._nodes is None:
            self._nodes = NodeMonitor(self._site.relay, "core", self._policy.permit_validity_s, now_s)
        for status in statuses:
            self._nodes.observe(status, now_s)
        hazards = [
            Hazard(situation=Situation.RELAY_FAULT, level=Level.WARNING, source=node)
            for node in self._nodes.faults(now_s)
        ]
        faults = self._nodes.faults(now_s)
        return hazards, {h.key: faults[h.source or ""] for h in hazards}

    def _command(self, command: Acknowledge | Shelve, now_s: float) -> Refusal | None:
        match command:
            case Acknowledge():
                return self._book.acknowledge(command, now_s)
            case Shelve():
                return self._book.shelve(command, now_s)

    def _outputs(self, now_s: float, located: Collection[str], limited: Collection[str]) -> dict[str, bool]:
        """Every output as "TARGET/SIGNAL". Permit and slow are energised while all is well.

        A hoist that was never located has no permit: while the sources start that is no alarm yet.
        """
        announced = self._book.announced()
        audible = self._book.audible(now_s)
        outputs: dict[str, bool] = {}
        for hoist in self._site.hoist:
            permit, fast = self._may_move(hoist.name, announced)
            permit &= hoist.name in located
            level = max(
                (lv for h, lv in announced if h.hoist in (hoist.name, None)), key=lambda v: v.rank, default=Level.CLEAR
            )
            outputs[f"{hoist.name}/permit"] = permit
            outputs[f"{hoist.name}/slow"] = permit and fast and hoist.name not in limited
            for signal in (Level.CAUTION, Level.WARNING, Level.DANGER):
                outputs[f"{hoist.name}/{signal.value}"] = min(level.rank, audible.rank) >= signal.rank
        for signal in (Level.CAUTION, Level.WARNING, Level.DANGER):
            outputs[f"hall/{signal.value}"] = audible.rank >= signal.rank
        return outputs

    def _may_move(self, hoist: str, announced: list[tuple[Hazard, Level]]) -> tuple[bool, bool]:
        """Whether this hoist may move at all, and whether it may move fast."""
        permit = fast = True
        serving = {r.name for r in self._site.relay if any(target == hoist for target, _ in r.outputs.values())}
        for hazard, level in announced:
            if hazard.situation is Situation.RELAY_FAULT:
                permit &= hazard.source not in serving
            elif hazard.hoist == hoist and (hazard.situation is Situation.HOIST_LOST or level is Level.DANGER):
                permit = False
            elif hazard.hoist == hoist and hazard.situation is Situation.CAMERA_BLIND:
                permit, fast = permit and not self._policy.blind_stops_idle, False
            elif hazard.hoist in (hoist, None) and level.rank >= Level.WARNING.rank:
                fast = False
        return permit, fast

    def _snapshot(
        self,
        now_s: float,
        tracks: Tracks,
        scenes: tuple[Scene, ...],
        hazards: list[Hazard],
        orders: tuple[dict[str, bool], dict[str, tuple[str, ...]]],
        health: tuple[tuple[CameraView, ...], tuple[NodeView, ...]],
        roles: tuple[RoleView, ...],
    ) -> Snapshot:
        self._seq += 1
        outputs, limited = orders
        announced = self._book.announced()
        worst = max((level for _, level in announced), key=lambda v: v.rank, default=Level.CLEAR)
        forecast = scenes[0].people_forecast if scenes else forecast_people(tracks.bank, self._policy)
        paths = shown_people(tracks.people, forecast)
        paths += tuple(shown_hoist(s.state, s.forecast) for s in scenes if not s.state.lost)
        return Snapshot(
            time_s=now_s,
            wall_s=now_s + self._wall_offset_s,
            seq=self._seq,
            level=worst,
            people=tracks.people,
            paths=paths,
            hoists=tuple(_view(s, outputs, announced, limited.get(s.state.name, ())) for s in scenes),
            hazards=tuple(hazards),
            alarms=self._book.alarms(now_s),
            outputs=outputs,
            cameras=health[0],
            nodes=health[1],
            counts=tracks.counts,
            roles=roles,
        )


def _view(
    scene: Scene, outputs: dict[str, bool], announced: list[tuple[Hazard, Level]], near: tuple[str, ...]
) -> HoistView:
    name = scene.state.name
    level = max((lv for h, lv in announced if h.hoist == name), key=lambda v: v.rank, default=Level.CLEAR)
    return HoistView(
        state=scene.state,
        phase=scene.phase,
        level=level,
        permit=outputs[f"{name}/permit"],
        slow=not outputs[f"{name}/slow"],
        near=near,
        swept=None if scene.state.lost else _swept(scene),
    )


def _swept(scene: Scene) -> Swept:
    """The floor that the load still covers if it is stopped now: way to standstill, widened by the swing."""
    s, stop = scene.state, scene.stop
    speed = s.travel_speed_mps
    share = stop.distance_m / speed if speed > 1e-6 else 0.0
    start = np.array([s.x_m, s.y_m])
    end = start + share * np.array([s.trolley_vx_mps, s.trolley_vy_mps])
    if math.dist(start, end) < 1e-6:
        end = start + np.array([1e-6, 0.0])
    outline = LineString([start, end]).buffer(scene.body.radius_m + stop.swing_m, quad_segs=_OUTLINE_SEGMENTS)
    return Swept(
        hoist=s.name,
        outline_m=tuple((float(x), float(y)) for x, y in outline.exterior.coords),
        bottom_m=scene.body.bottom_m,
        top_m=s.z_m,
    )
