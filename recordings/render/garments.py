"""Where on a body does which garment begin? Fields over the resting body, cuts through them, patches.

Fields are numbers that grow along a body part, the same for all shapes: ``height`` is 0 at the hip
joints and 1 at the root of the neck, ``arm`` 0 at the shoulder, 1 at the elbow, 2 at the wrist, ``leg``
0 at the hip, 1 at the knee, 2 at the ankle. ``y`` and ``x`` are in metres of the mean shape. ``scalp``
is above 0 where hair grows. Below the ankle a shoe takes the place of the foot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.render.skeleton import BONES, INDEX

Array = NDArray[np.float64]

FIELDS: Final = ("height", "arm", "on_arm", "leg", "x", "y", "scalp", "on_head")
PATCHES: Final = (
    *("face", "scalp", "neck", "collar", "hand", "cuff", "forearm", "sleeve", "arm_band", "short_sleeve"),
    *("yoke", "strap", "upper_band", "belly", "lower_band", "hem", "zip", "tail"),
    *("thigh", "shin", "shin_band", "ankle", "boot"),
)
PATCH: Final = {name: index for index, name in enumerate(PATCHES)}

_HEM, _TAIL = 0.0, -0.12
_LOWER, _UPPER = (0.17, 0.28), (0.42, 0.53)
_COLLAR, _NECK = 0.99, 1.08
_ARM_BAND, _SHORT = (0.45, 0.62), 0.75
_CUFF, _WRIST = 1.78, 1.93
_SHIN_BAND, _BOOT = (1.38, 1.55), 1.72
FOOT: Final = 2.03  # beyond it is the foot
_STRAP, _ZIP = (0.075, 0.125), 0.013

CUTS: Final = (
    ("on_arm", 0.5),
    *(("height", level) for level in (_TAIL, _HEM, *_LOWER, *_UPPER, _COLLAR, _NECK)),
    *(("arm", level) for level in (*_ARM_BAND, _SHORT, _CUFF, _WRIST)),
    *(("leg", level) for level in (*_SHIN_BAND, _BOOT, FOOT)),
    *(("y", level) for level in (-_STRAP[1], -_STRAP[0], -_ZIP, _ZIP, _STRAP[0], _STRAP[1])),
    ("scalp", 0.0),
)


def fields_of(points: Array, weights: Array, joints: Array) -> Array:
    """Fields (n, 8) of the mean shape: points (n, 3), weights (n, 23), joints (23, 3), body frame."""

    def share(*names: str) -> Array:
        return np.asarray(weights[:, [i for i, bone in enumerate(BONES) if bone.startswith(names)]].sum(axis=1))

    def joint(name: str) -> Array:
        return np.asarray(joints[INDEX[name]])

    on_arm, on_leg = share("upperarm", "forearm", "hand"), share("thigh", "shin", "foot", "toes")
    on_head = share("head")
    hip, neck, head = joint("thigh.L"), joint("neck"), joint("head")
    # A collar lies lower in front than behind.
    near = np.clip((points[:, 2] - neck[2]) / 0.1 + 1.5, 0.0, 1.0)
    level = points[:, 2] - near * 0.4 * (neck[0] - points[:, 0])
    height = (level - hip[2]) / (neck[2] - hip[2])
    height = np.where(on_arm > 0.5, np.clip(height, 0.6, 0.9), height)
    left = points[:, 1] > 0
    arm = np.where(left, *(_along(points, joint, ("upperarm", "forearm", "hand"), s) for s in "LR"))
    leg = np.where(left, *(_along(points, joint, ("thigh", "shin", "foot"), s) for s in "LR"))
    on_foot = share("foot", "toes")
    leg = np.where(on_foot > 0.5, np.maximum(leg, 1.8), leg)
    y = np.where((on_arm > 0.5) | (on_leg > 0.6) | (height > _NECK), np.sign(points[:, 1]) * 0.3, points[:, 1])
    ahead, above = points[:, 0] - head[0], points[:, 2] - head[2]
    hairline = np.interp(ahead, (-0.09, -0.04, -0.01, 0.05, 0.08, 0.12), (0.0, 0.005, 0.08, 0.085, 0.115, 0.135))
    scalp = np.where(on_head > 0.3, above - hairline, -0.2)
    arm, leg = np.where(on_arm > 0.02, arm, 0.0), np.where(on_leg > 0.02, leg, 0.0)
    return np.column_stack((height, arm, on_arm, leg, points[:, 0], y, scalp, on_head))


def _along(points: Array, joint: Callable[[str], Array], bones: tuple[str, str, str], side: str) -> Array:
    """0 at the first of three joints, 1 at the second, 2 at the third, and on beyond it."""
    a, b, c = (joint(f"{bone}.{side}") for bone in bones)
    first = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
    second = np.clip((points - b) @ (c - b) / ((c - b) @ (c - b)), 0.0, 2.0)
    # Across a bent elbow both projections grow; the plane that halves the angle parts them.
    bisector = (b - a) / np.linalg.norm(b - a) + (c - b) / np.linalg.norm(c - b)
    beyond = (points - b) @ bisector > 0
    return np.asarray(np.where(beyond, 1.0 + second, np.minimum(first, 1.0)))


def patches_of(middles: Array) -> NDArray[np.int64]:
    """Patch of each triangle from the fields (m, 8) at its middle."""
    f = dict(zip(FIELDS, middles.T, strict=True))
    height, arm, leg, y = f["height"], f["arm"], f["leg"], np.abs(f["y"])
    on_arm = f["on_arm"] > 0.5
    front = f["x"] > 0.0

    def within(values: Array, ends: tuple[float, float]) -> NDArray[np.bool_]:
        return (values > ends[0]) & (values < ends[1])

    rules = (
        ("boot", leg > _BOOT),
        ("scalp", f["scalp"] > 0),
        ("hand", on_arm & (arm > _WRIST)),
        ("cuff", on_arm & (arm > _CUFF)),
        ("forearm", on_arm & (arm > 1.0)),
        ("sleeve", on_arm & (arm > _SHORT)),
        ("arm_band", on_arm & within(arm, _ARM_BAND)),
        ("short_sleeve", on_arm),
        ("face", (height > _NECK) & (f["on_head"] > 0.3)),
        ("neck", height > _NECK),
        ("collar", height > _COLLAR),
        ("zip", (y < _ZIP) & front & (height > _HEM)),
        ("strap", within(y, _STRAP) & (height > _UPPER[1])),
        ("yoke", height > _UPPER[1]),
        ("upper_band", height > _UPPER[0]),
        ("belly", height > _LOWER[1]),
        ("lower_band", height > _LOWER[0]),
        ("hem", height > _HEM),
        ("tail", height > _TAIL),
        ("shin_band", within(leg, _SHIN_BAND)),
        ("shin", (leg > 1.0) & (leg < _SHIN_BAND[0])),
        ("ankle", leg > _SHIN_BAND[1]),
    )
    return np.asarray(
        np.select([rule for _, rule in rules], [PATCH[name] for name, _ in rules], PATCH["thigh"]), dtype=np.int64
    )
