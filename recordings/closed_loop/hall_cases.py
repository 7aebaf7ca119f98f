"""Random halls in which a hoist is at work and people's ways lead past it.

Hall, hoist, structures and load are those of ``training.random_halls``; here the hoist gets a plan and
people theirs. Where the load will be is known from the plant run without people: most people's ways are
laid past there at about the time, some stop short of it, some walk beside it, some work on where it comes.
Nobody looks where the load is: how close it gets is left to chance.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from shapely import LineString, Point, Polygon

from recordings.closed_loop.variation import sound
from recordings.plant.scenario import Scenario
from recordings.plant.world import Plant
from recordings.training.random_halls import random_hall

SECONDS = 20.0
_HALLS = 1_000_000
_TRIES = 40
_WALL_M = 0.5
_LOOK_S = 0.25
_LOOK_AT_M, _LOOK_DOWN_DEG = 0.6, 33.0
_LARGEST_M = 1.6
_BOTTOMS_M = ((0.25, 0.9), (0.9, 1.6), (2.0, 3.0))
_BOTTOM_SHARES = (0.6, 0.2, 0.2)
"""How high loads are carried: to the thigh, to the chest, over heads."""
Array = np.ndarray[Any, np.dtype[np.float64]]


def hall_case(number: int, rng: np.random.Generator) -> Scenario:
    """A random hall at work."""
    while True:
        tables = _hall(number, rng)
        way = load_way(Scenario.model_validate(tables), SECONDS)
        _clear(tables, way)
        tables["person"] = _people(tables, way, rng)
        scenario = Scenario.model_validate(tables)
        if sound(scenario):
            return scenario


def load_way(scenario: Scenario, until_s: float) -> Array:
    """(n, 4) time, x, y and lower edge of the first load, four times a second, with nobody there."""
    alone = scenario.model_copy(update={"person": (), "truck": ()})
    plant = Plant(alone, Path())
    rows = []
    for k in range(int(until_s / _LOOK_S) + 1):
        load = plant.advance(k * _LOOK_S, {}).loads[0]
        rows.append((k * _LOOK_S, load.x_m, load.y_m, load.z_m - load.size_m[2] / 2))
    return np.array(rows)


def corner_cameras(size_m: tuple[float, float], height_m: float) -> list[dict[str, Any]]:
    """Four cameras in the corners, so steep that each sees the floor from near its wall to the far end.

    82° across are 52° upright: looking 33° down, from 59° down to 7°.
    """
    x, y = size_m
    along = (height_m - _LOOK_AT_M) / math.tan(math.radians(_LOOK_DOWN_DEG)) / math.sqrt(2.0)
    corners = ((0.4, 0.4), (x - 0.4, 0.4), (x - 0.4, y - 0.4), (0.4, y - 0.4))
    return [
        {
            "name": f"cam{k + 1}",
            "position_m": (*corner, height_m),
            "look_at_m": (
                corner[0] + math.copysign(along, x / 2 - corner[0]),
                corner[1] + math.copysign(along, y / 2 - corner[1]),
                _LOOK_AT_M,
            ),
            "field_of_view_deg": 82.0,
            "rate_hz": 6.0,
        }
        for k, corner in enumerate(corners)
    ]


def drives_of(rng: np.random.Generator, fast_mps: float) -> dict[str, Any]:
    """Speeds, ramps and brakes of a hoist; the site reckons with a tenth less than the brake has."""
    brake = float(rng.uniform(0.3, 0.6))
    return {
        "travel_speed_mps": (round(fast_mps / 3, 3), fast_mps),
        "hoist_speed_mps": (0.05, 0.2),
        "ramp_mps2": float(rng.uniform(0.15, 0.3)),
        "brake_mps2": brake,
        "deceleration_mps2": round(0.9 * brake, 3),
    }


def hung(load: dict[str, Any], hoist: dict[str, Any], bottom_m: float, at_m: tuple[float, float]) -> None:
    """Hang a load below the hook with its lower edge at ``bottom_m``, or as high as the hook goes."""
    size = load["size_m"]
    low, high = hoist["hook_height_m"]
    load["sling_m"] = max(0.3, min(load.get("sling_m", 1.0), high - size[2] - 0.3))
    hook = min(max(bottom_m + size[2] + load["sling_m"], low), high)
    bottom_m = max(0.1, hook - size[2] - load["sling_m"])
    load |= {"at_m": at_m, "base_m": bottom_m, "mass_kg": _mass_kg(size)}
    hoist |= {
        "start_m": at_m,
        "start_hook_m": min(high, bottom_m + size[2] + load["sling_m"]),
        "load_radius_m": round(math.hypot(*size[:2]) / 2 + 0.02, 2),
        "load_height_m": size[2],
        "sling_length_m": load["sling_m"],
    }


def _mass_kg(size_m: tuple[float, float, float]) -> float:
    return float(np.clip(900.0 * math.prod(size_m), 60.0, 4000.0))


def _hall(number: int, rng: np.random.Generator) -> dict[str, Any]:
    """Hall, hoist and load, with a plan for the hoist."""
    base = random_hall("test", int(rng.integers(_HALLS)))
    tables = base.model_dump()
    hoist = tables["hoist"][0] | drives_of(rng, float(rng.uniform(0.33, 0.67))) | {"tag": None}
    fits = [load for load in tables["load"] if math.hypot(*load["size_m"][:2]) / 2 < _LARGEST_M]
    load = fits[0] if fits else tables["load"][0] | {"shape": "crate", "size_m": (1.2, 0.8, 0.8)}
    low, high = _BOTTOMS_M[int(rng.choice(len(_BOTTOMS_M), p=_BOTTOM_SHARES))]
    bottom = float(rng.uniform(low, high))
    hung(load, hoist, bottom, _start(hoist, rng))
    hoist["plan"] = _plan(hoist, load["name"], rng)
    size = tables["hall"]["size_m"]
    return tables | {
        "scenario": {"name": f"hall {number}", "seconds": SECONDS, "seed": int(rng.integers(_HALLS))},
        "camera": corner_cameras(size, min(5.2, hoist["beam_height_m"] - 0.4)),
        "hoist": [hoist],
        "load": [load],
        "truck": [],
        "person": [],
    }


def _start(hoist: dict[str, Any], rng: np.random.Generator) -> tuple[float, float]:
    """A place near one end of the reach, so that there is a way to go."""
    (x0, y0), (x1, y1) = hoist["travel_m"]
    u = float(rng.uniform(0.05, 0.25))
    if rng.random() < 0.5 and hoist["kind"] != "jib":
        u = 1.0 - u
    if hoist["kind"] == "bridge":
        return x0 + u * (x1 - x0), y0 + float(rng.uniform(0.2, 0.8)) * (y1 - y0)
    if hoist["kind"] == "jib":
        u = float(rng.uniform(0.6, 0.95))
    return x0 + u * (x1 - x0), y0 + u * (y1 - y0)


def _plan(hoist: dict[str, Any], load: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Hangs, travels, and at the end waits, is lowered, or goes back."""
    (x0, y0), (x1, y1) = hoist["travel_m"]
    start, fast = hoist["start_m"], hoist["travel_speed_mps"][1]
    go_s = float(rng.uniform(2.6, 4.5))
    pace = fast * float(rng.uniform(0.6, 1.0))
    if hoist["kind"] == "bridge":
        side = 1.0 if start[0] < (x0 + x1) / 2 else -1.0
        across = float(rng.uniform(-0.7, 0.7)) * pace
        room_y = (y1 - start[1]) if across > 0 else (start[1] - y0)
        room_x = (x1 - start[0]) if side > 0 else (start[0] - x0)
        velocity, room = (side * pace, across), min(room_x / pace, room_y / max(abs(across), 1e-6))
    elif hoist["kind"] == "monorail":
        along = math.hypot(start[0] - x0, start[1] - y0)
        reach = math.hypot(x1 - x0, y1 - y0)
        side = 1.0 if along < reach / 2 else -1.0
        velocity, room = (side * pace, 0.0), (reach - along if side > 0 else along) / pace
    else:
        radius = math.hypot(start[0] - x0, start[1] - y0)
        velocity, room = (0.0, float(rng.choice((-1.0, 1.0))) * pace), 1.2 * radius / pace
    stop_s = go_s + max(1.5, min(float(rng.uniform(8.0, 13.0)), room - 0.5))
    plan: list[dict[str, Any]] = [
        {"at_s": 0.0, "attach": load},
        {"at_s": go_s, "x_mps": velocity[0], "y_mps": velocity[1]},
        {"at_s": stop_s, "x_mps": 0.0, "y_mps": 0.0},
    ]
    after = rng.random()
    if after < 0.3:
        plan += [{"at_s": stop_s + 2.5, "lift_mps": -0.15}]
    elif after < 0.6:
        plan += [{"at_s": stop_s + 2.5, "x_mps": -velocity[0], "y_mps": -velocity[1]}]
    return plan


def _clear(tables: dict[str, Any], way: Array) -> None:
    """Take structures away that the load would meet, and where its load starts."""
    load = tables["load"][0]
    reach = math.hypot(*load["size_m"][:2]) / 2 + 0.5
    line = LineString(way[:, 1:3]) if np.ptp(way[:, 1:3], axis=0).max() > 1e-3 else Point(*way[0, 1:3])
    low = float(way[:, 3].min()) - 0.2
    tables["structure"] = [
        s for s in tables["structure"] if s["height_m"] < low or Polygon(s["polygon_m"]).distance(line) > reach
    ]


def _people(tables: dict[str, Any], way: Array, rng: np.random.Generator) -> list[dict[str, Any]]:
    """An operator in most halls, a slinger at the load in some, and up to three whose ways lead past."""
    size = tables["hall"]["size_m"]
    half = math.hypot(*tables["load"][0]["size_m"][:2]) / 2
    blocks = [Polygon(s["polygon_m"]).buffer(0.45) for s in tables["structure"]]
    people: list[dict[str, Any]] = []
    start = way[0, 1:3]
    for role, share, low, high in (("operator", 0.75, 1.8, 3.2), ("slinger", 0.35, 0.9, 1.6)):
        away = half + float(rng.uniform(low, high))
        at = _around(start, away, size, blocks, rng)
        if rng.random() < share and at is not None:
            follow = {"follow": "H1", "distance_m": away, "until_s": SECONDS, "speed_mps": 1.0}
            people.append(_person(len(people), role, at, rng) | {"plan": [follow]})
    for _ in range(int(rng.integers(0, 4))):
        plan = _passing(way, half, size, blocks, rng)
        if plan is not None:
            people.append(_person(len(people), "passer_by", plan[0], rng) | {"plan": plan[1]})
    return people


def _person(number: int, role: str, at: tuple[float, float], rng: np.random.Generator) -> dict[str, Any]:
    return {
        "name": f"{role.replace('_', '-')} {number + 1}",
        "role": role,
        "start_m": at,
        "height_m": float(np.clip(rng.normal(1.71, 0.08), 1.5, 1.95)),
        "heading_deg": float(rng.uniform(-180.0, 180.0)),
    }


def _passing(
    way: Array, half_m: float, size: tuple[float, float], blocks: list[Any], rng: np.random.Generator
) -> tuple[tuple[float, float], list[dict[str, Any]]] | None:
    """A start and a plan past where the load will be; None where no free way was found."""
    kind = str(rng.choice(("crosses", "turns", "works"), p=(0.7, 0.17, 0.13)))
    for _ in range(_TRIES):
        row = way[int(rng.integers(np.searchsorted(way[:, 0], 5.5), np.searchsorted(way[:, 0], 15.0)))]
        angle = float(rng.uniform(0.0, 2 * math.pi))
        u = np.array([math.cos(angle), math.sin(angle)])
        meet = row[1:3] + float(rng.normal(0.0, 1.3)) * np.array([-u[1], u[0]])
        pace = float(np.clip(rng.normal(1.25, 0.2), 0.8, 1.7))
        before, after = float(rng.uniform(3.0, 7.0)), float(rng.uniform(2.0, 5.0))
        if kind == "works":
            spot = _tuple(row[1:3] + (half_m + float(rng.uniform(-0.2, 2.2))) * u)
            if _free(spot, size, blocks) and math.dist(spot, way[0, 1:3]) > half_m + 1.2:
                return spot, [{"posture": str(rng.choice(("stand", "bend")))}]
            continue
        start, end = _tuple(meet - before * u), _tuple(meet + after * u)
        leave_s = float(row[0]) - before / pace - 0.4 + float(rng.normal(0.0, 0.7))
        if leave_s < 0.2 or not _free(start, size, blocks):
            continue
        if kind == "turns":
            short = _tuple(meet - (half_m + float(rng.uniform(0.6, 2.0))) * u)
            if _free(short, size, blocks):
                return start, [
                    {"at_s": leave_s, "go_m": short, "speed_mps": pace, "wait_s": float(rng.uniform(1.0, 4.0))},
                    {"go_m": start, "speed_mps": pace},
                ]
        elif _free(end, size, blocks):
            return start, [{"at_s": leave_s, "go_m": end, "speed_mps": pace}]
    return None


def _around(
    middle: Array, away_m: float, size: tuple[float, float], blocks: list[Any], rng: np.random.Generator
) -> tuple[float, float] | None:
    for _ in range(_TRIES):
        angle = float(rng.uniform(0.0, 2 * math.pi))
        at = _tuple(middle + away_m * np.array([math.cos(angle), math.sin(angle)]))
        if _free(at, size, blocks):
            return at
    return None


def _free(at: tuple[float, float], size: tuple[float, float], blocks: list[Any]) -> bool:
    x, y = at
    inside = _WALL_M < x < size[0] - _WALL_M and _WALL_M < y < size[1] - _WALL_M
    return inside and not any(block.contains(Point(at)) for block in blocks)


def _tuple(at: Array) -> tuple[float, float]:
    return float(at[0]), float(at[1])
