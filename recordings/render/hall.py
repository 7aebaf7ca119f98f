"""Everything that stands still in a hall, as meshes: shell, structures by kind, lamps, beams and clutter."""

from __future__ import annotations

import numpy as np

from recordings.plant.scenario import Scenario
from recordings.render.batch import Batch, batched
from recordings.render.clutter import clutter
from recordings.render.hoist_beams import beams
from recordings.render.mesh import Mesh
from recordings.render.room import Room, hides_a_camera
from recordings.render.shapes import bar, box, solid, tube
from recordings.render.standing import standing

FLOOR, ROOF, THING, GLOWING = 1, 6, 7, 8
WALL = {"x0": 2, "x1": 3, "y0": 4, "y1": 5}
"""Numbers of the surfaces that are textured, of things, and of lamps."""


def hall_batch(scenario: Scenario, room: Room, seed: int) -> Batch:
    """All of the hall that never moves."""
    rng = np.random.default_rng([seed, 13])
    shell = _shell(room)
    things = [*standing(scenario, rng), *beams(scenario, seed), *_steelwork(scenario, room, rng)]
    things += clutter(scenario, room, rng)
    lamps = _lamps(room)
    meshes = [*shell.values(), *things, *lamps]
    return batched(meshes, [*shell, *[THING] * len(things), *[GLOWING] * len(lamps)])


def _shell(room: Room) -> dict[int, Mesh]:
    x, y, h = room.size_m
    grey = (128, 128, 128)

    def quad(*corners: tuple[float, float, float]) -> Mesh:
        return solid(corners, [(0, 1, 2), (0, 2, 3)], grey)

    return {
        FLOOR: quad((0, 0, 0), (x, 0, 0), (x, y, 0), (0, y, 0)),
        ROOF: quad((0, 0, h), (0, y, h), (x, y, h), (x, 0, h)),
        WALL["x0"]: quad((0, 0, 0), (0, y, 0), (0, y, h), (0, 0, h)),
        WALL["x1"]: quad((x, 0, 0), (x, 0, h), (x, y, h), (x, y, 0)),
        WALL["y0"]: quad((0, 0, 0), (0, 0, h), (x, 0, h), (x, 0, 0)),
        WALL["y1"]: quad((0, y, 0), (x, y, 0), (x, y, h), (0, y, h)),
    }


def _steelwork(scenario: Scenario, room: Room, rng: np.random.Generator) -> list[Mesh]:
    """Roof beams across the hall and posts along the walls below them."""
    x, y, h = room.size_m
    out: list[Mesh] = []
    top = max((c.beam_height_m for c in scenario.hoist), default=0.0)
    deep = min(float(rng.uniform(0.25, 0.6)), max(h - top - 0.6, 0.12))
    count = max(int(x / float(rng.uniform(4.5, 6.5))), 1)
    for k in range(count + 1):
        at = x * k / count
        at = float(np.clip(at, 0.12, x - 0.12))
        out.append(bar((at, 0.0, h - deep / 2), (at, y, h - deep / 2), 0.16, deep, room.steel_colour))
        sides = [side for side in (0.1, y - 0.1) if not hides_a_camera(scenario, at, side)]
        out += [box((0.2, 0.2, h), (at, side, h / 2), room.steel_colour) for side in sides]
    if rng.random() < 0.5:
        z = h - deep - 0.15
        side = 0.35 if rng.random() < 0.5 else y - 0.35
        out.append(tube([(0.2, side, z), (x - 0.2, side, z)], float(rng.uniform(0.06, 0.2)), (176, 180, 184)))
    return out


def _lamps(room: Room) -> list[Mesh]:
    """Their colour's red channel is the number of the lamp, which ``background`` reads."""
    out = []
    for k, (x, y, z) in enumerate(room.lamps_m):
        number = (k % 256, 0, 0)
        if room.lamp_kind == "long":
            out.append(box((1.5, 0.16, 0.08), (x, y, z), number))
        else:
            out.append(tube([(x, y, z - 0.06), (x, y, z + 0.06)], 0.22, number, sides=12))
    return out
