"""What stopping still achieves: way to standstill, time to it, and the swing that stays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Flags
from calibration.policy import Policy
from calibration.site import Hoist
from safety.passage import LoadPaths
from tracking.hoist_motion import GRAVITY_MPS2, ROPE_MIN_M
from tracking.predict import HoistForecast


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop commanded now: distance and time until the trolley rests, amplitude of the swing after it."""

    distance_m: float
    time_s: float
    swing_m: float


def stop_now(speed_mps: float, rope_m: float, sway_m: float, hoist: Hoist, policy: Policy, late_s: float = 0.0) -> Stop:
    """Reaction at full speed, then a constant brake: s = v·t_r + v²/2a, t = t_r + v/a.

    The reaction t_r is ``policy.reaction_time_s`` and ``late_s``, by which looks come later than that includes.

    Swing left by a ramped stop is at most 2aL/g and never more than after an instant one, v·√(L/g);
    what swung before may add to it.
    """
    a, v = hoist.deceleration_mps2, abs(speed_mps)
    rope = max(rope_m, ROPE_MIN_M)
    reaction_s = policy.reaction_time_s + late_s
    left_m = min(2 * a * rope / GRAVITY_MPS2, v * math.sqrt(rope / GRAVITY_MPS2))
    return Stop(
        distance_m=v * reaction_s + v * v / (2 * a),
        time_s=reaction_s + v / a,
        swing_m=left_m + sway_m,
    )


@dataclass(frozen=True, slots=True)
class StoppedPaths:
    """The load under "stop commanded at Δ" for d delays and h times.

    offset_m: (d, h, 2) what the brake takes away from the undisturbed path. swing_m: (d, h) radius that
    braking adds. sigma_m: (d, h) how uncertain the load's place then is. harmful: (d, h) whether the load
    still moves enough to strike.
    """

    offset_m: Array
    swing_m: Array
    sigma_m: Array
    harmful: Flags


def stopped_paths(
    forecast: HoistForecast, stop: Stop, sway_m: float, hoist: Hoist, policy: Policy, late_s: float = 0.0
) -> StoppedPaths:
    """Simulate the trolley for a stop commanded at each time of the horizon.

    Braking starts a reaction after the command (``late_s`` as for ``stop_now``) and the swing it causes
    lasts to the end of the horizon; a load that rests with a swing too small to hurt no longer counts. From
    the brake on the drive has no say any more, and what rests does not drift: uncertainty stops growing.
    """
    ahead = forecast.ahead_s
    velocity = forecast.trolley_velocity_mps
    speed = float(np.hypot(*velocity))
    a = hoist.deceleration_mps2
    start = ahead[:, None] + policy.reaction_time_s + late_s
    braking_s = np.clip(ahead[None] - start, 0.0, speed / a)
    after_s = np.maximum(ahead[None] - start - speed / a, 0.0)
    # Way lost against going on: a·τ²/2 while braking, then the full speed for as long as it rests.
    lost_m = a * braking_s**2 / 2 + speed * after_s
    direction = velocity / speed if speed > 1e-9 else np.zeros(2)
    brakes = ahead[None] >= start
    swing = np.where(brakes, stop.swing_m - sway_m, 0.0)
    rests = (after_s > 0) | (speed < policy.moving_speed_mps)
    swing_speed = stop.swing_m * math.sqrt(GRAVITY_MPS2 / max(float(forecast.rope_m[0]), ROPE_MIN_M))
    harmful = ~rests | (swing_speed > 2 * policy.moving_speed_mps)
    variance = np.interp(np.minimum(ahead[None], start + speed / a), ahead, forecast.known_m2)
    variance += np.interp(np.minimum(ahead[None], start), ahead, forecast.drive_m2)
    return StoppedPaths(
        offset_m=lost_m[:, :, None] * direction, swing_m=swing, sigma_m=np.sqrt(variance), harmful=harmful
    )


def braked_ways(
    forecast: HoistForecast,
    hoist: Hoist,
    policy: Policy,
    commands_s: Array,
    late_s: float = 0.0,
    to_mps: float = 0.0,
) -> LoadPaths:
    """The load for a brake commanded at each of d times, down to ``to_mps``, with the swing that it causes.

    From a reaction after the command until the trolley is slow enough, it decelerates at the drive's ramp a.
    To a small-angle pendulum of frequency ω that is a push which carries it forward by a/ω²·(1 − cos ωτ), and
    ends with the opposite one. The load can hurt while the trolley moves, and after it while the load swings
    faster than ``policy.harmless_speed_mps``. From the brake on the drive has no say any more, and what
    rests does not drift: uncertainty stops growing.
    """
    ahead = forecast.ahead_s[None]
    velocity = forecast.trolley_velocity_mps
    speed = float(np.hypot(*velocity))
    a = hoist.deceleration_mps2
    begin = commands_s[:, None] + policy.reaction_time_s + late_s
    brakes_s = max(speed - to_mps, 0.0) / a
    since, over = np.maximum(ahead - begin, 0.0), np.maximum(ahead - begin - brakes_s, 0.0)
    lost_m = a / 2 * (since**2 - over**2)
    omega = math.sqrt(GRAVITY_MPS2 / max(float(forecast.rope_m.mean()), ROPE_MIN_M))
    forward_m = a / omega**2 * (np.cos(omega * over) - np.cos(omega * since))
    direction = velocity / speed if speed > 1e-9 else np.zeros(2)
    place = forecast.hook_m[None, :, :2] - ((lost_m - forward_m)[:, :, None] * direction)
    trolley_mps = speed - a * np.minimum(since, brakes_s)
    moves = trolley_mps > policy.moving_speed_mps
    swings = speed_of(place, forecast.ahead_s) > policy.harmless_speed_mps
    variance = np.interp(np.minimum(ahead, begin + brakes_s), forecast.ahead_s, forecast.known_m2)
    variance += np.interp(np.minimum(ahead, begin), forecast.ahead_s, forecast.drive_m2)
    return LoadPaths(place, np.sqrt(variance), moves | swings)


def speed_of(place_m: Array, ahead_s: Array) -> Array:
    """(d, h) speeds along ways (d, h, 2)."""
    speed: Array = np.sqrt((np.gradient(place_m, ahead_s, axis=1) ** 2).sum(axis=-1))
    return speed
