"""What do the rules that others use say of one hoist and the people around it? Pure: tracks in, a level out.

All three get what the engine gets: its tracked people and hoist, its idea of what hangs on the hook and how
low, and the same stop model. Each asks for a stop (danger) and, at a wider setting, for slow (warning):

- radius: a person within ``value`` m of the load's side; slow within 1.5 times that. The laser scanner's
  two fields.
- ttc: the least gap within the next ``value`` s, both going on as now, is less than 0.3 m; slow within 1.5
  times that time.
- separation: speed and separation monitoring (ISO/TS 15066, 5.5.4; now ISO 10218-2:2025). A hoist may go as
  fast as Sp = vh·(Tr + Ts) + vr·Tr + Ss + C + Zd + Zr allows at the distance there is: not even at its slow
  speed, stop; not at its fast speed, slow. vh is ``value``, the speed at which people are taken to come.

They judge only while the hoist moves or a load hangs, and what hangs is low enough to reach a body: above
heads they are silent.

The fourth, foresight, judges nothing here: it is an oracle that knows the contacts of the open loop
(``minds.ForesightMind``), and shows what even that could prevent by stopping ``value`` s before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist
from recordings.closed_loop.arms import Arm
from safety.lift import Body, body_of
from safety.records import Level
from safety.stopping import stop_now
from tracking.records import HoistState, Person

SLOW_FACTOR = 1.5
"""How much wider the outer field of radius and time to contact is."""
_TOUCH_M = 0.3
_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Spot:
    """One hoist as a rule sees it. ``radius_m`` reaches from the hook to the load's side."""

    state: HoistState
    hoist: Hoist
    radius_m: float


def spot_of(state: HoistState, hoist: Hoist, policy: Policy) -> Spot | None:
    """The hoist to judge by, or None while nothing low moves or hangs."""
    body = body_of(state, hoist)
    if not _live(state, body, policy) or body.lowest_m >= policy.person_reach_height_m:
        return None
    return Spot(state, hoist, body.radius_m)


def level_of(arm: Arm, spot: Spot, people: Sequence[Person], policy: Policy) -> Level:
    """What the rule of an arm says: danger asks for a stop, warning for slow."""
    assert arm.value is not None
    seen = [p for p in people if not p.lost]
    if not seen:
        return Level.CLEAR
    s = spot.state
    at = np.array([(p.x_m - s.x_m, p.y_m - s.y_m) for p in seen])
    touch_m = spot.radius_m + policy.person_radius_m
    gap_m = np.hypot(at[:, 0], at[:, 1]) - touch_m
    match arm.rule:
        case "radius":
            return _graded(float(gap_m.min()), arm.value, SLOW_FACTOR * arm.value)
        case "ttc":
            by = np.array([(p.vx_mps - s.vx_mps, p.vy_mps - s.vy_mps) for p in seen])
            return _by_time(at, by, touch_m, arm.value)
        case "separation":
            return _by_separation(arm.value, spot, seen, gap_m, policy)
    raise ValueError(f"no rule {arm.rule!r}")


def separation_m(vh_mps: float, speed_mps: float, spot: Spot, policy: Policy) -> float:
    """Sp without Zd and Zr, m: what a person at ``vh_mps`` and the hoist use up until it stands, and its swing then.

    Stop and swing are those of ``safety.stopping``. C is 0: cameras see whole bodies, nobody reaches through.
    """
    stop = stop_now(speed_mps, spot.state.rope_m, 0.0, spot.hoist, policy)
    return vh_mps * stop.time_s + stop.distance_m + stop.swing_m


def _live(state: HoistState, body: Body, policy: Policy) -> bool:
    moves = state.travel_speed_mps > policy.moving_speed_mps or abs(state.vz_mps) > policy.lifting_speed_mps
    return moves or (body.loaded and body.highest_m > policy.landed_gap_m)


def _graded(least: float, stop_below: float, slow_below: float) -> Level:
    if least < stop_below:
        return Level.DANGER
    return Level.WARNING if least < slow_below else Level.CLEAR


def _by_time(at_m: Array, by_mps: Array, touch_m: float, value_s: float) -> Level:
    ahead = np.arange(0.0, SLOW_FACTOR * value_s + 1e-9, _STEP_S)
    there = at_m[:, None] + ahead[None, :, None] * by_mps[:, None]
    hit = (np.hypot(there[..., 0], there[..., 1]) - touch_m < _TOUCH_M).any(axis=0)
    first_s = float(ahead[int(np.argmax(hit))]) if hit.any() else math.inf
    return _graded(first_s, value_s + 1e-9, SLOW_FACTOR * value_s + 1e-9)


def _by_separation(vh_mps: float, spot: Spot, people: Sequence[Person], gap_m: Array, policy: Policy) -> Level:
    s = spot.state
    unsure = np.array([2 * p.sigma_m for p in people]) + 2 * s.sigma_m + s.sway_amplitude_m
    left = float((gap_m - unsure).min())
    slow_mps, fast_mps = spot.hoist.travel_speed_mps
    return _graded(left, separation_m(vh_mps, slow_mps, spot, policy), separation_m(vh_mps, fast_mps, spot, policy))
