"""Moments of known scenes, and what an engine told over a run of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from safety.engine import Step
from safety.records import AlarmTransition, Role, Situation
from safety.scene import Scene
from safety.situations.moment import Moment
from tests.safety.situations import POLICY
from tracking.people_filter import Bank
from tracking.tracker import Tracks


def moment(*scenes: Scene, now_s: float = 0.0, roles: dict[str, Role] | None = None) -> Moment:
    """A tick with these scenes, all of the same people."""
    people = scenes[0].people if scenes else ()
    bank = Bank(np.zeros((0, 3, 4)), np.zeros((0, 3, 4, 4)), np.zeros((0, 3)))
    tracks = Tracks(now_s, people, tuple(s.state for s in scenes), bank, (), {}, {}, {}, {})
    return Moment(now_s, POLICY, tuple(scenes), tracks, (), roles or {})


def transitions(steps: Sequence[Step], situation: Situation) -> list[AlarmTransition]:
    """Everything that the alarm log says of one situation."""
    return [t for step in steps for t in step.transitions if t.situation is situation]
