"""How long may a stop wait? The way of a load if nobody stops it, and if it is stopped at each time ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from safety.records import Level
from safety.scene import Scene
from safety.stopping import stopped_paths

_SLOW_TOLERANCE = 1.2
_NEARER_M = 0.02


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the hook goes over h times ahead: on (h, 2), and under a stop at each of d delays (d, h, 2).

    ``swing_m`` (d, h) is by how much braking may carry the load beyond that.
    """

    ahead_s: Array
    on_m: Array
    stopped_m: Array
    swing_m: Array


@dataclass(frozen=True, slots=True)
class Closing:
    """A gap that closes: how near it comes, when it is gone, and until when a stop still keeps it open."""

    least_m: float
    contact_s: float
    last_safe_s: float


def ways_of(scene: Scene, policy: Policy) -> Ways:
    """The ways of one hoist's hook from now on."""
    s, forecast = scene.state, scene.forecast
    # The stop was worked out with a reaction that includes how late this hoist is looked at.
    late_s = scene.stop.time_s - s.travel_speed_mps / scene.hoist.deceleration_mps2 - policy.reaction_time_s
    paths = stopped_paths(forecast, scene.stop, s.sway_amplitude_m, scene.hoist, policy, max(late_s, 0.0))
    on_m = forecast.hook_m[:, :2]
    return Ways(forecast.ahead_s, on_m, on_m[None] - paths.offset_m, paths.swing_m)


def closing(on_gap_m: Array, stopped_gap_m: Array, ahead_s: Array) -> Closing | None:
    """Judge a gap (h,) that is left if all goes on, and one (d, h) for a stop at each delay.

    None where it stays open within the horizon, or is not getting narrower: what stands against
    something already, or leaves it, is no approach.
    """
    gone = np.flatnonzero(on_gap_m <= 0.0)
    if not len(gone) or on_gap_m[gone[0] :].min() > on_gap_m[0] - _NEARER_M:
        return None
    useless = np.flatnonzero((stopped_gap_m <= 0.0).any(axis=1))
    # The stop after which it is too late is the last safe one; none is, if even the one now comes too late.
    last_safe = float(ahead_s[-1]) if not len(useless) else float(ahead_s[max(useless[0] - 1, 0)])
    return Closing(float(on_gap_m.min()), float(ahead_s[gone[0]]), last_safe if 0 not in useless else 0.0)


def machine_level(found: Closing, scene: Scene, policy: Policy) -> Level:
    """The level where only machines and goods meet: danger once a stop must come now, before it a slow-down.

    Who already runs slowly does what a warning asks for, and is told by a caution.
    """
    if found.last_safe_s < policy.horizon_step_s:
        return Level.DANGER
    if found.last_safe_s >= policy.human_reaction_s:
        return Level.CLEAR
    slow = scene.state.travel_speed_mps <= _SLOW_TOLERANCE * scene.hoist.travel_speed_mps[0]
    return Level.CAUTION if slow else Level.WARNING
