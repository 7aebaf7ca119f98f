"""The beams of a hoist: runways, monorail and jib column that stand still, bridge and jib arm that move."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from recordings.plant.records import CraneState
from recordings.plant.scenario import Crane, Scenario
from recordings.render.hoist_looks import HoistLook, hoist_looks
from recordings.render.mesh import Mesh
from recordings.render.room import hides_a_camera
from recordings.render.shapes import Rgb, bar, box, merged, tube

TROLLEY_HIGH_M = 0.5
"""Height of a trolley unit of scale 1; its middle is the trolley point."""

_STEEL: Rgb = (120, 124, 128)
_OVER_M = 0.7


def beams(scenario: Scenario, seed: int) -> list[Mesh]:
    """What of the hoists stands still."""
    looks = hoist_looks(scenario, seed)
    out: list[Mesh] = []
    for crane in scenario.hoist:
        make = {"bridge": _runway, "monorail": _monorail, "jib": _jib_column}[crane.kind]
        out += make(crane, looks[crane.name], scenario)
    return out


def moving_beam(crane: Crane, look: HoistLook, state: CraneState) -> Mesh | None:
    """The bridge or the arm of a jib; a monorail has none."""
    if crane.kind == "bridge":
        return _bridge(crane, look, state)
    return _jib_arm(crane, look, state) if crane.kind == "jib" else None


def _under(look: HoistLook) -> float:
    """Height of the underside of a beam over the trolley point."""
    return TROLLEY_HIGH_M * look.scale * 0.5 + 0.02


def _ends(crane: Crane, look: HoistLook) -> tuple[float, float]:
    low, high = sorted(p[look.along] for p in crane.travel_m)
    return low - _OVER_M, high + _OVER_M


def _at(look: HoistLook, across: float, along: float, z: float) -> tuple[float, float, float]:
    """World point from a place across the girder and one along it."""
    return (across, along, z) if look.along == 1 else (along, across, z)


def _beam_z(crane: Crane, look: HoistLook) -> float:
    return crane.beam_height_m + (0.0 if look.double else _under(look))


def _runway(crane: Crane, look: HoistLook, scenario: Scenario) -> list[Mesh]:
    start, end = sorted(p[1 - look.along] for p in crane.travel_m)
    z = _beam_z(crane, look) - 0.28
    out: list[Mesh] = []
    for side in _ends(crane, look):
        first, last = _at(look, start - 1.0, side, z), _at(look, end + 1.0, side, z)
        out += i_beam(first, last, 0.45, 0.2, _STEEL)
        posts = max(round((end - start) / 5.0), 1)
        for k in range(posts + 1):
            foot = _at(look, start + (end - start) * k / posts, side, (z - 0.22) / 2)
            if scenario.hall.clutter >= 0.1 and not hides_a_camera(scenario, foot[0], foot[1]):
                out.append(box((0.16, 0.16, z - 0.22), foot, _STEEL))
    return out


def _bridge(crane: Crane, look: HoistLook, state: CraneState) -> Mesh:
    across = state.trolley_m[1 - look.along]
    low, high = _ends(crane, look)
    z = _beam_z(crane, look)
    parts: list[Mesh] = []
    deep, wide = 0.55 * look.scale, 0.26 * look.scale
    offsets = (-0.75 * look.scale, 0.75 * look.scale) if look.double else (0.0,)
    for offset in offsets:
        first, last = (
            _at(look, across + offset, e, z + deep / 2 - (0.25 if look.double else 0.0)) for e in (low, high)
        )
        count = max(int((high - low) / 2.0), 2)  # short pieces, for the light changes along a girder
        for a, b in zip(np.linspace(first, last, count + 1), np.linspace(first, last, count + 1)[1:], strict=False):
            parts.append(bar(a, b, wide, deep, look.girder))
        parts.append(bar(_shift(first, -deep / 2), _shift(last, -deep / 2), wide * 1.5, 0.03, look.girder))
    for end in (low, high):
        half = 1.2 * look.scale
        parts.append(bar(_at(look, across - half, end, z), _at(look, across + half, end, z), 0.3, 0.3, look.girder))
        parts += [box((0.32, 0.32, 0.14), _at(look, across + s * half, end, z), (40, 40, 42)) for s in (-1, 1)]
    if look.form == 1:  # walkway rail, cabinets
        rail = across + (offsets[-1] + 0.5)
        parts += [
            tube([_at(look, rail, low, z + h), _at(look, rail, high, z + h)], 0.02, look.girder, sides=5)
            for h in (0.6, 1.1)
        ]
        parts.append(box((0.5, 0.5, 0.9), _at(look, rail - 0.2, low + 1.0, z + 0.5), (170, 174, 176)))
    return merged(parts)


def _shift(point: tuple[float, float, float], up: float) -> tuple[float, float, float]:
    return point[0], point[1], point[2] + up


def _monorail(crane: Crane, look: HoistLook, scenario: Scenario) -> list[Mesh]:
    start, end = (np.array([*p, crane.beam_height_m + _under(look) + 0.15]) for p in crane.travel_m)
    way = (end - start) / np.linalg.norm(end - start)
    out = i_beam(start - way * 0.6, end + way * 0.6, 0.3, 0.16, look.girder)
    count = max(int(np.linalg.norm(end - start) / 2.5), 1)
    for k in range(count + 1):
        at = start + (end - start) * k / count
        out.append(tube([at, (at[0], at[1], scenario.hall.height_m)], 0.03, _STEEL, sides=6))
    return out


def _jib_column(crane: Crane, look: HoistLook, scenario: Scenario) -> list[Mesh]:
    x, y = crane.travel_m[0]
    top = crane.beam_height_m + _under(look) + 0.7
    foot = box((0.6, 0.6, 0.04), (x, y, 0.02), look.girder)
    return [tube([(x, y, 0.0), (x, y, top / 2), (x, y, top)], 0.16, look.girder, sides=12), foot]


def _jib_arm(crane: Crane, look: HoistLook, state: CraneState) -> Mesh:
    pivot = np.array(crane.travel_m[0])
    reach = float(np.linalg.norm(np.subtract(crane.travel_m[1], pivot))) + 0.4
    way = np.array(state.trolley_m[:2]) - pivot
    angle = math.atan2(way[1], way[0])
    tip = pivot + reach * np.array([math.cos(angle), math.sin(angle)])
    z = crane.beam_height_m + _under(look) + 0.14
    parts = i_beam((*pivot, z), (*tip, z), 0.28, 0.14, look.girder)
    if look.form:
        middle = pivot + 0.6 * (tip - pivot)
        parts.append(bar((*pivot, z + 0.55), (*middle, z + 0.15), 0.05, 0.05, look.girder))
    return merged(parts)


def i_beam(start: object, end: object, high_m: float, wide_m: float, colour: Rgb) -> list[Mesh]:
    """An I-section from one point to another, in pieces of two metres."""
    first, last = np.asarray(start, float), np.asarray(end, float)
    count = max(int(np.linalg.norm(last - first) / 2.0), 1)
    stops = np.linspace(first, last, count + 1)
    out: list[Mesh] = []
    for a, b in pairwise(stops):
        out.append(bar(a, b, 0.02 + wide_m * 0.06, high_m, colour))
        for side in (-1, 1):
            shift = np.array([0.0, 0.0, side * high_m / 2])
            out.append(bar(a + shift, b + shift, wide_m, 0.025, colour))
    return out
