"""A load that its drive leaves behind is caught; one that swings, lags or is steadied is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.records import Level, Phase
from safety.situations.snag import Snag, pull_of
from safety.situations.trail import Fix
from tests.safety.composite.moments import moment
from tests.safety.composite.walks import hanging, judged
from tests.safety.situations import HOIST, Somebody, scene
from tests.worlds import hall

SITE = hall(0, [HOIST])
BEAM_M, LOAD_Z_M = 7.0, 2.1


def trolley_x_m(time_s: float) -> float:
    """Ramps to 0.25 m/s from 1 s on, at 0.2 m/s²."""
    t = max(0.0, time_s - 1.0)
    return 4.0 + (0.1 * min(t, 1.25) ** 2 + 0.25 * max(0.0, t - 1.25))


def caught_series(from_s: float, until_s: float, noise_m: float = 0.01, seed: int = 3) -> dict[int, float]:
    """Place of a load below that trolley, by tick: a pendulum, held fast for a while."""
    random = np.random.default_rng(seed)
    x, v, out = 4.0, 0.0, {}
    for k in range(1000):
        time_s = k / 100
        if from_s <= time_s < until_s:
            v = 0.0
        else:
            v -= 9.81 / (BEAM_M - LOAD_Z_M) * (x - trolley_x_m(time_s)) / 100
        x += v / 100
        if k % 10 == 0:
            out[k // 10] = x + float(random.normal(0.0, noise_m))
    return out


def told(load: dict[int, float], phase: Phase = Phase.TRAVELLING, people: list[Somebody] | None = None) -> list:  # type: ignore[type-arg]
    def state(now_s: float) -> object:
        return hanging(now_s, trolley_x_m(now_s), load[round(now_s * 10)], load_z_m=LOAD_Z_M)

    return [(t, h) for t, found in judged(Snag(SITE), state, 9.9, people, phase) for h in found]  # type: ignore[arg-type]


def test_a_caught_load_is_told_soon_and_clears_once_free() -> None:
    found = told(caught_series(4.0, 7.0))
    assert 4.5 < found[0][0] < 6.0
    assert found[-1][0] < 8.5
    terms = found[0][1].terms
    assert terms["moved_m"] < 0.5 * terms["drive_m"]
    assert terms["swing_m"] == pytest.approx(trolley_x_m(found[0][0]) - 4.6, abs=0.25)


def test_people_within_the_swing_make_it_a_danger() -> None:
    load = caught_series(4.0, 7.0)
    assert found_levels(told(load)) >= {Level.WARNING}
    near = told(load, people=[Somebody(5.3, 6.0)])
    assert near[0][1].level is Level.DANGER
    assert near[0][1].gap_m is not None


@pytest.mark.parametrize("seed", range(5))
def test_a_free_load_is_not_caught(seed: int) -> None:
    assert told(caught_series(90.0, 91.0, 0.015, seed)) == []


def test_a_load_that_stands_is_not_caught() -> None:
    assert told(caught_series(0.0, 10.0), Phase.RIGGING) == []


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.02, 0.1, 0.3, 0.5, 1.1, 1.3]), min_size=2, max_size=12))
def test_an_engine_that_is_held_up_for_a_while_judges_nothing_of_the_gap(gaps_s: list[float]) -> None:
    """Two or three ticks over the whole window once ended the engine: their fit has no answer."""
    rule, now_s = Snag(SITE), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        state = hanging(now_s, 4.0 + 0.25 * now_s, 4.0, load_z_m=LOAD_Z_M)
        found = rule(moment(scene(state, [], Phase.TRAVELLING, HOIST), now_s=now_s))
        assert not (found and gap_s > 0.35)


@settings(max_examples=60)
@given(st.floats(-0.6, 0.6), st.floats(-0.8, 0.8), st.floats(-0.3, 0.3), st.floats(-0.25, 0.25), st.floats(1.0, 5.5))
def test_nothing_is_missing_of_a_free_pendulum(
    aside_m: float, speed_mps: float, drive_mps: float, drive_mps2: float, load_z_m: float
) -> None:
    """Any swing below any drive: the missing acceleration is nought but for the steps of the integration."""
    rope = BEAM_M - load_z_m
    x, v, fixes = aside_m, speed_mps, []
    for k in range(1201):
        t = k / 1000
        trolley = drive_mps * t + drive_mps2 * t * t / 2
        if k % 100 == 0:
            fixes.append(Fix(t, np.array([trolley, 0.0]), np.zeros(3), np.array([x, 0.0, load_z_m]), 0.1))
        v -= 9.81 / rope * (x - trolley) / 1000
        x += v / 1000
    pull = pull_of(fixes, BEAM_M)
    assert math.hypot(*pull.missing_mps2) < 0.04 * (1.0 + 9.81 / rope * abs(aside_m) + abs(speed_mps))


def found_levels(found: list) -> set[Level]:  # type: ignore[type-arg]
    return {h.level for _, h in found}
