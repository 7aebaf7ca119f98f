"""How does a person or a truck of the simulation look from outside? Its record for the world at an instant."""

from __future__ import annotations

import math
from collections.abc import Mapping

from calibration.camera import Array
from recordings.plant.grasp import hand_m
from recordings.plant.records import BodyState, CraneState, LoadState, Posture, TruckState
from recordings.plant.route import Spot
from recordings.plant.scenario import Worker
from recordings.plant.steps import Aim
from recordings.plant.trajectory import Sample
from recordings.plant.truck import FOOTWELL_M, SEAT_BACK_M
from recordings.plant.walking import WALK_MPS, Bodies

_OPERATES_MPS = 0.02
_PENDANT_WITHIN_M = 15.0
_TURN = 2.0 * math.pi


def planned(
    worker: Worker,
    bodies: Bodies,
    row: int,
    place_m: Array,
    aim: Aim,
    cranes: Mapping[str, CraneState],
    loads: Mapping[str, LoadState],
) -> BodyState:
    """Somebody who follows a plan; ``place_m`` (n, 2) has the sway in it."""
    vx, vy = (float(v) for v in bodies.velocity_mps[row])
    heading = float(bodies.heading_rad[row])
    x, y = (float(v) for v in place_m[row])
    load = loads.get(aim.hold.load) if aim.hold else None
    hand = hand_m(aim.hold, load, worker.height_m, worker.floor_m) if aim.hold and load else None
    speed = math.hypot(vx, vy)
    posture: Posture = aim.posture or ("walk" if speed > WALK_MPS else "stand")
    if aim.posture is None and worker.role == "operator" and _operates((x, y), cranes):
        posture = "pendant"
    return BodyState(
        name=worker.name,
        role=worker.role,
        x_m=x,
        y_m=y,
        z_m=worker.floor_m,
        heading_rad=_wrapped(heading),
        speed_mps=speed if vx * math.cos(heading) + vy * math.sin(heading) >= -0.5 * speed else -speed,
        vx_mps=vx,
        vy_mps=vy,
        height_m=worker.height_m,
        posture=posture,
        phase_rad=float(bodies.phase_rad[row]) % _TURN,
        bend=float(bodies.bend[row]),
        hand_m=hand,
    )


def seated(worker: Worker, truck: TruckState) -> BodyState:
    """The driver of a truck."""
    cos, sin = math.cos(truck.heading_rad), math.sin(truck.heading_rad)
    return BodyState(
        name=worker.name,
        role=worker.role,
        x_m=truck.x_m - SEAT_BACK_M * cos,
        y_m=truck.y_m - SEAT_BACK_M * sin,
        z_m=FOOTWELL_M,
        heading_rad=truck.heading_rad,
        speed_mps=truck.speed_mps,
        vx_mps=truck.speed_mps * cos,
        vy_mps=truck.speed_mps * sin,
        height_m=worker.height_m,
        posture="sit",
    )


def passing(worker: Worker, sample: Sample) -> BodyState:
    """Somebody on a real trajectory."""
    speed = math.hypot(sample.vx_mps, sample.vy_mps)
    return BodyState(
        name=worker.name,
        role=worker.role,
        x_m=sample.x_m,
        y_m=sample.y_m,
        z_m=worker.floor_m,
        heading_rad=_wrapped(sample.heading_rad),
        speed_mps=speed,
        vx_mps=sample.vx_mps,
        vy_mps=sample.vy_mps,
        height_m=worker.height_m,
        posture="walk" if speed > WALK_MPS else "stand",
        phase_rad=sample.phase_rad % _TURN,
    )


def between(a: TruckState, b: TruckState, share: float) -> TruckState:
    """A truck's state at a share 0..1 of the way from one to the other."""

    def mixed(p: float, q: float) -> float:
        return p + share * (q - p)

    return TruckState(
        name=b.name,
        x_m=mixed(a.x_m, b.x_m),
        y_m=mixed(a.y_m, b.y_m),
        heading_rad=_wrapped(mixed(a.heading_rad, b.heading_rad)),
        speed_mps=mixed(a.speed_mps, b.speed_mps),
        fork_m=mixed(a.fork_m, b.fork_m),
    )


def _operates(here: Spot, cranes: Mapping[str, CraneState]) -> bool:
    """Whether the hoist nearest to somebody is driven: its operator then holds the pendant."""
    near = min(cranes.values(), key=lambda c: math.dist(here, c.trolley_m[:2]), default=None)
    if near is None or math.dist(here, near.trolley_m[:2]) > _PENDANT_WITHIN_M:
        return False
    return max(math.hypot(*near.trolley_velocity_mps), abs(near.hook_velocity_mps[2])) > _OPERATES_MPS


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % _TURN - math.pi
