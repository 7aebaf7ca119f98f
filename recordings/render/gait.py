"""Where are the feet of somebody who walks? Each stands still on the floor until it swings ahead.

A stride is two steps. A foot is on the floor for three fifths of it, less in haste: the heel touches, the foot comes
down flat, and at the end the heel rises over the ball. While it stands it moves backwards under the
body exactly as fast as the body moves ahead, so that nothing slides.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from recordings.render.skeleton import Leg, Skeleton

_STANCE: Final = (0.62, 0.42)  # share of a stride up to 1.4 m/s, and the least
_HEEL_DOWN, _HEEL_UP = 0.10, 0.68  # flat between these shares of a stride, and of the stance
_TOE_OFF, _STRIKE = 0.75, 0.32  # rad at 1.4 m/s


def stance_share(speed_mps: float) -> float:
    """Share of a stride that a foot is on the floor: it falls as walking turns into running."""
    return float(np.clip(_STANCE[0] - 0.16 * (abs(speed_mps) - 1.4), _STANCE[1], _STANCE[0]))


def foot_at(
    skeleton: Skeleton, cycle: float, stride: float, stance: float, vigour: float, half_m: float, yaw_rad: float
) -> Leg:
    """One leg, ``cycle`` (0..1) after its heel touched the floor.

    Args:
        stride: metres of two steps. stance: share of it on the floor.
        vigour: 0 standing to 1 at a brisk walk: how far heel and toes rise.
        half_m: of the track, positive for the left foot.
        yaw_rad: how far the toes point outwards, positive to the left.
    """
    cycle %= 1.0
    ahead = stride * stance / 2.0
    if cycle < stance:
        flat_x, lift = ahead - stride * cycle, 0.0
    else:
        share = (cycle - stance) / (1.0 - stance)
        ease = share * share * (3.0 - 2.0 * share)
        flat_x = -ahead + 2.0 * ahead * ease - stride * (1.0 - stance) * _overshoot(share)
        lift = 0.055 * vigour * float(np.sin(np.pi * share)) ** 2
    pitch = _pitch(cycle, stance) * vigour
    heel_m, ball_m, above = skeleton.heel_m, skeleton.ball_m, skeleton.ankle_m
    # The foot turns about what touches: heel when toes are up, ball when the heel is up.
    pivot = -heel_m if pitch > 0 else ball_m
    c, s = float(np.cos(pitch)), float(np.sin(pitch))
    x = flat_x + pivot + c * -pivot - s * above
    z = lift + s * -pivot + c * above
    toes = float(np.clip(-pitch, 0.0, 0.8))
    ankle = np.array([x, half_m, z])
    return Leg(ankle, pitch, yaw_rad, toes, np.array([1.0, 0.3 * yaw_rad, 0.0]))


def _overshoot(share: float) -> float:
    """Zero, with the slope of the standing foot, at both ends: the swing starts and ends at its speed."""
    return share * (1.0 - share) * (1.0 - 2.0 * share)


def _pitch(cycle: float, stance: float) -> float:
    """Pitch of a foot over a stride, toes up positive, by straight pieces that are rounded off."""
    knots = (0.0, _HEEL_DOWN, _HEEL_UP * stance, stance, (stance + 1.0) / 2.0, 0.93, 1.0)
    pitches = (_STRIKE, 0.0, 0.0, -_TOE_OFF, -0.25, _STRIKE * 0.9, _STRIKE)
    around = [_linear(cycle + offset, knots, pitches) for offset in (-0.03, -0.015, 0.0, 0.015, 0.03)]
    return float(np.mean(around))


def _linear(cycle: float, knots: tuple[float, ...], values: tuple[float, ...]) -> float:
    return float(np.interp(cycle % 1.0, knots, values))
