"""Where trolley, hook and load of each hoist were over the last seconds, for what shows only over time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array
from tracking.records import HoistState

GAP_S = 0.35
"""Longer between two ticks, and nobody knows what happened meanwhile: an engine that was held up begins anew."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One tick: trolley (2,), hook (3,), and the load (3,) with its standard deviation where it was seen.

    ``sources`` told of it lately: each sees a little off by its own way.
    """

    time_s: float
    trolley_m: Array
    hook_m: Array
    load_m: Array | None
    load_sigma_m: float
    sources: frozenset[str] = frozenset()


@dataclass(slots=True)
class Trail:
    """The newest ``keep_s`` seconds of one hoist. A gap, a loss or a hook without load begins it anew."""

    keep_s: float
    fixes: deque[Fix] = field(default_factory=deque)

    def add(self, state: HoistState) -> None:
        """Take in one tick's state."""
        if state.lost or state.carrying == "empty":
            self.fixes.clear()
            return
        if self.fixes and state.time_s - self.fixes[-1].time_s > GAP_S:
            self.fixes.clear()
        self.fixes.append(fix_of(state))
        while self.fixes[0].time_s < state.time_s - self.keep_s - 1e-9:
            self.fixes.popleft()

    def seen(self, over_s: float) -> list[Fix]:
        """The fixes of the last ``over_s`` seconds with the load in all of them; empty where any is missing."""
        if not self.fixes:
            return []
        now_s = self.fixes[-1].time_s
        last = [f for f in self.fixes if f.time_s >= now_s - over_s - 1e-9]
        whole = last[-1].time_s - last[0].time_s >= 0.9 * over_s
        return last if whole and all(f.load_m is not None for f in last) else []


def fix_of(state: HoistState) -> Fix:
    """What one state says of trolley, hook and load."""
    load = None
    if state.load_x_m is not None and state.load_y_m is not None and state.load_z_m is not None:
        load = np.array([state.load_x_m, state.load_y_m, state.load_z_m])
    return Fix(
        time_s=state.time_s,
        trolley_m=np.array([state.trolley_x_m, state.trolley_y_m]),
        hook_m=np.array([state.x_m, state.y_m, state.z_m]),
        load_m=load,
        load_sigma_m=state.load_sigma_m or 0.0,
        sources=frozenset(state.sources),
    )
