"""A slender load whose hook leaves it, or that leans: who stands within its height is told."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from safety.records import Hazard, Level, Phase
from safety.situations.topple import Topple
from tests.safety.composite.walks import hanging, judged
from tests.safety.situations import HOIST, Somebody
from tests.worlds import hall

SITE = hall(0, [HOIST])
POLICY_RADIUS_M = SITE.policy.person_radius_m
NEAR, FAR = Somebody(6.0, 7.0), Somebody(6.0, 9.5)
CABINET = {"load_height_m": 1.8, "load_width_m": 0.45, "load_length_m": 0.6}
CRATE = {"load_height_m": 0.8, "load_width_m": 0.8, "load_length_m": 1.0}
Place = Callable[[float], tuple[float, float]]


def told(
    who: Somebody, size: dict[str, float], hook_m: Callable[[float], float], lean: Place = lambda _: (0.0, 0.0)
) -> list[tuple[float, Hazard]]:
    random = np.random.default_rng(2)
    middle_m = size["load_height_m"] / 2

    def state(now_s: float) -> object:
        aside, sunk = lean(now_s)
        y, z = random.normal((6.0 + aside, middle_m - sunk), 0.012)
        seen = {"load_y_m": float(y), "load_resting": True, "x_m": 6.0, **size}
        return hanging(now_s, 6.0, 6.0, hook_m(now_s), float(z), **seen)

    return [(t, h) for t, found in judged(Topple(SITE), state, 14.0, [who], Phase.RIGGING) for h in found]  # type: ignore[arg-type]


def rises(from_s: float, height_m: float) -> Callable[[float], float]:
    return lambda t: height_m + 0.2 * max(0.0, t - from_s)


def falls(at_s: float) -> Place:
    def lean(now_s: float) -> tuple[float, float]:
        angle = min(math.pi / 2, 0.15 * (math.exp(2.5 * max(0.0, now_s - at_s)) - 1.0))
        return 0.9 * math.sin(angle), 0.9 * (1.0 - math.cos(angle)) * 0.75

    return lean


def test_a_slender_load_without_its_hook_is_told_to_who_is_near() -> None:
    found = told(NEAR, CABINET, rises(5.0, 2.6))
    assert 5.2 < found[0][0] < 6.0
    assert {h.level for _, h in found} == {Level.WARNING}
    assert found[0][1].gap_m == pytest.approx(1.0 - POLICY_RADIUS_M - 0.225, abs=0.05)
    assert told(FAR, CABINET, rises(5.0, 2.6)) == []


def test_while_it_hangs_on_its_slings_nothing_is_said() -> None:
    assert told(NEAR, CABINET, lambda t: max(2.4, 2.7 - 0.05 * t)) == []


def test_a_broad_load_is_left_alone() -> None:
    assert told(NEAR, CRATE, rises(5.0, 1.6)) == []


def test_one_that_leans_is_a_danger_before_it_lies() -> None:
    found = told(NEAR, CABINET, rises(5.0, 2.6), falls(7.0))
    danger_s = next(t for t, h in found if h.level is Level.DANGER)
    lies_s = next(t / 100 for t in range(700, 1400) if falls(7.0)(t / 100)[0] > 0.89)
    assert 7.0 < danger_s < lies_s - 0.5
    tilt = next(h for _, h in found if h.level is Level.DANGER).terms["tilt_deg"]
    assert 3.0 < tilt < 40.0


def test_a_load_that_is_lifted_again_does_not_fall() -> None:
    rule = Topple(SITE)
    stands = judged(rule, lambda t: hanging(t, 6.0, 6.0, 1.8, 0.9, load_resting=True, **CABINET), 3.0, [NEAR])
    assert not any(found for _, found in stands)
    goes_up = judged(rule, lambda t: hanging(t, 6.0, 6.0, 1.8 + 0.1 * t, 0.9 + 0.1 * t, **CABINET), 5.0, [NEAR])
    assert not any(h.level is Level.DANGER for _, found in goes_up for h in found)
    later = judged(rule, lambda t: hanging(t, 6.0, 6.0, 2.8, 1.9, **CABINET), 1.0, [NEAR])
    assert not any(found for _, found in later)
