"""Scenes and recordings of situations whose right judgement is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from calibration.policy import Policy
from calibration.site import Hoist, Site
from safety.engine import Engine, Step
from safety.lift import body_of
from safety.records import Event, Phase
from safety.scene import Scene, scene_of
from tests.worlds import bridge, hall, seen_at, sight_at
from tracking import hoist_motion as motion
from tracking.people_filter import STAND, WALK, Bank
from tracking.predict import forecast_hoist, forecast_people
from tracking.records import HoistState, Mode, Observation, Person, Sight

HOIST = bridge()
POLICY = Policy()


@dataclass(frozen=True)
class Somebody:
    """A followed person: place, velocity, and how certain both are."""

    x_m: float
    y_m: float
    vx_mps: float = 0.0
    vy_mps: float = 0.0
    sigma_m: float = 0.05
    sigma_mps: float = 0.1
    lost: bool = False
    unseen_s: float = 0.0


def hoist_state(
    hoist: Hoist = HOIST,
    x_m: float = 6.0,
    y_m: float = 6.0,
    hook_m: float = 2.3,
    vx_mps: float = 0.0,
    vy_mps: float = 0.0,
    **changes: object,
) -> HoistState:
    """A loaded hook at 2.3 m: the load's lower edge hangs at 1.0 m."""
    rope = hoist.beam_height_m - hook_m
    values: dict[str, object] = {
        "name": hoist.name,
        "time_s": 0.0,
        "x_m": x_m,
        "y_m": y_m,
        "z_m": hook_m,
        "vx_mps": vx_mps,
        "vy_mps": vy_mps,
        "vz_mps": 0.0,
        "trolley_x_m": x_m,
        "trolley_y_m": y_m,
        "trolley_vx_mps": vx_mps,
        "trolley_vy_mps": vy_mps,
        "rope_m": rope,
        "sway_x_rad": 0.0,
        "sway_y_rad": 0.0,
        "sway_amplitude_m": 0.0,
        "sigma_m": 0.05,
        "sigma_z_m": 0.05,
        "carrying": "loaded",
        "height_known": True,
        "unseen_s": 0.0,
    }
    return HoistState(**(values | changes))  # type: ignore[arg-type]


def scene(
    state: HoistState,
    people: Sequence[Somebody],
    phase: Phase = Phase.TRAVELLING,
    hoist: Hoist = HOIST,
    policy: Policy = POLICY,
) -> Scene:
    """The scene of one tick, as the engine makes it."""
    mean = np.zeros(motion.STATES)
    mean[[motion.X, motion.VX, motion.Y, motion.VY]] = (
        state.trolley_x_m,
        state.trolley_vx_mps,
        state.trolley_y_m,
        state.trolley_vy_mps,
    )
    mean[[motion.L, motion.VL, motion.AX, motion.AY]] = state.rope_m, -state.vz_mps, state.sway_x_rad, state.sway_y_rad
    cov = np.diag(np.full(motion.STATES, 1e-6))
    cov[motion.X, motion.X] = cov[motion.Y, motion.Y] = state.sigma_m**2
    cov[motion.VX, motion.VX] = cov[motion.VY, motion.VY] = 0.03**2
    bank, records = bank_of(people)
    path = forecast_hoist(mean, cov, hoist, policy)
    together = records, forecast_people(bank, policy)
    return scene_of(state, hoist, body_of(state, hoist), phase, path, together, policy)


def bank_of(people: Sequence[Somebody]) -> tuple[Bank, tuple[Person, ...]]:
    n = len(people)
    mean = np.zeros((n, 3, 4))
    cov = np.zeros((n, 3, 4, 4))
    probability = np.zeros((n, 3))
    records = []
    for i, p in enumerate(people):
        walks = np.hypot(p.vx_mps, p.vy_mps) > 0.2
        mean[i] = p.x_m, p.y_m, p.vx_mps, p.vy_mps
        mean[i, STAND, 2:] = 0.0
        cov[i] = np.diag([p.sigma_m**2, p.sigma_m**2, p.sigma_mps**2, p.sigma_mps**2])
        probability[i] = 0.02, 0.02, 0.02
        probability[i, WALK if walks else STAND] = 0.96
        records.append(
            Person(
                id=f"P{i + 1}",
                time_s=0.0,
                x_m=p.x_m,
                y_m=p.y_m,
                vx_mps=p.vx_mps,
                vy_mps=p.vy_mps,
                var_x_m2=p.sigma_m**2,
                cov_xy_m2=0.0,
                var_y_m2=p.sigma_m**2,
                mode=Mode.WALK if walks else Mode.STAND,
                mode_probability=tuple(probability[i]),
                born_s=-10.0,
                unseen_s=p.unseen_s,
                lost=p.lost,
            )
        )
    return Bank(mean, cov, probability), tuple(records)


Seen = Callable[[float], Sequence[Observation]]
"""What stands where at a time, as one source in metres sees it."""


def sights(seen: Seen, until_s: float, rate_hz: float = 10.0, sigma_m: float = 0.0, seed: int = 1) -> list[Sight]:
    """One source's sights, with noise of its own beside the stated one."""
    random = np.random.default_rng(seed)
    out = []
    for k in range(round(until_s * rate_hz)):
        time_s = (k + 1) / rate_hz
        noisy = [
            msgspec.structs.replace(
                o,
                x_m=o.x_m + float(random.normal(0.0, sigma_m)),
                y_m=o.y_m + float(random.normal(0.0, sigma_m)),
                z_m=None if o.z_m is None else o.z_m + float(random.normal(0.0, sigma_m)),
            )
            for o in seen(time_s)
        ]
        out.append(sight_at("lidar", time_s, noisy))
    return out


def lift(
    x_m: float, y_m: float, hook_m: float = 2.3, hoist: Hoist = HOIST, loaded: bool = True, sigma_m: float = 0.03
) -> list[Observation]:
    """Hook and load hanging plumb at a place, with the stated noise."""
    out = [seen_at("hook", x_m, y_m, hook_m, sigma_m)]
    if loaded:
        out.append(seen_at("load", x_m, y_m, hook_m - hoist.sling_length_m - hoist.load_height_m / 2, sigma_m))
    return out


def run(site: Site | None, events: Sequence[Event], until_s: float, watch_relays: bool = False) -> list[Step]:
    """The engine over all ticks; events come when they are ready."""
    engine = Engine(site or hall(0, [HOIST]), watch_relays=watch_relays)
    tick_s = 0.1
    waiting = sorted(events, key=ready)
    out = []
    for tick in range(1, round(until_s / tick_s) + 1):
        now_s = round(tick * tick_s, 9)
        arrived = [e for e in waiting if ready(e) <= now_s]
        waiting = waiting[len(arrived) :]
        out.append(engine.step(now_s, arrived))
    return out


def ready(event: Event) -> float:
    return getattr(event, "ready_s", None) or event.time_s if hasattr(event, "time_s") else 0.0
