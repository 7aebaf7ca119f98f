"""Who is looked at next: nobody starves, risk goes first, nothing queues. A detector is a time per picture here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.budget import Budget, worst_wait_s
from tracking.inspection import Inspector, Shot
from tracking.records import Box

BLIND_S = 1.0
BLACK = np.zeros((2, 2, 3), np.uint8)
Weights = Callable[[int], Mapping[str, float]]


class Looked:
    """What a run of looks brought: stamps at which each camera was taken up, and the most that ever waited."""

    def __init__(self) -> None:
        self.taken_s: dict[str, list[float]] = {}
        self.most_waiting = 0

    def longest_wait_s(self, camera: str) -> float:
        return float(np.diff([0.0, *self.taken_s[camera]]).max())


def looks(
    periods_s: Mapping[str, float],
    service_s: Callable[[int], float],
    weights: Weights,
    until_s: float,
    blind_s: float = BLIND_S,
) -> Looked:
    """One picture at a time through a detector, cameras of these periods, offset against each other."""
    budget, out = Budget(blind_s), Looked()
    due_s = {name: period_s * (i + 1) / len(periods_s) for i, (name, period_s) in enumerate(periods_s.items())}
    for name in periods_s:
        budget.took(name, 0.0, 0)
        out.taken_s[name] = []
    now_s, waiting, turn = 0.0, set(), 0
    while now_s < until_s:
        for name, period_s in periods_s.items():
            while due_s[name] <= now_s:
                waiting.add(name)
                due_s[name] += period_s
        out.most_waiting = max(out.most_waiting, len(waiting))
        if not waiting:
            now_s = min(due_s.values())
            continue
        chosen = budget.order(waiting, now_s, weights(turn))[0]
        waiting.remove(chosen)
        budget.took(chosen, now_s, len(waiting))
        out.taken_s[chosen].append(now_s)
        now_s += service_s(turn)
        turn += 1
    return out


def names(n: int) -> list[str]:
    return [f"cam{i + 1}" for i in range(n)]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_camera_waits_longer_than_the_capacity_allows(data: st.DataObject) -> None:
    """Whatever rates, service times and weights do, all of them changing from one picture to the next."""
    n = data.draw(st.integers(1, 9), label="cameras")
    slowest_s = data.draw(st.floats(0.005, 0.3), label="slowest picture")
    blind_s = data.draw(st.floats(0.1, 2.0), label="blind")
    seed = data.draw(st.integers(0, 2**20), label="seed")
    periods = {name: data.draw(st.floats(0.02, 0.5)) for name in names(n)}
    random = np.random.default_rng(seed)
    served = random.uniform(0.2 * slowest_s, slowest_s, 4096)
    risk = np.exp(random.uniform(0.0, np.log(1000.0), (64, n)))

    def weights(turn: int) -> Mapping[str, float]:
        return dict(zip(periods, risk[turn % 64], strict=True))

    until_s = min(20.0, 600 * slowest_s)
    run = looks(periods, lambda turn: float(served[turn % 4096]), weights, until_s, blind_s)
    bound_s = worst_wait_s(n, slowest_s, blind_s, max(periods.values()))
    for name in periods:
        assert run.longest_wait_s(name) <= bound_s + 1e-9
        assert until_s - run.taken_s[name][-1] <= bound_s + 1e-9, "and none is dropped in the end"
    assert run.most_waiting <= n


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.floats(0.01, 0.2), st.lists(st.floats(1.0, 20.0), min_size=8, max_size=8))
def test_a_camera_of_no_less_weight_is_looked_at_between_two_looks_of_another(
    n: int, service_s: float, some: list[float]
) -> None:
    weight = dict(zip(names(n), some, strict=False))
    # Every camera has a picture waiting all the time: frames come faster than they are taken.
    run = looks(dict.fromkeys(weight, service_s / 4), lambda _: service_s, lambda _: weight, 200 * service_s)
    for heavy, light in permutations(weight, 2):
        if weight[heavy] >= weight[light]:
            for start_s, end_s in pairwise(run.taken_s[light][1:]):
                assert any(start_s < taken_s < end_s for taken_s in run.taken_s[heavy])


def test_the_detectors_time_is_shared_by_weight() -> None:
    weight = {"cam1": 4.0, "cam2": 1.0, "cam3": 1.0, "cam4": 1.0, "cam5": 1.0}
    run = looks(dict.fromkeys(weight, 1 / 15), lambda _: 1 / 25, lambda _: weight, 60.0)
    rates = {name: len(taken) / 60.0 for name, taken in run.taken_s.items()}
    assert sum(rates.values()) == pytest.approx(25.0, rel=0.02)
    assert rates["cam1"] == pytest.approx(25.0 * 4 / 8, rel=0.1)
    for name in ("cam2", "cam3", "cam4", "cam5"):
        assert rates[name] == pytest.approx(25.0 / 8, rel=0.15)


def test_where_all_can_be_kept_from_going_blind_that_comes_first() -> None:
    """Eight cameras, ten pictures a second: a round takes 0.8 s, and there is nothing left to give away."""
    run = looks(dict.fromkeys(names(8), 1 / 15), lambda _: 0.1, lambda _: {"cam1": 50.0, "cam2": 50.0}, 40.0)
    assert max(np.diff([t for t in taken if t > 2.0]).max() for taken in run.taken_s.values()) < 0.9


def test_where_all_would_go_blind_those_at_the_hoist_go_on_to_see() -> None:
    """Eight cameras, six pictures a second: a round takes 1.33 s."""
    weight = {"cam1": 8.0, "cam2": 8.0}
    run = looks(dict.fromkeys(names(8), 1 / 15), lambda _: 1 / 6, lambda _: weight, 60.0)
    settled = {name: np.diff([t for t in taken if t > 5.0]).max() for name, taken in run.taken_s.items()}
    assert max(settled["cam1"], settled["cam2"]) < BLIND_S
    assert max(settled.values()) <= worst_wait_s(8, 1 / 6, BLIND_S, 1 / 15)


def test_what_a_camera_has_no_pictures_for_falls_to_the_others() -> None:
    periods = {"cam1": 0.5, "cam2": 1 / 15, "cam3": 1 / 15}
    run = looks(periods, lambda _: 1 / 20, lambda _: {"cam1": 50.0}, 60.0)
    assert len(run.taken_s["cam1"]) == pytest.approx(120, abs=2)
    assert len(run.taken_s["cam2"]) == pytest.approx(9 * 60, rel=0.05)


def test_where_the_detector_is_fast_every_picture_is_looked_at() -> None:
    periods = dict.fromkeys(names(4), 1 / 15)
    run = looks(periods, lambda _: 1 / 100, lambda _: {"cam1": 8.0}, 10.0)
    assert all(len(taken) >= 149 for taken in run.taken_s.values())


def test_what_was_never_looked_at_goes_first_then_what_is_overdue_then_risk() -> None:
    budget = Budget(BLIND_S)
    for name, taken_s in (("old", 9.4), ("older", 9.3), ("risk", 9.9), ("quiet", 9.8)):
        budget.took(name, taken_s, 0)
    waiting = ["quiet", "risk", "old", "new", "older"]
    assert budget.order(waiting, 10.0, {"risk": 8.0}) == ["new", "older", "old", "risk", "quiet"]
    assert budget.order(reversed(waiting), 10.0, {"risk": 8.0}) == ["new", "older", "old", "risk", "quiet"]  # type: ignore[arg-type]
    assert budget.order(["b", "a"], 10.0, {}) == ["a", "b"], "equals by name"
    assert budget.age_s("risk", 10.0) == pytest.approx(0.1)


class Slots:
    """As many pictures in flight as told; they are done when the test says so."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self.flying: list[Hashable] = []
        self.done: list[Hashable] = []

    def submit(self, key: Hashable, bgr: object) -> bool:
        if len(self.flying) >= self._slots:
            return False
        self.flying.append(key)
        return True

    def collect(self, timeout_s: float = 0.0) -> list[tuple[Hashable, tuple[Box, ...]]]:
        out = [(key, ()) for key in self.done]
        self.done.clear()
        return out

    def finish(self) -> None:
        self.done.append(self.flying.pop(0))


@given(st.lists(st.sampled_from(["a", "b", "c", "look", "done"]), max_size=80))
def test_one_picture_waits_a_camera_and_the_newest_wins(story: list[str]) -> None:
    slots = Slots(2)
    inspector = Inspector(slots, BLIND_S)
    newest: dict[str, float] = {}
    went: Counter[str] = Counter()
    for step, event in enumerate(story):
        now_s = float(step)
        if event == "done" and slots.flying:
            slots.finish()
        elif event == "look":
            for shot in inspector.feed(now_s, {}):
                assert shot.time_s == newest.pop(shot.camera), "the newest picture and none older"
                went[shot.camera] += 1
        elif event in "abc":
            inspector.offer(Shot(event, now_s, BLACK))
            newest[event] = now_s
        assert inspector.waiting == len(newest) <= 3
        done = inspector.collect(0.0)
        assert all(camera in "abc" for camera, _, _ in done)
    while slots.flying:
        slots.finish()
    inspector.collect(0.0)
    assert inspector.busy == bool(newest)
