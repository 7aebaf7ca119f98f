"""What does a person look like? Shape, clothes and colours, chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from recordings.plant.scenario import Worker

Colour = tuple[int, int, int]
Clothes = Literal["vest", "workwear", "plain", "dark"]
Helmet = Literal["none", "white", "yellow", "blue", "red"]

HELMETS: Final[dict[str, Colour]] = {
    **{"white": (232, 232, 226), "yellow": (240, 190, 20), "blue": (30, 80, 165), "red": (190, 30, 28)},
}
SILVER: Final[Colour] = (206, 212, 214)
FLUORESCENT: Final[tuple[Colour, ...]] = ((214, 238, 30), (214, 238, 30), (255, 104, 22))

_SKINS: Final[tuple[Colour, ...]] = (
    *((232, 190, 168), (222, 172, 146), (205, 152, 122), (176, 122, 92), (138, 92, 68), (96, 64, 48)),
)
_HAIRS: Final[tuple[Colour, ...]] = (
    *((28, 22, 20), (52, 36, 26), (86, 60, 38), (140, 106, 66), (128, 124, 120), (180, 178, 172)),
)
_TOPS: Final[dict[Clothes, tuple[Colour, ...]]] = {
    "vest": ((40, 52, 84), (70, 74, 80), (28, 34, 44), (120, 124, 126), (36, 72, 120)),
    "workwear": (
        (34, 60, 118),
        (40, 48, 72),
        (86, 90, 94),
        (44, 92, 70),
        (150, 40, 36),
        (206, 102, 34),
        (176, 150, 104),
    ),
    "plain": (
        *((196, 196, 190), (152, 40, 46), (66, 110, 160), (120, 132, 92), (210, 186, 140)),
        *((92, 70, 110), (60, 62, 66), (178, 120, 60)),
    ),
    "dark": ((26, 28, 32), (34, 36, 46), (44, 40, 38), (22, 30, 44)),
}
_TROUSERS: Final[dict[Clothes, tuple[Colour, ...]]] = {
    "vest": ((40, 50, 78), (72, 76, 80), (34, 36, 40), (150, 132, 96)),
    "workwear": ((34, 52, 100), (44, 48, 62), (84, 86, 88), (48, 80, 66), (148, 130, 96)),
    "plain": ((54, 74, 108), (40, 44, 52), (122, 110, 88), (88, 92, 98)),
    "dark": ((24, 26, 32), (36, 36, 40), (30, 36, 50)),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one person looks.

    ``height_m`` is standing, in boots, without a helmet. ``build`` runs from 0 slim to 1 heavy,
    ``age`` from 0 (twenty-five) to 1 (old). Colours are sRGB. ``seed`` decides everything small: folds, gloves,
    short sleeves, bands on the trousers, hair, how the person stands.
    """

    height_m: float = 1.72
    build: float = 0.5
    woman: bool = False
    age: float = 0.3
    clothes: Clothes = "workwear"
    helmet: Helmet = "white"
    skin: Colour = _SKINS[1]
    hair: Colour = _HAIRS[1]
    trousers: Colour = _TROUSERS["workwear"][0]
    top: Colour = _TOPS["workwear"][0]
    seed: int = 0

    @classmethod
    def of(cls, worker: Worker, seed: int) -> Look:
        """The look of a person of a scenario; what its table leaves open is drawn with ``seed``."""
        return cls._drawn(
            np.random.default_rng([seed, *worker.name.encode()]),
            height_m=worker.height_m,
            build=worker.build,
            woman=worker.woman,
            clothes=worker.clothes,
            helmet=worker.helmet,
        )

    @classmethod
    def random(cls, rng: np.random.Generator) -> Look:
        """Anybody, for training pictures."""
        woman = bool(rng.random() < 0.3)
        clothes: tuple[Clothes, ...] = ("vest", "workwear", "plain", "dark")
        helmets: tuple[Helmet, ...] = ("none", "white", "yellow", "blue", "red")
        return cls._drawn(
            rng,
            height_m=float(np.clip(rng.normal(1.66 if woman else 1.78, 0.07), 1.45, 2.02)),
            build=float(np.clip(rng.beta(2.2, 2.4), 0.0, 1.0)),
            woman=woman,
            clothes=clothes[int(rng.choice(4, p=[0.35, 0.3, 0.2, 0.15]))],
            helmet=helmets[int(rng.choice(5, p=[0.35, 0.25, 0.2, 0.12, 0.08]))],
        )

    @classmethod
    def _drawn(
        cls,
        rng: np.random.Generator,
        *,
        height_m: float,
        build: float,
        woman: bool,
        clothes: Clothes,
        helmet: Helmet,
    ) -> Look:
        age = float(rng.uniform(0.0, 1.0)) ** 1.5
        hairs = 4 if age < 0.5 else len(_HAIRS)
        return cls(
            height_m=height_m,
            build=build,
            woman=woman,
            age=age,
            clothes=clothes,
            helmet=helmet,
            skin=_near(rng, _SKINS[int(rng.choice(len(_SKINS), p=[0.25, 0.25, 0.2, 0.12, 0.1, 0.08]))]),
            hair=_near(rng, _HAIRS[int(rng.integers(hairs))]),
            trousers=_near(rng, _TROUSERS[clothes][int(rng.integers(len(_TROUSERS[clothes])))]),
            top=_near(rng, _TOPS[clothes][int(rng.integers(len(_TOPS[clothes])))]),
            seed=int(rng.integers(2**31)),
        )


def _near(rng: np.random.Generator, colour: Colour) -> Colour:
    """A colour a little lighter or darker, and of a slightly other tint."""
    red, green, blue = np.clip(np.array(colour) * rng.uniform(0.85, 1.15) + rng.normal(0.0, 5.0, 3), 8, 250)
    return int(red), int(green), int(blue)
