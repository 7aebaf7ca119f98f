"""How does a forklift drive? A fixed front axle, steered from behind: it bends its way, and turns on the spot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recordings.plant.records import TruckState
from recordings.plant.route import Spot
from recordings.plant.scenario import Step, Truck

RADIUS_M = 1.8
"""Smallest radius of the middle of the front axle while the truck keeps its speed."""
ACCELERATION_MPS2 = 0.8
BRAKING_MPS2 = 1.5
LATERAL_MPS2 = 1.5
FRONT_M, BACK_M, HALF_WIDTH_M, HEIGHT_M = 1.15, 1.75, 0.58, 2.1
"""From the middle of the front axle: tips of the forks, end of the counterweight, half the width; overhead guard."""
SEAT_BACK_M, FOOTWELL_M = 0.75, 0.6
_PIVOT_RADPS = 0.5
_PIVOT_BELOW_MPS = 0.35
_FORK_MPS = 0.3
_ARRIVED_M = 0.06
_GENTLY, _EASE_S = 0.8, 0.7
_CREEP_MPS, _SHARP_RAD = 0.3, 1.7
_LOOK_M = 1.2
_SIDE_ROOM_M = 0.45


@dataclass(frozen=True, slots=True)
class Driving:
    """A truck and how far it is in its plan: the step it is at, and since when it has been where that leads."""

    state: TruckState
    step: int = -1
    there_s: float | None = 0.0


def at_start(truck: Truck) -> Driving:
    x, y = truck.start_m
    return Driving(TruckState(name=truck.name, x_m=x, y_m=y, heading_rad=math.radians(truck.heading_deg)))


def driven(now: Driving, truck: Truck, time_s: float, step_s: float, people: Sequence[Spot]) -> Driving:
    """The truck ``step_s`` later. ``people`` are those whom its driver brakes for."""
    now = _next_step(now, truck.plan, time_s)
    state = now.state
    step = truck.plan[now.step] if now.step >= 0 else None
    fork = state.fork_m
    if step is not None and step.fork_m is not None:
        fork += min(max(step.fork_m - fork, -_FORK_MPS * step_s), _FORK_MPS * step_s)
    if step is None or step.go_m is None or now.there_s is not None:
        slowed = _toward(state.speed_mps, 0.0, BRAKING_MPS2 * step_s)
        return replace(now, state=_moved(state, slowed, 0.0, fork, step_s))
    sense = -1.0 if step.backwards else 1.0
    dx, dy = step.go_m[0] - state.x_m, step.go_m[1] - state.y_m
    left = math.hypot(dx, dy)
    error = _wrapped(math.atan2(sense * dy, sense * dx) - state.heading_rad) if left > _ARRIVED_M else 0.0
    corner = _corner(truck.plan, now.step, state)
    arrived = left < (corner if corner is not None else _ARRIVED_M) and (corner is not None or abs(error) < 0.3)
    rest = left + (2.0 if corner is not None else 0.0)
    wanted = min(step.speed_mps, math.sqrt(2.0 * _GENTLY * BRAKING_MPS2 * rest), max(rest / _EASE_S, 0.05))
    if abs(error) > 0.15:
        wanted = min(wanted, math.sqrt(LATERAL_MPS2 * RADIUS_M))
    if abs(error) > _SHARP_RAD or 2.0 * RADIUS_M * abs(math.sin(error)) > 0.8 * left:
        wanted = min(wanted, _CREEP_MPS * max(math.cos(error), 0.0))
    if truck.stops and _in_the_way(state, sense, people):
        wanted = 0.0
    rate = ACCELERATION_MPS2 if wanted > abs(state.speed_mps) else BRAKING_MPS2
    speed = _toward(state.speed_mps, sense * wanted, rate * step_s)
    pivots = abs(speed) < _PIVOT_BELOW_MPS and not (truck.stops and wanted == 0.0 and abs(error) < 0.5)
    most = max(abs(speed) / RADIUS_M, _PIVOT_RADPS if pivots else 0.0)
    moved = _moved(state, speed, min(max(3.0 * error, -most), most), fork, step_s)
    return replace(now, state=moved, there_s=time_s + step_s if arrived else None)


def _next_step(now: Driving, plan: Sequence[Step], time_s: float) -> Driving:
    """The plan one step on, where the step is done and the next one's time has come."""
    if now.there_s is None or now.step + 1 >= len(plan):
        return now
    if now.step >= 0:
        step = plan[now.step]
        if time_s < now.there_s + step.wait_s - 1e-9 or time_s < (step.until_s or 0.0) - 1e-9:
            return now
    following = plan[now.step + 1]
    if time_s < (following.at_s or 0.0) - 1e-9:
        return now
    return Driving(now.state, now.step + 1, time_s if following.go_m is None else None)


def _corner(plan: Sequence[Step], at: int, state: TruckState) -> float | None:
    """How far before the point of a step the truck turns off to the next one; None where it stops there."""
    step, after = plan[at], plan[at + 1] if at + 1 < len(plan) else None
    if after is None or after.go_m is None or step.go_m is None or after.backwards != step.backwards:
        return None
    if step.wait_s or step.until_s is not None or after.at_s is not None:
        return None
    here, there = (step.go_m[0] - state.x_m, step.go_m[1] - state.y_m), after.go_m
    on = (there[0] - step.go_m[0], there[1] - step.go_m[1])
    turn = abs(_wrapped(math.atan2(on[1], on[0]) - math.atan2(here[1], here[0])))
    return min(RADIUS_M * math.tan(min(turn, 2.0) / 2.0), 0.8 * math.hypot(*on)) + 0.1


def _in_the_way(state: TruckState, sense: float, people: Sequence[Spot]) -> bool:
    """Whether somebody stands in the strip that the truck needs to stop."""
    need = state.speed_mps**2 / (2.0 * BRAKING_MPS2) + _LOOK_M
    cos, sin = math.cos(state.heading_rad), math.sin(state.heading_rad)
    end = FRONT_M if sense > 0.0 else BACK_M
    for x, y in people:
        ahead = sense * ((x - state.x_m) * cos + (y - state.y_m) * sin) - end
        aside = abs((y - state.y_m) * cos - (x - state.x_m) * sin)
        if -0.3 < ahead < need and aside < HALF_WIDTH_M + _SIDE_ROOM_M:
            return True
    return False


def _moved(state: TruckState, speed: float, rate: float, fork: float, step_s: float) -> TruckState:
    heading = state.heading_rad + rate * step_s
    middle = state.heading_rad + 0.5 * rate * step_s
    return TruckState(
        name=state.name,
        x_m=state.x_m + speed * math.cos(middle) * step_s,
        y_m=state.y_m + speed * math.sin(middle) * step_s,
        heading_rad=heading,
        speed_mps=speed,
        fork_m=fork,
    )


def _toward(value: float, wanted: float, most: float) -> float:
    return value + min(max(wanted - value, -most), most)


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
