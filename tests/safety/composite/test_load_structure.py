"""A load that runs against something fixed is slowed, then stopped; beside, above and away from it nothing is said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box
from shapely.affinity import rotate, translate

from calibration.site import Structure
from safety.records import Level, Situation
from safety.situations.load_structure import LoadStructure
from safety.situations.shapes import grown_by, outline_of
from tests.safety.composite.moments import moment, transitions
from tests.safety.situations import HOIST, hoist_state, lift, run, scene, sights
from tests.worlds import hall

RACK = Structure(name="rack", polygon_m=((10.0, 5.0), (12.0, 5.0), (12.0, 7.0), (10.0, 7.0)), height_m=2.4)
SITE = hall(0, [HOIST], [RACK])
RULE = LoadStructure(SITE)


def level(x_m: float, speed_mps: float, **state: object) -> Level:
    hazards = RULE(moment(scene(hoist_state(x_m=x_m, vx_mps=speed_mps, **state), [])))
    return max((h.level for h in hazards), key=lambda v: v.rank, default=Level.CLEAR)


def test_levels_follow_the_time_that_is_left() -> None:
    # At 0.6 m/s a stop needs 1.0 m; the load's side is 0.5 m before its hook.
    assert level(6.0, 0.6) is Level.CLEAR
    assert level(7.5, 0.6) is Level.WARNING
    assert level(8.3, 0.6) is Level.DANGER
    assert level(8.3, -0.6) is Level.CLEAR
    assert level(8.3, 0.0) is Level.CLEAR


def test_who_already_runs_slowly_is_only_told() -> None:
    assert level(8.9, 0.17) is Level.CAUTION


def test_a_load_above_passes_and_one_that_sinks_onto_it_does_not() -> None:
    assert level(8.3, 0.6, hook_m=5.0) is Level.CLEAR
    assert level(8.3, 0.6, hook_m=3.9, vz_mps=-0.12) is not Level.CLEAR
    assert level(8.3, 0.6, hook_m=5.0, height_known=False) is Level.DANGER


def test_a_beam_is_judged_by_the_way_it_lies() -> None:
    """4 m long: along its way its end is near; across it reaches past the side; beside it, turned, it passes."""
    beam = {"load_length_m": 4.0, "load_width_m": 0.3, "load_height_m": 0.3}
    assert level(7.0, 0.6, load_yaw_rad=0.0, **beam) is Level.DANGER
    assert level(7.0, 0.6, load_yaw_rad=math.pi / 2, **beam) is not Level.DANGER
    assert level(8.6, 0.6, y_m=8.5, load_yaw_rad=math.pi / 2, **beam) is Level.DANGER
    assert level(8.6, 0.6, y_m=8.5, load_yaw_rad=0.0, **beam) is Level.CLEAR


@given(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), st.floats(-1.5, 1.5), st.floats(0.3, 5.0), st.floats(0.2, 2.0))
def test_gaps_are_those_between_the_shapes(
    dx_m: float, dy_m: float, yaw_rad: float, length_m: float, width_m: float
) -> None:
    """Against shapely's own distance of a turned rectangle from the structure."""
    seen = {"load_length_m": length_m, "load_width_m": width_m, "load_yaw_rad": yaw_rad}
    of = scene(hoist_state(x_m=6.0, y_m=6.0, **seen), [])
    rack = Polygon(RACK.polygon_m)
    at = np.array([8.0 + dx_m, 6.0 + dy_m])
    gap = float(grown_by(rack, of).gap_m(at))
    there = rotate(box(-length_m / 2, -width_m / 2, length_m / 2, width_m / 2), yaw_rad, (0, 0), use_radians=True)
    true = translate(there, at[0], at[1]).distance(rack)
    assert max(gap, 0.0) == pytest.approx(true, abs=1e-6)
    assert outline_of(of).area == pytest.approx(length_m * width_m, rel=1e-6)


def test_end_to_end_alarm_stop_and_clearing() -> None:
    def seen(time_s: float) -> list:  # type: ignore[type-arg]
        return lift(4.0 + 0.5 * min(time_s, 9.0) - 0.4 * max(0.0, time_s - 11.0), 6.0)

    steps = run(SITE, sights(seen, 16.0, sigma_m=0.02), 16.0)
    told = transitions(steps, Situation.LOAD_STRUCTURE)
    assert (told[0].event, told[0].source) == ("raised", "rack")
    danger = next(t for t in told if t.level is Level.DANGER)
    # Its side meets the rack at 11 s if nobody stops it; a stop needs 0.75 m, 1.5 s of way: 9.5 s is the last moment.
    assert 6.5 < danger.time_s < 9.25
    assert "of H1 is" in danger.reason
    assert "from rack" in danger.reason
    stopped = next(s for s in steps if s.snapshot.time_s > 2.0 and not s.snapshot.outputs["H1/permit"])
    assert stopped.snapshot.time_s == pytest.approx(danger.time_s, abs=0.01)
    assert told[-1].event == "cleared"
    assert 9.0 < told[-1].time_s < 14.5
