"""People as meshes: from a look and the state of a body to coloured triangles in world metres.

A person's place (``x_m``, ``y_m``) is the floor under the hips when standing; lying, it is the middle of
the body on the floor. ``z_m`` is what the feet stand on; who sits has the seat ``poses.SEAT_M`` above that,
and the hips over (``x_m``, ``y_m``). ``Look.height_m`` is in boots and without a helmet.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.plant.records import BodyState
from recordings.render.body_model import Shape, load_model
from recordings.render.clothes import Tailor, Wardrobe
from recordings.render.garments import PATCH
from recordings.render.headgear import SOLE_M, Part, helmet, pendant, shoe, tied_hair
from recordings.render.looks import Look
from recordings.render.mesh import Mesh
from recordings.render.poses import SEAT_M, Manner, laid, stance_of
from recordings.render.skeleton import BONES, INDEX, Array, Skeleton, about

__all__ = ["Bodies", "Look"]

Floats = NDArray[np.float32]

_KEPT: Final = 64  # dressed bodies
_ROUNDS: Final = 2  # of scaling to the wanted height


@dataclass(frozen=True, slots=True)
class _Dressed:
    """A dressed body at rest."""

    skeleton: Skeleton
    points: Floats
    weights: Floats
    faces: NDArray[np.int32]
    colours: NDArray[np.uint8]
    boots: NDArray[np.bool_]
    seat: NDArray[np.bool_]
    manner: Manner


class _Parts:
    """A mesh with skinning weights that grows part by part."""

    def __init__(self, points: Floats, weights: Floats, faces: NDArray[np.int32], colours: NDArray[np.uint8]) -> None:
        self.points, self.weights, self.faces, self.colours = points, weights, faces, colours

    def add(self, part: Part, bone: str, other: str = "", share: Array | None = None) -> None:
        """``part`` goes with ``bone``, and where ``share`` (n,) says so with the bone ``other``."""
        stiff = np.zeros((len(part[0]), len(BONES)), dtype=np.float32)
        stiff[:, INDEX[bone]] = 1.0
        if share is not None:
            stiff[:, INDEX[bone]] -= share
            stiff[:, INDEX[other]] = share
        self.faces = np.concatenate([self.faces, part[1] + len(self.points)]).astype(np.int32)
        self.points = np.concatenate([self.points, part[0].astype(np.float32)])
        self.weights = np.concatenate([self.weights, stiff])
        self.colours = np.concatenate([self.colours, part[2]])


class Bodies:
    """Makes meshes of people.

    Args:
        cache: folder for what is derived from anny once; the user's cache folder if None.

    Raises:
        Unavailable: nothing is cached, and anny or pyvista is not installed.
        BadInput: the cache folder cannot be written.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._model = load_model(cache)
        self._tailor = Tailor(self._model)
        self._dressed: OrderedDict[Look, _Dressed] = OrderedDict()

    def mesh(self, look: Look, state: BodyState) -> Mesh:
        """The person of ``look`` doing what ``state`` says, in world metres. Deterministic."""
        body = self._wearing(look)
        hand = None if state.hand_m is None else _into_body(np.array(state.hand_m), state)
        points, turns, places = _posed(body, state, hand)
        faces, colours = body.faces, body.colours
        if state.posture == "pendant":
            held = _held(body, places, turns)
            faces = np.concatenate([faces, held[1] + len(points)])
            points = np.concatenate([points, held[0].astype(np.float32)])
            colours = np.concatenate([colours, held[2]])
        turn = about(2, state.heading_rad).astype(np.float32)
        world = points @ turn.T + np.array([state.x_m, state.y_m, state.z_m], dtype=np.float32)
        return Mesh(world.astype(np.float32), faces, colours, shine=0.08, smooth=True)

    def _wearing(self, look: Look) -> _Dressed:
        if look in self._dressed:
            self._dressed.move_to_end(look)
            return self._dressed[look]
        body = self._tailored(look)
        self._dressed[look] = body
        if len(self._dressed) > _KEPT:
            self._dressed.popitem(last=False)
        return body

    def _tailored(self, look: Look) -> _Dressed:
        standing = BodyState(name="", role="passer_by", x_m=0.0, y_m=0.0, height_m=look.height_m)
        tall = self._height_share(look)
        body = self._scaled(look, tall, 1.0)
        scale = 1.0
        for _ in range(_ROUNDS):
            points, _, _ = _posed(body, standing, None)
            scale *= look.height_m / float(points[: len(self._model.patch), 2].max())  # without helmet
            body = self._scaled(look, tall, scale)
        return body

    def _height_share(self, look: Look) -> float:
        """Where between the short and the tall corners of the grid a person of this height lies."""
        short, tall = (
            float(np.ptp(self._model.shape(look.woman, look.age, look.build, share).skin_m[:, 2]))
            for share in (0.0, 1.0)
        )
        return float(np.clip((look.height_m - short) / (tall - short), -0.6, 1.6))

    def _scaled(self, look: Look, tall: float, scale: float) -> _Dressed:
        model = self._model
        shape = Shape(*(part * np.float32(scale) for part in model.shape(look.woman, look.age, look.build, tall)))
        points, colours = self._tailor.dress(look, shape.skin_m, shape.under_m)
        floor = np.array([0.0, 0.0, shape.feet_m[:, 0, 2].min() - SOLE_M], dtype=np.float32)
        points, joints, feet = points - floor, shape.joints_m - floor, shape.feet_m - floor
        body = _Parts(points, model.weights, model.faces, colours)
        shoes = Wardrobe.of(look).boots
        for k, side in enumerate("LR"):
            part = shoe(feet[k, 0].astype(np.float64), feet[k, 1].astype(np.float64), shoes)
            ball = joints[INDEX[f"toes.{side}"], 0]
            body.add(part, f"foot.{side}", f"toes.{side}", np.clip((part[0][:, 0] - ball) / 0.03 + 0.5, 0.0, 1.0))
        for part in self._on_head(look, points):
            body.add(part, "head")
        shod = body.weights[:, [INDEX[f"{b}.{s}"] for b in ("foot", "toes") for s in "LR"]].sum(axis=1) > 0.9
        seat = body.weights[:, [INDEX[b] for b in ("pelvis", "thigh.L", "thigh.R")]].sum(axis=1) > 0.6
        heel = float(joints[INDEX["foot.L"], 0] - feet[0, 0, 0])
        skeleton = Skeleton(joints.astype(np.float64), (shape.palms_m - floor).astype(np.float64), heel)
        manner = Manner.of(look.seed, look.build)
        return _Dressed(skeleton, body.points, body.weights, body.faces, body.colours, shod, seat, manner)

    def _on_head(self, look: Look, points: Floats) -> list[Part]:
        scalp = points[: len(self._model.patch)][self._model.patch == PATCH["scalp"]].astype(np.float64)
        low, high = scalp.min(axis=0), scalp.max(axis=0)
        parts = [] if look.helmet == "none" else [helmet(look, low, high)]
        if Wardrobe.of(look).long_hair:
            parts.append(tied_hair(look, low, high))
        return parts


def _into_body(point: Array, state: BodyState) -> Array:
    """A world point (3,) in the body frame of ``state``."""
    away = point - np.array([state.x_m, state.y_m, state.z_m])
    return np.asarray(about(2, -state.heading_rad) @ away)


def _posed(body: _Dressed, state: BodyState, hand: Array | None) -> tuple[Floats, Array, Array]:
    """Vertices (n, 3), and rotations and places of the bones, in the body frame; what touches the floor is at 0."""
    stance = stance_of(state, body.skeleton, body.manner, hand)
    turns, places = body.skeleton.place(stance)
    points = body.skeleton.skin(body.points, body.weights, turns, places)
    shift = np.zeros(3, dtype=np.float32)
    if state.posture == "lie":
        down = laid(body.manner)
        points = points @ down.T.astype(np.float32)
        turns, places = down @ turns, places @ down.T
        middle = (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2.0
        shift[:] = (-middle[0], -middle[1], -points[:, 2].min())
    elif state.posture == "sit":
        under = points[body.seat & (points[:, 0] < 0.25), 2]
        shift[2] = SEAT_M - float(under.min())
    else:
        shift[2] = -float(points[body.boots, 2].min())
    return points + shift, turns, places + shift


def _held(body: _Dressed, places: Array, turns: Array) -> Part:
    """The pendant in the right hand, or between both."""
    palms = []
    for k, side in enumerate("LR"):
        hand = INDEX[f"hand.{side}"]
        palms.append(places[hand] + turns[hand] @ (body.skeleton.palms_m[k] - body.skeleton.joints_m[hand]))
    middle = palms[1] if body.manner.one_hand else (palms[0] + palms[1]) / 2.0
    return pendant(middle + np.array([0.035, 0.0, 0.02]))
