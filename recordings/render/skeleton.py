"""From joint angles and reached points to the place of every bone, and of the skin on them.

Body frame: x the way the chest points, y to the left, z up, metres. Rotations are given about the
axes of the body frame in the rest pose, so that an identity leaves a bone as it rests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BONES: Final = (
    *("pelvis", "lumbar", "waist", "ribs", "chest", "neck", "head"),
    *("clavicle.L", "upperarm.L", "forearm.L", "hand.L"),
    *("clavicle.R", "upperarm.R", "forearm.R", "hand.R"),
    *("thigh.L", "shin.L", "foot.L", "toes.L"),
    *("thigh.R", "shin.R", "foot.R", "toes.R"),
)
INDEX: Final = {name: index for index, name in enumerate(BONES)}
PARENTS: Final = (-1, 0, 1, 2, 3, 4, 5, 4, 7, 8, 9, 4, 11, 12, 13, 0, 15, 16, 17, 0, 19, 20, 21)
SIDES: Final = ("L", "R")

_SPINE: Final = ("lumbar", "waist", "ribs", "chest")


@dataclass(frozen=True, slots=True)
class Leg:
    """Where the ankle is, and how the foot stands. ``knee`` is the way the knee points."""

    ankle_m: Array
    pitch_rad: float = 0.0  # toes up is positive
    yaw_rad: float = 0.0  # towards the left
    toes_rad: float = 0.0  # toes bent up against the foot
    knee: Array = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))


@dataclass(frozen=True, slots=True)
class Arm:
    """Either a point that the palm is to reach, or angles of an arm that hangs.

    ``swing_rad`` is forwards, ``spread_rad`` away from the body, both about the shoulder and in the
    frame of the chest; ``elbow_rad`` is 0 for a straight arm. ``pole`` is where the elbow points
    when the palm reaches for ``palm_m``.
    """

    swing_rad: float = 0.0
    spread_rad: float = 0.0
    elbow_rad: float = 0.2
    palm_m: Array | None = None
    pole: Array | None = None


@dataclass(frozen=True, slots=True)
class Stance:
    """One posture in the body frame. Lean and head angles are in radians, forwards and left positive."""

    hip_m: Array
    legs: tuple[Leg, Leg]
    arms: tuple[Arm, Arm]
    pelvis: Array = field(default_factory=lambda: np.eye(3))
    lean_rad: float = 0.0
    side_rad: float = 0.0
    twist_rad: float = 0.0
    nod_rad: float = 0.0
    look_rad: float = 0.0


def about(axis: int, angle_rad: float) -> Array:
    """(3, 3) right-handed rotation about axis 0 x, 1 y or 2 z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = np.eye(3)
    out[i, i], out[i, j], out[j, i], out[j, j] = c, -s, s, c
    return out


def unit(vector: Array) -> Array:
    """``vector`` (3,) at length one; a zero vector stays zero."""
    length = float(np.sqrt(vector @ vector))
    return vector / length if length > 1e-12 else vector


def frame(along: Array, normal: Array) -> Array:
    """(3, 3) columns: ``along``, the part of ``normal`` across it, and their product."""
    a = unit(along)
    n = unit(normal - a * (a @ normal))
    return np.column_stack([a, n, _cross(a, n)])


def _cross(a: Array, b: Array) -> Array:
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def two_bones(start: Array, target: Array, first_m: float, second_m: float, pole: Array) -> tuple[Array, Array]:
    """Directions (3,) of two bones from ``start`` so that the second ends at ``target``, by the cosine rule.

    The joint between them lies on the side of ``pole``. A target out of reach is pointed at with
    the limb all but straight, one too near with the limb as folded as it goes.
    """
    reach = target - start
    distance = float(np.sqrt(reach @ reach))
    along = reach / distance if distance > 1e-9 else np.array([0.0, 0.0, -1.0])
    distance = float(np.clip(distance, abs(first_m - second_m) + 0.03, (first_m + second_m) * 0.9995))
    cosine = (first_m**2 + distance**2 - second_m**2) / (2.0 * first_m * distance)
    cosine = float(np.clip(cosine, -1.0, 1.0))
    out = pole - along * (along @ pole)
    if out @ out < 1e-8:
        out = np.array([along[2], 0.0, -along[0]]) + np.array([0.0, 1e-3, 0.0])
    out = unit(out)
    first = along * cosine + out * np.sqrt(1.0 - cosine**2)
    second = unit(along * distance - first * first_m)
    return first, second


class Skeleton:
    """Joints (23, 3) of one body at rest, in the body frame, feet on z = 0; and its lengths.

    ``palms_m`` (2, 3) are the middles of the two palms at rest, ``heel_m`` how far a heel reaches
    behind its ankle.
    """

    def __init__(self, joints_m: Array, palms_m: Array, heel_m: float) -> None:
        self.joints_m = np.asarray(joints_m, dtype=np.float64)
        self.palms_m = np.asarray(palms_m, dtype=np.float64)
        self.heel_m = heel_m
        j = self.joints_m
        self.thigh_m = self._length("thigh.L", "shin.L")
        self.shin_m = self._length("shin.L", "foot.L")
        self.arm_m = self._length("upperarm.L", "forearm.L")
        self.fore_m = float(np.linalg.norm(self.palms_m[0] - j[INDEX["forearm.L"]]))
        self.ankle_m = float(j[INDEX["foot.L"], 2])
        self.leg_m = self.thigh_m + self.shin_m
        self.hip_half_m = float(j[INDEX["thigh.L"], 1])
        self.hip_drop_m = float(j[INDEX["pelvis"], 2] - j[INDEX["thigh.L"], 2])
        self.ball_m = float(j[INDEX["toes.L"], 0] - j[INDEX["foot.L"], 0])
        self.shoulder_m = float(j[INDEX["upperarm.L"], 2])
        self._leg_frames = [self._limb(s, "thigh", "shin", "foot") for s in SIDES]
        self._arm_frames = [self._bent_arm(k) for k in range(2)]

    def _length(self, a: str, b: str) -> float:
        return float(np.linalg.norm(self.joints_m[INDEX[a]] - self.joints_m[INDEX[b]]))

    def _limb(self, side: str, top: str, middle: str, end: str) -> tuple[Array, Array]:
        a, b, c = (self.joints_m[INDEX[f"{name}.{side}"]] for name in (top, middle, end))
        forward = np.array([0.0, 1.0, 0.0])
        return frame(b - a, forward), frame(c - b, forward)

    def _bent_arm(self, k: int) -> tuple[Array, Array]:
        a, b = (self.joints_m[INDEX[f"{name}.{SIDES[k]}"]] for name in ("upperarm", "forearm"))
        normal = _cross(b - a, self.palms_m[k] - b)  # the arm rests bent, so its hinge is known
        return frame(b - a, normal), frame(self.palms_m[k] - b, normal)

    def place(self, stance: Stance) -> tuple[Array, Array]:
        """Rotations (23, 3, 3) and places (23, 3) of the bones in the body frame."""
        turns, places = self._trunk(stance)
        self._hang(turns, places, "neck", about(1, stance.nod_rad * 0.4) @ about(2, stance.look_rad * 0.4))
        self._hang(turns, places, "head", about(1, stance.nod_rad * 0.6) @ about(2, stance.look_rad * 0.6))
        for k, side in enumerate(SIDES):
            self._leg(turns, places, k, side, stance.legs[k])
            self._arm(turns, places, k, side, stance.arms[k])
        return turns, places

    def shoulders_m(self, stance: Stance) -> Array:
        """(2, 3) where the left and the right arm begin; quicker than ``place``."""
        turns, places = self._trunk(stance)
        chest = INDEX["chest"]
        arms = self.joints_m[[INDEX["upperarm.L"], INDEX["upperarm.R"]]] - self.joints_m[chest]
        return np.asarray(places[chest] + arms @ turns[chest].T)

    def _trunk(self, stance: Stance) -> tuple[Array, Array]:
        turns = np.tile(np.eye(3), (len(BONES), 1, 1))
        places = self.joints_m.copy()
        turns[0], places[0] = stance.pelvis, stance.hip_m
        bend = about(1, stance.lean_rad / 4) @ about(0, -stance.side_rad / 4) @ about(2, stance.twist_rad / 4)
        for name in _SPINE:
            self._hang(turns, places, name, bend)
        return turns, places

    def _hang(self, turns: Array, places: Array, name: str, local: Array | None = None) -> int:
        bone = INDEX[name]
        parent = PARENTS[bone]
        turns[bone] = turns[parent] if local is None else turns[parent] @ local
        places[bone] = places[parent] + turns[parent] @ (self.joints_m[bone] - self.joints_m[parent])
        return bone

    def _leg(self, turns: Array, places: Array, k: int, side: str, leg: Leg) -> None:
        thigh = self._hang(turns, places, f"thigh.{side}")
        first, second = two_bones(places[thigh], leg.ankle_m, self.thigh_m, self.shin_m, leg.knee)
        hinge = _cross(unit(leg.ankle_m - places[thigh]), leg.knee) * -1.0
        top, low = self._leg_frames[k]
        turns[thigh] = frame(first, hinge) @ top.T
        shin = self._hang(turns, places, f"shin.{side}")
        turns[shin] = frame(second, hinge) @ low.T
        foot = self._hang(turns, places, f"foot.{side}")
        turns[foot] = about(2, leg.yaw_rad) @ about(1, -leg.pitch_rad)
        self._hang(turns, places, f"toes.{side}", about(1, -leg.toes_rad))

    def _arm(self, turns: Array, places: Array, k: int, side: str, arm: Arm) -> None:
        out = 1.0 if k == 0 else -1.0
        self._hang(turns, places, f"clavicle.{side}")
        upper = self._hang(turns, places, f"upperarm.{side}")
        chest = turns[INDEX["chest"]]
        if arm.palm_m is None:
            local = about(1, -arm.swing_rad) @ about(0, out * arm.spread_rad)
            first = chest @ local @ np.array([0.0, 0.0, -1.0])
            normal = chest @ local @ np.array([0.0, -1.0, 0.0])
            second = first * np.cos(arm.elbow_rad) + _cross(normal, first) * np.sin(arm.elbow_rad)
        else:
            pole = arm.pole if arm.pole is not None else np.array([-0.5, 0.5 * out, -1.0])
            first, second = two_bones(places[upper], arm.palm_m, self.arm_m, self.fore_m, pole)
            normal = _cross(first, second)
            if normal @ normal < 1e-6:
                normal = _cross(pole, first)
        top, low = self._arm_frames[k]
        turns[upper] = frame(first, normal) @ top.T
        fore = self._hang(turns, places, f"forearm.{side}")
        turns[fore] = frame(second, normal) @ low.T
        self._hang(turns, places, f"hand.{side}")

    def skin(
        self, points: NDArray[np.float32], weights: NDArray[np.float32], turns: Array, places: Array
    ) -> NDArray[np.float32]:
        """Linear blend skinning: ``points`` (n, 3) at rest with ``weights`` (n, 23) follow the bones."""
        moves = np.empty((len(BONES), 3, 4), dtype=np.float32)
        moves[:, :, :3] = turns
        moves[:, :, 3] = places - np.einsum("bij,bj->bi", turns, self.joints_m)
        blended = (weights @ moves.reshape(len(BONES), 12)).reshape(-1, 3, 4)
        out: NDArray[np.float32] = np.einsum("nij,nj->ni", blended[:, :, :3], points) + blended[:, :, 3]
        return out
