"""Small plants: one hoist, one load, and what a test changes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.plant.cranes import Cranes
from recordings.plant.records import CraneState, LoadState, Order
from recordings.plant.scenario import Crane, Fault, Load, Scenario

Array = NDArray[np.float64]
RUN = Order()
STOP = Order(permit=False)
SLOW = Order(slow=True)


def crane(plan: Sequence[dict[str, Any]] = (), **changes: Any) -> Crane:
    """A bridge over 20 m by 10 m, beam at 8 m, hook at 4 m over the middle; 0.5 m/s fast, 0.125 m/s slow."""
    values: dict[str, Any] = {
        "name": "H1",
        "kind": "bridge",
        "travel_m": ((0.0, 0.0), (20.0, 10.0)),
        "beam_height_m": 8.0,
        "hook_height_m": (0.2, 7.0),
        "travel_speed_mps": (0.125, 0.5),
        "hoist_speed_mps": (0.05, 0.2),
        "deceleration_mps2": 0.3,
        "load_radius_m": 0.5,
        "load_height_m": 0.8,
        "start_m": (5.0, 5.0),
        "start_hook_m": 4.0,
        "plan": tuple(plan),
    }
    return Crane.model_validate(values | changes)


def load(**changes: Any) -> Load:
    """A crate of 500 kg, 1.2 m by 0.8 m by 0.8 m, under the hook."""
    return Load.model_validate({"name": "crate", "at_m": (5.0, 5.0)} | changes)


def hung(**changes: Any) -> Load:
    """The crate, on the hook from the start where the plan hooks it on at 0 s."""
    return load(base_m=1.0, **changes)


def plant(
    cranes: Crane | Sequence[Crane],
    loads: Load | Sequence[Load] = (),
    faults: Sequence[dict[str, Any]] = (),
    structure: Sequence[dict[str, Any]] = (),
) -> Cranes:
    return Cranes(scenario(cranes, loads, faults, structure))


def scenario(
    cranes: Crane | Sequence[Crane],
    loads: Load | Sequence[Load] = (),
    faults: Sequence[dict[str, Any]] = (),
    structure: Sequence[dict[str, Any]] = (),
) -> Scenario:
    return Scenario.model_validate(
        {
            "scenario": {"name": "test", "seconds": 60.0},
            "hall": {"size_m": (20.0, 10.0)},
            "hoist": [c.model_dump() for c in ([cranes] if isinstance(cranes, Crane) else cranes)],
            "load": [w.model_dump() for w in ([loads] if isinstance(loads, Load) else loads)],
            "fault": [Fault.model_validate(f).model_dump() for f in faults],
            "structure": list(structure),
        }
    )


class Film:
    """The states of the first hoist and the first load over time, and columns of them as arrays."""

    def __init__(
        self,
        plant: Cranes,
        until_s: float,
        step_s: float = 0.02,
        orders: Callable[[float], Order] = lambda _: RUN,
        from_s: float = 0.0,
    ) -> None:
        times = [from_s + k * step_s for k in range(round((until_s - from_s) / step_s) + 1)]
        shots = [plant.advance(t, {"H1": orders(t - step_s)}) for t in times]
        self.time_s = np.array(times)
        self.cranes: list[CraneState] = [c[0] for c, _ in shots]
        self.loads: list[LoadState] = [w[0] for _, w in shots if w]

    def trolley(self) -> Array:
        return np.array([c.trolley_m for c in self.cranes])

    def hook(self) -> Array:
        return np.array([c.hook_m for c in self.cranes])

    def tension(self) -> Array:
        return np.array([c.tension_n for c in self.cranes])

    def load(self) -> Array:
        return np.array([(w.x_m, w.y_m, w.z_m) for w in self.loads])

    def between(self, from_s: float, until_s: float) -> NDArray[np.bool_]:
        return (self.time_s >= from_s) & (self.time_s <= until_s)


def tilt_rad(state: LoadState) -> float:
    """Angle between the load's upright axis and plumb."""
    _, x, y, _ = state.orientation
    return float(np.arccos(np.clip(1 - 2 * (x * x + y * y), -1.0, 1.0)))
