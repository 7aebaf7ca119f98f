"""How close is everything that may hurt somebody, in truth? Pure: one world in, its gaps out.

Closeness is geometric: a body is an upright cylinder of 0.25 m radius (``solids.cylinders``), a load its
outer box, a hook block a ball of 0.25 m, a structure its polygon up to its height. The energy of a hit
is ½·μ·v² with v the relative speed; against a body μ is the reduced mass 1/(1/m + 1/m_H) of ISO/TS
15066, A.3.6, with its 40 kg for the chest, against anything fixed the mass of the load.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
import shapely

from recordings.plant.records import BodyState, CraneState, LoadState, Point3, World
from recordings.plant.scenario import Scenario
from recordings.plant.solids import (
    HOOK_RADIUS_M,
    Apart,
    Cylinder,
    Solid,
    between_solids,
    cylinders,
    from_ball,
    from_body,
    hook_solid,
    load_solid,
    over_floor,
    standing_solid,
    truck_solid,
)
from recordings.plant.walking import BODY_RADIUS_M

Kind = Literal["body_load", "body_hook", "load_structure", "load_truck", "crush", "hoists"]

CHEST_KG = 40.0
"""Effective mass of the chest in ISO/TS 15066, table A.3."""
NEAR_M = 5.0
_CRUSH_WITHIN_M = 2.0
_KNEE_M = 0.4


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How close two things are. ``gap_m`` ≤ 0 is contact.

    ``kind`` says what: a body and a load or hook block; a hung load and a structure or truck; a body
    between a hung load and something fixed (``crush``: what is left of the passage beside the body);
    what hangs from two hoists. ``speed_mps`` is the relative speed, ``closing_mps`` how fast the gap
    shrinks. ``clearance_m`` is how far a hung load is above the head of somebody below it, else None.
    """

    kind: Kind
    person: str = ""
    load: str = ""
    hoist: str = ""
    other: str = ""
    gap_m: float
    speed_mps: float = 0.0
    closing_mps: float = 0.0
    energy_j: float = 0.0
    clearance_m: float | None = None


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something solid of this name that moves at this velocity."""

    name: str
    solid: Solid
    velocity: Point3 = (0.0, 0.0, 0.0)


def gaps(world: World, scenario: Scenario, within_m: float = NEAR_M) -> tuple[Gap, ...]:
    """All gaps of up to ``within_m`` in a world: bodies first, in the order of the world.

    ``scenario`` gives masses and structures. Loads that stand on the floor count for bodies, but not
    against structures. Everything is found by its name; names that the scenario lacks weigh nothing.
    """
    masses = {load.name: load.mass_kg for load in scenario.load}
    blocks = {hoist.name: hoist.block_kg for hoist in scenario.hoist}
    loads = {load.name: _Thing(load.name, load_solid(load), _velocity(load)) for load in world.loads}
    hung = [load for load in world.loads if load.hung_from]
    structures = [_Thing(s.name, standing_solid(s)) for s in scenario.structure]
    vehicles = [_Thing(t.name, truck_solid(t), _truck_velocity(t.heading_rad, t.speed_mps)) for t in world.trucks]
    resting = [loads[load.name] for load in world.loads if not load.hung_from]
    out: list[Gap] = []
    for body in world.people:
        for load in world.loads:
            out += _body_load(body, load, loads[load.name], masses.get(load.name, 0.0), within_m)
        for crane in world.cranes:
            out += _body_hook(body, crane, blocks.get(crane.name, 0.0), within_m)
        for load in hung if body.posture != "sit" else ():
            for fixed in (*structures, *resting, *vehicles):
                out += _crush(body, load, loads[load.name], fixed, masses.get(load.name, 0.0))
    for load in hung:
        mass = masses.get(load.name, 0.0)
        for fixed in structures:
            out += _load_fixed("load_structure", load, loads[load.name], fixed, mass, within_m)
        for fixed in vehicles:
            out += _load_fixed("load_truck", load, loads[load.name], fixed, mass, within_m)
    out += _hoists(world, loads, masses, blocks, within_m)
    return tuple(out)


def hit_energy_j(mass_kg: float, speed_mps: float, body_kg: float = CHEST_KG) -> float:
    """½·μ·v² with the reduced mass μ of a moving mass and of the part of a body that it hits."""
    return 0.5 * mass_kg * body_kg / (mass_kg + body_kg) * speed_mps**2 if mass_kg > 0.0 else 0.0


def _body_load(body: BodyState, load: LoadState, thing: _Thing, mass: float, within: float) -> Iterator[Gap]:
    if _far((body.x_m, body.y_m), (load.x_m, load.y_m), within + math.hypot(*load.size_m) / 2.0 + 1.2):
        return
    parts = cylinders(body)
    reach = within + math.hypot(*load.size_m) / 2.0
    if all(_far((part.x_m, part.y_m), (load.x_m, load.y_m), reach + part.radius_m) for part in parts):
        return
    apart = min((from_body(part, thing.solid) for part in parts), key=lambda a: a.gap_m)
    if apart.gap_m > within:
        return
    relative = _minus(thing.velocity, (body.vx_mps, body.vy_mps, 0.0))
    speed = math.hypot(*relative)
    yield Gap(
        kind="body_load",
        person=body.name,
        load=load.name,
        hoist=load.hung_from,
        gap_m=apart.gap_m,
        speed_mps=speed,
        closing_mps=_closing(relative, apart),
        energy_j=hit_energy_j(mass, speed),
        clearance_m=_clearance(parts, thing.solid) if load.hung_from else None,
    )


def _clearance(parts: tuple[Cylinder, ...], solid: Solid) -> float | None:
    """From the head up to the lowest point of a load that is over any part of the body."""
    below = any(over_floor((p.x_m, p.y_m), solid.outline)[0] < p.radius_m for p in parts)
    return solid.low_m - parts[0].high_m if below and solid.low_m >= parts[0].high_m else None


def _body_hook(body: BodyState, crane: CraneState, block_kg: float, within: float) -> Iterator[Gap]:
    if _far((body.x_m, body.y_m), crane.hook_m[:2], within + 1.5):
        return
    apart = min((from_ball(part, crane.hook_m, HOOK_RADIUS_M) for part in cylinders(body)), key=lambda a: a.gap_m)
    if apart.gap_m > within:
        return
    relative = _minus(crane.hook_velocity_mps, (body.vx_mps, body.vy_mps, 0.0))
    speed = math.hypot(*relative)
    yield Gap(
        kind="body_hook",
        person=body.name,
        hoist=crane.name,
        gap_m=apart.gap_m,
        speed_mps=speed,
        closing_mps=_closing(relative, apart),
        energy_j=hit_energy_j(block_kg, speed),
    )


def _crush(body: BodyState, load: LoadState, thing: _Thing, fixed: _Thing, mass: float) -> Iterator[Gap]:
    """The passage left for a body between a load and something fixed, on whose opposite sides it has them.

    The passage is the sum of the distances over the floor of the body's axis from both; the gap is
    what it exceeds the body's breadth by.
    """
    part = cylinders(body)[0]
    at = (part.x_m, part.y_m)
    if _far(at, (load.x_m, load.y_m), _CRUSH_WITHIN_M + math.hypot(*load.size_m) / 2.0):
        return
    if thing.solid.low_m > part.high_m or fixed.solid.high_m < part.low_m + _KNEE_M:
        return
    to_load, u = over_floor(at, thing.solid.between(part.low_m, part.high_m))
    if to_load > _CRUSH_WITHIN_M:
        return
    to_fixed, w = _over_any(at, fixed.solid)
    passage = to_load + to_fixed - 2.0 * BODY_RADIUS_M
    if passage > _CRUSH_WITHIN_M or u[0] * w[0] + u[1] * w[1] > 0.0:
        return
    relative = _minus(thing.velocity, fixed.velocity)
    speed = math.hypot(*relative)
    yield Gap(
        kind="crush",
        person=body.name,
        load=load.name,
        hoist=load.hung_from,
        other=fixed.name,
        gap_m=passage,
        speed_mps=speed,
        closing_mps=-(relative[0] * u[0] + relative[1] * u[1]),
        energy_j=hit_energy_j(mass, speed),
    )


def _over_any(at: tuple[float, float], solid: Solid) -> tuple[float, tuple[float, float]]:
    """``over_floor`` for an outline that need not be convex, from outside of it."""
    shape, point = solid.shape(), shapely.Point(at)
    distance = float(shapely.distance(shape, point))
    if distance <= 0.0:
        return over_floor(at, solid.outline)
    x, y = shapely.get_coordinates(shapely.shortest_line(point, shape))[1]
    return distance, ((float(x) - at[0]) / distance, (float(y) - at[1]) / distance)


def _load_fixed(kind: Kind, load: LoadState, thing: _Thing, fixed: _Thing, mass: float, within: float) -> Iterator[Gap]:
    apart = between_solids(thing.solid, fixed.solid)
    if apart.gap_m > within:
        return
    relative = _minus(fixed.velocity, thing.velocity)
    speed = math.hypot(*relative)
    yield Gap(
        kind=kind,
        load=load.name,
        hoist=load.hung_from,
        other=fixed.name,
        gap_m=apart.gap_m,
        speed_mps=speed,
        closing_mps=_closing(relative, apart),
        energy_j=0.5 * mass * speed**2,
    )


def _hoists(
    world: World, loads: Mapping[str, _Thing], masses: Mapping[str, float], blocks: Mapping[str, float], within: float
) -> Iterator[Gap]:
    """What hangs from each two hoists."""
    hanging = [(c, [_Thing("", hook_solid(c), c.hook_velocity_mps)]) for c in world.cranes]
    for crane, things in hanging:
        things += [loads[load.name] for load in world.loads if load.hung_from == crane.name]
    for i, (first, ours) in enumerate(hanging):
        for second, theirs in hanging[i + 1 :]:
            apart, a, b = min(
                ((between_solids(a.solid, b.solid), a, b) for a in ours for b in theirs), key=lambda x: x[0].gap_m
            )
            if apart.gap_m > within:
                continue
            relative = _minus(b.velocity, a.velocity)
            speed = math.hypot(*relative)
            mass, other = (
                masses.get(thing.name, 0.0) or blocks.get(crane.name, 0.0) for crane, thing in ((first, a), (second, b))
            )
            yield Gap(
                kind="hoists",
                hoist=first.name,
                other=second.name,
                load=a.name,
                gap_m=apart.gap_m,
                speed_mps=speed,
                closing_mps=_closing(relative, apart),
                energy_j=hit_energy_j(mass, speed, other) if other else 0.0,
            )


def _closing(relative: Point3, apart: Apart) -> float:
    """How fast the second of two things, moving so against the first, comes nearer."""
    return -sum(v * u for v, u in zip(relative, apart.toward, strict=True))


def _velocity(load: LoadState) -> Point3:
    return load.vx_mps, load.vy_mps, load.vz_mps


def _truck_velocity(heading_rad: float, speed_mps: float) -> Point3:
    return speed_mps * math.cos(heading_rad), speed_mps * math.sin(heading_rad), 0.0


def _minus(a: Point3, b: Point3) -> Point3:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _far(a: tuple[float, float], b: tuple[float, float], limit: float) -> bool:
    return math.hypot(a[0] - b[0], a[1] - b[1]) > limit
