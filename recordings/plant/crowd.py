"""Where is everybody on the floor? People by their plans or real trajectories, and forklifts with their drivers.

Time runs on a fixed grid inside, so that it does not matter in which pieces ``advance`` is called.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from calibration.camera import Array, Flags
from calibration.errors import BadInput
from recordings.plant import figures
from recordings.plant import truck as trucks
from recordings.plant.avoid import NOBODY, Discs, joined, settled, steered
from recordings.plant.boxes import box_of
from recordings.plant.records import BodyState, CraneState, LoadState, TruckState
from recordings.plant.route import Ground, Spot
from recordings.plant.scenario import Scenario, Worker
from recordings.plant.shove import pushers, shoved
from recordings.plant.solids import standing_m
from recordings.plant.steps import Actor, Aim, Around, wishes_of
from recordings.plant.trajectory import read_trajectory
from recordings.plant.walking import (
    BODY_RADIUS_M,
    RATE_HZ,
    STEP_S,
    Bodies,
    Unevenness,
    swayed_m,
    turned,
    walked,
    wanted_mps,
)

_TICK_STEPS = 3
_HEADROOM_M = 1.8
_STEP_UP_M = 0.1
_TRUCK_DISCS = ((0.75, 0.45), (0.0, 0.7), (-0.6, 0.7), (-1.2, 0.65))
"""(metres ahead of the front axle, radius) of discs that cover a forklift."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Everybody with a plan, and every truck, at one step of the grid."""

    bodies: Bodies
    trucks: tuple[trucks.Driving, ...]


class Crowd:
    """The people and trucks of a scenario. Deterministic: the scenario's seed decides all that is uneven.

    People with a trajectory are there from its first row to its last; all others always.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        """Raises BadInput naming file, line and field where a trajectory beside the scenario cannot be used."""
        self._scenario = scenario
        self._tracks = {
            w.name: read_trajectory(folder / w.trajectory, w.height_m) for w in scenario.person if w.trajectory
        }
        names = {t.name for t in scenario.truck}
        for worker in scenario.person:
            if worker.drives is not None and worker.drives not in names:
                raise BadInput(
                    f"person {worker.name!r}, drives: expected a truck of the scenario, got {worker.drives!r}"
                )
        walkers = [w for w in scenario.person if w.name not in self._tracks and w.drives is None]
        self._actors = [Actor(w) for w in walkers]
        self._rows = {w.name: k for k, w in enumerate(walkers)}
        self._avoids: Flags = np.array([w.avoids for w in walkers], np.bool_)
        self._uneven = Unevenness([[scenario.scenario.seed, k] for k in range(len(walkers))])
        self._floors = sorted({w.floor_m for w in walkers})
        self._groups = [np.array([k for k, w in enumerate(walkers) if w.floor_m == f], np.intp) for f in self._floors]
        self._grounds: dict[float, tuple[tuple[object, ...], Ground]] = {}
        self._aims: list[Aim] = []
        self._steps = 0
        self._now = self._before = _Moment(
            self._at_start(walkers), tuple(trucks.at_start(truck) for truck in scenario.truck)
        )

    def advance(
        self, to_s: float, cranes: Sequence[CraneState], loads: Sequence[LoadState]
    ) -> tuple[tuple[BodyState, ...], tuple[TruckState, ...]]:
        """Everybody's state at ``to_s``, in the order of the scenario.

        Cranes and loads are those at ``to_s``; people act on them until the next call. Times must not
        fall: raises ValueError.
        """
        wanted = math.ceil(to_s * RATE_HZ - 1e-6)
        if wanted < self._steps:
            raise ValueError(f"time runs forwards, asked for {to_s} s after {self._steps / RATE_HZ} s")
        by_name = {crane.name: crane for crane in cranes}, {load.name: load for load in loads}
        if self._steps == 0:
            self._look(0.0, *by_name)
        while self._steps < wanted:
            self._step(*by_name)
        share = min(max(to_s * RATE_HZ - (self._steps - 1), 0.0), 1.0)
        return self._states(to_s, share, *by_name)

    def _at_start(self, walkers: Sequence[Worker]) -> Bodies:
        n = len(walkers)
        starts = [self._ground(w.floor_m, {}).nearest(w.start_m) if w.avoids else w.start_m for w in walkers]
        return Bodies(
            np.array(starts, float).reshape(n, 2),
            np.zeros((n, 2)),
            np.radians([w.heading_deg for w in walkers]),
            np.zeros(n),
            np.zeros(n),
            np.array([w.height_m for w in walkers], float),
        )

    def _step(self, cranes: dict[str, CraneState], loads: dict[str, LoadState]) -> None:
        """One step of the grid."""
        time_s = self._steps / RATE_HZ
        if self._steps % _TICK_STEPS == 0:
            self._look(time_s, cranes, loads)
        bodies, since_s = self._now.bodies, (self._steps % _TICK_STEPS) * STEP_S
        wishes = replace(self._wishes, target_m=self._wishes.target_m + self._wishes.lead_mps * since_s)
        after = walked(bodies, wishes, self._uneven.at(time_s))
        after = turned(self._moved_on(bodies, after, since_s), wishes)
        there = [(float(x), float(y)) for x, y in after.position_m] + [(float(x), float(y)) for x, y in self._passers]
        driving = tuple(
            trucks.driven(now, truck, time_s, STEP_S, there)
            for now, truck in zip(self._now.trucks, self._scenario.truck, strict=True)
        )
        self._before, self._now = self._now, _Moment(after, driving)
        self._steps += 1

    def _look(self, time_s: float, cranes: dict[str, CraneState], loads: dict[str, LoadState]) -> None:
        """Ten times a second: what everybody is about to do, and how to get past the others."""
        bodies = self._now.bodies
        here = [(float(x), float(y)) for x, y in bodies.position_m]
        claimed = [actor.stand or spot for actor, spot in zip(self._actors, here, strict=True)]
        aims = []
        for k, actor in enumerate(self._actors):
            around = Around(cranes, loads, self._ground(actor.worker.floor_m, loads), claimed[:k] + claimed[k + 1 :])
            aims.append(actor.aim(time_s, here[k], around))
            claimed[k] = actor.stand or here[k]
        self._aims = aims
        self._strangers = self._discs(time_s)
        wishes = wishes_of(aims)
        self._wishes = wishes
        wanted = wanted_mps(bodies, wishes)
        reach = np.hypot(*(wishes.target_m - bodies.position_m).T) + wishes.rest_m + np.hypot(*wishes.lead_mps.T)
        for floor_m, group in zip(self._floors, self._groups, strict=True):
            discs = joined(bodies, group, self._strangers if floor_m < _STEP_UP_M else NOBODY)
            movers = group[self._avoids[group]]
            edges = self._ground(floor_m, loads).edges_m
            turn = steered(bodies.position_m[movers], wanted[movers], reach[movers], movers, discs, edges)
            wishes.steer_rad[movers], wishes.cap_mps[movers] = turn[:, 0], turn[:, 1]
        self._loads = loads
        self._pushers = pushers(loads.values())
        self._tall_m = standing_m(bodies.height_m, bodies.bend, [aim.posture for aim in aims])

    def _moved_on(self, before: Bodies, after: Bodies, since_s: float) -> Bodies:
        """``after``, with nobody who avoids in anybody or anything, and with those pushed whom a load runs into."""
        place, velocity = after.position_m.copy(), after.velocity_mps.copy()
        there = self._strangers
        there = replace(there, middle_m=there.middle_m + there.velocity_mps * since_s)
        for floor_m, group in zip(self._floors, self._groups, strict=True):
            strangers = there if floor_m < _STEP_UP_M else NOBODY
            ground = self._ground(floor_m, self._loads)
            old, new = before.position_m[group], after.position_m[group]
            out = settled(old, new, self._avoids[group], strangers, ground)
            held = (out != new).any(axis=1)
            velocity[group[held]] = _no_faster((out - old)[held] / STEP_S, velocity[group[held]])
            if self._pushers:
                low, high = np.full(len(group), floor_m), floor_m + self._tall_m[group]
                out, pushed = shoved(out, low, high, self._pushers, since_s, STEP_S, ground)
                for k, speed in pushed.items():
                    velocity[group[k]] = speed
            place[group] = out
        return replace(after, position_m=place, velocity_mps=velocity)

    def _discs(self, time_s: float) -> Discs:
        """People on trajectories, and trucks."""
        rows = []
        self._passers: list[Spot] = []
        for track in self._tracks.values():
            sample = track.at(time_s)
            if sample is not None:
                rows.append((sample.x_m, sample.y_m, sample.vx_mps, sample.vy_mps, BODY_RADIUS_M + 0.03))
                self._passers.append((sample.x_m, sample.y_m))
        for driving in self._now.trucks:
            state = driving.state
            cos, sin = math.cos(state.heading_rad), math.sin(state.heading_rad)
            for ahead, radius in _TRUCK_DISCS:
                at = state.x_m + ahead * cos, state.y_m + ahead * sin
                rows.append((*at, state.speed_mps * cos, state.speed_mps * sin, radius))
        table = np.array(rows, float).reshape(-1, 5)
        return Discs(table[:, :2], table[:, 2:4], table[:, 4], np.full(len(table), -1, np.intp))

    def _ground(self, floor_m: float, loads: dict[str, LoadState]) -> Ground:
        """What can be walked on at this height, between structures and resting loads; built anew when a load moved."""
        resting = tuple(
            (load.name, round(load.x_m, 2), round(load.y_m, 2), tuple(round(q, 2) for q in load.orientation))
            for load in loads.values()
            if load.resting and load.z_m - load.size_m[2] / 2 < floor_m + _HEADROOM_M
        )
        known = self._grounds.get(floor_m)
        if known is None or known[0] != resting:
            blocks: list[BaseGeometry] = [
                shapely.Polygon(s.polygon_m) for s in self._scenario.structure if s.height_m > floor_m + _STEP_UP_M
            ]
            boxes = [box_of(loads[name]) for name, *_ in resting]
            blocks += [b.footprint() for b in boxes if b.middle_m[2] + b.reach_z_m > floor_m + _STEP_UP_M]
            known = resting, Ground(blocks, self._scenario.hall.size_m)
            self._grounds[floor_m] = known
        return known[1]

    def _states(
        self, time_s: float, share: float, cranes: dict[str, CraneState], loads: dict[str, LoadState]
    ) -> tuple[tuple[BodyState, ...], tuple[TruckState, ...]]:
        bodies = self._before.bodies.between(self._now.bodies, share)
        lying = np.array([aim.posture == "lie" for aim in self._aims], np.bool_)
        place = swayed_m(bodies, self._uneven.at(time_s), lying)
        driven = {
            a.state.name: figures.between(a.state, b.state, share)
            for a, b in zip(self._before.trucks, self._now.trucks, strict=True)
        }
        people = []
        for worker in self._scenario.person:
            if worker.drives is not None:
                people.append(figures.seated(worker, driven[worker.drives]))
            elif worker.name in self._tracks:
                sample = self._tracks[worker.name].at(time_s)
                people += [figures.passing(worker, sample)] if sample else []
            else:
                k = self._rows[worker.name]
                people.append(figures.planned(worker, bodies, k, place, self._aims[k], cranes, loads))
        return tuple(people), tuple(driven[truck.name] for truck in self._scenario.truck)


def _no_faster(velocity_mps: Array, walked_mps: Array) -> Array:
    """(k, 2) as they were held or pushed aside by others, which leaves nobody faster than they walked."""
    speed, most = np.hypot(*velocity_mps.T), np.hypot(*walked_mps.T)
    out: Array = velocity_mps * np.minimum(1.0, most / np.maximum(speed, 1e-9))[:, None]
    return out
