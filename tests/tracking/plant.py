"""A hoist as it really moves, driven by speeds over time, and what cameras, tags and encoders see of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calibration.camera import Array, Camera
from calibration.site import Hoist, Site
from recordings.plant.pendulum import Hook, natural_rad_s
from tests.worlds import boxes_at, point_box, seen_at, sight_at
from tracking.records import Box, Look, Telemetry

Wanted = Callable[[float], tuple[float, float, float]]
"""Trolley velocity x, y and rope rate (m/s) that the operator asks for at a time."""
_STEP_S = 0.005
_DAMPING = 0.01
_BLOCK_KG = 25.0


@dataclass(frozen=True)
class Truth:
    """What a plant did, n rows over time: trolley and its velocity (n, 2), hook (n, 3), sway (n, 2), rope (n,)."""

    time_s: Array
    trolley_m: Array
    velocity_mps: Array
    hook_m: Array
    sway_rad: Array
    rope_m: Array

    def row(self, time_s: float) -> int:
        return min(round(time_s / _STEP_S), len(self.time_s) - 1)

    def load_m(self, time_s: float, drop_m: float, beam_m: float) -> Array:
        """The point ``drop_m`` further down the rope than the hook."""
        row = self.row(time_s)
        trolley = np.append(self.trolley_m[row], beam_m)
        along = (self.hook_m[row] - trolley) / self.rope_m[row]
        return self.hook_m[row] + drop_m * along


def drive(
    hoist: Hoist,
    wanted: Wanted,
    until_s: float,
    start_m: tuple[float, float],
    rope_m: float,
    sway_rad: float = 0.0,
    speed_mps: float = 0.0,
) -> Truth:
    """The trolley follows the wanted speed with the hoist's acceleration; the hook is that of the simulated plant.

    ``sway_rad`` and ``speed_mps`` are those along x at the start.
    """
    a_max, beam = hoist.deceleration_mps2, hoist.beam_height_m
    p, v, rope = np.array(start_m, float), np.array([speed_mps, 0.0]), rope_m
    hook = Hook(p[0] + rope * math.sin(sway_rad), p[1], beam - rope * math.cos(sway_rad), _BLOCK_KG)
    hook.point(p[0], p[1], beam)
    hook.vx = speed_mps
    rows = []
    for k in range(round(until_s / _STEP_S) + 1):
        t = k * _STEP_S
        sway = (math.asin((hook.x - p[0]) / rope), math.asin((hook.y - p[1]) / rope))
        rows.append((t, *p, *v, hook.x, hook.y, hook.z, *sway, rope))
        wx, wy, rope_rate = wanted(t)
        v = v + np.clip(np.array([wx, wy]) - v, -a_max * _STEP_S, a_max * _STEP_S)
        p = p + v * _STEP_S
        rope += rope_rate * _STEP_S
        hook.begin(_STEP_S, float(p[0]), float(p[1]), beam, rope)
        hook.ax = hook.ay = hook.az = 0.0
        hook.damp(2 * _DAMPING * natural_rad_s(rope), float(v[0]), float(v[1]))
        hook.finish(_STEP_S, float(v[0]), float(v[1]), rope_rate)
    table = np.array(rows)
    return Truth(table[:, 0], table[:, 1:3], table[:, 3:5], table[:, 5:8], table[:, 8:10], table[:, 10])


def there_and_back(t: float) -> tuple[float, float, float]:
    """Travel, lift, cross, lower: every drive of a bridge in 20 s."""
    if t < 1.0:
        return 0.0, 0.0, 0.0
    if t < 7.0:
        return 0.5, 0.0, 0.05
    if t < 12.0:
        return 0.0, 0.35, -0.08
    if t < 18.0:
        return -0.4, -0.2, 0.0
    return 0.0, 0.0, 0.0


def pixels(
    site: Site,
    hoist: Hoist,
    truth: Truth,
    until_s: float,
    *,
    rate_hz: float = 10.0,
    sigma_px: float = 3.0,
    load: bool = True,
    seed: int = 1,
) -> list[Look]:
    """Hook (and load) boxes of every camera that sees them."""
    random = np.random.default_rng(seed)
    drop = hoist.sling_length_m + hoist.load_height_m / 2
    out: list[Look] = []
    for index, table in enumerate(site.camera):
        camera = Camera.from_table(table)
        for k in range(int(until_s * rate_hz)):
            time_s = (k + index / len(site.camera)) / rate_hz
            boxes = [point_box(camera, truth.hook_m[truth.row(time_s)], "hook")]
            if load:
                boxes.append(point_box(camera, truth.load_m(time_s, drop, hoist.beam_height_m), "load", 90.0))
            shaken = [_moved(b, random.normal(0.0, sigma_px, 2)) for b in boxes if b is not None]
            out.append(boxes_at(table.name, time_s, shaken))
    return sorted(out, key=lambda b: b.ready_s)


def positions(
    truth: Truth, until_s: float, *, sigma_m: float = 0.05, rate_hz: float = 10.0, seed: int = 2
) -> list[Look]:
    """Hook positions in metres from one source."""
    random = np.random.default_rng(seed)
    out: list[Look] = []
    for k in range(int(until_s * rate_hz)):
        time_s = k / rate_hz
        x, y, z = truth.hook_m[truth.row(time_s)] + random.normal(0.0, sigma_m, 3)
        out.append(sight_at("tag", time_s, [seen_at("hook", float(x), float(y), float(z), sigma_m)]))
    return out


def telemetry(
    hoist: Hoist, truth: Truth, until_s: float, *, rate_hz: float = 5.0, seed: int = 3, height: bool = False
) -> list[Look]:
    """Trolley positions as an encoder gives them, with the hook's height where wanted."""
    random = np.random.default_rng(seed)
    out: list[Look] = []
    for k in range(int(until_s * rate_hz)):
        time_s = k / rate_hz
        row = truth.row(time_s)
        x, y = truth.trolley_m[row] + random.normal(0.0, hoist.telemetry_sigma_m, 2)
        z = float(truth.hook_m[row, 2] + random.normal(0.0, hoist.telemetry_sigma_m)) if height else None
        out.append(Telemetry(hoist=hoist.name, time_s=time_s, ready_s=time_s, x_m=float(x), y_m=float(y), z_m=z))
    return out


def _moved(box: Box, off: Array) -> Box:
    return Box(
        box.left_px + float(off[0]), box.top_px + float(off[1]), box.width_px, box.height_px, box.score, box.kind
    )
