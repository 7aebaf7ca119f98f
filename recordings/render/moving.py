"""What moves in a world, as numbered parts: people, trolley and hook of each hoist, loads, trucks and the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.plant.records import World
from recordings.plant.scenario import Crane, Scenario
from recordings.render.batch import Batch, batched
from recordings.render.bodies import Bodies, Look
from recordings.render.floor_light import Filling
from recordings.render.hoist_looks import hoist_looks
from recordings.render.hoists import hoist_meshes
from recordings.render.light import Lights, diffuse, irradiance, lamp_light, sunlit
from recordings.render.loads import load_mesh
from recordings.render.mesh import Mesh
from recordings.render.shapes import ball, merged, tube
from recordings.render.tone import LINEAR, Tone
from recordings.render.trucks import truck_mesh
from tracking.records import Kind

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_FINE = 3000
_PARTS_MOST = 255


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is drawn. ``kind`` is None where a detector has no name for it; ``place_m`` is its middle."""

    kind: Kind | None
    name: str
    mesh: Mesh

    @property
    def fine(self) -> bool:
        """Whether its corners lie close together, as those of a body do."""
        return len(self.mesh.points_m) > _FINE and self.mesh.smooth

    @property
    def filling(self) -> Filling:
        """How its shadow is filled in: about convex things by their hull."""
        if self.fine:
            return "points"
        return "faces" if self.kind is None else "hull"


class Moving:
    """Makes the parts of a scenario's worlds."""

    def __init__(self, scenario: Scenario, bodies: Bodies | None, seed: int) -> None:
        self._bodies, self._seed = bodies, seed
        self._cranes: dict[str, Crane] = {crane.name: crane for crane in scenario.hoist}
        self._hoist_looks = hoist_looks(scenario, seed)
        self._looks = {worker.name: Look.of(worker, seed) for worker in scenario.person}

    def parts(self, world: World) -> list[Part]:
        """Everything of a world; at most 255 parts. People without ``Bodies`` are dummies."""
        out: list[Part] = []
        for person in world.people:
            look = self._looks.get(person.name)
            if look is None or self._bodies is None:
                mesh = _dummy(person.x_m, person.y_m, person.z_m, person.height_m)
            else:
                mesh = self._bodies.mesh(look, person)
            out.append(Part("person", person.name, mesh))
        for state in world.cranes:
            hoist = hoist_meshes(self._cranes[state.name], self._hoist_looks[state.name], state)
            out += [
                Part("trolley", state.name, hoist.trolley),
                Part("hook", state.name, hoist.hook),
                Part(None, state.name, hoist.rest),
            ]
        out += [Part("load", load.name, load_mesh(load, self._seed)) for load in world.loads]
        out += [Part(None, truck.name, truck_mesh(truck, self._seed, k)) for k, truck in enumerate(world.trucks)]
        return out[:_PARTS_MOST]


def batch_of(parts: list[Part]) -> Batch:
    """The parts as one; part ``k`` has number ``k + 1``."""
    return batched([part.mesh for part in parts], list(range(1, len(parts) + 1)))


def lit(batch: Batch, lights: Lights, tone: Tone, eye_m: Floats) -> Picture:
    """(n, 3) grey levels of a batch's corners in the light, as one camera's exposure shows them."""
    light = np.empty_like(batch.points_m)
    for start, end in zip(batch.starts, batch.starts[1:], strict=False):
        if start == end:
            continue
        points, normals = batch.points_m[start:end], batch.normals[start:end]
        if end - start > _FINE:
            light[start:end] = _far_light(lights, points, normals)
        else:
            light[start:end] = irradiance(lights, points, normals)
        light[start:end] += _shine(lights, points, normals, batch.shine[start], eye_m)
    return tone.levels(LINEAR[batch.colours] * light)


def _far_light(lights: Lights, points: Floats, normals: Floats) -> Floats:
    """As ``irradiance``, with lamps so far away that their direction is the same for all of a body."""
    middle = points.mean(axis=0)
    light = diffuse(lights, normals)
    if len(lights.lamps_m):
        way = lights.lamps_m - middle
        far = np.sqrt(np.einsum("ij,ij->i", way, way))[:, None]
        leaves = np.maximum(-np.einsum("ij,ij->i", way / far, lights.axes), 0.0)[:, None]
        strength = lights.power * leaves / (far * far + np.float32(0.05))
        light += np.maximum(normals @ np.asarray(way / far, np.float32).T, 0.0) @ np.asarray(strength, np.float32)
    if lights.sun_rgb.max() > 0.0:
        light += (np.maximum(normals @ lights.sun, 0.0) * sunlit(lights, points))[:, None] * lights.sun_rgb
    return light


def _shine(lights: Lights, points: Floats, normals: Floats, shine: float, eye_m: Floats) -> Floats | float:
    """Highlight of the lamp that matters most, after Blinn."""
    if shine < 0.05 or not len(lights.lamps_m):
        return 0.0
    middle = points.mean(axis=0)
    reach = [
        lamp_light(lights, k, middle[None], np.array([[0, 0, 1]], np.float32))[0] for k in range(len(lights.lamps_m))
    ]
    best = int(np.argmax(reach))
    to_lamp = lights.lamps_m[best] - middle
    half = to_lamp / np.linalg.norm(to_lamp) + (eye_m - middle) / np.linalg.norm(eye_m - middle)
    half /= np.linalg.norm(half)
    glint = np.maximum(normals @ np.asarray(half, np.float32), 0.0) ** 24 * np.float32(4.0 * shine * reach[best])
    return np.asarray(glint[:, None] * lights.power[best], np.float32)


def _dummy(x: float, y: float, z: float, height_m: float) -> Mesh:
    body = tube([(x, y, z), (x, y, z + 0.45), (x, y, z + height_m - 0.25)], 0.2, (40, 60, 110), sides=12)
    return merged([body, ball((x, y, z + height_m - 0.13), 0.13, (190, 150, 120))])
