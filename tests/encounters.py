"""Meetings of one person and one load, and a crowd among hoists, for checks of the contact probability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from safety.chord import Shape
from safety.passage import LoadPaths
from tracking.people_filter import MANOEUVRE, STAND, WALK, Bank

GRAVITY_MPS2 = 9.81
BODY_M = 0.3
DISC = Shape(0.5 + BODY_M)
BEAM = Shape(BODY_M, 2.0, 0.15, 0.6)
BOX = Shape(BODY_M, 0.8, 0.5, 1.1)


@dataclass(frozen=True)
class Encounter:
    """One person's filter, and a load that goes straight and swings, with the uncertainty of its place and speed."""

    name: str
    bank: Bank
    velocity_mps: tuple[float, float] = (0.0, 0.0)
    swing_m: tuple[float, float] = (0.0, 0.0)
    rope_m: float = 4.0
    phase_rad: float = 0.0
    sigma_m: float = 0.03
    sigma_mps: float = 0.05
    shape: Shape = DISC

    def load_m(self, ahead_s: np.ndarray) -> np.ndarray:
        """(h, 2) place at each time; now it is at the origin plus its swing."""
        swing = np.sin(np.sqrt(GRAVITY_MPS2 / self.rope_m) * ahead_s + self.phase_rad)
        return ahead_s[:, None] * np.array(self.velocity_mps) + swing[:, None] * np.array(self.swing_m)

    def load_sigma_m(self, ahead_s: np.ndarray) -> np.ndarray:
        return np.asarray(np.hypot(self.sigma_m, self.sigma_mps * ahead_s))


def person(
    x_m: float,
    y_m: float,
    vx_mps: float = 0.0,
    vy_mps: float = 0.0,
    weights: tuple[float, float, float] | None = None,
    sigma_m: float = 0.07,
    sigma_mps: float = 0.18,
) -> Bank:
    """A filter of one person; by default of one who walks steadily if there is a velocity, and stands if not."""
    walks = np.hypot(vx_mps, vy_mps) > 0.2
    weights = weights or ((0.02, 0.93, 0.05) if walks else (0.9, 0.05, 0.05))
    mean = np.zeros((1, 3, 4))
    mean[0, :] = x_m, y_m, vx_mps, vy_mps
    mean[0, STAND, 2:] = 0.0
    mean[0, MANOEUVRE, 2:] *= 0.9
    cov = np.zeros((1, 3, 4, 4))
    along = 0.4 * sigma_m * sigma_mps
    for mode, wider in ((STAND, 1.0), (WALK, 1.0), (MANOEUVRE, 1.8)):
        block = np.array([[sigma_m**2, along], [along, sigma_mps**2]]) * wider**2
        if mode == STAND:
            block = np.diag([sigma_m**2, 0.05**2])
        cov[0, mode] = np.kron(block, np.eye(2))
    return Bank(mean, cov, np.array([weights]))


TURNING = (0.05, 0.25, 0.70)

ENCOUNTERS: tuple[Encounter, ...] = (
    Encounter("head-on", person(5.5, 0.2, -1.3, 0.0), (0.4, 0.0)),
    Encounter("head-on, fast, far", person(9.0, 0.6, -1.6, 0.0), (0.67, 0.0)),
    Encounter("crossing, hits", person(1.5, -2.8, 0.0, 1.2), (0.5, 0.0)),
    Encounter("crossing, grazes in front", person(2.6, -2.4, 0.0, 1.3), (0.5, 0.0)),
    Encounter("crossing, passes behind", person(-0.6, -3.2, 0.0, 1.3), (0.5, 0.0)),
    Encounter("crossing fast, between two times", person(0.75, -4.0, 0.0, 2.4), (0.0, 0.0), sigma_mps=0.02),
    Encounter("following, catches up", person(-2.2, 0.3, 1.1, 0.0), (0.4, 0.0)),
    Encounter("overtaken by the load", person(2.4, 0.4, 0.2, 0.05), (0.67, 0.0)),
    Encounter("standing in the path", person(2.4, 0.2), (0.5, 0.0)),
    Encounter("standing beside the path", person(2.0, 1.0), (0.5, 0.0)),
    Encounter("standing, load slow", person(1.3, 0.3), (0.17, 0.0)),
    Encounter("standing far aside", person(2.0, 2.5), (0.5, 0.0)),
    Encounter("turning near", person(1.6, -1.4, 0.5, 0.6, TURNING), (0.4, 0.0)),
    Encounter("turning, poorly known", person(2.5, 1.5, -0.5, 0.0, TURNING, 0.3, 0.6), (0.3, 0.1)),
    Encounter("lost for a second", person(3.0, -1.0, -0.6, 0.5, None, 0.6, 0.8), (0.5, 0.0)),
    Encounter("slow walker", person(1.9, -1.2, 0.0, 0.35, (0.3, 0.6, 0.1)), (0.2, 0.0)),
    Encounter("swinging, stands", person(1.25, 0.1), (0.0, 0.0), (0.5, 0.0)),
    Encounter("swinging across a walker", person(0.2, -3.0, 0.0, 1.3), (0.0, 0.0), (0.6, 0.1), 5.0, 1.0),
    Encounter("swinging and travelling", person(3.0, -2.0, 0.0, 1.0), (0.5, 0.0), (0.3, 0.3), 3.0, 2.0),
    Encounter("swing unknown", person(1.5, 0.3), (0.1, 0.0), sigma_m=0.3, sigma_mps=0.2),
    Encounter("beam head-on", person(6.0, 0.5, -1.2, 0.0), (0.4, 0.1), shape=BEAM),
    Encounter("beam past a standing person", person(2.2, -1.2), (0.4, 0.0), shape=BEAM),
    Encounter("beam, crossing its end", person(2.9, -1.5, 0.0, 1.2), (0.3, 0.0), shape=BEAM),
    Encounter("box, crossing", person(2.0, -2.5, 0.0, 1.2), (0.5, 0.0), shape=BOX),
    Encounter("box swinging", person(1.6, 0.8), (0.1, 0.0), (0.35, 0.2), 5.0, 0.5, shape=BOX),
)


def crowd_and_hoists(
    people: int = 50, hoists: int = 4, seed: int = 5
) -> tuple[Bank, Callable[[np.ndarray], LoadPaths], Shape]:
    """A hall of 24 by 12 m: walkers and standers, hoists that travel, and what the load of each does."""
    random = np.random.default_rng(seed)
    banks = []
    for _ in range(people):
        angle, speed = random.uniform(0, 2 * np.pi), random.choice([0.0, random.uniform(0.4, 1.6)], p=[0.4, 0.6])
        x, y = random.uniform((0.0, 0.0), (24.0, 12.0))
        banks.append(person(x, y, speed * np.cos(angle), speed * np.sin(angle)))
    bank = banks[0]
    for other in banks[1:]:
        bank = bank.joined(other)
    starts = random.uniform((3.0, 3.0), (21.0, 9.0), (hoists, 2))
    velocities = random.uniform(-0.5, 0.5, (hoists, 2))

    def loads(ahead_s: np.ndarray) -> LoadPaths:
        place = starts[:, None] + ahead_s[:, None] * velocities[:, None]
        sigma = np.broadcast_to(np.hypot(0.03, 0.1 * ahead_s), (hoists, len(ahead_s)))
        return LoadPaths(place, sigma, np.ones((hoists, len(ahead_s)), bool))

    return bank, loads, DISC
