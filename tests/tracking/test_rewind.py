"""Late frames in their true place: any order of arrival gives what the sorted order gives."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.test_people import frames_of, standing, walking
from tests.worlds import boxes_at, hall
from tracking.records import Boxes, Person
from tracking.rewind import Rewind
from tracking.tracker import Tracker


@dataclass(frozen=True)
class Frame:
    source: str
    time_s: float


Log = tuple[tuple[float, str], ...]


def note(state: Log, time_s: float, frames: Sequence[Frame]) -> Log:
    assert not state or time_s > state[-1][0]
    return (*state, *((time_s, f.source) for f in frames))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 5)), max_size=30, unique=True))
def test_the_state_is_that_of_the_sorted_order(told: list[tuple[str, int, int]]) -> None:
    """Frames as (source, time, delay) in tenths of a second, delayed by half a second at most."""
    frames = sorted({(s, t): d for s, t, d in told}.items(), key=lambda item: (item[0][1] + item[1], item[0]))
    rewind: Rewind[Log, Frame] = Rewind((), note, 0.5)
    for (source, t), delay in frames:
        rewind.add([Frame(source, t / 10)], (t + delay) / 10)
    assert rewind.state == tuple(sorted((t / 10, s) for (s, t), _ in frames))


def test_frames_ahead_of_time_wait() -> None:
    rewind: Rewind[Log, Frame] = Rewind((), note, 0.5)
    rewind.add([Frame("a", 1.0), Frame("b", 1.4)], 1.1)
    assert rewind.state == ((1.0, "a"),)
    rewind.add([], 1.5)
    assert rewind.state == ((1.0, "a"), (1.4, "b"))


def numbers(people: tuple[Person, ...]) -> np.ndarray:
    rows = [(p.x_m, p.y_m, p.vx_mps, p.vy_mps, p.var_x_m2, p.var_y_m2, p.height_m or 0.0, p.born_s) for p in people]
    return np.array(sorted(rows))


def end_of(frames: Sequence[Boxes]) -> tuple[Person, ...]:
    """People at the end, of frames that came when they were ready."""
    tracker = Tracker(hall())
    waiting = sorted(frames, key=lambda f: (round(f.ready_s, 6), f.time_s, f.camera))
    people: tuple[Person, ...] = ()
    for tick in range(1, 26):
        arrived = [f for f in waiting if f.ready_s <= tick / 10]
        waiting = waiting[len(arrived) :]
        people = tracker.step(tick / 10, arrived).people
    return people


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1000))
def test_any_arrival_within_half_a_second_gives_the_same_tracks(seed: int) -> None:
    """Every camera late by its own and changing time, in order by itself."""
    random = np.random.default_rng(seed)
    people = [walking(6.0, 5.6, 1.2, 0.0), walking(12.0, 6.4, -1.2, 0.0), standing(10.0, 8.0, 1.0)]
    frames = frames_of(hall(), people, 2.0, seed=seed % 7, missed=0.1)
    late = []
    for camera in sorted({f.camera for f in frames}):
        ready_s = 0.0
        for f in [f for f in frames if f.camera == camera]:
            ready_s = max(ready_s, f.time_s + random.uniform(0.0, 0.45))
            late.append(boxes_at(f.camera, f.time_s, f.boxes, ready_s - f.time_s))
    late.sort(key=lambda f: f.ready_s)
    assert any(a.time_s > b.time_s for a, b in itertools.pairwise(late))
    assert numbers(end_of(late)) == pytest.approx(numbers(end_of(frames)), abs=1e-9)
    assert {p.id for p in end_of(late)} == {p.id for p in end_of(frames)}
