"""Struck by the moving load: how likely, how soon, and can a stop still help?

Slowing comes before stopping: until the hoist is slow, both brake alike, so that nothing is lost by asking for
the slow-down first. The stop is due when the contact is so near that a stop from slow speed, or a step aside,
takes as long; or, where the contact is nearly sure, when any later stop would not prevent it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags, Rows
from calibration.policy import Policy
from safety.alarm_table import TABLE
from safety.passage import LoadPaths, contact_by, never_safer
from safety.records import Hazard, Level, Situation
from safety.scene import AIRBORNE, Scene, gaps, low_enough, shape_of, stands, travels
from safety.stopping import braked_ways, stop_now
from tracking.people_filter import MANOEUVRE, MODES, WALK

_SLOW_TOLERANCE = 1.2
_KNOWN_SIGMA_M = 0.25
_ON_FACTOR = TABLE[Situation.STRUCK_BY].on_factor
_LATER_S = (0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What awaits k people: contact by each time if all goes on (k, h), and in the end after each stop (k, d).

    ``stops_s`` (d,) are the times of the stops; the first is now, the second is the next decision's.
    ``slowed`` (k, h) is that of a contact by each time if the hoist is slowed now and not stopped.
    """

    goes_on: Array
    stops_s: Array
    stopped: Array
    slowed: Array


def struck_by(scene: Scene, policy: Policy) -> list[Hazard]:
    """People whom the load will reach within the horizon, with the time left for a stop that helps."""
    if not len(scene.people):
        return []
    low = low_enough(scene, policy)
    if not low.any():
        return []
    goes_on = _goes_on(scene, low, policy)
    near = _too_near(scene, policy)
    rows = np.flatnonzero((goes_on[:, -1] >= policy.contact_probability) | near).astype(np.int64)
    if not len(rows):
        return []
    outlook = _outlook(scene, rows, goes_on[rows], low, policy)
    gap = gaps(scene, policy.person_radius_m)
    return [
        _struck(scene, int(row), outlook, i, (float(gap[row]), bool(near[row])), policy) for i, row in enumerate(rows)
    ]


def meets(scene: Scene, harmful: Flags, policy: Policy, modes: Flags | None = None) -> Array:
    """(n, h) probability that the load, if nobody stops it, has met each person by each time at which it can hurt."""
    f = scene.forecast
    paths = LoadPaths(f.hook_m[None, :, :2], f.sigma_m[None], harmful[None])
    shape = shape_of(scene, policy.person_radius_m)
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    if modes is not None:
        return contact_by(scene.people_forecast, rows, paths, shape, modes)[:, 0]
    sigma = np.array([p.sigma_m for p in scene.people])
    return never_safer(scene.people_forecast, rows, paths, shape, sigma, _KNOWN_SIGMA_M)[:, 0]


def _goes_on(scene: Scene, low: Flags, policy: Policy) -> Array:
    """(n, h) probability that the load, moving on as it does, has struck each person by each time."""
    if travels(scene, policy) or _lowers(scene, policy):
        return meets(scene, low, policy)
    if scene.state.lost or not scene.body.loaded or scene.phase not in AIRBORNE or stands(scene, policy):
        return np.zeros((len(scene.people), len(low)))
    # Who stands at a hanging load guides it; who walks into one is there when it moves on.
    walking = np.zeros(MODES, np.bool_)
    walking[[WALK, MANOEUVRE]] = True
    return policy.start_probability * meets(scene, low, policy, walking)


def _outlook(scene: Scene, rows: Rows, goes_on: Array, low: Flags, policy: Policy) -> _Outlook:
    """What stopping now or later, or slowing, still prevents."""
    stops_s = np.array([0.0, next_decision_s(policy), *_LATER_S])
    stopped = np.repeat(goes_on[:, -1:], len(stops_s), axis=1)
    slowed = goes_on.copy()
    if not travels(scene, policy):
        return _Outlook(goes_on, stops_s, stopped, slowed)
    shape = shape_of(scene, policy.person_radius_m)
    sigma = np.array([scene.people[row].sigma_m for row in rows])
    # Where all looks come in time, which is the rule, this is one group.
    for late_s in np.unique(scene.late_s[rows]):
        group = np.flatnonzero(scene.late_s[rows] == late_s)
        halts = braked_ways(scene.forecast, scene.hoist, policy, stops_s, float(late_s))
        slow = braked_ways(
            scene.forecast, scene.hoist, policy, np.zeros(1), float(late_s), scene.hoist.travel_speed_mps[0]
        )
        ways = LoadPaths(
            np.concatenate([halts.place_m, slow.place_m]),
            np.concatenate([halts.sigma_m, slow.sigma_m]),
            np.concatenate([halts.harmful, slow.harmful]) & low[None],
        )
        met = never_safer(scene.people_forecast, rows[group], ways, shape, sigma[group], _KNOWN_SIGMA_M)
        stopped[group], slowed[group] = met[:, :-1, -1], met[:, -1]
    return _Outlook(goes_on, stops_s, stopped, slowed)


def next_decision_s(policy: Policy) -> float:
    """What waiting costs: a danger has to last before it is announced, and the next tick decides."""
    return _ON_FACTOR * policy.on_delay_s + policy.tick_s


def stop_window_s(scene: Scene, late_s: float, policy: Policy) -> float:
    """Contacts sooner than this need the stop itself: it takes so long from slow speed, or a person to step aside.

    Who sets off or turns is known to do so only when the track shows it: that time is gone already.
    """
    slow = min(scene.state.travel_speed_mps, scene.hoist.travel_speed_mps[0])
    takes_s = policy.reaction_time_s + slow / scene.hoist.deceleration_mps2
    return next_decision_s(policy) + policy.track_lag_s + late_s + max(takes_s, policy.human_reaction_s)


def _full_speed_m(scene: Scene, late_s: float, policy: Policy) -> float:
    """Nearer than this, a load must not gather speed: at full speed a stop would come too late for a warning.

    What is safe because it is slow would not be, were it let go.
    """
    s, fast = scene.state, scene.hoist.travel_speed_mps[1]
    stop = stop_now(fast, s.rope_m, s.sway_amplitude_m, scene.hoist, policy, late_s)
    return stop.distance_m + fast * policy.human_reaction_s


def probability_within(scene: Scene, met: Array, within_s: float) -> float:
    """Probability of a contact within so long, from that by each time (h,) of the forecast."""
    return float(np.interp(within_s, scene.forecast.ahead_s, met))


def _struck(scene: Scene, row: int, outlook: _Outlook, i: int, now: tuple[float, bool], policy: Policy) -> Hazard:
    s, ahead = scene.state, scene.forecast.ahead_s
    gap_m, near = now
    goes_on, stopped = outlook.goes_on[i], outlook.stopped[i]
    late_s = float(scene.late_s[row])
    hits = np.flatnonzero(goes_on >= policy.contact_probability)
    helps = stopped < policy.contact_probability
    # The last of the stops before the first that comes too late.
    useless = np.flatnonzero(~helps)
    last_safe = float(ahead[-1]) if not len(useless) else float(outlook.stops_s[max(useless[0] - 1, 0)])
    soon = probability_within(scene, goes_on, stop_window_s(scene, late_s, policy))
    fast = s.travel_speed_mps > _SLOW_TOLERANCE * scene.hoist.travel_speed_mps[0]
    # A contact this probable may not wait until the stop itself is as likely to fail; half of that is late enough.
    sure = float(goes_on[-1]) >= policy.sure_probability and float(stopped[1]) >= policy.sure_probability / 2
    # Where slowing gains time enough, it comes first, however near.
    if_slowed = probability_within(scene, outlook.slowed[i], stop_window_s(scene, late_s, policy))
    due = min(soon, if_slowed) >= policy.stop_probability
    if due or (sure and travels(scene, policy)) or (near and fast):
        level = Level.DANGER
    elif near or (len(hits) and (last_safe < policy.human_reaction_s or gap_m < _full_speed_m(scene, late_s, policy))):
        level = Level.WARNING
    else:
        level = Level.CAUTION
    stop = stop_now(s.travel_speed_mps, s.rope_m, s.sway_amplitude_m, scene.hoist, policy, late_s)
    return Hazard(
        situation=Situation.STRUCK_BY,
        level=level,
        hoist=s.name,
        person=scene.people[row].id,
        probability=float(goes_on[-1]),
        gap_m=gap_m,
        time_to_contact_s=float(ahead[hits[0]]) if len(hits) else None,
        time_to_last_safe_stop_s=last_safe if helps[0] else 0.0,
        terms={
            "load_mps": s.travel_speed_mps,
            "person_mps": scene.people[row].speed_mps,
            "reaction_s": policy.reaction_time_s + late_s,
            "stop_m": stop.distance_m,
            "stop_s": stop.time_s,
            "swing_m": stop.swing_m,
            "soon_probability": soon,
            "soon_s": stop_window_s(scene, late_s, policy),
            "stopped_probability": float(stopped[0]),
            "slowed_probability": float(outlook.slowed[i, -1]),
            "bottom_m": scene.body.lowest_m,
            "height_known": float(s.height_known),
        },
    )


def _lowers(scene: Scene, policy: Policy) -> bool:
    """A load comes down: who is below it or steps below it is crushed."""
    s = scene.state
    return (
        scene.body.loaded
        and s.height_known
        and scene.phase in AIRBORNE
        and s.vz_mps < -policy.lifting_speed_mps
        and not stands(scene, policy)
    )


def _too_near(scene: Scene, policy: Policy) -> Flags:
    """(n,) who is nearer to a low load that travels than any forecast is trusted to."""
    if not travels(scene, policy) or scene.body.lowest_m >= policy.person_reach_height_m:
        return np.zeros(len(scene.people), np.bool_)
    return np.asarray(gaps(scene, policy.person_radius_m) < policy.separation_floor_m, np.bool_)
