"""Motion of a hoist: trolley, rope and two-axis sway, as functions of one state vector.

State (10,): trolley x, vx, y, vy (m, m/s); rope length L from beam to hook and its rate (m, m/s);
sway angle and rate about plumb in x (rad, rad/s) and in y. Positive sway carries the hook towards +x, +y.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist

X, VX, Y, VY, L, VL, AX, WX, AY, WY = range(10)
STATES = 10
GRAVITY_MPS2 = 9.81
ROPE_MIN_M = 0.2
ROPE_SIGMA_M = 0.001
"""How well the length of a rope can be known at best."""
_TINY = 1e-9 * np.eye(STATES)
_ROPE_ACCELERATION_MPS2 = 0.08
_SWAY_DISTURBANCE_MPS2 = 0.10
_DAMPING = 0.0065
"""Of the swing. Measured on a laboratory gantry; ropes of cranes lie between 0.002 and 0.01."""
_SPEED_TOLERANCE = 1.25
_WIDEST_RAD2 = 0.5**2
DRIVE_OF_DECELERATION = 0.6
"""Unknown drive acceleration as a share of the machine's own deceleration: a brake at full strength is 1.7 sigma."""


def moved(state: Array, dt_s: float) -> Array:
    """The state after ``dt_s`` without drive acceleration.

    Sway is the exact solution of a lightly damped pendulum of constant length, θ'' = −(g/L)θ − 2ζω₀θ',
    whose rate is scaled to keep L²θ' when the rope changes length (angular momentum about the trolley).
    A wide swing takes longer: ω₀ = √(g/L)·(1 − A²/16) at amplitude A (first term of the elliptic integral).
    """
    out = state.copy()
    out[X] += state[VX] * dt_s
    out[Y] += state[VY] * dt_s
    rope = max(state[L], ROPE_MIN_M)
    out[L] = max(state[L] + state[VL] * dt_s, ROPE_MIN_M)
    narrow2 = GRAVITY_MPS2 / rope
    w0 = math.sqrt(narrow2) * (1.0 - swing_rad2(state) / 16.0)
    wd = w0 * math.sqrt(1.0 - _DAMPING**2)
    decay = math.exp(-_DAMPING * w0 * dt_s)
    cos, sin = math.cos(wd * dt_s), math.sin(wd * dt_s)
    shrink = (rope / out[L]) ** 2
    for angle, rate in ((AX, WX), (AY, WY)):
        a, w = state[angle], state[rate]
        b = (w + _DAMPING * w0 * a) / wd
        out[angle] = decay * (a * cos + b * sin)
        out[rate] = decay * (b * wd * cos - a * wd * sin - _DAMPING * w0 * (a * cos + b * sin)) * shrink
    return out


def swing_rad2(state: Array) -> float:
    """Square of the amplitude of the swing that a state (10,) is in, both axes together."""
    rope = max(float(state[L]), ROPE_MIN_M)
    rates = state[WX] ** 2 + state[WY] ** 2
    return min(float(state[AX] ** 2 + state[AY] ** 2 + rates * rope / GRAVITY_MPS2), _WIDEST_RAD2)


def moved_all(states: Array, dt_s: float, swing2: float | None = None) -> Array:
    """``moved`` of states (n, 10) at once, each in its own swing, or all in one of amplitude √``swing2``.

    Sigma points lie wider than the state that they stand for: of a filter they take its mean's swing.
    """
    out = states.copy()
    out[:, X] += states[:, VX] * dt_s
    out[:, Y] += states[:, VY] * dt_s
    rope = np.maximum(states[:, L], ROPE_MIN_M)
    out[:, L] = np.maximum(states[:, L] + states[:, VL] * dt_s, ROPE_MIN_M)
    angles, rates = states[:, AX::2], states[:, WX::2]
    narrow2 = GRAVITY_MPS2 / rope
    wide = swing2
    if wide is None:
        wide = np.minimum((angles**2).sum(axis=1) + (rates**2).sum(axis=1) / narrow2, _WIDEST_RAD2)
    w0 = np.sqrt(narrow2) * (1.0 - wide / 16.0)
    wd = w0 * math.sqrt(1.0 - _DAMPING**2)
    decay = np.exp(-_DAMPING * w0 * dt_s)
    cos, sin = decay * np.cos(wd * dt_s), decay * np.sin(wd * dt_s)
    shrink = (rope / out[:, L]) ** 2
    rubbed = _DAMPING * w0[:, None] * angles
    b = (rates + rubbed) / wd[:, None]
    swung = angles * cos[:, None] + b * sin[:, None]
    out[:, AX::2] = swung
    out[:, WX::2] = (
        b * (wd * cos)[:, None] - angles * (wd * sin)[:, None] - (_DAMPING * w0)[:, None] * swung
    ) * shrink[:, None]
    return out


def drive_sigma_mps2(hoist: Hoist, policy: Policy) -> float:
    """Unknown drive acceleration, one sigma: the policy's, or as much more as the machine brakes harder."""
    return max(policy.hoist_acceleration_mps2, DRIVE_OF_DECELERATION * hoist.deceleration_mps2)


def noise(state: Array, dt_s: float, hoist: Hoist, policy: Policy, restless: float = 1.0) -> Array:
    """Process noise (10, 10): unknown drive acceleration, which also swings the load, and disturbances.

    ``restless`` multiplies the disturbances of the swing: what holds, pushes or frees a load is no pendulum.

    A trolley acceleration a changes velocity by a·dt and sway rate by −a·dt/L. On a monorail the
    trolley can only accelerate along its beam.
    """
    rope = max(state[L], ROPE_MIN_M)
    half, lasts = dt_s**2 / 2, math.sqrt(max(dt_s, 1e-6))
    # Acceleration lasts about a second: power scales with time, not with the number of steps.
    # A hoisting drive reaches its top speed in about a second.
    lift = min(_ROPE_ACCELERATION_MPS2, 0.6 * hoist.hoist_speed_mps[1]) / lasts
    drive = drive_sigma_mps2(hoist, policy) / lasts
    sway = restless * _SWAY_DISTURBANCE_MPS2 / rope / lasts
    columns: list[list[float]] = []
    for east, north in drive_axes(hoist):
        x, y = drive * east, drive * north
        swing = -1.0 / rope
        columns.append([x * half, x * dt_s, y * half, y * dt_s, 0.0, 0.0])
        columns[-1] += [x * half * swing, x * dt_s * swing, y * half * swing, y * dt_s * swing]
    columns.append([0.0, 0.0, 0.0, 0.0, lift * half, lift * dt_s, 0.0, 0.0, 0.0, 0.0])
    columns.append([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, sway * half, sway * dt_s, 0.0, 0.0])
    columns.append([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, sway * half, sway * dt_s])
    g: Array = np.array(columns).T
    q: Array = g @ g.T
    q += _TINY
    return q


def limits(hoist: Hoist) -> tuple[Array, Array]:
    """What the machine allows: centre (10,) and standard deviation (10,) of each state, inf where it says nothing.

    Speeds up to the drives' top, a rope within its range, and the swing that drive and brake can leave:
    2a/g after a ramp, v/√(gL) after a jerk, whichever is less.
    """
    centre, sigma = np.zeros(STATES), np.full(STATES, math.inf)
    low, high = hoist.hook_height_m
    rope = hoist.beam_height_m - (low + high) / 2
    travel, lift = hoist.travel_speed_mps[1], hoist.hoist_speed_mps[1]
    sway = min(2 * hoist.deceleration_mps2 / GRAVITY_MPS2, travel / math.sqrt(GRAVITY_MPS2 * rope))
    centre[L] = rope
    sigma[[VX, VY]] = max(travel, 0.05)
    sigma[[L, VL]] = max((high - low) / 2, ROPE_SIGMA_M), max(lift, 0.001)
    sigma[[AX, AY]] = max(sway, 0.03)
    sigma[[WX, WY]] = max(sway, 0.03) * math.sqrt(GRAVITY_MPS2 / rope)
    return centre, sigma


def within_limits(state: Array, cov: Array, centre: Array, sigma: Array) -> tuple[Array, Array]:
    """Mean and covariance with every state known at least as well as the machine's limits tell.

    A state less certain than its limit is corrected by it as by a measurement whose noise leaves just
    that variance. Without it, what no sensor sees would grow for ever, and with it the place of the
    load until no contact looks likely any more.
    """
    for i in np.flatnonzero(np.diag(cov) > sigma**2):
        variance, allowed = cov[i, i], sigma[i] ** 2
        if variance <= allowed:
            continue
        gain = cov[:, i] * ((variance - allowed) / variance**2)
        state = state + gain * (centre[i] - state[i])
        cov = cov - np.outer(gain, cov[i])
    return state, cov


def slowed(state: Array, cov: Array, hoist: Hoist) -> Array:
    """The mean with the trolley no faster than its drive, and all else moved along as the covariance has it.

    What makes a trolley look faster than it can be makes its load look swung as well; bringing back the
    speed alone would leave that swing, for ever where nobody sees the hook.
    """
    top = _SPEED_TOLERANCE * hoist.travel_speed_mps[1]
    for speed in (VX, VY):
        over = float(state[speed]) - _between(state[speed], -top, top)
        if over and cov[speed, speed] > 0.0:
            state = state - cov[:, speed] * (over / cov[speed, speed])
    return state


def drive_axes(hoist: Hoist) -> tuple[tuple[float, float], ...]:
    """Unit vectors along which the trolley can move: one for a monorail, two otherwise."""
    if hoist.kind != "monorail":
        return (1.0, 0.0), (0.0, 1.0)
    (x0, y0), (x1, y1) = hoist.travel_m
    length = math.hypot(x1 - x0, y1 - y0)
    return (((x1 - x0) / length, (y1 - y0) / length),)


def hook_of(state: Array, beam_height_m: float) -> Array:
    """Hook position (..., 3) in the world of states (..., 10)."""
    return below_hook(state, beam_height_m, 0.0)


def hook_sigma_m(state: Array, cov: Array) -> float:
    """Standard deviation of the hook's floor place, sqrt of half the trace, from the covariance (10, 10)."""
    rope = float(state[L])
    variance = [cov[p, p] + 2 * rope * cov[p, a] + rope**2 * cov[a, a] for p, a in ((X, AX), (Y, AY))]
    return math.sqrt(max(sum(variance) / 2, 0.0))


def hook_cov_m2(state: Array, cov: Array) -> Array:
    """Covariance (3, 3) of the hook's place, from the mean (10,) and covariance (10, 10), to first order."""
    rope, ax, ay = float(state[L]), float(state[AX]), float(state[AY])
    by = np.zeros((3, STATES))
    by[0, X] = by[1, Y] = 1.0
    by[0, L], by[1, L], by[2, L] = math.sin(ax), math.sin(ay), -1.0
    by[0, AX], by[1, AY] = rope * math.cos(ax), rope * math.cos(ay)
    by[2, AX], by[2, AY] = rope * math.sin(ax), rope * math.sin(ay)
    out: Array = by @ cov @ by.T
    return out


def aside_of(state: Array, cov: Array) -> tuple[Array, Array]:
    """How far the hook is from below its trolley (2,), and its covariance (2, 2) to first order."""
    rope, ax, ay = float(state[L]), float(state[AX]), float(state[AY])
    by = np.zeros((2, STATES))
    by[0, L], by[1, L] = math.sin(ax), math.sin(ay)
    by[0, AX], by[1, AY] = rope * math.cos(ax), rope * math.cos(ay)
    spread: Array = by @ cov @ by.T
    return rope * np.array([math.sin(ax), math.sin(ay)]), spread


def below_hook(state: Array, beam_height_m: float, drop_m: float) -> Array:
    """The point (..., 3) ``drop_m`` further down along the rope than the hook, of states (..., 10)."""
    rope = state[..., L] + drop_m
    sine = np.sin(state[..., AX : AY + 1 : AY - AX])
    out = np.empty((*state.shape[:-1], 3))
    out[..., :2] = state[..., X : Y + 1 : Y - X] + rope[..., None] * sine
    out[..., 2] = beam_height_m - rope * np.sqrt(np.maximum(0.0, 1.0 - (sine**2).sum(axis=-1)))
    return out


def inside_reach(state: Array, hoist: Hoist) -> Array:
    """The state with the trolley brought back to where its rails and drive let it be, and the rope to its limits."""
    out = state.copy()
    top = _SPEED_TOLERANCE * hoist.travel_speed_mps[1]
    out[VX], out[VY] = _between(state[VX], -top, top), _between(state[VY], -top, top)
    out[X], out[Y] = reach_point(float(state[X]), float(state[Y]), hoist)
    low, high = hoist.hook_height_m
    shortest = max(ROPE_MIN_M, hoist.beam_height_m - high - 0.5)
    out[L] = _between(state[L], shortest, hoist.beam_height_m - low + 0.5)
    return out


def _between(value: float, low: float, high: float) -> float:
    return min(max(float(value), low), high)


def reach_point(x_m: float, y_m: float, hoist: Hoist) -> tuple[float, float]:
    """The nearest point that the trolley can stand at."""
    (x0, y0), (x1, y1) = hoist.travel_m
    if hoist.kind == "bridge":
        return _between(x_m, min(x0, x1), max(x0, x1)), _between(y_m, min(y0, y1), max(y0, y1))
    dx, dy = x1 - x0, y1 - y0
    length = math.hypot(dx, dy)
    if hoist.kind == "monorail":
        along = _between(((x_m - x0) * dx + (y_m - y0) * dy) / length**2, 0.0, 1.0)
        return x0 + along * dx, y0 + along * dy
    from_pivot = math.hypot(x_m - x0, y_m - y0)
    scale = min(1.0, length / from_pivot) if from_pivot > 0 else 1.0
    return x0 + (x_m - x0) * scale, y0 + (y_m - y0) * scale
