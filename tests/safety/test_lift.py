"""The load as a body, and the phase of the lift."""

from __future__ import annotations

import pytest

from calibration.policy import Policy
from safety.lift import PhaseTracker, body_of
from safety.records import Phase
from tests.safety.situations import HOIST, POLICY, Somebody, bank_of, hoist_state, lift, run, sights
from tests.worlds import seen_at
from tracking.records import HoistState, Person

DROP_M = HOIST.sling_length_m + HOIST.load_height_m


def test_a_load_hangs_below_the_hook_by_sling_and_height() -> None:
    body = body_of(hoist_state(hook_m=3.0), HOIST)
    assert body.bottom_m == pytest.approx(3.0 - DROP_M)
    assert body.lowest_m == pytest.approx(3.0 - DROP_M - 0.1)
    assert body.highest_m == pytest.approx(3.0 - DROP_M + 0.1)
    assert body.radius_m == 0.5
    assert body.loaded


def test_an_empty_hook_is_small_and_ends_at_itself() -> None:
    body = body_of(hoist_state(hook_m=3.0, carrying="empty"), HOIST)
    assert body.bottom_m == 3.0
    assert body.radius_m < HOIST.load_radius_m
    assert not body.loaded


def test_an_unknown_load_counts_as_a_load() -> None:
    assert body_of(hoist_state(carrying="unknown"), HOIST) == body_of(hoist_state(carrying="loaded"), HOIST)


def test_unknown_height_is_any_height() -> None:
    body = body_of(hoist_state(hook_m=3.0, height_known=False, sigma_z_m=2.0), HOIST)
    assert body.lowest_m == 0.0
    assert body.highest_m == pytest.approx(6.0 - DROP_M)


def test_no_load_hangs_below_the_floor() -> None:
    body = body_of(hoist_state(hook_m=0.5), HOIST)
    assert body.bottom_m == body.lowest_m == 0.0


def phase_after(state: HoistState, people: tuple[Person, ...] = (), seconds: float = 2.0) -> Phase:
    tracker = PhaseTracker(HOIST, POLICY)
    for k in range(round(seconds * 10)):
        phase = tracker.step(k / 10, state, body_of(state, HOIST), people)
    return phase


NEAR = bank_of([Somebody(7.2, 6.0)])[1]
FAR = bank_of([Somebody(14.0, 6.0)])[1]


@pytest.mark.parametrize(
    ("changes", "people", "phase"),
    [
        ({"hook_m": DROP_M}, FAR, Phase.LANDED),
        ({"hook_m": DROP_M}, NEAR, Phase.RIGGING),
        ({"hook_m": 1.0, "carrying": "empty"}, NEAR, Phase.RIGGING),
        ({"hook_m": 1.0, "carrying": "empty"}, FAR, Phase.IDLE),
        ({"hook_m": 5.0, "carrying": "empty"}, NEAR, Phase.IDLE),
        ({"hook_m": 5.0, "carrying": "empty", "vx_mps": 0.4}, (), Phase.TRAVELLING),
        ({"hook_m": 3.0, "vx_mps": 0.4}, FAR, Phase.TRAVELLING),
        ({"hook_m": 3.0, "vx_mps": 0.4, "vz_mps": 0.1}, FAR, Phase.TRAVELLING),
        ({"hook_m": 3.0, "vz_mps": 0.1}, NEAR, Phase.LIFTING),
        ({"hook_m": 3.0, "vz_mps": -0.1}, NEAR, Phase.LOWERING),
        ({"hook_m": 3.0}, NEAR, Phase.TRAVELLING),
        ({"hook_m": 3.0, "height_known": False, "sigma_z_m": 2.0}, NEAR, Phase.TRAVELLING),
        ({"hook_m": 3.0, "carrying": "unknown"}, FAR, Phase.TRAVELLING),
        ({"hook_m": 3.0, "lost": True}, NEAR, Phase.UNKNOWN),
    ],
)
def test_phase_of_a_lasting_state(changes: dict[str, object], people: tuple[Person, ...], phase: Phase) -> None:
    assert phase_after(hoist_state(**changes), people) is phase  # type: ignore[arg-type]


def test_who_is_lost_rigs_nothing() -> None:
    (somebody,) = bank_of([Somebody(7.2, 6.0, lost=True)])[1]
    assert phase_after(hoist_state(hook_m=DROP_M), (somebody,)) is Phase.LANDED


def test_a_flicker_shorter_than_the_hold_changes_nothing() -> None:
    tracker = PhaseTracker(HOIST, Policy(phase_hold_s=0.6))
    rest, moves = hoist_state(hook_m=DROP_M), hoist_state(hook_m=DROP_M, vx_mps=0.3)
    said = []
    for k in range(60):
        state = moves if 20 <= k < 25 or k >= 40 else rest
        said.append(tracker.step(k / 10, state, body_of(state, HOIST), ()))
    assert said[:40] == [Phase.LANDED] * 40
    assert said[45] is Phase.LANDED
    assert said[46:] == [Phase.TRAVELLING] * 14


def test_hold_is_in_seconds_not_in_ticks() -> None:
    for tick_s in (0.02, 0.1, 0.3):
        tracker = PhaseTracker(HOIST, Policy(phase_hold_s=0.6))
        rest, moves = hoist_state(hook_m=DROP_M), hoist_state(hook_m=DROP_M, vx_mps=0.3)
        tracker.step(0.0, rest, body_of(rest, HOIST), ())
        k = 1
        while tracker.step(k * tick_s, moves, body_of(moves, HOIST), ()) is Phase.LANDED:
            k += 1
        assert 0.6 - 1e-9 <= (k - 1) * tick_s <= 0.6 + tick_s + 1e-9


def test_a_load_that_hangs_still_after_lowering_keeps_its_phase() -> None:
    tracker = PhaseTracker(HOIST, POLICY)
    down, still = hoist_state(hook_m=2.0, vz_mps=-0.1), hoist_state(hook_m=1.8)
    for k in range(10):
        tracker.step(k / 10, down, body_of(down, HOIST), ())
    for k in range(10, 30):
        phase = tracker.step(k / 10, still, body_of(still, HOIST), ())
    assert phase is Phase.LOWERING


def test_a_whole_lift_goes_through_its_phases_in_order() -> None:
    """Rigged, lifted, travelled, lowered, landed: by sensors with noise, through the whole engine."""

    def seen(t: float) -> list:  # type: ignore[type-arg]
        up = min(max(t - 8.0, 0.0), 8.0) * 0.12
        along = min(max(t - 18.0, 0.0), 10.0) * 0.4
        down = min(max(t - 30.0, 0.0), 8.0) * 0.12
        slinger = [seen_at("person", 6.9 - 0.9 * min(max(t - 4.0, 0.0), 4.0), 6.0, sigma_m=0.05)]
        return [*lift(6.0 + along, 6.0, hook_m=DROP_M + up - down), *slinger]

    steps = run(None, sights(seen, 46.0, sigma_m=0.02), 46.0)
    phases = [s.snapshot.hoists[0].phase for s in steps[5:] if s.snapshot.hoists]
    order = [phase for i, phase in enumerate(phases) if i == 0 or phase is not phases[i - 1]]
    told = [phase for phase in order if phases.count(phase) > 10]
    told = told[told.index(Phase.RIGGING) :]
    assert told[:3] == [Phase.RIGGING, Phase.LANDED, Phase.LIFTING]
    assert Phase.TRAVELLING in told
    assert Phase.LOWERING in told
    assert told[-1] is Phase.LANDED


@pytest.mark.parametrize(("speed_mps", "sigma_m"), [(0.05, 0.02), (0.12, 0.05)])
def test_lift_off_is_a_phase_before_the_load_has_risen_a_hand(speed_mps: float, sigma_m: float) -> None:
    def seen(t: float) -> list:  # type: ignore[type-arg]
        slinger = seen_at("person", 7.2, 6.0, sigma_m=0.05)
        return [*lift(6.0, 6.0, hook_m=DROP_M + min(max(t - 10.0, 0.0) * speed_mps, 1.0)), slinger]

    steps = run(None, sights(seen, 14.0, sigma_m=sigma_m), 14.0)
    phases = [(s.snapshot.time_s, s.snapshot.hoists[0].phase) for s in steps if s.snapshot.hoists]
    assert not any(phase is Phase.LIFTING for time_s, phase in phases if time_s < 10.0)
    lifted_s = next(time_s for time_s, phase in phases if phase is Phase.LIFTING)
    assert (lifted_s - 10.0) * speed_mps < 0.12
