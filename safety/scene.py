"""One hoist among the people of one tick: what every hazard is judged on, and the questions that all share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags
from calibration.policy import Policy
from calibration.site import Hoist
from safety.chord import Shape
from safety.lift import DRAGGED_FACTOR, Body
from safety.records import Phase
from safety.stopping import Stop, stop_now
from tracking.predict import HoistForecast, PeopleForecast
from tracking.records import HoistState, Person

AIRBORNE = (Phase.LIFTING, Phase.TRAVELLING, Phase.LOWERING)


@dataclass(frozen=True, slots=True)
class Late:
    """By how much looks come later than the reaction time includes: at the hoist, and at each person (n,)."""

    hoist_s: float
    people_s: Array


@dataclass(frozen=True, slots=True)
class Scene:
    """One hoist among the people of one tick; ``stop`` is what stopping it now would do.

    ``late_s`` (n,) is what the reaction time grows by for each person, by the later of the looks at the person
    and at the hoist.
    """

    state: HoistState
    hoist: Hoist
    body: Body
    phase: Phase
    forecast: HoistForecast
    people: tuple[Person, ...]
    people_forecast: PeopleForecast
    stop: Stop
    late_s: Array


def scene_of(
    state: HoistState,
    hoist: Hoist,
    body: Body,
    phase: Phase,
    forecast: HoistForecast,
    people: tuple[tuple[Person, ...], PeopleForecast],
    policy: Policy,
    late: Late | None = None,
) -> Scene:
    """Put one hoist and all people together. ``people`` are records and forecast in the same order."""
    late = late or Late(0.0, np.zeros(len(people[0])))
    stop = stop_now(state.travel_speed_mps, state.rope_m, state.sway_amplitude_m, hoist, policy, late.hoist_s)
    return Scene(state, hoist, body, phase, forecast, *people, stop, np.maximum(late.people_s, late.hoist_s))


def shape_of(scene: Scene, grow_m: float) -> Shape:
    """The load on the floor plan, grown by ``grow_m``: as measured and turned, else a disc of the site's radius.

    What is judged as wider than the site's load, as a trolley is, stays a disc.
    """
    s, body = scene.state, scene.body
    length, width, yaw = s.load_length_m, s.load_width_m, s.load_yaw_rad
    known = body.loaded and body.radius_m <= scene.hoist.load_radius_m
    if not known or length is None or width is None or yaw is None:
        return Shape(body.radius_m + grow_m)
    return Shape(grow_m, length / 2, width / 2, yaw)


def gaps(scene: Scene, person_radius_m: float) -> Array:
    """(n,) distance from the load's side to each person's side now, m; negative inside."""
    at = np.array([(p.x_m, p.y_m) for p in scene.people]).reshape(-1, 2) - (scene.state.x_m, scene.state.y_m)
    shape = shape_of(scene, 0.0)
    if not shape.half_length_m and not shape.half_width_m:
        disc: Array = np.sqrt((at**2).sum(axis=1)) - shape.radius_m - person_radius_m
        return disc
    cos, sin = np.cos(shape.yaw_rad), np.sin(shape.yaw_rad)
    over_x = np.abs(at @ (cos, sin)) - shape.half_length_m
    over_y = np.abs(at @ (-sin, cos)) - shape.half_width_m
    outside = np.hypot(np.maximum(over_x, 0.0), np.maximum(over_y, 0.0))
    gap: Array = outside + np.minimum(np.maximum(over_x, over_y), 0.0) - person_radius_m
    return gap


def stands(scene: Scene, policy: Policy) -> bool:
    """A load is seen on the floor: slack slings may let the hook sway above it, which strikes nobody."""
    s = scene.state
    low = s.height_known and scene.body.bottom_m <= policy.landed_gap_m
    return s.carrying == "loaded" and (low or s.load_resting is True)


def travels(scene: Scene, policy: Policy) -> bool:
    """Faster than standing still; with a load on the floor only once that has held as a phase and the hook goes too.

    Whoever rigs a load touches it: noise of the speed must not make that a contact. And a hook above a load
    that was set down while it swung is held by it, which looks like a trolley that runs from under it.
    """
    s = scene.state
    moves = s.travel_speed_mps > policy.moving_speed_mps
    if not moves or not stands(scene, policy):
        return moves
    drags = math.hypot(s.vx_mps, s.vy_mps) > DRAGGED_FACTOR * policy.moving_speed_mps
    return drags and scene.phase not in (Phase.RIGGING, Phase.LANDED)


def low_enough(scene: Scene, policy: Policy) -> Flags:
    """(h,) whether the load's lower edge is within a person's height at each time ahead, and not yet on the floor.

    A load that comes down stands from then on, even by the highest that it may hang now.
    """
    s, ahead = scene.state, scene.forecast.ahead_s
    fall = min(s.vz_mps, 0.0) if s.height_known else 0.0
    low = scene.body.lowest_m + fall * ahead < policy.person_reach_height_m
    if scene.body.loaded and fall < -policy.lifting_speed_mps and not stands(scene, policy):
        low &= scene.body.highest_m + fall * ahead > 0.0
    return np.asarray(low, np.bool_)
