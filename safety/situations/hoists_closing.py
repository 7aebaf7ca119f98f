"""Two hoists closing: their loads, or a load and the other's rope, come nearer than both can stop."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.foresight import closing, machine_level, ways_of
from safety.situations.moment import Moment

_ROPE_RADIUS_M = 0.1


def hoists_closing(moment: Moment) -> list[Hazard]:
    """Every pair of hoists that would meet; told for each that travels."""
    located = [s for s in moment.scenes if not s.state.lost]
    return [h for a, b in combinations(located, 2) for h in _pair(a, b, moment.policy)]


def _pair(a: Scene, b: Scene, policy: Policy) -> list[Hazard]:
    moving = [s for s in (a, b) if s.state.travel_speed_mps > policy.moving_speed_mps]
    if not moving:
        return []
    width = _widths_m(a, b) + policy.machine_clearance_m + 2 * float(np.hypot(a.state.sigma_m, b.state.sigma_m))
    first, second = ways_of(a, policy), ways_of(b, policy)
    on = _apart(first.on_m, second.on_m) - width - a.state.sway_amplitude_m - b.state.sway_amplitude_m
    stopped = _apart(first.stopped_m, second.stopped_m) - width - first.swing_m - second.swing_m
    found = closing(on, stopped, first.ahead_s)
    if found is None:
        return []
    out = []
    for scene in moving:
        other = b if scene is a else a
        level = machine_level(found, scene, policy)
        if level is not Level.CLEAR:
            out.append(
                Hazard(
                    situation=Situation.HOISTS_CLOSING,
                    level=level,
                    hoist=scene.state.name,
                    source=other.state.name,
                    gap_m=float(np.hypot(*(first.on_m[0] - second.on_m[0]))) - _widths_m(a, b),
                    time_to_contact_s=found.contact_s,
                    time_to_last_safe_stop_s=found.last_safe_s,
                    terms={
                        "closing_mps": _closing_mps(a, b),
                        "stop_m": a.stop.distance_m + b.stop.distance_m,
                        "swing_m": a.stop.swing_m + b.stop.swing_m,
                        "load_mps": scene.state.travel_speed_mps,
                    },
                )
            )
    return out


def _widths_m(a: Scene, b: Scene) -> float:
    """How far apart two hooks must be to pass: the widest pair of what hangs at one height.

    Each is a load as wide as its radius between its lower edge and its hook, and a rope above.
    """
    low, high = (a, b) if a.body.lowest_m <= b.body.lowest_m else (b, a)
    # The higher load always meets the lower one's rope; both loads only where they overlap in height.
    overlap = high.body.lowest_m <= low.state.z_m or not low.state.height_known
    return high.body.radius_m + (low.body.radius_m if overlap else _ROPE_RADIUS_M)


def _apart(first_m: Array, second_m: Array) -> Array:
    """Distances (...) of places (..., 2)."""
    away: Array = np.sqrt(((first_m - second_m) ** 2).sum(axis=-1))
    return away


def _closing_mps(a: Scene, b: Scene) -> float:
    """Speed at which two hooks come nearer by their trolleys."""
    away = np.array([b.state.x_m - a.state.x_m, b.state.y_m - a.state.y_m])
    relative = a.forecast.trolley_velocity_mps - b.forecast.trolley_velocity_mps
    return float(away @ relative / max(float(np.hypot(*away)), 1e-9))
