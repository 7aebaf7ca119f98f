"""Random moments in a random hall: where the hoist, its load and the people are in one training picture."""

from __future__ import annotations

import math

import numpy as np
from shapely import Point, Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from recordings.plant.records import (
    UPRIGHT,
    BodyState,
    CraneState,
    LoadState,
    Point3,
    Posture,
    Quaternion,
    TruckState,
    World,
)
from recordings.plant.scenario import Crane, Load, Scenario
from recordings.training.random_halls import Generator

_WALL_M = 0.6
_BODY_M = 0.45
_TRIES = 40


def random_world(scenario: Scenario, rng: Generator, time_s: float = 0.0) -> World:
    """One moment: the hoist anywhere in its reach, loaded or empty, loads about, people near and far."""
    taken: list[BaseGeometry] = [Polygon(s.polygon_m) for s in scenario.structure]
    cranes: list[CraneState] = []
    loads: list[LoadState] = []
    for number, hoist in enumerate(scenario.hoist):
        carried = scenario.load[number] if number < len(scenario.load) and rng.random() < 0.62 else None
        for _ in range(1 if not cranes else _TRIES):
            crane, slung = _hoist(hoist, carried, rng)
            if all(_apart(crane, slung, other, loads) for other in cranes):
                cranes.append(crane)
                loads += slung
                if carried is not None and slung[0].z_m < carried.size_m[2] / 2 + 0.8:
                    taken.append(Point(slung[0].x_m, slung[0].y_m).buffer(max(carried.size_m[:2]) / 2))
                break
    first = len(scenario.hoist)
    standing = scenario.load[first : first + int(rng.integers(0, max(1, len(scenario.load) - first + 1)))]
    for load in standing:
        state = _standing(scenario, load, taken, rng)
        if state is not None:
            loads.append(state)
            taken.append(Point(state.x_m, state.y_m).buffer(math.hypot(*load.size_m[:2]) / 2))
    trucks = tuple(_truck(scenario, taken, rng) for _ in scenario.truck)
    people = _people(scenario, cranes, taken, rng)
    return World(time_s=time_s, people=people, trucks=trucks, cranes=tuple(cranes), loads=tuple(loads))


def _apart(crane: CraneState, slung: list[LoadState], other: CraneState, loads: list[LoadState]) -> bool:
    """Whether a hoist hangs clear of another one and of every load that hangs already."""
    hung = [(state.x_m, state.y_m, math.hypot(*state.size_m[:2]) / 2) for state in slung]
    mine = [(*crane.hook_m[:2], 0.4), *hung]
    others = [(*other.hook_m[:2], 0.4), *((s.x_m, s.y_m, math.hypot(*s.size_m[:2]) / 2) for s in loads)]
    return all(math.hypot(a[0] - b[0], a[1] - b[1]) > a[2] + b[2] for a in mine for b in others)


def _free(scenario: Scenario, taken: list[BaseGeometry], margin_m: float, rng: Generator) -> tuple[float, float] | None:
    width, depth = scenario.hall.size_m
    blocked = unary_union(taken)
    for _ in range(_TRIES):
        x, y = float(rng.uniform(_WALL_M, width - _WALL_M)), float(rng.uniform(_WALL_M, depth - _WALL_M))
        if blocked.distance(Point(x, y)) > margin_m:
            return x, y
    return None


def _trolley(crane: Crane, rng: Generator) -> tuple[float, float]:
    (x0, y0), (x1, y1) = crane.travel_m
    if crane.kind == "bridge":
        return float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1))
    if crane.kind == "monorail":
        u = float(rng.uniform(0.0, 1.0))
        return x0 + u * (x1 - x0), y0 + u * (y1 - y0)
    reach, turn = math.hypot(x1 - x0, y1 - y0), math.atan2(y1 - y0, x1 - x0) + float(rng.uniform(-1.1, 1.1))
    r = reach * float(rng.uniform(0.35, 1.0))
    return x0 + r * math.cos(turn), y0 + r * math.sin(turn)


def _hoist(crane: Crane, load: Load | None, rng: Generator) -> tuple[CraneState, list[LoadState]]:
    """Rope and slings lie on one straight line from the trolley, swung out by a few degrees."""
    tx, ty = _trolley(crane, rng)
    low, high = crane.hook_height_m
    need_m = 0.0 if load is None else load.size_m[2] + load.sling_m
    height = float(rng.uniform(min(max(low, need_m), high), high))
    if load is None and rng.random() < 0.5:
        height = float(rng.uniform(low, min(2.5, high)))
    sway = float(np.abs(rng.normal(0.0, 0.03)))
    way = float(rng.uniform(0.0, 2 * math.pi))
    along = np.array([math.sin(sway) * math.cos(way), math.sin(sway) * math.sin(way), -math.cos(sway)])
    rope = (crane.beam_height_m - height) / math.cos(sway)
    hook = np.array([tx, ty, crane.beam_height_m]) + rope * along
    yaw = float(rng.uniform(0.0, 2 * math.pi))
    loads: list[LoadState] = []
    slings: tuple[tuple[Point3, Point3], ...] = ()
    if load is not None:
        down = min(load.sling_m + load.size_m[2] / 2, hook[2] - load.size_m[2] / 2)
        middle = hook + down * along
        middle[2] = max(middle[2], load.size_m[2] / 2)
        turn = _yaw(float(rng.uniform(0.0, 2 * math.pi)))
        loads.append(_state(load, middle, turn, crane.name, resting=bool(middle[2] < load.size_m[2] / 2 + 0.01)))
        slings = tuple((_point(hook), end) for end in _lugs(load, middle, turn))
    state = CraneState(
        name=crane.name,
        trolley_m=(tx, ty, crane.beam_height_m),
        hook_m=_point(hook),
        rope_m=rope,
        yaw_rad=yaw,
        carries=load.name if load else "",
        slings=slings,
    )
    return state, loads


def _point(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Point3:
    return (float(values[0]), float(values[1]), float(values[2]))


def _yaw(angle_rad: float) -> Quaternion:
    return (math.cos(angle_rad / 2), 0.0, 0.0, math.sin(angle_rad / 2))


def _lugs(load: Load, middle: np.ndarray[tuple[int, ...], np.dtype[np.float64]], turn: Quaternion) -> list[Point3]:
    """Where the legs of the slings meet the top of the load."""
    a, b, c = (s / 2 for s in load.size_m)
    ends = {1: [(0.0, 0.0)], 2: [(-0.8 * a, 0.0), (0.8 * a, 0.0)]}.get(
        load.legs, [(-0.8 * a, -0.9 * b), (0.8 * a, -0.9 * b), (0.8 * a, 0.9 * b), (-0.8 * a, 0.9 * b)]
    )
    angle = 2.0 * math.atan2(turn[3], turn[0])
    cos, sin = math.cos(angle), math.sin(angle)
    return [
        (float(middle[0] + cos * x - sin * y), float(middle[1] + sin * x + cos * y), float(middle[2] + c))
        for x, y in ends
    ]


def _state(
    load: Load,
    middle: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    turn: Quaternion,
    hung_from: str,
    *,
    resting: bool,
) -> LoadState:
    x, y, z = _point(middle)
    return LoadState(
        name=load.name,
        shape=load.shape,
        size_m=load.size_m,
        x_m=x,
        y_m=y,
        z_m=z,
        orientation=turn,
        hung_from=hung_from,
        resting=resting,
    )


def _standing(scenario: Scenario, load: Load, taken: list[BaseGeometry], rng: Generator) -> LoadState | None:
    at = _free(scenario, taken, math.hypot(*load.size_m[:2]) / 2 + 0.2, rng)
    if at is None:
        return None
    middle = np.array([*at, load.size_m[2] / 2])
    return _state(load, middle, _yaw(math.radians(load.yaw_deg)) if load.yaw_deg else UPRIGHT, "", resting=True)


def _truck(scenario: Scenario, taken: list[BaseGeometry], rng: Generator) -> TruckState:
    x, y = _free(scenario, taken, 1.6, rng) or scenario.truck[0].start_m
    taken.append(Point(x, y).buffer(1.5))
    heading = float(rng.uniform(0.0, 2 * math.pi))
    return TruckState(
        name=scenario.truck[0].name, x_m=x, y_m=y, heading_rad=heading, fork_m=float(rng.uniform(0.05, 1.2))
    )


def _people(
    scenario: Scenario, cranes: list[CraneState], taken: list[BaseGeometry], rng: Generator
) -> tuple[BodyState, ...]:
    """Some near the hook, the rest anywhere; now and then two who stand close together."""
    people: list[BodyState] = []
    blocked = unary_union(taken)
    width, depth = scenario.hall.size_m
    chosen = rng.permutation(len(scenario.person))[: int(rng.integers(0, len(scenario.person) + 1))]
    for index in chosen:
        worker = scenario.person[int(index)]
        crane = cranes[int(rng.integers(len(cranes)))] if len(cranes) > 1 else cranes[0]
        for _ in range(_TRIES):
            centre = _gathering(people, crane, rng)
            if centre is None:
                x, y = float(rng.uniform(_WALL_M, width - _WALL_M)), float(rng.uniform(_WALL_M, depth - _WALL_M))
            else:
                r, angle = float(rng.uniform(0.5, 3.0)), float(rng.uniform(0.0, 2 * math.pi))
                x, y = centre[0] + r * math.cos(angle), centre[1] + r * math.sin(angle)
            inside = _WALL_M <= x <= width - _WALL_M and _WALL_M <= y <= depth - _WALL_M
            apart = all(math.hypot(x - p.x_m, y - p.y_m) > _BODY_M for p in people)
            if inside and apart and blocked.distance(Point(x, y)) > 0.3:
                people.append(_body(worker.name, worker.height_m, x, y, crane, rng))
                break
    return tuple(people)


def _gathering(people: list[BodyState], crane: CraneState, rng: Generator) -> tuple[float, float] | None:
    draw = rng.random()
    if draw < 0.35:
        return crane.hook_m[0], crane.hook_m[1]
    if draw < 0.5 and people:
        return people[-1].x_m, people[-1].y_m
    return None


def _body(name: str, height_m: float, x: float, y: float, crane: CraneState, rng: Generator) -> BodyState:
    postures: tuple[Posture, ...] = ("stand", "walk", "bend", "reach", "pendant", "lie")
    posture = postures[int(rng.choice(len(postures), p=(0.22, 0.44, 0.12, 0.08, 0.11, 0.03)))]
    heading = float(rng.uniform(0.0, 2 * math.pi))
    hand = None
    if posture == "reach":
        reach = 0.55
        hand = (x + reach * math.cos(heading), y + reach * math.sin(heading), float(rng.uniform(0.8, 1.5)))
    speed = 0.0
    if posture == "walk":
        speed = float(rng.uniform(0.5, 1.7)) * (-0.5 if rng.random() < 0.1 else 1.0)
    return BodyState(
        name=name,
        role="slinger" if posture in ("bend", "reach") else "operator" if posture == "pendant" else "passer_by",
        x_m=x,
        y_m=y,
        heading_rad=heading,
        speed_mps=speed,
        vx_mps=speed * math.cos(heading),
        vy_mps=speed * math.sin(heading),
        height_m=height_m,
        posture=posture,
        phase_rad=float(rng.uniform(0.0, 2 * math.pi)),
        bend=float(rng.uniform(0.3, 1.0)) if posture == "bend" else 0.0,
        hand_m=hand,
    )
