"""A simulated plant through its calibrated cameras: pictures, and what a detector should find in them.

The empty hall is drawn once for each camera; every picture then adds what moves, with its shadows on
the floor, and what the camera's electronics do. ``calibration.camera.Camera`` says where things land.

To draw on several cores, run a process on each with ``LP_NUM_THREADS=1`` in its environment, set before
the first picture: Mesa's software renderer gains little from threads of its own. On Linux it needs
libegl1 and libgl1 with Mesa's drivers (libegl-mesa0, libgl1-mesa-dri), and no display.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.errors import BadInput
from recordings.plant.camera_faults import turned
from recordings.plant.records import World
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_site import camera_table
from recordings.render.background import Background, Hall
from recordings.render.batch import Batch
from recordings.render.bodies import Bodies
from recordings.render.cctv import Electronics
from recordings.render.labels import Label, labels_of
from recordings.render.lens import Lens
from recordings.render.light import lights_of
from recordings.render.moving import Moving, Part, batch_of, lit
from recordings.render.raster import raster
from recordings.render.room import room_of

__all__ = ["Label", "Scene", "Shot"]

_CLOSER = np.float32(5e-6)
"""Of a drawn depth: what moves is seen before a surface that it touches, 2 mm at 10 m from the camera."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture (h, w, 3) uint8 RGB and its labels."""

    rgb: NDArray[np.uint8]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class _View:
    lens: Lens
    background: Background
    electronics: Electronics


@dataclass(frozen=True, slots=True)
class _Staged:
    """The parts of one world, ready to be drawn from any side."""

    world: World
    parts: list[Part]
    batch: Batch
    lost: NDArray[np.float32]


class Scene:
    """The cameras of a scenario. The same seed gives the same pictures, byte for byte.

    Args:
        bodies: makes the people; None draws dummies.
        seed: decides everything that the scenario leaves open.

    Raises:
        Unavailable: ``hoistwatch[plant]`` is not installed.
    """

    def __init__(self, scenario: Scenario, bodies: Bodies | None, *, seed: int) -> None:
        self._scenario, self._seed = scenario, seed
        self._eyes = {eye.name: (k, eye) for k, eye in enumerate(scenario.camera)}
        self._room = room_of(scenario, seed)
        self._lights = lights_of(scenario, self._room, seed)
        self._hall: Hall | None = None
        self._moving = Moving(scenario, bodies, seed)
        self._views: dict[tuple[str, float], _View] = {}
        self._staged: _Staged | None = None

    def shoot(self, world: World, camera: str, time_s: float, *, turned_deg: float = 0.0) -> Shot:
        """What a camera records of a world at ``time_s``; with ``turned_deg`` it was knocked sideways.

        Raises:
            BadInput: the scenario has no such camera.
        """
        view = self._view(camera, turned_deg)
        staged = self._stage(world)
        rgb, numbers = _shown(
            view,
            staged,
            lit(staged.batch, self._lights, view.background.tone, view.lens.camera.centre_m.astype(np.float32)),
        )
        labels = labels_of(staged.parts, staged.batch, view.lens, numbers, view.lens.picked(numbers))
        return Shot(view.electronics.taken(rgb, time_s), labels)

    def _stage(self, world: World) -> _Staged:
        """The parts of a world; kept, since several cameras look at the same one."""
        if self._staged is None or self._staged.world is not world:
            parts = self._moving.parts(world)
            batch = batch_of(parts)
            assert self._hall is not None
            lost = self._hall.floor_light.lost(batch, [part.filling for part in parts])
            self._staged = _Staged(world, parts, batch, lost)
        return self._staged

    def _view(self, camera: str, turned_deg: float) -> _View:
        key = (camera, turned_deg)
        if key not in self._views:
            if camera not in self._eyes:
                raise BadInput(f"camera {camera!r}: not in the scenario, expected one of {', '.join(self._eyes)}")
            if self._hall is None:
                self._hall = Hall(self._scenario, self._room, self._lights, self._seed)
            index, eye = self._eyes[camera]
            camera_there = Camera.from_table(camera_table(eye))
            lens = Lens(turned(camera_there, turned_deg) if turned_deg else camera_there)
            kind = self._scenario.light.kind
            background = self._hall.seen(lens, kind, self._seed + 31 * index)
            electronics = Electronics(eye, background.tone.gain, kind == "night", self._seed * 64 + index)
            self._views[key] = _View(lens, background, electronics)
        return self._views[key]


def _shown(view: _View, staged: _Staged, colours: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The picture (h, w, 3) before the electronics, and the numbers of what is seen in the drawn picture."""
    import cv2

    background, lens = view.background, view.lens
    lost: Any = cv2.remap(staged.lost, *background.floor_cells, cv2.INTER_LINEAR)
    # Levels are about the 2.2th root of light.
    kept = (1.0 - lost) ** np.float32(1 / 2.2)
    picture = cv2.multiply(background.rgb, cv2.merge([kept] * 3), dtype=cv2.CV_8U)
    if not len(staged.batch.faces):
        return np.asarray(picture, np.uint8), np.zeros(lens.drawn_px[::-1], np.uint8)
    drawn, depth = raster().draw(lens, staged.batch, colours)
    seen = (drawn[..., 3] > 0) & (depth - _CLOSER < background.depth)
    numbers = np.where(seen, drawn[..., 3], np.uint8(0))
    drawn[..., 3] = 255
    layer = lens.taken(cv2.bitwise_and(drawn, drawn, mask=seen.astype(np.uint8)))
    cover = cv2.merge([layer[..., 3]] * 3)
    behind = cv2.multiply(picture, 255 - cover, scale=1.0 / 255.0)
    return np.asarray(cv2.add(behind, layer[..., :3]), np.uint8), numbers
