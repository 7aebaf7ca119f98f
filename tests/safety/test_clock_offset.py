"""The offset of another clock: its bound holds whatever the network does, and a jump is seen."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.clock_offset import DRIFT, ClockOffset, Exchange

NS = 1_000_000_000
ways = st.floats(0.0, 0.4)


def exchange(at_s: float, offset_s: float, there_s: float, back_s: float, held_s: float = 0.0, rate: float = 0.0):
    """Question at ``at_s`` of our clock to a clock that is ``offset_s`` ahead and runs ``rate`` faster."""

    def theirs(ours_s: float) -> int:
        return round((ours_s * (1.0 + rate) + offset_s) * NS)

    arrives_s = at_s + there_s
    leaves_s = arrives_s + held_s
    return Exchange(round(at_s * NS), theirs(arrives_s), theirs(leaves_s), round((leaves_s + back_s) * NS))


def test_the_formula_of_ntp() -> None:
    one = Exchange(asked_ns=10 * NS, received_ns=110 * NS, sent_ns=111 * NS, answered_ns=14 * NS)
    assert one.delay_s == pytest.approx(3.0)
    assert one.offset_s == pytest.approx(((110 - 10) + (111 - 14)) / 2)


@given(offset=st.floats(-1e6, 1e6), there=ways, back=ways, held=st.floats(0.0, 1.0))
def test_the_true_offset_lies_within_the_error_however_unequal_the_ways(
    offset: float, there: float, back: float, held: float
) -> None:
    one = exchange(1000.0, offset, there, back, held)
    assert abs(one.offset_s - offset) <= one.error_s(1000.0 + there + back + held) + 2e-9


@given(seed=st.integers(0, 10_000), rate=st.floats(-DRIFT, DRIFT), offset=st.floats(-1e5, 1e5))
def test_a_drifting_clock_is_followed_within_its_bound_and_never_said_to_jump(
    seed: int, rate: float, offset: float
) -> None:
    rng, clock, now_s = random.Random(seed), ClockOffset(), 100.0
    for _ in range(60):
        there, back = rng.expovariate(50.0), rng.expovariate(50.0)
        clock.add(exchange(now_s, offset, there, back, rate=rate))
        now_s += max(0.25, there + back)
        known = clock.offset(now_s)
        assert known is not None
        truth = offset + rate * now_s
        assert abs(known.offset_s - truth) <= known.error_s + 1e-6
    assert clock.steps == 0
    assert clock.sure


def test_the_exchange_with_the_least_delay_counts() -> None:
    clock = ClockOffset()
    for there, back in ((0.2, 0.0), (0.001, 0.001), (0.0, 0.3)):
        clock.add(exchange(10.0, 5.0, there, back))
    known = clock.offset(10.3)
    assert known is not None
    assert known.offset_s == pytest.approx(5.0, abs=1e-6)
    assert known.error_s < 0.0015


@pytest.mark.parametrize("jump_s", [0.05, -0.05, 3600.0, -3600.0])
def test_a_jump_is_seen_at_once_and_the_new_time_counts_after_four_exchanges(jump_s: float) -> None:
    clock, now_s = ClockOffset(), 10.0
    for _ in range(8):
        clock.add(exchange(now_s, 7.0, 0.002, 0.003))
        now_s += 0.25
    assert clock.sure
    clock.add(exchange(now_s, 7.0 + jump_s, 0.002, 0.003))
    assert (clock.steps, clock.sure, clock.stepped) == (1, False, True)
    assert clock.step_s == pytest.approx(jump_s, abs=0.006)
    for _ in range(3):
        now_s += 0.25
        clock.add(exchange(now_s, 7.0 + jump_s, 0.002, 0.003))
    assert (clock.steps, clock.sure, clock.stepped) == (1, True, False)
    known = clock.offset(now_s)
    assert known is not None
    assert known.offset_s == pytest.approx(7.0 + jump_s, abs=0.001)


def test_a_clock_that_jumps_between_its_own_two_stamps_is_seen() -> None:
    clock = ClockOffset()
    for k in range(4):
        clock.add(exchange(10.0 + k, 7.0, 0.001, 0.001))
    clock.add(Exchange(20 * NS, 27 * NS, 29 * NS, round(20.002 * NS)))
    assert clock.steps == 1
    assert clock.offset(20.1) is None
    clock.add(Exchange(21 * NS, 30 * NS, 29 * NS, round(21.002 * NS)))
    assert clock.offset(21.1) is None
