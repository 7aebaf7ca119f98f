"""Struck by the moving load, and under the suspended load: how likely, how soon, can a stop still help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from calibration.camera import Array, Flags, Rows
from calibration.policy import Policy
from calibration.site import Hoist
from safety.lift import Body
from safety.records import Hazard, Level, Phase, Situation
from safety.stopping import Stop, StoppedPaths, stop_now, stopped_paths
from tracking.predict import HoistForecast, PeopleForecast
from tracking.records import HoistState, Person

_SWAY_THAT_STRIKES_M = 0.15
_SLOW_TOLERANCE = 1.2
_INSIDE_PROBABILITY = 0.5
_AIRBORNE = (Phase.LIFTING, Phase.TRAVELLING, Phase.LOWERING)


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


def within_probability(offset_m: Array, cov_m2: Array, radius_m: Array | float) -> Array:
    """Probability that a 2-D Gaussian point lies within ``radius_m`` of the origin, from above.

    offset_m (..., 2), cov_m2 (..., 2, 2) broadcast against each other. The disc lies in the square
    around it along the principal axes of the covariance, where the two coordinates are independent,
    and in the strip across the offset: the less probable of the two is taken, never less than the disc.
    """
    a, b, d = cov_m2[..., 0, 0], cov_m2[..., 0, 1], cov_m2[..., 1, 1]
    half, spread = (a + d) / 2, np.hypot((a - d) / 2, b)
    turn = 0.5 * np.arctan2(2 * b, a - d)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = offset_m[..., 0], offset_m[..., 1]
    square = _strip(cos * x + sin * y, half + spread, radius_m) * _strip(cos * y - sin * x, half - spread, radius_m)
    distance2 = x * x + y * y
    along = np.where(distance2 > 1e-18, a * x * x + 2 * b * x * y + d * y * y, a)
    across_offset = _strip(np.sqrt(distance2), along / np.maximum(distance2, 1e-18), radius_m)
    probability: Array = np.minimum(square, np.where(distance2 > 1e-18, across_offset, 1.0))
    return probability


def _strip(middle: Array, variance: Array, radius_m: Array | float) -> Array:
    """Probability that a Gaussian number of that mean and variance lies within ±radius."""
    sigma = np.sqrt(np.maximum(variance, 1e-9))
    inside: Array = ndtr((radius_m - middle) / sigma) - ndtr((-radius_m - middle) / sigma)
    return inside


def struck_by(scene: Scene, policy: Policy) -> list[Hazard]:
    """People whom the load will reach within the horizon, with the time left for a stop that helps."""
    s, body = scene.state, scene.body
    travels = _travels(scene, policy)
    low = body.lowest_m < policy.person_reach_height_m
    # A swing counts where it stands out of its own uncertainty: telemetry of the trolley cannot see one.
    swings = low and not _stands(scene, policy) and s.sway_amplitude_m > max(_SWAY_THAT_STRIKES_M, 2 * s.sigma_m)
    if not len(scene.people) or not (travels or swings):
        return []
    reachable = _low_enough(scene, policy)
    if not reachable.any():
        return []
    radius = body.radius_m + policy.person_radius_m
    swing = 0.0 if travels else s.sway_amplitude_m
    still = StoppedPaths(
        offset_m=np.zeros((1, len(reachable), 2)),
        swing_m=np.full((1, len(reachable)), swing),
        sigma_m=scene.forecast.sigma_m[None],
        harmful=np.ones((1, len(reachable)), bool),
    )
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    goes_on = np.where(reachable, _contact(scene, rows, still, radius)[:, 0], 0.0)
    gap = _gaps(scene, policy.person_radius_m) - swing
    threatened = (goes_on.max(axis=1) >= policy.contact_probability) | _too_near(scene, gap, policy)
    rows = np.flatnonzero(threatened).astype(np.int64)
    if not len(rows):
        return []
    helped = _stop_helps(scene, rows, reachable, radius, policy)
    return [_struck(scene, int(row), goes_on[row], helped[i], float(gap[row]), policy) for i, row in enumerate(rows)]


def fall_zone(scene: Scene, policy: Policy) -> list[Hazard]:
    """People under the suspended load, in the zone that it can fall into, or about to walk into it.

    Zone radius: load radius + swing + part of the height + person radius; the inner part without the
    height counts as under the load.
    """
    s, body = scene.state, scene.body
    if not len(scene.people) or not body.loaded or scene.phase not in _AIRBORNE:
        return []
    if body.highest_m < policy.fall_zone_min_height_m:
        return []
    under_m = body.radius_m + s.sway_amplitude_m + policy.person_radius_m
    zone_m = under_m + policy.fall_zone_of_height * body.highest_m
    f = scene.people_forecast
    rows: Rows = np.arange(len(scene.people), dtype=np.int64)
    sigma = scene.forecast.sigma_m[None]
    inside = _mode_mean(scene, rows, np.full_like(sigma, zone_m), sigma)[:, 0]
    under_now = _mode_mean(scene, rows, np.full_like(sigma, under_m), sigma)[:, 0, 0]
    gap = _gaps(scene, policy.person_radius_m)
    rests = s.travel_speed_mps <= policy.moving_speed_mps and abs(s.vz_mps) <= policy.lifting_speed_mps
    out = []
    for row, person in enumerate(scene.people):
        # Seen so much later, a person is so much nearer when the warning comes.
        soon = f.ahead_s <= policy.human_reaction_s + scene.late_s[row] + 1e-9
        enters = np.flatnonzero(inside[row][soon] >= _INSIDE_PROBABILITY)
        if not len(enters) or person.lost:
            continue
        level = Level.CAUTION
        if enters[0] == 0:
            level = Level.DANGER if under_now[row] >= _INSIDE_PROBABILITY else Level.WARNING
        if s.carrying == "unknown" and rests:
            level = Level.CAUTION
        out.append(
            Hazard(
                situation=Situation.FALL_ZONE,
                level=level,
                hoist=s.name,
                person=person.id,
                probability=float(inside[row][soon].max()),
                gap_m=float(gap[row]),
                time_to_contact_s=float(f.ahead_s[enters[0]]),
                terms={
                    "zone_m": float(zone_m),
                    "bottom_m": float(body.highest_m if not s.height_known else body.bottom_m),
                    "height_known": float(s.height_known),
                    "load_known": float(s.carrying == "loaded"),
                    "load_mps": s.travel_speed_mps,
                },
            )
        )
    return out


def _stop_helps(scene: Scene, rows: Rows, reachable: Flags, radius_m: float, policy: Policy) -> Flags:
    """(rows, d) whether a stop commanded at each time of the horizon still keeps the load off each person."""
    helps = np.empty((len(rows), len(reachable)), np.bool_)
    # Where all looks come in time, which is the rule, this is one group.
    for late_s in np.unique(scene.late_s[rows]):
        group = scene.late_s[rows] == late_s
        sway_m = scene.state.sway_amplitude_m
        stopped = stopped_paths(scene.forecast, scene.stop, sway_m, scene.hoist, policy, float(late_s))
        touch = np.where(reachable & stopped.harmful[None], _contact(scene, rows[group], stopped, radius_m), 0.0)
        helps[group] = touch.max(axis=2) < policy.contact_probability
    return helps


def _struck(scene: Scene, row: int, goes_on: Array, helped: Flags, gap_m: float, policy: Policy) -> Hazard:
    s = scene.state
    ahead = scene.forecast.ahead_s
    hits = np.flatnonzero(goes_on >= policy.contact_probability)
    ttc = float(ahead[hits[0]]) if len(hits) else None
    unsafe = np.flatnonzero(~helped)
    last_safe = float(ahead[-1]) if not len(unsafe) else float(ahead[max(unsafe[0] - 1, 0)])
    stop_helps_now = bool(helped[0])
    near = bool(_too_near(scene, np.array([gap_m]), policy)[0])
    fast = s.travel_speed_mps > _SLOW_TOLERANCE * scene.hoist.travel_speed_mps[0]
    if not len(hits):
        level = Level.DANGER if fast else Level.WARNING
    elif not stop_helps_now or last_safe < policy.horizon_step_s or (near and fast):
        level = Level.DANGER
    elif last_safe < policy.human_reaction_s or near:
        level = Level.WARNING
    else:
        level = Level.CAUTION
    late_s = float(scene.late_s[row])
    stop = stop_now(s.travel_speed_mps, s.rope_m, s.sway_amplitude_m, scene.hoist, policy, late_s)
    return Hazard(
        situation=Situation.STRUCK_BY,
        level=level,
        hoist=s.name,
        person=scene.people[row].id,
        probability=float(goes_on.max()),
        gap_m=gap_m,
        time_to_contact_s=ttc,
        time_to_last_safe_stop_s=last_safe if stop_helps_now else 0.0,
        terms={
            "load_mps": s.travel_speed_mps,
            "person_mps": scene.people[row].speed_mps,
            "reaction_s": policy.reaction_time_s + late_s,
            "stop_m": stop.distance_m,
            "stop_s": stop.time_s,
            "swing_m": stop.swing_m,
            "bottom_m": scene.body.lowest_m,
            "height_known": float(s.height_known),
        },
    )


def _contact(scene: Scene, rows: Rows, paths: StoppedPaths, radius_m: float) -> Array:
    """(rows, d, h) probability that the load, on each of d paths, touches each person at each time.

    Spread over a wide area, a person is unlikely to be anywhere, so that the probability falls as a
    track gets worse. Nobody looks safer for that: who is known less well than the load is wide counts
    at least as much as if known so well.
    """
    radii = radius_m + paths.swing_m
    out = _mode_mean(scene, rows, radii, paths.sigma_m, paths.offset_m)
    sigma = np.array([scene.people[row].sigma_m for row in rows])
    if (sigma > radius_m).any():
        scale = np.minimum(1.0, (radius_m / np.maximum(sigma, 1e-9)) ** 2)
        out = np.maximum(out, _mode_mean(scene, rows, radii, paths.sigma_m, paths.offset_m, scale))
    return out


def _mode_mean(
    scene: Scene,
    rows: Rows,
    radius_m: Array,
    sigma_m: Array,
    offset_m: Array | float = 0.0,
    scale: Array | None = None,
) -> Array:
    """(rows, d, h) probability, over motion modes, of being within ``radius_m`` (d, h) of the load.

    ``sigma_m`` (d, h) is that of the load's place, ``offset_m`` (d, h, 2) what it lags behind its
    forecast, ``scale`` (rows,) a factor on people's covariances.
    """
    f = scene.people_forecast
    load = scene.forecast.hook_m[None, :, :2] - offset_m
    relative = f.mean_m[rows][:, :, None] - load[None, None]
    cov = f.cov_m2[rows] if scale is None else f.cov_m2[rows] * scale[:, None, None, None, None]
    spread = cov[:, :, None] + (sigma_m**2)[None, None, :, :, None, None] * np.eye(2)
    each = within_probability(relative, spread, radius_m[None, None])
    mean: Array = np.einsum("nm,nmdh->ndh", f.weight[rows], each)
    return mean


def _gaps(scene: Scene, person_radius_m: float) -> Array:
    """(n,) distance from the load's side to each person's side now, m; negative inside."""
    at = np.array([(p.x_m, p.y_m) for p in scene.people])
    away = np.sqrt(((at - (scene.state.x_m, scene.state.y_m)) ** 2).sum(axis=1))
    gap: Array = away - scene.body.radius_m - person_radius_m
    return gap


def _stands(scene: Scene, policy: Policy) -> bool:
    """A load is seen on the floor: slack slings may let the hook sway above it, which strikes nobody."""
    s = scene.state
    return s.carrying == "loaded" and s.height_known and scene.body.bottom_m <= policy.landed_gap_m


def _travels(scene: Scene, policy: Policy) -> bool:
    """Faster than standing still; above a load on the floor only once that has held as a phase.

    Whoever rigs a load touches it: noise of the speed must not make that a contact.
    """
    moves = scene.state.travel_speed_mps > policy.moving_speed_mps
    return moves and (scene.phase not in (Phase.RIGGING, Phase.LANDED) or not _stands(scene, policy))


def _too_near(scene: Scene, gap_m: Array, policy: Policy) -> Flags:
    if not _travels(scene, policy) or scene.body.lowest_m >= policy.person_reach_height_m:
        return np.zeros(len(gap_m), np.bool_)
    return np.asarray(gap_m < policy.separation_floor_m, np.bool_)


def _low_enough(scene: Scene, policy: Policy) -> Flags:
    """(h,) whether the load's lower edge is within a person's height at each time ahead."""
    fall = min(scene.state.vz_mps, 0.0) if scene.state.height_known else 0.0
    return np.asarray(scene.body.lowest_m + fall * scene.forecast.ahead_s < policy.person_reach_height_m, np.bool_)
