"""What of a hoist moves: bridge or arm, trolley unit, ropes, hook block with its tag, slings.

The hook block with its hook is ``block_m`` high about ``hook_m``, so that the middle of its box in a
picture is the hook of the tracker; the trolley unit lies about ``trolley_m`` likewise. Slings run
from the hook's saddle, below ``hook_m``, to their ends at the load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.site import TagTable
from recordings.plant.records import CraneState
from recordings.plant.scenario import Crane
from recordings.render.hoist_beams import TROLLEY_HIGH_M, moving_beam
from recordings.render.hoist_looks import HoistLook
from recordings.render.mesh import Mesh
from recordings.render.shapes import Rgb, bar, box, merged, placed, ring, tube, yawed
from recordings.render.tags import tag_plate

Array = NDArray[np.float64]
_ROPE: Rgb = (74, 72, 68)
_CHAIN: Rgb = (104, 106, 110)
_DARK: Rgb = (44, 44, 46)
_BLOCK_HIGH_M = {"rope": 0.62, "chain": 0.36}


@dataclass(frozen=True, slots=True)
class HoistMeshes:
    """``hook`` and ``trolley`` are what a detector calls so; ``rest`` are beam, ropes and slings."""

    trolley: Mesh
    hook: Mesh
    rest: Mesh


def hoist_meshes(crane: Crane, look: HoistLook, state: CraneState) -> HoistMeshes:
    """A hoist as it stands."""
    beam = moving_beam(crane, look, state)
    turn = _hanging(state)
    hook = placed(_block(look, crane.tag), state.hook_m, turn)
    rest = [] if beam is None else [beam]
    rest += _falls(look, state, turn)
    rest += _slings(look, state, turn)
    return HoistMeshes(_trolley(crane, look, state), hook, merged(rest))


def tag_places(crane: Crane, look: HoistLook, state: CraneState) -> tuple[Array, ...]:
    """World points (3,) of the middles of the printed faces, where a hoist has a tag."""
    turn, off = _hanging(state), _tag_off(look)
    if crane.tag is None:
        return ()
    return tuple(np.array(state.hook_m) + turn @ np.array([0.0, s * off, 0.0]) for s in (-1.0, 1.0))


def _hanging(state: CraneState) -> Array:
    """(3, 3) rotation of the block: along its rope, turned by its yaw."""
    up = np.subtract(state.trolley_m, state.hook_m)
    up = up / max(float(np.linalg.norm(up)), 1e-9)
    axis = np.cross((0.0, 0.0, 1.0), up)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return yawed(state.yaw_rad)
    k = axis / sine
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    # Rodrigues' formula.
    tilt = np.eye(3) + sine * cross + (1 - float(up[2])) * cross @ cross
    return np.asarray(tilt @ yawed(state.yaw_rad))


def _high(look: HoistLook) -> float:
    return _BLOCK_HIGH_M[look.suspension] * look.scale


def _tag_off(look: HoistLook) -> float:
    return 0.115 * look.scale + 0.012 if look.suspension == "rope" else 0.075 * look.scale + 0.012


def _block(look: HoistLook, tag: TagTable | None) -> Mesh:
    """Hook block and hook about the origin, hanging along z."""
    h, s = _high(look), look.scale
    parts = _sheave_block(look) if look.suspension == "rope" else _chain_block(look)
    thick = 0.026 * s if look.suspension == "rope" else 0.016 * s
    radius = 0.15 * h + 0.01 * s
    saddle = -h / 2 + radius + thick
    parts.append(tube([(0, 0, saddle + radius), (0, 0, -0.02 * h)], thick * 1.1, look.hook, sides=7))
    parts.append(ring((0, 0, saddle), radius, thick, look.hook, arc_rad=(-1.08 * math.pi, 0.5 * math.pi), sides=7))
    if tag is not None:
        off = _tag_off(look)
        plate = tag_plate(tag)
        parts += [placed(plate, (0, -off, 0)), placed(plate, (0, off, 0), yawed(math.pi))]
    return merged(parts)


def _sheave_block(look: HoistLook) -> list[Mesh]:
    h, s = _high(look), look.scale
    dark = _DARK
    top, low = 0.5 * h, -0.06 * h
    middle, tall = (top + low) / 2, top - low
    parts = [box((0.34 * s, 0.02, tall), (0, side * 0.1 * s, middle), look.block) for side in (-1, 1)]
    parts += [
        tube([(0, y - 0.028 * s, middle + 0.03), (0, y + 0.028 * s, middle + 0.03)], 0.16 * s, (92, 92, 94), sides=16)
        for y in (-0.05 * s, 0.05 * s)
    ]
    parts.append(tube([(0, -0.115 * s, middle + 0.03), (0, 0.115 * s, middle + 0.03)], 0.035 * s, dark))
    parts.append(box((0.2 * s, 0.16 * s, 0.16 * h), (0, 0, low + 0.04 * h), dark if look.form else look.block))
    if look.stripes:
        for k in range(-2, 3, 2):
            for side in (-1, 1):
                y = side * (0.1 * s + 0.012)
                parts.append(
                    bar(
                        (-0.05 * s + 0.07 * s * k, y, low + 0.02),
                        (0.03 * s + 0.07 * s * k, y, top - 0.02),
                        0.004,
                        0.05 * s,
                        dark,
                    )
                )
    if look.form == 2:
        parts.append(box((0.38 * s, 0.24 * s, 0.12 * h), (0, 0, top - 0.06 * h), look.block))
    return parts


def _chain_block(look: HoistLook) -> list[Mesh]:
    h, s = _high(look), look.scale
    if look.form == 0:  # swivel only
        return [tube([(0, 0, 0.5 * h), (0, 0, 0.16 * h), (0, 0, 0.0)], 0.05 * s, look.block, sides=10)]
    parts = [box((0.16 * s, 0.13 * s, 0.42 * h), (0, 0, 0.26 * h), look.block)]
    parts.append(box((0.12 * s, 0.1 * s, 0.1 * h), (0, 0, 0.01), _DARK))
    if look.stripes:
        parts.append(box((0.163 * s, 0.133 * s, 0.1 * h), (0, 0, 0.26 * h), _DARK))
    return parts


def _falls(look: HoistLook, state: CraneState, turn: Array) -> list[Mesh]:
    top = np.array(state.trolley_m)
    bottom = np.array(state.hook_m) + turn @ np.array([0.0, 0.0, 0.45 * _high(look)])
    s = look.scale
    if look.suspension == "chain":
        places = [(0.0, 0.0)] if look.falls == 1 else [(-0.04 * s, 0.0), (0.04 * s, 0.0)]
        return [_line(top, bottom, turn, place, 0.011 * s, _CHAIN) for place in places]
    places = [(x * 0.14 * s, y * 0.05 * s) for x in (-1, 1) for y in ((-1, 1) if look.falls == 4 else (0,))]
    return [_line(top, bottom, turn, place, 0.008 + 0.002 * s, _ROPE) for place in places]


def _line(top: Array, bottom: Array, turn: Array, place: tuple[float, float], radius_m: float, colour: Rgb) -> Mesh:
    shift = turn @ np.array([*place, 0.0])
    return tube(np.linspace(top + shift, bottom + shift, 4), radius_m, colour, sides=6)


def _slings(look: HoistLook, state: CraneState, turn: Array) -> list[Mesh]:
    saddle = np.array(state.hook_m) + turn @ np.array([0.0, 0.0, -0.4 * _high(look)])
    out: list[Mesh] = []
    for _, end in state.slings:
        if look.strap:
            out.append(bar(saddle, end, 0.05, 0.012, look.sling))
        else:
            out.append(tube(np.linspace(saddle, np.array(end), 3), 0.012, look.sling, sides=6))
    return out


def _trolley(crane: Crane, look: HoistLook, state: CraneState) -> Mesh:
    """The unit about the trolley point; its length lies along the beam that it runs on."""
    s = look.scale
    parts = (_rope_unit if look.suspension == "rope" else _chain_unit)(look)
    if look.double:
        parts += [box((1.1 * s, 1.7 * s, 0.08), (0, 0, -0.1 * s), look.unit)]
    wheels = 0.5 * TROLLEY_HIGH_M * s
    parts += [
        tube([(x * s, y * s - 0.03, wheels - 0.05), (x * s, y * s + 0.03, wheels - 0.05)], 0.07 * s, _DARK, sides=10)
        for x in (-0.3, 0.3)
        for y in (-0.14, 0.14)
    ]
    return placed(merged(parts), state.trolley_m, yawed(_beam_angle(crane, look, state)))


def _beam_angle(crane: Crane, look: HoistLook, state: CraneState) -> float:
    if crane.kind == "bridge":
        return math.pi / 2 if look.along == 1 else 0.0
    start = crane.travel_m[0]
    end = crane.travel_m[1] if crane.kind == "monorail" else state.trolley_m[:2]
    return math.atan2(end[1] - start[1], end[0] - start[0])


def _rope_unit(look: HoistLook) -> list[Mesh]:
    s = look.scale
    drum = tube(
        [(-0.4 * s, 0.0, -0.06 * s), (0.0, 0.0, -0.06 * s), (0.4 * s, 0.0, -0.06 * s)], 0.16 * s, (86, 84, 80), sides=14
    )
    parts = [box((0.06 * s, 0.44 * s, 0.44 * s), (x * s, 0, -0.02 * s), look.unit) for x in (-0.44, 0.44)]
    parts += [
        drum,
        box((0.9 * s, 0.06, 0.07), (0, 0.2 * s, 0.19 * s), look.unit),
        box((0.9 * s, 0.06, 0.07), (0, -0.2 * s, 0.19 * s), look.unit),
    ]
    parts.append(tube([(0.46 * s, 0, -0.06 * s), (0.8 * s, 0, -0.06 * s)], 0.13 * s, look.unit, sides=12))
    parts.append(
        box((0.24 * s, 0.3 * s, 0.3 * s), (-0.6 * s, 0, -0.02 * s), (168, 170, 172) if look.form else look.unit)
    )
    return parts


def _chain_unit(look: HoistLook) -> list[Mesh]:
    s = look.scale
    parts = [
        box((0.26 * s, 0.2 * s, 0.3 * s), (0, 0, -0.08 * s), look.unit),
        tube([(-0.34 * s, 0, -0.08 * s), (-0.13 * s, 0, -0.08 * s)], 0.1 * s, look.unit, sides=12),
        tube([(0.13 * s, 0, -0.08 * s), (0.3 * s, 0, -0.08 * s)], 0.105 * s, _DARK, sides=12),
        box((0.1 * s, 0.26 * s, 0.2 * s), (0, 0, 0.14 * s), (110, 112, 114)),
    ]
    if look.form != 1:
        parts.append(box((0.14 * s, 0.16 * s, 0.28 * s), (0.17 * s, 0.14 * s, -0.2 * s), (50, 50, 52)))
    return parts
