"""A load that sinks below its hook all of a sudden; hoisting, taut slings, setting down and noise are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from safety.records import Hazard, Level
from safety.situations.sling_slip import SlingSlip
from tests.safety.composite.walks import hanging, judged
from tests.safety.situations import HOIST, Somebody
from tests.worlds import hall

SITE = hall(0, [HOIST])
Height = Callable[[float], float]


def told(
    hook_m: Height, load_m: Height, people: list[Somebody] | None = None, noise_m: float = 0.015, **more: object
) -> list[tuple[float, Hazard]]:
    random = np.random.default_rng(5)

    def state(now_s: float) -> object:
        z = load_m(now_s) + float(random.normal(0.0, noise_m))
        return hanging(now_s, 6.0, 6.0, hook_m(now_s), z, **more)

    return [(t, h) for t, found in judged(SlingSlip(SITE), state, 16.0, people) for h in found]  # type: ignore[arg-type]


def steady(height_m: float) -> Height:
    return lambda _: height_m


def slips(by_m: float, at_s: float = 6.0) -> Height:
    return lambda t: 2.1 - by_m * min(1.0, max(0.0, (t - at_s) / 0.3))


def test_a_slip_is_told_within_a_second_and_for_a_while() -> None:
    found = told(steady(3.0), slips(0.2))
    assert 6.1 < found[0][0] < 7.0
    assert found[0][1].level is Level.WARNING
    assert found[0][1].terms["drop_m"] == pytest.approx(0.17, abs=0.06)
    assert 12.0 < found[-1][0] < 15.0


def test_people_below_or_beside_make_it_a_danger() -> None:
    assert told(steady(3.0), slips(0.25), [Somebody(6.9, 6.0)])[0][1].level is Level.DANGER
    assert told(steady(3.0), slips(0.25), [Somebody(9.5, 6.0)])[0][1].level is Level.WARNING


def test_a_load_that_is_seen_lower_for_a_look_or_two_has_not_slipped() -> None:
    """As boxes are while somebody walks before the load: 0.15 m low for a few tenths of a second, twice."""
    assert told(steady(3.0), lambda t: 1.95 if 6.0 <= t <= 6.25 or 6.5 <= t <= 6.6 else 2.1) == []


def test_a_load_that_hangs_as_before_again_is_not_told_any_more() -> None:
    found = told(steady(3.0), lambda t: 1.9 if 6.0 <= t < 7.5 else 2.1)
    assert 6.4 <= found[0][0] <= 6.8
    assert found[-1][0] < 8.2


@pytest.mark.parametrize("noise_m", [0.01, 0.03, 0.06])
def test_noise_is_no_slip(noise_m: float) -> None:
    assert told(steady(3.0), steady(2.1), noise_m=noise_m) == []


def test_hoisting_and_lowering_are_no_slip() -> None:
    for speed in (-0.12, 0.12):
        assert told(lambda t, v=speed: 4.0 + v * t, lambda t, v=speed: 3.1 + v * t) == []  # type: ignore[misc]


def test_slings_that_go_taut_and_a_load_that_lands_are_none() -> None:
    assert told(lambda t: 1.0 + 0.1 * min(t, 4.0), steady(0.4), load_resting=None) == []
    assert told(lambda t: 3.0 - 0.1 * t, lambda t: max(0.4, 2.1 - 0.1 * t)) == []


def test_a_load_that_was_set_down_is_forgotten() -> None:
    rule = SlingSlip(SITE)
    slipped = [f for _, f in judged(rule, lambda t: hanging(t, 6.0, 6.0, 3.0, slips(0.3)(t)), 8.0)]  # type: ignore[arg-type]
    assert slipped[-1]
    down = [f for _, f in judged(rule, lambda t: hanging(t, 6.0, 6.0, 1.3, 0.4, load_resting=True), 1.0)]  # type: ignore[arg-type]
    assert down == [[]] * len(down)


def test_a_camera_that_sets_in_and_sees_it_lower_is_none() -> None:
    def sources(now_s: float) -> tuple[str, ...]:
        return ("cam1", "cam2") if now_s >= 6.0 else ("cam1",)

    rule = SlingSlip(SITE)
    series = judged(
        rule, lambda t: hanging(t, 6.0, 6.0, 3.0, slips(0.14)(t), sources=sources(t)), 12.0
    )  # fmt: skip
    assert [h for _, found in series for h in found] == []
    same = judged(SlingSlip(SITE), lambda t: hanging(t, 6.0, 6.0, 3.0, slips(0.14)(t), sources=("cam1",)), 12.0)
    assert [h for _, found in same for h in found]
