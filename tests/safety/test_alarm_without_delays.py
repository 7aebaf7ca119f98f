"""A site may set every delay of alarms to nothing: a level then stands exactly as long as its hazard."""

from __future__ import annotations

from calibration.policy import Policy
from safety.alarms import Ladder
from safety.records import Level


def test_without_delays_the_level_is_that_of_the_hazard() -> None:
    ladder = Ladder(Policy(on_delay_s=0.0, off_delay_s=0.0), 1.0)
    raw = [Level.WARNING] * 5 + [Level.DANGER] * 3 + [Level.CAUTION] * 3 + [Level.CLEAR] * 2 + [Level.DANGER]
    assert [ladder.step(0.1 * number, level) for number, level in enumerate(raw)] == raw
