"""Scenarios of people on a floor, and what became of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from recordings.plant.crowd import Crowd
from recordings.plant.records import BodyState, CraneState, LoadState, TruckState
from recordings.plant.scenario import Scenario

NOWHERE = Path("/nonexistent")
Array = np.ndarray[Any, np.dtype[np.float64]]


def scenario(seed: int = 5, size_m: tuple[float, float] = (24.0, 16.0), **tables: Any) -> Scenario:
    """A scenario without hoists: tables ``person``, ``structure``, ``truck`` and so on as in the file."""
    return Scenario.model_validate(
        {"scenario": {"name": "test", "seconds": 60.0, "seed": seed}, "hall": {"size_m": size_m}, **tables}
    )


def person(name: str = "P", start: Sequence[float] = (2.0, 2.0), *plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "start_m": tuple(start), "plan": list(plan), **more}


def block(name: str, x0: float, y0: float, x1: float, y1: float, height_m: float = 3.0) -> dict[str, Any]:
    return {"name": name, "polygon_m": [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], "height_m": height_m}


def crane(x: float = 8.0, y: float = 8.0, vx: float = 0.0, vy: float = 0.0) -> CraneState:
    return CraneState(
        name="H1",
        trolley_m=(x, y, 7.0),
        hook_m=(x, y, 2.5),
        trolley_velocity_mps=(vx, vy),
        hook_velocity_mps=(vx, vy, 0.0),
        rope_m=4.5,
    )


def load(x: float = 8.0, y: float = 8.0, yaw_deg: float = 0.0, low_m: float = 0.0, **more: Any) -> LoadState:
    size = more.pop("size_m", (1.2, 0.8, 0.8))
    half = math.radians(yaw_deg) / 2.0
    return LoadState(
        name=more.pop("name", "L1"),
        shape="crate",
        size_m=size,
        x_m=x,
        y_m=y,
        z_m=low_m + size[2] / 2.0,
        orientation=(math.cos(half), 0.0, 0.0, math.sin(half)),
        **more,
    )


class Seen:
    """Everybody's states at steps of time, by name."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.people: dict[str, list[BodyState]] = {}
        self.trucks: dict[str, list[TruckState]] = {}

    def __getitem__(self, name: str) -> list[BodyState]:
        return self.people[name]

    def places(self, name: str) -> Array:
        return np.array([(b.x_m, b.y_m) for b in self.people[name]])

    def at(self, name: str, time_s: float) -> BodyState:
        return self.people[name][round(time_s / self.step_s)]


def watched(
    plan: Scenario,
    seconds: float,
    cranes: Callable[[float], Sequence[CraneState]] = lambda t: (),
    loads: Callable[[float], Sequence[LoadState]] = lambda t: (),
    step_s: float = 0.1,
    folder: Path = NOWHERE,
) -> Seen:
    """Run a crowd and keep every state from time 0 on."""
    crowd, seen = Crowd(plan, folder), Seen(step_s)
    for k in range(round(seconds / step_s) + 1):
        people, trucks = crowd.advance(k * step_s, cranes(k * step_s), loads(k * step_s))
        for body in people:
            seen.people.setdefault(body.name, []).append(body)
        for truck in trucks:
            seen.trucks.setdefault(truck.name, []).append(truck)
    return seen


def nearest_pair_m(seen: Seen, names: Sequence[str]) -> float:
    """The least distance that any two of these people ever had."""
    places = np.stack([seen.places(n) for n in names], axis=1)
    away = np.hypot(*(places[:, :, None] - places[:, None]).transpose(3, 0, 1, 2))
    away[:, range(len(names)), range(len(names))] = np.inf
    return float(away.min())


def nearest_to_m(seen: Seen, name: str, shape: dict[str, Any] | shapely.Geometry) -> float:
    """The least distance that somebody's middle ever had from a block."""
    polygon = shapely.Polygon(shape["polygon_m"]) if isinstance(shape, dict) else shape
    return float(shapely.distance(polygon, shapely.points(seen.places(name))).min())
