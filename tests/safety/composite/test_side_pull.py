"""A load that is lifted out of plumb: foretold while the slings are slack, certain once the rope leans."""

from __future__ import annotations

from safety.records import Level, Phase
from safety.situations.side_pull import side_pull
from tests.safety.composite.moments import moment
from tests.safety.composite.walks import hanging
from tests.safety.situations import Somebody, scene
from tests.worlds import bridge

HOIST = bridge(sling_length_m=1.6)


def level(
    aside_m: float,
    hook_m: float = 1.6,
    vz_mps: float = 0.1,
    taut: bool = False,
    who: Somebody | None = None,
    **more: object,
) -> Level:
    state = hanging(0.0, 6.0, 6.0 - aside_m, hook_m, 0.4, vz_mps=vz_mps, **({"load_resting": True} | more))
    if not taut:
        state = hanging(0.0, 6.0, 6.0 - aside_m, hook_m, 0.4, vz_mps=vz_mps, x_m=6.0, **({"load_resting": True} | more))
    hazards = side_pull(moment(scene(state, [who] if who else [], Phase.RIGGING, HOIST)))
    return max((h.level for h in hazards), key=lambda v: v.rank, default=Level.CLEAR)


def test_slack_slings_to_a_load_aside_foretell_it() -> None:
    assert level(0.9) is Level.WARNING
    assert level(0.1) is Level.CLEAR
    assert level(0.9, vz_mps=0.0) is Level.CLEAR, "nobody lifts yet"


def test_a_rope_that_leans_is_one_and_people_in_its_swing_make_it_a_danger() -> None:
    assert level(0.9, 2.2, taut=True) is Level.WARNING
    assert level(0.9, 2.2, taut=True, who=Somebody(7.5, 6.0)) is Level.DANGER
    assert level(0.9, 2.2, taut=True, who=Somebody(9.5, 6.0)) is Level.WARNING
    assert level(0.1, 2.2, taut=True) is Level.CLEAR


def test_a_hook_that_goes_up_from_a_load_it_has_left_is_none() -> None:
    assert level(0.9, 3.4) is Level.CLEAR, "further away than its slings are long"
    assert level(0.9, carrying="empty") is Level.CLEAR


def test_a_load_that_hangs_swings_and_is_not_pulled() -> None:
    assert level(0.9, 2.2, taut=True, load_resting=False) is Level.CLEAR


def test_dragging_with_a_leaning_rope_counts_too() -> None:
    assert level(0.9, 2.2, 0.0, taut=True, vx_mps=0.2) is Level.WARNING
    assert level(0.1, 2.2, 0.0, taut=True, vx_mps=0.2) is Level.CLEAR
