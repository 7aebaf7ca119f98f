"""The empty hall as one camera sees it, drawn once with all that is dear: textures, lamps, windows, glints.

Colour, number of the surface, normal and depth are drawn first; the light of each pixel follows from
its place in the world. The tone that turns light into grey levels is the camera's exposure, which
moving things need too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.plant.scenario import Scenario
from recordings.render.batch import Batch
from recordings.render.floor_light import CELL_M, FloorLight
from recordings.render.hall import FLOOR, GLOWING, ROOF, THING, WALL, hall_batch
from recordings.render.lens import SCALE, Lens
from recordings.render.light import Lights, irradiance
from recordings.render.raster import metres, raster
from recordings.render.room import Room
from recordings.render.textures import FLOOR_M_PER_PX, WALL_M_PER_PX, clouds, floor_picture, roof_picture, wall_picture
from recordings.render.tone import LINEAR, Tone, exposed

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_GLOSS = {"concrete": 0.03, "worn": 0.02, "epoxy_green": 0.16, "epoxy_grey": 0.16, "tiles": 0.10}
_MIPS = 4


@dataclass(frozen=True, slots=True)
class Surface:
    """A plane of the hall with a picture on it, at falling sizes, and where it glows."""

    pictures: tuple[Picture, ...]
    glow: Floats | None
    axes: tuple[int, int]
    m_per_px: float


@dataclass(frozen=True, slots=True)
class Background:
    """One camera's empty hall.

    Attributes:
        rgb: (h, w, 3) uint8 of the camera's picture, before its electronics.
        depth: of the drawn picture, 0 near to 1 far.
        floor_cells: maps (h, w) to columns and rows of the grid of ``FloorLight``; off the grid beside the floor.
        tone: from light to grey levels.
    """

    rgb: Picture
    depth: Floats
    floor_cells: tuple[Any, Any]
    tone: Tone


class Hall:
    """The empty hall of a scenario: what every camera shares."""

    def __init__(self, scenario: Scenario, room: Room, lights: Lights, seed: int) -> None:
        self.room, self.lights = room, lights
        self.floor_light = FloorLight(scenario, lights)
        self._gloss = _GLOSS[scenario.hall.floor]
        self._batch: Batch = hall_batch(scenario, room, seed)
        rng = np.random.default_rng([seed, 14])
        floor = floor_picture(scenario.hall.floor, room, scenario.zone, scenario.hall.marks, rng)
        self._surfaces = {FLOOR: Surface(_mips(floor), None, (0, 1), FLOOR_M_PER_PX)}
        for side, number in WALL.items():
            picture, glow = wall_picture(scenario.hall.walls, room, side, rng)
            self._surfaces[number] = Surface(_mips(picture), glow, (1 if side.startswith("x") else 0, 2), WALL_M_PER_PX)
        roof, glow = roof_picture(room, rng)
        self._surfaces[ROOF] = Surface(_mips(roof), glow, (0, 1), WALL_M_PER_PX)
        self._grime = np.clip(1.0 + 0.07 * clouds((256, 256), 60, rng, 4), 0.6, 1.3).astype(np.float32)
        self._overhead = _overhead(room, lights, self._surfaces[ROOF])

    def seen(self, lens: Lens, light_kind: str, seed: int) -> Background:
        """The background of one camera."""
        import cv2

        batch = self._batch
        drawn, depth = raster().draw(lens, batch, batch.colours)
        facing, _ = raster().draw(lens, batch, _as_colours(batch.normals))
        numbers = drawn[..., 3]
        numbers_small, depth_small = numbers[::SCALE, ::SCALE], metres(depth[::SCALE, ::SCALE])
        light = self._light(lens, depth_small, numbers_small, facing[::SCALE, ::SCALE, :3])
        albedo, glow = self._painted(drawn, numbers, lens.places(metres(depth)), depth_small, lens)
        lamps = numbers == GLOWING
        shining = self.lights.glow[np.minimum(drawn[..., 0][lamps], len(self.lights.glow) - 1)]
        albedo[lamps] = 0
        bare = cv2.resize(cv2.LUT(albedo, LINEAR), lens.wide_px, interpolation=cv2.INTER_AREA)
        glow[lamps] = np.maximum(shining, 0.12)
        radiance = bare * light
        shine = np.where(numbers_small == GLOWING, np.float32(1.0), np.float32(0.0))[..., None]
        outside = self.lights.window * (1.0 - shine) + shine
        radiance += cv2.resize(glow, lens.wide_px, interpolation=cv2.INTER_AREA)[..., None] * outside
        rng = np.random.default_rng([seed, 15])
        picture, tone = exposed(lens.taken(radiance), light_kind, rng)
        return Background(picture, depth, self._cells(lens, numbers), tone)

    def _light(self, lens: Lens, depth: Floats, numbers: Picture, facing: Picture) -> Floats:
        """(h, w, 3) light on each pixel of the pinhole picture."""
        import cv2

        here = lens.places(depth, SCALE)
        light = np.zeros((*depth.shape, 3), np.float32)
        floor = numbers == FLOOR
        grid = (here[..., :2] / np.float32(CELL_M)).astype(np.float32)
        light[:] = cv2.remap(self.floor_light.light, grid, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
        # What a floor mirrors has no colour of the floor; light is multiplied by it later.
        light[floor] += self._glints(lens, here)[floor] * np.float32(4.0)
        rest = ~floor & np.isfinite(depth)
        normals = facing[rest].astype(np.float32) / np.float32(127.5) - np.float32(1.0)
        light[rest] = irradiance(self.lights, here[rest], normals)
        return light * _occluded(depth, lens)[..., None]

    def _glints(self, lens: Lens, places: Floats) -> Floats:
        """(h, w, 3) what a level floor at each place mirrors of lamps and skylights above it, by Schlick's law."""
        import cv2

        way = places - lens.camera.centre_m.astype(np.float32)
        steep = np.abs(way[..., 2]) / np.sqrt(np.einsum("hwi,hwi->hw", way, way) + np.float32(1e-6))
        rise = np.float32(self.room.size_m[2]) / np.maximum(-way[..., 2], np.float32(0.05))
        at = (places[..., :2] + way[..., :2] * rise[..., None]) / np.float32(_OVERHEAD_M)
        above = cv2.remap(self._overhead, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        fresnel = self._gloss + (1 - self._gloss) * self._gloss * 6.0 * (1.0 - steep) ** 5
        return np.asarray(above * fresnel[..., None], np.float32)

    def _painted(
        self, drawn: Picture, numbers: Picture, places: Floats, depth: Floats, lens: Lens
    ) -> tuple[Picture, Floats]:
        """sRGB (h, w, 3) of what is drawn with its textures, and where it glows, 0 to 1."""
        import cv2

        albedo = np.ascontiguousarray(drawn[..., :3])
        glow = np.zeros(numbers.shape, np.float32)
        for number, surface in self._surfaces.items():
            mask = numbers == number
            footprint = depth * np.float32(1.8 / lens.matrix[0, 0] / surface.m_per_px)
            level = np.clip(np.log2(np.maximum(footprint, 1e-3)), 0, len(surface.pictures) - 1).astype(np.int8)
            level = cv2.resize(level, lens.drawn_px, interpolation=cv2.INTER_NEAREST)
            for k, picture in enumerate(surface.pictures):
                chosen = mask & (level == k)
                part = _bounds(chosen)
                if part is None:
                    continue
                inside = chosen[part]
                uv = places[part][..., list(surface.axes)] / np.float32(surface.m_per_px)
                scaled = (uv + np.float32(0.5)) / np.float32(2**k) - np.float32(0.5)
                looked = cv2.remap(picture, scaled, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
                cv2.copyTo(looked, inside.astype(np.uint8), albedo[part])
                if surface.glow is not None:
                    shine = cv2.remap(surface.glow, uv, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
                    glow[part][inside] = shine[inside]
        things = numbers == THING
        spots = places[things]
        u = ((spots[:, 0] + spots[:, 1]) * 40).astype(int) % 256
        v = ((spots[:, 2] + 0.5 * spots[:, 0]) * 40).astype(int) % 256
        grimy = albedo[things] * self._grime[v, u][:, None]
        albedo[things] = np.clip(grimy, 0, 255).astype(np.uint8)
        return albedo, glow

    def _cells(self, lens: Lens, numbers: Picture) -> tuple[Any, Any]:
        import cv2

        cells = np.clip(lens.floor_m() / np.float32(CELL_M), -9.0, 30_000.0)
        cells[lens.picked(numbers) != FLOOR] = -9.0
        return cv2.convertMaps(np.ascontiguousarray(cells[..., 0]), np.ascontiguousarray(cells[..., 1]), cv2.CV_16SC2)


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Rows and columns that hold all of a mask."""
    import cv2

    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return (slice(top, top + height), slice(left, left + width)) if width else None


_OVERHEAD_M = 0.1


def _overhead(room: Room, lights: Lights, roof: Surface) -> Floats:
    """(h, w, 3) how bright the roof looks from below, blurred as a floor mirrors it."""
    import cv2

    shape = (int(room.size_m[1] / _OVERHEAD_M) + 1, int(room.size_m[0] / _OVERHEAD_M) + 1)
    glow = roof.glow if roof.glow is not None else np.zeros((2, 2), np.float32)
    sky = cv2.resize(glow, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)[..., None] * np.minimum(
        lights.window, 4.0
    )
    half = (0.75, 0.15) if room.lamp_kind == "long" else (0.25, 0.25)
    for (x, y, _), bright in zip(room.lamps_m, lights.glow, strict=True):
        a, b = (int(max(c - s, 0) / _OVERHEAD_M) for c, s in zip((x, y), half, strict=True))
        c, d = (int((c + s) / _OVERHEAD_M) + 1 for c, s in zip((x, y), half, strict=True))
        sky[b:d, a:c] += bright
    return np.asarray(cv2.GaussianBlur(sky.astype(np.float32), (0, 0), 3.0).reshape(*shape, 3), np.float32)


def _mips(picture: Picture) -> tuple[Picture, ...]:
    import cv2

    out = [picture]
    for _ in range(_MIPS - 1):
        last = out[-1]
        if min(last.shape[:2]) < 8:
            break
        out.append(
            np.asarray(
                cv2.resize(last, (last.shape[1] // 2, last.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
            )
        )
    return tuple(out)


def _as_colours(normals: Floats) -> Picture:
    return np.asarray(np.round((normals + 1.0) * 127.5), np.uint8)


def _occluded(depth: Floats, lens: Lens) -> Floats:
    """(h, w) share of light left in corners: a pixel deeper than what surrounds it lies in one."""
    import cv2

    finite = np.where(np.isfinite(depth), depth, 60.0).astype(np.float32)
    share = np.ones_like(finite)
    for size in (9, 27):
        behind = finite - cv2.blur(finite, (size, size))
        share -= 0.22 * np.clip(behind / (0.02 * finite * size / 9 + 0.1), 0.0, 1.0)
    return np.asarray(share, np.float32)
