"""Floors, walls and roofs as pictures, drawn by numbers: seeded noise, joints, wear, stains and paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.site import Zone
from recordings.render.room import Opening, Room
from recordings.render.shapes import Rgb

FLOOR_M_PER_PX = 0.02
WALL_M_PER_PX = 0.025
Rng = np.random.Generator
Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


def clouds(shape: tuple[int, int], cell_px: float, rng: Rng, octaves: int = 3) -> Floats:
    """(h, w) smooth noise of mean 0 and deviation near 1; the largest blobs are ``cell_px`` wide."""
    import cv2

    total = np.zeros(shape, np.float32)
    weight = 0.0
    for octave in range(octaves):
        cell = max(cell_px / 2**octave, 1.0)
        coarse = rng.standard_normal((int(shape[0] / cell) + 3, int(shape[1] / cell) + 3)).astype(np.float32)
        total += cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) * 0.6**octave
        weight += 0.36**octave
    return np.asarray(total / np.sqrt(weight) * 1.3, np.float32)


def floor_picture(kind: str, room: Room, zones: Sequence[Zone], marks: bool, rng: Rng) -> Picture:
    """(h, w, 3) of the floor, ``FLOOR_M_PER_PX`` to the pixel, row along y and column along x."""
    import cv2

    shape = (int(room.size_m[1] / FLOOR_M_PER_PX) + 1, int(room.size_m[0] / FLOOR_M_PER_PX) + 1)
    base, spread = _FLOORS[kind]
    picture = np.array(base, np.float32) * float(rng.uniform(0.85, 1.12)) + np.zeros((*shape, 3), np.float32)
    picture += rng.normal(0, 4, 3).astype(np.float32)
    shade = clouds(shape, 160, rng, 4) * spread + clouds(shape, 12, rng, 2) * spread * 0.35
    if kind == "tiles":
        shade += _tiles(shape, int(rng.choice((15, 20, 30))), rng)
    elif kind in ("concrete", "worn"):
        shade += _joints(shape, int(rng.uniform(180, 320)), rng)
    picture += shade[..., None]
    if marks:
        _paint_zones(picture, zones, rng)
        _paint_bays(picture, rng)
    wear = {"worn": 2.2, "concrete": 1.0, "tiles": 0.6}.get(kind, 0.7)
    _stains(picture, int(wear * shape[0] * shape[1] / 60_000), rng)
    _tracks(picture, int(wear * 5), rng)
    picture += rng.normal(0, 2.5, shape).astype(np.float32)[..., None]
    return np.asarray(cv2.convertScaleAbs(np.clip(picture, 6, 250)), np.uint8)


_FLOORS: dict[str, tuple[Rgb, float]] = {
    "concrete": ((142, 140, 135), 9.0),
    "worn": ((112, 108, 102), 13.0),
    "epoxy_green": ((74, 112, 90), 4.0),
    "epoxy_grey": ((126, 130, 134), 4.0),
    "tiles": ((150, 138, 122), 5.0),
}


def _tiles(shape: tuple[int, int], pitch: int, rng: Rng) -> Floats:
    rows, cols = shape[0] // pitch + 1, shape[1] // pitch + 1
    shade = np.kron(rng.normal(0, 7, (rows, cols)), np.ones((pitch, pitch)))[: shape[0], : shape[1]]
    shade[::pitch] = shade[:, ::pitch] = -32.0
    return shade.astype(np.float32)


def _joints(shape: tuple[int, int], pitch: int, rng: Rng) -> Floats:
    shade = np.zeros(shape, np.float32)
    start = int(rng.integers(pitch))
    shade[start::pitch] = shade[:, start::pitch] = -38.0
    return shade


def _paint_zones(picture: Floats, zones: Sequence[Zone], rng: Rng) -> None:
    import cv2

    yellow, red, white = (214, 176, 40), (176, 50, 40), (212, 212, 206)
    colours = {"walkway": yellow, "work": white, "exclusion": red}
    worn = _worn(picture.shape[:2], rng)
    for zone in zones:
        if zone.kind not in colours:
            continue
        mask = np.zeros(picture.shape[:2], np.uint8)
        corners = np.round(np.array(zone.polygon_m) / FLOOR_M_PER_PX).astype(np.int32)
        if zone.kind == "walkway" and rng.random() < 0.3:
            cv2.fillPoly(mask, [corners], 255)
        cv2.polylines(mask, [corners], True, 255, int(rng.integers(4, 7)))
        _over(picture, mask, colours[zone.kind], worn)


def _paint_bays(picture: Floats, rng: Rng) -> None:
    import cv2

    h, w = picture.shape[:2]
    worn = _worn((h, w), rng)
    yellow: Rgb = (206, 172, 48)
    for _ in range(int(rng.integers(1, 5))):
        mask = np.zeros((h, w), np.uint8)
        x, y = int(rng.integers(w)), int(rng.integers(h))
        size = rng.uniform(60, 240, 2).astype(int)
        cv2.rectangle(mask, (x, y), (x + int(size[0]), y + int(size[1])), 255, int(rng.integers(3, 6)))
        _over(picture, mask, yellow if rng.random() < 0.6 else (205, 205, 200), worn)


def _worn(shape: tuple[int, ...], rng: Rng) -> Floats:
    patches = clouds((shape[0], shape[1]), 30, rng, 3)
    return np.asarray(np.clip(0.86 - 0.35 * np.maximum(patches, 0.0), 0.1, 1.0), np.float32)


def _over(picture: Floats, mask: Picture, colour: Rgb, strength: Floats) -> None:
    rows, cols = np.nonzero(mask)
    share = strength[rows, cols, None]
    picture[rows, cols] = picture[rows, cols] * (1 - share) + np.array(colour, np.float32) * share


def _stains(picture: Floats, count: int, rng: Rng) -> None:
    import cv2

    h, w = picture.shape[:2]
    layer = np.zeros((h, w), np.float32)
    for _ in range(count):
        at = (int(rng.integers(w)), int(rng.integers(h)))
        axes = (int(rng.uniform(2, 28)), int(rng.uniform(2, 20)))
        cv2.ellipse(layer, at, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(-40, 10)), -1)
    picture += cv2.GaussianBlur(layer, (0, 0), 3.0)[..., None]


def _tracks(picture: Floats, count: int, rng: Rng) -> None:
    import cv2

    h, w = picture.shape[:2]
    layer = np.zeros((h, w), np.float32)
    for _ in range(count):
        centre = (int(rng.integers(-w // 2, w + w // 2)), int(rng.integers(-h // 2, h + h // 2)))
        radius = int(rng.uniform(80, 900))
        start = float(rng.uniform(0, 360))
        for gap in (0, 50):
            cv2.ellipse(
                layer, centre, (radius + gap, radius + gap), 0, start, start + float(rng.uniform(20, 90)), -22.0, 7
            )
    picture += cv2.GaussianBlur(layer, (0, 0), 2.0)[..., None]


def wall_picture(kind: str, room: Room, side: str, rng: Rng) -> tuple[Picture, Floats]:
    """A wall as a picture (h, w, 3) with its glow (h, w), 1 where the sky shines in. Row 0 is at the floor."""
    import cv2

    length = room.size_m[1] if side.startswith("x") else room.size_m[0]
    shape = (int(room.size_m[2] / WALL_M_PER_PX) + 1, int(length / WALL_M_PER_PX) + 1)
    picture = np.array(room.wall_colour, np.float32) + np.zeros((*shape, 3), np.float32)
    picture += (_WALLS[kind](shape, rng) + clouds(shape, 80, rng, 3) * 5.0)[..., None]
    # Grime runs down from the roof and up from the floor.
    up = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None, None]
    picture *= 1.0 - 0.16 * np.exp(-up * 9.0) - 0.10 * up
    if room.dado_colour is not None:
        band = int(float(rng.uniform(1.0, 2.2)) / WALL_M_PER_PX)
        picture[:band] = picture[:band] * 0.25 + np.array(room.dado_colour, np.float32) * 0.75
    glow = np.zeros(shape, np.float32)
    for door in (d for d in room.doors if d.side == side):
        _door(picture, door, rng)
    _furniture(picture, rng)
    for window in (o for o in room.openings if o.side == side):
        _window(picture, glow, window, rng)
    return np.asarray(cv2.convertScaleAbs(np.clip(picture, 5, 250)), np.uint8), glow


def _sheet(shape: tuple[int, int], rng: Rng) -> Floats:
    wave = np.sin(np.arange(shape[1]) * WALL_M_PER_PX / float(rng.uniform(0.2, 0.35)) * 2 * np.pi)
    shade = np.where(wave > 0.5, 9.0, np.where(wave < -0.5, -14.0, 0.0)).astype(np.float32)
    return np.asarray(np.broadcast_to(shade, shape))


def _blocks(length_m: float, height_m: float, spread: float) -> Callable[[tuple[int, int], Rng], Floats]:
    def draw(shape: tuple[int, int], rng: Rng) -> Floats:
        across, up = max(int(length_m / WALL_M_PER_PX), 4), max(int(height_m / WALL_M_PER_PX), 3)
        row = np.arange(shape[0]) // up
        column = (np.arange(shape[1])[None] + (row[:, None] % 2) * (across // 2)) // across
        tone = rng.normal(0.0, spread, (int(row.max()) + 1, int(column.max()) + 1))
        shade = tone[row[:, None], column]
        shade[np.arange(shape[0]) % up == 0] = -18.0
        return np.asarray(shade, np.float32)

    return draw


def _plaster(shape: tuple[int, int], rng: Rng) -> Floats:
    return np.asarray(clouds(shape, 200, rng, 4) * 4.0, np.float32)


_WALLS: dict[str, Callable[[tuple[int, int], Rng], Floats]] = {
    "sheet": _sheet,
    "block": _blocks(0.4, 0.2, 6.0),
    "brick": _blocks(0.25, 0.085, 14.0),
    "painted": _plaster,
}


def _pixels(opening: Opening) -> tuple[int, int, int, int]:
    (a, b), (c, d) = opening.low_m, opening.high_m
    u0, v0, u1, v1 = (max(int(v / WALL_M_PER_PX), 0) for v in (a, b, c, d))
    return u0, v0, u1, v1


def _door(picture: Floats, door: Opening, rng: Rng) -> None:
    u0, v0, u1, v1 = _pixels(door)
    palette = ((150, 156, 160), (80, 110, 150), (150, 70, 50), (110, 120, 100))
    picture[v0:v1, u0:u1] = np.array(palette[int(rng.integers(4))], np.float32)
    if u1 - u0 > 80:
        picture[v0:v1:5, u0:u1] *= 0.8
    picture[v0:v1, u0 : u0 + 3] = picture[v0:v1, max(u1 - 3, 0) : u1] = 60.0
    picture[max(v1 - 3, 0) : v1, u0:u1] = 60.0


def _window(picture: Floats, glow: Floats, window: Opening, rng: Rng) -> None:
    u0, v0, u1, v1 = _pixels(window)
    h, w = v1 - v0, u1 - u0
    if h < 4 or w < 4:
        return
    pane = 0.75 + 0.25 * np.linspace(0, 1, h, dtype=np.float32)[:, None] + clouds((h, w), 40, rng, 2) * 0.05
    step = max(int(0.8 / WALL_M_PER_PX), 8)
    pane[:, ::step] = pane[:, 1::step] = 0.0
    pane[:: max(h // 2, 4)] = 0.0
    glow[v0:v1, u0:u1] = pane[: glow.shape[0] - v0, : glow.shape[1] - u0]
    picture[v0:v1, u0:u1] = 46.0


def _furniture(picture: Floats, rng: Rng) -> None:
    """Pipes, cable trays, boxes and signs on a wall."""
    h, w = picture.shape[:2]
    for _ in range(int(rng.integers(0, 4))):
        v, thick = int(rng.uniform(0.3, 0.95) * h), int(rng.integers(2, 7))
        tone = np.array(
            ((120, 124, 128), (180, 150, 40), (70, 90, 140), (150, 60, 50))[int(rng.integers(4))], np.float32
        )
        picture[v : v + thick] = tone
        picture[max(v - 2, 0) : v] *= 0.75
    for _ in range(int(w / 130)):
        u, v = int(rng.integers(w)), int(rng.uniform(1.0, 2.4) / WALL_M_PER_PX)
        size = rng.uniform(8, 34, 2).astype(int)
        tones = ((200, 196, 60), (190, 40, 36), (230, 230, 226), (60, 110, 70), (128, 130, 132), (50, 80, 140))
        patch = picture[v : v + size[1], u : u + size[0]]
        patch[:] = np.array(tones[int(rng.integers(6))], np.float32)
        patch[:, :1] *= 0.6


def roof_picture(room: Room, rng: Rng) -> tuple[Picture, Floats]:
    """The roof from below as a picture and its glow, row along y and column along x."""
    import cv2

    shape = (int(room.size_m[1] / WALL_M_PER_PX) + 1, int(room.size_m[0] / WALL_M_PER_PX) + 1)
    picture = np.array(room.roof_colour, np.float32) + np.zeros((*shape, 3), np.float32)
    wave = np.sin(np.arange(shape[0]) * WALL_M_PER_PX / 0.3 * 2 * np.pi) * 12.0
    picture += wave[:, None, None].astype(np.float32) + clouds(shape, 120, rng, 3)[..., None] * 5.0
    glow: Any = np.zeros(shape, np.float32)
    for skylight in (o for o in room.openings if o.side == "roof"):
        u0, v0, u1, v1 = _pixels(skylight)
        glow[v0:v1, u0:u1] = 0.9
        glow[v0:v1:40, u0:u1] = 0.1
    return np.asarray(cv2.convertScaleAbs(np.clip(picture, 5, 250)), np.uint8), glow
