"""A body at rest becomes a dressed one: cloth stands off the skin, folds, and has its colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recordings.render.body_model import BodyModel
from recordings.render.cutting import vertex_normals
from recordings.render.garments import FIELDS, PATCH, PATCHES
from recordings.render.looks import FLUORESCENT, SILVER, Colour, Look

Floats = NDArray[np.float32]

_UPPER: Final = ("yoke", "strap", "upper_band", "belly", "lower_band", "hem", "zip")
_SLEEVE: Final = ("short_sleeve", "arm_band", "sleeve", "forearm", "cuff")
_LEGS: Final = ("thigh", "shin", "shin_band", "ankle")

# How far each garment stands off the skin in metres, and how much it folds.
_STAND_OFF: Final = {
    **dict.fromkeys((*_UPPER, "tail", "collar"), (0.018, 0.007)),
    **dict.fromkeys(_SLEEVE, (0.015, 0.006)),
    **dict.fromkeys(_LEGS, (0.014, 0.006)),
    "boot": (0.013, 0.0),
    "scalp": (0.012, 0.003),
    "hand": (0.001, 0.0),
}
_SKIN_TIGHT: Final = 0.0125  # metres: what stands off less lies on the skin itself


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What a look wears, decided once by its seed."""

    vest: bool
    fluorescent: Colour
    short_sleeves: bool
    gloves: bool
    shin_bands: bool
    jacket_bands: bool
    boots: Colour
    long_hair: bool

    @classmethod
    def of(cls, look: Look) -> Wardrobe:
        """Drawn from the seed alone, in a fixed order."""
        rng = np.random.default_rng([look.seed, 1])
        work = look.clothes in ("vest", "workwear")
        warm, glove, band, stripe, hair = rng.random(5)
        boots: tuple[Colour, ...] = ((30, 28, 28), (52, 40, 30), (96, 70, 44))
        shoes: tuple[Colour, ...] = (*boots, (150, 148, 144))
        return cls(
            vest=look.clothes == "vest",
            fluorescent=FLUORESCENT[int(rng.integers(len(FLUORESCENT)))],
            short_sleeves=bool(warm < (0.2 if work else 0.4)) and look.clothes != "dark",
            gloves=work and bool(glove < 0.45),
            shin_bands=work and bool(band < 0.5),
            jacket_bands=look.clothes == "workwear" and bool(stripe < 0.4),
            boots=(boots if work else shoes)[int(rng.integers(3 if work else 4))],
            long_hair=look.woman and bool(hair < 0.6),
        )


def colours_of(look: Look, wardrobe: Wardrobe) -> NDArray[np.float64]:
    """(patches, 3) sRGB of each patch."""
    out = {name: look.skin for name in ("face", "neck", "hand")}
    out["scalp"] = look.hair
    out |= dict.fromkeys((*_UPPER, *_SLEEVE, "tail", "collar"), look.top)
    out |= dict.fromkeys(_LEGS, look.trousers)
    out["boot"] = wardrobe.boots
    if wardrobe.short_sleeves:
        out |= dict.fromkeys(("sleeve", "forearm", "cuff"), look.skin)
    if wardrobe.gloves:
        out["hand"] = (60, 58, 54) if look.seed % 2 else (196, 190, 176)
        out["cuff"] = out["cuff"] if wardrobe.short_sleeves else look.top
    if look.clothes in ("plain", "dark"):
        out["tail"] = look.top if look.seed % 3 else look.trousers
    if wardrobe.vest:
        out |= dict.fromkeys((*_UPPER, "collar"), wardrobe.fluorescent)
        out |= dict.fromkeys(("strap", "upper_band", "lower_band"), SILVER)
        out |= {"zip": _shaded(wardrobe.fluorescent, 0.7), "collar": look.top}
    if wardrobe.jacket_bands:
        out |= {"arm_band": SILVER, "upper_band": SILVER}
    if wardrobe.shin_bands:
        out["shin_band"] = SILVER
    return np.array([out[name] for name in PATCHES], dtype=np.float64)


def _shaded(colour: Colour, share: float) -> Colour:
    red, green, blue = (int(channel * share) for channel in colour)
    return red, green, blue


class Tailor:
    """Dresses bodies of one model."""

    def __init__(self, model: BodyModel) -> None:
        self.model = model
        self._looser = _widening(model)

    def dress(self, look: Look, bare_m: Floats, under_m: Floats) -> tuple[Floats, NDArray[np.uint8]]:
        """Vertices (n, 3) of the dressed body at rest and their colours (n, 3).

        ``bare_m`` (w, 3) are the welded vertices of the naked shape, ``under_m`` (w, 3) what cloth lies on.
        """
        model, wardrobe = self.model, Wardrobe.of(look)
        normals = vertex_normals(under_m, model.welded_faces)
        folds, stains = self._noise(look, bare_m)
        off, fold = self._stand_off(wardrobe)
        cloth = (off > _SKIN_TIGHT)[:, None]
        away = off + fold * folds
        points = np.where(cloth, under_m[model.source], bare_m[model.source]) + normals[model.source] * away[
            :, None
        ].astype(np.float32)
        colours = colours_of(look, wardrobe)[model.patch]
        depth = np.where(fold > 0, 0.13, 0.04)
        shade = 1.0 + depth * folds + 0.05 * stains
        return points.astype(np.float32), np.clip(colours * shade[:, None], 0, 255).astype(np.uint8)

    def _stand_off(self, wardrobe: Wardrobe) -> tuple[Floats, Floats]:
        table = np.array([_STAND_OFF.get(name, (0.0, 0.0)) for name in PATCHES], dtype=np.float32)
        if wardrobe.vest:
            table[[PATCH[name] for name in _UPPER], 0] += 0.01
        if wardrobe.short_sleeves:
            table[[PATCH[name] for name in ("sleeve", "forearm", "cuff")]] = 0.0
        if wardrobe.gloves:
            table[PATCH["hand"], 0] = 0.006
        if wardrobe.long_hair:
            table[PATCH["scalp"], 0] = 0.02
        chosen = table[self.model.patch]
        return chosen[:, 0] + np.where(chosen[:, 0] > _SKIN_TIGHT, self._looser, 0.0), chosen[:, 1]

    def _noise(self, look: Look, bare_m: Floats) -> tuple[Floats, Floats]:
        """Folds (n,) and stains (n,), each about -1 to 1: sums of a few waves through the resting body."""
        rng = np.random.default_rng([look.seed, 2])
        out = []
        for longest, shortest, upright in ((0.35, 0.09, 1.6), (0.8, 0.2, 1.0)):
            lengths = np.geomspace(longest, shortest, 7)
            ways = rng.normal(size=(7, 3)) * (1.0, 1.0, upright)
            ways /= np.linalg.norm(ways, axis=1, keepdims=True)
            waves = (2.0 * np.pi / lengths)[:, None] * ways
            phases = rng.uniform(0.0, 2.0 * np.pi, 7)
            place = bare_m.astype(np.float64)
            total = np.sin(place @ waves.T + phases).sum(axis=1) / np.sqrt(7.0)
            out.append(np.tanh(total).astype(np.float32)[self.model.source])
        return out[0], out[1]


def _widening(model: BodyModel) -> Floats:
    """(n,) metres by which cloth hangs looser towards the ends of trousers, sleeves and jacket."""
    leg, arm, height = field(model, "leg"), field(model, "arm"), field(model, "height")
    trousers = np.isin(model.patch, [PATCH[name] for name in _LEGS])
    sleeves = np.isin(model.patch, [PATCH[name] for name in _SLEEVE])
    upper = np.isin(model.patch, [PATCH[name] for name in (*_UPPER, "tail")])
    out = np.where(trousers, 0.004 + 0.022 * np.clip((leg - 0.9) / 0.8, 0.0, 1.0), 0.0)
    out = np.where(sleeves, 0.003 + 0.008 * np.clip(arm - 0.8, 0.0, 1.0), out)
    out = np.where(upper, 0.012 * np.clip((0.6 - height) / 0.6, 0.0, 1.0), out)
    return np.asarray(out, dtype=np.float32)


def field(model: BodyModel, name: str) -> Floats:
    """One field (n,) of a model by name."""
    return model.fields[:, FIELDS.index(name)]
