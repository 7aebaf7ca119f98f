"""From what a person does to a stance of the body. All in the body frame, feet on z = 0."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recordings.plant.records import BodyState
from recordings.plant.walking import step_length_m
from recordings.render.gait import foot_at, stance_share
from recordings.render.skeleton import Arm, Array, Leg, Skeleton, Stance, about

SEAT_M: Final = 0.30  # top of a driver's seat above the plate that the feet stand on
WHEEL_M: Final = (0.36, 0.14, 0.66)  # where a driver's hands are: ahead of the hips, to each side, above the plate

_STILL_MPS: Final = 0.05
_FREE_MPS: Final = 1.34
_SWAY_M: Final = 0.02


@dataclass(frozen=True, slots=True)
class Manner:
    """How one person holds the body, by the seed of the look."""

    track: float = 1.0
    toe_out_rad: float = 0.12
    arm_swing: float = 1.0
    one_hand: bool = False
    fallen: int = 0
    spread_rad: float = 0.12

    @classmethod
    def of(cls, seed: int, build: float) -> Manner:
        """Drawn from the seed; heavy people hold their arms further away."""
        rng = np.random.default_rng([seed, 3])
        return cls(
            track=float(rng.uniform(0.8, 1.3)),
            toe_out_rad=float(rng.uniform(0.02, 0.22)),
            arm_swing=float(rng.uniform(0.7, 1.2)),
            one_hand=bool(rng.random() < 0.4),
            fallen=int(rng.integers(4)),
            spread_rad=float(rng.uniform(0.10, 0.17)) + 0.12 * build,
        )


def stance_of(state: BodyState, skeleton: Skeleton, manner: Manner, hand_m: Array | None) -> Stance:
    """The stance of ``state``; ``hand_m`` (3,) is its hand point in the body frame."""
    if state.posture == "lie":
        return _lying(skeleton, manner)
    if state.posture == "sit":
        stance = _sitting(skeleton)
        return stance if hand_m is None else _reaching(stance, skeleton, hand_m)
    moves = abs(state.speed_mps) > _STILL_MPS
    stance = _walking(state, skeleton, manner) if moves else _standing(state, skeleton, manner)
    bend = state.bend if state.bend > 0.0 or state.posture != "bend" else 0.6
    if bend > 0.0:
        stance = _bent(stance, skeleton, bend)
    if hand_m is not None:
        return _reaching(stance, skeleton, hand_m)
    if state.posture == "pendant":
        return _with_pendant(stance, skeleton, manner)
    if state.posture == "reach":
        return _reaching(stance, skeleton, np.array([0.5, 0.0, skeleton.shoulder_m * 0.9]))
    return stance


def _hips_over(skeleton: Skeleton, legs: tuple[Leg, Leg], x: float, y: float, reach: float) -> Array:
    """The pelvis as high as both legs allow, rounded off where one takes over from the other."""
    heights = []
    for leg, side in zip(legs, (1.0, -1.0), strict=True):
        ahead, aside = leg.ankle_m[0] - x, leg.ankle_m[1] - (y + side * skeleton.hip_half_m)
        up = (reach * skeleton.leg_m) ** 2 - ahead**2 - aside**2
        heights.append(float(leg.ankle_m[2]) + float(np.sqrt(max(up, 0.01))))
    softness = 0.012
    low = -softness * float(np.log(sum(np.exp(-(h - min(heights)) / softness) for h in heights)))
    return np.array([x, y, min(heights) + low + softness * np.log(2.0) * 0.5 + skeleton.hip_drop_m])


def _standing(state: BodyState, skeleton: Skeleton, manner: Manner) -> Stance:
    sway = float(np.sin(state.phase_rad))
    half = skeleton.hip_half_m * 1.05 * manner.track
    legs = tuple(
        Leg(
            np.array([0.0, side * half, skeleton.ankle_m]),
            yaw_rad=side * (manner.toe_out_rad + 0.06),
            knee=np.array([1.0, 0.2 * side, 0.0]),
        )
        for side in (1.0, -1.0)
    )
    both = (legs[0], legs[1])
    hips = _hips_over(skeleton, both, 0.0, 0.015 * sway, 0.998)
    arms = tuple(
        Arm(swing_rad=0.03 + 0.03 * sway * side, spread_rad=manner.spread_rad, elbow_rad=0.25) for side in (1.0, -1.0)
    )
    return Stance(
        hips, both, (arms[0], arms[1]), lean_rad=0.03, side_rad=-0.02 * sway, nod_rad=0.08, look_rad=0.15 * sway
    )


def _walking(state: BodyState, skeleton: Skeleton, manner: Manner) -> Stance:
    """One instant of the gait. The phase of who walks backwards runs backwards, and so does the film."""
    speed, phase = abs(state.speed_mps), state.phase_rad
    cycle = phase / (2.0 * np.pi)
    stride = 2.0 * float(step_length_m(speed, state.height_m))
    vigour = float(np.clip(speed / 1.1, 0.0, 1.15))
    half = skeleton.hip_half_m * (0.75 + 0.3 * (1.0 - min(vigour, 1.0))) * manner.track**0.5
    # The place of a body sways towards the foot that bears it; the feet themselves do not.
    sway = _SWAY_M * min(speed / _FREE_MPS, 1.0) * float(np.sin(phase))
    share = stance_share(speed)
    left = foot_at(skeleton, cycle, stride, share, vigour, half - sway, manner.toe_out_rad)
    right = foot_at(skeleton, cycle + 0.5, stride, share, vigour, -half - sway, -manner.toe_out_rad)
    swing = float(np.cos(phase))  # 1 when the left foot is ahead
    hips = _hips_over(skeleton, (left, right), 0.02, 0.0, 0.985)
    pelvis = about(2, -0.09 * vigour * swing) @ about(0, 0.03 * vigour * float(np.sin(phase)))
    arms = tuple(
        Arm(
            swing_rad=-side * 0.42 * vigour * manner.arm_swing * swing + 0.02,
            spread_rad=manner.spread_rad,
            elbow_rad=0.30 + 0.25 * vigour * (0.5 - 0.5 * side * swing),
        )
        for side in (1.0, -1.0)
    )
    lean = 0.04 + 0.03 * speed if state.speed_mps > 0 else 0.0
    return Stance(
        hips,
        (left, right),
        (arms[0], arms[1]),
        pelvis=pelvis,
        lean_rad=lean,
        twist_rad=0.17 * vigour * swing,
        nod_rad=0.06 - lean,
    )


def _bent(stance: Stance, skeleton: Skeleton, bend: float) -> Stance:
    """Lean from the hips and the back, hips back and down, arms hanging towards the ankles."""
    tilt = 0.80 * bend
    drop = 0.24 * bend**1.5 * skeleton.leg_m
    back = 0.22 * bend * skeleton.leg_m
    hip = stance.hip_m + np.array([-back, 0.0, -drop])
    palms = []
    for side in (1.0, -1.0):
        hang = np.array([0.32 - 0.12 * bend, side * 0.22, skeleton.shoulder_m * (0.60 - 0.50 * bend)])
        palms.append(Arm(palm_m=hang, pole=np.array([-0.3, side, -0.2])))
    arms = (palms[0], palms[1]) if bend > 0.25 else stance.arms
    return replace(
        stance,
        hip_m=hip,
        pelvis=stance.pelvis @ about(1, tilt),
        lean_rad=stance.lean_rad + 0.85 * bend,
        nod_rad=stance.nod_rad - 0.35 * bend,
        arms=arms,
    )


def _reaching(stance: Stance, skeleton: Skeleton, hand_m: Array) -> Stance:
    """Both palms at one point, a hand's breadth apart. The trunk turns and leans as far as the arms fall short."""
    turn = float(np.clip(np.arctan2(hand_m[1], max(float(hand_m[0]), 0.05)), -0.9, 0.9))
    across = np.array([-np.sin(turn), np.cos(turn), 0.0]) * 0.04
    arms = tuple(Arm(palm_m=hand_m + side * across) for side in (1.0, -1.0))
    reached = replace(stance, arms=(arms[0], arms[1]), twist_rad=stance.twist_rad + 0.6 * turn, look_rad=0.4 * turn)
    if _shortfall(reached, skeleton) <= 0.0:
        return reached
    # The first effort that suffices, then closer to it, so that a hand that moves on moves the body smoothly.
    least, low, high = np.inf, 0.0, 0.0
    for effort in np.linspace(0.25, 3.0 if hand_m[2] < skeleton.shoulder_m * 0.8 else 1.0, 12):
        short = _shortfall(_leant(reached, skeleton, float(effort)), skeleton)
        if short < least:
            least, low, high = short, high, float(effort)
        if short <= 0.0:
            break
    else:
        return _leant(reached, skeleton, high)
    for _ in range(5):
        middle = (low + high) / 2.0
        if _shortfall(_leant(reached, skeleton, middle), skeleton) <= 0.0:
            high = middle
        else:
            low = middle
    return _leant(reached, skeleton, high)


def _leant(stance: Stance, skeleton: Skeleton, effort: float) -> Stance:
    """The shoulders nearer to what the hands want: leaning up to effort 1, bending up to 2, squatting up to 3."""
    lean, bend, squat = (float(np.clip(effort - k, 0.0, 1.0)) for k in range(3))
    out = stance
    if bend > 0.0:
        out = replace(_bent(stance, skeleton, 1.1 * bend), arms=stance.arms)
    down = np.array([0.12, 0.0, -0.26 * skeleton.leg_m]) * squat
    ahead = np.array([0.10, 0.0, -0.01]) * lean
    return replace(out, hip_m=out.hip_m + down + ahead, lean_rad=out.lean_rad + 0.5 * lean * (1.0 - 0.6 * bend))


def _shortfall(stance: Stance, skeleton: Skeleton) -> float:
    """By how much the farther palm stays short of its point, with the arms nearly straight."""
    reach = 0.97 * (skeleton.arm_m + skeleton.fore_m)
    away = [
        float(np.linalg.norm(arm.palm_m - shoulder)) - reach
        for arm, shoulder in zip(stance.arms, skeleton.shoulders_m(stance), strict=True)
        if arm.palm_m is not None
    ]
    return max(away, default=0.0)


def pendant_at(skeleton: Skeleton, manner: Manner) -> Array:
    """Middle (3,) of the pendant that an operator holds before the belly, body frame."""
    return np.array([0.30, -0.10 if manner.one_hand else 0.0, skeleton.shoulder_m * 0.80])


def _with_pendant(stance: Stance, skeleton: Skeleton, manner: Manner) -> Stance:
    middle = pendant_at(skeleton, manner) + np.array([stance.hip_m[0], stance.hip_m[1], 0.0])
    left = Arm(palm_m=middle + np.array([-0.02, 0.045, 0.02]), pole=np.array([-0.6, 0.7, -0.8]))
    right = Arm(palm_m=middle + np.array([-0.02, -0.045, -0.02]), pole=np.array([-0.6, -0.7, -0.8]))
    arms = (stance.arms[0] if manner.one_hand else left, right)
    return replace(stance, arms=arms, twist_rad=stance.twist_rad * 0.3, nod_rad=0.12)


def _sitting(skeleton: Skeleton) -> Stance:
    """On a seat SEAT_M above the plate that the feet stand on (z = 0), hands at the wheel."""
    hips = np.array([0.0, 0.0, SEAT_M + 0.11])
    legs = tuple(
        Leg(
            np.array([0.46, side * 0.13, skeleton.ankle_m]),
            yaw_rad=side * 0.08,
            knee=np.array([0.6, 0.15 * side, 1.0]),
        )
        for side in (1.0, -1.0)
    )
    arms = tuple(
        Arm(palm_m=np.array([WHEEL_M[0], side * WHEEL_M[1], WHEEL_M[2]]), pole=np.array([-0.4, side, -1.0]))
        for side in (1.0, -1.0)
    )
    return Stance(hips, (legs[0], legs[1]), (arms[0], arms[1]), pelvis=about(1, -0.12), lean_rad=0.1)


def _lying(skeleton: Skeleton, manner: Manner) -> Stance:
    """A body with slack limbs, still upright: ``laid`` puts it down."""
    half, ankle = skeleton.hip_half_m, skeleton.ankle_m
    if manner.fallen == _ON_SIDE:
        down = Leg(np.array([0.05, half * 0.8, ankle + 0.05]), pitch_rad=-0.5)
        up = Leg(np.array([0.22, -half * 0.7, ankle + 0.20]), pitch_rad=-0.5)
        arms = (Arm(1.5, 0.0, 0.5), Arm(0.9, 0.0, 1.1))
    else:
        spread = 0.05 + 0.06 * manner.fallen
        flat = -0.9 if manner.fallen == _ON_FACE else -0.45
        down = Leg(np.array([0.0, half + spread, ankle]), pitch_rad=flat, yaw_rad=0.5)
        up = Leg(np.array([0.02, -half - 0.15, ankle + 0.05]), pitch_rad=flat, yaw_rad=-0.5)
        arms = (Arm(0.05, 0.6 + 0.2 * manner.fallen, 0.35), Arm(0.05, 0.45, 0.6))
    hips = _hips_over(skeleton, (down, up), 0.0, 0.0, 0.995)
    return Stance(hips, (down, up), arms, look_rad=0.4, nod_rad=-0.05)


_ON_BACK: Final = about(2, np.pi) @ about(1, -np.pi / 2)
_ON_FACE, _ON_SIDE = 1, 2


def laid(manner: Manner) -> Array:
    """(3, 3) that puts an upright body down, its head ahead: on its back, its face, or its left side."""
    turns = (_ON_BACK, about(1, np.pi / 2), about(0, np.pi / 2) @ _ON_BACK, about(0, 0.15) @ _ON_BACK)
    return np.asarray(turns[manner.fallen])
