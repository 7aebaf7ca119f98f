"""How far apart are upright things? Outlines on the floor with a lowest and a highest point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from calibration.camera import Array
from recordings.plant import truck as trucks
from recordings.plant.boxes import Box, box_of
from recordings.plant.records import BodyState, CraneState, LoadState, Point3, Posture, TruckState
from recordings.plant.route import Spot
from recordings.plant.scenario import Standing
from recordings.plant.walking import BODY_RADIUS_M

HOOK_RADIUS_M = 0.25
"""A hook block is a ball of this radius about the hook."""
_LYING_HEIGHT_M = 0.3
_SITTING_SHARE = 0.78
_BENT_SHARE = 0.45
_LYING_ALONG = (-0.36, -0.18, 0.0, 0.18, 0.36)
"""Middles of the discs that cover who lies, in shares of the height."""
_LAYERS = 8
_EDGES = ((0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7))


@dataclass(frozen=True, slots=True)
class Solid:
    """Something with an outline (n, 2) seen from above, from ``low_m`` to ``high_m``.

    ``box`` is set where it leans, so that what counts is its part at the height of the other thing.
    """

    outline: tuple[Spot, ...]
    low_m: float
    high_m: float
    box: Box | None = None

    def shape(self, low_m: float = -math.inf, high_m: float = math.inf) -> BaseGeometry:
        """The outline of what lies between two heights; of all of it where nothing does."""
        return _polygon(self.between(low_m, high_m))

    def between(self, low_m: float, high_m: float) -> tuple[Spot, ...]:
        """The outline of what lies between two heights; of all of it where nothing does."""
        if self.box is None or (low_m <= self.low_m and self.high_m <= high_m):
            return self.outline
        return _part(self.box, low_m, high_m) or self.outline


@dataclass(frozen=True, slots=True)
class Cylinder:
    """An upright cylinder of a body."""

    x_m: float
    y_m: float
    low_m: float
    high_m: float
    radius_m: float = BODY_RADIUS_M


@dataclass(frozen=True, slots=True)
class Apart:
    """The distance of two things, negative inside one another, and the unit vector from the first to the second."""

    gap_m: float
    toward: Point3


def height_m(body: BodyState) -> float:
    """How tall somebody is in the posture of the moment: three quarters seated, down to half when bent low."""
    return float(standing_m(np.array([body.height_m]), np.array([body.bend]), [body.posture])[0])


def standing_m(height_m: Array, bend: Array, postures: Sequence[Posture | None]) -> Array:
    """``height_m`` of n people at once."""
    share = np.array([_SITTING_SHARE if p == "sit" else 0.0 for p in postures])
    tall = height_m * np.where(share > 0.0, share, 1.0 - _BENT_SHARE * bend)
    return np.where([p == "lie" for p in postures], _LYING_HEIGHT_M, tall)


def cylinders(body: BodyState) -> tuple[Cylinder, ...]:
    """A body: one cylinder, or a row of flat ones where somebody lies."""
    top = body.z_m + height_m(body)
    if body.posture != "lie":
        return (Cylinder(body.x_m, body.y_m, body.z_m, top),)
    cos, sin = math.cos(body.heading_rad), math.sin(body.heading_rad)
    along = [share * body.height_m for share in _LYING_ALONG]
    return tuple(Cylinder(body.x_m + a * cos, body.y_m + a * sin, body.z_m, top) for a in along)


def load_solid(load: LoadState) -> Solid:
    """A load's outer box."""
    box = box_of(load)
    reach = box.reach_z_m
    if box.level:
        a, b = (box.axes[:2, k] * box.half_m[k] for k in range(3) if k != box.upright)
        ring = [box.middle_m[:2] + sa * a + sb * b for sa, sb in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        return Solid(_turning_left([(float(x), float(y)) for x, y in ring]), load.z_m - reach, load.z_m + reach)
    return Solid(_ring(box.footprint()), load.z_m - reach, load.z_m + reach, box)


def hook_solid(crane: CraneState) -> Solid:
    """A hook block as an upright cylinder, for distances to what is not a body."""
    x, y, z = crane.hook_m
    ring = [
        (x + HOOK_RADIUS_M * math.cos(k * math.pi / 4.0), y + HOOK_RADIUS_M * math.sin(k * math.pi / 4.0))
        for k in range(8)
    ]
    return Solid(tuple(ring), z - HOOK_RADIUS_M, z + HOOK_RADIUS_M)


def standing_solid(standing: Standing) -> Solid:
    """A fixed structure, from the floor up."""
    return Solid(_turning_left(list(standing.polygon_m)), 0.0, standing.height_m)


def truck_solid(truck: TruckState) -> Solid:
    """A forklift, its forks included."""
    cos, sin = math.cos(truck.heading_rad), math.sin(truck.heading_rad)
    corners = [
        (along, aside)
        for along, aside in (
            (-trucks.BACK_M, -trucks.HALF_WIDTH_M),
            (trucks.FRONT_M, -trucks.HALF_WIDTH_M),
            (trucks.FRONT_M, trucks.HALF_WIDTH_M),
            (-trucks.BACK_M, trucks.HALF_WIDTH_M),
        )
    ]
    ring = tuple((truck.x_m + a * cos - b * sin, truck.y_m + a * sin + b * cos) for a, b in corners)
    return Solid(ring, 0.0, trucks.HEIGHT_M)


def from_body(body: Cylinder, solid: Solid) -> Apart:
    """From an upright cylinder to a solid: exact for upright solids with a convex outline.

    With h the distance over the floor and v the distance in height, each negative where they overlap,
    the gap is √(h⁺² + v⁺²), and max(h, v) where both overlap. Of a solid that leans the part at the
    height of the body counts, and each of ``_LAYERS`` layers above it as if all of it were as low as its
    bottom: the gap is then never too large, nor too small by more than a layer.
    """
    rise, up = _rise(body.low_m, body.high_m, solid.low_m, solid.high_m)
    if solid.box is None or up < 0.0:
        return _over_body(body, solid.outline, rise, up)
    top = max(body.high_m, solid.low_m)
    found = [_over_body(body, solid.between(body.low_m, top), rise, up)] if rise < 0.0 else []
    layer_m = (solid.high_m - top) / _LAYERS
    for k in range(_LAYERS if layer_m > 0.0 else 0):
        low = top + k * layer_m
        found.append(_over_body(body, solid.between(low, low + layer_m), low - body.high_m, 1.0))
    return min(found, key=lambda apart: apart.gap_m)


def _over_body(body: Cylinder, outline: tuple[Spot, ...], rise: float, up: float) -> Apart:
    over, unit = over_floor((body.x_m, body.y_m), outline)
    return _apart(over - body.radius_m, rise, unit, up)


def from_ball(body: Cylinder, middle_m: Point3, radius_m: float) -> Apart:
    """From an upright cylinder to a ball; exact while the ball's middle is outside the cylinder."""
    dx, dy = middle_m[0] - body.x_m, middle_m[1] - body.y_m
    over = math.hypot(dx, dy)
    rise, up = _rise(body.low_m, body.high_m, middle_m[2], middle_m[2])
    unit = (dx / over, dy / over) if over > 1e-9 else (1.0, 0.0)
    apart = _apart(over - body.radius_m, rise, unit, up)
    return Apart(apart.gap_m - radius_m, apart.toward)


def between_solids(first: Solid, second: Solid) -> Apart:
    """From one solid to another. Where they overlap, the depth is the narrow side of the overlap over the floor."""
    rise, up = _rise(first.low_m, first.high_m, second.low_m, second.high_m)
    mutual = rise < 0.0
    a = first.shape(second.low_m, second.high_m) if mutual else first.shape()
    b = second.shape(first.low_m, first.high_m) if mutual else second.shape()
    over = float(shapely.distance(a, b))
    if over > 0.0:
        (x0, y0), (x1, y1) = shapely.get_coordinates(shapely.shortest_line(a, b))
        unit = (float(x1 - x0) / over, float(y1 - y0) / over)
    else:
        over = -_narrow_side(shapely.intersection(a, b))
        unit = _unit(np.subtract(shapely.get_coordinates(b.centroid)[0], shapely.get_coordinates(a.centroid)[0]))
    return _apart(over, rise, unit, up)


def over_floor(point: Spot, outline: tuple[Spot, ...]) -> tuple[float, Spot]:
    """Signed distance of a point from a convex outline, negative inside, and the unit vector to its nearest edge.

    Inside, the unit vector points inwards from that edge, so that it always points to where the solid is.
    The outline turns left.
    """
    px, py = point
    inside, outside = (-math.inf, (1.0, 0.0)), (math.inf, (1.0, 0.0))
    for (ax, ay), (bx, by) in zip(outline, (*outline[1:], outline[0]), strict=True):
        ex, ey = bx - ax, by - ay
        length = math.hypot(ex, ey)
        if length < 1e-12:
            continue
        beyond = ((px - ax) * ey - (py - ay) * ex) / length
        if beyond > inside[0]:
            inside = beyond, (-ey / length, ex / length)
        share = min(max(((px - ax) * ex + (py - ay) * ey) / length**2, 0.0), 1.0)
        dx, dy = ax + share * ex - px, ay + share * ey - py
        distance = math.hypot(dx, dy)
        if 0.0 < distance < outside[0]:
            outside = distance, (dx / distance, dy / distance)
    return outside if inside[0] > 0.0 else inside


def _rise(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """Distance in height, negative where they overlap, and +1 where the other lies above, -1 below."""
    above, below = other_low - high, low - other_high
    return (above, 1.0) if above >= below else (below, -1.0)


def _apart(over: float, rise: float, unit: Spot, up: float) -> Apart:
    h, v = max(over, 0.0), max(rise, 0.0)
    gap = math.hypot(h, v)
    if gap > 0.0:
        return Apart(gap, (unit[0] * h / gap, unit[1] * h / gap, up * v / gap))
    return Apart(max(over, rise), (*unit, 0.0))


def _part(box: Box, low_m: float, high_m: float) -> tuple[Spot, ...]:
    """Outline of the part of a leaning box between two heights; empty where there is none."""
    corners = box.corners_m()
    points = [corners[(corners[:, 2] >= low_m) & (corners[:, 2] <= high_m), :2]]
    a, b = corners[[i for i, _ in _EDGES]], corners[[j for _, j in _EDGES]]
    for z in (low_m, high_m):
        crosses = (a[:, 2] - z) * (b[:, 2] - z) < 0.0
        start, side = a[crosses], b[crosses] - a[crosses]
        points.append((start + ((z - start[:, 2]) / side[:, 2])[:, None] * side)[:, :2])
    shape = shapely.convex_hull(shapely.multipoints(np.concatenate(points)))
    return _ring(shape) if shape.geom_type == "Polygon" else ()


def _ring(shape: BaseGeometry) -> tuple[Spot, ...]:
    return _turning_left([(float(x), float(y)) for x, y in shapely.get_coordinates(shape)[:-1]])


def _turning_left(ring: list[Spot]) -> tuple[Spot, ...]:
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True))
    return tuple(ring) if area > 0.0 else tuple(reversed(ring))


@lru_cache(maxsize=256)
def _polygon(outline: tuple[Spot, ...]) -> BaseGeometry:
    return shapely.Polygon(outline)


def _narrow_side(overlap: BaseGeometry) -> float:
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(overlap))
    return float(min(math.dist(ring[0], ring[1]), math.dist(ring[1], ring[2]))) if len(ring) == 5 else 0.0


def _unit(way: Array) -> Spot:
    length = float(np.hypot(*way))
    return (float(way[0]) / length, float(way[1]) / length) if length > 1e-9 else (1.0, 0.0)
