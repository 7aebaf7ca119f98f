"""How long, wide and high is a load, and which way does it lie? From the boxes that cameras draw round it.

Seen from afar, the box round an upright cuboid is linear in its size: with the pixels J (2, 3) that a
metre makes at its middle, and unit vectors a along, b across and z up, it is L·|J·a| + W·|J·b| + H·|J·z|
wide and high (first order in size by distance, and symmetric, so that the error is of second order). The
way it lies is a histogram over half a turn; each of its bins carries its own Gaussian of length, width
and height (a Rao-Blackwellised filter), and turning lets neighbours flow into each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from calibration.camera import Array

BINS = 24
_ANGLES = np.arange(BINS) * math.pi / BINS
_SIDES = np.stack(
    [
        np.stack([np.cos(_ANGLES), np.sin(_ANGLES), 0 * _ANGLES], axis=1),
        np.stack([-np.sin(_ANGLES), np.cos(_ANGLES), 0 * _ANGLES], axis=1),
        np.tile([0.0, 0.0, 1.0], (BINS, 1)),
    ],
    axis=2,
)
"""(BINS, 3, 3): columns along, across, up."""
_LASTS_S = 0.6
"""A detector draws boxes off in the same way for about so long: looks within it count as one."""
_SIGMA_PX = 4.0
_SIGMA_OF_SIZE = 0.04
_TURN_RAD2_PER_S = 0.05**2
_GROWS_M2_PER_S = 0.01**2
_SIDES_M = (0.1, 14.0)
_SURE_RAD = 0.35
_OUTLIER2 = 25.0


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Length (the longer side), width and height, m, the standard deviation of each, and which way it lies.

    ``yaw_rad`` is from +x to the length, within ±π/2; None where the sides are too alike or seen too little.
    """

    length_m: float
    width_m: float
    height_m: float
    sigma_m: tuple[float, float, float]
    yaw_rad: float | None


@dataclass(frozen=True, slots=True)
class Shape:
    """Weight (BINS,), mean (BINS, 3) and covariance (BINS, 3, 3) of along, across and up, at ``time_s``."""

    time_s: float
    weight: Array
    mean: Array
    cov: Array
    looks: float = 0.0

    @classmethod
    def unknown(cls, time_s: float, across_m: float, height_m: float) -> Shape:
        """A load of which only the usual size is known, half of it uncertain."""
        size = np.array([across_m, across_m, max(height_m, 0.2)])
        return cls(
            time_s,
            np.full(BINS, 1.0 / BINS),
            np.tile(size, (BINS, 1)),
            np.tile(np.diag((0.5 * size) ** 2), (BINS, 1, 1)),
        )

    def seen(self, time_s: float, size_px: Array, px_per_m: Array, since_s: float) -> Shape:
        """Take in a box (width, height) of a camera that last drew one ``since_s`` before; px_per_m: J (2, 3)."""
        ahead = self._at(time_s)
        # (BINS, 2, 3): how much of the box each side makes.
        by = np.abs(px_per_m @ _SIDES)
        expected = np.einsum("bij,bj->bi", by, ahead.mean)
        lasting = max(1.0, _LASTS_S / max(since_s, 1e-3))
        variance = (_SIGMA_PX**2 + (_SIGMA_OF_SIZE * size_px) ** 2) * lasting
        cross = ahead.cov @ by.transpose(0, 2, 1)
        spread = by @ cross + np.diag(variance)
        inverse = np.linalg.inv(spread)
        off = size_px - expected
        far = np.einsum("bi,bij,bj->b", off, inverse, off)
        if not np.isfinite(far).all() or far.min() > _OUTLIER2:
            return self
        gain = cross @ inverse
        mean = np.clip(ahead.mean + np.einsum("bij,bj->bi", gain, off), *_SIDES_M)
        cov = ahead.cov - gain @ cross.transpose(0, 2, 1)
        cov = (cov + cov.transpose(0, 2, 1)) / 2
        log = np.log(ahead.weight) - 0.5 * (far + np.log(np.linalg.det(spread)))
        weight = np.maximum(np.exp(log - log.max()), 1e-9)
        return Shape(time_s, weight / weight.sum(), mean, cov, self.looks + 1.0 / lasting)

    def _at(self, time_s: float) -> Shape:
        """Later: the load may have turned, and what is on the hook may have changed a little."""
        dt_s = time_s - self.time_s
        if dt_s <= 0.0:
            return self
        grown = self.cov + _GROWS_M2_PER_S * dt_s * np.eye(3)
        flow = min(0.25, 0.5 * _TURN_RAD2_PER_S * dt_s / (math.pi / BINS) ** 2)
        if flow < 1e-4:
            return replace(self, time_s=time_s, cov=grown)
        # Half a turn on, along is along again; a bin's Gaussian becomes the mixture of what flows into it.
        parts = [(1.0 - 2.0 * flow, 0), (flow, 1), (flow, -1)]
        shares = np.stack([share * np.roll(self.weight, by) for share, by in parts])
        weight = shares.sum(axis=0)
        shares = (shares / weight)[:, :, None]
        means = np.stack([np.roll(self.mean, by, axis=0) for _, by in parts])
        mean = (shares * means).sum(axis=0)
        apart = means - mean
        covs = np.stack([np.roll(grown, by, axis=0) for _, by in parts])
        cov = (shares[..., None] * (covs + apart[..., :, None] * apart[..., None, :])).sum(axis=0)
        return Shape(time_s, weight, mean, cov, self.looks)

    def told(self) -> Dimensions | None:
        """The most probable size and turn; None before enough was seen."""
        if self.looks < 2.0:
            return None
        # Length and width change places a quarter turn on: both are the same body.
        best = int(np.argmax(self.weight))
        near = (best + np.arange(-3, 4)) % BINS
        share = self.weight[near] / self.weight[near].sum()
        mean = share @ self.mean[near]
        cov = np.einsum("b,bij->ij", share, self.cov[near])
        step = float(share @ np.arange(-3, 4)) * math.pi / BINS
        sigma = np.sqrt(np.maximum(np.diag(cov), 0.0))
        yaw: float | None = float(_ANGLES[best]) + step
        if mean[1] > mean[0]:
            mean, sigma, yaw = mean[[1, 0, 2]], sigma[[1, 0, 2]], yaw + math.pi / 2 if yaw is not None else None
        alike = mean[0] - mean[1] < 0.08 * mean[0]
        if alike or self._spread_rad() > _SURE_RAD:
            yaw = None
        return Dimensions(
            float(mean[0]),
            float(mean[1]),
            float(mean[2]),
            (float(sigma[0]), float(sigma[1]), float(sigma[2])),
            None if yaw is None else (yaw + math.pi / 2) % math.pi - math.pi / 2,
        )

    def _spread_rad(self) -> float:
        """Standard deviation of the turn, a quarter turn taken as none: circular over π/2."""
        length = abs(complex((self.weight * np.exp(4j * _ANGLES)).sum()))
        return math.sqrt(max(0.0, -2.0 * math.log(max(length, 1e-12)))) / 4
