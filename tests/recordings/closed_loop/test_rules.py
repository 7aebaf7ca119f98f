"""The rules that others use do what they are defined to do."""

from __future__ import annotations

import math
from typing import Any

import pytest

from calibration.errors import BadInput
from calibration.policy import Policy
from calibration.site import Hoist
from recordings.closed_loop.arms import FORESIGHT, RULES, SWEEP, UNITS, Arm, baselines, engines, policy_of
from recordings.closed_loop.rules import Spot, level_of, separation_m, spot_of
from safety.records import Level
from tracking.records import HoistState, Mode, Person

POLICY = Policy()
RADIUS_M, BODY_M = 0.5, POLICY.person_radius_m
HOIST = Hoist(
    name="H1",
    kind="bridge",
    travel_m=((0.0, 0.0), (20.0, 10.0)),
    beam_height_m=7.0,
    hook_height_m=(0.3, 6.0),
    travel_speed_mps=(0.17, 0.5),
    hoist_speed_mps=(0.05, 0.2),
    deceleration_mps2=0.25,
    load_radius_m=RADIUS_M,
    load_height_m=0.8,
    sling_length_m=1.0,
)


def state(**changes: Any) -> HoistState:
    """A load that hangs half a metre over the floor at (5, 5) and travels along x at 0.4 m/s."""
    fields: dict[str, Any] = {
        "name": "H1",
        "time_s": 0.0,
        "x_m": 5.0,
        "y_m": 5.0,
        "z_m": 2.3,
        "vx_mps": 0.4,
        "vy_mps": 0.0,
        "vz_mps": 0.0,
        "trolley_x_m": 5.0,
        "trolley_y_m": 5.0,
        "trolley_vx_mps": 0.4,
        "trolley_vy_mps": 0.0,
        "rope_m": 4.7,
        "sway_x_rad": 0.0,
        "sway_y_rad": 0.0,
        "sway_amplitude_m": 0.0,
        "sigma_m": 0.0,
        "sigma_z_m": 0.01,
        "carrying": "loaded",
        "height_known": True,
        "unseen_s": 0.0,
    }
    return HoistState(**(fields | changes))


def person(gap_m: float, vx_mps: float = 0.0, *, lost: bool = False) -> Person:
    """Somebody ahead of the load, with so much between their sides."""
    return Person(
        id="P1",
        time_s=0.0,
        x_m=5.0 + RADIUS_M + BODY_M + gap_m,
        y_m=5.0,
        vx_mps=vx_mps,
        vy_mps=0.0,
        var_x_m2=0.0,
        cov_xy_m2=0.0,
        var_y_m2=0.0,
        mode=Mode.STAND,
        mode_probability=(1.0, 0.0, 0.0),
        born_s=0.0,
        unseen_s=0.0,
        lost=lost,
    )


def spot(**changes: Any) -> Spot:
    out = spot_of(state(**changes), HOIST, POLICY)
    assert out is not None
    return out


@pytest.mark.parametrize(
    ("gap_m", "level"),
    [(1.99, Level.DANGER), (2.01, Level.WARNING), (2.99, Level.WARNING), (3.01, Level.CLEAR)],
)
def test_radius_is_a_distance_from_side_to_side(gap_m: float, level: Level) -> None:
    assert level_of(Arm("radius", 2.0), spot(), [person(gap_m)], POLICY) is level


@pytest.mark.parametrize(
    ("gap_m", "vx_mps", "level"),
    [
        # 1.6 m/s towards each other, contact counts from 0.3 m on.
        (0.3 + 1.9 * 1.6, -1.2, Level.DANGER),
        (0.3 + 2.2 * 1.6, -1.2, Level.WARNING),
        (0.3 + 3.2 * 1.6, -1.2, Level.CLEAR),
        (0.5, 0.4, Level.CLEAR),
        (0.2, 0.4, Level.DANGER),
    ],
)
def test_time_to_contact_goes_on_as_both_go(gap_m: float, vx_mps: float, level: Level) -> None:
    assert level_of(Arm("ttc", 2.0), spot(), [person(gap_m, vx_mps)], POLICY) is level


def test_separation_is_the_sum_of_the_standard() -> None:
    """20 m/min, reaction 0.5 s: Sh = 1.6·(0.5 + 4/3), Sr = 0.167, Ss = 0.222, and the swing after the brake."""
    v, a = 1.0 / 3.0, 0.25
    swing = min(2 * a * 4.7 / 9.81, v * math.sqrt(4.7 / 9.81))
    assert separation_m(1.6, v, spot(), POLICY) == pytest.approx(
        1.6 * (0.5 + v / a) + v * 0.5 + v * v / (2 * a) + swing
    )
    assert separation_m(0.0, 0.0, spot(), POLICY) == 0.0


def test_an_oracle_is_no_rule_to_judge_by() -> None:
    with pytest.raises(ValueError, match="foresight"):
        level_of(Arm(FORESIGHT, 2.0), spot(), [person(1.0)], POLICY)


def test_separation_slows_before_it_stops() -> None:
    slow, fast = (separation_m(1.6, v, spot(), POLICY) for v in HOIST.travel_speed_mps)
    assert slow < fast
    arm = Arm("separation", 1.6)
    levels = [level_of(arm, spot(), [person(gap)], POLICY) for gap in (slow - 0.01, slow + 0.01, fast + 0.01)]
    assert levels == [Level.DANGER, Level.WARNING, Level.CLEAR]
    # What is not known of load and person is kept as distance.
    assert level_of(arm, spot(sigma_m=0.1), [person(slow + 0.19)], POLICY) is Level.DANGER


def test_nobody_seen_is_nothing_said() -> None:
    for arm in (arm for arm in baselines([]) if arm.rule != FORESIGHT):
        assert level_of(arm, spot(), [], POLICY) is Level.CLEAR
        assert level_of(arm, spot(), [person(0.0, lost=True)], POLICY) is Level.CLEAR


@pytest.mark.parametrize(
    "changes",
    [
        {"z_m": 5.0},
        {"z_m": 1.8, "trolley_vx_mps": 0.0, "vx_mps": 0.0},
        {"z_m": 4.5, "carrying": "empty", "trolley_vx_mps": 0.0},
    ],
    ids=["over heads", "load on the floor", "parked hook"],
)
def test_what_cannot_hit_anybody_is_not_judged(changes: dict[str, Any]) -> None:
    assert spot_of(state(**changes), HOIST, POLICY) is None


def test_arms_by_their_arguments() -> None:
    assert [arm.name for arm in baselines(["radius:1,2.5", "ttc:2"])] == ["radius 1", "radius 2.5", "ttc 2"]
    assert baselines(["none"]) == ()
    assert [arm.name for arm in baselines(["foresight:1.5"])] == ["foresight 1.5"]
    assert len(baselines([])) == sum(len(SWEEP[rule]) for rule in RULES)
    assert set(UNITS) == set(RULES)
    tried = engines(["contact_probability:0.05,0.3"])
    assert [arm.name for arm in tried] == [
        "hoistwatch",
        "hoistwatch contact_probability=0.05",
        "hoistwatch contact_probability=0.3",
    ]
    assert policy_of(tried[2], POLICY).contact_probability == 0.3
    assert policy_of(tried[0], POLICY) is POLICY


@pytest.mark.parametrize(
    "text",
    ["fence", "oracle", "foresight:-1", "radius:", "radius:-1", "ttc:nan", "ttc:two", "radius:1,1", "separation:1e9"],
)
def test_bad_rules_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--baseline"):
        baselines([text])


@pytest.mark.parametrize("text", ["contact_probability", "nothing:1", "contact_probability:2"])
def test_bad_policy_fields_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--engine"):
        engines([text])
