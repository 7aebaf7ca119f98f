"""Settings are written beside their points, and those that lie on one another share one text."""

from __future__ import annotations

from recordings.closed_loop.arms import ENGINE, Arm
from recordings.closed_loop.plots import labels


def test_settings_that_lie_on_one_another_share_a_text() -> None:
    arms = [Arm("foresight", value) for value in (1.0, 1.5, 2.0, 4.0)]
    places = [(0.0, 60.0), (0.0, 60.0), (0.2, 62.0), (0.0, 90.0)]
    assert labels(arms, places, widest=40.0) == [("1, 1.5, 2", (0.0, 60.0)), ("4", (0.0, 90.0))]


def test_settings_apart_stand_by_themselves() -> None:
    arms = [Arm(ENGINE), Arm(ENGINE, 0.1, "contact_probability"), Arm(ENGINE, 0.2, "contact_probability")]
    places = [(1.0, 50.0), (1.0, 50.0), (10.0, 50.0)]
    assert labels(arms, places, widest=40.0) == [
        ("contact_probability=0.1", (1.0, 50.0)),
        ("contact_probability=0.2", (10.0, 50.0)),
    ]
