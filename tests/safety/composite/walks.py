"""Series of hoist states over time through one rule, without any filter in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calibration.site import Hoist
from safety.records import Hazard, Phase
from safety.situations.moment import Rule
from tests.safety.composite.moments import moment
from tests.safety.situations import HOIST, Somebody, hoist_state, scene
from tracking.records import HoistState

TICK_S = 0.1


def judged(
    rule: Rule,
    state_at: Callable[[float], HoistState],
    until_s: float,
    people: list[Somebody] | None = None,
    phase: Phase = Phase.TRAVELLING,
    hoist: Hoist = HOIST,
) -> Iterator[tuple[float, list[Hazard]]]:
    """What a rule says at every tick of a series."""
    for tick in range(round(until_s / TICK_S) + 1):
        now_s = tick * TICK_S
        yield now_s, rule(moment(scene(state_at(now_s), people or [], phase, hoist), now_s=now_s))


def hanging(
    now_s: float,
    trolley_x_m: float,
    load_x_m: float,
    hook_m: float = 3.0,
    load_z_m: float | None = None,
    **more: object,
) -> HoistState:
    """A load of 0.8 m that is seen below a hook, with the hook on the line from trolley to load."""
    load_z = hook_m - 0.9 if load_z_m is None else load_z_m
    share = (7.0 - hook_m) / max(7.0 - load_z, 1e-6)
    values: dict[str, object] = {
        "trolley_x_m": trolley_x_m,
        "x_m": trolley_x_m + share * (load_x_m - trolley_x_m),
        "load_x_m": load_x_m,
        "load_y_m": 6.0,
        "load_z_m": load_z,
        "load_sigma_m": 0.1,
        "load_length_m": 0.9,
        "load_width_m": 0.8,
        "load_height_m": 0.8,
        "load_resting": False,
        "time_s": now_s,
    }
    return hoist_state(hook_m=hook_m, **(values | more))  # type: ignore[arg-type]
