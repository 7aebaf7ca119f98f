"""Contacts of a simulated plant: late by the reaction, latched when the permit fell, reset by the operator."""

from __future__ import annotations

from recordings.plant.cabinet import Cabinet
from recordings.plant.records import Order
from recordings.plant.scenario_site import site_of
from tests.recordings.plant.small_plant import small

TICK_S = 0.1
ALL = {"H1/permit": True, "H1/slow": True}
SLOW = {"H1/permit": True, "H1/slow": False}
STOP = {"H1/permit": False, "H1/slow": False}


def run(told: list[tuple[float, dict[str, bool]]], until_s: float) -> list[tuple[float, bool, bool]]:
    """(time, permit, slow) whenever the contacts change, for outputs that hold from these times on."""
    scenario = small()
    cabinet = Cabinet(site_of(scenario), scenario.hoist)
    for tick in range(round(until_s / TICK_S)):
        now_s = tick * TICK_S
        cabinet.decide(now_s, next(outputs for at_s, outputs in reversed(told) if at_s <= now_s + 1e-9))
        while (change_s := cabinet.next_change_s()) is not None and change_s <= now_s + TICK_S:
            cabinet.orders(change_s)
    return [(round(c.time_s, 2), c.order.permit, c.order.slow) for c in cabinet.changes]


def test_nothing_moves_before_the_operator_has_reset_the_node() -> None:
    scenario = small()
    assert Cabinet(site_of(scenario), scenario.hoist).orders(0.0) == {"H1": Order(permit=False)}
    # 0.3 s to reset, and 0.5 s of reaction less the 0.15 s that the drive itself takes.
    assert run([(0.0, ALL)], 3.0)[-1] == (0.65, True, False)


def test_slow_comes_and_goes_with_the_output() -> None:
    assert run([(0.0, ALL), (2.0, SLOW), (3.0, ALL)], 5.0)[-2:] == [(2.35, True, True), (3.35, True, False)]


def test_a_permit_that_fell_stays_down_until_the_operator_resets() -> None:
    changes = run([(0.0, ALL), (2.0, STOP), (3.0, ALL)], 8.0)
    stopped = [c for c in changes if c[0] > 1.0]
    assert stopped[0] == (2.35, False, True)
    assert [c for c in stopped if c[1]] == [(5.35, True, False)], "two seconds after the permit could be given"


def test_a_reset_waits_for_a_permit_that_lasts() -> None:
    told = [(0.0, ALL), (2.0, STOP), (3.0, ALL), (4.0, STOP), (4.5, ALL)]
    freed = [c for c in run(told, 9.0) if c[0] > 1.0 and c[1]]
    assert freed == [(6.85, True, False)]
