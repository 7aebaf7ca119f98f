"""What does a person's plan ask for now? Its steps, one after the other, as an aim for the next tenth of a second."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recordings.plant.grasp import REACH_M, Hold, bend_for, hand_m, place_at, stand_m
from recordings.plant.records import CraneState, LoadState, Posture
from recordings.plant.route import Ground, Spot
from recordings.plant.scenario import Step, Worker
from recordings.plant.walking import ALONG, BACKWARDS, FACING, HOLD, Wishes

_ARRIVED_M = 0.08
_PASSED_M = 0.2
_MOVED_M = 0.3
_AT_LOAD_M = 0.1
_FACE_FROM_M = 1.0
_CALM_M, _RESTLESS_M = 0.12, 0.35
_LOOK_AGAIN_S = 0.5
_STUCK_S, _NEAR_M, _DETOUR_S = 3.0, 1.5, 6.0
_DRIFT_MPS = 0.03
_BENDS = {"bend": 0.8, "reach": 0.15}
_HURRY_MPS = 1.8


@dataclass(frozen=True, slots=True)
class Around:
    """What a person's plan can refer to, where the floor is free, and where the others are or are about to stand."""

    cranes: Mapping[str, CraneState]
    loads: Mapping[str, LoadState]
    ground: Ground
    others: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Aim:
    """Where to, how, and in which posture; see ``walking.Wishes``. ``posture`` None is standing or walking."""

    target: Spot
    rest_m: float = 0.0
    speed_mps: float = 0.0
    lead_mps: Spot = (0.0, 0.0)
    top_mps: float = 0.0
    chest: int = ALONG
    face: Spot = (0.0, 0.0)
    bend: float = 0.0
    posture: Posture | None = None
    hold: Hold | None = None


def wishes_of(aims: Sequence[Aim]) -> Wishes:
    """The aims of n people as rows, with nobody in the way yet."""
    n = len(aims)
    return Wishes(
        target_m=np.array([a.target for a in aims], float).reshape(n, 2),
        rest_m=np.array([a.rest_m for a in aims], float),
        speed_mps=np.array([a.speed_mps for a in aims], float),
        lead_mps=np.array([a.lead_mps for a in aims], float).reshape(n, 2),
        top_mps=np.array([a.top_mps for a in aims], float),
        steer_rad=np.zeros(n),
        cap_mps=np.full(n, np.inf),
        chest=np.array([a.chest for a in aims], float),
        face_m=np.array([a.face for a in aims], float).reshape(n, 2),
        bend=np.array([a.bend for a in aims], float),
    )


class Actor:
    """One person and how far in the plan. Called in rising time; equal calls give equal aims."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.stand: Spot | None = None
        self._step = -1
        self._there_s: float | None = 0.0
        self._gone = True
        self._begin()

    def aim(self, now_s: float, here: Spot, around: Around) -> Aim:
        """What to do in the next tenth of a second."""
        self._next_step(now_s)
        if self._step < 0:
            return Aim(here, chest=HOLD)
        step = self.worker.plan[self._step]
        if not self._gone and step.go_m is not None:
            return self._go(step, step.go_m, now_s, here, around)
        if step.hands_on is not None:
            return self._hands(step, step.hands_on, now_s, here, around)
        if step.follow is not None and step.follow in around.cranes:
            return self._follow(step, around.cranes[step.follow], now_s, here, around)
        return self._stay(step, now_s, here)

    def _begin(self) -> None:
        self.stand = None
        self._hold: Hold | None = None
        self._side: Spot | None = None
        self._calm = False
        self._path: tuple[Spot, ...] = ()
        self._looked_s = -math.inf
        self._ground: Ground | None = None
        self._best = (math.inf, 0.0)
        self._stuck = False
        self._detour: tuple[float, Ground] | None = None

    def _next_step(self, now_s: float) -> None:
        """Go on to the next step, where this one is done and the time of the next has come."""
        plan = self.worker.plan
        while self._there_s is not None and self._step + 1 < len(plan):
            if self._step >= 0:
                step = plan[self._step]
                if now_s < max(self._there_s + step.wait_s, step.until_s or 0.0) - 1e-9:
                    return
            following = plan[self._step + 1]
            if now_s < (following.at_s or 0.0) - 1e-9:
                return
            self._step += 1
            self._begin()
            self._gone = following.go_m is None
            waits = following.wait_s > 0.0 or following.until_s is not None
            self._there_s = None if not self._gone or following.hands_on or waits else now_s

    def _go(self, step: Step, goal: Spot, now_s: float, here: Spot, around: Around) -> Aim:
        target, rest = self._way(goal, now_s, here, around)
        left = _distance(here, target) + rest
        if left < _ARRIVED_M or self._gives_up(left, now_s):
            self._gone = True
            self._path = ()
            self._there_s = None if step.hands_on else now_s
            return self._stay(step, now_s, here)
        facing = step.face_m is not None and left < _FACE_FROM_M
        chest = BACKWARDS if step.backwards else FACING if facing else ALONG
        return Aim(
            target,
            rest,
            step.speed_mps,
            top_mps=step.speed_mps,
            chest=chest,
            face=step.face_m or goal,
            posture="pendant" if step.posture == "pendant" else None,
        )

    def _hands(self, step: Step, name: str, now_s: float, here: Spot, around: Around) -> Aim:
        load = around.loads.get(name)
        if load is None:
            return self._stay(step, now_s, here)
        if self._hold is None:
            self._hold = place_at(load, here, around.ground, around.others)
        self.stand = stand_m(self._hold, load)
        away = _distance(here, self.stand)
        if away < _AT_LOAD_M and self._there_s is None:
            self._there_s = now_s
        target, rest = self._way(self.stand, now_s, here, around) if away > _AT_LOAD_M else (self.stand, 0.0)
        hand = hand_m(self._hold, load, self.worker.height_m, self.worker.floor_m)
        reaching = hand is not None and away < REACH_M
        bend = bend_for(hand[2], self.worker.height_m, self.worker.floor_m) if hand and reaching else 0.0
        lead = _drift(load.vx_mps, load.vy_mps) if away < 2.0 * _FACE_FROM_M else (0.0, 0.0)
        return Aim(
            target,
            rest,
            step.speed_mps if away > 0.02 else 0.0,
            lead,
            max(step.speed_mps, _HURRY_MPS),
            chest=FACING if away < _FACE_FROM_M else ALONG,
            face=(hand[0], hand[1]) if hand else (load.x_m, load.y_m),
            bend=bend,
            posture=(step.posture or ("bend" if bend > 0.25 else "reach")) if reaching else None,
            hold=self._hold if reaching else None,
        )

    def _follow(self, step: Step, crane: CraneState, now_s: float, here: Spot, around: Around) -> Aim:
        """Beside the hook, on the side where the person was. The trolley is followed: nobody walks after a swing."""
        x, y = crane.trolley_m[:2]
        if self._there_s is None:
            self._there_s = now_s
        if self._side is None:
            away = _distance(here, (x, y))
            self._side = ((here[0] - x) / away, (here[1] - y) / away) if away > 0.1 else (0.0, -1.0)
        goal = (x + step.distance_m * self._side[0], y + step.distance_m * self._side[1])
        if self.worker.avoids:
            goal = around.ground.nearest(goal)
        away = _distance(here, goal)
        self._calm = away < (_RESTLESS_M if self._calm else _CALM_M)
        target, rest = (here, 0.0) if self._calm else self._way(goal, now_s, here, around)
        operates = self.worker.role == "operator"
        return Aim(
            target,
            rest,
            0.0 if self._calm else step.speed_mps,
            _drift(*crane.trolley_velocity_mps) if rest == 0.0 else (0.0, 0.0),
            max(step.speed_mps, math.hypot(*crane.trolley_velocity_mps)),
            chest=FACING if away < _FACE_FROM_M else ALONG,
            face=crane.hook_m[:2],
            posture=step.posture or ("pendant" if operates else None),
        )

    def _stay(self, step: Step, now_s: float, here: Spot) -> Aim:
        if self._there_s is None:
            self._there_s = now_s
        chest = FACING if step.face_m is not None and step.posture != "lie" else HOLD
        bend = _BENDS.get(step.posture or "stand", 0.0)
        return Aim(here, chest=chest, face=step.face_m or here, bend=bend, posture=step.posture)

    def _way(self, goal: Spot, now_s: float, here: Spot, around: Around) -> tuple[Spot, float]:
        """The next point of the way to the goal, and what is left of the way from there."""
        if not self.worker.avoids:
            return goal, 0.0
        ground = self._floor(now_s, here, around)
        goal = around.ground.nearest(goal)
        path = self._path
        if path and path[-1] != goal and _distance(path[-1], goal) < _MOVED_M:
            path = (*path[:-1], goal)
        stale = not path or path[-1] != goal
        if stale or ground is not self._ground or now_s > self._looked_s + _LOOK_AGAIN_S - 1e-9:
            if stale or ground is not self._ground or not ground.clear(here, path[0]):
                path = ground.route(here, goal)
            elif len(path) > 1 and ground.clear(here, path[1]):
                path = path[1:]
            self._looked_s, self._ground = now_s, ground
        while len(path) > 1 and _distance(here, path[0]) < _PASSED_M:
            path = path[1:]
        self._path = path
        return path[0], sum(_distance(a, b) for a, b in pairwise(path))

    def _floor(self, now_s: float, here: Spot, around: Around) -> Ground:
        """The floor; for a while after being stuck, with those as blocks who stood in the way then."""
        if self._stuck:
            near = [spot for spot in around.others if _distance(here, spot) < _NEAR_M]
            self._detour, self._stuck = (now_s + _DETOUR_S, around.ground.past(near, here)), False
        if self._detour is not None and now_s < self._detour[0]:
            return self._detour[1]
        return around.ground

    def _gives_up(self, left: float, now_s: float) -> bool:
        """Whether the goal is near, and somebody has stood in the way for so long that this will have to do."""
        if left < self._best[0] - 0.05:
            self._best = (left, now_s)
        stuck = now_s > self._best[1] + _STUCK_S
        if stuck and left >= _NEAR_M:
            self._best, self._stuck = (math.inf, now_s), True
        return stuck and left < _NEAR_M


def _drift(vx_mps: float, vy_mps: float) -> Spot:
    """A velocity worth walking with."""
    return (vx_mps, vy_mps) if math.hypot(vx_mps, vy_mps) > _DRIFT_MPS else (0.0, 0.0)


def _distance(a: Spot, b: Spot) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])
