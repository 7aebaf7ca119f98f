"""The true state of a plant at one instant: what physics leaves and rendering draws.

World frame as in the site file: metres, z up, floor z = 0. Angles are in radians, headings from the
x axis towards the y axis. Orientations are unit quaternions (w, x, y, z) that turn body axes into
world axes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tracking.records import Record

Role = Literal["operator", "slinger", "passer_by", "driver"]
Posture = Literal["stand", "walk", "bend", "reach", "pendant", "lie", "sit"]
Shape = Literal["crate", "beam", "coil", "plate", "mould"]
Point3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

UPRIGHT: Quaternion = (1.0, 0.0, 0.0, 0.0)


class BodyState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person.

    ``z_m`` is the height of what the feet stand on. ``heading_rad`` is where the chest points;
    ``speed_mps`` runs along it and is negative for walking backwards. ``phase_rad`` is the phase of
    the gait, 2π for two steps, left heel on the ground at 0. ``bend`` is how far the trunk leans
    forward, 0 upright to 1 hands at the ankles. ``hand_m`` is where both hands reach, if anywhere.
    ``vx_mps``, ``vy_mps`` are those of the walk, without its sway from step to step. Posture "pendant"
    and a posture with hands on a load may go with walking: the legs then follow speed and phase.
    Lying, x/y is the middle of the body and the heading points from the feet to the head.
    """

    name: str
    role: Role
    x_m: float
    y_m: float
    z_m: float = 0.0
    heading_rad: float = 0.0
    speed_mps: float = 0.0
    vx_mps: float = 0.0
    vy_mps: float = 0.0
    height_m: float = 1.72
    posture: Posture = "stand"
    phase_rad: float = 0.0
    bend: float = 0.0
    hand_m: Point3 | None = None


class TruckState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A forklift truck: middle of its front axle on the floor, the way it points, height of its forks."""

    name: str
    x_m: float
    y_m: float
    heading_rad: float
    speed_mps: float = 0.0
    fork_m: float = 0.1


class LoadState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One load. x/y/z are of the middle of its outer box, ``size_m`` the box along its own axes.

    ``hung_from`` names the hoist that bears any part of its weight, or is empty. ``resting`` says that
    the floor bears some of it.
    """

    name: str
    shape: Shape
    size_m: Point3
    x_m: float
    y_m: float
    z_m: float
    orientation: Quaternion = UPRIGHT
    vx_mps: float = 0.0
    vy_mps: float = 0.0
    vz_mps: float = 0.0
    hung_from: str = ""
    resting: bool = True


class CraneState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hoist: the point where the rope leaves the trolley, the hook below it, and its slings.

    The trolley point lies at the beam height. ``slings`` are straight legs from the hook to the load,
    each (hook end, load end). ``tension_n`` is the force in the rope.
    """

    name: str
    trolley_m: Point3
    hook_m: Point3
    trolley_velocity_mps: tuple[float, float] = (0.0, 0.0)
    hook_velocity_mps: Point3 = (0.0, 0.0, 0.0)
    rope_m: float
    tension_n: float = 0.0
    yaw_rad: float = 0.0
    carries: str = ""
    slings: tuple[tuple[Point3, Point3], ...] = ()


class World(Record, frozen=True, kw_only=True):
    """Everything that moves, at one time of the scenario. One record of the ground-truth channel."""

    time_s: float
    people: tuple[BodyState, ...] = ()
    trucks: tuple[TruckState, ...] = ()
    cranes: tuple[CraneState, ...] = ()
    loads: tuple[LoadState, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the relay outputs allow a hoist: run at all, and run fast."""

    permit: bool = True
    slow: bool = False
