"""What is told of a hoist: its state at a time, with what hangs on it."""

from __future__ import annotations

import math

from tracking import hoist_motion as motion
from tracking.hoist_rest import HoistRest
from tracking.hoist_track import HoistTrack
from tracking.records import HoistState

_HEIGHT_KNOWN_SIGMA_M = 0.5
_STEP_S = 0.02


def state_of(track: HoistTrack, rest: HoistRest, now_s: float, loads_are_seen: bool) -> HoistState:
    """The record of a located hoist at ``now_s``; a lost one stays where it was last thought to be."""
    assert track.filter is not None
    hoist, policy = track.hoist, track.policy
    estimate, cov = track.filter.at(track.until(now_s))
    state = rest.told(estimate)
    hook = motion.hook_of(state, hoist.beam_height_m)
    x, y, z = hook
    vx, vy, vz = (motion.hook_of(motion.moved(state, _STEP_S), hoist.beam_height_m) - hook) / _STEP_S
    rope = float(state[motion.L])
    w0 = math.sqrt(motion.GRAVITY_MPS2 / rope)
    sway = math.sqrt(
        state[motion.AX] ** 2 + state[motion.AY] ** 2 + (state[motion.WX] ** 2 + state[motion.WY] ** 2) / w0**2
    )
    sigma_z = math.sqrt(max(cov[motion.L, motion.L], 0.0))
    sigma = motion.hook_sigma_m(state, cov)
    unseen_s = max(0.0, now_s - track.seen_s)
    recent = now_s - policy.hoist_lost_s
    load = track.load.told(now_s, hook, sigma, loads_are_seen)
    middle, shape = load.middle_m, load.shape
    return HoistState(
        name=hoist.name,
        time_s=now_s,
        x_m=float(x),
        y_m=float(y),
        z_m=float(z),
        vx_mps=float(vx),
        vy_mps=float(vy),
        vz_mps=float(vz),
        trolley_x_m=float(state[motion.X]),
        trolley_y_m=float(state[motion.Y]),
        trolley_vx_mps=float(state[motion.VX]),
        trolley_vy_mps=float(state[motion.VY]),
        rope_m=rope,
        sway_x_rad=float(state[motion.AX]),
        sway_y_rad=float(state[motion.AY]),
        sway_amplitude_m=min(float(rope * sway), rest.swing_limit_m),
        sigma_m=sigma,
        sigma_z_m=sigma_z,
        carrying=load.carrying,
        height_known=sigma_z <= _HEIGHT_KNOWN_SIGMA_M,
        unseen_s=unseen_s,
        lost=unseen_s > policy.hoist_lost_s,
        sources=tuple(sorted(s for s, t in track.sources.items() if t >= recent)),
        load_x_m=None if middle is None else float(middle[0]),
        load_y_m=None if middle is None else float(middle[1]),
        load_z_m=None if middle is None else float(middle[2]),
        load_sigma_m=load.sigma_m,
        load_yaw_rad=None if shape is None else shape.yaw_rad,
        load_length_m=None if shape is None else shape.length_m,
        load_width_m=None if shape is None else shape.width_m,
        load_height_m=None if shape is None else shape.height_m,
        load_resting=load.resting,
    )
