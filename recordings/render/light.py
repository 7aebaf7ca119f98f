"""How much light falls on a point: lamps, sky and sun through windows, and what floor and walls throw back.

Irradiance is in units of a well lit hall's floor, linear and per colour. A lamp is a small flat
emitter after Lambert: E = I·cos(in)·cos(out)/r². The sun reaches a point only where its ray passes
through a window or skylight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.plant.scenario import Scenario
from recordings.render.room import Opening, Room, towards_sun

Floats = NDArray[np.float32]

_AT_ONCE = 8192
_AXIS = {"x0": 0, "x1": 0, "y0": 1, "y1": 1, "roof": 2}


@dataclass(frozen=True, slots=True)
class Lights:
    """Lamps (k, 3) with the way they point and their strength by colour; sun; diffuse light.

    ``sky`` falls from above and ``bounce`` from below. ``window`` is how bright a window looks,
    ``glow`` (k,) how bright each lamp of the room looks; ``noise_gain`` how much the picture is
    amplified beyond what a bright hall needs.
    """

    lamps_m: Floats
    axes: Floats
    power: Floats
    glow: Floats
    sun: Floats
    sun_rgb: Floats
    sky: Floats
    bounce: Floats
    window: Floats
    room: Room


@dataclass(frozen=True, slots=True)
class _Kind:
    """Shares of lamps that burn, their strength, and the outside's."""

    burning: float
    lamp: float
    sky: float
    sun: float
    window: float
    warmth: tuple[float, float]


_KINDS = {
    "lamps": _Kind(0.94, 1.0, 0.10, 0.0, 0.9, (0.0, 1.0)),
    "daylight": _Kind(0.5, 0.45, 0.42, 2.6, 5.0, (0.0, 0.5)),
    "dusk": _Kind(0.6, 0.6, 0.06, 0.0, 0.35, (0.3, 1.0)),
    "night": _Kind(0.22, 0.45, 0.012, 0.0, 0.02, (0.2, 1.0)),
    "glare": _Kind(0.3, 0.4, 0.34, 5.5, 16.0, (0.0, 0.6)),
}
_COOL, _WARM = np.array([0.93, 1.0, 1.06], np.float32), np.array([1.16, 1.0, 0.74], np.float32)


def lights_of(scenario: Scenario, room: Room, seed: int) -> Lights:
    """The lights of a scenario; the same for the same seed."""
    rng = np.random.default_rng([seed, 12])
    kind = _KINDS[scenario.light.kind]
    level = scenario.light.level
    lamps = np.array(room.lamps_m, np.float32)
    burning = rng.random(len(lamps)) < kind.burning
    burning[int(rng.integers(len(lamps)))] = True
    warmth = float(rng.uniform(*kind.warmth))
    tint = _COOL * (1 - warmth) + _WARM * warmth
    area = room.size_m[0] * room.size_m[1] / len(lamps)
    strength = kind.lamp * level * rng.uniform(0.8, 1.1, len(lamps)) * burning
    power = (strength[:, None] * tint * min(area, 40.0) * 0.42).astype(np.float32)
    axes = np.tile(np.array([0.0, 0.0, -1.0], np.float32), (len(lamps), 1))
    blue = np.array([0.86, 0.97, 1.14], np.float32)
    panes, pane_axes, pane_power = _panes(room, kind.sky * level * blue)
    lamp_bounce = kind.lamp * level * float(burning.mean()) * tint * 0.16
    sky = kind.sky * level * blue
    return Lights(
        lamps_m=np.concatenate([lamps[burning], panes]),
        axes=np.concatenate([axes[burning], pane_axes]),
        power=np.concatenate([power[burning], pane_power]),
        glow=(strength * 9.0).astype(np.float32),
        sun=np.array(towards_sun(scenario), np.float32),
        sun_rgb=np.array([1.12, 1.0, 0.82], np.float32) * np.float32(kind.sun * level),
        sky=np.asarray(sky * 0.7 + lamp_bounce, np.float32),
        bounce=np.asarray(sky * 0.45 + lamp_bounce * 1.1, np.float32),
        window=np.asarray(kind.window * level * blue, np.float32),
        room=room,
    )


def _panes(room: Room, sky: Floats) -> tuple[Floats, Floats, Floats]:
    """Walls of windows as a few soft lamps each: (k, 3) places, directions and strengths."""
    places, axes, powers = [], [], []
    for side in ("x0", "x1", "y0", "y1"):
        windows = [o for o in room.openings if o.side == side]
        if not windows or sky.max() < 0.02:
            continue
        area = sum((o.high_m[0] - o.low_m[0]) * (o.high_m[1] - o.low_m[1]) for o in windows)
        middle = np.mean([np.add(o.low_m, o.high_m) / 2 for o in windows], axis=0)
        place, inwards = on_wall(room, side, float(middle[0]), float(middle[1]))
        places.append(place)
        axes.append(inwards)
        powers.append(sky * min(area, 30.0) * 0.5)
    if not places:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)
    return np.array(places, np.float32), np.array(axes, np.float32), np.array(powers, np.float32)


def on_wall(room: Room, side: str, along_m: float, up_m: float) -> tuple[Floats, Floats]:
    """World point of a place on a wall, and the direction into the room."""
    x, y, _ = room.size_m
    points = {"x0": (0.0, along_m), "x1": (x, along_m), "y0": (along_m, 0.0), "y1": (along_m, y)}
    inwards = {"x0": (1.0, 0.0, 0.0), "x1": (-1.0, 0.0, 0.0), "y0": (0.0, 1.0, 0.0), "y1": (0.0, -1.0, 0.0)}
    return np.array([*points[side], up_m], np.float32), np.array(inwards[side], np.float32)


def irradiance(lights: Lights, points_m: Floats, normals: Floats) -> Floats:
    """(n, 3) light by colour that falls on points (n, 3) with normals (n, 3); nothing casts a shadow yet."""
    total = np.empty_like(points_m)
    for start in range(0, len(points_m), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        total[part] = _irradiance(lights, points_m[part], normals[part])
    return total


def _irradiance(lights: Lights, points_m: Floats, normals: Floats) -> Floats:
    total = diffuse(lights, normals)
    if len(lights.lamps_m):
        shares = np.stack([lamp_light(lights, k, points_m, normals) for k in range(len(lights.lamps_m))], axis=1)
        total += shares @ lights.power
    if lights.sun_rgb.max() > 0.0:
        facing = np.maximum(normals @ lights.sun, 0.0) * sunlit(lights, points_m)
        total += facing[:, None] * lights.sun_rgb
    return total


def diffuse(lights: Lights, normals: Floats) -> Floats:
    """(n, 3) light from all round."""
    up = (0.5 + 0.5 * normals[:, 2:]).astype(np.float32)
    return up * lights.sky + (1.0 - up) * lights.bounce


def lamp_light(lights: Lights, lamp: int, points_m: Floats, normals: Floats) -> Floats:
    """(n,) cos(in)·cos(out)/r² of one lamp."""
    # Column by column: numpy takes a third of the time that it takes over rows of three.
    x, y, z = (lights.lamps_m[lamp, k] - points_m[:, k] for k in range(3))
    square = x * x + y * y + z * z + np.float32(0.05)
    falls = np.maximum(x * normals[:, 0] + y * normals[:, 1] + z * normals[:, 2], 0.0)
    ax, ay, az = lights.axes[lamp]
    leaves = np.maximum(-(x * ax + y * ay + z * az), 0.0)
    return np.asarray(falls * leaves / (square * square), np.float32)


def sunlit(lights: Lights, points_m: Floats) -> NDArray[np.bool_]:
    """(n,) whether the sun reaches each point through an opening."""
    out = np.zeros(len(points_m), np.bool_)
    for opening in lights.room.openings:
        out |= _through(lights, opening, points_m)
    return out


def _through(lights: Lights, opening: Opening, points_m: Floats) -> NDArray[np.bool_]:
    axis = _AXIS[opening.side]
    plane = 0.0 if opening.side in ("x0", "y0") else lights.room.size_m[axis]
    slope = float(lights.sun[axis])
    outwards = -1.0 if opening.side in ("x0", "y0") else 1.0
    if slope * outwards < 0.02:
        return np.zeros(len(points_m), np.bool_)
    way = (np.float32(plane) - points_m[:, axis]) / np.float32(slope)
    first, second = [k for k in range(3) if k != axis]
    u = points_m[:, first] + way * lights.sun[first]
    v = points_m[:, second] + way * lights.sun[second]
    (u0, v0), (u1, v1) = opening.low_m, opening.high_m
    return np.asarray((u > u0) & (u < u1) & (v > v0) & (v < v1), np.bool_)
